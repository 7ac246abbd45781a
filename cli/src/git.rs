//! What git says of the folder that something was built in.

use bulla_sign::provenance::Git;
use bulla_transport::without_secrets;
use std::process::{Command, Output, Stdio};

/// Its commit, its remote, and whether there is more; nothing where there is no git, or nothing under it.
pub(crate) fn here() -> Option<Git> {
    let commit = say(&["rev-parse", "--verify", "HEAD"])?;
    let remote = say(&["config", "--get", "remote.origin.url"]).filter(|remote| !remote.is_empty());
    // What git cannot tell is taken for a change: it may not be the commit.
    let modified = starts_programs()
        || say(&["status", "--porcelain", "--ignore-submodules=none"]).is_none_or(|changes| !changes.is_empty());
    Some(Git { commit, remote, modified })
}

/// Whether the repository, or one in it, names programs of its own that files are sent through before they are compared:
/// whoever has made a folder is not for that reason whoever may start something here. The user's own (Git LFS) are theirs.
fn starts_programs() -> bool {
    const FILTERS: &str = r"^filter\..*\.(clean|process)$";
    const CONFIG: [&str; 4] = ["config", "--show-scope", "--name-only", "--get-regexp"];
    let own = |said: &str| said.lines().any(|line| line.starts_with("local\t") || line.starts_with("worktree\t"));
    // git ends with 1 where there is none; what it cannot tell may be some.
    let own_here = match git(&[&CONFIG[..], &[FILTERS]].concat()) {
        Some(output) if output.status.code() == Some(1) => false,
        Some(output) if output.status.success() => own(&String::from_utf8_lossy(&output.stdout)),
        _ => true,
    };
    let in_each = format!("git {} '{FILTERS}' || test $? = 1", CONFIG.join(" "));
    own_here
        || say(&["submodule", "--quiet", "foreach", "--quiet", "--recursive", &in_each]).is_none_or(|said| own(&said))
}

fn say(arguments: &[&str]) -> Option<String> {
    let output = git(arguments)?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

fn git(arguments: &[&str]) -> Option<Output> {
    let mut git = Command::new("git");
    // A repository's own configuration can make git start programs; none of that is needed to be told these, and no secret.
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]).args(arguments);
    // Nor does it fetch what is missing in a partial clone, by a command that the repository names as the address.
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
    without_secrets(&mut git).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()
}
