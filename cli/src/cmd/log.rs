//! `bulla log`: puts what was signed without a log entry into the log, and completes its bundle.

use crate::{
    args::LogArgs,
    bundle_file, consent,
    error::{Failure, Result},
    input::{self, Wanted},
    instance, output,
    report::{Logged, LoggedState, LoggedSubject, Outcome, Report},
    session::{self, Session},
    signers,
    target::Target,
};
use bulla_sign::{SigningConfig, Sigstore};
use bulla_transport::{Place, bundles};
use bulla_verify::{Artifact, Bundle, Digest, SIGN_V1, TrustedRoot, VerifyingKey};

/// Completes every bundle of the target that has no log entry.
pub(crate) fn run(args: &LogArgs, session: &Session) -> Result<Report> {
    let target = Target::parse(&args.target)?;
    if args.network.offline {
        return Err(
            Failure::unknown("offline", "a log has to be asked, and `--offline` asks nobody").hint("leave it out")
        );
    }
    let key = args.key.as_deref().map(signers::public_key).transpose()?;
    let (config, root) = instance::read(&args.instance, &args.network, session)?;
    let log = Log { key, config, root, args, session };
    match &target {
        Target::Image(_) if args.bundle.is_some() => Err(Failure::usage("`--bundle` is for files")
            .hint("the bundles of an image are beside it, in its registry or layout")),
        Target::Image(place) => log.image(place),
        _ => log.file(&target),
    }
}

struct Log<'a> {
    /// Whose signatures without a certificate may be.
    key: Option<VerifyingKey>,
    config: SigningConfig,
    root: TrustedRoot,
    args: &'a LogArgs,
    session: &'a Session,
}

impl Log<'_> {
    fn file(&self, target: &Target) -> Result<Report> {
        let path = match (&self.args.bundle, target) {
            (Some(path), _) => path.clone(),
            (None, Target::File(file)) => bundle_file::beside(file),
            (None, _) => return Err(Failure::usage("where is the bundle?").hint("name it with `--bundle FILE`")),
        };
        let bytes = bundle_file::read(&path)?;
        let bundle =
            Bundle::parse(&bytes).map_err(|error| Failure::from(error).about(format!("`{}`", path.display())))?;
        let loaded = input::load(target, &Wanted { hashes: bundle.unverified_hashes(), bytes: false })?;
        let artifact = loaded.artifact();
        let (name, digest) = (target.to_string(), artifact.digest().to_string());
        let mut subject =
            LoggedSubject { name, digest, state: LoggedState::AlreadyLogged, bundle: path.display().to_string() };
        let about = |failure: Failure| failure.about(format!("`{}`", path.display()));
        if !self.is_logged(&self.sigstore()?, &bytes, &artifact).map_err(about)? {
            self.consent(&subject)?;
            output::replace(&path, &self.complete(&self.sigstore()?, &bytes, &artifact)?)?;
            subject.state = LoggedState::Logged;
        }
        Ok(Report::done("log", Outcome::Logged(Logged { subjects: vec![subject] })))
    }

    fn image(&self, place: &Place) -> Result<Report> {
        let store = self.session.open(place, &self.args.network)?;
        let digest = bulla_transport::resolve(store.as_ref(), place)?;
        let fetched = bundles::fetch(store.as_ref(), &digest)?;
        let parsed: Vec<_> =
            fetched.found.iter().filter_map(|found| Some((found, Bundle::parse(&found.bytes).ok()?))).collect();
        let (judge, artifact) = (self.sigstore()?, Artifact::from_digest(digest));
        // What only says that it is logged, anybody may have put there: it neither counts nor keeps another from being logged.
        let (mut known, mut warnings) = (Vec::new(), Vec::new());
        for (found, bundle) in &parsed {
            match self.is_logged(&judge, &found.bytes, &artifact) {
                Ok(is_logged) => known.push((found, bundle, is_logged)),
                Err(failure) => warnings.push(unproved(&found.manifest.digest, &failure)),
            }
        }
        let is_logged = |bundle: &Bundle| {
            let same = |other: &Bundle| {
                other.unverified_certificate() == bundle.unverified_certificate()
                    && other.unverified_key_hint() == bundle.unverified_key_hint()
                    && other.unverified_payload() == bundle.unverified_payload()
            };
            known.iter().any(|(_, other, is_logged)| *is_logged && same(other))
        };
        let (mut subjects, mut failures) = (Vec::new(), Vec::new());
        let mut sigstore = None;
        for (found, bundle, _) in &known {
            let (name, bundle_digest) = (store.name(), found.manifest.digest.to_string());
            let (state, digest_text) = (LoggedState::AlreadyLogged, digest.to_string());
            let mut subject = LoggedSubject { name, digest: digest_text, state, bundle: bundle_digest };
            if !is_logged(bundle) {
                if sigstore.is_none() {
                    self.consent(&subject)?;
                    sigstore = Some(self.sigstore()?);
                }
                let Some(sigstore) = &sigstore else { continue };
                match self.complete(sigstore, &found.bytes, &artifact) {
                    Ok(complete) => {
                        let kind = bundle.unverified_predicate_type().unwrap_or_else(|| SIGN_V1.to_owned());
                        let created = session::now().to_string();
                        let image = &fetched.subject.descriptor;
                        let attached = bundles::attach(store.as_ref(), image, &complete, &kind, &created)?;
                        subject.bundle = attached.digest.to_string();
                        subject.state = LoggedState::Logged;
                    }
                    Err(failure) => {
                        failures.push(failure.about(format!("the bundle {}", subject.bundle)));
                        continue;
                    }
                }
            }
            subjects.push(subject);
        }
        failures.extend(fetched.unavailable.into_iter().map(Failure::from));
        if subjects.is_empty() && failures.is_empty() {
            return Err(Failure::unknown("nothing-to-log", format!("nothing that is signed is beside `{place}`"))
                .hint("sign it first: `bulla sign`"));
        }
        let mut report =
            failures.into_iter().fold(Report::done("log", Outcome::Logged(Logged { subjects })), Report::but);
        warnings.into_iter().for_each(|warning| report.warn(warning));
        Ok(report)
    }

    fn consent(&self, subject: &LoggedSubject) -> Result<()> {
        let urls: Vec<String> = self.config.logs_now(session::now()).iter().map(|log| log.url().to_owned()).collect();
        let published = [format!("{}@{}, and whoever signed it", subject.name, subject.digest)];
        consent::ask(&published, &urls, self.args.yes).map(drop)
    }

    fn sigstore(&self) -> Result<Sigstore> {
        let options = self.session.options(&self.args.network)?;
        Ok(Sigstore::new(&self.config, self.root.clone(), &options, session::now())?)
    }

    fn is_logged(&self, sigstore: &Sigstore, bundle: &[u8], artifact: &Artifact<'_>) -> Result<bool> {
        Ok(sigstore.is_logged(bundle, artifact, self.key.as_ref(), session::now()).map_err(bulla_sign::Error::from)?)
    }

    fn complete(&self, sigstore: &Sigstore, bundle: &[u8], artifact: &Artifact<'_>) -> Result<Vec<u8>> {
        Ok(sigstore.log_later(bundle, artifact, self.key.as_ref(), &session::now)?)
    }
}

/// What is said of a bundle that is not known to be logged, and cannot be.
fn unproved(digest: &Digest, failure: &Failure) -> String {
    format!("the bundle {digest} has a log entry that does not count here: {}", failure.message())
}
