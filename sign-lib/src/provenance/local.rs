//! A build on a machine that nobody vouches for: what little can be said of it, in a build type of our own
//! (`sign-lib/docs/local-build.md`).

use super::{
    Build, Provenance, ProvenanceError,
    facts::{Name, is_commit, name},
};
use crate::budget;
use serde_json::{Value, json};

const BUILD_TYPE: &str = "https://bulla.dev/buildtypes/local/v1";
/// No platform: whoever signs.
const BUILDER: &str = "https://bulla.dev/builders/local/v1";

const COMMIT: Name = name("git commit", "", "");
const REMOTE: Name = name("git remote", "", "");

/// The state of the folder that something was built in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    /// The commit that is checked out: 40 hex digits, or 64.
    pub commit: String,
    /// Where it is from, as git has it; a name and password in it are left out.
    pub remote: Option<String>,
    /// Whether there are changes that are not in the commit.
    pub modified: bool,
}

impl Git {
    pub(super) fn check(&self) -> Result<(), ProvenanceError> {
        if !is_commit(&self.commit) {
            return Err(COMMIT.malformed(&self.commit, "not the hex digits of a commit"));
        }
        let printable = |remote: &String| remote.len() <= budget::FACT_BYTES && !remote.chars().any(char::is_control);
        match self.remote.as_ref().filter(|remote| !printable(remote)) {
            Some(_) => Err(REMOTE.malformed("", "too long, or with control characters")),
            None => Ok(()),
        }
    }

    /// As a resource: where it is from, which commit, and that it is not all.
    fn descriptor(&self) -> Value {
        let mut descriptor = json!({ "name": "source", "digest": { "gitCommit": self.commit } });
        let Some(object) = descriptor.as_object_mut() else { return descriptor };
        object.extend(self.remote.as_deref().and_then(uri).map(|uri| ("uri".to_owned(), uri.into())));
        if self.modified {
            object.insert("annotations".to_owned(), json!({ "modified": true }));
        }
        descriptor
    }
}

/// A remote as the SPDX specification writes it (2.3, 7.7), without a name, a password, or a query, which may be secrets;
/// none for a folder on this machine, which is nobody's business.
fn uri(remote: &str) -> Option<String> {
    let Some((scheme, rest)) = remote.split_once("://") else {
        // git's short form, `git@host:path`.
        let (host, path) = remote.split_once(':')?;
        let host = host.rsplit('@').next().filter(|host| host.contains('.') && !host.contains('/'))?;
        return Some(format!("git+ssh://{host}/{}", path.trim_start_matches('/')));
    };
    if !matches!(scheme, "https" | "http" | "ssh" | "git") {
        return None;
    }
    let rest = rest.split(['?', '#']).next()?;
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
    Some(format!("git+{scheme}://{host}/{path}"))
}

pub(super) fn provenance(git: Option<&Git>) -> Provenance {
    let source: Vec<Value> = git.map(Git::descriptor).into_iter().collect();
    let predicate = json!({
        "buildDefinition": { "buildType": BUILD_TYPE, "externalParameters": {}, "resolvedDependencies": source },
        "runDetails": { "builder": { "id": BUILDER } },
    });
    Provenance { build: Build::Local, predicate, issuer: None, stated: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_is_named_without_what_opens_it() {
        for (remote, named) in [
            ("https://github.com/acme/app.git", Some("git+https://github.com/acme/app.git")),
            ("https://bot:hush@github.com/acme/app?token=hush#hush", Some("git+https://github.com/acme/app")),
            ("git@github.com:acme/app.git", Some("git+ssh://github.com/acme/app.git")),
            ("ssh://git@host.test:2222/acme/app", Some("git+ssh://host.test:2222/acme/app")),
            ("/home/dev/app", None),
            ("../app", None),
            ("file:///home/dev/app", None),
            ("C:\\app", None),
            ("ext::sh -c hush", None),
        ] {
            assert_eq!(uri(remote).as_deref(), named, "{remote}");
        }
    }
}
