//! `bulla verify`

use crate::{
    args::Verify,
    budget, bundle_file,
    cmd::{
        signing::{only_images_hold_others, too_many},
        workloads,
    },
    error::{Exit, Failure, Result},
    input::{self, Wanted},
    progress::Progress,
    report::{Judged, JudgedSubject, Report, Why},
    session::{self, Session},
    signers,
    target::Target,
};
use bulla_policy::{Decision, Excepted, Name, Policies, Verdict};
use bulla_transport::{Error, Parsed, Place};
use bulla_verify::{Artifact, Bundle, Digest, HashAlgorithm, KeyAlgorithm, VerifyingKey};

/// Decides whether what is demanded is met. The decision is the gate's, and so is the exit code.
pub(crate) fn run(args: &Verify, session: &Session) -> Result<Report> {
    let Some(target) = &args.target else {
        return workloads::verify(args, session);
    };
    let target = Target::parse(target)?;
    let policies = signers::policies(&args.demand, &args.network, session)?;
    let (subjects, errors, broken) = (Vec::new(), Vec::new(), Vec::new());
    let (verdict, warnings, explain) = (Verdict::Accepted, Vec::new(), args.explain);
    let mut judge = Judge { policies, subjects, verdict, errors, broken, warnings, explain };
    match &target {
        Target::Image(place) if args.bundle.is_empty() => judge.image(place, args, session)?,
        Target::Image(place) => judge.image_with_bundles(place, args, session)?,
        _ if args.recursive => return Err(only_images_hold_others(&target)),
        _ => judge.bytes(&target, args)?,
    }
    Ok(judge.into_report())
}

/// The decisions so far, and what they come to.
struct Judge {
    policies: Policies,
    subjects: Vec<JudgedSubject>,
    verdict: Verdict,
    errors: Vec<Failure>,
    /// Files that are no bundles: what is wrong with them is said of them, and not of the artifact.
    broken: Vec<String>,
    warnings: Vec<String>,
    explain: bool,
}

impl Judge {
    fn image(&mut self, place: &Place, args: &Verify, session: &Session) -> Result<()> {
        let store = session.open(place, &args.network)?;
        let _progress = Progress::of(&format!("asking {}", store.name()));
        let digest = bulla_transport::resolve(store.as_ref(), place)?;
        let called = named(place, args)?;
        let mut queue: Vec<(Digest, Option<String>)> = vec![(digest, None)];
        let mut next = 0;
        while let Some((digest, platform)) = queue.get(next).cloned() {
            next += 1;
            let checked =
                match bulla_gate::check(store.as_ref(), called.clone(), &digest, &self.policies, session::now()) {
                    Ok(checked) => checked,
                    Err(error) if next == 1 || matches!(error, Error::Cancelled) => return Err(error.into()),
                    // What was decided so far stays; that one of them could not be looked at is said, too.
                    Err(error) => {
                        self.errors.push(Failure::from(error).about(format!("{}@{digest}", store.name())));
                        self.verdict = self.verdict.and(Verdict::Unknown);
                        continue;
                    }
                };
            let name = if next == 1 { place.to_string() } else { store.name() };
            self.add(store.name(), &name, &digest, platform, &checked.decision);
            let Parsed::Index { children } = checked.subject.parsed else { continue };
            if args.recursive {
                let known = |queue: &[(Digest, _)], child| queue.iter().any(|(known, _)| *known == child);
                for child in children {
                    if !known(&queue, child.digest) {
                        queue.push((child.digest, child.platform));
                    }
                }
            }
            if queue.len() > budget::RECURSION {
                return Err(too_many());
            }
        }
        Ok(())
    }

    /// The image's digest is all that is needed of it; a registry is asked only for what a tag means. Where nothing was asked,
    /// nothing is known of what lies there, and the digest alone is what the verdict is about.
    fn image_with_bundles(&mut self, place: &Place, args: &Verify, session: &Session) -> Result<()> {
        if args.recursive {
            return Err(Failure::usage("`--recursive` reads bundles from the registry; `--bundle` names one thing's")
                .hint("leave out one of the two"));
        }
        let bundles = bundle_file::read_all(&args.bundle)?;
        let (digest, name) = match place.digest() {
            Some(digest) => (*digest, digest.to_string()),
            None => {
                let store = session.open(place, &args.network)?;
                (bulla_transport::resolve(store.as_ref(), place)?, place.to_string())
            }
        };
        let decision = self.judge(&bundles, named(place, args)?, &Artifact::from_digest(digest));
        self.broken = broken(&bundles);
        self.add(name.clone(), &name, &digest, None, &decision);
        Ok(())
    }

