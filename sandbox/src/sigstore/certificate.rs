//! The certificate authority (Fulcio's profile) and the certificate log that knows what it issues.

use super::{der, flaw::Flaw, key::Key};
use bulla_verify::{Identity, Time};
use sha2::{Digest as _, Sha256};
use std::io::Result;

/// A root, and the intermediate that issues.
pub(super) struct Authority {
    name: Vec<u8>,
    key: Key,
    serial: u64,
    flaw: Option<Flaw>,
    /// DER, the issuer's first.
    pub(super) chain: Vec<Vec<u8>>,
}

/// Ten years around `now`; a signer's certificate lives for ten minutes.
const YEARS: i64 = 5 * 365 * 24 * 3600;
const MINUTES: i64 = 10 * 60;
const HOUR: i64 = 3600;

impl Authority {
    pub(super) fn new(
        name: &str,
        key: Key,
        root: &Key,
        purpose: Purpose,
        flaw: Option<Flaw>,
        now: Time,
    ) -> Result<Self> {
        let [root_name, issuer_name] = [distinguished(&format!("{name} root")), distinguished(name)];
        let usage = extension("2.5.29.37", false, &der::sequence(&[&der::oid(purpose.oid())]));
        let around = (Time::from_unix(now.unix() - YEARS), Time::from_unix(now.unix() + YEARS));
        let expired = Some(match purpose {
            Purpose::CodeSigning => Flaw::IssuerExpired,
            Purpose::TimeStamping => Flaw::TimestampingIssuerExpired,
        });
        let valid = (around.0, if flaw == expired { Time::from_unix(now.unix() - HOUR) } else { around.1 });
        let below = if flaw == Some(Flaw::PathTooLong) { 0 } else { 1 };
        let issuer = Tbs { serial: 2, issuer: &root_name, subject: &issuer_name, valid, spki: key.spki() };
        let root_tbs = Tbs { serial: 1, issuer: &root_name, subject: &root_name, valid: around, spki: root.spki() };
        let no_authority = extension("2.5.29.19", true, &der::sequence(&[]));
        let constraints = if flaw == Some(Flaw::IssuerIsNoAuthority) { no_authority } else { authority(0) };
        let bits = if flaw == Some(Flaw::IssuerForSignatures) { SIGNATURES } else { CERTIFICATES };
        let chain = vec![
            signed(&issuer.with(root, &[&constraints, &key_usage(bits), &usage]), root)?,
            signed(&root_tbs.with(root, &[&authority(below)]), root)?,
        ];
        Ok(Self { name: issuer_name, key, serial: 2, flaw, chain })
    }

    /// A certificate for whoever has shown this identity, with the promise of the certificate log in it.
    pub(super) fn issue(
        &mut self,
        holder: &Key,
        identity: &Identity,
        issuer: &str,
        log: &Key,
        now: Time,
    ) -> Result<Vec<u8>> {
        let is = |flaw| self.flaw == Some(flaw);
        let usage = extension("2.5.29.37", false, &der::sequence(&[&der::oid(Purpose::CodeSigning.oid())]));
        let usage = if is(Flaw::NoUsage) { Vec::new() } else { usage };
        let bits = if is(Flaw::NotForSignatures) { CERTIFICATES } else { SIGNATURES };
        let (subject, issuers) = (self.subject(identity), self.oidc_issuers(issuer));
        let extensions = [&key_usage(bits)[..], &usage, &subject, &issuers];
        let valid = (now, Time::from_unix(now.unix() + MINUTES));
        self.serial += 1;
        let tbs = Tbs { serial: self.serial, issuer: &self.name, subject: EMPTY, valid, spki: holder.spki() };
        let shown_issuer = if is(Flaw::SctOfAnotherIssuer) { holder } else { &self.key };
        let promises = if is(Flaw::SctTwice) { 2 } else { 1 };
        let promise = promise(&tbs.with(&self.key, &extensions), shown_issuer, log, promises, now)?;
        signed(&tbs.with(&self.key, &[&extensions[..], &[&promise]].concat()), &self.key)
    }

