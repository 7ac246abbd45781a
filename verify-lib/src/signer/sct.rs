//! Signed certificate timestamps: the certificate logs know of this certificate (RFC 6962, 3.2 and 3.3).

use crate::{
    Time, VerifyError, budget, der, oid,
    trust::{Issuer, Log, distinct},
    x509::Certificate,
};

struct Sct<'a> {
    log_id: [u8; 32],
    /// Milliseconds since 1970.
    timestamp: u64,
    /// Two bytes before them (RFC 6962, 3.2).
    extensions_length: [u8; 2],
    extensions: &'a [u8],
    signature: &'a [u8],
}

/// Proves that `needed` distinct certificate logs have signed the certificate, as `issuer` issued it: their promises are in
/// it, and one may lie beside it.
///
/// One of a log that nobody trusts counts for nothing; one that a trusted log has not signed refuses.
pub(super) fn verify(
    leaf: &Certificate<'_>,
    detached: Option<&[u8]>,
    issuer: &Issuer,
    logs: &[Log],
    needed: usize,
) -> Result<(), VerifyError> {
    let list = leaf.extension(oid::SCT_LIST).map_err(|_| malformed("its list is there twice"))?;
    let list = list.map_or(Ok(&[][..]), |extension| {
        der::only(der::OCTET_STRING, extension.value).ok_or(malformed("not an octet string"))
    })?;
    let scts = if list.is_empty() { Vec::new() } else { parse_list(list)? };
    let detached = detached.map(|sct| parse(sct).ok_or(malformed("not of version 1"))).transpose()?;
    let unreadable = malformed("its certificate has no extensions, or too many");
    let precertificate = LogEntry::Precertificate(issuer, Precertificate::of(leaf).ok_or(unreadable)?);
    let certificate = LogEntry::Certificate(leaf.der);
    let mut vouching = Vec::with_capacity(scts.len() + 1);
    let shown = scts.iter().map(|sct| (sct, &precertificate)).chain(detached.iter().map(|sct| (sct, &certificate)));
    for (sct, entry) in shown {
        let Some(log) = logs.iter().find(|log| log.is(&sct.log_id)) else { continue };
        log.trusted_at(sct.time()?)?;
        if !log.has_signed(&|say| sct.say_signed(entry, say), sct.signature) {
            return Err(VerifyError::SctSignature { log: log.name().to_owned() });
        }
        vouching.push(log.voucher());
    }
    let found = distinct(vouching.iter().copied());
    if found >= needed { Ok(()) } else { Err(VerifyError::SctThreshold { needed, found }) }
}

impl Sct<'_> {
    fn time(&self) -> Result<Time, VerifyError> {
        i64::try_from(self.timestamp / 1000).map(Time::from_unix).map_err(|_| malformed("its time"))
    }

    /// The `digitally-signed` structure of RFC 6962, 3.2.
    fn say_signed(&self, entry: &LogEntry<'_>, say: &mut dyn FnMut(&[u8])) {
        say(&[0 /* v1 */, 0 /* certificate_timestamp */]);
        say(&self.timestamp.to_be_bytes());
        entry.say(say);
        say(&self.extensions_length);
        say(self.extensions);
    }
}

/// What the log was shown: what was to become the certificate, or the certificate itself (RFC 6962, 3.1 and 3.2).
enum LogEntry<'a> {
    Precertificate(&'a Issuer, Precertificate<'a>),
    Certificate(&'a [u8]),
}

impl LogEntry<'_> {
    fn say(&self, say: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Precertificate(issuer, precertificate) => {
                say(&1u16.to_be_bytes()); // precert_entry
                say(issuer.key_hash());
                precertificate.say(say);
            }
            Self::Certificate(der) => {
                say(&0u16.to_be_bytes()); // x509_entry
                // Three bytes of length, and no certificate of a bundle is half as long as they can say.
                let [_, length @ ..] = u32::try_from(der.len()).unwrap_or(u32::MAX).to_be_bytes();
                say(&length);
                say(der);
            }
        }
    }
}

/// The TBSCertificate without its SCT list: what the log was shown (RFC 6962, 3.2). All other bytes stay as they are, and
/// where they are.
struct Precertificate<'a> {
    /// Three bytes before it (RFC 6962, 3.2).
    length: [u8; 3],
    headers: [der::Header; 3],
    fields: &'a [u8],
    extensions: (&'a [u8], &'a [u8]),
}

impl<'a> Precertificate<'a> {
    fn of(leaf: &Certificate<'a>) -> Option<Self> {
        let (before, after) = leaf.extensions_around(oid::SCT_LIST)?;
        let list = der::Header::of(der::SEQUENCE, before.len() + after.len())?;
        let list_length = list.as_bytes().len() + before.len() + after.len();
        let explicit = der::Header::of(der::CONTEXT_3, list_length)?;
        let tbs_length = leaf.before_extensions.len() + explicit.as_bytes().len() + list_length;
        let tbs = der::Header::of(der::SEQUENCE, tbs_length)?;
        let whole = u32::try_from(tbs.as_bytes().len() + tbs_length).ok()?;
        let [0, length @ ..] = whole.to_be_bytes() else { return None };
        let headers = [tbs, explicit, list];
        Some(Self { length, headers, fields: leaf.before_extensions, extensions: (before, after) })
    }

    fn say(&self, say: &mut dyn FnMut(&[u8])) {
        let [tbs, explicit, list] = &self.headers;
        let (before, after) = self.extensions;
        for piece in [&self.length, tbs.as_bytes(), self.fields, explicit.as_bytes(), list.as_bytes(), before, after] {
            say(piece);
        }
    }
}

fn malformed(reason: &'static str) -> VerifyError {
    VerifyError::SctMalformed { reason }
}

fn parse_list(list: &[u8]) -> Result<Vec<Sct<'_>>, VerifyError> {
    let cut = || malformed("its list is cut short or too long");
    let mut rest = vector(list).filter(|(_, rest)| rest.is_empty()).ok_or_else(cut)?.0;
    let mut scts = Vec::with_capacity(1); // Fulcio's certificates have one.
    while !rest.is_empty() {
        let (sct, after) = vector(rest).ok_or_else(cut)?;
        scts.push(parse(sct).ok_or(malformed("not of version 1"))?);
        budget::within("certificate timestamps", budget::SCTS, scts.len())?;
        rest = after;
    }
    Ok(scts)
}

/// RFC 6962, 3.2; the signature's two algorithm bytes (RFC 5246, 7.4.1.4.1) are skipped, since the log's key tells.
fn parse(sct: &[u8]) -> Option<Sct<'_>> {
    let (&[version], rest) = sct.split_first_chunk::<1>()?;
    let (&log_id, rest) = rest.split_first_chunk::<32>()?;
    let (&timestamp, rest) = rest.split_first_chunk::<8>()?;
    let (&extensions_length, _) = rest.split_first_chunk::<2>()?;
    let (extensions, rest) = vector(rest)?;
    let (_algorithm, rest) = rest.split_first_chunk::<2>()?;
    let (signature, rest) = vector(rest)?;
    let whole = version == 0 && rest.is_empty();
    let timestamp = u64::from_be_bytes(timestamp);
    whole.then_some(Sct { log_id, timestamp, extensions_length, extensions, signature })
}

/// Bytes with their length, two bytes, before them (RFC 5246, 4.3).
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(length).into())
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
