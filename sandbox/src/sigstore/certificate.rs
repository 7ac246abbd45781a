//! The certificate authority (Fulcio's profile) and the certificate log that knows what it issues.

use super::{der, key::Key};
use bulla_verify::{Identity, Time};
use sha2::{Digest as _, Sha256};
use std::io::Result;

/// A root, and the intermediate that issues.
pub(super) struct Authority {
    name: Vec<u8>,
    key: Key,
    serial: u64,
    /// DER, the issuer's first.
    pub(super) chain: Vec<Vec<u8>>,
}

/// Ten years around `now`; a signer's certificate lives for ten minutes.
const YEARS: i64 = 5 * 365 * 24 * 3600;
const MINUTES: i64 = 10 * 60;

impl Authority {
    pub(super) fn new(name: &str, key: Key, root: &Key, purpose: &str, now: Time) -> Result<Self> {
        let [root_name, issuer_name] = [distinguished(&format!("{name} root")), distinguished(name)];
        let usage = extension("2.5.29.37", false, &der::sequence(&[&der::oid(purpose)]));
        let around = (Time::from_unix(now.unix() - YEARS), Time::from_unix(now.unix() + YEARS));
        let issuer = Tbs { serial: 2, issuer: &root_name, subject: &issuer_name, valid: around, spki: key.spki() };
        let root_tbs = Tbs { serial: 1, issuer: &root_name, subject: &root_name, valid: around, spki: root.spki() };
        let chain = vec![
            signed(&issuer.with(root, &[&authority(0), &usage]), root)?,
            signed(&root_tbs.with(root, &[&authority(1)]), root)?,
        ];
        Ok(Self { name: issuer_name, key, serial: 2, chain })
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
        let usage = extension("2.5.29.37", false, &der::sequence(&[&der::oid("1.3.6.1.5.5.7.3.3")]));
        let oidc_issuer = extension("1.3.6.1.4.1.57264.1.8", false, &der::utf8(issuer));
        let extensions = [&digital_signature()[..], &usage, &subject(identity), &oidc_issuer];
        let valid = (now, Time::from_unix(now.unix() + MINUTES));
        self.serial += 1;
        let tbs = Tbs { serial: self.serial, issuer: &self.name, subject: EMPTY, valid, spki: holder.spki() };
        let promise = promise(&tbs.with(&self.key, &extensions), &self.key, log, now)?;
        signed(&tbs.with(&self.key, &[&extensions[..], &[&promise]].concat()), &self.key)
    }

    /// A certificate that signs timestamps and nothing else (RFC 3161, 2.3), for as long as the authority lives.
    pub(super) fn issue_timestamper(&mut self, holder: &Key, name: &[u8], now: Time) -> Result<Vec<u8>> {
        let usage = extension("2.5.29.37", true, &der::sequence(&[&der::oid("1.3.6.1.5.5.7.3.8")]));
        let valid = (Time::from_unix(now.unix() - YEARS), Time::from_unix(now.unix() + YEARS));
        self.serial += 1;
        let tbs = Tbs { serial: self.serial, issuer: &self.name, subject: name, valid, spki: holder.spki() };
        signed(&tbs.with(&self.key, &[&digital_signature(), &usage]), &self.key)
    }

    /// DER of its Name, and the serial number that it used last.
    pub(super) fn last_issued(&self) -> (&[u8], u64) {
        (&self.name, self.serial)
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

fn digital_signature() -> Vec<u8> {
    extension("2.5.29.15", true, &[0x03, 0x02, 0x07, 0x80])
}

/// The one subject alternative name (RFC 5280, 4.2.1.6; Fulcio's own `otherName`).
fn subject(identity: &Identity) -> Vec<u8> {
    let name = match identity {
        Identity::Email(email) => der::element(0x81, &[email.as_bytes()]),
        Identity::Uri(uri) => der::element(0x86, &[uri.as_bytes()]),
        identity => {
            der::context(0, &[&der::oid("1.3.6.1.4.1.57264.1.7"), &der::context(0, &[&der::utf8(identity.as_str())])])
        }
    };
    extension("2.5.29.17", true, &der::sequence(&[&name]))
}

/// A list of one signed certificate timestamp (RFC 6962, 3.2 and 3.3) for a certificate that is otherwise done.
fn promise(tbs: &[u8], issuer: &Key, log: &Key, now: Time) -> Result<Vec<u8>> {
    let milliseconds = (now.unix().unsigned_abs() * 1000).to_be_bytes();
    let [0, length @ ..] = u32::try_from(tbs.len()).unwrap_or(u32::MAX).to_be_bytes() else {
        return Err(super::key::failed("so long a certificate"));
    };
    let key_hash: [u8; 32] = Sha256::digest(issuer.spki()).into();
    let message = [&[0, 0][..], &milliseconds, &[0, 1], &key_hash, &length, tbs, &[0, 0]].concat();
    let signature = prefixed(&log.sign(&message)?);
    let sct = [&[0][..], &log.id(), &milliseconds, &[0, 0], &[4, 3], &signature].concat();
    Ok(extension("1.3.6.1.4.1.11129.2.4.2", false, &der::octets(&prefixed(&prefixed(&sct)))))
}

/// A vector with its length in two bytes before it (RFC 5246, 4.3).
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()[..], bytes].concat()
}
