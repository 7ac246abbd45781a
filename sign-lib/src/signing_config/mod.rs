//! `signing_config.json` v0.2: which services sign, and how many of them (protobuf-specs, `sigstore_trustroot.proto`).

mod error;

pub use error::SigningConfigError;

use crate::{budget, error::shown};
use bulla_verify::{Time, Window};
use core::fmt;
use serde::Deserialize;

const VERSION: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// The services of Sigstore's public instance, as its TUF repository gives them (sigstore/root-signing).
const PUBLIC_GOOD: &[u8] = include_bytes!("public_good.json");
/// The services of Sigstore's staging instance, from the same place.
const STAGING: &[u8] = include_bytes!("staging.json");

/// Versions of Fulcio's API. Its HTTP path is `/api/v2/`, and configurations list it as 1.
const AUTHORITY_VERSIONS: &[u32] = &[1];
/// Versions of Rekor's API.
const LOG_VERSIONS: &[u32] = &[2, 1];
/// Versions of the timestamp authority's API.
const TIMESTAMP_VERSIONS: &[u32] = &[1];
/// Versions of OpenID Connect.
const ISSUER_VERSIONS: &[u32] = &[1];

/// The services of one Sigstore instance. Whoever hands one over vouches for it: it is not signed, and no answer of a
/// service is believed because it is listed here.
#[derive(Debug, Clone)]
pub struct SigningConfig {
    authorities: Vec<ServiceAddress>,
    issuers: Vec<ServiceAddress>,
    logs: Vec<ServiceAddress>,
    log_selector: Option<Selector>,
    timestamp_authorities: Vec<ServiceAddress>,
    timestamp_selector: Option<Selector>,
}

/// Where a service is, which version of its API it speaks, when, and who runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    url: String,
    version: u32,
    start: Time,
    window: Window,
    operator: String,
}

/// How many of the services that could be asked have to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selector {
    /// One, whichever.
    Any,
    /// Every one.
    All,
    /// As many.
    Exact(u32),
}

/// Services in the order in which to ask them, and how many have to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) services: Vec<ServiceAddress>,
    pub(crate) needed: usize,
}

impl SigningConfig {
    /// The services of Sigstore's public instance, as of this release.
    ///
    /// # Errors
    /// None in a build that passed its tests.
    pub fn public_good() -> Result<Self, SigningConfigError> {
        Self::parse(PUBLIC_GOOD)
    }

    /// The services of Sigstore's staging instance, as of this release: for tests.
    ///
    /// # Errors
    /// None in a build that passed its tests.
    pub fn staging() -> Result<Self, SigningConfigError> {
        Self::parse(STAGING)
    }

    /// Reads a `signing_config.json` v0.2.
    ///
    /// # Errors
    /// [`SigningConfigError`] for other versions, and for whatever could be read in two ways.
    pub fn parse(bytes: &[u8]) -> Result<Self, SigningConfigError> {
        if bytes.len() > budget::SIGNING_CONFIG_BYTES {
            return Err(SigningConfigError::TooLarge);
        }
        let version: Version = read(bytes)?;
        if version.media_type != VERSION {
            return Err(SigningConfigError::Version { found: shown(&version.media_type) });
        }
        let wire: Wire = read(bytes)?;
        Ok(Self {
            authorities: services("caUrls", wire.ca_urls)?,
            issuers: services("oidcUrls", wire.oidc_urls)?,
            logs: services("rekorTlogUrls", wire.rekor_tlog_urls)?,
            log_selector: selector("rekorTlogConfig", wire.rekor_tlog_config)?,
            timestamp_authorities: services("tsaUrls", wire.tsa_urls)?,
            timestamp_selector: selector("tsaConfig", wire.tsa_config)?,
        })
    }

    /// The issuer where people log in.
    ///
    /// # Errors
    /// [`SigningConfigError::NoService`] if none is listed that is valid `now`.
    pub fn issuer(&self, now: Time) -> Result<&ServiceAddress, SigningConfigError> {
        newest("issuer of identity tokens", &self.issuers, ISSUER_VERSIONS, now)?
            .first()
            .copied()
            .ok_or(SigningConfigError::NoService { what: "issuer of identity tokens", now })
    }

    /// The logs that would be asked `now`, in that order; none where none is listed.
    pub fn logs_now(&self, now: Time) -> Vec<&ServiceAddress> {
        newest("log", &self.logs, LOG_VERSIONS, now).unwrap_or_default()
    }

    /// The certificate authorities that would be asked `now`: what they issue is logged too, with the name that is in it.
    pub fn authorities_now(&self, now: Time) -> Vec<&ServiceAddress> {
        newest("certificate authority", &self.authorities, AUTHORITY_VERSIONS, now).unwrap_or_default()
    }

    /// Whether it lists any log, valid or not.
    pub(crate) fn has_logs(&self) -> bool {
        !self.logs.is_empty()
    }

    /// Whether it lists any timestamp authority, valid or not.
    pub(crate) fn has_timestamp_authorities(&self) -> bool {
        !self.timestamp_authorities.is_empty()
    }

    /// Any one of the certificate authorities.
    pub(crate) fn select_authorities(&self, now: Time) -> Result<Selection, SigningConfigError> {
        let services = newest("certificate authority", &self.authorities, AUTHORITY_VERSIONS, now)?;
        Ok(Selection { services: services.into_iter().cloned().collect(), needed: 1 })
    }

