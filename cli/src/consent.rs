//! Before something becomes public for ever, a person is told what, and asked; who cannot be asked has agreed by running it.

use crate::{
    error::{Failure, Result},
    output,
    report::printable,
    signals,
};
use std::{
    env,
    io::{self, BufRead, IsTerminal},
};

/// The hosts of Sigstore's public instances: what is logged there is everybody's to read.
const PUBLIC: [&str; 2] = ["sigstore.dev", "sigstage.dev"];

/// Asks, once for a run, if a person is there to be asked and one of the `services` is public.
///
/// `published` is what the log will show; whether anybody was asked is told. A pipe, a pipeline and `--yes` are not asked;
/// services of one's own need no consent.
pub(crate) fn ask(published: &[String], services: &[String], yes: bool) -> Result<bool> {
    let somebody = io::stdin().is_terminal() && io::stderr().is_terminal() && env::var_os("CI").is_none();
    if yes || !somebody || !services.iter().any(|url| is_public(url)) {
        return Ok(false);
    }
    output::complain(&format!("{}Go on? [y/N] ", told(published)));
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            signals::interrupted();
            Err(Failure::interrupted())
        }
        _ if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(true),
        _ => Err(Failure::unknown("not-agreed", "nothing was signed: the answer was not `y`").hint(
            "sign with a key (`--key`), or with services of your own (`--signing-config`), or agree with `--yes`",
        )),
    }
}

fn told(published: &[String]) -> String {
    // Names are others' to choose: they may neither hide a line nor add one.
    let list: String = published.iter().map(|item| format!("  {}\n", printable(item))).collect();
    format!("This becomes public, in a log that keeps it for ever:\n{list}")
}

/// Whether the URL's host is one of Sigstore's public instances, or in their domain.
fn is_public(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', ':', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    PUBLIC.iter().any(|domain| host == *domain || host.strip_suffix(domain).is_some_and(|name| name.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sigstores_own_hosts_are_public() {
        for url in [
            "https://fulcio.sigstore.dev",
            "https://log2025-1.rekor.sigstore.dev/x",
            "https://REKOR.sigstage.dev:443",
            "https://rekor.sigstore.dev./",
        ] {
            assert!(is_public(url), "{url}");
        }
        for url in ["http://127.0.0.1:3000", "https://sigstore.dev.acme.dev", "https://notsigstore.dev", ""] {
            assert!(!is_public(url), "{url}");
        }
    }

    #[test]
    fn what_is_told_is_a_list() {
        let lines = told(&["your e-mail address: me@acme.dev".to_owned(), "app.tar.gz: sha256:00".to_owned()]);
        assert_eq!(lines.lines().count(), 3);
        let lines = told(&["app\n  another\u{1b}[1A\u{1b}[2K".to_owned()]);
        assert!(lines.lines().count() == 2 && !lines.contains('\u{1b}'), "{lines}");
    }
}
