//! What `sign` and `attest` share: a hand, a thing, and what is said of it; said once, however often it is asked for.

mod file;
mod hand;
mod image;
mod work;

use crate::{
    args::Signing,
    budget,
    error::{Failure, Result},
    input::{self, Wanted},
    output,
    progress::Progress,
    report::{Outcome, Report, Signed},
    session::{self, Session},
    target::Target,
};
use bulla_policy::{Name, Policies, TrustPolicy, language::Require};
use bulla_sign::{
    PredicateType, Statement,
    provenance::{Build, Provenance},
    statement,
};
use bulla_transport::parallel;
use bulla_verify::{Artifact, Bundle, Digest, Time};
pub(super) use hand::Hand;
use work::Work;

/// What is said of the thing that is signed.
pub(super) enum Claim {
    /// Nothing but that it is ours.
    Signature,
    /// A predicate.
    Predicate(PredicateType, Vec<u8>),
    /// How it was built, as the pipeline itself says.
    Provenance(Box<Provenance>),
    /// The summary of a decision about what has this digest, and about nothing else.
    Summary(Digest, Vec<u8>),
    /// A statement that somebody else has written.
    Statement(Vec<u8>),
}

/// Signs the targets as `args` say: first all of them are found, then all of them are signed, so that nothing is begun that
/// cannot be ended.
pub(super) fn run(
    verb: &'static str,
    targets: &[String],
    args: &Signing,
    claim: impl FnOnce(&Hand) -> Result<Claim>,
    session: &Session,
) -> Result<Report> {
    let targets = targets.iter().map(|target| Target::parse(target)).collect::<Result<Vec<_>>>()?;
    check_together(&targets, args)?;
    targets.iter().try_for_each(|target| check(target, args))?;
    let hand = Hand::new(args, session)?;
    let mut signer = Signer { claim: claim(&hand)?, hand, now: session::now() };
    let mut warnings = Vec::new();
    let mut works = Vec::new();
    for target in &targets {
        match target {
            Target::Image(place) => works.extend(signer.look_at_image(place, args, session, &mut warnings)?),
            _ => works.push(signer.look_at_bytes(target, args)?),
        }
        if works.iter().map(|work| work.loaded.kept()).sum::<usize>() > budget::PURE_BYTES {
            return Err(too_many_bytes());
        }
    }
    if matches!(&signer.claim, Claim::Provenance(provenance) if provenance.build() == Build::Local) {
        warnings
            .push("this is no pipeline that is known: the provenance says that the build is a local one".to_owned());
    }
    let titles: Vec<String> = works.iter().filter(|work| work.found.is_none()).map(Work::title).collect();
    if signer.hand.make_ready(&titles, args, session)? {
        works.iter_mut().try_for_each(|work| work.reopen(args, session))?;
    }
    let mut signed = Signed { signer: signer.hand.shown(), subjects: Vec::new() };
    let mut failures = Vec::new();
    let what = format!("signing {}", works.first().map_or_else(String::new, Work::title));
    let _progress = Progress::with(&what, signer.hand.waiting_for());
    for finished in parallel::each(&works, |work| signer.finish(work)) {
        match finished {
            Ok(subject) => signed.subjects.push(subject),
            Err(failure) => failures.push(failure),
        }
    }
    signer.hand.tell_timings();
    let mut failures = failures.into_iter();
    let begun = match signed.subjects.as_slice() {
        [] => failures.next().map(|failure| Report::failed(verb, failure)),
        _ => None,
    };
    let mut report = failures.fold(begun.unwrap_or_else(|| Report::done(verb, Outcome::Signed(signed))), Report::but);
    warnings.into_iter().for_each(|warning| report.warn(warning));
    Ok(report)
}

/// Says what cannot be of several targets.
fn check_together(targets: &[Target], args: &Signing) -> Result<()> {
    if targets.len() > 1 && args.bundle.is_some() {
        return Err(Failure::usage("`--bundle` names one file, and there are several targets")
            .hint("leave it out: each bundle is written beside its file, as FILE.sigstore.json"));
    }
    Ok(())
}

