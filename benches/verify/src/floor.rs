//! The signature checks that a bundle cannot do without, and nothing else.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
        EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, UnparsedPublicKey,
    },
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// How many of each a bundle needs.
pub struct Needs {
    pub p256: usize,
    pub p384: usize,
    pub ed25519: usize,
}

pub struct Floor {
    p256: Ecdsa,
    p384: Ecdsa,
    ed25519: (VerifyingKey, Signature),
}

struct Ecdsa {
    key: UnparsedPublicKey<Vec<u8>>,
    signature: Vec<u8>,
}

const MESSAGE: &[u8] = &[7; 500];

impl Floor {
    pub fn new() -> Self {
        let pair = SigningKey::from_bytes(&[7; 32]);
        Self {
            p256: Ecdsa::new(&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1),
            p384: Ecdsa::new(&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1),
            ed25519: (pair.verifying_key(), pair.sign(MESSAGE)),
        }
    }

    pub fn check(&self, needs: &Needs) {
        (0..needs.p256).for_each(|_| self.p256.check());
        (0..needs.p384).for_each(|_| self.p384.check());
        (0..needs.ed25519).for_each(|_| self.ed25519.0.verify_strict(MESSAGE, &self.ed25519.1).expect("it verifies"));
    }
}

impl Ecdsa {
    fn new(signing: &'static EcdsaSigningAlgorithm, verifying: &'static EcdsaVerificationAlgorithm) -> Self {
        let pair = EcdsaKeyPair::generate(signing).expect("a key");
        let signature = pair.sign(&SystemRandom::new(), MESSAGE).expect("a signature").as_ref().to_vec();
        Self { key: UnparsedPublicKey::new(verifying, pair.public_key().as_ref().to_vec()), signature }
    }

    fn check(&self) {
        self.key.verify(MESSAGE, &self.signature).expect("it verifies");
    }
}
