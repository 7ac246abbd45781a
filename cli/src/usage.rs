//! What was typed wrongly, said in our voice.

use crate::{args::Cli, error::Failure};
use clap::{
    Command, CommandFactory,
    error::{ContextKind, ContextValue, Error, ErrorKind},
};
use std::{ffi::OsString, path::Path};

/// The failure for an error of the arguments that were `typed`.
pub(crate) fn failure(error: &Error, typed: &[OsString]) -> Failure {
    let mut cli = Cli::command();
    cli.build();
    let verb = typed.iter().skip(1).find_map(|word| cli.find_subcommand(word));
    let suggested = suggestion(error, verb.unwrap_or(&cli)).or_else(|| file_with_a_dash(error, typed));
    let hint = suggested.unwrap_or_else(|| match verb {
        Some(verb) if verb.get_name() == "attest" && error.kind() == ErrorKind::MissingRequiredArgument => {
            "what is stated is `--type` and `--predicate`, or `--provenance`, or `--statement`, or `--vsa` with `--policy` and `--verifier-id`".to_owned()
        }
        Some(verb)
            if verb.get_name() == "pin" && said(error, ContextKind::InvalidArg).as_deref() == Some("--platform") =>
        {
            "`pin` writes the digest of the index, with which every machine finds its own image; `verify` takes it"
                .to_owned()
        }
        _ if error.kind() == ErrorKind::InvalidUtf8 => "rename the file; a file's bytes can be piped to `-`".to_owned(),
        Some(verb) if error.kind() != ErrorKind::InvalidSubcommand => {
            format!("`bulla {} --help` says what it takes", verb.get_name())
        }
        _ => "`bulla --help` lists the commands".to_owned(),
    });
    Failure::usage(message(error, typed)).hint(hint)
}

fn message(error: &Error, typed: &[OsString]) -> String {
    let said = |kind| said(error, kind);
    let argument = || said(ContextKind::InvalidArg).unwrap_or_else(|| "an argument".to_owned());
    let value = || said(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unexpected argument `{}`", argument()),
        ErrorKind::InvalidSubcommand => {
            format!("no such command: `{}`", said(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("missing: `{}`", argument().replace(", ", "`, `")),
        ErrorKind::InvalidValue if value().is_empty() => format!("`{}` needs a value", argument()),
        ErrorKind::InvalidValue => format!("invalid value `{}` for `{}`", value(), argument()),
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map_or_else(String::new, |why| format!(": {why}"));
            format!("invalid value `{}` for `{}`{why}", value(), argument())
        }
        ErrorKind::ArgumentConflict => match said(ContextKind::PriorArg) {
            Some(prior) => format!("`{}` cannot be given together with `{prior}`", argument()),
            None => format!("`{}` cannot be given here", argument()),
        },
        ErrorKind::TooManyValues => format!("unexpected value `{}` for `{}`", value(), argument()),
        ErrorKind::InvalidUtf8 => {
            let odd = typed.iter().find(|word| word.to_str().is_none());
            format!("an argument is not UTF-8: `{}`", odd.map_or_else(String::new, |odd| odd.to_string_lossy().into()))
        }
        _ => first_line(error),
    }
}

fn suggestion(error: &Error, command: &Command) -> Option<String> {
    let options = || command.get_arguments().filter(|option| !option.is_hide_set());
    let nearest = match error.kind() {
        ErrorKind::UnknownArgument => {
            let known = options().filter_map(|option| Some(format!("--{}", option.get_long()?)));
            nearest(&said(error, ContextKind::InvalidArg)?, known)
        }
        ErrorKind::InvalidSubcommand => {
            let known = command.get_subcommands().map(|verb| verb.get_name().to_owned());
            nearest(&said(error, ContextKind::InvalidSubcommand)?, known)
        }
        _ => None,
    };
    match nearest {
        Some(nearest) => Some(format!("did you mean `{nearest}`?")),
        None => said(error, ContextKind::ValidValue).map(|values| format!("one of {values}")),
    }
}

/// What was taken for an option and is a file.
fn file_with_a_dash(error: &Error, typed: &[OsString]) -> Option<String> {
    let argument = said(error, ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let mut words = typed.iter().skip(1).filter_map(|word| word.to_str());
    let file = words.find(|word| word.starts_with(&argument) && Path::new(word).symlink_metadata().is_ok())?;
    file.starts_with('-').then(|| format!("the file is written `./{file}`, or stands behind `--`"))
}

/// What was probably meant: a slip or two away, and no guess otherwise.
fn nearest(typed: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let typed = typed.split('=').next().unwrap_or(typed);
    let slips = typed.trim_start_matches('-').chars().count().div_ceil(3);
    known
        .map(|name| (strsim::osa_distance(typed, &name), name))
        .filter(|(distance, _)| *distance <= slips)
        .min()
        .map(|(_, name)| name)
}

fn said(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        _ => None,
    }
}

/// Whatever else there is, in one line and without the parser's own label.
fn first_line(error: &Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wild_guess_is_not_made() {
        let verbs = || ["keygen", "sign", "verify"].map(str::to_owned).into_iter();
        assert_eq!(nearest("sing", verbs()).as_deref(), Some("sign"));
        assert_eq!(nearest("delete", verbs()), None);
    }
}