    /// The subject alternative name: one.
    fn subject(&self, identity: &Identity) -> Vec<u8> {
        let names = match self.flaw {
            Some(Flaw::NoName) => return Vec::new(),
            Some(Flaw::TwoNames) => [name(identity), name(&Identity::Email("ceo@sandbox.invalid".to_owned()))].concat(),
            Some(Flaw::HostName) => der::element(0x82, &[b"sandbox.invalid"]),
            Some(Flaw::UnknownName) => other_name("1.3.6.1.4.1.57264.1.99", identity),
            _ => name(identity),
        };
        extension("2.5.29.17", true, &der::sequence(&[&names]))
    }

    /// The extension that says who vouched for the identity, and no other of Fulcio's.
    fn oidc_issuers(&self, issuer: &str) -> Vec<u8> {
        let said = extension("1.3.6.1.4.1.57264.1.8", false, &der::utf8(issuer));
        match self.flaw {
            Some(Flaw::NoOidcIssuer) => Vec::new(),
            Some(Flaw::TwoOidcIssuers) => {
                [extension("1.3.6.1.4.1.57264.1.1", false, b"https://another.invalid"), said].concat()
            }
            Some(Flaw::OidcIssuerTwice) => said.repeat(2),
            Some(Flaw::EmptyOidcIssuer) => extension("1.3.6.1.4.1.57264.1.8", false, &der::utf8("")),
            Some(Flaw::UnreadableRepository) => {
                [said, extension("1.3.6.1.4.1.57264.1.12", false, b"https://ours.invalid")].concat()
            }
            Some(Flaw::TwoRepositories) => {
                let [ours, theirs] = ["https://ours.invalid", "https://theirs.invalid"]
                    .map(|uri| extension("1.3.6.1.4.1.57264.1.12", false, &der::utf8(uri)));
                [said, ours, theirs].concat()
            }
            _ => said,
        }
    }

    /// A certificate that signs timestamps and nothing else (RFC 3161, 2.3), for as long as the authority lives.
    pub(super) fn issue_timestamper(&mut self, holder: &Key, name: &[u8], now: Time) -> Result<Vec<u8>> {
        let is = |flaw| self.flaw == Some(flaw);
        let [timestamps, code] = [Purpose::TimeStamping, Purpose::CodeSigning].map(|purpose| der::oid(purpose.oid()));
        let code = if is(Flaw::TimestamperForMore) { &code[..] } else { &[] };
        let critical = !is(Flaw::TimestamperNotCritical);
        let usage = extension("2.5.29.37", critical, &der::sequence(&[&timestamps, code]));
        let bits = if is(Flaw::TimestamperNotForSignatures) { CERTIFICATES } else { SIGNATURES };
        let end = if is(Flaw::TimestamperExpired) { now.unix() - HOUR } else { now.unix() + YEARS };
        let valid = (Time::from_unix(now.unix() - YEARS), Time::from_unix(end));
        self.serial += 1;
        let tbs = Tbs { serial: self.serial, issuer: &self.name, subject: name, valid, spki: holder.spki() };
        signed(&tbs.with(&self.key, &[&key_usage(bits), &usage]), &self.key)
    }

    /// DER of its Name, and the serial number that it used last.
    pub(super) fn last_issued(&self) -> (&[u8], u64) {
        (&self.name, self.serial)
    }
}

/// What an authority issues certificates for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    CodeSigning,
    TimeStamping,
}

impl Purpose {
    /// id-kp-codeSigning and id-kp-timeStamping (RFC 5280, 4.2.1.12).
    fn oid(self) -> &'static str {
        match self {
            Self::CodeSigning => "1.3.6.1.5.5.7.3.3",
            Self::TimeStamping => "1.3.6.1.5.5.7.3.8",
        }
    }
}

/// A Name without attributes.
const EMPTY: &[u8] = &[0x30, 0];

