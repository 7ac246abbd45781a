//! Keys under a password, as cosign keeps them (go-securesystemslib, `encrypted/encrypted.go`): the JSON of a scrypt
//! salt, a NaCl secretbox nonce, and the box around PKCS#8.

use super::{KeyError, Password, pem};
use crate::budget;
use base64::{Engine, engine::general_purpose::STANDARD};
use crypto_secretbox::{KeyInit, XSalsa20Poly1305, aead::Aead};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What is written, as cosign does since version 2.
const LABEL: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
/// What cosign 1 wrote.
const OLD_LABEL: &str = "ENCRYPTED COSIGN PRIVATE KEY";
/// log₂ of the work factor of new keys: what go-securesystemslib calls standard.
const LOG_N: u8 = 16;
const SALT: usize = 32;
const NONCE: usize = 24;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u64,
    p: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Whether a block with this label is opened here.
pub(super) fn reads(label: &str) -> bool {
    label == LABEL || label == OLD_LABEL
}

/// The PKCS#8 inside, if the password is right. Costs what [`budget::SCRYPT_N`] allows and no more.
pub(super) fn open(envelope: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let envelope: Envelope = serde_json::from_slice(envelope).map_err(|error| malformed(error.to_string()))?;
    let log_n = envelope.kdf.within_budget()?;
    named("nacl/secretbox", &envelope.cipher.name)?;
    let salt = base64("salt", &envelope.kdf.salt)?;
    let nonce = base64("nonce", &envelope.cipher.nonce)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| malformed(format!("the nonce is not {NONCE} bytes")))?;
    let ciphertext = base64("ciphertext", &envelope.ciphertext)?;
    let secretbox = derive(password, &salt, log_n)?;
    let plain = secretbox.decrypt(&nonce.into(), ciphertext.as_slice()).map_err(|_| KeyError::WrongPassword)?;
    Ok(Zeroizing::new(plain))
}

/// The PEM block that cosign and [`open`] read, with fresh salt and nonce.
pub(super) fn seal(pkcs8: &[u8], password: &Password) -> Result<Zeroizing<String>, KeyError> {
    let salt: [u8; SALT] = random()?;
    let nonce: [u8; NONCE] = random()?;
    let secretbox = derive(password, &salt, LOG_N)?;
    let ciphertext = secretbox.encrypt(&nonce.into(), pkcs8).map_err(|_| FAILED)?;
    let envelope = Envelope {
        kdf: Kdf {
            name: "scrypt".to_owned(),
            params: Params { n: 1 << LOG_N, r: budget::SCRYPT_R, p: budget::SCRYPT_P },
            salt: STANDARD.encode(salt),
        },
        cipher: Cipher { name: "nacl/secretbox".to_owned(), nonce: STANDARD.encode(nonce) },
        ciphertext: STANDARD.encode(ciphertext),
    };
    let json = serde_json::to_vec(&envelope).map_err(|_| FAILED)?;
    Ok(pem::write(LABEL, &json))
}

const FAILED: KeyError = KeyError::Crypto { what: "the key's encryption" };

impl Kdf {
    /// log₂ of the work factor, if cosign would do the work too.
    fn within_budget(&self) -> Result<u8, KeyError> {
        named("scrypt", &self.name)?;
        let Params { n, r, p } = self.params;
        let known = budget::SCRYPT_N.contains(&n) && r == budget::SCRYPT_R && p == budget::SCRYPT_P;
        let log_n = u8::try_from(n.trailing_zeros()).ok();
        log_n.filter(|_| known).ok_or_else(|| KeyError::EncryptionUnsupported {
            expected: "scrypt with N 32768, 65536 or 131072, r 8 and p 1",
            found: format!("N {n}, r {r} and p {p}"),
        })
    }
}

/// The box's key. The memory that scrypt works in is not wiped: the crate has no way to; it ends with the process.
fn derive(password: &Password, salt: &[u8], log_n: u8) -> Result<XSalsa20Poly1305, KeyError> {
    const DERIVATION: KeyError = KeyError::Crypto { what: "the key derivation" };
    let [r, p] = [budget::SCRYPT_R, budget::SCRYPT_P].map(u32::try_from);
    let (r, p) = (r.map_err(|_| DERIVATION)?, p.map_err(|_| DERIVATION)?);
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| DERIVATION)?;
    let mut key = Zeroizing::new([0u8; 32]);
    scrypt::scrypt(password.as_bytes(), salt, &params, key.as_mut_slice()).map_err(|_| DERIVATION)?;
    Ok(XSalsa20Poly1305::new(key.as_slice().into()))
}

