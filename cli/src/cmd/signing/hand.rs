//! Whose hand signs: a key's, or that of somebody with an identity; and who witnesses it.

use crate::{
    args::{Services, Signing},
    consent,
    error::{Failure, Result},
    identity, instance, output, report,
    session::{self, Session},
    timings::Timings,
};
use bulla_policy::language::{By, TrustedKey};
use bulla_sign::{
    IdentityToken, Signer, SigningConfig, SigningKey, Sigstore, Statement, Witnesses, key, sign_message, sign_statement,
};
use bulla_verify::{Artifact, KeyAlgorithm, TrustedRoot, VerifyingKey};

/// A signer as a verifier knows them.
pub(super) struct KnownAs {
    pub(super) by: By,
    /// Whom it believes about them.
    pub(super) roots: Vec<TrustedRoot>,
    /// How many logs have to hold an entry, where their root does not say so.
    pub(super) logs: usize,
}

/// What makes the signatures of a run.
pub(in crate::cmd) enum Hand {
    /// A key alone: nobody is asked.
    Key(Box<SigningKey>),
    /// A key, or a key of this run that a certificate names the holder of, and an instance's services.
    Witnessed(Box<Witnessed>),
}

pub(in crate::cmd) struct Witnessed {
    who: Who,
    config: SigningConfig,
    root: TrustedRoot,
    args: Services,
    sigstore: Option<Sigstore>,
    timings: Timings,
}

enum Who {
    /// Known by its key, or certified.
    Signer(Box<Signer>),
    Uncertified(Box<Uncertified>),
}

/// Somebody, and the key that a certificate is to name them the holder of.
struct Uncertified {
    token: IdentityToken,
    algorithm: KeyAlgorithm,
    /// A key of one's own; otherwise one is made, which nobody uses again.
    key: Option<SigningKey>,
}

impl Hand {
    /// Reads what `args` name: a key and its password, or an identity token.
    pub(super) fn new(args: &Signing, session: &Session) -> Result<Self> {
        let services = &args.services;
        let key = args.key.as_deref().map(|path| signing_key(path, args, session)).transpose()?;
        let somebody = |config: &SigningConfig, key: Option<SigningKey>| {
            let made = || KeyAlgorithm::from(services.signing_algorithm);
            let algorithm = key.as_ref().map_or_else(made, |key| key.verifying_key().algorithm());
            let token = identity::token(services, config, &args.network, session)?;
            Ok(Who::Uncertified(Box::new(Uncertified { token, algorithm, key })))
        };
        match key {
            Some(key) if services.issue_certificate => {
                Self::witnessed(|config| somebody(config, Some(key)), args, session)
            }
            Some(_) if services.identity_token.is_some() || services.no_browser => {
                Err(Failure::usage("a key is given, and an identity: which of the two signs?")
                    .hint("leave out one of them, or have a certificate made for the key: `--issue-certificate`"))
            }
            Some(key) if services.log || services.timestamp || services.log_later => {
                Self::witnessed(|_| Ok(Who::of(key.into())), args, session)
            }
            Some(key) => Ok(Self::Key(Box::new(key))),
            None => Self::witnessed(|config| somebody(config, None), args, session),
        }
    }

    fn witnessed(who: impl FnOnce(&SigningConfig) -> Result<Who>, args: &Signing, session: &Session) -> Result<Self> {
        if args.network.offline {
            return Err(Failure::unknown("offline", "services have to be asked, and `--offline` asks nobody")
                .hint("sign with a key alone, or leave out `--offline`"));
        }
        let (config, root) = instance::read(&args.services.instance, &args.network, session)?;
        let (args, timings) = (args.services.clone(), Timings::default());
        Ok(Self::Witnessed(Box::new(Witnessed { who: who(&config)?, config, root, args, sigstore: None, timings })))
    }

    /// Has it ready to sign what `titles` name: asks whoever is there, and then for a certificate. Whether anybody was asked.
    pub(super) fn make_ready(&mut self, titles: &[String], args: &Signing, session: &Session) -> Result<bool> {
        match self {
            Self::Witnessed(witnessed) if !titles.is_empty() => witnessed.make_ready(titles, args, session),
            _ => Ok(false),
        }
    }

    /// A bundle with a signature over the artifact itself.
    pub(super) fn sign_message(&self, artifact: &Artifact<'_>) -> Result<Vec<u8>> {
        match self {
            Self::Key(key) => Ok(sign_message(key, artifact)?),
            Self::Witnessed(witnessed) => {
                let (sigstore, signer, witnesses) = witnessed.ready()?;
                Ok(sigstore.sign_message(signer, artifact, witnesses, &session::now)?)
            }
        }
    }

    /// A bundle with a signed statement.
    pub(super) fn sign_statement(&self, statement: &Statement) -> Result<Vec<u8>> {
        match self {
            Self::Key(key) => Ok(sign_statement(key, statement)?),
            Self::Witnessed(witnessed) => {
                let (sigstore, signer, witnesses) = witnessed.ready()?;
                Ok(sigstore.sign_statement(signer, statement, witnesses, &session::now)?)
            }
        }
    }

    /// Who a verifier would say has signed, and whom it would believe.
    pub(super) fn known_as(&self) -> Result<KnownAs> {
        let by_key = |key: &VerifyingKey| TrustedKey::always(key.clone());
        Ok(match self {
            Self::Key(key) => KnownAs { by: By::from(by_key(key.verifying_key())), roots: Vec::new(), logs: 0 },
            Self::Witnessed(witnessed) => {
                let root = witnessed.root.clone();
                let (by, logs) = match &witnessed.who {
                    Who::Signer(signer) => {
                        let key = by_key(signer.verifying_key()).timed_under(root.name().to_owned().try_into()?);
                        (By::from(key), witnessed.logs())
                    }
                    // How many logs there have to be is in its root.
                    Who::Uncertified(them) => {
                        (By::certificate(them.token.identity(), issuer(&them.token), root.name())?, 0)
                    }
                };
                KnownAs { by, roots: vec![root], logs }
            }
        })
    }

