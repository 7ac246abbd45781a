//! A client for sigstore-conformance (its `docs/cli_protocol.md`), on the library alone:
//!
//! ```console
//! conformance-client verify-bundle [--staging] --bundle FILE (--key FILE | --certificate-identity ID
//!     --certificate-oidc-issuer URL) [--trusted-root FILE] FILE|sha256:DIGEST
//! ```
//!
//! It ends with 0 for a bundle that verifies and is by that signer, whatever its statement says, and with 1 for anything
//! else.
#![expect(clippy::print_stderr, reason = "it says why it refused")]

use bulla_verify::{
    Artifact, Bundle, Digest, Need, Time, Trust, TrustedRoot, VerifiedBundle, VerifiedSigner, VerifyingKey, verify,
};
use std::{collections::BTreeMap, error::Error, fs, process::ExitCode, time::SystemTime};

fn main() -> ExitCode {
    match Asked::parse(std::env::args().skip(1)).and_then(|asked| asked.answer()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Asked {
    flags: BTreeMap<String, String>,
    staging: bool,
    artifact: String,
}

impl Asked {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        if args.next().as_deref() != Some("verify-bundle") {
            return Err("expected `verify-bundle`".into());
        }
        let mut asked = Self { flags: BTreeMap::new(), staging: false, artifact: String::new() };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--staging" => asked.staging = true,
                flag if flag.starts_with("--") => {
                    let value = args.next().ok_or_else(|| format!("`{flag}` needs a value"))?;
                    asked.flags.insert(flag.to_owned(), value);
                }
                _ => asked.artifact = arg,
            }
        }
        Ok(asked)
    }

    fn answer(&self) -> Result<(), Box<dyn Error>> {
        let bundle = fs::read(self.flag("--bundle")?)?;
        let verified = match Digest::parse(&self.artifact) {
            Ok(digest) => self.verified(&bundle, &Artifact::from_digest(digest))?,
            Err(_) => self.verified(&bundle, &Artifact::from_bytes(&fs::read(&self.artifact)?))?,
        };
        if self.is_by_whom_was_asked_for(&verified)? { Ok(()) } else { Err("the bundle is by another signer".into()) }
    }

    fn verified(&self, bundle: &[u8], artifact: &Artifact<'_>) -> Result<VerifiedBundle, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let now = Time::from_unix(now.try_into()?);
        let trust = self.trust()?;
        let verified = Bundle::parse(bundle).and_then(|bundle| verify(&bundle, artifact, &trust, now));
        verified.map_err(|error| format!("{error} [{}]", error.code()).into())
    }

    fn trust(&self) -> Result<Trust, Box<dyn Error>> {
        let root = match self.flags.get("--trusted-root") {
            Some(path) => TrustedRoot::parse(&fs::read(path)?, Need::sigstore()),
            None if self.staging => TrustedRoot::staging(),
            None => TrustedRoot::public_good(),
        };
        let trust = Trust::nobody().with_root(root?);
        match self.flags.get("--key") {
            Some(path) => Ok(trust.with_key(VerifyingKey::from_pem(&fs::read_to_string(path)?)?)),
            None => Ok(trust),
        }
    }

    fn is_by_whom_was_asked_for(&self, verified: &VerifiedBundle) -> Result<bool, Box<dyn Error>> {
        Ok(match verified.signer() {
            VerifiedSigner::Key { .. } => self.flags.contains_key("--key"),
            VerifiedSigner::Certificate { certificate, .. } => {
                certificate.identity().as_str() == self.flag("--certificate-identity")?
                    && certificate.issuer() == self.flag("--certificate-oidc-issuer")?
            }
        })
    }

    fn flag(&self, name: &str) -> Result<&str, Box<dyn Error>> {
        self.flags.get(name).map(String::as_str).ok_or_else(|| format!("`{name}` is missing").into())
    }
}
