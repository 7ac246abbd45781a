//! `bulla attest --vsa`: decides, and signs what came of it.
//!
//! It is `attest` and not `verify` that signs, so that a key means one thing in each: who signs here, whose signature counts there.
//! And it is one run and not two, so that what is passed is what was decided about.

use super::{
    signing::{self, Claim},
    verify,
};
use crate::{
    args::Attest,
    bundle_file,
    error::{Failure, Result},
    input::{self, Wanted},
    policy_file,
    progress::Progress,
    report::{Report, Why},
    session::{self, Session},
    target::{self, Target},
};
use bulla_policy::{Decision, Policies, Verdict, Verification};
use bulla_transport::Place;
use bulla_verify::Digest;

/// What was decided, and about what.
struct Decided {
    digest: Digest,
    decision: Decision,
    /// What it is called in a registry.
    resource: Option<String>,
    /// The bundles, if they are in files.
    files: Vec<bundle_file::Named>,
}

pub(super) fn run(args: &Attest, session: &Session) -> Result<Report> {
    let (Some(path), Some(verifier)) = (&args.summary.policy, &args.summary.verifier_id) else {
        return Err(Failure::usage("a summary is of a policy, by somebody").hint("give `--policy` and `--verifier-id`"));
    };
    let target = Target::parse(&args.target)?;
    let policy = policy_file::read(path, &args.signing.network, session)?;
    let decided = decide(&target, &policy.clone().into(), args, session)?;
    let Some(resource) = args.summary.resource.as_ref().or(decided.resource.as_ref()) else {
        return Err(Failure::usage(format!("what is `{target}` verified as?"))
            .hint("name it with `--resource`: a URI, such as where it can be downloaded"));
    };
    let reasons: Vec<_> = decided.decision.reasons().iter().map(Why::from).collect();
    let verdict = decided.decision.verdict();
    let complaints = match verdict {
        Verdict::Accepted => Vec::new(),
        Verdict::Refused | Verdict::Unknown => verify::complaints(&args.target, &reasons, verdict, &[]),
    };
    let of = Verification { verifier, resource, policy: &policy, time: session::now() };
    match decided.decision.summary(&of, |origin| decided.attestation(origin)) {
        Ok(predicate) => {
            let claim = Claim::Summary(decided.digest, predicate.into_bytes());
            let targets = core::slice::from_ref(&args.target);
            let mut report = signing::run("attest", targets, &args.signing, |_| Ok(claim), session)?;
            if verdict == Verdict::Refused {
                report.warn(format!("{target}: its summary says FAILED"));
            }
            Ok(complaints.into_iter().fold(report, Report::but))
        }
        Err(error) => {
            let last = Failure::unknown(error.code(), format!("{target}: {error}")).hint(error.hint());
            let report = Report::failed("attest", last);
            Ok(complaints.into_iter().fold(report, Report::but))
        }
    }
}

/// What `verify` would say.
fn decide(target: &Target, policies: &Policies, args: &Attest, session: &Session) -> Result<Decided> {
    match target {
        Target::Image(place) => {
            let store = session.open(place, &args.signing.network)?;
            let _progress = Progress::of(&format!("asking {}", store.name()));
            let digest = bulla_transport::resolve(store.as_ref(), place)?;
            // What is said of a name is decided by the rules about that name.
            let called = args.summary.resource.as_deref().and_then(|resource| resource.strip_prefix("oci://"));
            let name = target::image_name(place, called)?;
            let checked = bulla_gate::check(store.as_ref(), name, &digest, policies, session::now())?;
            let resource = matches!(place, Place::Registry(_)).then(|| format!("oci://{}", store.name()));
            Ok(Decided { digest, decision: checked.decision, resource, files: Vec::new() })
        }
        Target::File(_) => {
            let files = bundle_file::find(&[], target)?.bundles;
            let loaded = input::load(target, &Wanted::by(&files, policies.believed()))?;
            let artifact = loaded.artifact();
            let bundles = files.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()));
            let decision = bulla_policy::judge(bundles, target.name(None)?, &artifact, policies, session::now());
            Ok(Decided { digest: *artifact.digest(), decision, resource: None, files })
        }
        Target::Stdin | Target::Digest(_) => {
            Err(Failure::usage(format!("`--vsa` is for images and files, and `{target}` is neither"))
                .hint("name the image in its registry, or the file, with its bundle beside it"))
        }
    }
}

impl Decided {
    /// An attestation, by where it came from: in a registry that is its manifest's digest.
    fn attestation(&self, origin: &str) -> Option<(Option<String>, Digest)> {
        match self.files.iter().find(|(name, _)| name == origin) {
            Some((_, bytes)) => Some((None, Digest::of(bytes))),
            None => {
                let uri = self.resource.as_ref().map(|resource| format!("{resource}@{origin}"));
                Some((uri, Digest::parse(origin).ok()?))
            }
        }
    }
}
