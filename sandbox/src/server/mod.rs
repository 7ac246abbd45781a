//! A whole Sigstore, and a registry, at one address on loopback.

mod config;
mod ct;
mod documents;
mod folder;
mod fulcio;
mod grpc;
mod keys;
mod ledger;
mod oidc;
mod page;
mod rekor;
mod shared;
mod tsa;

pub use config::{CheckpointPolicy, Part, SandboxConfig};
pub(crate) use shared::Shared;

use crate::{
    budget::Room,
    registry::{Injection, Registry},
    sigstore::Flaw,
};
use folder::Folder;
use serde_json::Value;
use std::{io, sync::Arc};

/// A running sandbox. Dropped, it has stopped: its port is free and its threads have ended.
///
/// Nothing that it signs is worth anything: whoever can reach it can sign in anybody's name.
///
/// ```
/// use bulla_sandbox::{Sandbox, SandboxConfig};
///
/// let sandbox = Sandbox::start(SandboxConfig::default())?;
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// let token = sandbox.identity_token("ada@sandbox.invalid")?;
/// let (trust, services) = (sandbox.trusted_root(), sandbox.signing_config());
/// # assert_eq!(token.split('.').count(), 3);
/// # assert!(trust["ctlogs"][0]["logId"].is_object() && services["caUrls"][0]["url"] == sandbox.url());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Sandbox {
    // Its threads end in this order: who renews the token, then who answers.
    _folder: Option<folder::Renewal>,
    registry: Registry,
    shared: Arc<Shared>,
}

impl Sandbox {
    /// Starts the parts on one port of the loopback interface. With a folder, what a former run has acknowledged there is there
    /// again.
    ///
    /// # Errors
    /// When the port is taken, the folder cannot be written or another sandbox is in it, or what was kept in it is damaged.
    pub fn start(config: SandboxConfig) -> io::Result<Self> {
        let room = Room::new(config.registry.capacity);
        let folder = config.dir.as_deref().map(Folder::open).transpose()?;
        let port = match (&folder, config.port) {
            (Some(folder), 0) => folder.port()?.unwrap_or(0),
            (_, port) => port,
        };
        let mut unbound = shared::Unbound::new(&config, room.clone(), folder.as_ref())?;
        let mut bound = None;
        let registry = crate::registry::Config { port, ..config.registry };
        let content = unbound.registry.take().ok_or_else(|| io::Error::other("the registry was not prepared"))?;
        let registry = Registry::start_beside(registry, room, content, |addr, stop| {
            let shared = Arc::new(unbound.bind(&addr, stop));
            bound = Some(Arc::clone(&shared));
            Arc::new(move |call| shared.answer(call))
        });
        let registry = registry.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => io::Error::new(error.kind(), format!("port {port} is taken")),
            _ => error,
        })?;
        let shared = bound.ok_or_else(|| io::Error::other("the sandbox was not prepared"))?;
        rekor::begin(&shared)?;
        let renewal = folder.map(|folder| folder.announce(&shared, registry.addr().port())).transpose()?;
        Ok(Self { _folder: renewal, registry, shared })
    }

    /// `http://127.0.0.1:<port>`: of every service, and the issuer in tokens and certificates.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The registry: what was pushed to it, and what was asked of any part.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// `trusted_root.json`, for who is to believe this sandbox.
    pub fn trusted_root(&self) -> Value {
        documents::trusted_root(&self.shared)
    }

    /// `signing_config.json` (v0.2), for who is to sign with it.
    pub fn signing_config(&self) -> Value {
        documents::signing_config(&self.shared)
    }

    /// Both in one, for sigstore-python's `--trust-config`.
    pub fn client_trust_config(&self) -> Value {
        documents::client_trust_config(&self.shared)
    }

    /// A token of the sandbox's issuer for whoever has this e-mail address; good for ten minutes.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn identity_token(&self, email: &str) -> io::Result<String> {
        oidc::token::mint(&self.shared, &oidc::token::of_email(email, None))
    }

    /// A token with these claims beside, or in place of, `iss`, `aud`, `iat`, `nbf` and `exp`: a CI's, for instance.
    ///
    /// # Errors
    /// None but from a cryptographic library without random numbers.
    pub fn token(&self, claims: &Value) -> io::Result<String> {
        oidc::token::mint(&self.shared, claims)
    }

    /// Misbehaves as a server from now on, wherever the path says. Of several faults that befall a request, the first of each kind
    /// counts.
    pub fn inject(&self, injection: impl Into<Injection>) {
        self.registry.inject(injection);
    }

    /// Behaves again.
    pub fn clear_faults(&self) {
        self.registry.clear_faults();
    }

    /// Answers with something wrong in it from now on; with nothing wrong where `None`. Flaws of an authority's own certificate, and
    /// those of entries that a client makes itself, have no effect here.
    pub fn set_flaw(&self, flaw: impl Into<Option<Flaw>>) {
        self.shared.set_flaw(flaw.into());
    }

    /// Lets every clock of the sandbox run so many seconds ahead of the machine's, or behind.
    pub fn set_skew(&self, seconds: i64) {
        self.shared.set_skew(seconds);
    }

    /// How many entries the Rekor v2 log has published. The first is its own.
    pub fn logged(&self) -> usize {
        self.shared.rekor.size()
    }
}
