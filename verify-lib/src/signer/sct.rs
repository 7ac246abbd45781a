//! Signed certificate timestamps: the certificate logs know of this certificate (RFC 6962, 3.2 and 3.3).

use super::certificate::extension;
use crate::{
    Time, VerifyError, budget,
    bundle::within,
    der,
    trust::{Issuer, Log, Voucher, distinct},
};
use x509_parser::{
    der_parser::{Oid, oid},
    prelude::X509Certificate,
};

/// SignedCertificateTimestampList (RFC 6962, 3.3).
const SCT_LIST: Oid<'static> = oid!(1.3.6.1.4.1.11129.2.4.2);

struct Sct<'a> {
    log_id: [u8; 32],
    /// Milliseconds since 1970.
    timestamp: u64,
    extensions: &'a [u8],
    signature: &'a [u8],
}

/// Proves that `needed` distinct certificate logs have signed the certificate, as `issuer` issued it.
///
/// One of a log that nobody trusts counts for nothing; one that a trusted log has not signed refuses.
pub(super) fn verify(
    leaf_der: &[u8],
    leaf: &X509Certificate<'_>,
    issuer: &Issuer,
    logs: &[Log],
    needed: usize,
) -> Result<(), VerifyError> {
    let list = extension(leaf, &SCT_LIST)?.map_or(Ok(&[][..]), |extension| {
        der::only(der::OCTET_STRING, extension.value).ok_or(malformed("not an octet string"))
    })?;
    let scts = if list.is_empty() { Vec::new() } else { parse_list(list)? };
    let precertificate = precertificate(leaf_der).ok_or(malformed("its certificate cannot be taken apart"))?;
    let mut vouching: Vec<&Voucher> = Vec::new();
    for sct in &scts {
        let message = sct.signed_message(issuer, &precertificate).ok_or(malformed("too long a certificate"))?;
        for log in logs.iter().filter(|log| log.is(&sct.log_id)) {
            log.trusted_at(sct.time()?)?;
            if log.has_signed(&message, sct.signature) {
                vouching.push(log.voucher());
            }
        }
    }
    let found = distinct(vouching.into_iter());
    if found >= needed { Ok(()) } else { Err(VerifyError::SctThreshold { needed, found }) }
}

impl Sct<'_> {
    fn time(&self) -> Result<Time, VerifyError> {
        i64::try_from(self.timestamp / 1000).map(Time::from_unix).map_err(|_| malformed("its time"))
    }

    /// The `digitally-signed` structure of RFC 6962, 3.2, for a precertificate.
    fn signed_message(&self, issuer: &Issuer, precertificate: &[u8]) -> Option<Vec<u8>> {
        let mut message = vec![0 /* v1 */, 0 /* certificate_timestamp */];
        message.extend(self.timestamp.to_be_bytes());
        message.extend(1u16.to_be_bytes()); // precert_entry
        message.extend(issuer.key_hash());
        let [0, length @ ..] = u32::try_from(precertificate.len()).ok()?.to_be_bytes() else { return None };
        message.extend(length);
        message.extend(precertificate);
        message.extend(u16::try_from(self.extensions.len()).ok()?.to_be_bytes());
        message.extend(self.extensions);
        Some(message)
    }
}

fn malformed(reason: &'static str) -> VerifyError {
    VerifyError::SctMalformed { reason }
}

fn parse_list(list: &[u8]) -> Result<Vec<Sct<'_>>, VerifyError> {
    let cut = || malformed("its list is cut short or too long");
    let mut rest = vector(list).filter(|(_, rest)| rest.is_empty()).ok_or_else(cut)?.0;
    let mut scts = Vec::new();
    while !rest.is_empty() {
        let (sct, after) = vector(rest).ok_or_else(cut)?;
        scts.push(parse(sct).ok_or(malformed("not of version 1"))?);
        within("certificate timestamps", budget::SCTS, scts.len())?;
        rest = after;
    }
    Ok(scts)
}

