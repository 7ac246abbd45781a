//! in-toto ResourceDescriptor (in-toto/attestation, `spec/v1/resource_descriptor.md`).

use crate::digest_set::DigestSet;
use serde::Deserialize;

/// Something that a predicate speaks of: a source, a dependency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ResourceDescriptor {
    name: Option<String>,
    uri: Option<String>,
    #[serde(default)]
    digest: DigestSet,
}

impl ResourceDescriptor {
    pub(super) fn of(uri: Option<String>, digest: DigestSet) -> Self {
        Self { name: None, uri, digest }
    }

    /// What it is called.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it came from.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// Its digest by that algorithm, such as `sha256`, `sha1` or `gitCommit`, as it was written.
    pub fn digest(&self, algorithm: &str) -> Option<&str> {
        self.digest.get(algorithm)
    }
}
