//! `trusted_root.json`: the authorities of one Sigstore instance.

use super::{Authority, Log, Need, TimestampAuthority, wire};
use crate::{Time, VerifyError, Window, error::shown, json};
use std::sync::Arc;

/// The root of Sigstore's staging instance, from the same place.
const STAGING: &[u8] = include_bytes!("staging.json");

const VERSIONS: [&str; 4] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// The authorities of one Sigstore instance (`sigstore_trustroot.proto`).
///
/// Whoever hands one over vouches for it: it is not signed.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    name: String,
    need: Need,
    logs: Vec<Log>,
    authorities: Vec<Authority>,
    ct_logs: Vec<Log>,
    timestamp_authorities: Vec<TimestampAuthority>,
    /// As it was read, shared by all copies.
    json: Arc<[u8]>,
}

impl TrustedRoot {
    /// The `trusted_root.json` of Sigstore's public instance, as its TUF repository gives it (sigstore/root-signing).
    pub const PUBLIC_GOOD: &'static [u8] = include_bytes!("public_good.json");
    /// That of GitHub's instance (`gh attestation trusted-root`).
    pub const GITHUB: &'static [u8] = include_bytes!("github.json");

    /// The root of Sigstore's public instance, as of this release.
    ///
    /// # Errors
    /// None in a build that passed its tests.
    pub fn public_good() -> Result<Self, VerifyError> {
        Self::parse(Self::PUBLIC_GOOD, Need::sigstore()).map(|root| root.named("public-good"))
    }

    /// The root of GitHub's instance, which signs the attestations of private repositories, as of this release. It demands
    /// what [`Need::github`] does.
    ///
    /// # Errors
    /// None in a build that passed its tests.
    pub fn github() -> Result<Self, VerifyError> {
        Self::parse(Self::GITHUB, Need::github()).map(|root| root.named("github"))
    }

    /// The root of Sigstore's staging instance, as of this release: for tests. Whatever it vouches for is worth nothing.
    ///
    /// # Errors
    /// None in a build that passed its tests.
    pub fn staging() -> Result<Self, VerifyError> {
        Self::parse(STAGING, Need::sigstore()).map(|root| root.named("staging"))
    }

