//! Where a password comes from: a file descriptor, `BULLA_PASSWORD`, or a person at a terminal; never a hang.

use crate::{
    args::PasswordArgs,
    budget::PASSWORD_BYTES,
    error::{Failure, Result, reason},
    report::printable,
    signals, terminal,
    withheld::OPEN_DESCRIPTOR,
};
use bulla_sign::Password;
use std::{
    env,
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};
use zeroize::Zeroizing;

/// The environment variable that is read; `transport/src/auth/program.rs` keeps it from credential helpers.
const VARIABLE: &str = "BULLA_PASSWORD";

/// Where the password of a key is to be had.
#[derive(Clone)]
pub(crate) enum PasswordSource {
    /// As the arguments say, then the environment, then the terminal.
    Outside(PasswordArgs),
    /// Known already: `quickstart` makes up its own.
    Known(Zeroizing<String>),
}

impl PasswordSource {
    /// The password of a key that exists.
    pub(crate) fn ask(&self, key: &Path) -> Result<Password> {
        match self.unattended()? {
            Some(password) => Ok(password),
            None => prompt(&format!("Password of {}: ", key.display())),
        }
    }

    /// A password for a new key: typed twice, since nobody sees what is typed.
    pub(crate) fn choose(&self, key: &Path) -> Result<Password> {
        if let Some(password) = self.unattended()? {
            return Ok(password);
        }
        let first = prompt(&format!("New password for {}: ", key.display()))?;
        let second = prompt("The same again: ")?;
        if first.is_same_as(&second) {
            Ok(first)
        } else {
            Err(Failure::unknown("password-mismatch", "the two passwords differ")
                .hint("nothing was written: run it again, and type the same twice"))
        }
    }

    /// What to do next after a password that did not open the key: it is not always a person who can type it again.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        if failure.code() != "wrong-password" {
            return failure;
        }
        match self {
            Self::Outside(PasswordArgs { password_fd: Some(_) }) => failure
                .hint("the password came from `--password-fd`: all that is read there, but for one final newline"),
            Self::Outside(PasswordArgs { password_fd: None }) if env::var_os(VARIABLE).is_some() => {
                failure.hint(format!("the password came from `{VARIABLE}`: correct it, or unset it to be asked"))
            }
            Self::Outside(_) | Self::Known(_) => failure,
        }
    }

    fn unattended(&self) -> Result<Option<Password>> {
        match self {
            Self::Known(password) => Ok(Some(Password::from(password.clone()))),
            Self::Outside(PasswordArgs { password_fd: Some(number) }) => from_descriptor(*number).map(Some),
            Self::Outside(PasswordArgs { password_fd: None }) => from_environment(),
        }
    }
}

fn from_environment() -> Result<Option<Password>> {
    match env::var(VARIABLE) {
        Ok(password) => Ok(Some(Password::from(password))),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::unknown("password-malformed", format!("`{VARIABLE}` is not UTF-8"))
                .hint("a password is text: set it in UTF-8, or give it with `--password-fd`"))
        }
    }
}

/// Opens the descriptor by its name, which needs no unsafe code; one final newline is not part of the password.
fn from_descriptor(number: u32) -> Result<Password> {
    let unreadable = |error: io::Error| {
        // The number is not shown: a password may be one.
        let message = match error.kind() {
            io::ErrorKind::NotFound => "the descriptor of `--password-fd` is not open".to_owned(),
            _ => format!("cannot read a password from the descriptor of `--password-fd`: {}", reason(&error)),
        };
        Failure::unknown("password-unreadable", message).hint(OPEN_DESCRIPTOR)
    };
    let mut text = Zeroizing::new(String::new());
    let file = File::open(format!("/dev/fd/{number}")).map_err(unreadable)?;
    let one_more = u64::try_from(PASSWORD_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(one_more).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > PASSWORD_BYTES {
        return Err(Failure::unknown("password-malformed", format!("a password has at most {PASSWORD_BYTES} bytes"))
            .hint("check which file is read there: it holds more than a password"));
    }
    if text.is_empty() {
        return Err(Failure::unknown("password-required", "nothing came from the descriptor of `--password-fd`")
            .hint("write the password there; an empty line is an empty password"));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Password::from(line.strip_suffix('\r').unwrap_or(line).to_owned()))
}

fn prompt(question: &str) -> Result<Password> {
    if !io::stdin().is_terminal() {
        return Err(Failure::unknown("password-required", "a password is needed, and there is no terminal to ask at")
            .hint(format!("set {VARIABLE}, or give --password-fd")));
    }
    // Nothing that is typed is shown from here on: whoever ends the process then is to find the terminal as it was.
    let restored = terminal::restored_on_signal();
    let typed = rpassword::prompt_password(&*printable(question));
    drop(restored);
    typed.map(Password::from).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => {
            signals::interrupted();
            Failure::interrupted()
        }
        _ => Failure::unknown("password-required", format!("no password was typed: {}", reason(&error)))
            .hint(format!("run it again, set {VARIABLE}, or give --password-fd")),
    })
}
