//! Our reader of certificates against `x509-parser`'s: what both read is the same, and what it refuses is refused.

use super::Certificate;
use crate::{Time, Window, der, encoding, oid, vectors};
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    prelude::{FromDer, X509Certificate},
};

/// Every certificate in other projects' test data: signers, authorities, and all of x509-limbo.
fn certificates() -> Vec<Vec<u8>> {
    let mut ders = Vec::new();
    for folder in ["cpython", "sigstore-conformance", "trusted-roots", "x509-limbo"] {
        for text in vectors::files(folder) {
            if let Ok(json) = serde_json::from_slice(&text) {
                collect(&json, &mut ders);
            }
        }
    }
    ders.sort();
    ders.dedup();
    ders
}

fn collect(json: &serde_json::Value, found: &mut Vec<Vec<u8>>) {
    match json {
        serde_json::Value::String(text) => {
            let der = encoding::from_pem("CERTIFICATE", text).or_else(|| encoding::from_base64(text));
            found.extend(der.filter(|der| X509Certificate::from_der(der).is_ok_and(|(rest, _)| rest.is_empty())));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}

/// `Err` tells where the two differ; `Ok(false)` that one of them refuses: ours may, theirs alone may not.
fn compare(der: &[u8]) -> Result<bool, String> {
    let theirs = X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, read)| read);
    let (ours, theirs) = match (Certificate::parse(der), theirs) {
        (Ok(ours), Some(theirs)) => (ours, theirs),
        (Err(_), _) => return Ok(false),
        (Ok(_), None) => return Err("ours alone reads it".to_owned()),
    };
    let same = [
        ("serial", ours.serial == theirs.raw_serial()),
        ("issuer", ours.issuer == theirs.issuer().as_raw()),
        ("subject", ours.subject == theirs.subject().as_raw()),
        ("public key", ours.public_key == theirs.public_key().raw),
        ("validity", ours.validity == window(&theirs)),
        ("extensions", extensions_are_the_same(&ours, &theirs)),
        ("contents", contents_are_the_same(&ours, &theirs)),
    ];
    same.iter().find(|(_, same)| !same).map_or(Ok(true), |(what, _)| Err(format!("{what} differs")))
}

fn window(theirs: &X509Certificate<'_>) -> Window {
    let [from, to] = [theirs.validity().not_before, theirs.validity().not_after];
    Window::new(Time::from_unix(from.timestamp()), Some(Time::from_unix(to.timestamp())))
}

fn extensions_are_the_same(ours: &Certificate<'_>, theirs: &X509Certificate<'_>) -> bool {
    let theirs = theirs.extensions().iter().map(|it| (it.oid.as_bytes(), it.critical, it.value));
    ours.extensions().map(|it| (it.kind, it.critical, it.value)).eq(theirs)
}

/// What ours cannot read, it refuses; what it does read, it reads as theirs does.
fn contents_are_the_same(ours: &Certificate<'_>, theirs: &X509Certificate<'_>) -> bool {
    theirs.extensions().iter().all(|extension| match extension.parsed_extension() {
        ParsedExtension::KeyUsage(usage) => ours.key_usage().ok().flatten().is_none_or(|ours| {
            (ours.digital_signature, ours.key_cert_sign) == (usage.digital_signature(), usage.key_cert_sign())
        }),
        ParsedExtension::BasicConstraints(limits) => ours
            .basic_constraints()
            .ok()
            .flatten()
            .is_none_or(|ours| (ours.authority, ours.path_length) == (limits.ca, limits.path_len_constraint)),
        ParsedExtension::ExtendedKeyUsage(usage) => ours.extended_key_usage().ok().flatten().is_none_or(|ours| {
            let known = [
                (oid::ANY_USAGE, usage.any),
                (oid::CODE_SIGNING, usage.code_signing),
                (oid::TIME_STAMPING, usage.time_stamping),
            ];
            known.iter().all(|(kind, there)| ours.contains(kind) == *there)
        }),
        ParsedExtension::SubjectKeyIdentifier(id) => {
            ours.subject_key_id().ok().flatten().is_none_or(|ours| ours == id.0)
        }
        ParsedExtension::SubjectAlternativeName(names) => {
            ours.alternative_names().ok().flatten().and_then(|names| der::all(names.rest())).is_none_or(|ours| {
                ours.len() == names.general_names.len()
                    && ours.iter().zip(&names.general_names).all(|(ours, theirs)| match (ours.tag, theirs) {
                        (0x81, GeneralName::RFC822Name(name)) | (0x86, GeneralName::URI(name)) => {
                            ours.content == name.as_bytes()
                        }
                        // Theirs takes no such name for one; ours neither, when it becomes an identity.
                        (tag, _) => (tag != 0x81 && tag != 0x86) || !ours.content.is_ascii(),
                    })
            })
        }
        _ => true,
    })
}

/// Names are compared and never read here, and the public key is read by `VerifyingKey` alone.
fn left_to_others(der: &[u8], at: usize) -> bool {
    let Ok(certificate) = Certificate::parse(der) else { return false };
    [certificate.issuer, certificate.subject, certificate.public_key].iter().any(|field| {
        let start = field.as_ptr().addr() - der.as_ptr().addr();
        (start..start + field.len()).contains(&at)
    })
}

#[test]
fn every_certificate_of_others_is_read_as_x509_parser_reads_it() {
    let (mut read, mut refused) = (0, 0);
    for der in certificates() {
        match compare(&der) {
            Ok(true) => read += 1,
            Ok(false) => refused += 1,
            Err(what) => panic!("{what}: {}", encoding::to_base64(&der)),
        }
    }
    // x509-limbo's certificate whose two signature algorithms are not the same.
    vectors::counted("x509-parser as oracle", (read, refused), (870, 1));
}

/// Every byte of a signer's and of an authority's certificate, changed in several ways.
#[test]
fn a_changed_certificate_is_read_as_x509_parser_reads_it_or_refused() {
    let all = certificates();
    let (mut read, mut refused) = (0, 0);
    for der in all.iter().step_by((all.len() / 12).max(1)) {
        for at in 0..der.len() {
            for change in [0x01, 0x02, 0x20, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[at] ^= change;
                match compare(&changed) {
                    Ok(true) => read += 1,
                    Ok(false) => refused += 1,
                    Err(_) if left_to_others(&changed, at) => refused += 1,
                    Err(what) => panic!("{what} at {at} ^ {change:#x}: {}", encoding::to_base64(&changed)),
                }
            }
        }
    }
    assert!(all.is_empty() || (read > 10_000 && refused > 1_000), "{read} read alike, {refused} refused by ours");
}