    /// Called so from now on. A root that was parsed is called `custom`.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Demands this too: of each the more, since nothing that a root demands can be taken back.
    #[must_use]
    pub fn demanding(self, more: Need) -> Self {
        Self { need: self.need.and(more), ..self }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a `trusted_root.json` v0.1 or v0.2 of an instance that gives at least what is needed: the file does not say.
    ///
    /// # Errors
    /// [`VerifyError`] for other versions, and for an authority that is malformed or says not from when it is valid.
    pub fn parse(bytes: &[u8], need: Need) -> Result<Self, VerifyError> {
        let wire: wire::TrustedRoot = json::from_slice(bytes)
            .map_err(|error| VerifyError::TrustedRootMalformed { reason: json::reason(&error) })?;
        if !VERSIONS.contains(&wire.media_type.as_str()) {
            return Err(VerifyError::UnsupportedTrustedRoot { found: shown(wire.media_type) });
        }
        Ok(Self {
            name: "custom".to_owned(),
            need,
            logs: logs(wire.tlogs)?,
            authorities: wire
                .certificate_authorities
                .into_iter()
                .map(Authority::from_wire)
                .collect::<Result<_, _>>()?,
            ct_logs: logs(wire.ctlogs)?,
            timestamp_authorities: wire
                .timestamp_authorities
                .into_iter()
                .filter_map(|authority| TimestampAuthority::from_wire(authority).transpose())
                .collect::<Result<_, _>>()?,
            json: bytes.into(),
        })
    }

    /// The `trusted_root.json` that it was read from: with [`Self::need`] and [`Self::name`], all that it is.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// What it demands.
    pub fn need(&self) -> Need {
        self.need
    }

    /// The id of the log whose key a checkpoint's signature line with this hint points to: what a log entry calls it by.
    pub fn log_id(&self, hint: [u8; 4]) -> Option<[u8; 32]> {
        self.logs.iter().find(|log| log.has_key_hint(hint)).map(Log::id)
    }

    pub(crate) fn logs(&self) -> &[Log] {
        &self.logs
    }

    pub(crate) fn authorities(&self) -> &[Authority] {
        &self.authorities
    }

    pub(crate) fn timestamp_authorities(&self) -> &[TimestampAuthority] {
        &self.timestamp_authorities
    }

    pub(crate) fn ct_logs(&self) -> &[Log] {
        &self.ct_logs
    }
}

fn logs(wire: Vec<wire::Log>) -> Result<Vec<Log>, VerifyError> {
    wire.into_iter().filter_map(|log| Log::from_wire(log).transpose()).collect()
}

/// An authority without a start is not valid for ever: it is malformed.
pub(super) fn window(wire: Option<wire::Window>, of: &str) -> Result<Window, VerifyError> {
    let malformed = |what: &str| VerifyError::TrustedRootMalformed { reason: format!("`{of}` has {what}") };
    let wire = wire.ok_or_else(|| malformed("no `validFor`"))?;
    let time = |text: &str| Time::parse_rfc3339(text).ok_or_else(|| malformed("a time that is not RFC 3339"));
    let start = wire.start.ok_or_else(|| malformed("no start of its validity"))?;
    Ok(Window::new(time(&start)?, wire.end.as_deref().map(time).transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_root_is_read_with_all_its_authorities() {
        let root = TrustedRoot::public_good().expect("the embedded root parses");
        assert_eq!((root.logs.len(), root.authorities.len(), root.ct_logs.len()), (2, 2, 2));
        assert_eq!(root.timestamp_authorities.len(), 1);
    }

    #[test]
    fn a_root_is_all_of_its_text_its_need_and_its_name() {
        let root = TrustedRoot::github().expect("the embedded root parses").demanding(Need::github().with_logs(1));
        let Need { logs, times, scts } = root.need();
        let need = Need::github().with_logs(logs).with_times(times).with_scts(scts);
        let again = TrustedRoot::parse(root.json(), need).map(|again| again.named(root.name()));
        assert_eq!(format!("{:?}", again.expect("the same")), format!("{root:?}"));
    }

    #[test]
    fn a_log_is_found_by_the_first_bytes_of_its_id() {
        let root = TrustedRoot::public_good().expect("the embedded root parses");
        let id = root.logs.first().map(Log::id).expect("a log");
        assert_eq!(root.log_id([id[0], id[1], id[2], id[3]]), Some(id));
        assert_eq!(root.log_id([id[0], id[1], id[2], id[3] ^ 1]), None);
    }

    #[test]
    fn the_other_roots_are_read_with_all_their_authorities() {
        let github = TrustedRoot::github().expect("the embedded root parses");
        assert_eq!((github.authorities.len(), github.timestamp_authorities.len()), (6, 6));
        let staging = TrustedRoot::staging().expect("the embedded root parses");
        // One of the five certificate logs has a key in a form that is not read.
        assert_eq!((staging.logs.len(), staging.authorities.len(), staging.ct_logs.len()), (5, 2, 4));
        assert_eq!(staging.timestamp_authorities.len(), 2);
    }

    #[test]
    fn what_a_root_demands_cannot_be_taken_back() {
        let root = TrustedRoot::public_good().expect("the embedded root parses").demanding(Need::github());
        assert_eq!(root.need(), Need::sigstore());
        assert_eq!(root.demanding(Need::github().with_times(2).with_times(1)).need(), Need::sigstore().with_times(2));
    }

    #[test]
    fn a_log_without_a_start_is_refused() {
        let json = String::from_utf8_lossy(TrustedRoot::PUBLIC_GOOD).replace("\"start\": \"2021-01-12T11:53:27Z\"", "");
        assert_eq!(TrustedRoot::parse(json.as_bytes(), Need::sigstore()).unwrap_err().code(), "trusted-root-malformed");
    }

    #[test]
    fn another_version_is_refused() {
        let json = String::from_utf8_lossy(TrustedRoot::PUBLIC_GOOD).replace("version=0.1", "version=0.9");
        assert_eq!(
            TrustedRoot::parse(json.as_bytes(), Need::sigstore()).unwrap_err().code(),
            "unsupported-trusted-root"
        );
    }
}
