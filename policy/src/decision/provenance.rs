//! Whether provenance is signed by who may speak for its builder, and whether what it says is what is demanded.

use super::{
    Reason,
    builders::{HOSTED, Known, SLSA_GITHUB_GENERATOR},
    signer,
    trace::Telling,
};
use crate::{
    Verified, gitlab,
    language::{Builder, Exact, Glob, Provenance, Runner, is_version_tag},
};
use bulla_verify::{Claim, SignerCertificate, Typed, VerifiedSigner, json};
use serde_json::{Map, Value};

/// Why the bundle is not the provenance that is demanded; nothing if it is.
pub(super) fn mismatch(demanded: &Provenance, verified: &Verified) -> Option<Reason> {
    let stated = match Stated::of(&demanded.builder, verified) {
        Ok(stated) => stated,
        Err(reason) => return Some(*reason),
    };
    let VerifiedSigner::Certificate { certificate, .. } = verified.bundle.signer() else {
        return Some(by_another(
            demanded,
            verified,
            "have the builder itself sign it, which does so with a certificate: a key speaks for no builder",
        ));
    };
    let issuer = demanded.builder.issuer();
    if certificate.issuer() != issuer {
        let hint = format!("have the builder itself sign it: its certificates name the issuer `{issuer}`");
        return Some(by_another(demanded, verified, &hint));
    }
    if verified.root.as_deref() != Some(demanded.root()) {
        let message = format!("it does not verify under the root `{}`", demanded.root());
        let reason =
            Reason::new(Telling::OtherClaim, "root-mismatch", message, "name the root beside it, with `root:`");
        return Some(reason.comparing(demanded.root(), verified.root.as_deref()));
    }
    let level = match level(&demanded.builder, &stated.builder, certificate) {
        Ok(level) => level,
        Err(difference) => return Some(difference.reason("builder-mismatch")),
    };
    source(demanded, certificate)
        .or_else(|| stated.contradiction(certificate))
        .or_else(|| built(demanded, certificate))
        .map(|difference| difference.reason("provenance-mismatch"))
        .or_else(|| stated.inputs(demanded))
        .or_else(|| {
            let demanded = demanded.level.filter(|demanded| demanded.number() > level)?;
            let message = format!("its builder reaches level {level}, expected {}", demanded.number());
            let hint = "build with a builder that reaches it: level 3 is a reusable workflow that is known";
            let reason = Reason::new(Telling::Nearly, "level-too-low", message, hint);
            Some(reason.comparing(demanded.number().to_string(), Some(&level.to_string())))
        })
}

/// The level of its builder, for provenance that is what is demanded.
pub(super) fn proved(demanded: &Provenance, verified: &Verified) -> Option<u8> {
    let VerifiedSigner::Certificate { certificate, .. } = verified.bundle.signer() else { return None };
    level(&demanded.builder, &Stated::of(&demanded.builder, verified).ok()?.builder, certificate).ok()
}

/// What the provenance itself says.
struct Stated {
    builder: String,
    /// The repository that it says it was built from, such as `https://github.com/acme/app`.
    source: Option<String>,
    inputs: Option<Map<String, Value>>,
}

impl Stated {
    /// Not of what is no provenance, or says something twice.
    fn of(builder: &Builder, verified: &Verified) -> Result<Self, Box<Reason>> {
        let typed = verified.bundle.statement().map(|statement| statement.predicate().typed());
        match typed {
            Some(Typed::SlsaProvenanceV1(provenance)) => {
                let parameters = parsed(provenance.external_parameters())?;
                let from_dependency = || Some(provenance.resolved_dependencies().first()?.uri()?.to_owned());
                let places: &[&str] = match builder {
                    Builder::GitHubHosted | Builder::SlsaGitHubGenerator | Builder::Id { .. } => {
                        &["/workflow/repository", "/source/uri"]
                    }
                    Builder::GitLabHosted => &["/source"],
                };
                let source = places.iter().find_map(|at| text(&parameters, at));
                let inputs = ["/inputs", "/workflow/inputs"].into_iter().find_map(|at| object(&parameters, at));
                let builder = provenance.builder_id().to_owned();
                Ok(Self { builder, source: source.or_else(from_dependency), inputs })
            }
            Some(Typed::SlsaProvenanceV0_2(provenance)) => {
                let environment = parsed(provenance.environment())?;
                let source = provenance.config_source().uri().map(str::to_owned);
                let inputs = object(&environment, "/github_event_payload/inputs");
                Ok(Self { builder: provenance.builder_id().to_owned(), source, inputs })
            }
            _ => Err(Box::new(not_provenance(verified))),
        }
    }

