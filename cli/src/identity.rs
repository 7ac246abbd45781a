//! Who signs where no key does: an identity token from a file, the environment, the pipeline, or a person who logs in.

use crate::{
    args::{Network, Services},
    error::{Failure, Result},
    input, output,
    report::printable,
    session::{self, Session},
};
use bulla_sign::{
    SigningConfig, budget,
    oidc::{self, IdentityToken, Issuer, SIGSTORE},
};
use bulla_transport::without_secrets;
use std::{
    env,
    io::{self, IsTerminal},
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// Holds a token, or names a file that does: arguments are seen by everybody on the machine.
const VARIABLE: &str = "BULLA_IDENTITY_TOKEN";

/// The identity token of this run: the first of those that are there. One that is there and will not do is an error; nobody
/// else signs in its place.
pub(crate) fn token(
    args: &Services,
    config: &SigningConfig,
    network: &Network,
    session: &Session,
) -> Result<IdentityToken> {
    if let Some(text) = given(args)? {
        return Ok(IdentityToken::parse(text, SIGSTORE, session::now())?);
    }
    let options = session.options(network)?;
    let environment = |name: &str| env::var(name).ok();
    match oidc::ambient(&environment, SIGSTORE, &options, session::now())? {
        Some(token) => Ok(token),
        None => log_in(args, config, network, session),
    }
}

/// What was given as such: by the argument, or else in the environment.
fn given(args: &Services) -> Result<Option<Zeroizing<String>>> {
    if let Some(path) = &args.identity_token {
        return read(path).map(Some);
    }
    match env::var(VARIABLE).map(Zeroizing::new) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) if value.trim_start().starts_with("eyJ") => Ok(Some(Zeroizing::new(value.trim_start().to_owned()))),
        // What names no file may be a token in a form that is not known: it is not shown.
        Ok(value) if Path::new(value.as_str()).symlink_metadata().is_err() => Err(Failure::unknown(
            "no-identity-token",
            format!("`{VARIABLE}` is neither an identity token nor the name of a file that is there; it is not shown"),
        )
        .hint("an identity token begins with `eyJ`, and nothing stands before it; or name a file that holds one")),
        Ok(value) => read(Path::new(value.as_str())).map(Some),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::usage(format!("`{VARIABLE}` is not UTF-8"))
            .hint("it holds an identity token, or names the file of one")),
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(input::read(path, budget::IDENTITY_TOKEN_BYTES, "an identity token")?);
    let text = std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| {
        Failure::unknown("token-malformed", format!("`{}` is no identity token: it is not text", path.display()))
            .hint("an identity token is three pieces of base64 with dots between them")
    })
}

/// A person logs in: in a browser here, or with a code elsewhere. Without a person there is nobody to do so.
fn log_in(args: &Services, config: &SigningConfig, network: &Network, session: &Session) -> Result<IdentityToken> {
    if !io::stderr().is_terminal() {
        return Err(Failure::unknown(
            "no-identity",
            "nobody is there to sign: no key, no identity token, and no terminal",
        )
        .hint("give `--key FILE`, or `--identity-token FILE`; in a pipeline, let the job have an OIDC token"));
    }
    let options = bulla_transport::Options { deadline: budget::LOGIN, ..session.options(network)? };
    let issuer = Issuer::discover(config.issuer(session::now())?.url(), &options)?;
    if args.no_browser {
        return Ok(oidc::by_code(&issuer, SIGSTORE, &session::now, &mut |shown| {
            output::complain(&format!(
                "To sign, go to {} and enter the code {}\n",
                printable(&shown.address),
                printable(&shown.code)
            ));
        })?);
    }
    Ok(oidc::in_browser(&issuer, SIGSTORE, &session::now, &mut |address| {
        let opened = opens(address);
        let what = if opened { "Log in in the browser that has opened, or at" } else { "To sign, log in at" };
        output::complain(&format!("{what}\n  {}\n", printable(address)));
    })?)
}

/// How long a program that opens browsers is waited for, to be told that it found none.
const OPENING: Duration = Duration::from_secs(1);

/// Whether one of the machine's programs opens the address. It is no business of theirs, or of a browser's, what we sign by.
fn opens(address: &str) -> bool {
    open::commands(address).iter_mut().any(|command| {
        let quiet = without_secrets(command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut program) = quiet.spawn() else { return false };
        let end = Instant::now() + OPENING;
        while Instant::now() < end {
            match program.try_wait() {
                Ok(Some(status)) => return status.success(),
                _ => thread::sleep(Duration::from_millis(20)),
            }
        }
        true
    })
}
