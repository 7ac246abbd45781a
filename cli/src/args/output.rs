//! `--output`: how the answer is written, and where.

use super::{Command, policy::PolicyCommand};
use crate::error::{Failure, Result};
use clap::{
    ValueEnum,
    builder::{EnumValueParser, PossibleValue, StringValueParser, TypedValueParser},
};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: one object, as the schema of the report says
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML, for test reports
    Junit,
    /// Annotations of GitHub Actions, and the summary of the step
    Github,
    /// A table, for whoever reads Markdown
    Markdown,
    /// One page for a browser, with the provenance drawn
    Html,
}

impl Format {
    /// As it is typed.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether there is nothing to write in it but verdicts.
    fn is_of_verdicts(self) -> bool {
        match self {
            Self::Text | Self::Json => false,
            Self::Sarif | Self::Junit | Self::Github | Self::Markdown | Self::Html => true,
        }
    }
}

/// `FORMAT`, or `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    format: Format,
    file: Option<PathBuf>,
}

/// Reads one, and knows the formats for help, completions and hints.
#[derive(Debug, Clone)]
pub(super) struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        typed: &OsStr,
    ) -> std::result::Result<Output, clap::Error> {
        let typed = StringValueParser::new().parse_ref(command, argument, typed)?;
        let (format, file) = match typed.split_once('=') {
            Some((format, file)) => (format, Some(file)),
            None => (typed.as_str(), None),
        };
        let format = EnumValueParser::<Format>::new().parse_ref(command, argument, OsStr::new(format))?;
        Ok(Output { format, file: file.map(PathBuf::from) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(Format::to_possible_value)))
    }
}

/// Everything that is written: one format on standard output, and what goes into files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outputs {
    pub(crate) stdout: Format,
    pub(crate) files: Vec<(Format, PathBuf)>,
}

impl Outputs {
    /// Text for whoever sits there.
    pub(crate) fn only(stdout: Format) -> Self {
        Self { stdout, files: Vec::new() }
    }

    /// # Errors
    /// If two of them would go to the same place, or to one that the command line names for something else; or if one is of
    /// verdicts and the command gives none.
    pub(crate) fn of(typed: &[Output], command: &Command, words: &[OsString]) -> Result<Self> {
        let mut stdout = None;
        let mut files: Vec<(Format, PathBuf)> = Vec::new();
        for Output { format, file } in typed {
            if format.is_of_verdicts() && !command.gives_verdicts() {
                let (name, command) = (format.name(), command.name());
                return Err(Failure::usage(format!("`{command}` gives no verdict that could be written as {name}"))
                    .hint(
                        "`--output text` and `--output json` are every command's; the others are of `verify`, `pin`, `replay` and `policy test`",
                    ));
            }
            match file {
                None if stdout.replace(*format).is_some() => {
                    return Err(Failure::usage("two formats for one standard output")
                        .hint(format!("give one of them a file: `--output {}=FILE`", format.name())));
                }
                None => {}
                Some(file) if file.as_os_str().is_empty() => {
                    return Err(Failure::usage(format!("`--output {}=` names no file", format.name()))
                        .hint("leave out the `=` for standard output"));
                }
                Some(file) if files.iter().any(|(_, other)| same(other, file)) => {
                    return Err(Failure::usage(format!("`{}` is to be written twice", file.display()))
                        .hint("give each format a file of its own"));
                }
                Some(file) if words.iter().any(|word| names(word, file)) => {
                    let message = format!("`{}` is named for something else, and would be overwritten", file.display());
                    return Err(Failure::usage(message).hint("give the report a file of its own"));
                }
                Some(file) => files.push((*format, file.clone())),
            }
        }
        Ok(Self { stdout: stdout.unwrap_or(Format::Text), files })
    }

    /// Whether it is among them, wherever it goes.
    pub(crate) fn has(&self, format: Format) -> bool {
        self.stdout == format || self.files.iter().any(|(other, _)| *other == format)
    }

    /// What goes into files.
    pub(crate) fn files(&self) -> impl Iterator<Item = (Format, &Path)> {
        self.files.iter().map(|(format, file)| (*format, file.as_path()))
    }
}

impl super::Common {
    /// What is written on standard output, as far as it is known.
    pub(crate) fn stdout(&self) -> Format {
        let mut on_stdout = self.output.iter().filter(|output| output.file.is_none());
        on_stdout.next().map_or(Format::Text, |output| output.format)
    }
}

/// Whether both name one place, as far as that can be told before it is there.
fn same(one: &Path, other: &Path) -> bool {
    let absolute = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    absolute(one) == absolute(other)
}

/// Whether a word of the command line is that file: `FILE`, `--flag=FILE`, or `FILE,from=TIME`.
fn names(word: &OsStr, file: &Path) -> bool {
    let text = word.to_string_lossy();
    let value = text.split_once('=').filter(|(flag, _)| flag.starts_with("--") && *flag != "--output").map(|it| it.1);
    let before = text.split_once(',').map(|it| it.0);
    [Some(&*text), value, before].into_iter().flatten().any(|path| same(Path::new(path), file))
}

impl Command {
    /// Whether it decides about anything.
    fn gives_verdicts(&self) -> bool {
        matches!(self, Self::Verify(_) | Self::Pin(_) | Self::Replay(_) | Self::Policy(PolicyCommand::Test(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser;

    fn outputs(line: &str) -> Result<Outputs> {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        Outputs::of(&cli.common.output, &cli.command, &words)
    }

    #[test]
    fn one_format_goes_to_standard_output_and_each_other_one_to_its_file() {
        let file = |format, name: &str| (format, PathBuf::from(name));
        for (line, stdout, files) in [
            ("bulla verify x", Format::Text, vec![]),
            ("bulla verify x -o json", Format::Json, vec![]),
            ("bulla verify x -o=html", Format::Html, vec![]),
            ("bulla verify x --output=sarif=a", Format::Text, vec![file(Format::Sarif, "a")]),
            ("bulla pin -f x -o junit=a=b -o github", Format::Github, vec![file(Format::Junit, "a=b")]),
            ("bulla keygen -o json=a -o text=b", Format::Text, vec![file(Format::Json, "a"), file(Format::Text, "b")]),
        ] {
            assert_eq!(outputs(line), Ok(Outputs { stdout, files }), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        for line in [
            "bulla verify x -o json -o html",
            "bulla verify x -o json=",
            "bulla verify x -o json=a -o html=a",
            "bulla verify x -o json=a -o html=./a",
            "bulla verify x --record a -o json=./a",
            "bulla verify x --record=a -o json=a",
            "bulla verify x -o json=x",
            "bulla verify x --policy p.yaml -o html=p.yaml",
            "bulla verify x --key k.pub,from=2026-01-01T00:00:00Z -o json=k.pub",
            "bulla keygen -o sarif=a",
            "bulla keygen -o html",
        ] {
            assert_eq!(outputs(line).map(drop).unwrap_err().code(), "usage", "{line}");
        }
    }
}