    /// What it says is not what the issuer says of it: then neither is believed.
    fn contradiction(&self, certificate: &SignerCertificate) -> Option<Difference> {
        let said = self.source.as_ref()?;
        let repository = said.strip_prefix("git+").unwrap_or(said);
        let repository = repository.split_once('@').map_or(repository, |(repository, _)| repository);
        let repository = repository.strip_suffix(".git").unwrap_or(repository);
        let found = certificate.claim(Claim::SourceRepositoryUri);
        (found != Some(repository)).then(|| Difference::new("source in its certificate", repository, found))
    }

    fn inputs(&self, demanded: &Provenance) -> Option<Reason> {
        let found = |name: &String| match self.inputs.as_ref()?.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let (name, expected) =
            demanded.inputs.iter().find(|(name, expected)| found(name).as_ref() != Some(*expected))?;
        let found = found(name);
        let shown = found.as_deref().map_or_else(|| "not given".to_owned(), |found| format!("`{found}`"));
        let message = format!("the input `{name}` was {shown}, expected `{expected}`");
        let reason = Reason::new(Telling::Nearly, "input-mismatch", message, "start the workflow with that input");
        Some(reason.comparing(expected, found.as_deref()))
    }
}

/// What is left out says nothing; of what stands twice, nobody knows what it says.
fn parsed(json: Option<&str>) -> Result<Value, Box<Reason>> {
    let Some(json) = json else { return Ok(Value::Null) };
    json::value(json.as_bytes()).map_err(|_| Box::new(super::contents::ambiguous()))
}

fn text(value: &Value, at: &str) -> Option<String> {
    value.pointer(at).and_then(Value::as_str).map(str::to_owned)
}

fn object(value: &Value, at: &str) -> Option<Map<String, Value>> {
    value.pointer(at).and_then(Value::as_object).cloned()
}

/// In what provenance differs.
struct Difference {
    what: &'static str,
    expected: String,
    found: Option<String>,
}

impl Difference {
    fn new(what: &'static str, expected: &str, found: Option<&str>) -> Self {
        Self { what, expected: expected.to_owned(), found: found.map(str::to_owned) }
    }

    fn reason(self, code: &str) -> Reason {
        let stated = match &self.found {
            Some(found) => format!("its {} is `{found}`", self.what),
            None => format!("it does not state its {}", self.what),
        };
        let message = format!("{stated}, expected `{}`", self.expected);
        let hint = "either it was built otherwise, or the policy expects something else: compare the two";
        Reason::new(Telling::OtherClaim, code, message, hint).comparing(self.expected, self.found.as_deref())
    }
}

/// The level of the builder, if it is the one that is demanded, and if who signed may speak for it.
fn level(demanded: &Builder, stated: &str, certificate: &SignerCertificate) -> Result<u8, Difference> {
    let signer = certificate.identity().as_str();
    let on = |runner: Runner| certificate.claim(Claim::RunnerEnvironment) == Some(runner.as_str());
    let (id, git_ref) = stated.split_once('@').unwrap_or((stated, ""));
    let differs = |expected: &str, found: &str| Err(Difference::new("builder", expected, Some(found)));
    let known = SLSA_GITHUB_GENERATOR.iter().filter(|known| known.id == id);
    let mut known = known.filter(|known| speaks_for(known, git_ref, signer) && is_version_tag(git_ref));
    match demanded {
        Builder::GitHubHosted => {
            let own = is_own_workflow(certificate);
            let runner = stated == "https://github.com/actions/runner/github-hosted";
            match own && on(Runner::GithubHosted) && (runner || stated == signer) {
                true => Ok(HOSTED),
                false => differs("a workflow of the source repository itself on GitHub's machines", stated),
            }
        }
        Builder::GitLabHosted => of_gitlab(stated, certificate).map_or(Ok(HOSTED), Err),
        Builder::SlsaGitHubGenerator => match known.next() {
            Some(known) => Ok(known.level),
            None => differs("one of slsa-github-generator's, signed for by itself", stated),
        },
        Builder::Id { id: demanded_id, git_ref: demanded_ref } => {
            let at_ref = demanded_ref.as_ref().map_or(is_version_tag(git_ref), |demanded| demanded == git_ref);
            if id != demanded_id || !at_ref {
                return differs(&demanded.to_string(), stated);
            }
            match known.next() {
                Some(known) => Ok(known.level),
                None if signer == stated => Ok(if on(Runner::GithubHosted) { HOSTED } else { 1 }),
                None => Err(Difference::new("signer", stated, Some(signer))),
            }
        }
    }
}

fn speaks_for(known: &Known, git_ref: &str, signer: &str) -> bool {
    signer.strip_prefix(known.signer).and_then(|rest| rest.strip_prefix('@')) == Some(git_ref)
}

/// Whether the workflow that signs is the source repository's own.
fn is_own_workflow(certificate: &SignerCertificate) -> bool {
    let source = certificate.claim(Claim::SourceRepositoryUri);
    let beneath = source.and_then(|source| certificate.identity().as_str().strip_prefix(source));
    beneath.is_some_and(|rest| rest.starts_with("/.github/workflows/"))
}

