//! Policies in files, and what they name: other files, and roots that are known here.

use crate::{
    args::Network,
    budget,
    error::{Failure, Result},
    input,
    roots::Roots,
    session::Session,
};
use bulla_policy::{Embedded, Policies, PolicyError, Recording, Sources, TrustPolicy};
use bulla_verify::TrustedRoot;
use std::path::{Path, PathBuf};

/// The text of a policy, read once: it may be parsed under several roots, and standard input can be read no second time.
pub(crate) struct Text {
    path: PathBuf,
    text: String,
}

impl Text {
    /// The one in that file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(Self { path: path.to_owned(), text: text(path)? })
    }

    /// Those in the files.
    pub(crate) fn read_all(files: &[PathBuf]) -> Result<Vec<Self>> {
        files.iter().map(|path| Self::read(path)).collect()
    }
}

/// The policies, as one, under the roots of whoever runs this.
pub(crate) fn parse_all(texts: &[Text], network: &Network, session: &Session) -> Result<Policies> {
    combined(texts, &|name| of_this_user(name, network, session))
}

/// The policies in the files, as one.
pub(crate) fn read_all(files: &[PathBuf], network: &Network, session: &Session) -> Result<Policies> {
    parse_all(&Text::read_all(files)?, network, session)
}

/// The same, where the roots that they name are those of a recording, and no others: what is known here may be another one.
pub(crate) fn parse_all_recorded(texts: &[Text], recording: &Recording) -> Result<Policies> {
    combined(texts, &|name| match recording.root(name) {
        Some(root) => Ok(Some(root.clone())),
        None => Err("it is not in the recording".to_owned()),
    })
}

fn combined(texts: &[Text], root: KnownRoots<'_>) -> Result<Policies> {
    let mut all: Option<Policies> = None;
    for Text { path, text } in texts {
        let policy = parse_under(path, text, root)?;
        all = Some(match all {
            None => Policies::from(policy),
            Some(policies) => policies.and(policy).map_err(|error| in_file(path, &error))?,
        });
    }
    all.ok_or_else(|| Failure::usage("no policy is given").hint("name one with `--policy FILE`"))
}

/// The policy in a file. What it names is looked for beside it.
pub(crate) fn read(path: &Path, network: &Network, session: &Session) -> Result<TrustPolicy> {
    parse(path, &text(path)?, network, session)
}

/// The text of a policy.
pub(crate) fn text(path: &Path) -> Result<String> {
    input::read_text(path, bulla_policy::budget::POLICY_BYTES, "a policy")
}

/// The policy of that text, which was in that file.
pub(crate) fn parse(path: &Path, text: &str, network: &Network, session: &Session) -> Result<TrustPolicy> {
    parse_under(path, text, &|name| of_this_user(name, network, session))
}

/// The root of a name, nothing if there is none, or why it cannot be used.
type KnownRoots<'a> = &'a dyn Fn(&str) -> Result<Option<TrustedRoot>, String>;

fn parse_under(path: &Path, text: &str, root: KnownRoots<'_>) -> Result<TrustPolicy> {
    let beside = Beside { folder: path.parent().unwrap_or(Path::new("")), root };
    TrustPolicy::parse(text, &beside).map_err(|error| in_file(path, &error))
}

/// What is wrong, with the file, the line and the column, and the line itself.
pub(crate) fn in_file(path: &Path, error: &PolicyError) -> Failure {
    let (path, position) = (path.display(), error.position());
    let message = match position.line {
        0 => format!("{path}: {error}"),
        line => format!("{path}:{line}:{}: {error}", position.column),
    };
    Failure::unknown(error.code().to_owned(), message).hint(error.hint()).excerpt(error.excerpt())
}

/// The roots of whoever runs this, and no files.
pub(crate) struct Here<'a> {
    pub(crate) network: &'a Network,
    pub(crate) session: &'a Session,
}

impl Sources for Here<'_> {
    fn file(&self, path: &str) -> Result<String, String> {
        Embedded.file(path)
    }

    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String> {
        of_this_user(name, self.network, self.session)
    }
}

/// Files beside another tool's policy, which names no roots.
pub(crate) struct Keys<'a> {
    folder: &'a Path,
}

impl<'a> Keys<'a> {
    /// Those that the policy in that file names.
    pub(crate) fn beside(path: &'a Path) -> Self {
        Self { folder: path.parent().unwrap_or(Path::new("")) }
    }
}

impl Sources for Keys<'_> {
    fn file(&self, path: &str) -> Result<String, String> {
        let told = |failure: Failure| failure.message().to_owned();
        input::read_text(&self.folder.join(path), budget::TRUST_BYTES, "what the policy names").map_err(told)
    }

    fn root(&self, _: &str) -> Result<Option<TrustedRoot>, String> {
        Ok(None)
    }
}

/// Files beside the policy, and roots.
struct Beside<'a> {
    folder: &'a Path,
    root: KnownRoots<'a>,
}

impl Sources for Beside<'_> {
    fn file(&self, path: &str) -> Result<String, String> {
        Keys { folder: self.folder }.file(path)
    }

    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String> {
        (self.root)(name)
    }
}

/// A root of whoever runs this, or one that is built in.
fn of_this_user(name: &str, network: &Network, session: &Session) -> Result<Option<TrustedRoot>, String> {
    let known = Roots::of_this_user().filter(|roots| roots.repositories().find(name).is_ok());
    match known {
        Some(roots) => {
            let root = roots.trusted_root(name, network, session);
            root.map(|root| Some(root.named(name))).map_err(|failure| failure.message().to_owned())
        }
        None => Embedded.root(name),
    }
}
