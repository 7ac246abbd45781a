//! The `bulla` command: arguments in, one report out, and an exit code that a script can rely on.
//!
//! 0 is accepted or done, 1 refused, 2 could not tell. Data goes to standard output, `error:`, `hint:` and `warning:` to
//! standard error.

mod args;
mod budget;
mod bundle_file;
mod cmd;
mod consent;
mod error;
mod folders;
mod git;
mod identity;
mod input;
mod instance;
mod output;
mod password;
mod policy_file;
mod progress;
mod record;
mod report;
mod roots;
mod session;
mod signals;
mod signers;
mod target;
mod terminal;
mod timings;
mod usage;
mod withheld;

use crate::{
    args::{Cli, Format, Outputs},
    error::{Exit, Failure},
    report::Report,
    session::Session,
    withheld::Withheld,
};
use std::{ffi::OsString, process::ExitCode};

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let exit = match withheld::secret_itself(&typed) {
        Some(failure) => say(Report::failed("usage", failure), &wished(&typed)),
        None => run(&typed, &Withheld::among(&typed)),
    };
    ExitCode::from(exit.code())
}

fn run(typed: &[OsString], withheld: &Withheld) -> Exit {
    let cli = match Cli::read(typed) {
        Ok(cli) => cli,
        Err(error) => return explain(&error, typed, withheld),
    };
    let outputs = match Outputs::of(&cli.common.output, &cli.command, typed) {
        Ok(outputs) => outputs,
        Err(failure) => return say(Report::failed("usage", failure).without(withheld), &wished(typed)),
    };
    let report =
        cmd::run(&cli, &Session::outside()).unwrap_or_else(|failure| Report::failed(cli.command.name(), failure));
    say(report.without(withheld), &outputs)
}

/// Help is data; anything else that does not parse is a usage error.
fn explain(error: &clap::Error, typed: &[OsString], withheld: &Withheld) -> Exit {
    if !error.use_stderr() {
        return match output::print(&error.render().ansi().to_string()) {
            Ok(()) => Exit::Accepted,
            Err(failure) => say(Report::failed("help", failure), &Outputs::only(Format::Text)),
        };
    }
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        output::complain(&error.render().ansi().to_string());
        return Exit::Unknown;
    }
    say(Report::failed("usage", usage::failure(error, typed)).without(withheld), &wished(typed))
}

/// Says it; what cannot be said on standard output is said on standard error. Files come first: what cannot be written is part of
/// the answer.
fn say(report: Report, outputs: &Outputs) -> Exit {
    let report = report.saved(outputs);
    match report.print(outputs.stdout) {
        Ok(()) => report.exit(),
        Err(failure) => {
            output::complain(&Report::failed("output", Failure::clone(&failure)).transcript());
            report.exit().max(failure.exit())
        }
    }
}

/// The format that was wished for on a command line that does not parse.
fn wished(typed: &[OsString]) -> Outputs {
    let texts: Vec<_> = typed.iter().map(|text| text.to_string_lossy()).collect();
    let pair = texts
        .windows(2)
        .any(|pair| matches!(pair, [flag, value] if (flag == "--output" || flag == "-o") && value == "json"));
    let joined = texts.iter().any(|text| text == "--output=json" || text == "-ojson" || text == "-o=json");
    Outputs::only(if pair || joined { Format::Json } else { Format::Text })
}