struct Tbs<'a> {
    serial: u64,
    issuer: &'a [u8],
    subject: &'a [u8],
    valid: (Time, Time),
    spki: &'a [u8],
}

impl Tbs<'_> {
    /// The TBSCertificate (RFC 5280, 4.1).
    fn with(&self, signer: &Key, extensions: &[&[u8]]) -> Vec<u8> {
        let [from, to] = [self.valid.0, self.valid.1].map(der::generalized_time);
        der::sequence(&[
            &der::context(0, &[&der::integer(&[2])]),
            &der::integer(&self.serial.to_be_bytes()),
            &signer.signature_algorithm(),
            self.issuer,
            &der::sequence(&[&from, &to]),
            self.subject,
            self.spki,
            &der::context(3, &[&der::sequence(extensions)]),
        ])
    }
}

fn signed(tbs: &[u8], by: &Key) -> Result<Vec<u8>> {
    Ok(der::sequence(&[tbs, &by.signature_algorithm(), &der::bits(&by.sign(tbs)?)]))
}

pub(super) fn distinguished(name: &str) -> Vec<u8> {
    let attribute = der::sequence(&[&der::oid("2.5.4.3"), &der::utf8(name)]);
    der::sequence(&[&der::set(&[&attribute])])
}

fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { der::TRUE } else { &[] };
    der::sequence(&[&der::oid(kind), critical, &der::octets(value)])
}

/// Basic constraints of an authority with so many beneath it (RFC 5280, 4.2.1.9).
fn authority(below: u8) -> Vec<u8> {
    extension("2.5.29.19", true, &der::sequence(&[der::TRUE, &der::integer(&[below])]))
}

/// What a key is for (RFC 5280, 4.2.1.3): digitalSignature, or keyCertSign.
const SIGNATURES: [u8; 4] = [0x03, 0x02, 0x07, 0x80];
const CERTIFICATES: [u8; 4] = [0x03, 0x02, 0x02, 0x04];

fn key_usage(bits: [u8; 4]) -> Vec<u8> {
    extension("2.5.29.15", true, &bits)
}

/// A subject alternative name (RFC 5280, 4.2.1.6; Fulcio's own `otherName`).
fn name(identity: &Identity) -> Vec<u8> {
    match identity {
        Identity::Email(email) => der::element(0x81, &[email.as_bytes()]),
        Identity::Uri(uri) => der::element(0x86, &[uri.as_bytes()]),
        identity => other_name("1.3.6.1.4.1.57264.1.7", identity),
    }
}

fn other_name(kind: &str, identity: &Identity) -> Vec<u8> {
    der::context(0, &[&der::oid(kind), &der::context(0, &[&der::utf8(identity.as_str())])])
}

/// A list of one signed certificate timestamp (RFC 6962, 3.2 and 3.3), so many times, for a certificate that is otherwise
/// done.
fn promise(tbs: &[u8], issuer: &Key, log: &Key, times: usize, now: Time) -> Result<Vec<u8>> {
    let milliseconds = (now.unix().unsigned_abs() * 1000).to_be_bytes();
    let [0, length @ ..] = u32::try_from(tbs.len()).unwrap_or(u32::MAX).to_be_bytes() else {
        return Err(super::key::failed("so long a certificate"));
    };
    let key_hash: [u8; 32] = Sha256::digest(issuer.spki()).into();
    let message = [&[0, 0][..], &milliseconds, &[0, 1], &key_hash, &length, tbs, &[0, 0]].concat();
    let signature = prefixed(&log.sign(&message)?);
    let sct = [&[0][..], &log.id(), &milliseconds, &[0, 0], &[4, 3], &signature].concat();
    Ok(extension("1.3.6.1.4.1.11129.2.4.2", false, &der::octets(&prefixed(&prefixed(&sct).repeat(times)))))
}

/// A vector with its length in two bytes before it (RFC 5246, 4.3).
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()[..], bytes].concat()
}
