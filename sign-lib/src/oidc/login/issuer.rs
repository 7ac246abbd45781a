//! An issuer, as it describes itself (OpenID Connect Discovery 1.0, 3 and 4).

use super::is_plain;
use crate::{budget, oidc::OidcError};
use bulla_transport::{Options, Request, Service};
use core::fmt;
use serde::Deserialize;

/// An issuer of identity tokens, and where it is asked.
pub struct Issuer {
    url: String,
    authorization: Service,
    token: Service,
    device: Option<Service>,
    pub(super) options: Options,
}

#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    device_authorization_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.url)
    }
}

impl Issuer {
    /// Reads what the issuer at `url` says of itself. Everything that follows has to be done within the deadline of
    /// `options`, which begins now: [`budget::LOGIN`] is one for people.
    ///
    /// Whatever a login is sent to has to be encrypted, or on this machine.
    ///
    /// # Errors
    /// [`OidcError::Login`] if it cannot be asked; [`OidcError::IssuerMalformed`] if it describes another issuer, or one that
    /// nobody can log in to safely.
    pub fn discover(url: &str, options: &Options) -> Result<Self, OidcError> {
        let malformed = |reason: String| OidcError::IssuerMalformed { issuer: url.to_owned(), reason };
        let unreachable = |error| OidcError::Login(Box::new(error));
        let options = Options { plain_http: false, ..options.clone() };
        let service = Service::new(url, &options).map_err(unreachable)?;
        let request = Request { accept: Some("application/json"), limit: budget::ISSUER_BYTES, ..Request::default() };
        let reply = service.get("/.well-known/openid-configuration", &request).map_err(unreachable)?;
        if !reply.is_success() {
            return Err(malformed(format!("status {}", reply.status)));
        }
        let described: Description = bulla_verify::json::from_slice(&reply.body)
            .map_err(|error| malformed(bulla_verify::json::reason(&error)))?;
        if described.issuer != url {
            return Err(malformed(format!("it calls itself `{}`", crate::error::shown(&described.issuer))));
        }
        if described.code_challenge_methods_supported.is_some_and(|methods| !methods.iter().any(|it| it == "S256")) {
            return Err(malformed("it does not support PKCE with `S256`".to_owned()));
        }
        let at = |name: &str, address: &str| {
            let endpoint = is_plain(address).then(|| service.beside(address).ok()).flatten();
            endpoint.ok_or_else(|| malformed(format!("its {name} is not an https address")))
        };
        let device = described.device_authorization_endpoint.as_deref();
        Ok(Self {
            authorization: at("authorization endpoint", &described.authorization_endpoint)?,
            token: at("token endpoint", &described.token_endpoint)?,
            device: device.map(|address| at("device authorization endpoint", address)).transpose()?,
            url: url.to_owned(),
            options,
        })
    }

    /// Its name, which is its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether a person can log in on another machine, with a code.
    pub fn has_codes(&self) -> bool {
        self.device.is_some()
    }

    /// Where a browser is sent.
    pub(super) fn authorization(&self) -> &str {
        self.authorization.url()
    }

    pub(super) fn token(&self) -> &Service {
        &self.token
    }

    pub(super) fn device(&self) -> Result<&Service, OidcError> {
        self.device.as_ref().ok_or_else(|| self.malformed("it gives no codes for other machines"))
    }

    pub(super) fn malformed(&self, reason: &str) -> OidcError {
        OidcError::IssuerMalformed { issuer: self.url.clone(), reason: reason.to_owned() }
    }
}
