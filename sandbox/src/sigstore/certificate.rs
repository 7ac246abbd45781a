//! The certificate authority: Fulcio's profile.

use super::{
    der,
    flaw::Flaw,
    key::Key,
    principal::Principal,
    reader::{Reader, whole_bits},
    sct,
};
use bulla_verify::{Identity, Time};
use sha2::{Digest as _, Sha256};
use std::io::Result;

/// A root, and the intermediate that issues.
pub(crate) struct Authority {
    name: Vec<u8>,
    key: Key,
    serial: u64,
    flaw: Option<Flaw>,
    /// DER, the issuer's first.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Ten years around `now`; a signer's certificate lives for ten minutes.
const YEARS: i64 = 5 * 365 * 24 * 3600;
const MINUTES: i64 = 10 * 60;
const HOUR: i64 = 3600;

impl Authority {
    pub(crate) fn new(
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
        let issuer = Tbs { serial: &[2], issuer: &root_name, subject: &issuer_name, valid, spki: key.spki() };
        let root_tbs = Tbs { serial: &[1], issuer: &root_name, subject: &root_name, valid: around, spki: root.spki() };
        let no_authority = extension("2.5.29.19", true, &der::sequence(&[]));
        let constraints = if flaw == Some(Flaw::IssuerIsNoAuthority) { no_authority } else { authority(0) };
        let bits = if flaw == Some(Flaw::IssuerForSignatures) { SIGNATURES } else { CERTIFICATES };
        let chain = vec![
            signed(
                &issuer.with(root, &[&constraints, &key_usage(bits), &usage, &names(key.spki(), root.spki())]),
                root,
            )?,
            signed(
                &root_tbs.with(root, &[&authority(below), &key_usage(CERTIFICATES), &names(root.spki(), root.spki())]),
                root,
            )?,
        ];
        Ok(Self { name: issuer_name, key, serial: 2, flaw, chain })
    }

    /// The same authority again, from what was kept of it: its name, its key, and its chain.
    pub(crate) fn again(name: &str, key: Key, chain: Vec<Vec<u8>>) -> Self {
        Self { name: distinguished(name), key, serial: 2, flaw: None, chain }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// A certificate for whoever has shown this identity, with the promise of the certificate log in it.
    pub(crate) fn issue(&mut self, holder: &Key, principal: &Principal, log: &Key, now: Time) -> Result<Vec<u8>> {
        let is = |flaw| self.flaw == Some(flaw);
        self.serial += 1;
        let draft = self.draft(&self.serial.to_be_bytes(), holder.spki(), principal, self.flaw, now)?;
        let shown_issuer = if is(Flaw::SctOfAnotherIssuer) { holder } else { &self.key };
        let milliseconds = now.unix().unsigned_abs() * 1000;
        let entry = sct::Entry::Precertificate { issuer: shown_issuer.spki(), tbs: &draft.tbs(&[]) };
        let promise = sct::promise(&sct::leaf(entry, milliseconds)?, milliseconds, log)?;
        let promises = if is(Flaw::SctTwice) { 2 } else { 1 };
        draft.certificate(&vec![promise; promises])
    }

    /// What a certificate is going to say, before any log has been asked.
    pub(crate) fn draft(
        &self,
        serial: &[u8],
        holder: &[u8],
        principal: &Principal,
        flaw: Option<Flaw>,
        now: Time,
    ) -> Result<Draft<'_>> {
        let usage = extension("2.5.29.37", false, &der::sequence(&[&der::oid(Purpose::CodeSigning.oid())]));
        let usage = if flaw == Some(Flaw::NoUsage) { Vec::new() } else { usage };
        let bits = if flaw == Some(Flaw::NotForSignatures) { CERTIFICATES } else { SIGNATURES };
        let said = principal.extensions()?.into_iter().map(|(kind, value)| extension(&kind, false, &value));
        let draft = Draft {
            authority: self,
            serial: serial.to_vec(),
            holder: holder.to_vec(),
            valid: (now, Time::from_unix(now.unix() + MINUTES)),
            extensions: vec![
                key_usage(bits),
                usage,
                subject(&principal.identity, flaw),
                oidc_issuers(&principal.issuer, flaw),
                names(holder, self.key.spki()),
            ],
        };
        Ok(said.fold(draft, Draft::with))
    }

