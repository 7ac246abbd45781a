//! What `sign` and `attest` share: a hand, a thing, and what is said of it; said once, however often it is asked for.

mod file;
mod hand;
mod image;

use crate::{
    args::Signing,
    budget,
    error::{Failure, Result},
    input::{self, Wanted},
    output,
    report::{Outcome, Report, Signed, SignedSubject},
    session::{self, Session},
    target::Target,
};
use bulla_policy::{Demand, Require};
use bulla_sign::{PredicateType, Statement, statement};
use bulla_verify::{Artifact, Bundle, Digest, KeyAlgorithm, Time};
use hand::Hand;

/// What is said of the thing that is signed.
pub(super) enum Claim {
    /// Nothing but that it is ours.
    Signature,
    /// A predicate.
    Predicate(PredicateType, Vec<u8>),
    /// A statement that somebody else has written.
    Statement(Vec<u8>),
}

/// Signs the targets as `args` say, one after the other.
pub(super) fn run(
    verb: &'static str,
    targets: &[String],
    args: &Signing,
    claim: &Claim,
    session: &Session,
) -> Result<Report> {
    let targets = targets.iter().map(|target| Target::parse(target)).collect::<Result<Vec<_>>>()?;
    check_together(&targets, args)?;
    targets.iter().try_for_each(|target| check(target, args))?;
    let signer = Signer { hand: Hand::new(args, session)?, claim, now: session::now() };
    let mut done = Done { subjects: Vec::new(), warnings: Vec::new() };
    let result = targets.iter().try_for_each(|target| match target {
        Target::Image(place) => signer.sign_image(place, args, session, &mut done),
        _ => signer.sign_bytes(target, args, &mut done),
    });
    let mut report = match result {
        Err(failure) if done.subjects.is_empty() => return Err(failure),
        result => {
            let signed = Signed { key_id: signer.hand.key_id(), subjects: done.subjects };
            let report = Report::done(verb, Outcome::Signed(signed));
            result.err().into_iter().fold(report, Report::but)
        }
    };
    for warning in done.warnings {
        report.warn(warning);
    }
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

/// What was done so far.
struct Done {
    subjects: Vec<SignedSubject>,
    warnings: Vec<String>,
}

/// Whose hand, and what is said.
struct Signer<'a> {
    hand: Hand,
    claim: &'a Claim,
    now: Time,
}

impl Signer<'_> {
    /// Where the same hand has said the same before, proved as any verifier would.
    fn same(
        &self,
        found: &[(String, &[u8])],
        artifact: &Artifact<'_>,
        statement: Option<&Statement>,
    ) -> Result<Option<String>> {
        let (by, trust) = self.hand.known_as()?;
        let require = match (&self.claim, statement) {
            (Claim::Signature, _) | (_, None) => Require::Signed { by },
            (Claim::Predicate(..) | Claim::Statement(_), Some(statement)) => {
                Require::attested(statement.predicate_type(), by)?
            }
        };
        let payload = statement.map(Statement::payload);
        let demand = Demand::new(require, trust);
        let says_it = |bytes: &[u8]| match self.claim {
            Claim::Signature => true,
            _ => Bundle::parse(bytes).is_ok_and(|bundle| bundle.unverified_payload() == payload),
        };
        let candidates = found.iter().filter(|(_, bytes)| says_it(bytes)).cloned();
        let decision = bulla_policy::judge(candidates, artifact, &demand, self.now);
        Ok(decision.met_by().first().map(|met| met.origin.clone()))
    }

    fn statement(&self, subject: &Digest) -> Result<Statement> {
        Ok(match self.claim {
            Claim::Signature => statement::image_signature(subject),
            Claim::Predicate(predicate_type, json) => statement::attest(subject, predicate_type, json)?,
            Claim::Statement(json) => statement::from_json(json, subject)?,
        })
    }

    /// The key's own hash of the artifact; its bytes, for a key that signs them.
    fn wanted(&self) -> Wanted {
        let algorithm = self.hand.algorithm();
        match self.claim {
            Claim::Signature => Wanted { hashes: vec![algorithm.hash()], bytes: algorithm == KeyAlgorithm::Ed25519 },
            _ => Wanted::default(),
        }
    }

    /// A signature has no type that tells anybody anything.
    fn shown_type(&self, statement: &Statement) -> Option<String> {
        match self.claim {
            Claim::Signature => None,
            _ => Some(statement.predicate_type().to_owned()),
        }
    }
}

/// A bundle that nobody has named a file for.
fn no_place() -> Failure {
    Failure::usage("where should the bundle go?").hint("name it with `--bundle FILE`")
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
