//! `bulla sandbox`: a whole Sigstore and a registry on this machine, for as long as it runs.

use crate::{
    args::{Format, SandboxArgs},
    error::{Failure, Result, reason},
    report::{Outcome, Report, Running},
    signals,
};
use bulla_sandbox::{Part, Sandbox, SandboxConfig};
use bulla_transport::Cancel;
use std::{io, path::Path, thread, time::Duration};

/// How soon after Ctrl-C it ends.
const TICK: Duration = Duration::from_millis(50);

/// Starts it, says how to point the other commands at it, and waits for Ctrl-C.
pub(crate) fn run(args: &SandboxArgs, format: Format) -> Result<Report> {
    let parts = if args.only.is_empty() { Part::ALL.to_vec() } else { parts(&args.only)? };
    let temporary = match &args.dir {
        Some(_) => None,
        None => Some(tempfile::tempdir().map_err(|error| failed(&error))?),
    };
    let dir = match (&args.dir, &temporary) {
        (Some(dir), _) => std::path::absolute(dir).map_err(|error| failed(&error))?,
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => return Err(Failure::usage("where should its files go?").hint("name a folder: `--dir DIR`")),
    };
    let stop = signals::cancel();
    let config = SandboxConfig { port: args.port, dir: Some(dir.clone()), ..SandboxConfig::only(&parts) };
    let sandbox = Sandbox::start(config).map_err(|error| failed(&error).about(format!("`{}`", dir.display())))?;
    let file = |name: &str| dir.join(name).display().to_string();
    let running = Running {
        url: sandbox.url().to_owned(),
        trusted_root: file("trusted_root.json"),
        signing_config: file("signing_config.json"),
        identity_token: file("identity-token"),
        introduction: introduction(sandbox.url(), &dir, &parts),
    };
    let report = Report::done("sandbox", Outcome::Running(running));
    report.print(format)?;
    wait(&stop);
    drop(sandbox);
    Ok(report.told())
}

fn wait(stop: &Cancel) {
    while !stop.is_raised() {
        thread::sleep(TICK);
    }
}

fn parts(names: &[String]) -> Result<Vec<Part>> {
    let known = || Part::ALL.map(Part::name).join(", ");
    names
        .iter()
        .map(|name| {
            Part::parse(name).ok_or_else(|| {
                Failure::usage(format!("no such part of the sandbox: `{name}`")).hint(format!("one of {}", known()))
            })
        })
        .collect()
}

/// What it is, the one line that points the other commands at it, and what to try.
fn introduction(url: &str, dir: &Path, parts: &[Part]) -> String {
    let has = |part| parts.contains(&part);
    let mut text = format!(
        "# A Sigstore for trying, at {url}: whoever can reach it can sign in anybody's name.\n\
         # In a browser, it shows what was signed.\n"
    );
    if has(Part::Oidc) {
        text.push_str(&format!("# In another terminal:\n{}\n", exports(dir)));
    }
    if has(Part::Oidc) && has(Part::Fulcio) {
        text.push_str(&format!(
            "bulla sign   app.bin\nbulla verify app.bin --identity dev@sandbox.invalid --issuer {url}\n"
        ));
    }
    if has(Part::Registry) {
        let host = url.trim_start_matches("http://");
        text.push_str(&format!("# Its registry is {host}, in plain HTTP: push to {host}/app:1.4\n"));
    }
    text.push_str("# Ctrl-C ends it.\n");
    text
}

/// For a shell: a folder's name may hold anything.
fn exports(dir: &Path) -> String {
    let quoted = |name: &str| format!("'{}'", dir.join(name).display().to_string().replace('\'', r"'\''"));
    format!(
        "export BULLA_TRUSTED_ROOT={} BULLA_SIGNING_CONFIG={} BULLA_IDENTITY_TOKEN={}",
        quoted("trusted_root.json"),
        quoted("signing_config.json"),
        quoted("identity-token")
    )
}

fn failed(error: &io::Error) -> Failure {
    Failure::unknown("sandbox-failed", format!("the sandbox does not start: {}", reason(error)))
        .hint("take another port (`--port`) or another folder (`--dir`), or end the one that is running")
}
