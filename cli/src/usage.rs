//! What was typed wrongly, said in our voice.

use crate::error::Failure;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// The failure for an error of the arguments.
pub(crate) fn failure(error: &Error) -> Failure {
    let failure = Failure::usage(message(error));
    match suggestion(error) {
        Some(suggestion) => failure.hint(suggestion),
        None => failure.hint("`bulla --help` lists the commands, `bulla COMMAND --help` what each takes"),
    }
}

fn message(error: &Error) -> String {
    let said = |kind| said(error, kind);
    let argument = || said(ContextKind::InvalidArg).unwrap_or_else(|| "an argument".to_owned());
    let value = || said(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unexpected argument `{}`", argument()),
        ErrorKind::InvalidSubcommand => {
            format!("no such command: `{}`", said(ContextKind::InvalidSubcommand).unwrap_or_default())
        }
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("missing: {}", argument()),
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
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => first_line(error),
    }
}

fn suggestion(error: &Error) -> Option<String> {
    let said = |kind| said(error, kind);
    if let Some(better) = said(ContextKind::SuggestedArg).or_else(|| said(ContextKind::SuggestedSubcommand)) {
        return Some(format!("did you mean `{better}`?"));
    }
    if let Some(better) = said(ContextKind::SuggestedValue) {
        return Some(format!("did you mean `{better}`?"));
    }
    said(ContextKind::ValidValue).map(|values| format!("one of {values}"))
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
