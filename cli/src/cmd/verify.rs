//! `bulla verify`

use crate::{
    args::Verify,
    budget,
    bundle_file::{self, Named},
    cmd::{
        signing::{only_images_hold_others, too_many},
        workloads,
    },
    error::{Exit, Failure, Result},
    input::{self, Wanted},
    progress::Progress,
    record::Record,
    report::{Asked, Judged, JudgedSubject, Report, Why, excused, for_all, kinds},
    session::{self, Session},
    signers,
    target::{self, Target},
};
use bulla_gate::Checked;
use bulla_policy::{
    Decision, Name, Policies, Subject, UnverifiedEvidence, Verdict, decide,
    recording::{Recorded, Told},
};
use bulla_transport::{Error, Parsed, Place};
use bulla_verify::{Artifact, Bundle, Digest, Time};

/// Decides whether what is demanded is met. The decision is the gate's, and so is the exit code.
pub(crate) fn run(args: &Verify, session: &Session) -> Result<Report> {
    let Some(target) = &args.target else {
        return workloads::verify(args, session);
    };
    let target = Target::parse(target)?;
    let policies = signers::policies(&args.demand, &args.network, session)?;
    let now = session::now();
    let record = Record::wished(args.record.as_ref(), &policies, now)?;
    let mut judge = Judge { record, ..Judge::new(policies, now, args.explain) };
    match &target {
        Target::Image(place) if args.bundle.is_empty() => judge.image(place, args, session)?,
        Target::Image(place) => judge.image_with_bundles(place, args, session)?,
        _ if args.recursive => return Err(only_images_hold_others(&target)),
        _ if args.platform.is_some() => {
            let failure = Failure::usage(format!("`--platform` is for images, and `{target}` is none"));
            return Err(failure.hint("leave it out; an image names its registry, and a layout is written `oci:dir`"));
        }
        _ => judge.bytes(&target, args)?,
    }
    Ok(judge.into_report("verify"))
}

/// The decisions so far, and what they come to.
pub(super) struct Judge {
    policies: Policies,
    now: Time,
    subjects: Vec<JudgedSubject>,
    verdict: Verdict,
    errors: Vec<Failure>,
    /// Files that are no bundles: what is wrong with them is said of them, and not of the artifact.
    pub(super) broken: Vec<String>,
    warnings: Vec<String>,
    explain: bool,
    record: Option<Record>,
    /// What is asked otherwise than it was recorded.
    pub(super) asked: Option<Asked>,
}

