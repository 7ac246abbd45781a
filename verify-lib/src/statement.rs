//! The subject: this artifact?

use crate::{
    Artifact, HashAlgorithm, HashValue, VerifyError, budget, digest_set::DigestSet, error::shown, json,
    predicate::Predicate,
};
use core::fmt;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

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

/// What a statement is about: a digest or several, and perhaps a name.
#[derive(Debug, Clone)]
pub struct Subject {
    name: Option<String>,
    /// By the algorithms that are read; others, such as `gitCommit`, are left out.
    digests: Vec<HashValue>,
}

#[derive(Deserialize)]
struct WireSubject<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    digest: DigestSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire<'a> {
    #[serde(rename = "_type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    subject: Vec<WireSubject<'a>>,
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
        let wire: Wire<'_> = json::from_slice(payload)
            .map_err(|error| VerifyError::StatementMalformed { reason: json::reason(&error) })?;
        if wire.kind != V1 && wire.kind != V0_1 {
            return Err(VerifyError::UnsupportedStatement { found: shown(wire.kind) });
        }
        budget::within("subjects", budget::SUBJECTS, wire.subject.len())?;
        budget::within("predicate type bytes", budget::PREDICATE_TYPE_BYTES, wire.predicate_type.len())?;
        let predicate = wire.predicate.map_or("{}", RawValue::get);
        Ok(Self {
            predicate: Predicate::parse(&wire.predicate_type, predicate)?,
            predicate_type: wire.predicate_type,
            subjects: wire.subject.into_iter().map(Subject::from_wire).collect::<Result<_, _>>()?,
        })
    }

    /// This statement, if one of its subjects is `artifact`.
    pub(crate) fn about(self, artifact: &Artifact<'_>) -> Result<Self, VerifyError> {
        if self.subjects.iter().any(|subject| subject.is(artifact)) {
            return Ok(self);
        }
        let name = artifact.name().map_or_else(String::new, |name| format!(" as `{name}`"));
        let expected = format!("{}{name}", artifact.digest());
        Err(VerifyError::SubjectMismatch { expected, found: self.subject_list() })
    }

    /// The type of the predicate: a URI.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// What is said of the subjects.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// What it is about.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    fn subject_list(&self) -> String {
        match self.subjects.as_slice() {
            [] => "no subject".to_owned(),
            [only] => shown(only),
            [first, rest @ ..] => format!("{} and {} more", shown(first), rest.len()),
        }
    }
}

impl Subject {
    /// A digest of an algorithm that is read has to be one.
    fn from_wire(wire: WireSubject<'_>) -> Result<Self, VerifyError> {
        let known = HashAlgorithm::ALL.into_iter().filter_map(|kind| Some((kind, wire.digest.get(kind.name())?)));
        let digest = |(algorithm, hex): (HashAlgorithm, &str)| {
            let malformed = || VerifyError::StatementMalformed { reason: format!("`{algorithm}` is not its hex") };
            HashValue::from_hex(algorithm, hex).ok_or_else(malformed)
        };
        Ok(Self { name: wire.name.map(Cow::into_owned), digests: known.map(digest).collect::<Result<_, _>>()? })
    }

    /// What it is called; nothing that identifies it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its digest by this algorithm: 32, 48 or 64 bytes.
    pub fn digest(&self, algorithm: HashAlgorithm) -> Option<&[u8]> {
        self.digests.iter().find(|hash| hash.algorithm() == algorithm).map(HashValue::as_bytes)
    }

    /// All the digests that are known of both are the same, and one is; and the name is, where one is asked for.
    fn is(&self, artifact: &Artifact<'_>) -> bool {
        let mut same =
            self.digests.iter().filter_map(|hash| Some(artifact.hash(hash.algorithm())? == *hash)).peekable();
        let named = artifact.name().is_none_or(|name| self.name() == Some(name));
        named && same.peek().is_some() && same.all(|same| same)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digests.first() {
            Some(hash) => write!(f, "{hash}")?,
            None => f.write_str("no digest that is read")?,
        }
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " as `{name}`"))
    }
}