    pub(crate) fn select_logs(&self, now: Time) -> Result<Selection, SigningConfigError> {
        select("log", &self.logs, self.log_selector, LOG_VERSIONS, now)
    }

    pub(crate) fn select_timestamp_authorities(&self, now: Time) -> Result<Selection, SigningConfigError> {
        let (services, selector) = (&self.timestamp_authorities, self.timestamp_selector);
        select("timestamp authority", services, selector, TIMESTAMP_VERSIONS, now)
    }
}

impl ServiceAddress {
    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which version of its API it speaks.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Who runs it; may be empty.
    pub(crate) fn operator(&self) -> &str {
        &self.operator
    }
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// The services of the highest of `versions` that any of them speaks now, the newest first.
fn newest<'a>(
    what: &'static str,
    services: &'a [ServiceAddress],
    versions: &[u32],
    now: Time,
) -> Result<Vec<&'a ServiceAddress>, SigningConfigError> {
    let valid = |version| services.iter().filter(move |it| it.version == version && it.window.contains(now));
    let version = versions.iter().copied().find(|&version| valid(version).next().is_some());
    let version = version.ok_or(SigningConfigError::NoService { what, now })?;
    let mut found: Vec<_> = valid(version).collect();
    found.sort_by_key(|service| core::cmp::Reverse(service.start));
    Ok(found)
}

/// Of those, the newest of each operator, and then their older ones, for when a newer one fails. Each operator is one who
/// vouches, however many services it runs.
fn select(
    what: &'static str,
    services: &[ServiceAddress],
    selector: Option<Selector>,
    versions: &[u32],
    now: Time,
) -> Result<Selection, SigningConfigError> {
    let newest = newest(what, services, versions, now)?;
    let same = |at: usize, service: &ServiceAddress| {
        newest.iter().take(at).filter(|other| other.operator == service.operator).count()
    };
    let mut ranked: Vec<_> = newest.iter().enumerate().map(|(at, service)| (same(at, service), *service)).collect();
    let found = ranked.iter().filter(|(newer, _)| *newer == 0).count();
    let needed = match selector.ok_or(SigningConfigError::SelectorMissing { what })? {
        Selector::Any => 1,
        Selector::All => found,
        Selector::Exact(count) => usize::try_from(count).unwrap_or(usize::MAX),
    };
    if needed > found {
        return Err(SigningConfigError::TooFewServices { what, needed, found });
    }
    ranked.sort_by_key(|(newer, _)| *newer);
    Ok(Selection { services: ranked.into_iter().map(|(_, service)| service.clone()).collect(), needed })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    media_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    #[serde(rename = "mediaType")]
    _media_type: String,
    #[serde(default)]
    ca_urls: Vec<WireService>,
    #[serde(default)]
    oidc_urls: Vec<WireService>,
    #[serde(default)]
    rekor_tlog_urls: Vec<WireService>,
    rekor_tlog_config: Option<WireSelector>,
    #[serde(default)]
    tsa_urls: Vec<WireService>,
    tsa_config: Option<WireSelector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireService {
    url: String,
    major_api_version: u32,
    valid_for: WireWindow,
    #[serde(default)]
    operator: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireWindow {
    start: String,
    end: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSelector {
    selector: String,
    #[serde(default)]
    count: u32,
}

fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, SigningConfigError> {
    let malformed = |error| SigningConfigError::Malformed { reason: bulla_verify::json::reason(&error) };
    bulla_verify::json::from_slice(bytes).map_err(malformed)
}

fn services(field: &'static str, wire: Vec<WireService>) -> Result<Vec<ServiceAddress>, SigningConfigError> {
    if wire.len() > budget::SERVICES {
        return Err(SigningConfigError::TooManyServices { field });
    }
    wire.into_iter().map(|service| ServiceAddress::from_wire(field, service)).collect()
}

impl ServiceAddress {
    fn from_wire(field: &'static str, wire: WireService) -> Result<Self, SigningConfigError> {
        let malformed =
            |what: &str| SigningConfigError::Malformed { reason: format!("a service of `{field}` has {what}") };
        let time = |text: &str| Time::parse_rfc3339(text).ok_or_else(|| malformed("a time that is not RFC 3339"));
        let start = time(&wire.valid_for.start)?;
        let end = wire.valid_for.end.as_deref().map(time).transpose()?;
        let absolute = wire.url.starts_with("https://") || wire.url.starts_with("http://");
        if !absolute || !wire.url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed("an address that is not one of http or https"));
        }
        let window = Window::new(start, end);
        Ok(Self { url: wire.url, version: wire.major_api_version, start, window, operator: wire.operator })
    }
}

fn selector(field: &str, wire: Option<WireSelector>) -> Result<Option<Selector>, SigningConfigError> {
    let malformed = |reason: String| SigningConfigError::Malformed { reason };
    let Some(wire) = wire else { return Ok(None) };
    match (wire.selector.as_str(), wire.count) {
        ("ANY", 0) => Ok(Some(Selector::Any)),
        ("ALL", 0) => Ok(Some(Selector::All)),
        ("EXACT", count @ 1..) => Ok(Some(Selector::Exact(count))),
        ("EXACT", 0) => Err(malformed(format!("`{field}` selects exactly none"))),
        ("ANY" | "ALL", _) => Err(malformed(format!("`{field}` has a count, which only EXACT has"))),
        (other, _) => Err(malformed(format!("`{field}` selects `{}`, not ANY, ALL or EXACT", shown(other)))),
    }
}

#[cfg(test)]
mod tests;
