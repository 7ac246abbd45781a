//! What is said of an artifact, in the form that cosign 3 writes it: in-toto statements.

use crate::{
    PredicateType, budget, predicate,
    provenance::{Provenance, ProvenanceError},
};
use bulla_verify::{Digest, HashAlgorithm, IssuedCertificate, SIGN_V1, VerifyError, json};
use serde::Serialize;
use serde_json::value::RawValue;

/// A statement that can be signed: well formed, its predicate of the shape that its type demands, and about `subject`.
#[derive(Debug, Clone)]
pub struct Statement {
    subject: Digest,
    predicate_type: String,
    payload: Vec<u8>,
    /// What the certificate of whoever signs it may not contradict.
    provenance: Option<Provenance>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: [Subject<'a>; 1],
    predicate_type: &'a str,
    predicate: &'a RawValue,
}

#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    digest: DigestSet,
}

#[derive(Serialize)]
struct DigestSet {
    sha256: String,
}

impl Statement {
    /// The artifact that it is about; a ready-made statement may be about others too.
    pub fn subject(&self) -> &Digest {
        &self.subject
    }

    /// The type of its predicate: a URI.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// Its JSON, as it is signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether a certificate may sign it: what both say, they say in the same way.
    pub(crate) fn agrees_with(&self, certificate: &IssuedCertificate) -> Result<(), ProvenanceError> {
        self.provenance.as_ref().map_or(Ok(()), |provenance| provenance.agrees_with(certificate))
    }
}

/// A subject's name that means nothing (in-toto Statement v1, `subject`): cosign leaves it out, but sigstore-python reads no statement
/// without one, and the repository's would tell whoever mirrors the image where it came from.
const NO_NAME: &str = "_";

/// The signature of an image: a statement that says nothing more of it, as `cosign sign` writes it, but for a name that means nothing.
pub fn image_signature(subject: &Digest) -> Statement {
    let payload = format!(
        concat!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","#,
            r#""subject":[{{"name":"{name}","digest":{{"sha256":"{digest}"}},"annotations":{{}}}}],"#,
            r#""predicateType":"{kind}","predicate":{{}}}}"#
        ),
        digest = subject.to_hex(),
        name = NO_NAME,
        kind = SIGN_V1
    );
    Statement { subject: *subject, predicate_type: SIGN_V1.to_owned(), payload: payload.into_bytes(), provenance: None }
}

/// A predicate about an artifact (Statement v1). The predicate's bytes are signed as they are.
///
/// `name` is the subject's, such as a file's, or the repository that cosign puts there; `_` without one. Nobody verifies it.
///
/// # Errors
/// [`StatementError`] if the predicate is not JSON, is over budget, has a key twice, or is not of its type's shape.
pub fn attest(
    subject: &Digest,
    name: Option<&str>,
    predicate_type: &PredicateType,
    predicate_json: &[u8],
) -> Result<Statement, StatementError> {
    const WHAT: &str = "predicate";
    within(WHAT, budget::PREDICATE_BYTES, predicate_json.len())?;
    let value = json::value(predicate_json).map_err(|error| refused(WHAT, &error))?;
    predicate_type.check(Some(&value))?;
    let not_json = |error: serde_json::Error| StatementError::NotJson { what: WHAT, reason: error.to_string() };
    let wire = Wire {
        kind: "https://in-toto.io/Statement/v1",
        subject: [Subject { name: name.unwrap_or(NO_NAME), digest: DigestSet { sha256: subject.to_hex() } }],
        predicate_type: predicate_type.uri(),
        predicate: serde_json::from_slice(predicate_json).map_err(not_json)?,
    };
    let payload = serde_json::to_vec(&wire).map_err(not_json)?;
    within("statement", budget::STATEMENT_BYTES, payload.len())?;
    Ok(Statement { subject: *subject, predicate_type: predicate_type.uri().to_owned(), payload, provenance: None })
}

