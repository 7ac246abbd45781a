//! `bulla man`

use crate::{
    args::{Cli, EXIT_CODES, Man, TARGETS},
    error::{Failure, Result},
    output,
    report::{Outcome, Page, Report},
};
use clap::CommandFactory;
use clap_mangen::{
    Man as ManPage,
    roff::{Roff, roman},
};
use std::{fs, path::Path};

/// The manual pages, from the definition of the arguments: all of them into a folder, or the first to standard output.
pub(crate) fn run(args: &Man) -> Result<Report> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let page = match &args.dir {
        Some(dir) => Page { text: String::new(), files: write_all(&command, dir)? },
        None => Page { text: String::from_utf8_lossy(&render(command)?).into_owned(), files: Vec::new() },
    };
    Ok(Report::done("man", Outcome::Page(page)))
}

fn write_all(command: &clap::Command, dir: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(dir).map_err(|error| Failure::write(dir, &error))?;
    let mut files = Vec::new();
    let mut pages = vec![command];
    while let Some(page) = pages.pop() {
        // `bulla`, `bulla-sign`, `bulla-trust-init`, …
        let name = page.get_display_name().unwrap_or_else(|| page.get_name());
        let path = dir.join(format!("{name}.1"));
        // Those of an older version are no use to anybody.
        let put = if path.symlink_metadata().is_ok() { output::replace } else { output::write_new };
        put(&path, &render(page.clone())?)?;
        files.push(path.display().to_string());
        pages.extend(page.get_subcommands().filter(|page| page.get_name() != "help"));
    }
    files.sort();
    Ok(files)
}

/// The page of a command, and sections that its definition has no place for.
fn render(command: clap::Command) -> Result<Vec<u8>> {
    let mut sections = Roff::new();
    if command.has_subcommands()
        || command.get_arguments().any(|argument| matches!(argument.get_id().as_str(), "target" | "targets"))
    {
        sections.control("SH", ["TARGETS"]).text([roman(TARGETS)]);
    }
    sections.control("SH", ["EXIT STATUS"]).text([roman(EXIT_CODES)]);
    let command = command.after_help(None::<&str>).after_long_help(None::<&str>);
    let mut page = Vec::new();
    let source = concat!("bulla ", env!("CARGO_PKG_VERSION"));
    let written = ManPage::new(command).source(source).render(&mut page).and_then(|()| sections.to_writer(&mut page));
    written.map_err(|error| Failure::write(Path::new("-"), &error))?;
    Ok(page)
}