/// Why a pipeline's provenance is not that of GitLab's machines for the source project; nothing if it is.
fn of_gitlab(stated: &str, certificate: &SignerCertificate) -> Option<Difference> {
    let (signer, trigger) = (certificate.identity().as_str(), certificate.claim(Claim::BuildTrigger));
    let (runner, hosted) = (certificate.claim(Claim::RunnerEnvironment), Runner::GitlabHosted.as_str());
    let source = certificate.claim(Claim::SourceRepositoryUri).unwrap_or_default();
    if gitlab::pipeline_file(certificate).is_none() {
        return Some(Difference::new("signer", "a pipeline of the source project itself", Some(signer)));
    }
    if runner != Some(hosted) {
        return Some(Difference::new("runner", hosted, runner));
    }
    if gitlab::is_of_merge_request(certificate) {
        return Some(Difference::new(
            "trigger",
            "anything but a merge request, which may be of anybody's branch",
            trigger,
        ));
    }
    let number = stated.strip_prefix(source).and_then(|rest| rest.strip_prefix("/-/runners/"));
    let is_number = number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    (!is_number).then(|| Difference::new("builder", &format!("{source}/-/runners/…"), Some(stated)))
}

fn source(demanded: &Provenance, certificate: &SignerCertificate) -> Option<Difference> {
    let found = certificate.claim(Claim::SourceRepositoryUri).and_then(|uri| uri.strip_prefix("https://"));
    let same = found.is_some_and(|found| demanded.source.matches(found));
    (!same).then(|| Difference::new("source", demanded.source.as_str(), found))
}

/// Ref, workflow, runner and ids, as the certificate states them.
fn built(demanded: &Provenance, certificate: &SignerCertificate) -> Option<Difference> {
    let claim = |claim| certificate.claim(claim);
    let glob = |what, expected: &Option<Glob>, found: Option<&str>| {
        let expected = expected.as_ref()?;
        (!found.is_some_and(|found| expected.matches(found))).then(|| Difference::new(what, expected.as_str(), found))
    };
    let exact = |what, expected: Option<&str>, found: Option<&str>| {
        let expected = expected?;
        (found != Some(expected)).then(|| Difference::new(what, expected, found))
    };
    let git_ref = claim(Claim::SourceRepositoryRef);
    let version = || {
        let expected = demanded.version.as_ref()?;
        let same = git_ref.is_some_and(|found| expected.matches(found));
        (!same).then(|| Difference::new("ref", &format!("a tag {expected}"), git_ref))
    };
    let workflow = || {
        let (_, path) = claim(Claim::BuildConfigUri)?.split_once("/.github/workflows/")?;
        path.split_once('@').map(|(file, _)| file)
    };
    let (expected, file) = match &demanded.builder {
        Builder::GitHubHosted | Builder::SlsaGitHubGenerator | Builder::Id { .. } => {
            (demanded.workflow.clone(), workflow())
        }
        Builder::GitLabHosted => {
            let expected = demanded.workflow.clone().unwrap_or_else(|| Glob::of(gitlab::PIPELINE));
            (Some(expected), gitlab::pipeline_file(certificate))
        }
    };
    glob("ref", &demanded.git_ref, git_ref)
        .or_else(version)
        .or_else(|| glob("workflow", &expected, file))
        .or_else(|| exact("runner", demanded.runner.map(Runner::as_str), claim(Claim::RunnerEnvironment)))
        .or_else(|| {
            let expected = demanded.repository_id.as_ref().map(Exact::as_str);
            exact("repository id", expected, claim(Claim::SourceRepositoryIdentifier))
        })
        .or_else(|| {
            let expected = demanded.owner_id.as_ref().map(Exact::as_str);
            exact("owner id", expected, claim(Claim::SourceRepositoryOwnerIdentifier))
        })
}

fn not_provenance(verified: &Verified) -> Reason {
    let found = match super::leaf::predicate_type(verified) {
        None => "a signature".to_owned(),
        Some(predicate_type) => format!("an attestation of type `{predicate_type}`"),
    };
    let hint = "have the build attest how it was made: SLSA provenance v1";
    Reason::new(Telling::OtherKind, "not-provenance", format!("found {found}, expected SLSA provenance"), hint)
}

fn by_another(demanded: &Provenance, verified: &Verified, hint: &str) -> Reason {
    let signer = signer::name(verified.bundle.signer());
    let message = format!("provenance signed by {signer}, which is not {}", demanded.builder);
    let reason = Reason::new(Telling::OtherSigner, "builder-mismatch", message, hint);
    reason.comparing(demanded.builder.to_string(), Some(&signer))
}
