//! The form of a recording: `policy/schema/evidence-v1.json`.

use super::{Recorded, Recording, RecordingError, Told, compare::Decided, error::within};
use crate::{
    Children, Name, Policies, Subject, TrustPolicy, UnverifiedEvidence, Verdict, budget, document::shown,
    language::Given,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Digest, HashAlgorithm, HashValue, Need, Time, TrustedRoot, json};
use core::num::NonZeroUsize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// What a decision was made of. Bytes are in standard base64, times in RFC 3339.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Recording")]
pub(crate) struct Wire {
    /// `bulla.evidence/v1`
    #[schemars(extend("const" = V1))]
    schema: String,
    /// The time that was decided by.
    now: String,
    /// The policies that were decided by.
    policies: Vec<Policy>,
    /// The trusted roots that the policies name and that do not stand in them.
    roots: Vec<Root>,
    /// What was decided about.
    subjects: Vec<Artifact>,
    /// What could not be looked at, so that nothing was decided about it: the answer was not *accepted* for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Problem>,
}

const V1: &str = "bulla.evidence/v1";

/// A policy, with its keys and its own roots in it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Policy {
    /// The document.
    text: String,
    /// Whether flags of a command stood for it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    of_command_line: bool,
}

/// A trusted root, and how many distinct authorities of each kind it demands.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Root {
    /// How policies call it.
    name: String,
    /// Logs that have to hold an entry.
    logs: usize,
    /// Authorities that have to have signed a time.
    times: NonZeroUsize,
    /// Certificate logs that have to vouch for a certificate.
    scts: usize,
    /// The `trusted_root.json`.
    #[schemars(with = "serde_json::Value")]
    trusted_root: Box<RawValue>,
}

/// What was decided about, what was found of it, and what was decided.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Artifact {
    /// How reports name it.
    name: String,
    /// How it was asked for.
    typed: String,
    /// What the rules of a policy call it.
    called: Called,
    /// `sha256:…`
    digest: String,
    /// Its other hashes, where they were known: `sha384:…`, `sha512:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<String>,
    /// For which platform it is, if it is an image of an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// What was found of it.
    evidence: Evidence,
    /// What was decided.
    decision: Decided,
}

/// What was found of an artifact.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Evidence {
    /// The bundles, as they came.
    bundles: Vec<Bundle>,
    /// What could not be asked or fetched.
    unavailable: Vec<Unavailable>,
    /// Whether it is an index; nothing where nobody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_index: Option<bool>,
    /// The images in it, if it is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<Child>,
}

/// An image of an index.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Child {
    /// `sha256:…`
    digest: String,
    /// `os/architecture`, as the index says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// Whether the index says that it holds attestations and is for no platform.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    is_attestation: bool,
    /// What was found of it; nothing where nobody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

/// What the rules of a policy call an artifact: one of both, or an image without a name.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Called {
    /// An image, by registry and repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    /// A file, by its name without folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// A bundle, as it came.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bundle {
    /// Where it came from: a manifest's digest, a file's name.
    origin: String,
    /// Its bytes, in base64.
    bytes: String,
}

/// Evidence that may exist and could not be had.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unavailable {
    /// What was asked for.
    origin: String,
    /// A stable code.
    code: String,
    /// Why it could not be had.
    reason: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// What could not be looked at.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Problem {
    /// A stable code.
    code: String,
    /// A sentence without its period.
    message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// What every version has.
#[derive(Deserialize)]
struct Any {
    schema: String,
}

