//! The subject: this artifact?

use crate::{Artifact, Digest, VerifyError, budget, bundle::within, predicate::Predicate};
use serde::Deserialize;
use serde_json::value::RawValue;

/// in-toto Statement v1 (in-toto/attestation, `spec/v1/statement.md`).
const V1: &str = "https://in-toto.io/Statement/v1";
/// in-toto Statement v0.1, which `cosign attest` still writes.
const V0_1: &str = "https://in-toto.io/Statement/v0.1";

/// An in-toto statement: a predicate about subjects.
///
/// Holding one proves nothing but its form; a [`crate::VerifiedBundle`] holds only one that is about the artifact.
#[derive(Debug, Clone)]
pub struct Statement {
    predicate_type: String,
    predicate: Predicate,
    subjects: Vec<Subject>,
}

#[derive(Debug, Clone, Deserialize)]
struct Subject {
    digest: DigestSet,
}

/// Other algorithms are allowed beside SHA-256, and not read yet.
#[derive(Debug, Clone, Deserialize)]
struct DigestSet {
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire<'a> {
    #[serde(rename = "_type")]
    kind: std::borrow::Cow<'a, str>,
    subject: Vec<Subject>,
    predicate_type: String,
    #[serde(borrow)]
    predicate: Option<&'a RawValue>,
}

impl Statement {
    /// Reads a payload of type `application/vnd.in-toto+json`.
    ///
    /// # Errors
    /// [`VerifyError`] for other versions, malformed JSON, too many subjects, and a predicate that is not of its type.
    pub fn parse(payload: &[u8]) -> Result<Self, VerifyError> {
        let wire: Wire<'_> = serde_json::from_slice(payload)
            .map_err(|error| VerifyError::StatementMalformed { reason: error.to_string() })?;
        if wire.kind != V1 && wire.kind != V0_1 {
            return Err(VerifyError::UnsupportedStatement { found: wire.kind.chars().take(100).collect() });
        }
        within("subjects", budget::SUBJECTS, wire.subject.len())?;
        let predicate = wire.predicate.map_or("{}", RawValue::get);
        Ok(Self {
            predicate: Predicate::parse(&wire.predicate_type, predicate)?,
            predicate_type: wire.predicate_type,
            subjects: wire.subject,
        })
    }

    /// This statement, if one of its subjects is `artifact`.
    pub(crate) fn about(self, artifact: &Artifact<'_>) -> Result<Self, VerifyError> {
        let expected = artifact.digest().to_hex();
        let about = self.subjects.iter().any(|subject| subject.digest.sha256.as_ref() == Some(&expected));
        if about {
            return Ok(self);
        }
        Err(VerifyError::SubjectMismatch { expected: *artifact.digest(), found: self.subject_list() })
    }

    /// The type of the predicate: a URI.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// What is said of the subjects.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// The subjects that are known by a SHA-256.
    pub fn subjects(&self) -> impl Iterator<Item = Digest> {
        self.subjects.iter().filter_map(|subject| {
            let hex = subject.digest.sha256.as_ref()?;
            Digest::parse(&format!("sha256:{hex}")).ok()
        })
    }

    fn subject_list(&self) -> String {
        match self.subjects().next() {
            Some(first) if self.subjects.len() == 1 => first.to_string(),
            Some(first) => format!("{first} and {} more", self.subjects.len() - 1),
            None => "no sha256".to_owned(),
        }
    }
}