    /// Its identity token, while it has no certificate yet.
    pub(in crate::cmd) fn token(&self) -> Option<&IdentityToken> {
        match self {
            Self::Witnessed(witnessed) => match &witnessed.who {
                Who::Uncertified(them) => Some(&them.token),
                Who::Signer(_) => None,
            },
            Self::Key(_) => None,
        }
    }

    /// What it signs with.
    pub(super) fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Key(key) => key.verifying_key().algorithm(),
            Self::Witnessed(witnessed) => match &witnessed.who {
                Who::Signer(signer) => signer.verifying_key().algorithm(),
                Who::Uncertified(them) => them.algorithm,
            },
        }
    }

    /// Whether it signs the artifact's bytes, and no hash of them: a log takes no such signature.
    pub(super) fn signs_bytes(&self) -> bool {
        let logged = match self {
            Self::Key(_) => false,
            Self::Witnessed(witnessed) => match &witnessed.who {
                Who::Uncertified(_) => !witnessed.config.logs_now(session::now()).is_empty(),
                Who::Signer(_) => witnessed.args.log || witnessed.args.log_later,
            },
        };
        self.algorithm() == KeyAlgorithm::Ed25519 && !logged
    }

    /// Whether a signature without a log entry will do for now.
    pub(super) fn may_log_later(&self) -> bool {
        matches!(self, Self::Witnessed(witnessed) if witnessed.args.log_later)
    }

    /// How a report calls it.
    pub(super) fn shown(&self) -> report::Signer {
        let by_key = |key: &VerifyingKey| report::Signer::Key { key_id: key.id().to_string() };
        let named = |identity: &str, issuer: &str| report::Signer::Certificate {
            identity: identity.to_owned(),
            issuer: issuer.to_owned(),
        };
        match self {
            Self::Key(key) => by_key(key.verifying_key()),
            Self::Witnessed(witnessed) => match &witnessed.who {
                Who::Uncertified(them) => named(them.token.identity(), issuer(&them.token)),
                Who::Signer(signer) => match signer.certificate() {
                    Some(certificate) => named(certificate.identity().as_str(), certificate.issuer()),
                    None => by_key(signer.verifying_key()),
                },
            },
        }
    }

    /// Who is waited for, from moment to moment.
    pub(super) fn waiting_for(&self) -> Box<dyn Fn() -> String + Send> {
        match self {
            Self::Key(_) => Box::new(String::new),
            Self::Witnessed(witnessed) => Box::new(witnessed.timings.waiting_for()),
        }
    }

    /// Says how long everything took, if that was asked for.
    pub(super) fn tell_timings(&self) {
        if let Self::Witnessed(witnessed) = self
            && witnessed.args.timings
        {
            output::complain(&witnessed.timings.told());
        }
    }
}

impl Who {
    fn of(signer: Signer) -> Self {
        Self::Signer(Box::new(signer))
    }
}

impl Witnessed {
    fn make_ready(&mut self, titles: &[String], args: &Signing, session: &Session) -> Result<bool> {
        let mut services = self.config.logs_now(session::now());
        let mut published = titles.to_vec();
        if let Who::Uncertified(them) = &self.who {
            services.extend(self.config.authorities_now(session::now()));
            published.insert(0, format!("{}, as {} knows you", them.token.identity(), issuer(&them.token)));
        }
        let urls: Vec<String> = services.iter().map(|service| service.url().to_owned()).collect();
        let asked = consent::ask(&published, &urls, args.services.yes)?;
        let options = session.options(&args.network)?;
        let sigstore = Sigstore::new(&self.config, self.root.clone(), &options, session::now())?;
        let sigstore = sigstore.observed_by(self.timings.observer());
        if let Who::Uncertified(them) = &mut self.who {
            let key = them.key.take().map_or_else(|| SigningKey::generate(them.algorithm), Ok)?;
            self.who = Who::of(sigstore.certify(&them.token, key, session::now())?);
        }
        self.sigstore = Some(sigstore);
        Ok(asked)
    }

    fn ready(&self) -> Result<(&Sigstore, &Signer, Witnesses)> {
        let (Some(sigstore), Who::Signer(signer)) = (&self.sigstore, &self.who) else {
            return Err(
                Failure::unknown("not-ready", "nothing was made ready to sign with").hint("this is a bug: report it")
            );
        };
        let witnesses = match signer.certificate() {
            Some(_) => sigstore.listed(),
            None => Witnesses::of(self.args.log || self.args.log_later, self.args.timestamp),
        };
        Ok((sigstore, signer, if self.args.log_later { witnesses.or_later() } else { witnesses }))
    }

    /// How many logs a key's signature has to be in, to be the one that is asked for.
    fn logs(&self) -> usize {
        usize::from(self.args.log)
    }
}

/// The issuer that the certificate will name: behind a broker such as dex, the one that it asked.
fn issuer(token: &IdentityToken) -> &str {
    token.federated_issuer().unwrap_or(token.issuer())
}

fn signing_key(path: &std::path::Path, args: &Signing, session: &Session) -> Result<SigningKey> {
    let pem = key::file::read(path)?;
    let password = session.password(&args.password);
    let ask = || password.ask(path);
    let about = |failure: Failure| password.explain(failure).about(format!("`{}`", path.display()));
    SigningKey::from_pem(&pem, ask).map_err(about)
}