    /// A certificate that signs timestamps and nothing else (RFC 3161, 2.3), for as long as the authority lives.
    pub(crate) fn issue_timestamper(&mut self, holder: &Key, name: &[u8], now: Time) -> Result<Vec<u8>> {
        let is = |flaw| self.flaw == Some(flaw);
        let [timestamps, code] = [Purpose::TimeStamping, Purpose::CodeSigning].map(|purpose| der::oid(purpose.oid()));
        let code = if is(Flaw::TimestamperForMore) { &code[..] } else { &[] };
        let critical = !is(Flaw::TimestamperNotCritical);
        let usage = extension("2.5.29.37", critical, &der::sequence(&[&timestamps, code]));
        let bits = if is(Flaw::TimestamperNotForSignatures) { CERTIFICATES } else { SIGNATURES };
        let end = if is(Flaw::TimestamperExpired) { now.unix() - HOUR } else { now.unix() + YEARS };
        let valid = (Time::from_unix(now.unix() - YEARS), Time::from_unix(end));
        self.serial += 1;
        let serial = &self.serial.to_be_bytes();
        let tbs = Tbs { serial, issuer: &self.name, subject: name, valid, spki: holder.spki() };
        signed(&tbs.with(&self.key, &[&key_usage(bits), &usage, &names(holder.spki(), self.key.spki())]), &self.key)
    }

    /// DER of its Name, and the serial number that it used last.
    pub(crate) fn last_issued(&self) -> (&[u8], u64) {
        (&self.name, self.serial)
    }
}

/// The subject alternative name: one.
fn subject(identity: &Identity, flaw: Option<Flaw>) -> Vec<u8> {
    let names = match flaw {
        Some(Flaw::NoName) => return Vec::new(),
        Some(Flaw::TwoNames) => [name(identity), name(&Identity::Email("ceo@sandbox.invalid".to_owned()))].concat(),
        Some(Flaw::HostName) => der::element(0x82, &[b"sandbox.invalid"]),
        Some(Flaw::UnknownName) => other_name("1.3.6.1.4.1.57264.1.99", identity),
        _ => name(identity),
    };
    extension("2.5.29.17", true, &der::sequence(&[&names]))
}

/// The extension that says who vouched for the identity, and no other of Fulcio's.
fn oidc_issuers(issuer: &str, flaw: Option<Flaw>) -> Vec<u8> {
    let said = extension("1.3.6.1.4.1.57264.1.8", false, &der::utf8(issuer));
    match flaw {
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

/// A certificate before it is signed.
pub(crate) struct Draft<'a> {
    authority: &'a Authority,
    serial: Vec<u8>,
    holder: Vec<u8>,
    valid: (Time, Time),
    extensions: Vec<Vec<u8>>,
}

impl Draft<'_> {
    /// One more extension.
    #[must_use]
    pub(crate) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// The TBSCertificate with these extensions at its end.
    pub(crate) fn tbs(&self, last: &[u8]) -> Vec<u8> {
        let authority = self.authority;
        let (serial, spki) = (&self.serial, &self.holder);
        let tbs = Tbs { serial, issuer: &authority.name, subject: EMPTY, valid: self.valid, spki };
        tbs.with(&authority.key, &[&self.extensions.concat(), last])
    }

    /// For the eyes of certificate logs alone (RFC 6962, 3.1).
    pub(crate) fn precertificate(&self) -> Result<Vec<u8>> {
        signed(&self.tbs(&sct::poison()), &self.authority.key)
    }

    /// With these promises in it; without any, it does not speak of them.
    pub(crate) fn certificate(&self, promises: &[Vec<u8>]) -> Result<Vec<u8>> {
        let list = if promises.is_empty() { Vec::new() } else { sct::list(promises) };
        signed(&self.tbs(&list), &self.authority.key)
    }
}

/// What an authority issues certificates for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
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
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    valid: (Time, Time),
    spki: &'a [u8],
}

impl Tbs<'_> {
    /// The TBSCertificate (RFC 5280, 4.1).
    fn with(&self, signer: &Key, extensions: &[&[u8]]) -> Vec<u8> {
        let [from, to] = [self.valid.0, self.valid.1].map(der::certificate_time);
        der::sequence(&[
            &der::context(0, &[&der::integer(&[2])]),
            &der::integer(self.serial),
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

pub(crate) fn distinguished(name: &str) -> Vec<u8> {
    let attribute = der::sequence(&[&der::oid("2.5.4.3"), &der::utf8(name)]);
    der::sequence(&[&der::set(&[&attribute])])
}

pub(crate) fn extension(kind: &str, critical: bool, value: &[u8]) -> Vec<u8> {
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

/// What the key is called, and that of the authority (RFC 5280, 4.2.1.1 and 4.2.1.2): the hash of its bits.
fn names(holder: &[u8], authority: &[u8]) -> Vec<u8> {
    let [own, above] = [holder, authority].map(|spki| {
        let bits = Reader::of_sequence(spki).and_then(|mut fields| {
            fields.take(0x30)?;
            fields.take(0x03).and_then(whole_bits)
        });
        // RFC 7093, section 2: the first 160 bits of a SHA-256.
        let [name @ .., _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32] = Sha256::digest(bits.unwrap_or(spki)).into();
        name
    });
    let own = extension("2.5.29.14", false, &der::octets(&own));
    [own, extension("2.5.29.35", false, &der::sequence(&[&der::element(0x80, &[&above])]))].concat()
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
