//! `bulla keygen`

use crate::{
    args::{Algorithm, Keygen},
    error::{Failure, Result},
    output,
    progress::Progress,
    report::{KeyPair, Outcome, Report},
    session::Session,
};
use bulla_sign::{SigningKey, key};
use bulla_verify::KeyAlgorithm;
use std::path::{Path, PathBuf};

/// Makes a key, or takes one over, and writes its two halves: both, or neither, and never over something.
pub(crate) fn run(args: &Keygen, session: &Session) -> Result<Report> {
    let [private, public] = ["key", "pub"].map(|half| path(&args.output_key_prefix, half));
    // Before a password is asked for in vain.
    output::expect_folder(&private)?;
    for path in [&private, &public] {
        if path.symlink_metadata().is_ok() {
            return Err(bulla_sign::KeyError::Exists { path: path.clone() }.into());
        }
    }
    let password = session.password(&args.password);
    let key = match &args.import {
        Some(file) => import(file, || password.ask(file)).map_err(|failure| password.explain(failure))?,
        None => SigningKey::generate(args.algorithm.into())?,
    };
    let chosen = password.choose(&private)?;
    let mut report = write(&key, &private, &public, &chosen)?;
    if chosen.is_empty() {
        report.warn("the password is empty: whoever reads the key file can sign".to_owned());
    }
    Ok(report)
}

fn write(key: &SigningKey, private: &Path, public: &Path, password: &bulla_sign::Password) -> Result<Report> {
    let _progress = Progress::of("encrypting the key");
    let verifying = key.verifying_key();
    key::file::write_new(private, &key.to_encrypted_pem(password)?, public, &verifying.to_pem())?;
    Ok(Report::done(
        "keygen",
        Outcome::Key(KeyPair {
            private_key: private.display().to_string(),
            public_key: public.display().to_string(),
            key_id: verifying.id().to_string(),
            algorithm: verifying.algorithm().to_string(),
        }),
    ))
}

fn import(file: &Path, ask: impl FnOnce() -> Result<bulla_sign::Password>) -> Result<SigningKey> {
    let pem = key::file::read(file)?;
    SigningKey::from_pem(&pem, ask).map_err(|failure: Failure| failure.about(format!("`{}`", file.display())))
}

/// `NAME.key`; a dot in the name is part of it. A folder alone has no name to put the dot after: the key would be hidden.
fn path(prefix: &Path, half: &str) -> PathBuf {
    let folder = prefix.file_name().is_none() || prefix.to_string_lossy().ends_with(std::path::is_separator);
    let mut path = if folder { prefix.join("bulla") } else { prefix.to_owned() }.into_os_string();
    path.push(".");
    path.push(half);
    path.into()
}

impl From<Algorithm> for KeyAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::EcdsaP256 => Self::EcdsaP256,
            Algorithm::EcdsaP384 => Self::EcdsaP384,
            Algorithm::EcdsaP521 => Self::EcdsaP521,
            Algorithm::Ed25519 => Self::Ed25519,
            Algorithm::Rsa => Self::Rsa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_hidden() {
        for (prefix, expected) in [
            ("bulla", "bulla.key"),
            ("sub/", "sub/bulla.key"),
            ("sub", "sub.key"),
            ("a.b", "a.b.key"),
            ("..", "../bulla.key"),
            (".", "./bulla.key"),
            ("", "bulla.key"),
        ] {
            assert_eq!(path(Path::new(prefix), "key"), Path::new(expected), "{prefix}");
        }
    }
}