impl Judge {
    /// One that has decided nothing yet.
    pub(super) fn new(policies: Policies, now: Time, explain: bool) -> Self {
        let (subjects, errors, broken, warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let verdict = Verdict::Accepted;
        Self { policies, now, subjects, verdict, errors, broken, warnings, explain, record: None, asked: None }
    }

    fn image(&mut self, place: &Place, args: &Verify, session: &Session) -> Result<()> {
        let store = session.open(place, &args.network)?;
        let _progress = Progress::of(&format!("asking {}", store.name()));
        let digest = bulla_transport::resolve(store.as_ref(), place)?;
        let called = target::image_name(place, args.called.as_deref())?;
        let mut queue: Vec<(Digest, Option<String>)> = vec![(digest, None)];
        let mut next = 0;
        while let Some((digest, platform)) = queue.get(next).cloned() {
            next += 1;
            let asked = args.platform.as_ref();
            let checked =
                bulla_gate::check_for(store.as_ref(), called.clone(), &digest, asked, &self.policies, self.now);
            let checked = match checked {
                Ok(checked) => checked,
                Err(error) if next == 1 || matches!(error, Error::Cancelled) => return Err(error.into()),
                // What was decided so far stays; that one of them could not be looked at is said, too.
                Err(error) => {
                    self.fail(Failure::from(error).about(format!("{}@{digest}", store.name())));
                    continue;
                }
            };
            let Checked { subject, picked, evidence, decision } = checked;
            let typed = if next == 1 { place.to_string() } else { format!("{}@{digest}", store.name()) };
            let platform = platform.or_else(|| asked.map(ToString::to_string));
            let told = Told { name: store.name(), typed, platform };
            self.keep(called.clone(), &told, &Artifact::from_digest(digest), evidence, &decision);
            let judged = JudgedSubject::new(told.name, digest.to_string(), told.platform, &decision);
            self.add(&told.typed, judged.on(asked, &picked), &decision);
            let Parsed::Index { children } = subject.parsed else { continue };
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
        let called = target::image_name(place, args.called.as_deref())?;
        self.judge(bundles, called, name, &Artifact::from_digest(digest));
        Ok(())
    }

    fn bytes(&mut self, target: &Target, args: &Verify) -> Result<()> {
        let bundle_file::Beside { bundles, missing } = bundle_file::find(&args.bundle, target)?;
        let loaded = input::load(target, &Wanted::by(&bundles, self.policies.believed()))?;
        self.judge(bundles, target.name(args.called.as_deref())?, target.to_string(), &loaded.artifact());
        if let Some(missing) = &missing {
            let hint = format!("no such file: `{}`; name another with `--bundle`", missing.display());
            let reasons = self.subjects.iter_mut().flat_map(|subject| &mut subject.reasons);
            reasons.filter(|why| UNSIGNED.contains(&&*why.code)).for_each(|why| why.hint = Some(hint.clone()));
            let unsigned = self.errors.pop_if(|failure| UNSIGNED.contains(&failure.code()));
            self.errors.extend(unsigned.map(|failure| failure.hint(hint)));
        }
        Ok(())
    }

    /// Decides about what the rules call `called` and people `name`, by bundles that are files.
    fn judge(&mut self, bundles: Vec<Named>, called: Name, name: String, artifact: &Artifact<'_>) {
        self.broken = broken(&bundles);
        let evidence = UnverifiedEvidence { bundles, ..UnverifiedEvidence::default() };
        let verified = evidence.verify(artifact, self.policies.believed(), self.now);
        let subject = Subject { name: called.clone(), digest: *artifact.digest() };
        let decision = decide(&self.policies, &subject, &verified, self.now);
        let told = Told { name: name.clone(), typed: name.clone(), platform: None };
        self.keep(called, &told, artifact, evidence, &decision);
        let judged = JudgedSubject::new(name.clone(), artifact.digest().to_string(), None, &decision);
        self.add(&name, judged, &decision);
    }

    /// Records it, if that is wished for.
    fn keep(
        &mut self,
        name: Name,
        told: &Told,
        artifact: &Artifact<'_>,
        evidence: UnverifiedEvidence,
        decision: &Decision,
    ) {
        if let Some(record) = &mut self.record {
            let subject = Subject { name, digest: *artifact.digest() };
            record.add(Recorded::new(subject, told.clone(), artifact, evidence, decision));
        }
    }

    /// Something to know besides.
    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// Takes in what could not be looked at.
    pub(super) fn fail(&mut self, failure: Failure) {
        if let Some(record) = &mut self.record {
            record.add_problem(&failure);
        }
        self.errors.push(failure);
        self.verdict = self.verdict.and(Verdict::Unknown);
    }

    /// Takes a decision in: refused over unknown over accepted. `shown` is how complaints call the thing.
    pub(super) fn add(&mut self, shown: &str, subject: JudgedSubject, decision: &Decision) {
        let verdict = decision.verdict();
        if verdict != Verdict::Accepted {
            self.errors.extend(complaints(shown, &subject.reasons, verdict, &self.broken));
        }
        self.warnings.extend(decision.warnings().iter().map(|warning| format!("{shown}: {}", warning.message)));
        self.warnings.extend(
            decision.exceptions().iter().map(|excepted| format!("{shown}: {}", excused(&subject.digest, excepted))),
        );
        self.verdict = self.verdict.and(verdict);
        self.subjects.push(subject);
    }

    pub(super) fn into_report(mut self, command: &'static str) -> Report {
        // What was looked at and refused is told before what could not be looked at.
        self.errors.sort_by_key(Failure::exit);
        let judged = Judged {
            verdict: self.verdict.as_str(),
            required: self.policies.to_string(),
            subjects: self.subjects,
            asked: self.asked,
            explain: self.explain,
        };
        let mut report = Report::judged(command, self.verdict, judged, self.errors).decided_at(self.now);
        self.warnings.into_iter().for_each(|warning| report.warn(warning));
        match self.record {
            Some(record) => record.write(report),
            None => report,
        }
    }
}

/// What a missing bundle may be the cause of.
const UNSIGNED: [&str; 3] = ["no-signature", "no-attestation", "signer-threshold"];

/// How many kinds of reasons a person is told; a program gets every single one.
const TOLD: usize = 5;

/// The reasons, the most telling first; of those with the same code about the same thing, the first speaks for all. A `broken` file
/// is called by its own name.
pub(super) fn complaints(name: &str, reasons: &[Why], verdict: Verdict, broken: &[String]) -> Vec<Failure> {
    let of_file = |reason: &Why| reason.origin.as_ref().is_some_and(|origin| broken.contains(origin));
    let kinds = kinds(reasons, of_file);
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
    let message = format!("{name}: {}", for_all(&reason.message, others));
    let failure = match Exit::from(verdict) {
        Exit::Refused => Failure::refused(reason.code.clone(), message),
        Exit::Accepted | Exit::Unknown => Failure::unknown(reason.code.clone(), message),
    };
    failure.maybe_hint(reason.hint.as_ref()).of_subject()
}

/// The names of those files that are no bundles.
pub(super) fn broken<'a>(bundles: impl IntoIterator<Item = &'a Named>) -> Vec<String> {
    let broken = bundles.into_iter().filter(|(_, bytes)| Bundle::parse(bytes).is_err());
    broken.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: String) -> Why {
        Why { message: format!("it is {code}"), code, hint: None, origin: None, child: None }
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
