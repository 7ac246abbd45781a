//! What a decision is made of.

use crate::Believed;
use bulla_verify::{Artifact, Bundle, Digest, Time, VerifiedBundle, VerifyError};
use std::sync::Arc;

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is called, which says which rules are about it.
    pub name: Name,
    /// What it is.
    pub digest: Digest,
}

/// What an artifact is called.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Name {
    /// An image, by registry and repository, without tag or digest: `registry.acme.dev/services/app`.
    Image(String),
    /// A file, by its name without folders.
    File(String),
    /// An image that has no name, such as one in a folder: only a rule about every image, `**`, is about it.
    Unnamed,
}

/// Everything that was found out about one artifact, good and bad; what could not be fetched is evidence too.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Bundles that are cryptographically true.
    pub verified: Vec<Verified>,
    /// Bundles that are not, and why.
    pub refused: Vec<Refused>,
    /// What could not be asked or fetched.
    pub unavailable: Vec<Unavailable>,
    /// What it holds, if it is an index.
    pub children: Children,
}

/// What is known of what an artifact holds; of each image, as what `E` is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Children<E = Evidence> {
    /// Nobody has looked whether it is an index.
    #[default]
    Unseen,
    /// It is none.
    None,
    /// It is one, and lists these; of an index that is decided about for one platform, those that run there.
    Listed(Vec<Child<E>>),
}

/// What an index lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child<E = Evidence> {
    /// What it is.
    pub digest: Digest,
    /// As the index says: `linux/arm64/v8`.
    pub platform: Option<String>,
    /// Whether the index says that it holds attestations, and that it is for no platform: then no runtime picks it.
    pub is_attestation: bool,
    /// What was found out about it; nothing where nobody has looked.
    pub evidence: Option<E>,
}

impl<E> Children<E> {
    /// The same, of which something else is known.
    pub(crate) fn map<F>(&self, known: impl Fn(&Digest, &E) -> F) -> Children<F> {
        match self {
            Self::Unseen => Children::Unseen,
            Self::None => Children::None,
            Self::Listed(listed) => Children::Listed(listed.iter().map(|child| child.map(&known)).collect()),
        }
    }
}

impl<E> Child<E> {
    fn map<F>(&self, known: impl Fn(&Digest, &E) -> F) -> Child<F> {
        let Self { digest, platform, is_attestation, evidence } = self;
        let evidence = evidence.as_ref().map(|evidence| known(digest, evidence));
        Child { digest: *digest, platform: platform.clone(), is_attestation: *is_attestation, evidence }
    }
}

/// A bundle that is cryptographically true.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Where it came from: a manifest's digest, a file's name.
    pub origin: String,
    /// The root under which it is; nothing where no root was asked.
    pub root: Option<String>,
    /// The proof, which decisions share.
    pub bundle: Arc<VerifiedBundle>,
}

/// A bundle that did not verify.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Where it came from.
    pub origin: String,
    /// Why.
    pub error: VerifyError,
}

/// Evidence that may exist and could not be had: never the same as none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// What was asked for.
    pub origin: String,
    /// A stable code.
    pub code: String,
    /// Why it could not be had.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Evidence {
    /// What the bundles prove of the artifact: each is verified on its own, and all of what comes of it is kept.
    pub fn gather<'a>(
        bundles: impl IntoIterator<Item = (String, &'a [u8])>,
        artifact: &Artifact<'_>,
        believed: &Believed,
        now: Time,
    ) -> Self {
        let mut evidence = Self::default();
        for (origin, bytes) in bundles {
            match Bundle::parse(bytes).and_then(|bundle| believed.verify(&bundle, artifact, now)) {
                Ok(verified) => evidence.verified.extend(verified.into_iter().map(|(root, bundle)| {
                    let (origin, bundle) = (origin.clone(), Arc::new(bundle));
                    Verified { origin, root, bundle }
                })),
                Err(error) => evidence.refused.push(Refused { origin, error }),
            }
        }
        evidence
    }
}
