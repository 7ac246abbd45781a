//! Which algorithms an authority may sign with: certificates (RFC 5280) and timestamps (RFC 5652).

use crate::HashAlgorithm;
use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::aws_lc_rs as provider;
use x509_parser::der_parser::{Oid, oid};

type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// The algorithms that an authority may sign a certificate with.
pub(crate) const CERTIFICATE_ALGORITHMS: Algorithms = &[
    provider::ECDSA_P256_SHA256,
    provider::ECDSA_P256_SHA384,
    provider::ECDSA_P256_SHA512,
    provider::ECDSA_P384_SHA256,
    provider::ECDSA_P384_SHA384,
    provider::ECDSA_P384_SHA512,
    provider::ECDSA_P521_SHA256,
    provider::ECDSA_P521_SHA384,
    provider::ECDSA_P521_SHA512,
    provider::ED25519,
    provider::RSA_PKCS1_2048_8192_SHA256,
    provider::RSA_PKCS1_2048_8192_SHA384,
    provider::RSA_PKCS1_2048_8192_SHA512,
];

/// The algorithms that a CMS signature with this identifier may be of: one for each kind of key. `rsaEncryption` leaves
/// the hash to the digest algorithm beside it (RFC 3370, 3.2).
pub(crate) fn cms_algorithms(identifier: &[u8], digest: HashAlgorithm) -> Algorithms {
    let hash = |known: [Oid<'static>; 3]| {
        let hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
        known.iter().zip(hashes).find(|(oid, _)| oid.as_bytes() == identifier).map(|(_, hash)| hash)
    };
    if let Some(hash) = hash(ECDSA_WITH_SHA2) {
        ecdsa(hash)
    } else if let Some(hash) = hash(SHA2_WITH_RSA) {
        rsa(hash)
    } else if identifier == RSA_ENCRYPTION.as_bytes() {
        rsa(digest)
    } else {
        &[]
    }
}

const ECDSA_WITH_SHA2: [Oid<'static>; 3] =
    [oid!(1.2.840.10045.4.3.2), oid!(1.2.840.10045.4.3.3), oid!(1.2.840.10045.4.3.4)];
const SHA2_WITH_RSA: [Oid<'static>; 3] =
    [oid!(1.2.840.113549.1.1.11), oid!(1.2.840.113549.1.1.12), oid!(1.2.840.113549.1.1.13)];
const RSA_ENCRYPTION: Oid<'static> = oid!(1.2.840.113549.1.1.1);

fn ecdsa(hash: HashAlgorithm) -> Algorithms {
    match hash {
        HashAlgorithm::Sha256 => {
            const { &[provider::ECDSA_P256_SHA256, provider::ECDSA_P384_SHA256, provider::ECDSA_P521_SHA256] }
        }
        HashAlgorithm::Sha384 => {
            const { &[provider::ECDSA_P256_SHA384, provider::ECDSA_P384_SHA384, provider::ECDSA_P521_SHA384] }
        }
        HashAlgorithm::Sha512 => {
            const { &[provider::ECDSA_P256_SHA512, provider::ECDSA_P384_SHA512, provider::ECDSA_P521_SHA512] }
        }
    }
}

fn rsa(hash: HashAlgorithm) -> Algorithms {
    match hash {
        HashAlgorithm::Sha256 => const { &[provider::RSA_PKCS1_2048_8192_SHA256] },
        HashAlgorithm::Sha384 => const { &[provider::RSA_PKCS1_2048_8192_SHA384] },
        HashAlgorithm::Sha512 => const { &[provider::RSA_PKCS1_2048_8192_SHA512] },
    }
}
