//! What a statement says of its subjects: one file per type that is understood.

mod resource;
mod slsa_v0_2;
mod slsa_v1;

pub use resource::ResourceDescriptor;
pub use slsa_v0_2::SlsaProvenanceV0_2;
pub use slsa_v1::SlsaProvenanceV1;

use crate::{VerifyError, error::shown, json};

/// A predicate, with its bytes as they were signed.
#[derive(Debug, Clone)]
pub struct Predicate {
    json: String,
    typed: Typed,
}

/// A predicate whose type is understood.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Typed {
    /// `https://slsa.dev/provenance/v1`.
    SlsaProvenanceV1(Box<SlsaProvenanceV1>),
    /// `https://slsa.dev/provenance/v0.2`.
    SlsaProvenanceV0_2(Box<SlsaProvenanceV0_2>),
    /// Kept whole, and not guessed at.
    Other,
}

impl Predicate {
    pub(crate) fn parse(predicate_type: &str, predicate: &str) -> Result<Self, VerifyError> {
        let malformed = |error: serde_json::Error| VerifyError::PredicateMalformed {
            predicate_type: shown(predicate_type),
            reason: json::reason(&error),
        };
        let typed = match predicate_type {
            slsa_v1::TYPE => {
                let provenance = SlsaProvenanceV1::parse(predicate).map_err(malformed)?;
                Typed::SlsaProvenanceV1(Box::new(provenance))
            }
            slsa_v0_2::TYPE => {
                let provenance = SlsaProvenanceV0_2::parse(predicate).map_err(malformed)?;
                Typed::SlsaProvenanceV0_2(Box::new(provenance))
            }
            _ => Typed::Other,
        };
        Ok(Self { json: predicate.to_owned(), typed })
    }

    /// Its JSON, byte for byte as it was signed; `{}` where there was none.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What it means, where its type is understood.
    pub fn typed(&self) -> &Typed {
        &self.typed
    }
}
