//! One way to fail: a code for scripts, a sentence for people, what to do next, and how the process ends.

use crate::withheld::Withheld;
use serde::Serialize;
use std::{borrow::Cow, fmt::Display, io, path::Path};

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Accepted, or done.
    Accepted,
    /// Looked at, and refused.
    Refused,
    /// Could not tell: usage, files, network.
    Unknown,
}

impl Exit {
    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Accepted => 0,
            Self::Refused => 1,
            Self::Unknown => 2,
        }
    }
}

/// Why something was refused or could not be done: an `error:` line, and a `hint:` where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    code: Cow<'static, str>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The line of a file that is meant, and one beneath it that points at the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<String>,
    #[serde(skip)]
    exit: Exit,
    #[serde(skip)]
    about: About,
}

/// What a failure is about, for reports that show it there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum About {
    /// The whole run.
    #[default]
    Run,
    /// One of the things that were to be decided about, whose reasons say the same.
    Subject,
    /// A place in a file.
    Place(Box<Place>),
}

/// A place in a file; line and column are 0 where they are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// What a command gives back where it may fail.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// It could not be told: exit code 2.
    pub(crate) fn unknown(code: impl Into<Cow<'static, str>>, message: impl Display) -> Self {
        let (code, message, exit) = (code.into(), message.to_string(), Exit::Unknown);
        Self { code, message, hint: None, excerpt: None, exit, about: About::Run }
    }

    /// It was looked at and refused: exit code 1.
    pub(crate) fn refused(code: impl Into<Cow<'static, str>>, message: impl Display) -> Self {
        Self { exit: Exit::Refused, ..Self::unknown(code, message) }
    }

    /// The command line asks for something that cannot be: exit code 2.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::unknown("usage", message)
    }

    /// Somebody has pressed Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::unknown("interrupted", "interrupted").hint("what was begun is whole or not there; run it again")
    }

    /// What to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Display) -> Self {
        Self { hint: Some(hint.to_string()), ..self }
    }

    /// The lines of a file that show it.
    #[must_use]
    pub(crate) fn excerpt(self, excerpt: Option<String>) -> Self {
        Self { excerpt, ..self }
    }

    /// What to do next, where somebody knows.
    #[must_use]
    pub(crate) fn maybe_hint(self, hint: Option<impl Display>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The same, said of one thing among several.
    #[must_use]
    pub(crate) fn about(self, what: impl Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    /// The same, of something that was to be decided about.
    #[must_use]
    pub(crate) fn of_subject(self) -> Self {
        Self { about: About::Subject, ..self }
    }

    /// The same, at a place in a file; line and column are 0 where they are not known.
    #[must_use]
    pub(crate) fn at(self, file: &str, line: usize, column: usize) -> Self {
        Self { about: About::Place(Box::new(Place { file: file.to_owned(), line, column })), ..self }
    }

    /// The same without what was typed and may be a secret.
    #[must_use]
    pub(crate) fn without(self, withheld: &Withheld) -> Self {
        let hint = self.hint.and_then(|hint| withheld.hide(&hint).or(Some(hint)));
        match withheld.hide(&self.message) {
            Some(message) => Self { message, hint, ..self }
                .hint("what was typed is not shown: it may be a secret; where a file is expected, give its name"),
            None => Self { hint, ..self },
        }
    }

    /// A file that cannot be read.
    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        let name = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => Self::unknown("file-not-found", format!("no such file: `{name}`"))
                .hint("check the spelling, and the folder that the command runs in"),
            io::ErrorKind::IsADirectory => Self::unknown("is-a-directory", format!("`{name}` is a directory"))
                .hint("a file is expected: name one in it"),
            _ => Self::unknown("cannot-read", format!("cannot read `{name}`: {}", reason(error))).hint(permit(error)),
        }
        .at(&name.to_string(), 0, 0)
    }

    /// A file that cannot be written.
    pub(crate) fn write(path: &Path, error: &io::Error) -> Self {
        let name = path.display();
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::unknown("file-exists", format!("`{name}` exists already"))
                .hint("nothing is overwritten; move it away, or choose another name"),
            _ => Self::unknown("cannot-write", format!("cannot write `{name}`: {}", reason(error))).hint(permit(error)),
        }
    }

    /// Its stable name.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// The sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do next.
    pub(crate) fn next(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The lines of a file that show it.
    pub(crate) fn shown(&self) -> Option<&str> {
        self.excerpt.as_deref()
    }

    /// What it is about.
    pub(crate) fn concerns(&self) -> &About {
        &self.about
    }

    /// How the process ends if nothing worse happens.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl From<bulla_transport::Error> for Failure {
    fn from(error: bulla_transport::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&bulla_transport::Error> for Failure {
    fn from(error: &bulla_transport::Error) -> Self {
        use bulla_transport::Error;
        match error {
            Error::Cancelled => Self::interrupted(),
            Error::File { action, path, source } => {
                let message = format!("cannot {action} `{}`: {}", path.display(), reason(source));
                Self::unknown(error.code(), message).hint(permit(source))
            }
            _ => Self::unknown(error.code(), error).maybe_hint(error.hint()),
        }
    }
}

impl From<bulla_transport::tuf::TufError> for Failure {
    fn from(error: bulla_transport::tuf::TufError) -> Self {
        match error {
            bulla_transport::tuf::TufError::Transport(error) => error.into(),
            error => Self::unknown(error.code(), &error).maybe_hint(error.hint()),
        }
    }
}

impl From<bulla_sign::KeyError> for Failure {
    fn from(error: bulla_sign::KeyError) -> Self {
        use bulla_sign::KeyError;
        match &error {
            KeyError::Read { path, source } => Self::read(path, source),
            KeyError::Write { path, source } => Self::write(path, source),
            _ => Self::unknown(error.code(), &error).maybe_hint(error.hint()),
        }
    }
}

impl From<bulla_sign::Error> for Failure {
    fn from(error: bulla_sign::Error) -> Self {
        match error {
            bulla_sign::Error::Key(error) => error.into(),
            bulla_sign::Error::Sigstore(error) => (*error).into(),
            error => Self::unknown(error.code(), &error).maybe_hint(error.hint()),
        }
    }
}

impl From<bulla_sign::SigstoreError> for Failure {
    fn from(error: bulla_sign::SigstoreError) -> Self {
        if let bulla_sign::SigstoreError::Cancelled { .. } = error {
            return Self::interrupted();
        }
        Self::unknown(error.code(), &error).maybe_hint(error.hint())
    }
}

impl From<bulla_sign::SigningConfigError> for Failure {
    fn from(error: bulla_sign::SigningConfigError) -> Self {
        Self::unknown(error.code(), &error).maybe_hint(error.hint())
    }
}

impl From<bulla_sign::OidcError> for Failure {
    fn from(error: bulla_sign::OidcError) -> Self {
        if matches!(&error, bulla_sign::OidcError::Login(error) if matches!(**error, bulla_transport::Error::Cancelled))
        {
            return Self::interrupted();
        }
        Self::unknown(error.code(), &error).maybe_hint(error.hint())
    }
}

impl From<bulla_sign::provenance::ProvenanceError> for Failure {
    fn from(error: bulla_sign::provenance::ProvenanceError) -> Self {
        Self::unknown(error.code(), &error).maybe_hint(error.hint())
    }
}

impl From<bulla_sign::trusted_root::DraftError> for Failure {
    fn from(error: bulla_sign::trusted_root::DraftError) -> Self {
        Self::unknown(error.code(), &error).maybe_hint(error.hint())
    }
}

impl From<bulla_sign::StatementError> for Failure {
    fn from(error: bulla_sign::StatementError) -> Self {
        Self::unknown(error.code(), &error).maybe_hint(error.hint())
    }
}

impl From<bulla_verify::KeyError> for Failure {
    fn from(error: bulla_verify::KeyError) -> Self {
        Self::unknown(error.code(), error)
    }
}

/// Outside a verdict: what we read ourselves and cannot use.
impl From<bulla_verify::VerifyError> for Failure {
    fn from(error: bulla_verify::VerifyError) -> Self {
        Self::unknown(error.code(), &error).hint(error.hint())
    }
}

/// What somebody wants to attest, and nobody could read.
impl From<bulla_policy::DocumentError> for Failure {
    fn from(error: bulla_policy::DocumentError) -> Self {
        Self::unknown(error.code(), &error).hint(error.hint())
    }
}

impl From<bulla_policy::RecordingError> for Failure {
    fn from(error: bulla_policy::RecordingError) -> Self {
        Self::unknown(error.code(), &error).hint(error.hint())
    }
}

impl From<bulla_policy::Unsuggested> for Failure {
    fn from(error: bulla_policy::Unsuggested) -> Self {
        let failure = match error {
            bulla_policy::Unsuggested::Nothing => Self::refused(error.code(), error.to_string()),
            _ => Self::unknown(error.code(), error.to_string()),
        };
        failure.hint(error.hint())
    }
}

impl From<bulla_policy::PolicyError> for Failure {
    fn from(error: bulla_policy::PolicyError) -> Self {
        Self::unknown(error.code().to_owned(), &error).hint(error.hint().to_owned())
    }
}

impl From<bulla_gate::workloads::ManifestError> for Failure {
    fn from(error: bulla_gate::workloads::ManifestError) -> Self {
        Self::unknown(error.code(), &error).hint(error.hint())
    }
}

impl From<bulla_policy::language::Fault> for Failure {
    fn from(fault: bulla_policy::language::Fault) -> Self {
        bulla_policy::PolicyError::from(fault).into()
    }
}

/// What to do next where the operating system does not let us.
pub(crate) fn permit(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "check who may do this (`ls -ld`), or name another file",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room, and run it again",
        io::ErrorKind::ReadOnlyFilesystem => "name a place that can be written",
        _ => "check that it is an ordinary file, or name another one",
    }
}

/// What the operating system says, in our voice: lowercase, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_speaks_in_our_voice() {
        let error = io::Error::from_raw_os_error(28);
        assert_eq!(reason(&error), "no space left on device");
    }

    #[test]
    fn a_refusal_is_not_taken_for_a_missing_file() {
        let missing = Failure::read(Path::new("x"), &io::Error::from(io::ErrorKind::NotFound));
        assert_eq!((missing.code(), missing.exit().code()), ("file-not-found", 2));
        assert_eq!(Failure::refused("unsigned", "no signature").exit().code(), 1);
    }
}
