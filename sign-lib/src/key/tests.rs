//! Keys read, written and kept secret; other projects' keys among them.

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{path::PathBuf, time::Instant};

const ALL: [KeyAlgorithm; 5] = [
    KeyAlgorithm::EcdsaP256,
    KeyAlgorithm::EcdsaP384,
    KeyAlgorithm::EcdsaP521,
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::Rsa,
];

fn password(text: &str) -> Password {
    Password::from(text.to_owned())
}

fn unasked() -> Result<Password, KeyError> {
    panic!("asked for a password of a key that is not encrypted")
}

fn read(file: &[u8]) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(file, unasked)
}

#[track_caller]
fn refuses(file: &str, code: &str) -> KeyError {
    let error = read(file.as_bytes()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    error
}

fn pkcs8(key: &SigningKey) -> Pkcs8 {
    match &key.secret {
        Secret::Ecdsa(key) => key.to_pkcs8().unwrap(),
        Secret::Ed25519(key) => key.to_pkcs8().unwrap(),
        Secret::Rsa(key) => key.to_pkcs8().unwrap(),
    }
}

#[test]
fn a_key_of_every_algorithm_reads_back_with_its_password_and_without() {
    for algorithm in ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        assert_eq!(key.verifying_key().algorithm(), algorithm);
        let sealed = key.to_encrypted_pem(&password("p")).unwrap();
        let opened = SigningKey::from_pem(sealed.as_bytes(), || Ok::<_, KeyError>(password("p"))).unwrap();
        assert_eq!(opened.verifying_key(), key.verifying_key());
        let plain = read(pem::write("PRIVATE KEY", &pkcs8(&key)).as_bytes()).unwrap();
        assert_eq!(plain.verifying_key(), key.verifying_key());
    }
}

#[test]
fn a_wrong_password_costs_no_more_than_the_right_one() {
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let sealed = key.to_encrypted_pem(&password("right")).unwrap();
    let took = |text: &str| {
        let started = Instant::now();
        let code =
            SigningKey::from_pem(sealed.as_bytes(), || Ok::<_, KeyError>(password(text))).err().map(|e| e.code());
        (started.elapsed(), code)
    };
    // Of several, since others use the machine too.
    let fastest = |text: &str| (0..3).map(|_| took(text)).min().unwrap();
    let (right, wrong) = (fastest("right"), fastest("wrong"));
    assert_eq!((right.1, wrong.1), (None, Some("wrong-password")));
    assert!(wrong.0 < 3 * right.0, "{:?} {:?}", wrong.0, right.0);
}

#[test]
fn what_the_question_for_a_password_answers_is_passed_on() {
    let sealed = SigningKey::generate(KeyAlgorithm::Ed25519).unwrap().to_encrypted_pem(&password("")).unwrap();
    let error = SigningKey::from_pem(sealed.as_bytes(), || Err(KeyError::Crypto { what: "asking" })).unwrap_err();
    assert_eq!(error.to_string(), "asking failed");
}

#[test]
fn neither_debug_nor_errors_show_a_secret() {
    for algorithm in ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey({algorithm} {})", key.verifying_key().id()));
        let der = pkcs8(&key);
        let truncated = pem::write("PRIVATE KEY", &der[..der.len() - 1]);
        let relabelled = pem::write("TOP SECRET", &der);
        for file in [truncated, relabelled] {
            let error = read(file.as_bytes()).unwrap_err();
            let shown = format!("{error} {error:?} {:?}", error.hint());
            let secret = STANDARD.encode(&*der);
            let leaked = secret.as_bytes().windows(12).any(|part| shown.contains(str::from_utf8(part).unwrap()));
            assert!(!leaked, "{shown}");
        }
    }
    assert_eq!(format!("{:?}", password("hunter2")), "Password(..)");
}

#[test]
fn a_wrong_password_is_not_repeated_by_its_error() {
    let sealed = SigningKey::generate(KeyAlgorithm::Ed25519).unwrap().to_encrypted_pem(&password("a")).unwrap();
    let error = SigningKey::from_pem(sealed.as_bytes(), || Ok::<_, KeyError>(password("hunter2"))).unwrap_err();
    assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
}

#[test]
fn bytes_behind_the_key_are_refused() {
    for algorithm in ALL {
        let mut der = pkcs8(&SigningKey::generate(algorithm).unwrap()).to_vec();
        der.push(0);
        refuses(&pem::write("PRIVATE KEY", &der), "key-malformed");
    }
}

#[test]
fn two_halves_that_do_not_belong_together_are_refused() {
    for algorithm in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::EcdsaP384] {
        let mut der = pkcs8(&SigningKey::generate(algorithm).unwrap()).to_vec();
        let other = pkcs8(&SigningKey::generate(algorithm).unwrap());
        let public = der.len() - 64;
        der[public..].copy_from_slice(&other[public..]);
        refuses(&pem::write("PRIVATE KEY", &der), "key-malformed");
    }
}

