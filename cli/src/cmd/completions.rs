//! `bulla completions`

use crate::{
    args::{Cli, Completions},
    report::{Outcome, Page, Report},
};
use clap::CommandFactory;

/// The completions of a shell, from the definition of the arguments.
pub(crate) fn run(args: &Completions) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bulla", &mut script);
    let text = String::from_utf8_lossy(&script).into_owned();
    Report::done("completions", Outcome::Page(Page { text, files: Vec::new() }))
}
