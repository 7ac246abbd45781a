//! The one door to cryptography: two libraries behind one trait, of which one is chosen when this crate is compiled.
//!
//! Ed25519 is `ed25519-dalek`'s in both, since it alone offers the prehashed form and strict verification.

#[cfg(not(feature = "pure-rust"))]
mod aws_lc;
#[cfg(feature = "pure-rust")]
mod pure_rust;
mod rsa;
mod scheme;

#[cfg(not(feature = "pure-rust"))]
pub(crate) use aws_lc::AwsLc as Chosen;
#[cfg(feature = "pure-rust")]
pub(crate) use pure_rust::PureRust as Chosen;
pub(crate) use rsa::{RSA_BITS, rsa_modulus_bits};
pub(crate) use scheme::CERTIFICATE_ALGORITHMS;

use crate::HashValue;

#[cfg(not(any(feature = "aws-lc-rs", feature = "pure-rust")))]
compile_error!("choose a cryptographic library: the feature `aws-lc-rs` (the default) or `pure-rust`");

/// A curve of FIPS 186-5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// How a hash is padded for RSA (RFC 8017, section 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Padding {
    Pkcs1,
    /// With MGF1 over the same hash, and a salt of its length.
    Pss,
}

/// What verification needs of a cryptographic library. Both give the same answers to the same vectors.
pub(crate) trait Backend {
    type EcdsaKey: Clone;
    type RsaKey: Clone;

    /// From an uncompressed point (SEC 1, 2.3.3) on the curve.
    fn ecdsa_key(curve: Curve, point: &[u8]) -> Option<Self::EcdsaKey>;

    /// Whether an ASN.1 signature is the key's over `hash`, which is not shorter than half the curve.
    fn ecdsa_verify(key: &Self::EcdsaKey, hash: &HashValue, signature: &[u8]) -> bool;

    /// The same with a key that is not kept: an uncompressed point.
    fn ecdsa_verify_once(curve: Curve, point: &[u8], hash: &HashValue, signature: &[u8]) -> bool;

    /// From an RSAPublicKey (RFC 8017, A.1.1), whose size the caller has found to be among [`RSA_BITS`].
    fn rsa_key(der: &[u8]) -> Option<Self::RsaKey>;

    /// Whether the signature is the key's over `hash`.
    fn rsa_verify(key: &Self::RsaKey, padding: Padding, hash: &HashValue, signature: &[u8]) -> bool;
}
