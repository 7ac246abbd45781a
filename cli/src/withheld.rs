//! What was typed and is never said again: a key where the name of its file belongs, a password where a number does.
//!
//! A terminal's scrollback and a pipeline's log are read by others. What cannot be told from a secret is withheld too; what
//! names a file that is there is none.

use crate::error::Failure;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{ffi::OsString, path::Path};

/// Longer than any name that people type; the shortest private key in PEM has 119 characters, and line ends.
const LONG: usize = 200;
/// Characters of base64 from which a key is told: fewer are an ordinary name.
const TELLING: usize = 32;
/// The option whose value may be a password by mistake.
const PASSWORD_FD: &str = "--password-fd";

/// How a password gets to a descriptor.
pub(crate) const OPEN_DESCRIPTOR: &str = "open it in the shell: `--password-fd 3 3<password-file`";

/// Words of the command line that may be secrets.
#[derive(Debug, Default)]
pub(crate) struct Withheld(Vec<String>);

impl Withheld {
    /// Those among what was `typed`.
    pub(crate) fn among(typed: &[OsString]) -> Self {
        let words = words(typed);
        let long = pieces_of(&words).filter(|piece| may_be_secret(piece));
        let mut secrets: Vec<String> = long.map(str::to_owned).collect();
        // The longest first: a piece is part of its whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// `text` without them; nothing, if there is nothing to take out.
    pub(crate) fn hide(&self, text: &str) -> Option<String> {
        let hidden = self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
        (hidden != text).then_some(hidden)
    }
}

/// The failure of a command line that holds a secret itself: nothing else is looked at, and nothing of it shown.
pub(crate) fn secret_itself(typed: &[OsString]) -> Option<Failure> {
    let words = words(typed);
    if pieces_of(&words).any(|piece| is_key(piece) && !names_a_file(piece)) {
        let failure = Failure::usage("a key itself was given, expected the name of its file; it is not shown");
        return Some(failure.hint(
            "`--key` takes a file: write the variable to a file first, and replace a key that others may have seen",
        ));
    }
    if pieces_of(&words).any(|piece| is_token(piece) && !names_a_file(piece)) {
        let failure =
            Failure::usage("an identity token itself was given, expected the name of its file; it is not shown");
        return Some(failure.hint(
            "arguments are seen by everybody on the machine: put it into BULLA_IDENTITY_TOKEN, or pipe it: `--identity-token -`",
        ));
    }
    // Of a password with spaces in it, the rest would be taken for arguments.
    let mut descriptors = descriptors(&words);
    descriptors.any(|value| value.parse::<u32>().is_err()).then(|| {
        Failure::usage("`--password-fd` takes the number of an open descriptor; what was given is not shown")
            .hint(OPEN_DESCRIPTOR)
    })
}

/// Without the program's own name.
fn words(typed: &[OsString]) -> Vec<String> {
    typed.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect()
}

/// A word, and the values that it may carry: `--key=VALUE`, `-kVALUE`, `FILE,from=TIME`.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let value = match word.split_once('=') {
        Some((name, value)) if name.starts_with("--") => value,
        _ if word.starts_with('-') && !word.starts_with("--") => word.get(2..).unwrap_or_default(),
        _ => word,
    };
    let file = value.split(",from=").next().unwrap_or(value).split(",until=").next().unwrap_or(value);
    [word, value, file].into_iter()
}

fn pieces_of(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().flat_map(|word| pieces(word))
}

fn may_be_secret(text: &str) -> bool {
    let reference = text.contains("://") || text.contains("@sha256:");
    let long = text.chars().count() > LONG && !reference;
    (long || text.contains(['\n', '\r'])) && !names_a_file(text)
}

/// What follows `--password-fd`.
fn descriptors(words: &[String]) -> impl Iterator<Item = &str> {
    let apart = words.windows(2).filter_map(|pair| match pair {
        [name, value] if name == PASSWORD_FD => Some(value.as_str()),
        _ => None,
    });
    apart.chain(words.iter().filter_map(|word| word.strip_prefix(PASSWORD_FD)?.strip_prefix('=')))
}