/// RFC 6962, 3.2; the signature's two algorithm bytes (RFC 5246, 7.4.1.4.1) are skipped, since the log's key tells.
fn parse(sct: &[u8]) -> Option<Sct<'_>> {
    let (&[version], rest) = sct.split_first_chunk::<1>()?;
    let (&log_id, rest) = rest.split_first_chunk::<32>()?;
    let (&timestamp, rest) = rest.split_first_chunk::<8>()?;
    let (extensions, rest) = vector(rest)?;
    let (_algorithm, rest) = rest.split_first_chunk::<2>()?;
    let (signature, rest) = vector(rest)?;
    let whole = version == 0 && rest.is_empty();
    whole.then_some(Sct { log_id, timestamp: u64::from_be_bytes(timestamp), extensions, signature })
}

/// Bytes with their length, two bytes, before them (RFC 5246, 4.3).
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(length).into())
}

/// The TBSCertificate without its SCT list: what the log was shown (RFC 6962, 3.2). All other bytes stay as they are.
fn precertificate(leaf: &[u8]) -> Option<Vec<u8>> {
    let certificate = der::all(der::only(der::SEQUENCE, leaf)?)?;
    let mut fields = der::all(certificate.first().filter(|tbs| tbs.tag == der::SEQUENCE)?.content)?;
    let extensions = fields.pop().filter(|field| field.tag == EXTENSIONS)?;
    let mut kept = Vec::with_capacity(leaf.len());
    for extension in der::all(der::only(der::SEQUENCE, extensions.content)?)? {
        if !is_sct_list(extension.content) {
            kept.extend_from_slice(extension.whole);
        }
    }
    let mut tbs = Vec::with_capacity(leaf.len());
    fields.iter().for_each(|field| tbs.extend_from_slice(field.whole));
    tbs.extend(der::write(EXTENSIONS, &der::write(der::SEQUENCE, &kept)?)?);
    der::write(der::SEQUENCE, &tbs)
}

/// `[3] EXPLICIT Extensions` (RFC 5280, 4.1).
const EXTENSIONS: u8 = 0xa3;

fn is_sct_list(extension: &[u8]) -> bool {
    der::first(extension).is_some_and(|(kind, _)| kind.tag == der::OID && kind.content == SCT_LIST.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixed(bytes: &[u8]) -> Vec<u8> {
        [&u16::try_from(bytes.len()).expect("short").to_be_bytes(), bytes].concat()
    }

    fn sct(version: u8) -> Vec<u8> {
        [&[version][..], &[7; 32], &[0; 8], &prefixed(b"ext"), &[4, 3], &prefixed(b"signature")].concat()
    }

    fn list(scts: &[Vec<u8>]) -> Vec<u8> {
        prefixed(&scts.iter().flat_map(|sct| prefixed(sct)).collect::<Vec<_>>())
    }

    #[test]
    fn a_list_is_read_with_its_extensions() {
        let bytes = list(&[sct(0), sct(0)]);
        let scts = parse_list(&bytes).expect("a list");
        assert_eq!((scts.len(), scts[1].extensions, scts[1].signature), (2, &b"ext"[..], &b"signature"[..]));
    }

    #[test]
    fn another_version_and_cut_or_trailing_bytes_are_refused() {
        let whole = list(&[sct(0)]);
        let trailing = [&whole[..], b"x"].concat();
        for bytes in [list(&[sct(1)]), whole[..whole.len() - 1].to_vec(), trailing, list(&[sct(0)[1..].to_vec()])] {
            assert_eq!(parse_list(&bytes).err().map(|error| error.code()), Some("sct-malformed"));
        }
    }

    #[test]
    fn one_too_many_is_over_budget() {
        assert!(parse_list(&list(&vec![sct(0); budget::SCTS])).is_ok());
        let bytes = list(&vec![sct(0); budget::SCTS + 1]);
        let found = parse_list(&bytes);
        assert_eq!(found.err().map(|error| error.code()), Some("over-budget"));
    }
}
