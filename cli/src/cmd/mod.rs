//! The verbs, one file each.

mod attest;
mod completions;
mod inspect;
mod keygen;
mod log;
mod man;
mod policy;
mod quickstart;
mod replay;
mod sandbox;
mod sign;
mod signing;
mod summary;
mod trust;
mod verify;
mod workloads;

use crate::{
    args::{Cli, Command},
    error::Result,
    report::Report,
    session::Session,
};

/// Does what was typed.
pub(crate) fn run(cli: &Cli, session: &Session) -> Result<Report> {
    match &cli.command {
        Command::Keygen(args) => keygen::run(args, session),
        Command::Sign(args) => sign::run(args, session),
        Command::Attest(args) => attest::run(args, session),
        Command::Log(args) => log::run(args, session),
        Command::Verify(args) => verify::run(args, session),
        Command::Replay(args) => replay::run(args),
        Command::Pin(args) => workloads::pin(args, session),
        Command::Inspect(args) => inspect::run(args, session),
        Command::Policy(command) => policy::run(command, session),
        Command::Trust(command) => trust::run(command, session),
        Command::Sandbox(args) => sandbox::run(args, cli.common.stdout()),
        Command::Quickstart => quickstart::run(cli.common.stdout()),
        Command::Completions(args) => Ok(completions::run(args)),
        Command::Man(args) => man::run(args),
    }
}

impl Command {
    /// Its name, as reports give it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Keygen(_) => "keygen",
            Self::Sign(_) => "sign",
            Self::Attest(_) => "attest",
            Self::Log(_) => "log",
            Self::Verify(_) => "verify",
            Self::Replay(_) => "replay",
            Self::Pin(_) => "pin",
            Self::Inspect(_) => "inspect",
            Self::Policy(_) => "policy",
            Self::Trust(_) => "trust",
            Self::Sandbox(_) => "sandbox",
            Self::Quickstart => "quickstart",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}
