//! What `sign` and `attest` share: a key, a thing, and what is said of it; said once, however often it is asked for.

use crate::{
    args::Signing,
    budget, bundle_file,
    error::{Failure, Result},
    input::{self, Wanted},
    output,
    progress::Progress,
    report::{Outcome, Report, Signed, SignedSubject, State},
    session::{self, Session},
    target::Target,
};
use bulla_policy::Demand;
use bulla_policy::{By, Require, TrustedKey};
use bulla_sign::{PredicateType, SigningKey, Statement, key, sign_message, sign_statement, statement};
use bulla_transport::{Parsed, Place, Store, bundles};
use bulla_verify::{Artifact, Bundle, Digest, KeyAlgorithm, Time, Trust};
use std::path::Path;

/// What is said of the thing that is signed.
pub(super) enum Claim {
    /// Nothing but that it is ours.
    Signature,
    /// A predicate.
    Predicate(PredicateType, Vec<u8>),
    /// A statement that somebody else has written.
    Statement(Vec<u8>),
}

/// Signs `target` as `args` say.
pub(super) fn run(
    verb: &'static str,
    target: &str,
    args: &Signing,
    claim: &Claim,
    session: &Session,
) -> Result<Report> {
    let target = Target::parse(target)?;
    check(&target, args)?;
    let signer = Signer::new(args, claim, session)?;
    let mut done = Done { subjects: Vec::new(), warnings: Vec::new() };
    let result = match &target {
        Target::Image(place) => signer.sign_image(place, args, session, &mut done),
        _ => signer.sign_bytes(&target, args, &mut done),
    };
    let key_id = signer.key.verifying_key().id().to_string();
    let mut report = match result {
        Err(failure) if done.subjects.is_empty() => return Err(failure),
        Err(failure) => Report::done(verb, Outcome::Signed(Signed { key_id, subjects: done.subjects })).but(failure),
        Ok(()) => Report::done(verb, Outcome::Signed(Signed { key_id, subjects: done.subjects })),
    };
    for warning in done.warnings {
        report.warn(warning);
    }
    Ok(report)
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

/// A key, and what it says.
struct Signer<'a> {
    key: SigningKey,
    claim: &'a Claim,
    now: Time,
}

impl<'a> Signer<'a> {
    fn new(args: &Signing, claim: &'a Claim, session: &Session) -> Result<Self> {
        let pem = key::file::read(&args.key)?;
        let password = session.password(&args.password);
        let ask = || password.ask(&args.key);
        let about = |failure: Failure| password.explain(failure).about(format!("`{}`", args.key.display()));
        Ok(Self { key: SigningKey::from_pem(&pem, ask).map_err(about)?, claim, now: session::now() })
    }

    fn sign_image(&self, place: &Place, args: &Signing, session: &Session, done: &mut Done) -> Result<()> {
        let store = session.open(place, &args.network)?;
        let _progress = Progress::of(&format!("signing in {}", store.name()));
        let digest = bulla_transport::resolve(store.as_ref(), place)?;
        let mut queue = vec![(digest, None)];
        let mut next = 0;
        while let Some((digest, platform)) = queue.get(next).cloned() {
            next += 1;
            let children = self.sign_manifest(store.as_ref(), &digest, platform, done)?;
            if !args.recursive {
                break;
            }
            for (child, platform) in children {
                if !queue.iter().any(|(known, _)| *known == child) {
                    queue.push((child, platform));
                }
            }
            if queue.len() > budget::RECURSION {
                return Err(too_many());
            }
        }
        Ok(())
    }