fn names_a_file(text: &str) -> bool {
    Path::new(text).symlink_metadata().is_ok()
}

/// PEM, or the base64 inside it, or base64 of either.
fn is_key(text: &str) -> bool {
    text.contains("-----BEGIN") || decoded_start(text).is_some_and(|start| is_key_start(&start))
}

/// A JSON Web Token (RFC 7515, 3.1): a header that is a JSON object, and two parts more.
fn is_token(text: &str) -> bool {
    let is_base64 =
        |part: &str| part.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'));
    let parts: Vec<_> = text.trim().split('.').collect();
    text.trim_start().starts_with("eyJ") && parts.len() == 3 && parts.iter().all(|part| is_base64(part))
}

/// The first bytes of what is base64 and nothing else.
fn decoded_start(text: &str) -> Option<Vec<u8>> {
    let letters = text.chars().filter(|letter| !letter.is_whitespace());
    let letters: String = letters.map(|letter| if letter == '-' { '+' } else { letter }).collect();
    let letters = letters.replace('_', "/");
    let is_base64 = letters
        .trim_end_matches('=')
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/'));
    STANDARD.decode(letters.get(..TELLING).filter(|_| is_base64)?).ok()
}

/// How keys begin: PEM; OpenSSH's; cosign's envelope; and in DER (X.690) a sequence that holds a version or a sequence, as
/// PKCS#8, SEC1 and PKCS#1 do, and public keys.
fn is_key_start(bytes: &[u8]) -> bool {
    let named: [&[u8]; 3] = [b"-----BEGIN", b"openssh-key-v1", b"{\"kdf\""];
    let body = match bytes {
        [0x30, 0x81, _, body @ ..] | [0x30, 0x82, _, _, body @ ..] => body,
        [0x30, length, body @ ..] if *length < 0x80 => body,
        _ => &[],
    };
    named.iter().any(|start| bytes.starts_with(start)) || matches!(body, [0x02, 0x01, 0x00 | 0x01, ..] | [0x30, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Vec<OsString> {
        ["bulla"].iter().chain(words).map(OsString::from).collect()
    }

    /// `openssl genpkey -algorithm ed25519`, for this test alone.
    const DER: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

    #[test]
    fn a_key_is_known_in_every_dress() {
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{DER}\n-----END PRIVATE KEY-----\n");
        let twice = STANDARD.encode(&pem);
        let joined = format!("--key={DER}");
        let short = format!("-k{DER}");
        let bounded = format!("{DER},until=2026-05-01T00:00:00Z");
        let lines = format!("{}\n{}", &DER[..40], &DER[40..]);
        for word in [pem.as_str(), "-----BEGIN", DER, &twice, &joined, &short, &bounded, &lines] {
            assert!(secret_itself(&typed(&["sign", "app", word])).is_some(), "{word}");
        }
    }

    #[test]
    fn a_token_is_known() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl";
        for word in [token.to_owned(), format!("--identity-token={token}")] {
            assert!(secret_itself(&typed(&["sign", "app", &word])).is_some(), "{word}");
        }
        assert!(secret_itself(&typed(&["sign", "eyJ.tar.gz.sig"])).is_none());
    }

    #[test]
    fn ordinary_words_are_no_keys() {
        let long = "dist/".repeat(60);
        for word in ["bulla.key", "--key=bulla.key", "-kbulla.key", "MIGH", "--output-key-prefix", &long] {
            assert!(secret_itself(&typed(&[word])).is_none(), "{word}");
        }
        let digest = format!("sha256:{}", "a".repeat(64));
        assert!(secret_itself(&typed(&["verify", &digest])).is_none());
    }

    #[test]
    fn what_may_be_a_secret_is_taken_out_whole_and_in_its_parts() {
        let long = "x".repeat(LONG + 1);
        let withheld = Withheld::among(&typed(&[&format!("--key={long}")]));
        assert_eq!(withheld.hide(&format!("no such file: `{long}`")).as_deref(), Some("no such file: `…`"));
        assert_eq!(withheld.hide("no such file: `bulla.key`"), None);
        let short = "x".repeat(LONG);
        assert_eq!(Withheld::among(&typed(&[&short])).hide(&short), None);
    }
}
