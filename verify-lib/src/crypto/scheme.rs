//! Which algorithms an authority may sign with: certificates (RFC 5280) and timestamps (RFC 5652).

use super::{Backend, Chosen, Curve, Padding, RSA_BITS, rsa_modulus_bits};
use crate::HashAlgorithm;
use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// A kind of key, and how it signs: what webpki looks for by the identifiers in certificates.
#[derive(Debug)]
struct Scheme {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    with: With,
}

#[derive(Debug, Clone, Copy)]
enum With {
    Ecdsa(Curve, HashAlgorithm),
    Rsa(HashAlgorithm),
    Ed25519,
}

impl SignatureVerificationAlgorithm for Scheme {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let verified = match self.with {
            With::Ecdsa(curve, hash) => Chosen::ecdsa_verify_once(curve, key, &hash.hash(message), signature),
            With::Rsa(hash) => rsa_modulus_bits(key)
                .filter(|bits| RSA_BITS.contains(bits))
                .and_then(|_| Chosen::rsa_key(key))
                .is_some_and(|key| Chosen::rsa_verify(&key, Padding::Pkcs1, &hash.hash(message), signature)),
            With::Ed25519 => ed25519(key, message, signature).is_some(),
        };
        if verified { Ok(()) } else { Err(InvalidSignature) }
    }
}

fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify_strict(message, &signature).ok()
}

const fn ecdsa(curve: Curve, hash: HashAlgorithm) -> Scheme {
    let key = match curve {
        Curve::P256 => alg_id::ECDSA_P256,
        Curve::P384 => alg_id::ECDSA_P384,
        Curve::P521 => alg_id::ECDSA_P521,
    };
    let signature = match hash {
        HashAlgorithm::Sha256 => alg_id::ECDSA_SHA256,
        HashAlgorithm::Sha384 => alg_id::ECDSA_SHA384,
        HashAlgorithm::Sha512 => alg_id::ECDSA_SHA512,
    };
    Scheme { key, signature, with: With::Ecdsa(curve, hash) }
}

const fn rsa(hash: HashAlgorithm) -> Scheme {
    let signature = match hash {
        HashAlgorithm::Sha256 => alg_id::RSA_PKCS1_SHA256,
        HashAlgorithm::Sha384 => alg_id::RSA_PKCS1_SHA384,
        HashAlgorithm::Sha512 => alg_id::RSA_PKCS1_SHA512,
    };
    Scheme { key: alg_id::RSA_ENCRYPTION, signature, with: With::Rsa(hash) }
}

const P256_SHA256: &Scheme = &ecdsa(Curve::P256, HashAlgorithm::Sha256);
const P256_SHA384: &Scheme = &ecdsa(Curve::P256, HashAlgorithm::Sha384);
const P256_SHA512: &Scheme = &ecdsa(Curve::P256, HashAlgorithm::Sha512);
const P384_SHA256: &Scheme = &ecdsa(Curve::P384, HashAlgorithm::Sha256);
const P384_SHA384: &Scheme = &ecdsa(Curve::P384, HashAlgorithm::Sha384);
const P384_SHA512: &Scheme = &ecdsa(Curve::P384, HashAlgorithm::Sha512);
const P521_SHA512: &Scheme = &ecdsa(Curve::P521, HashAlgorithm::Sha512);
const ED25519: &Scheme = &Scheme { key: alg_id::ED25519, signature: alg_id::ED25519, with: With::Ed25519 };
const RSA_SHA256: &Scheme = &rsa(HashAlgorithm::Sha256);
const RSA_SHA384: &Scheme = &rsa(HashAlgorithm::Sha384);
const RSA_SHA512: &Scheme = &rsa(HashAlgorithm::Sha512);