/// How the artifact was built, as the pipeline says. A certificate that contradicts it does not sign it.
///
/// # Errors
/// As for [`attest`].
pub fn of_provenance(
    subject: &Digest,
    name: Option<&str>,
    provenance: &Provenance,
) -> Result<Statement, StatementError> {
    let statement = attest(subject, name, &Provenance::predicate_type(), provenance.predicate().as_bytes())?;
    Ok(Statement { provenance: Some(provenance.clone()), ..statement })
}

/// A ready-made statement (v0.1 or v1), if it is about `subject`. Its bytes are signed as they are.
///
/// # Errors
/// [`StatementError`] if it is not a statement, is over budget, has a key twice, is about something else, or its
/// predicate is not of its type's shape.
pub fn from_json(statement_json: &[u8], subject: &Digest) -> Result<Statement, StatementError> {
    const WHAT: &str = "statement";
    within(WHAT, budget::STATEMENT_BYTES, statement_json.len())?;
    let value = json::value(statement_json).map_err(|error| refused(WHAT, &error))?;
    let parsed = bulla_verify::Statement::parse(statement_json);
    // Whatever the verifier reads, the type is asked of; and of the text, since a refusal of its shape tells more.
    let predicate_type = match &parsed {
        Ok(statement) => Some(statement.predicate_type()),
        Err(_) => value.get("predicateType").and_then(|text| text.as_str()),
    };
    if let Some(predicate_type) = predicate_type {
        PredicateType::from_uri(predicate_type)?.check(value.get("predicate"))?;
    }
    let parsed = parsed.map_err(StatementError::NotAStatement)?;
    let is = |found: &bulla_verify::Subject| found.digest(HashAlgorithm::Sha256) == Some(subject.as_bytes());
    if !parsed.subjects().iter().any(is) {
        let found = parsed.subjects().first().map_or_else(|| "no subject".to_owned(), ToString::to_string);
        return Err(StatementError::SubjectMismatch { expected: *subject, found });
    }
    let predicate_type = parsed.predicate_type().to_owned();
    Ok(Statement { subject: *subject, predicate_type, payload: statement_json.to_vec(), provenance: None })
}

/// Why something cannot be stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// More than a budget allows.
    #[error("the {what} is too big: at most {limit} bytes are signed, found {found}")]
    TooLarge {
        /// Predicate or statement.
        what: &'static str,
        /// The limit, from [`budget`].
        limit: usize,
        /// How much there is.
        found: usize,
    },
    /// Not JSON.
    #[error("the {what} is not JSON: {reason}")]
    NotJson {
        /// Predicate or statement.
        what: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A key that is there twice, which two readers may read differently.
    #[error("the {what} means two things: {reason}")]
    DuplicateKey {
        /// Predicate or statement.
        what: &'static str,
        /// Which key, and where.
        reason: String,
    },
    /// The predicate lacks what its type demands.
    #[error("the predicate is not of its type `{predicate_type}`: expected {expected} at `{path}`, found {found}")]
    Shape {
        /// The type.
        predicate_type: String,
        /// Where in the predicate.
        path: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Neither the name of a predicate type nor a URI.
    #[error("unknown predicate type: `{found}`")]
    UnknownType {
        /// What was given.
        found: String,
    },
    /// cosign's type of signatures: an attestation of it would be one, and pass for more than it says.
    #[error("a statement of type `{SIGN_V1}` is a signature, not an attestation")]
    Reserved,
    /// Not an in-toto statement that is read.
    #[error(transparent)]
    NotAStatement(VerifyError),
    /// The statement is about something else.
    #[error("the statement is about another artifact: expected {expected}, found {found}")]
    SubjectMismatch {
        /// The artifact.
        expected: Digest,
        /// The statement's first subject.
        found: String,
    },
}

impl StatementError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "predicate-too-large",
            Self::NotJson { .. } => "predicate-not-json",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Shape { .. } => "predicate-shape",
            Self::UnknownType { .. } => "predicate-type-unknown",
            Self::Reserved => "predicate-type-reserved",
            Self::NotAStatement(error) => error.code(),
            Self::SubjectMismatch { .. } => "subject-mismatch",
        }
    }

    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotJson { .. } => "predicates are JSON objects; SPDX is taken as JSON, not as tag-value text",
            Self::UnknownType { .. } => {
                let names: Vec<_> = PredicateType::names().collect();
                return Some(format!("one of {}, or a type's URI", names.join(", ")));
            }
            Self::Reserved => "`sign` makes signatures",
            Self::SubjectMismatch { .. } => "a statement is attached to an artifact that it names by its sha256",
            Self::NotAStatement(error) => error.hint(),
            Self::TooLarge { .. } => "attest a smaller document, or the digest of this one",
            Self::DuplicateKey { .. } => "whoever wrote it has to write each key once",
            Self::Shape { predicate_type, path, .. } => {
                return Some(format!(
                    "put it at `{path}`, as {predicate_type} says, or give the document's own `--type`"
                ));
            }
        };
        Some(hint.to_owned())
    }
}