pub(super) fn write(recording: &Recording) -> Result<Vec<u8>, RecordingError> {
    let wire = Wire {
        schema: V1.to_owned(),
        now: recording.now.to_string(),
        policies: recording.policies.iter().map(Policy::from).collect(),
        roots: recording.roots.iter().map(Root::of).collect::<Result<_, _>>()?,
        subjects: recording.subjects.iter().map(Artifact::from).collect(),
        problems: recording.problems.iter().map(Problem::from).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&wire).map_err(|error| malformed(&error))?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(super) fn read(bytes: &[u8]) -> Result<Recording, RecordingError> {
    within("bytes", budget::RECORDING_BYTES, bytes.len())?;
    let any: Any = json::from_slice(bytes).map_err(|error| malformed(&error))?;
    if any.schema != V1 {
        return Err(RecordingError::UnsupportedVersion { found: shown(&any.schema) });
    }
    let wire: Wire = json::from_slice(bytes).map_err(|error| malformed(&error))?;
    within("policies", budget::RECORDED_POLICIES, wire.policies.len())?;
    within("roots", budget::RECORDED_ROOTS, wire.roots.len())?;
    within("subjects", budget::RECORDED_SUBJECTS, wire.subjects.len())?;
    within("problems", budget::RECORDED_SUBJECTS, wire.problems.len())?;
    // Of nothing, all is accepted.
    if wire.subjects.is_empty() && wire.problems.is_empty() {
        return Err(RecordingError::malformed("nothing was decided about in it"));
    }
    let now = Time::parse_rfc3339(&wire.now).filter(|now| now.to_string() == wire.now);
    let roots = wire.roots.into_iter().map(Root::read).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    if let Some(twice) = roots.iter().find(|root| !names.insert(root.name())) {
        return Err(RecordingError::malformed(format!("the root `{}` stands in it twice", shown(twice.name()))));
    }
    Ok(Recording {
        now: now.ok_or_else(|| RecordingError::malformed("`now` is no time in UTC and whole seconds"))?,
        policies: policies(wire.policies, &roots)?,
        subjects: wire.subjects.into_iter().map(Artifact::read).collect::<Result<_, _>>()?,
        problems: wire.problems.into_iter().map(Problem::read).collect::<Result<_, _>>()?,
        roots,
    })
}

fn policies(wire: Vec<Policy>, roots: &[TrustedRoot]) -> Result<Policies, RecordingError> {
    // Nothing but the recording says what a name means: what is built in here may have changed.
    let known = Given(roots.to_vec());
    let mut all: Option<Policies> = None;
    for Policy { text, of_command_line } in wire {
        let written = TrustPolicy::parse(&text, &known)?;
        let policy = if of_command_line { written.of_command_line() } else { written };
        all = Some(match all {
            None => Policies::from(policy),
            Some(policies) => policies.and(policy)?,
        });
    }
    all.ok_or_else(|| RecordingError::malformed("no policy stands in it"))
}

fn malformed(error: &serde_json::Error) -> RecordingError {
    RecordingError::malformed(json::reason(error))
}

impl From<&TrustPolicy> for Policy {
    fn from(policy: &TrustPolicy) -> Self {
        Self { text: policy.to_string(), of_command_line: policy.is_of_command_line() }
    }
}

impl Root {
    fn of(root: &TrustedRoot) -> Result<Self, RecordingError> {
        let (need, text) = (root.need(), String::from_utf8_lossy(root.json()).into_owned());
        let times = NonZeroUsize::new(need.times()).unwrap_or(NonZeroUsize::MIN);
        let trusted_root = RawValue::from_string(text).map_err(|error| malformed(&error))?;
        Ok(Self { name: root.name().to_owned(), logs: need.logs(), times, scts: need.scts(), trusted_root })
    }

    /// GitHub's preset is the least that there is: from there on, each is raised to what it was.
    fn read(self) -> Result<TrustedRoot, RecordingError> {
        let need = Need::github().with_logs(self.logs).with_times(self.times.get()).with_scts(self.scts);
        match TrustedRoot::parse(self.trusted_root.get().as_bytes(), need) {
            Ok(root) => Ok(root.named(&self.name)),
            Err(error) => Err(RecordingError::Root { name: shown(&self.name), error: Box::new(error) }),
        }
    }
}

impl From<&Recorded> for Artifact {
    fn from(recorded: &Recorded) -> Self {
        let Recorded { subject, told, hashes, evidence, decision, .. } = recorded;
        Self {
            name: told.name.clone(),
            typed: told.typed.clone(),
            called: Called::from(&subject.name),
            digest: subject.digest.to_string(),
            hashes: hashes.iter().map(HashValue::to_string).collect(),
            platform: told.platform.clone(),
            evidence: Evidence::from(evidence),
            decision: decision.clone(),
        }
    }
}

impl Artifact {
    fn read(self) -> Result<Recorded, RecordingError> {
        let digest = Digest::parse(&self.digest).map_err(|error| RecordingError::malformed(error.to_string()))?;
        Ok(Recorded {
            subject: Subject { name: self.called.read()?, digest },
            told: Told { name: self.name, typed: self.typed, platform: self.platform },
            hashes: hashes(&self.hashes)?,
            evidence: self.evidence.read()?,
            verdict: verdict(&self.decision)?,
            decision: self.decision,
            had_bytes: false,
        })
    }
}

impl From<&UnverifiedEvidence> for Evidence {
    fn from(evidence: &UnverifiedEvidence) -> Self {
        let bundle = |(origin, bytes): &(String, Vec<u8>)| {
            let (origin, bytes) = (origin.clone(), STANDARD.encode(bytes));
            Bundle { origin, bytes }
        };
        Self {
            bundles: evidence.bundles.iter().map(bundle).collect(),
            unavailable: evidence.unavailable.iter().map(Unavailable::from).collect(),
            is_index: match evidence.children {
                Children::Unseen => None,
                Children::None => Some(false),
                Children::Listed(_) => Some(true),
            },
            children: match &evidence.children {
                Children::Unseen | Children::None => Vec::new(),
                Children::Listed(listed) => listed.iter().map(Child::from).collect(),
            },
        }
    }
}

impl From<&crate::Child<UnverifiedEvidence>> for Child {
    fn from(child: &crate::Child<UnverifiedEvidence>) -> Self {
        let crate::Child { digest, platform, is_attestation, evidence } = child;
        let (digest, evidence) = (digest.to_string(), evidence.as_ref().map(Evidence::from));
        Self { digest, platform: platform.clone(), is_attestation: *is_attestation, evidence }
    }
}

impl Child {
    fn read(self) -> Result<crate::Child<UnverifiedEvidence>, RecordingError> {
        Ok(crate::Child {
            digest: Digest::parse(&self.digest).map_err(|error| RecordingError::malformed(error.to_string()))?,
            platform: self.platform,
            is_attestation: self.is_attestation,
            evidence: self.evidence.map(Evidence::read).transpose()?,
        })
    }
}

impl Evidence {
    fn read(self) -> Result<UnverifiedEvidence, RecordingError> {
        within("bundles of one subject", budget::RECORDED_BUNDLES, self.bundles.len())?;
        within("failures of one subject", budget::RECORDED_FAILURES, self.unavailable.len())?;
        within("images of one index", budget::RECORDED_CHILDREN, self.children.len())?;
        let children = match (self.is_index, self.children) {
            (None, none) if none.is_empty() => Children::Unseen,
            (Some(false), none) if none.is_empty() => Children::None,
            (Some(true), listed) => Children::Listed(listed.into_iter().map(Child::read).collect::<Result<_, _>>()?),
            (None | Some(false), _) => return Err(RecordingError::malformed("what is no index has images in it")),
        };
        Ok(UnverifiedEvidence {
            bundles: self.bundles.into_iter().map(Bundle::read).collect::<Result<_, _>>()?,
            unavailable: self.unavailable.into_iter().map(Unavailable::read).collect::<Result<_, _>>()?,
            children,
        })
    }
}

/// SHA-384 and SHA-512, each once at most.
fn hashes(written: &[String]) -> Result<Vec<HashValue>, RecordingError> {
    let mut seen = BTreeSet::from([HashAlgorithm::Sha256]);
    let mut read = |text: &String| HashValue::parse(text).filter(|hash| seen.insert(hash.algorithm()));
    let odd =
        |text: &String| RecordingError::malformed(format!("no hash besides SHA-256, or twice: `{}`", shown(text)));
    written.iter().map(|text| read(text).ok_or_else(|| odd(text))).collect()
}

fn verdict(decision: &Decided) -> Result<Verdict, RecordingError> {
    let said = decision.0.get("verdict").and_then(serde_json::Value::as_str);
    let found = Verdict::ALL.into_iter().find(|verdict| said == Some(verdict.as_str()));
    found.ok_or_else(|| RecordingError::malformed("a decision in it has no verdict"))
}

impl Bundle {
    fn read(self) -> Result<(String, Vec<u8>), RecordingError> {
        let not_base64 = |_| RecordingError::malformed(format!("the bundle `{}` is not base64", shown(&self.origin)));
        let bytes = STANDARD.decode(&self.bytes).map_err(not_base64)?;
        Ok((self.origin, bytes))
    }
}

impl From<&Name> for Called {
    fn from(name: &Name) -> Self {
        match name {
            Name::Image(name) => Self { image: Some(name.clone()), file: None },
            Name::File(name) => Self { image: None, file: Some(name.clone()) },
            Name::Unnamed => Self { image: None, file: None },
        }
    }
}

impl Called {
    fn read(self) -> Result<Name, RecordingError> {
        match (self.image, self.file) {
            (Some(name), None) => Ok(Name::Image(name)),
            (None, Some(name)) => Ok(Name::File(name)),
            (None, None) => Ok(Name::Unnamed),
            (Some(_), Some(_)) => Err(RecordingError::malformed("something in it is called an image and a file")),
        }
    }
}

impl From<&crate::Unavailable> for Unavailable {
    fn from(unavailable: &crate::Unavailable) -> Self {
        let crate::Unavailable { origin, code, reason, hint } = unavailable.clone();
        Self { origin, code, reason, hint }
    }
}

impl Unavailable {
    fn read(self) -> Result<crate::Unavailable, RecordingError> {
        let Self { origin, code, reason, hint } = self;
        Ok(crate::Unavailable { origin, code: stable(code)?, reason, hint })
    }
}

/// A code as it stands in reports, where nobody looks for anything else in it.
fn stable(code: String) -> Result<String, RecordingError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !code.is_empty() && code.len() <= budget::RECORDED_CODE_BYTES && code.bytes().all(is_plain) {
        true => Ok(code),
        false => Err(RecordingError::malformed(format!("`{}` is no code", shown(&code)))),
    }
}

impl From<&super::Problem> for Problem {
    fn from(problem: &super::Problem) -> Self {
        let super::Problem { code, message, hint } = problem.clone();
        Self { code, message, hint }
    }
}

impl Problem {
    fn read(self) -> Result<super::Problem, RecordingError> {
        let Self { code, message, hint } = self;
        Ok(super::Problem { code: stable(code)?, message, hint })
    }
}
