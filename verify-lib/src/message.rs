//! What a signature is over.

use crate::{Artifact, HashAlgorithm, HashValue, dsse};
use std::borrow::Cow;

/// The artifact itself, or the pre-authentication encoding of an envelope.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Message<'a> {
    Artifact(&'a Artifact<'a>),
    Envelope { payload_type: &'a str, payload: &'a [u8] },
}

impl<'a> Message<'a> {
    /// Its hash, where it is known or can be computed.
    pub(crate) fn hash(&self, algorithm: HashAlgorithm) -> Option<HashValue> {
        match self {
            Self::Artifact(artifact) => artifact.hash(algorithm),
            Self::Envelope { payload_type, payload } => {
                Some(algorithm.hash_pieces(&|say| dsse::say_pae(payload_type, payload, say)))
            }
        }
    }

    /// Its bytes, where they are at hand: what a pure Ed25519 signature is over.
    pub(crate) fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Artifact(artifact) => artifact.bytes().map(Cow::Borrowed),
            Self::Envelope { payload_type, payload } => Some(Cow::Owned(dsse::pae(payload_type, payload))),
        }
    }
}
