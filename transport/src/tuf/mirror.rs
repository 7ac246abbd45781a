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
                Err(Error::UnexpectedStatus { origin, what, status, detail: reply.detail() })
            }
        }
    }
}