/// Says what cannot be before a password is asked for.
fn check(target: &Target, args: &Signing) -> Result<()> {
    match target {
        Target::Image(_) if args.bundle.is_some() => Err(Failure::usage("`--bundle` is for files")
            .hint("the bundle of an image is stored beside it, in its registry or layout")),
        Target::Image(_) => Ok(()),
        _ if args.recursive => Err(only_images_hold_others(target)),
        Target::Stdin if args.password.password_fd == Some(0) => {
            Err(Failure::usage("standard input cannot be both the target and the password")
                .hint("give the password from another descriptor: `--password-fd 3 3<password-file`"))
        }
        Target::Stdin | Target::Digest(_) if args.bundle.is_none() => Err(no_place()),
        Target::File(path) => input::open(path).map(drop),
        _ => Ok(()),
    }?;
    args.bundle.as_deref().map_or(Ok(()), output::expect_folder)
}

/// Whose hand, and what is said.
struct Signer {
    hand: Hand,
    claim: Claim,
    now: Time,
}

impl Signer {
    /// Where the same hand has said the same before, proved as any verifier would.
    fn same(
        &self,
        found: &[(String, &[u8])],
        artifact: &Artifact<'_>,
        statement: Option<&Statement>,
    ) -> Result<Option<String>> {
        let known = self.hand.known_as()?;
        let require = match (&self.claim, statement) {
            (Claim::Signature, _) | (_, None) => Require::signed(known.by),
            (_, Some(statement)) => Require::attested(statement.predicate_type().to_owned().try_into()?, known.by),
        };
        let payload = statement.map(Statement::payload);
        let policies = Policies::from(TrustPolicy::demanding(require.logged(known.logs), known.roots)?);
        let says_it = |bytes: &[u8]| match self.claim {
            Claim::Signature => true,
            _ => Bundle::parse(bytes).is_ok_and(|bundle| bundle.unverified_payload() == payload),
        };
        let candidates = found.iter().filter(|(_, bytes)| says_it(bytes)).cloned();
        let anything = Name::File("it".to_owned());
        let decision = bulla_policy::judge(candidates, anything, artifact, &policies, self.now);
        Ok(decision.met_by().first().map(|met| met.origin.clone()))
    }

    fn statement(&self, subject: &Digest, name: Option<&str>) -> Result<Statement> {
        Ok(match &self.claim {
            Claim::Signature => statement::image_signature(subject),
            Claim::Predicate(predicate_type, json) => statement::attest(subject, name, predicate_type, json)?,
            Claim::Summary(decided, _) if decided != subject => {
                let message = format!("{subject} is not what was decided about: {decided}");
                return Err(Failure::unknown("changed-meanwhile", message)
                    .hint("it was changed while it was verified: verify it again"));
            }
            Claim::Summary(_, json) => statement::attest(subject, name, &PredicateType::parse("vsa")?, json)?,
            Claim::Provenance(provenance) => statement::of_provenance(subject, name, provenance)?,
            Claim::Statement(json) => statement::from_json(json, subject)?,
        })
    }

    /// The key's own hash of the artifact; its bytes, for a key that signs them.
    fn wanted(&self) -> Wanted {
        match self.claim {
            Claim::Signature => Wanted { hashes: vec![self.hand.algorithm().hash()], bytes: self.hand.signs_bytes() },
            _ => Wanted::default(),
        }
    }
}

/// A bundle that nobody has named a file for.
fn no_place() -> Failure {
    Failure::usage("where should the bundle go?").hint("name it with `--bundle FILE`")
}

/// An Ed25519 key signs bytes, which are kept until all of them are found.
fn too_many_bytes() -> Failure {
    let most = budget::PURE_BYTES >> 20;
    Failure::usage(format!("an Ed25519 key signs the files themselves, and together they have more than {most} MiB"))
        .hint("sign them one by one, or with a P-256 key")
}

/// `--recursive` for what is no image.
pub(super) fn only_images_hold_others(target: &Target) -> Failure {
    Failure::usage(format!("`--recursive` is for images, and `{target}` is none"))
        .hint("leave it out; an image names its registry, and a layout is written `oci:dir`")
}

/// An index that holds too much.
pub(super) fn too_many() -> Failure {
    Failure::unknown("too-many-manifests", format!("the index holds more than {} manifests", budget::RECURSION))
        .hint("leave out `--recursive`, and name the images one by one")
}
