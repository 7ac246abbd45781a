//! Whose hand signs: a key's, or that of somebody with an identity; and who witnesses it.

use crate::{
    args::{Services, Signing},
    consent,
    error::{Failure, Result},
    identity, instance, output, report,
    session::{self, Session},
    timings::Timings,
};
use bulla_policy::{By, TrustedKey};
use bulla_sign::{
    IdentityToken, Signer, SigningConfig, SigningKey, Sigstore, Statement, Witnesses, key, sign_message, sign_statement,
};
use bulla_verify::{Artifact, KeyAlgorithm, SignerCertificate, Trust, TrustedRoot, VerifyingKey};

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
    /// Not certified yet.
    Token(Box<IdentityToken>),
}

impl Hand {
    /// Reads what `args` name: a key and its password, or an identity token.
    pub(super) fn new(args: &Signing, session: &Session) -> Result<Self> {
        let services = &args.services;
        match &args.key {
            Some(path) => {
                let key = signing_key(path, args, session)?;
                let alone = !services.log && !services.timestamp && !services.log_later;
                if alone {
                    Ok(Self::Key(Box::new(key)))
                } else {
                    Self::witnessed(|_| Ok(Who::of(key.into())), args, session)
                }
            }
            None => {
                let token = |config: &SigningConfig| identity::token(services, config, &args.network, session);
                Self::witnessed(|config| token(config).map(Box::new).map(Who::Token), args, session)
            }
        }
    }

    fn witnessed(who: impl FnOnce(&SigningConfig) -> Result<Who>, args: &Signing, session: &Session) -> Result<Self> {
        if args.network.offline {
            return Err(Failure::unknown(
                "offline",
                "without a key, services have to be asked, and `--offline` asks nobody",
            )
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
    pub(super) fn known_as(&self) -> Result<(By, Trust)> {
        let by_key = |key: &VerifyingKey| By::keys(vec![TrustedKey::always(key.clone())]);
        Ok(match self {
            Self::Key(key) => (by_key(key.verifying_key())?, Trust::nobody()),
            Self::Witnessed(witnessed) => {
                let trust = Trust::nobody().with_root(witnessed.root.clone());
                match &witnessed.who {
                    Who::Signer(signer) => {
                        (by_key(signer.verifying_key())?, trust.with_logs_for_keys(witnessed.logs()))
                    }
                    Who::Token(token) => (By::identity(token.identity(), issuer(token))?, trust),
                }
            }
        })
    }

    /// Its identity token, while it has no certificate yet.
    pub(in crate::cmd) fn token(&self) -> Option<&IdentityToken> {
        match self {
            Self::Witnessed(witnessed) => match &witnessed.who {
                Who::Token(token) => Some(token),
                Who::Signer(_) => None,
            },
            Self::Key(_) => None,
        }
    }

    /// Its certificate, once it has one.
    pub(super) fn certificate(&self) -> Option<&SignerCertificate> {
        match self {
            Self::Witnessed(witnessed) => match &witnessed.who {
                Who::Signer(signer) => signer.certificate(),
                Who::Token(_) => None,
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
                Who::Token(_) => OF_ONE_RUN,
            },
        }
    }

    /// Whether it signs the artifact's bytes, and no hash of them: a log takes no such signature.
    pub(super) fn signs_bytes(&self) -> bool {
        let logged = matches!(self, Self::Witnessed(witnessed) if witnessed.args.log || witnessed.args.log_later);
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
                Who::Token(token) => named(token.identity(), issuer(token)),
                Who::Signer(signer) => match signer.certificate() {
                    Some(certificate) => named(certificate.identity().as_str(), certificate.issuer()),
                    None => by_key(signer.verifying_key()),
                },
            },
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

/// The key of an identity's certificate, which nobody uses again.
const OF_ONE_RUN: KeyAlgorithm = KeyAlgorithm::EcdsaP256;

impl Witnessed {
    fn make_ready(&mut self, titles: &[String], args: &Signing, session: &Session) -> Result<bool> {
        let mut services = self.config.logs_now(session::now());
        let mut published = titles.to_vec();
        if let Who::Token(token) = &self.who {
            services.extend(self.config.authorities_now(session::now()));
            published.insert(0, format!("{}, as {} knows you", token.identity(), issuer(token)));
        }
        let urls: Vec<String> = services.iter().map(|service| service.url().to_owned()).collect();
        let asked = consent::ask(&published, &urls, args.services.yes)?;
        let options = session.options(&args.network)?;
        let sigstore = Sigstore::new(&self.config, self.root.clone(), &options, session::now())?;
        let sigstore = sigstore.observed_by(self.timings.observer());
        if let Who::Token(token) = &self.who {
            let key = SigningKey::generate(OF_ONE_RUN)?;
            self.who = Who::of(sigstore.certify(token, key, session::now())?);
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
        let listed = sigstore.listed();
        let witnesses = match signer.certificate() {
            Some(_) => Witnesses { later: self.args.log_later, ..listed },
            None => Witnesses {
                log: self.args.log || self.args.log_later,
                timestamp: self.args.timestamp || self.args.log_later,
                later: self.args.log_later,
            },
        };
        Ok((sigstore, signer, witnesses))
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