    fn bytes(&mut self, target: &Target, args: &Verify) -> Result<()> {
        let found = bundle_file::find(&args.bundle, target)?;
        let algorithms: Vec<_> = self.policies.believed().keys().iter().map(VerifyingKey::algorithm).collect();
        let loaded = input::load(target, &wanted(&found.bundles, &algorithms))?;
        let called = args.called.clone().map(Name::File);
        let name = called.or_else(|| file_name(target)).unwrap_or(Name::Unnamed);
        let decision = self.judge(&found.bundles, name, &loaded.artifact());
        self.broken = broken(&found.bundles);
        self.add(target.to_string(), &target.to_string(), loaded.artifact().digest(), None, &decision);
        if let Some(missing) = &found.missing {
            let hint = format!("no such file: `{}`; name another with `--bundle`", missing.display());
            let reasons = self.subjects.iter_mut().flat_map(|subject| &mut subject.reasons);
            reasons.filter(|why| UNSIGNED.contains(&&*why.code)).for_each(|why| why.hint = Some(hint.clone()));
            let unsigned = self.errors.pop_if(|failure| UNSIGNED.contains(&failure.code()));
            self.errors.extend(unsigned.map(|failure| failure.hint(hint)));
        }
        Ok(())
    }

    fn judge(&self, bundles: &[bundle_file::Named], name: Name, artifact: &Artifact<'_>) -> Decision {
        let bundles = bundles.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()));
        bulla_policy::judge(bundles, name, artifact, &self.policies, session::now())
    }

    /// Takes a decision in: refused over unknown over accepted. `shown` is how complaints call the thing.
    fn add(&mut self, name: String, shown: &str, digest: &Digest, platform: Option<String>, decision: &Decision) {
        let subject = JudgedSubject::new(name, digest.to_string(), platform, decision);
        let verdict = decision.verdict();
        if verdict != Verdict::Accepted {
            let shown = if shown.contains("sha256:") || self.subjects.is_empty() {
                shown.to_owned()
            } else {
                format!("{shown}@{digest}")
            };
            self.errors.extend(complaints(&shown, &subject.reasons, verdict, &self.broken));
        }
        self.warnings.extend(decision.warnings().iter().map(|warning| format!("{shown}: {}", warning.message)));
        self.warnings.extend(decision.exceptions().iter().map(|excepted| excused(shown, excepted)));
        self.verdict = self.verdict.and(verdict);
        self.subjects.push(subject);
    }

    fn into_report(self) -> Report {
        let required = self.policies.to_string();
        let judged =
            Judged { verdict: self.verdict.as_str(), required, subjects: self.subjects, explain: self.explain };
        let mut report = Report::judged("verify", self.verdict, judged, self.errors);
        self.warnings.into_iter().for_each(|warning| report.warn(warning));
        report
    }
}

pub(super) fn excused(shown: &str, excepted: &Excepted) -> String {
    let Excepted { owner, reason, expires, .. } = excepted;
    format!("{shown}: accepted by an exception of {owner} until {expires}: {reason}")
}

/// What the rules call it: as it was named, or as `--as` says.
fn named(place: &Place, args: &Verify) -> Result<Name> {
    match &args.called {
        None => Ok(bulla_gate::name(place)),
        Some(called) => Ok(bulla_gate::name(&Place::parse(called)?)),
    }
}

/// The name of a file without its folders; what comes in a pipe has none.
fn file_name(target: &Target) -> Option<Name> {
    Some(Name::File(target.file()?.file_name()?.to_string_lossy().into_owned()))
}

/// What a missing bundle may be the cause of.
const UNSIGNED: [&str; 3] = ["no-signature", "no-attestation", "signer-threshold"];

/// How many kinds of reasons a person is told; a program gets every single one.
const TOLD: usize = 5;

