//! Who signed a file: `verify BUNDLE FILE ROOT-OR-KEY`, with a trusted root in JSON or a public key in PEM.
//!
//! Ends with 0 if the signature is good, 1 if it is refused, 2 if that could not be found out. With a root, anybody may have
//! signed to whom it gives certificates: whether this is the right one is for whoever reads the line. `bulla-policy` decides.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a caller has files and a clock")]

use bulla_verify::{
    Artifact, Bundle, Need, Time, Trust, TrustedRoot, VerifiedSigner, VerifyError, VerifyingKey, verify,
};
use std::{
    env, fs,
    io::{self, Write},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

/// The exit code, and why.
type Failure = (u8, String);

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (code, written) = match run(&arguments) {
        Ok(signer) => (0, writeln!(io::stdout(), "{signer}")),
        Err((code, why)) => (code, writeln!(io::stderr(), "error: {why}")),
    };
    ExitCode::from(if written.is_ok() { code } else { 2 })
}

fn run(arguments: &[String]) -> Result<String, Failure> {
    let [bundle, file, trust] = arguments else { return Err((2, "expected BUNDLE FILE ROOT-OR-KEY".to_owned())) };
    let (bundle, file, trust) = (read(bundle)?, read(file)?, trusted(&read(trust)?)?);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| (2, error.to_string()))?;
    let now = Time::from_unix(now.as_secs().try_into().map_err(|_| (2, "the clock is wrong".to_owned()))?);

    let refused = |error: VerifyError| (1, format!("{error} [{}]", error.code()));
    let bundle = Bundle::parse(&bundle).map_err(refused)?;
    let verified = verify(&bundle, &Artifact::from_bytes(&file), &trust, now).map_err(refused)?;
    let what = if verified.is_signature() { "signed" } else { "attested" };
    Ok(match verified.signer() {
        VerifiedSigner::Certificate { certificate: signer, .. } => {
            format!("{what} by {}, says {}", signer.identity().as_str(), signer.issuer())
        }
        signer => format!("{what} by the key {}", signer.key().id()),
    })
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| (2, format!("{path}: {error}")))
}

fn trusted(file: &[u8]) -> Result<Trust, Failure> {
    let pem = str::from_utf8(file).ok().filter(|text| text.trim_start().starts_with("-----BEGIN"));
    Ok(match pem {
        Some(pem) => Trust::nobody().with_key(VerifyingKey::from_pem(pem).map_err(|error| (2, error.to_string()))?),
        None => Trust::nobody()
            .with_root(TrustedRoot::parse(file, Need::sigstore()).map_err(|error| (2, error.to_string()))?),
    })
}