/// The algorithms that an authority may sign a certificate with. SHA-1 is not among them, nor is a hash that is shorter
/// than half of P-521.
pub(crate) const CERTIFICATE_ALGORITHMS: Algorithms = &[
    P256_SHA256,
    P256_SHA384,
    P256_SHA512,
    P384_SHA256,
    P384_SHA384,
    P384_SHA512,
    P521_SHA512,
    ED25519,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::from_base64;

    /// By openssl, over `clay`: an RSAPublicKey, and its signature.
    const OF_2048_BITS: [&str; 2] = [
        "MIIBCgKCAQEAi7tHme0oWO263OBn57y9WEVRR2sbyAi7xNMwZ6CkrsCCMlyRBjdvZHiytJ7kK2kGVNZQom3N47lo1AVTwcHi2JBwYGxmdvGvLhJEc5BtkRRuFcUCmhrKr0wOSMmt8LCk/DuQWoHxXbIeBA+W/5DLb0YHsoZ25CkugmmfLnuMwHVh3lNcBEC6w9lRxhSIg7P9NjojS5pK8HLM5+3ZtPmKXL1k1a3uh0Qw10SKEZUdF98YeLu67Tr3cZPEry/D17+25JKy9e93dDNxIb4Abt+VhVZpwN74dpVhoM5SM0ZE/vqVCEv8IFNxcO4ymyMWdyghke27Ts+DZmIjicxR6EvrKQIDAQAB",
        "Z8j+fKAzXTOFkfd8qni0mw76tUOz0Q0C/4s6mhKbTWtjI2xnoF2Zj5PPYOLnCXY50crgiseKciGpjdU5EUhKxkHrlrELT+bbg+7ranM6WhlqRhzhGCgPfSI7RIM67fpvSGa7LDL3sRsdS/unRW8wt6wYCO7hIfeC90rUJaq81MtdkcgrZrZ1oS4H8szXIhtjbCd6pVU5beW+/csn2zvbaI+H3gYkMOTDSvmrk+DLzisFeY7D/NY9Mz4hwnuI9kSoEDjuidHz/baeTY6tLzUhYSapYrahunQ6DbcZrSYHjHu+SSnV8W3Vd+g+p4ubi7SWyMmKRRpmBH6SMLhCKXbKPA==",
    ];
    const OF_1024_BITS: [&str; 2] = [
        "MIGJAoGBAOMuUuckuEXoVEKqO7z2fx74gJdgrR6/nUJ+Q5VKvRyFU4FRM60WIYmY2je+ETlcE5ycSdS7GhbumTXpYCHxYhwhGFbAVZrjDxy7X/OCvvKwLORvZMoXDqqvE7qUuZVi4NoYDEVzHKVSM747Qwx0YEW6G1FY3WsIgSSW2GtNNKjrAgMBAAE=",
        "p7WPcu9pW6vtShaMDI1q+wl4a5PvaOFtRAPMMx+WcbRjPwTEiEnfC0zCOs2oOx/IEOlctgcRGJrhBfpaghZGHPgv7l4eaZlC8Yv5GgfZQuh/D13NMt8qAKy3gUtM28uy3yEtzWuBL7EdJIvJE0d2JR8yCZTKZ6hh0k7IEranPf4=",
    ];
    const OF_4104_BITS: [&str; 2] = [
        "MIICCwKCAgIA0TvbeiwtITrRXEH/BjhQgtElra2guVs+P2EOv4R2MAtZgLlGhXJxcbVq4N1i+GUSPx/3tsCJCdKWXD6ZgJWmU8vdEepxteYrlZ4/PG7Sj6NdllbIcQYjz0aclFcIsrmcZQg9plqHyOPGJpfAErmjsOWBRrYhfNkxuVTWhWtrVd+Wt7ZcUzYh1bX5X0PNod1Tqt3V031Wi9Ji+xAUgGHbriuxxICiXPtyJFP03RfdyUGa9b4ROfxTq18MzwDz9Dnyv97+CcxzSlwb2zhCFP+z31UqyzZd8mfoxNwU4rD6KvNfjv8l7pT7xrhT/dUk92R7gYPpsN9aEIojB2yZuH95QUsHF7V0I08IWAlpQippmgByeqswDHsEupDdHixVhsyG/SXQcOFr9ecoWmlpyDbCBaAC41U9tqpIZIDWpDVlGYZYBaPPKFDU0Xf2/WdCua1pswQ3bXP3Fn1OKJLNe0wbaw0uQqfprCEulB4nQfPqI12BqALmh5nOZEx7Q5qUsfdl0DnLVtNVLs7I3aHugIVlDmwdksgHp+JvTyV7eziWeib9SOq3/7kJkMXc2di2gjKhattrlfoBHTDoKNKYTSgPD5Mefkrv8YSKcy+uh+3rveCVi7Z7Z6FWyneGMm/FUgJNcPL9zoZM2JiHd4i4fsPKMfD8IJjYOR5SPNHUM9drfVN9AgMBAAE=",
        "NpOdUihsmCAh9yZl/aRHeEkWC45ktQ/EUoS+98gboXoyrTbEAHI5fdQNtsxlejpU9d1fG+XW7UVytT57hatxAzwWb0tJ7IrDXweeq8v2yBv77WbFI4L7q9lYJRVI2YTXXoimemNofjdQKTg/xUvlwhM+9Q1/ucwI/8NvCSXT4+NIXKH3CT3EJxmHGqKTXUuw93xRMsv3SOPg17i8UeEvKkSbpjkL2DMrMSJTnLXyPO78s8MN8cX19L4zeYkOnKIDLFAgODQD0VXj8K0VbMjJJR+HJLiXob1MCOdp0eECD9EHvyuSpZuhgbXKsC/Oid4Mwhz8zV0OeCl/FxBPhQd4gGx6b4F7clhivmrjt6OVO6oOFa6XiO/plEg9liAzD5DVFqyaQ+0OprOm+Mf0H16DpxazZG4q5aknvQYeCZJo4z8XVX1fE2O5MAMmEGeVzpDHEWUnwchSpWhOb/wxPQATFZujlcPHQv/XtzaxBsirneKLTsmAYJ3TPCCvYWXb6WLpCWFU7gDaOMRhrjZ9FtW9BQS6gfY+PmTFa28w1dtyVFyP3e5G9OmAzDqj9dVaNUwwQBfaUyTHPmScqy5h00FJ68SbkWoI8OClUZvLXYmQYF8g7WdLp19kj4sL9Tw/Wvz6AhJ629LEsSHtoTVBQNvHQmZmZA6petQysJX7tsmyjnvo",
    ];

    /// One of the libraries would take keys of 1024 bits, and the other of 4104.
    #[test]
    fn an_authority_with_a_weak_key_signs_nothing() {
        let verdict = |pair: [&str; 2]| {
            let [key, signature] = pair.map(|text| from_base64(text).expect("base64"));
            RSA_SHA256.verify_signature(&key, b"clay", &signature).is_ok()
        };
        assert!(verdict(OF_2048_BITS));
        assert!(!verdict(OF_1024_BITS));
        assert!(!verdict(OF_4104_BITS));
        for bits in [2047, 4097, 8192] {
            assert!(!RSA_BITS.contains(&bits));
        }
    }
}
