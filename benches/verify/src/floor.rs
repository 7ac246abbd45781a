//! The signature checks that a bundle cannot do without, and nothing else.
//!
//! Keys and signatures are always the same ones (ECDSA over [`MESSAGE`], made once): how long a check takes depends a little
//! on its numbers, and what is counted has to come out the same each time.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, EcdsaVerificationAlgorithm, UnparsedPublicKey,
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

/// The point and the signature, in hex.
const P256: [&str; 2] = [
    "04319bc72d90a31e1e551a3b9bff78117c070e5a30e34fb64207d711c1ed50ef73\
     7304206f81f42eccb0fc64d6804af5be77c01eef04494235388158f37c2f6785",
    "3046022100900844c4a55020a64c21a64c5fb4ea3f751da00d1bd5685dfe992fac8afb62df\
     022100a7b10fd8ca19c0ca9a21a8b744c49aae3b5084d5bc6fce882b79e89474caa3f3",
];
const P384: [&str; 2] = [
    "04ff39b4c5210d3886309d08de09fd46a065781550c18a591b62bdac73dc889a444c3d483102d711ec2a7cbbc483da0242\
     142d5895f56bf95ad710ca11783a1d1c1193cd3605f5534c30201fadf7168bf7fb7bf453b41d9aabc8082fad0f0ef451",
    "306402302c227852dbe2c793f31ceb435645137c25039cb4b0c09b021fa021f126072a58dffc024ae959916ec673602ec61e390b\
     0230047e5f1fdcb2994e5a258239404c5f7a32ab53ee9894b18d51d4308772c4e3ca50b5437ea17a67160b04bd3a9b05b26d",
];

impl Floor {
    pub fn new() -> Self {
        let pair = SigningKey::from_bytes(&[7; 32]);
        Self {
            p256: Ecdsa::new(&ECDSA_P256_SHA256_ASN1, P256),
            p384: Ecdsa::new(&ECDSA_P384_SHA384_ASN1, P384),
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
    fn new(algorithm: &'static EcdsaVerificationAlgorithm, [key, signature]: [&str; 2]) -> Self {
        Self { key: UnparsedPublicKey::new(algorithm, bytes(key)), signature: bytes(signature) }
    }

    fn check(&self) {
        self.key.verify(MESSAGE, &self.signature).expect("it verifies");
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}
