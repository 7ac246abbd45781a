//! What the two say of one bundle.

use crate::corpus::Sample;
use bulla_verify::{Artifact, Digest, Time, Trust, VerifyingKey};
use sigstore_verify::{
    PublicKeyVerificationPolicy, VerificationPolicy,
    types::{Bundle, DerPublicKey, Sha256Hash},
};
use std::time::SystemTime;

pub struct Verdicts {
    pub ours: Result<(), String>,
    pub theirs: Result<(), String>,
}

impl Verdicts {
    pub fn of(sample: &Sample, bundle: &str) -> Self {
        Self { ours: ours(sample, bundle), theirs: theirs(sample, bundle) }
    }
}

fn ours(sample: &Sample, bundle: &str) -> Result<(), String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").as_secs();
    let trust = Trust::nobody().with_root(sample.root.ours.clone());
    let trust = match &sample.key {
        // The oracle asks a managed key for a log entry too.
        Some(pem) => trust.with_key(VerifyingKey::from_pem(pem).expect("a key")).with_logs_for_keys(1),
        None => trust,
    };
    let artifact = Artifact::from_digest(Digest::from_bytes(sample.sha256));
    let now = Time::from_unix(i64::try_from(now).expect("before the year 292 277 026 596"));
    let verified = bulla_verify::Bundle::parse(bundle.as_bytes())
        .and_then(|bundle| bulla_verify::verify(&bundle, &artifact, &trust, now));
    verified.map(|_| ()).map_err(|error| error.code().to_owned())
}

fn theirs(sample: &Sample, bundle: &str) -> Result<(), String> {
    let bundle = Bundle::from_json(bundle).map_err(|error| error.to_string())?;
    let artifact = Sha256Hash::new(sample.sha256);
    let verified = match &sample.key {
        Some(pem) => {
            let key = DerPublicKey::from_pem(pem).expect("a key");
            sample.root.theirs.verify(artifact, &bundle, &PublicKeyVerificationPolicy::new(key))
        }
        None => sample.root.theirs.verify(artifact, &bundle, &VerificationPolicy::any_identity()),
    };
    verified.map(|_| ()).map_err(|error| error.to_string())
}

/// Why we accept what the oracle refuses; nothing if there is no reason.
pub fn argued(refusal: &str, sample: &Sample, bundle: &str) -> Option<&'static str> {
    if refusal.contains("verification requires an SHA2_384 artifact digest") {
        // The digest in the bundle is a hint. Without it the oracle looks for P-384 with SHA-384 alone; the signature is
        // P-384 with SHA-256, and is checked.
        return Some("P-384 with SHA-256, in a bundle that does not name the artifact's digest");
    }
    if !refusal.starts_with("invalid RFC 3161 timestamp") {
        return None;
    }
    if ours(sample, &without_timestamps(bundle)?).is_ok() {
        // The client specification asks for enough verified times, not that every timestamp verifies: anybody can add one.
        return Some("a bad timestamp beside another authority's time");
    }
    // What is signed is checked to the last byte; the certificates in a token are not signed, and where the root names the
    // authority's own they are not read either.
    refusal.contains("failed to decode SignedData").then_some("a part of a timestamp that nothing signs")
}

fn without_timestamps(bundle: &str) -> Option<String> {
    let mut bundle: serde_json::Value = serde_json::from_str(bundle).ok()?;
    bundle.get_mut("verificationMaterial")?.as_object_mut()?.remove("timestampVerificationData");
    Some(bundle.to_string())
}
