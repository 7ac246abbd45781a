//! What git says of the folder that something was built in.

use bulla_sign::provenance::Git;
use std::process::{Command, Stdio};

/// Its commit, its remote, and whether there is more; nothing where there is no git, or nothing under it.
pub(crate) fn here() -> Option<Git> {
    let commit = say(&["rev-parse", "--verify", "HEAD"])?;
    let remote = say(&["config", "--get", "remote.origin.url"]).filter(|remote| !remote.is_empty());
    // What git cannot tell is taken for a change: it may not be the commit.
    let modified =
        say(&["status", "--porcelain", "--ignore-submodules=none"]).is_none_or(|changes| !changes.is_empty());
    Some(Git { commit, remote, modified })
}

fn say(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    // A repository's own configuration can make git start programs; none of that is needed to be told these.
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]).args(arguments);
    let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
