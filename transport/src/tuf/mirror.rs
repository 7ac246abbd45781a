//! Where a repository's files come from.

use super::repository::Repository;
use crate::error::Error;
use crate::options::Options;
use crate::service::{Request, Service};

/// What a file of a repository is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Metadata.
    Metadata,
    /// A file that metadata names.
    Target,
}

/// Gives the files of a repository.
pub trait Fetch {
    /// The file at `path`, at most `limit` bytes; nothing when there is none. The path is ready for an address: whatever a
    /// name could do to one is quoted.
    ///
    /// # Errors
    /// Whatever kept the question from being answered.
    fn fetch(&self, kind: Kind, path: &str, limit: usize) -> Result<Option<Vec<u8>>, Error>;
}

/// A repository, asked over HTTP.
#[derive(Debug)]
pub struct Mirror {
    metadata: Service,
    targets: Service,
}

impl Mirror {
    /// The deadline of `options` begins now.
    ///
    /// # Errors
    /// As [`Service::new`].
    pub fn new(repository: &Repository, options: &Options) -> Result<Self, Error> {
        let metadata = Service::new(repository.url(), options)?;
        let targets = metadata.beside(repository.targets_url())?;
        Ok(Self { metadata, targets })
    }
}

impl Fetch for Mirror {
    fn fetch(&self, kind: Kind, path: &str, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        let service = match kind {
            Kind::Metadata => &self.metadata,
            Kind::Target => &self.targets,
        };
        let request = Request { limit, ..Request::default() };
        let reply = service.get(&format!("/{path}"), &request)?;
        match reply.status {
            200 => Ok(Some(reply.body)),
            // Object stores answer 403 for what they do not have, to whom may not list.
            403 | 404 | 410 => Ok(None),
            status => {
                let (origin, what) = (service.url().to_owned(), path.to_owned());
                let detail = reply.words().map(|words| format!(": {words}")).unwrap_or_default();
                Err(Error::UnexpectedStatus { origin, what, status, detail })
            }
        }
    }
}

/// A name as one part of an address (RFC 3986, 2.3): nothing in it means anything there.
pub(super) fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(quoted("a-b._~C1"), "a-b._~C1");
        assert_eq!(quoted("../a?b#c%é"), "..%2Fa%3Fb%23c%25%C3%A9");
    }
}
