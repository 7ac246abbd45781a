//! Image references: `registry/repository[:tag][@sha256:…]`.

use crate::budget;
use crate::error::{Error, shown};
use bulla_verify::Digest;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A name in a registry. Holding one proves only that it is spelled correctly.
///
/// The registry host is never guessed: a text without one is not a reference, so that a mistyped file name cannot
/// become somebody's image on a public registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Reads a reference (OCI distribution specification, "Pulling manifests"; host as in the `distribution/reference`
    /// grammar, but lower case, with a `.` or a port unless it is `localhost`, and without a numeric last label unless
    /// it is an address, so that `v1.2/file` is none).
    ///
    /// # Errors
    /// [`Error::NoRegistryHost`] when the first component is no host, [`Error::NotAReference`] otherwise.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why| Error::NotAReference { text: shown(text), why };
        if text.len() > budget::REFERENCE_BYTES {
            return Err(refuse("too long"));
        }
        let no_host = || Error::NoRegistryHost { text: shown(text) };
        let (registry, rest) = text.split_once('/').ok_or_else(no_host)?;
        let registry = registry.to_ascii_lowercase();
        if !is_host(&registry) {
            return Err(no_host());
        }
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(Digest::parse(digest).map_err(|_| refuse("not a sha256 digest"))?)),
            None => (rest, None),
        };
        let (repository, tag) = match name.split_once(':') {
            Some((repository, tag)) if is_tag(tag) => (repository, Some(tag.to_owned())),
            Some(_) => return Err(refuse("not a tag")),
            None => (name, None),
        };
        if !is_repository(repository) {
            return Err(refuse(
                "repository names are lower case letters, digits and single `.`, `_`, `-` between them",
            ));
        }
        let official = registry == "docker.io" && !repository.contains('/');
        let repository = if official { format!("library/{repository}") } else { repository.to_owned() };
        Ok(Self { registry, repository, tag, digest })
    }

    /// Host and port, in lower case: `registry.acme.dev`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name in the registry: `team/app`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if one was written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one was written; it wins over the tag.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same name, with this digest and without a tag.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// Whether `text` can be a tag (OCI distribution specification, "Pulling manifests").
pub(crate) fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = text.bytes().next().is_some_and(word);
    first && text.len() <= 128 && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

/// A host that cannot be mistaken for a folder.
fn is_host(text: &str) -> bool {
    if let Some(bracketed) = text.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else { return false };
        let port = port.strip_prefix(':');
        return address.parse::<std::net::Ipv6Addr>().is_ok() && port.is_none_or(is_port);
    }
    let (name, port) = match text.split_once(':') {
        Some((name, port)) if is_port(port) => (name, true),
        Some(_) => return false,
        None => (text, false),
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let numeric = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    if numeric {
        return name.parse::<Ipv4Addr>().is_ok();
    }
    name.len() <= 253 && name.split('.').all(is_label) && (port || name.contains('.') || name == "localhost")
}

fn is_label(label: &str) -> bool {
    let plain = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port != 0)
}

fn is_repository(text: &str) -> bool {
    text.len() <= 255 && text.split('/').all(is_component)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = text.split(word).filter(|part| !part.is_empty());
    let good = |part: &str| matches!(part, "." | "_" | "__") || part.bytes().all(|byte| byte == b'-');
    text.starts_with(word) && text.ends_with(word) && separators.into_iter().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, registry: &str, repository: &str, tag: Option<&str>) {
        let reference = Reference::parse(text).unwrap();
        assert_eq!((reference.registry(), reference.repository(), reference.tag()), (registry, repository, tag));
    }

    #[track_caller]
    fn refuses(text: &str, code: &str) {
        assert_eq!(Reference::parse(text).unwrap_err().code(), code, "{text}");
    }

    #[test]
    fn hosts_ports_tags_and_digests_are_read() {
        reads("registry.acme.dev/app:1.4", "registry.acme.dev", "app", Some("1.4"));
        reads("localhost/a/b", "localhost", "a/b", None);
        reads("build:5000/app", "build:5000", "app", None);
        reads("127.0.0.1:5000/app:x", "127.0.0.1:5000", "app", Some("x"));
        reads("[::1]:5000/a__b/c-d:x", "[::1]:5000", "a__b/c-d", Some("x"));
        reads("Registry.Acme.dev/app", "registry.acme.dev", "app", None);
        reads("docker.io/alpine", "docker.io", "library/alpine", None);
        let text = format!("r.io/app:1@{}", Digest::of(b""));
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(reference.digest(), Some(&Digest::of(b"")));
        assert_eq!(reference.to_string(), text);
    }

    #[test]
    fn what_could_be_a_file_is_not_a_reference() {
        for text in
            ["app", "app.tar.gz", "dist/app.tar.gz", "./app/x", "../app/x", "v1.2/app", "/tmp/a.b/c", "a_b.c/d", ""]
        {
            refuses(text, "no-registry-host");
        }
    }

    #[test]
    fn misspelled_references_are_refused() {
        let long = format!("r.io/{}", "a".repeat(budget::REFERENCE_BYTES));
        for text in ["r.io/App", "r.io/", "r.io/a//b", "r.io/a:", "r.io/a@sha256:12", "r.io/a..b", "r.io/a___b", &long]
        {
            refuses(text, "not-a-reference");
        }
        refuses(&format!("r.io/a:{}", "t".repeat(129)), "not-a-reference");
        refuses("r.io/../../etc/passwd", "not-a-reference");
        refuses("r.io:0/a", "no-registry-host");
        refuses("user@r.io/a", "no-registry-host");
    }
}
