//! Credential helper programs: `docker-credential-<name> get`, the host on standard input, JSON on standard output.

use crate::auth::{Login, Secret};
use crate::budget;
use crate::error::{Error, shown};
use crate::options::Cancel;
use serde::Deserialize;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// What helpers print when they do not know the host (docker-credential-helpers, `errCredentialsNotFound`).
const NOT_FOUND: &str = "credentials not found";

/// What is not passed on to a helper: the passwords of signing keys and the identity tokens that sign in their place,
/// cosign's too. Whoever is trusted with a registry's password is not for that reason trusted with these. The rest of the
/// environment is what helpers find their own secrets by. This keeps a helper from leaking what it has no use for, not from
/// looking: it runs as the same user.
const WITHHELD: [&str; 4] = ["BULLA_PASSWORD", "COSIGN_PASSWORD", "BULLA_IDENTITY_TOKEN", "SIGSTORE_ID_TOKEN"];

/// By what a pipeline's own programs get an identity token, and with it a certificate: GitHub's runner and CircleCI.
const IDENTITIES: [&str; 4] =
    ["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2"];

/// Takes all that somebody could sign by out of a program's environment: for one that needs no secret at all.
pub fn without_secrets(command: &mut Command) -> &mut Command {
    WITHHELD.iter().chain(&IDENTITIES).fold(command, Command::env_remove)
}

/// The answer of a helper.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: Secret,
}

/// Asks the helper `name` about `server`.
pub(crate) fn ask(name: &str, server: &str, cancel: &Cancel) -> Result<Option<Login>, Error> {
    let program = format!("docker-credential-{name}");
    let refuse = |why: String| Error::CredentialHelper { program: shown(&program), host: server.to_owned(), why };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(refuse("not the name of a program".to_owned()));
    }
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let (success, printed) = run(command, server, cancel).map_err(|failure| match failure {
        Failure::Cancelled => Error::Cancelled,
        failure => refuse(failure.why()),
    })?;
    if !success {
        let unknown = String::from_utf8_lossy(&printed).contains(NOT_FOUND);
        return if unknown { Ok(None) } else { Err(refuse("it ended with an error".to_owned())) };
    }
    let answer: Answer =
        serde_json::from_slice(&printed).map_err(|_| refuse("its answer is not the expected JSON".to_owned()))?;
    let secret = answer.secret;
    Ok(Some(match answer.username.as_str() {
        "<token>" => Login::Refresh { token: secret },
        user => Login::Password { user: user.to_owned(), password: secret },
    }))
}

/// What a program prints when it is run with these arguments and nothing on its standard input: a secret.
///
/// # Errors
/// [`Error::ProgramFailed`] if it cannot be run, ends with an error, takes longer than helpers may, or prints more.
pub fn printed_by(program: &str, arguments: &[&str], cancel: &Cancel) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let why = match run(command, "", cancel) {
        Ok((true, printed)) => return Ok(printed),
        Ok((false, _)) => "it ended with an error".to_owned(),
        Err(Failure::Cancelled) => return Err(Error::Cancelled),
        Err(failure) => failure.why(),
    };
    Err(Error::ProgramFailed { program: shown(program), why })
}

enum Failure {
    Io(std::io::Error),
    Slow,
    Large,
    Cancelled,
}

impl Failure {
    fn why(&self) -> String {
        match self {
            Self::Io(error) => error.to_string(),
            Self::Slow => format!("no answer within {} s", budget::HELPER.as_secs()),
            Self::Large => format!("more than {} bytes of answer", budget::HELPER_BYTES),
            Self::Cancelled => "cancelled".to_owned(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Runs a program with `input`, within the time that helpers have. One that keeps its output open after its end, or
/// never ends, is left behind, ended.
fn run(mut command: Command, input: &str, cancel: &Cancel) -> Result<(bool, Zeroizing<Vec<u8>>), Failure> {
    for name in WITHHELD {
        command.env_remove(name);
    }
    let mut child = command.spawn()?;
    let answer = converse(&mut child, input, cancel);
    if answer.is_err() {
        // It may have ended by itself in the meantime: then there is nothing to end.
        child.kill().ok();
        child.wait().ok();
    }
    answer
}

fn converse(child: &mut Child, input: &str, cancel: &Cancel) -> Result<(bool, Zeroizing<Vec<u8>>), Failure> {
    let end = Instant::now() + budget::HELPER;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read what it is asked says so by its answer.
        stdin.write_all(input.as_bytes()).ok();
    }
    let (sender, printed) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut bytes = Zeroizing::new(Vec::new());
            let read = stdout.take(budget::HELPER_BYTES + 1).read_to_end(&mut bytes);
            sender.send(read.map(|_| bytes))
        });
    }
    let bytes = loop {
        match printed.recv_timeout(Duration::from_millis(20)) {
            Ok(bytes) => break bytes?,
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Failure::Large),
            Err(mpsc::RecvTimeoutError::Timeout) => in_time(end, cancel)?,
        }
    };
    if u64::try_from(bytes.len()).is_ok_and(|length| length > budget::HELPER_BYTES) {
        return Err(Failure::Large);
    }
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status.success(), bytes));
        }
        in_time(end, cancel)?;
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn in_time(end: Instant, cancel: &Cancel) -> Result<(), Failure> {
    if cancel.is_raised() {
        return Err(Failure::Cancelled);
    }
    if Instant::now() >= end { Err(Failure::Slow) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    #[test]
    fn a_helper_reads_the_host_and_prints_an_answer() {
        let answer = run(shell("cat"), "r.test", &Cancel::default());
        assert!(matches!(answer, Ok((true, bytes)) if bytes.as_slice() == b"r.test"));
    }

    #[test]
    fn what_somebody_could_sign_by_is_not_passed_on() {
        let names = WITHHELD.map(|name| format!("${name}")).concat();
        let mut helper = shell(&format!("echo {names}$AWS_PROFILE"));
        helper.envs(WITHHELD.map(|name| (name, "hunter2"))).env("AWS_PROFILE", "work");
        let Ok((true, bytes)) = run(helper, "r.test", &Cancel::default()) else { panic!("no answer") };
        assert_eq!(String::from_utf8_lossy(&bytes), "work\n");
    }

    #[test]
    fn one_byte_past_the_limit_is_refused() {
        let script = format!("head -c {} /dev/zero", budget::HELPER_BYTES + 1);
        assert!(matches!(run(shell(&script), "", &Cancel::default()), Err(Failure::Large)));
    }

    #[test]
    fn cancelling_ends_a_helper_that_hangs() {
        let cancel = Cancel::default();
        cancel.raise();
        assert!(matches!(run(shell("exec sleep 60"), "", &cancel), Err(Failure::Cancelled)));
    }

    #[test]
    fn a_program_is_asked_with_its_arguments_alone() {
        let printed = printed_by("sh", &["-c", "cat; echo $0-$1", "a", "b c"], &Cancel::default()).unwrap();
        assert_eq!(printed.as_slice(), b"a-b c\n");
    }

    #[test]
    fn a_program_that_fails_or_is_not_there_says_its_name_and_nothing_that_it_printed() {
        for (program, arguments) in [("sh", ["-c", "echo hunter2; exit 1"]), ("bulla-no-such-program", ["", ""])] {
            let error = printed_by(program, &arguments, &Cancel::default()).unwrap_err();
            assert_eq!(error.code(), "program-failed");
            assert!(error.to_string().contains(program) && !error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_path_is_no_name_of_a_helper() {
        let error = ask("../evil", "r.test", &Cancel::default());
        assert!(matches!(error, Err(Error::CredentialHelper { .. })));
    }
}