#[test]
fn what_is_no_private_key_is_refused_with_a_hint() {
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).unwrap();
    let public = refuses(&key.verifying_key().to_pem(), "key-label");
    assert!(public.hint().unwrap().contains("private one"));
    let foreign = refuses(&pem::write("ENCRYPTED PRIVATE KEY", b"x"), "key-foreign-encryption");
    assert!(foreign.hint().unwrap().contains("openssl"));
    let openssh = refuses(&pem::write("OPENSSH PRIVATE KEY", b"x"), "key-label");
    assert!(openssh.hint().unwrap().contains("ssh-keygen"));
}

#[test]
fn other_algorithms_are_named_in_the_refusal() {
    // PKCS#8 of Ed448 (1.3.101.113), cut to what tells the algorithm.
    let ed448 = [0x30, 12, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x71, 4, 0];
    let error = refuses(&pem::write("PRIVATE KEY", &ed448), "unsupported-key");
    assert!(error.to_string().contains("1.3.101.113"), "{error}");
    // SEC1 on secp256k1 (1.3.132.0.10).
    let koblitz = [0x30, 14, 2, 1, 1, 4, 0, 0xa0, 7, 6, 5, 0x2b, 0x81, 4, 0, 0x0a];
    let error = refuses(&pem::write("EC PRIVATE KEY", &koblitz), "unsupported-key");
    assert!(error.to_string().contains("1.3.132.0.10"), "{error}");
}

#[test]
fn an_rsa_key_eight_bits_past_the_limit_is_refused() {
    // Made for this test by `openssl genpkey`, and worthless.
    refuses(include_str!("rsa_4104.pem"), "unsupported-key-size");
}

/// Keys of sigstore-rs and cosign; `None` where this machine does not have them.
fn vector(name: &str) -> Option<Vec<u8>> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "shared", "vectors", "cosign-keys", name].iter().collect();
    std::fs::read(path).ok()
}

#[test]
fn the_keys_of_other_projects_are_read() {
    let encrypted = [
        ("cosign_generated_encrypted_empty_private.key", "", KeyAlgorithm::EcdsaP256),
        ("ecdsa_encrypted_private.key", "123", KeyAlgorithm::EcdsaP256),
        ("ed25519_encrypted_private.key", "123", KeyAlgorithm::Ed25519),
        ("rsa_encrypted_private.key", "123", KeyAlgorithm::Rsa),
    ];
    for (name, text, algorithm) in encrypted {
        let Some(file) = vector(name) else { return skipped() };
        let key = SigningKey::from_pem(&file, || Ok::<_, KeyError>(password(text))).unwrap();
        assert_eq!(key.verifying_key().algorithm(), algorithm, "{name}");
        let wrong = SigningKey::from_pem(&file, || Ok::<_, KeyError>(password("1234"))).unwrap_err();
        assert_eq!(wrong.code(), "wrong-password", "{name}");
    }
    let plain = [
        ("ecdsa_private.key", KeyAlgorithm::EcdsaP256),
        ("ed25519_private.key", KeyAlgorithm::Ed25519),
        ("rsa_private.key", KeyAlgorithm::Rsa),
    ];
    for (name, algorithm) in plain {
        let Some(file) = vector(name) else { return skipped() };
        assert_eq!(read(&file).unwrap().verifying_key().algorithm(), algorithm, "{name}");
    }
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn skipped() {
    println!("SKIPPED: the vectors of other projects are not on this machine (shared/vectors/cosign-keys)");
}

/// Rekor v2 takes Ed25519 in this form alone; `bulla-verify` reads both, and a log's entry tells which hash.
#[test]
fn ed25519_signs_a_hash_in_its_prehashed_form() {
    let key = SigningKey::generate(KeyAlgorithm::Ed25519).unwrap();
    let hash = bulla_verify::HashAlgorithm::Sha512.hash(b"clay");
    let signature = key.sign_hash(&hash).unwrap();
    assert_ne!(signature, key.sign_bytes(b"clay").unwrap());
    // Only the hash is known: the pure form could not be checked.
    let mut hasher = bulla_verify::Hasher::new(&[bulla_verify::HashAlgorithm::Sha512]);
    hasher.update(b"clay");
    let by = crate::bundle::By::Key(key.verifying_key());
    let signed = crate::bundle::Signed { by, over: crate::bundle::Over::Artifact(hash), signature };
    let bundle = crate::bundle::write(&signed, crate::bundle::Witnessed::default()).unwrap();
    let trust = bulla_verify::Trust::nobody().with_key(key.verifying_key().clone());
    let bundle = bulla_verify::Bundle::parse(&bundle).unwrap();
    let artifact = hasher.finish();
    assert!(bulla_verify::verify(&bundle, &artifact, &trust, bulla_verify::Time::from_unix(0)).is_ok());
    assert!(key.sign_hash(&bulla_verify::HashAlgorithm::Sha256.hash(b"clay")).is_err());
}