/// The reasons, the most telling first; of those with the same code, the first speaks for all. A `broken` file is called by
/// its own name.
pub(super) fn complaints(name: &str, reasons: &[Why], verdict: Verdict, broken: &[String]) -> Vec<Failure> {
    let of_file = |reason: &Why| reason.origin.as_ref().is_some_and(|origin| broken.contains(origin));
    let mut kinds: Vec<(&Why, usize)> = Vec::new();
    for reason in reasons {
        match kinds.iter_mut().find(|(first, _)| first.code == reason.code && !of_file(reason) && !of_file(first)) {
            Some((_, others)) => *others += 1,
            None => kinds.push((reason, 0)),
        }
    }
    let told = kinds.iter().take(TOLD).map(|(reason, others)| match &reason.origin {
        Some(origin) if of_file(reason) => complaint(origin, reason, *others, verdict),
        _ => complaint(name, reason, *others, verdict),
    });
    let mut told: Vec<_> = told.collect();
    if kinds.len() > TOLD {
        let last = told.pop();
        told.extend(last.map(|last| last.hint("there are more reasons in `--output json`")));
    }
    told
}

fn complaint(name: &str, reason: &Why, others: usize, verdict: Verdict) -> Failure {
    let message = match others {
        0 => format!("{name}: {}", reason.message),
        1 => format!("{name}: {}; one more bundle fails in the same way", reason.message),
        _ => format!("{name}: {}; {others} more bundles fail in the same way", reason.message),
    };
    let failure = match Exit::from(verdict) {
        Exit::Refused => Failure::refused(reason.code.clone(), message),
        Exit::Accepted | Exit::Unknown => Failure::unknown(reason.code.clone(), message),
    };
    failure.maybe_hint(reason.hint.as_ref()).of_subject()
}

/// The names of those files that are no bundles.
fn broken(bundles: &[bundle_file::Named]) -> Vec<String> {
    let broken = bundles.iter().filter(|(_, bytes)| Bundle::parse(bytes).is_err());
    broken.map(|(name, _)| name.clone()).collect()
}

/// What the keys and the bundles need to know of the artifact.
fn wanted(bundles: &[bundle_file::Named], keys: &[KeyAlgorithm]) -> Wanted {
    let mut wanted = Wanted::default();
    for (_, bytes) in bundles {
        // What does not parse is refused, and needs no hash for that.
        let Ok(bundle) = Bundle::parse(bytes) else { continue };
        let hashes = bundle.unverified_hashes();
        wanted.hashes.extend(&hashes);
        if bundle.unverified_payload().is_some() {
            continue;
        }
        wanted.hashes.extend(keys.iter().map(|key| key.hash()));
        let certificate_may_be_ed25519 =
            bundle.unverified_certificate().is_some() && (hashes.is_empty() || hashes.contains(&HashAlgorithm::Sha512));
        wanted.bytes |= certificate_may_be_ed25519 || keys.contains(&KeyAlgorithm::Ed25519);
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: String) -> Why {
        Why { message: format!("it is {code}"), code, hint: None, origin: None }
    }

    #[test]
    fn a_person_is_told_five_kinds_of_reasons_and_where_the_others_are() {
        let reasons = |count: usize| (0..count).map(|at| reason(format!("odd-{at}"))).collect::<Vec<_>>();
        let told = complaints("app", &reasons(TOLD + 1), Verdict::Refused, &[]);
        assert_eq!(told.len(), TOLD);
        assert_eq!(told.last().and_then(Failure::next), Some("there are more reasons in `--output json`"));
        let all = complaints("app", &reasons(TOLD), Verdict::Refused, &[]);
        assert_eq!((all.len(), all.last().and_then(Failure::next)), (TOLD, None));
    }

    #[test]
    fn one_speaks_for_all_that_have_the_same_code() {
        let reasons = ["other-key", "no-trusted-key", "other-key"].map(|code| reason(code.to_owned()));
        let told = complaints("app", &reasons, Verdict::Refused, &[]);
        let messages: Vec<_> = told.iter().map(Failure::message).collect();
        assert_eq!(
            messages,
            ["app: it is other-key; one more bundle fails in the same way", "app: it is no-trusted-key"]
        );
    }
}
