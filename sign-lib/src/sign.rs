//! Signing: a signature is made, put into a bundle, and proved with the public key before anybody sees it.

use crate::{
    Error, SigningKey, Statement,
    bundle::{self, By, Over, Signed, Witnessed},
};
use bulla_verify::{Artifact, Bundle, Time, Trust, VerifyingKey, dsse};

/// A bundle v0.3 with a signature over the artifact itself, as `cosign sign-blob` makes it for a key.
///
/// P-256 and RSA sign its SHA-256, P-384 its SHA-384, P-521 its SHA-512, each in constant memory; Ed25519 signs its bytes.
///
/// # Errors
/// [`Error::HashNotAtHand`] or [`Error::BytesNotAtHand`] if the artifact was not given in the form that the key signs.
pub fn sign_message(key: &SigningKey, artifact: &Artifact<'_>) -> Result<Vec<u8>, Error> {
    let signature = key.sign_artifact(artifact)?;
    let over = Over::artifact(artifact, bundle::digest_of(key.verifying_key().algorithm()))?;
    prove(write(key, over, signature)?, artifact, key.verifying_key())
}

/// A bundle v0.3 with a signed statement in a DSSE envelope, as `cosign sign` and `cosign attest` make it for a key.
///
/// # Errors
/// [`Error::Key`] if the cryptographic library fails.
pub fn sign_statement(key: &SigningKey, statement: &Statement) -> Result<Vec<u8>, Error> {
    let signature = key.sign_bytes(&dsse::pae(dsse::IN_TOTO, statement.payload()))?;
    let bundle = write(key, Over::statement(statement), signature)?;
    prove(bundle, &Artifact::from_digest(*statement.subject()), key.verifying_key())
}

/// The bundle of a signature that nobody else has seen.
fn write(key: &SigningKey, over: Over<'_>, signature: Vec<u8>) -> Result<Vec<u8>, Error> {
    bundle::write(&Signed { by: By::Key(key.verifying_key()), over, signature }, Witnessed::default())
}

/// The bundle, if it verifies with this key over this artifact: a faulty signature can give the private key away
/// (Boneh, DeMillo and Lipton, 1997), and one that nobody can verify is worth nothing.
fn prove(bundle: Vec<u8>, artifact: &Artifact<'_>, key: &VerifyingKey) -> Result<Vec<u8>, Error> {
    let trust = Trust::nobody().with_key(key.clone());
    // A bundle without log entries has no time in it that this one could be compared with.
    let now = Time::from_unix(0);
    let verified = Bundle::parse(&bundle).and_then(|bundle| bulla_verify::verify(&bundle, artifact, &trust, now));
    verified.map_err(Error::Unproved)?;
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement;
    use bulla_verify::{Digest, HashAlgorithm, Hasher, KeyAlgorithm};

    const ALL: [KeyAlgorithm; 5] = [
        KeyAlgorithm::EcdsaP256,
        KeyAlgorithm::EcdsaP384,
        KeyAlgorithm::EcdsaP521,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::Rsa,
    ];

    #[track_caller]
    fn refuses(bundle: &[u8], artifact: &Artifact<'_>, key: &SigningKey, code: &str) {
        match prove(bundle.to_vec(), artifact, key.verifying_key()) {
            Err(Error::Unproved(error)) => assert_eq!(error.code(), code, "{error}"),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("accepted"),
        }
    }

    #[test]
    fn what_is_signed_verifies_with_this_key_over_this_artifact_alone() {
        for algorithm in ALL {
            let [key, other] = [(); 2].map(|()| SigningKey::generate(algorithm).unwrap());
            let artifact = Artifact::from_bytes(b"clay");
            let bundle = sign_message(&key, &artifact).unwrap();
            refuses(&bundle, &artifact, &other, "other-key");
            refuses(&bundle, &Artifact::from_bytes(b"mud"), &key, "message-digest-mismatch");
        }
    }

    #[test]
    fn a_stream_is_signed_by_its_hash() {
        for algorithm in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::EcdsaP384, KeyAlgorithm::Rsa] {
            let key = SigningKey::generate(algorithm).unwrap();
            let mut hasher = Hasher::new(&[algorithm.hash()]);
            hasher.update(b"clay");
            let bundle = sign_message(&key, &hasher.finish()).unwrap();
            assert!(prove(bundle, &Artifact::from_bytes(b"clay"), key.verifying_key()).is_ok());
        }
    }

    #[test]
    fn a_hash_or_bytes_that_are_missing_are_asked_for() {
        let artifact = Artifact::from_digest(Digest::of(b"clay"));
        let by = |algorithm| sign_message(&SigningKey::generate(algorithm).unwrap(), &artifact).unwrap_err().code();
        assert_eq!(by(KeyAlgorithm::EcdsaP384), "hash-not-at-hand");
        assert_eq!(by(KeyAlgorithm::Ed25519), "bytes-not-at-hand");
    }

    #[test]
    fn a_signed_statement_is_about_its_subject_alone() {
        let subject = Digest::of(b"image");
        for algorithm in ALL {
            let [key, other] = [(); 2].map(|()| SigningKey::generate(algorithm).unwrap());
            let bundle = sign_statement(&key, &statement::image_signature(&subject)).unwrap();
            let artifact = Artifact::from_digest(subject);
            refuses(&bundle, &artifact, &other, "other-key");
            refuses(&bundle, &Artifact::from_digest(Digest::of(b"another")), &key, "subject-mismatch");
        }
    }

    #[test]
    fn a_faulty_signature_is_not_returned() {
        let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let artifact = Artifact::from_bytes(b"clay");
        let foreign = key.sign_artifact(&Artifact::from_bytes(b"mud")).unwrap();
        let over = Over::artifact(&artifact, HashAlgorithm::Sha256).unwrap();
        let bundle = write(&key, over, foreign).unwrap();
        refuses(&bundle, &artifact, &key, "signature-invalid");
    }

    /// The very bytes around the signature that cosign 3.1.3 writes.
    #[test]
    fn the_bundle_is_written_as_cosign_writes_it() {
        let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
        let bundle = String::from_utf8(sign_message(&key, &Artifact::from_bytes(b"hello\n")).unwrap()).unwrap();
        let (before, _) = bundle.split_once(r#""signature":""#).unwrap();
        let hint = before.split_once(r#""hint":""#).unwrap().1.split_once('"').unwrap().0;
        assert_eq!(
            before,
            format!(
                concat!(
                    r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","#,
                    r#""verificationMaterial":{{"publicKey":{{"hint":"{}"}}}},"messageSignature":"#,
                    r#"{{"messageDigest":{{"algorithm":"SHA2_256","digest":"WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM="}},"#
                ),
                hint
            )
        );
    }
}