    /// Signs one manifest, and gives what it holds, if it is an index.
    fn sign_manifest(
        &self,
        store: &dyn Store,
        digest: &Digest,
        platform: Option<String>,
        done: &mut Done,
    ) -> Result<Vec<(Digest, Option<String>)>> {
        let fetched = bundles::fetch(store, digest)?;
        let statement = self.statement(digest)?;
        let found: Vec<_> =
            fetched.found.iter().map(|found| (found.manifest.digest.to_string(), found.bytes.as_slice())).collect();
        let artifact = Artifact::from_digest(*digest);
        let (state, bundle) = match self.same(&found, &artifact, Some(&statement))? {
            Some(origin) => (State::AlreadySigned, origin),
            None => {
                if let Some(error) = fetched.unavailable.first() {
                    done.warnings.push(format!("whether it was signed before cannot be told: {error}"));
                }
                let bundle = sign_statement(&self.key, &statement)?;
                let created = self.now.to_string();
                let subject = &fetched.subject.descriptor;
                let attached = bundles::attach(store, subject, &bundle, statement.predicate_type(), &created)?;
                (State::Signed, attached.digest.to_string())
            }
        };
        let (name, digest) = (store.name(), digest.to_string());
        let predicate_type = self.shown_type(&statement);
        done.subjects.push(SignedSubject { name, digest, platform, state, bundle, predicate_type });
        Ok(match fetched.subject.parsed {
            Parsed::Index { children } => children.into_iter().map(|child| (child.digest, child.platform)).collect(),
            _ => Vec::new(),
        })
    }

    /// Signs a file, standard input or a digest, into a bundle file.
    fn sign_bytes(&self, target: &Target, args: &Signing, done: &mut Done) -> Result<()> {
        let path = match (&args.bundle, target) {
            (Some(path), _) => path.clone(),
            (None, Target::File(file)) => bundle_file::beside(file),
            (None, _) => return Err(no_place()),
        };
        let loaded = input::load(target, &self.wanted())?;
        let artifact = loaded.artifact();
        let statement = match self.claim {
            Claim::Signature => None,
            _ => Some(self.statement(artifact.digest())?),
        };
        let state = match path.symlink_metadata() {
            Ok(_) => self.expect_same(&path, &artifact, statement.as_ref())?,
            Err(_) => {
                let bundle = match &statement {
                    Some(statement) => sign_statement(&self.key, statement)?,
                    None => sign_message(&self.key, &artifact)?,
                };
                output::write_new(&path, &bundle)?;
                State::Signed
            }
        };
        done.subjects.push(SignedSubject {
            name: target.to_string(),
            digest: artifact.digest().to_string(),
            platform: None,
            state,
            bundle: path.display().to_string(),
            predicate_type: statement.as_ref().and_then(|statement| self.shown_type(statement)),
        });
        Ok(())
    }

    /// A bundle that is there already is fine if it says the very same; otherwise it is somebody's, and stays.
    fn expect_same(&self, path: &Path, artifact: &Artifact<'_>, statement: Option<&Statement>) -> Result<State> {
        let bytes = bundle_file::read(path)?;
        let found = [(path.display().to_string(), bytes.as_slice())];
        match self.same(&found, artifact, statement)? {
            Some(_) => Ok(State::AlreadySigned),
            None => Err(Failure::unknown(
                "bundle-exists",
                format!("`{}` is another signature, or a signature of something else", path.display()),
            )
            .hint("nothing is overwritten: move it away, or name another file with `--bundle`")),
        }
    }

    /// Where the same key has said the same before, proved as any verifier would.
    fn same(
        &self,
        found: &[(String, &[u8])],
        artifact: &Artifact<'_>,
        statement: Option<&Statement>,
    ) -> Result<Option<String>> {
        let by = By::keys(vec![TrustedKey::always(self.key.verifying_key().clone())])?;
        let require = match (&self.claim, statement) {
            (Claim::Signature, _) | (_, None) => Require::Signed { by },
            (Claim::Predicate(..) | Claim::Statement(_), Some(statement)) => {
                Require::attested(statement.predicate_type(), by)?
            }
        };
        let payload = statement.map(Statement::payload);
        let demand = Demand::new(require, Trust::nobody());
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
        let algorithm = self.key.verifying_key().algorithm();
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