fn named(expected: &'static str, found: &str) -> Result<(), KeyError> {
    if found == expected {
        return Ok(());
    }
    let found = found.chars().filter(|character| character.is_ascii_graphic()).take(40).collect::<String>();
    Err(KeyError::EncryptionUnsupported { expected, found: format!("`{found}`") })
}

fn base64(field: &str, text: &str) -> Result<Vec<u8>, KeyError> {
    STANDARD.decode(text).map_err(|_| malformed(format!("`{field}` is not base64")))
}

fn malformed(reason: String) -> KeyError {
    KeyError::EnvelopeMalformed { reason }
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], KeyError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::Crypto { what: "the operating system's random generator" })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn password(text: &str) -> Password {
        Password::from(text.to_owned())
    }

    fn envelope(n: u64, r: u64, p: u64) -> String {
        let (salt, nonce) = (STANDARD.encode([1; SALT]), STANDARD.encode([2; NONCE]));
        format!(
            r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":{r},"p":{p}}},"salt":"{salt}"}},"cipher":{{"name":"nacl/secretbox","nonce":"{nonce}"}},"ciphertext":"AAAA"}}"#
        )
    }

    #[track_caller]
    fn refuses(envelope: &str, code: &str) {
        let started = Instant::now();
        let error = open(envelope.as_bytes(), &password("123")).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(started.elapsed() < Duration::from_secs(5), "took {:?}", started.elapsed());
    }

    #[test]
    fn a_sealed_key_opens_with_its_password_alone() {
        let pem = seal(b"secret", &password("correct horse")).unwrap();
        let block = pem::parse(pem.as_bytes()).unwrap();
        assert!(reads(&block.label));
        assert_eq!(*open(&block.bytes, &password("correct horse")).unwrap(), b"secret");
        assert_eq!(open(&block.bytes, &password("battery")).unwrap_err().code(), "wrong-password");
        assert_eq!(open(&block.bytes, &password("")).unwrap_err().code(), "wrong-password");
    }

    #[test]
    fn two_seals_of_one_key_have_nothing_in_common() {
        let [one, two] = [(); 2].map(|()| seal(b"secret", &password("")).unwrap());
        let [one, two] = [one, two].map(|pem| {
            let block = pem::parse(pem.as_bytes()).unwrap();
            serde_json::from_slice::<Envelope>(&block.bytes).unwrap()
        });
        assert_ne!(one.kdf.salt, two.kdf.salt);
        assert_ne!(one.cipher.nonce, two.cipher.nonce);
        assert_ne!(one.ciphertext, two.ciphertext);
    }

    #[test]
    fn work_that_cosign_would_not_do_is_refused_before_it_is_begun() {
        for (n, r, p) in [
            (1 << 18, 8, 1),
            (1 << 63, 8, 1),
            (u64::MAX, 8, 1),
            (65535, 8, 1),
            (0, 8, 1),
            (1 << 14, 8, 1),
            (1 << 16, 9, 1),
            (1 << 16, 1 << 40, 1),
            (1 << 16, 8, 2),
            (1 << 16, 8, 1 << 29),
            (1 << 16, 0, 1),
        ] {
            refuses(&envelope(n, r, p), "key-encryption-unsupported");
        }
    }

    #[test]
    fn a_changed_envelope_is_refused() {
        let good = envelope(1 << 15, 8, 1);
        refuses(&good, "wrong-password");
        refuses(&good.replace("\"scrypt\"", "\"argon2id\""), "key-encryption-unsupported");
        refuses(&good.replace("nacl/secretbox", "aes-256-gcm"), "key-encryption-unsupported");
        refuses(&good.replace("AgIC", "????"), "key-envelope-malformed");
        refuses(&good.replace("\"nonce\":\"AgIC", "\"nonce\":\""), "key-envelope-malformed");
        refuses(&good.replace("\"AAAA\"", "\"AAA\""), "key-envelope-malformed");
        refuses(&good.replace("\"r\":8", "\"r\":8,\"r\":8"), "key-envelope-malformed");
        refuses(&good.replace("\"r\":8", "\"r\":-8"), "key-envelope-malformed");
        refuses(&good.replace("\"r\":8", "\"r\":8,\"s\":8"), "key-envelope-malformed");
        refuses(&format!("{good}x"), "key-envelope-malformed");
    }

    #[test]
    fn a_changed_box_does_not_open() {
        let pem = seal(b"secret", &password("")).unwrap();
        let block = pem::parse(pem.as_bytes()).unwrap();
        let mut sealed: Envelope = serde_json::from_slice(&block.bytes).unwrap();
        let mut boxed = STANDARD.decode(&sealed.ciphertext).unwrap();
        let last = boxed.len() - 1;
        boxed[last] ^= 1;
        sealed.ciphertext = STANDARD.encode(boxed);
        refuses(&serde_json::to_string(&sealed).unwrap(), "wrong-password");
    }
}