impl From<predicate::UnknownType> for StatementError {
    fn from(unknown: predicate::UnknownType) -> Self {
        Self::UnknownType { found: unknown.0 }
    }
}

fn within(what: &'static str, limit: usize, found: usize) -> Result<(), StatementError> {
    if found > limit { Err(StatementError::TooLarge { what, limit, found }) } else { Ok(()) }
}

fn refused(what: &'static str, error: &serde_json::Error) -> StatementError {
    let reason = error.to_string();
    if error.is_data() {
        StatementError::DuplicateKey { what, reason }
    } else {
        StatementError::NotJson { what, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOM: &str = "https://acme.dev/review/v1";

    fn subject() -> Digest {
        Digest::of(b"image")
    }

    fn custom() -> PredicateType {
        PredicateType::parse(CUSTOM).unwrap()
    }

    fn ready_made(kind: &str, predicate_type: &str, predicate: &str) -> String {
        let hex = subject().to_hex();
        format!(
            r#"{{"_type":"{kind}","subject":[{{"name":"other","digest":{{"md5":"00"}}}},{{"digest":{{"sha256":"{hex}"}}}}],"predicateType":"{predicate_type}","predicate":{predicate}}}"#
        )
    }

    #[track_caller]
    fn refuses(result: Result<Statement, StatementError>, code: &str) {
        let error = result.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }

    #[test]
    fn a_predicate_is_kept_byte_for_byte() {
        let predicate = "{ \"z\" : 1.50 ,\n\"a\":\"\\u0041\", \"big\": 12345678901234567890123 }";
        let statement = attest(&subject(), None, &custom(), format!("\n{predicate}\n").as_bytes()).unwrap();
        let expected = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"_","digest":{{"sha256":"{}"}}}}],"predicateType":"{CUSTOM}","predicate":{predicate}}}"#,
            subject().to_hex()
        );
        assert_eq!(str::from_utf8(statement.payload()).unwrap(), expected);
    }

    #[test]
    fn a_name_is_written_where_cosign_writes_it() {
        let statement = attest(&subject(), Some("registry.acme.dev/app"), &custom(), b"{}").unwrap();
        let payload = str::from_utf8(statement.payload()).unwrap();
        assert!(payload.contains(r#""subject":[{"name":"registry.acme.dev/app","digest":{"#), "{payload}");
    }

    #[test]
    fn an_image_signature_is_a_statement_that_says_nothing_more() {
        let statement = image_signature(&subject());
        let parsed = bulla_verify::Statement::parse(statement.payload()).unwrap();
        assert_eq!(parsed.predicate_type(), SIGN_V1);
        assert_eq!(parsed.predicate().json(), "{}");
        let [only] = parsed.subjects() else { panic!("one subject") };
        assert_eq!(only.name(), Some("_"));
        assert_eq!(only.digest(HashAlgorithm::Sha256), Some(&subject().as_bytes()[..]));
    }

    #[test]
    fn an_attestation_cannot_pass_for_a_signature() {
        refuses(
            PredicateType::parse(SIGN_V1).and_then(|kind| attest(&subject(), None, &kind, b"{}")),
            "predicate-type-reserved",
        );
        let statement = ready_made("https://in-toto.io/Statement/v1", SIGN_V1, "{}");
        refuses(from_json(statement.as_bytes(), &subject()), "predicate-type-reserved");
    }

    /// An array was read as a statement, and its type never asked of.
    #[test]
    fn a_statement_in_the_form_of_an_array_is_not_signed() {
        for kind in [SIGN_V1, CUSTOM, "https://spdx.dev/Document"] {
            let object: serde_json::Value =
                serde_json::from_str(&ready_made("https://in-toto.io/Statement/v1", kind, "{}")).unwrap();
            let fields = ["_type", "subject", "predicateType", "predicate"];
            let array: serde_json::Value = fields.iter().map(|field| object[*field].clone()).collect();
            refuses(from_json(array.to_string().as_bytes(), &subject()), "statement-malformed");
        }
    }

    #[test]
    fn what_means_two_things_or_nothing_is_not_signed() {
        refuses(attest(&subject(), None, &custom(), br#"{"a":1,"a":2}"#), "duplicate-key");
        refuses(attest(&subject(), None, &custom(), b"SPDXVersion: SPDX-2.3"), "predicate-not-json");
        refuses(attest(&subject(), None, &custom(), b"[1]"), "predicate-shape");
        refuses(attest(&subject(), None, &custom(), b"{} {}"), "predicate-not-json");
    }

    #[test]
    fn a_ready_made_statement_is_signed_as_it_is() {
        for kind in ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"] {
            let json = format!("{}\n", ready_made(kind, CUSTOM, r#"{"ok": true}"#));
            let statement = from_json(json.as_bytes(), &subject()).unwrap();
            assert_eq!(statement.payload(), json.as_bytes());
            assert_eq!(statement.predicate_type(), CUSTOM);
        }
    }

    #[test]
    fn a_ready_made_statement_is_judged_like_any_other() {
        let v1 = "https://in-toto.io/Statement/v1";
        let good = ready_made(v1, CUSTOM, "{}");
        refuses(from_json(good.as_bytes(), &Digest::of(b"another image")), "subject-mismatch");
        refuses(from_json(good.replace("\"_type\"", "\"_kind\"").as_bytes(), &subject()), "statement-malformed");
        refuses(from_json(good.replace("ment/v1", "ment/v9").as_bytes(), &subject()), "unsupported-statement");
        refuses(from_json(good.replace("{}", r#"{"a":1,"a":1}"#).as_bytes(), &subject()), "duplicate-key");
        let provenance = ready_made(v1, "https://slsa.dev/provenance/v1", "{}");
        refuses(from_json(provenance.as_bytes(), &subject()), "predicate-shape");
    }

    #[test]
    fn one_byte_past_a_limit_is_refused_and_the_limit_itself_is_signed() {
        let padded = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8)).into_bytes();
        let largest = attest(&subject(), None, &custom(), &padded(budget::PREDICATE_BYTES)).unwrap();
        let key = crate::SigningKey::generate(bulla_verify::KeyAlgorithm::EcdsaP256).unwrap();
        assert!(crate::sign_statement(&key, &largest).is_ok());
        refuses(attest(&subject(), None, &custom(), &padded(budget::PREDICATE_BYTES + 1)), "predicate-too-large");
        refuses(from_json(&padded(budget::STATEMENT_BYTES + 1), &subject()), "predicate-too-large");
    }
}
