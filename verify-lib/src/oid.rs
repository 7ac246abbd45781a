//! Object identifiers, as the content of their DER (X.690, 8.19).

use crate::error::shown;

/// id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480, 2.1.1).
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// secp256r1, 1.2.840.10045.3.1.7 (RFC 5480, 2.1.1.1).
pub(crate) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// secp384r1, 1.3.132.0.34.
pub(crate) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// secp521r1, 1.3.132.0.35.
pub(crate) const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
/// ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758, 3.2).
pub(crate) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// ecdsa-with-SHA384, 1.2.840.10045.4.3.3.
pub(crate) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
/// ecdsa-with-SHA512, 1.2.840.10045.4.3.4.
pub(crate) const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
/// id-Ed25519, 1.3.101.112 (RFC 8410, 3).
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017, A.1).
pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// id-RSASSA-PSS, 1.2.840.113549.1.1.10 (RFC 8017, A.2.3).
pub(crate) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// sha256WithRSAEncryption, 1.2.840.113549.1.1.11 (RFC 8017, A.2.4).
pub(crate) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
/// sha384WithRSAEncryption, 1.2.840.113549.1.1.12.
pub(crate) const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
/// sha512WithRSAEncryption, 1.2.840.113549.1.1.13.
pub(crate) const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
/// id-sha256, 2.16.840.1.101.3.4.2.1 (RFC 5754, 2.2).
pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// id-sha384, 2.16.840.1.101.3.4.2.2.
pub(crate) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
/// id-sha512, 2.16.840.1.101.3.4.2.3.
pub(crate) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];

/// id-ce-subjectKeyIdentifier, 2.5.29.14 (RFC 5280, 4.2.1.2).
pub(crate) const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
/// id-ce-keyUsage, 2.5.29.15 (RFC 5280, 4.2.1.3).
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// id-ce-subjectAltName, 2.5.29.17 (RFC 5280, 4.2.1.6).
pub(crate) const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// id-ce-issuerAltName, 2.5.29.18 (RFC 5280, 4.2.1.7).
pub(crate) const ISSUER_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x12];
/// id-ce-basicConstraints, 2.5.29.19 (RFC 5280, 4.2.1.9).
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// id-ce-nameConstraints, 2.5.29.30 (RFC 5280, 4.2.1.10).
pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
/// id-ce-certificatePolicies, 2.5.29.32 (RFC 5280, 4.2.1.4).
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 0x20];
/// id-ce-authorityKeyIdentifier, 2.5.29.35 (RFC 5280, 4.2.1.1).
pub(crate) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
/// id-ce-extKeyUsage, 2.5.29.37 (RFC 5280, 4.2.1.12).
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// anyExtendedKeyUsage, 2.5.29.37.0.
pub(crate) const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
/// id-kp-codeSigning, 1.3.6.1.5.5.7.3.3.
pub(crate) const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
/// id-kp-timeStamping, 1.3.6.1.5.5.7.3.8.
pub(crate) const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
/// SignedCertificateTimestampList, 1.3.6.1.4.1.11129.2.4.2 (RFC 6962, 3.3).
pub(crate) const SCT_LIST: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];

/// id-signedData, 1.2.840.113549.1.7.2 (RFC 5652, 5.1).
pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// id-contentType, 1.2.840.113549.1.9.3 (RFC 5652, 11.1).
pub(crate) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
/// id-messageDigest, 1.2.840.113549.1.9.4 (RFC 5652, 11.2).
pub(crate) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// id-aa-signingCertificateV2, 1.2.840.113549.1.9.16.2.47 (RFC 5035, 3).
pub(crate) const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
/// id-ct-TSTInfo, 1.2.840.113549.1.9.16.1.4 (RFC 3161, 2.4.2).
pub(crate) const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// Fulcio's arc, 1.3.6.1.4.1.57264.1 (sigstore/fulcio, `docs/oid-info.md`), to which each of its extensions adds one byte.
pub(crate) const FULCIO: &[u8; 9] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01];

/// Fulcio's with that number, below 128.
pub(crate) const fn of_fulcio(number: u8) -> [u8; 10] {
    let &[a, b, c, d, e, f, g, h, i] = FULCIO;
    [a, b, c, d, e, f, g, h, i, number]
}

/// In dotted form, for messages; the content in hex if it is not one.
pub(crate) fn dotted(oid: &[u8]) -> String {
    let dotted = arcs(oid).map(|arcs| arcs.iter().map(u32::to_string).collect::<Vec<_>>().join("."));
    shown(dotted.unwrap_or_else(|| crate::digest::to_hex(oid)))
}

/// Its arcs, each below 2^32; the first two share a number.
fn arcs(oid: &[u8]) -> Option<Vec<u32>> {
    let (mut arcs, mut arc) = (Vec::new(), 0u32);
    for byte in oid {
        arc = arc.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    let whole = oid.last()? & 0x80 == 0;
    whole.then_some(arcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The comment of each constant above, held against its bytes.
    #[test]
    fn every_identifier_is_the_one_that_its_comment_names() {
        let mut checked = 0;
        for constant in include_str!("oid.rs").split("\n/// ").skip(1) {
            let Some((comment, rest)) = constant.split_once("pub(crate) const ") else { continue };
            let named = comment
                .split([' ', ',', '\n'])
                .map(|word| word.trim_end_matches('.'))
                .find(|word| word.starts_with(|first| ('0'..='2').contains(&first)));
            let bytes = rest.split_once("&[0x").and_then(|(_, bytes)| bytes.split_once(']')).expect("bytes").0;
            let bytes: Vec<u8> = format!("0x{bytes}")
                .split(", ")
                .map(|byte| u8::from_str_radix(byte.trim_start_matches("0x"), 16).expect("a byte"))
                .collect();
            assert_eq!(Some(dotted(&bytes).as_str()), named, "{comment}");
            checked += 1;
            if rest.starts_with("FULCIO") {
                break;
            }
        }
        assert_eq!(checked, 35);
    }

    #[test]
    fn those_of_fulcio_are_in_its_arc() {
        assert_eq!(dotted(&of_fulcio(24)), format!("{}.24", dotted(FULCIO)));
    }

    #[test]
    fn what_is_not_an_identifier_is_shown_in_hex() {
        assert_eq!(dotted(&[0x2a, 0x86]), "2a86");
        assert_eq!(dotted(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), "ffffffffff7f");
    }
}
