//! What a command has to say: one value, in one file for each form that it takes.

mod compared;
mod explain;
mod github;
mod html;
mod json;
mod judged;
mod junit;
mod markdown;
mod places;
mod policy;
mod printable;
mod sarif;
mod tested;
mod text;
mod verdicts;
mod workloads;

pub(crate) use compared::{Compared, Differences};
pub(crate) use judged::{Asked, Judged, JudgedSubject, Signer, Why, excused, for_all, kinds};
pub(crate) use policy::{Checked, CheckedPolicy, ConvertedPolicy};
pub(crate) use printable::printable;
pub(crate) use tested::{Tested, TestedCase};
pub(crate) use verdicts::SURPRISE;
pub(crate) use workloads::{Change, Doubted, Pins, Surveyed, UseOfImage, UsedImage};

use crate::{
    args::{Format, Outputs},
    error::{Exit, Failure, Result},
    output, terminal,
    withheld::Withheld,
};
use bulla_policy::Verdict;
use bulla_verify::Time;
use places::Places;
use serde::Serialize;
use verdicts::Verdicts;

/// The version of the report's schema (`cli/schema/report-v1.json`): fields are added to it, never changed.
const SCHEMA: &str = "bulla.report/v1";

/// Everything that a command has to say.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    schema: &'static str,
    command: &'static str,
    exit_code: u8,
    #[serde(skip)]
    exit: Exit,
    /// It was printed while it happened.
    #[serde(skip)]
    told: bool,
    /// By which time it was decided, for a page that is read later.
    #[serde(skip)]
    decided_at: Option<String>,
    result: Option<Outcome>,
    errors: Vec<Failure>,
    warnings: Vec<String>,
}

/// What a command has done or found.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    /// `keygen`
    Key(KeyPair),
    /// `sign`, `attest`
    Signed(Signed),
    /// `log`
    Logged(Logged),
    /// `verify`
    Judged(Judged),
    /// `policy diff`
    Compared(Differences),
    /// `verify -f`, `pin`
    Surveyed(Surveyed),
    /// `inspect`
    Seen(Seen),
    /// `policy check`
    Checked(Checked),
    /// `policy test`
    Tested(Tested),
    /// `policy convert`
    Converted(ConvertedPolicy),
    /// `trust`
    Roots(KnownRoots),
    /// `trust doctor`
    Examined(Examined),
    /// `sandbox`
    Running(Running),
    /// `quickstart`
    Shown(Shown),
    /// `completions`, `man`, `policy`
    Page(Page),
}

/// Text that is its own form, or where it was written.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) files: Vec<String>,
}

/// A key that was made or imported.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyPair {
    pub(crate) private_key: String,
    pub(crate) public_key: String,
    pub(crate) key_id: String,
    pub(crate) algorithm: String,
}

/// What was signed, and by whom.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Signed {
    pub(crate) signer: Signer,
    pub(crate) subjects: Vec<SignedSubject>,
}

/// One thing that is now signed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedSubject {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) platform: Option<String>,
    pub(crate) state: State,
    /// Where the bundle is: a manifest's digest, or a file.
    pub(crate) bundle: String,
    pub(crate) predicate_type: Option<String>,
}

/// Whether there was anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// It was signed now.
    Signed,
    /// It was signed now, and no log could be reached.
    ToBeLogged,
    /// The same key or identity had signed the same thing before.
    AlreadySigned,
}

/// What is in a log now.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Logged {
    pub(crate) subjects: Vec<LoggedSubject>,
}

/// One signature, and its bundle: a manifest's digest, or a file.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LoggedSubject {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) state: LoggedState,
    pub(crate) bundle: String,
}

/// Whether there was anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LoggedState {
    /// It was logged now.
    Logged,
    /// The bundle, or another one of the same signature, has a log entry.
    AlreadyLogged,
}

/// The roots that `trust` knows, or has just brought up to date.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct KnownRoots {
    pub(crate) roots: Vec<KnownRoot>,
}

/// A root, and what is cached of it: nothing, as long as nobody has asked for it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownRoot {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) built_in: bool,
    /// Of the metadata, for people.
    pub(crate) versions: Option<String>,
    /// When it was last asked for.
    pub(crate) checked: Option<String>,
    pub(crate) expires: Option<String>,
    /// Negative once it has expired.
    pub(crate) days_left: Option<i64>,
}

/// How the services of a root are.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Examined {
    pub(crate) services: Vec<ServiceHealth>,
}

/// How a service is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceHealth {
    pub(crate) role: String,
    pub(crate) url: String,
    /// How long its answer took; nothing where it was not asked or has not answered.
    pub(crate) milliseconds: Option<u64>,
    /// In seconds, if it told the time.
    pub(crate) clock_ahead: Option<i64>,
    pub(crate) problems: Vec<String>,
}

/// A sandbox, for as long as it runs: where it is, and the files that point others at it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) trusted_root: String,
    pub(crate) signing_config: String,
    pub(crate) identity_token: String,
    /// The same for people.
    #[serde(skip)]
    pub(crate) introduction: String,
}

/// What `inspect` saw. Nothing of it is proved.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Seen {
    /// Always false: it is written so that no script forgets.
    pub(crate) verified: bool,
    pub(crate) subjects: Vec<SeenSubject>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenSubject {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) media_type: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) attached: Vec<Attached>,
    pub(crate) children: Vec<Child>,
}

/// An image of an index.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Child {
    pub(crate) digest: String,
    pub(crate) platform: Option<String>,
    pub(crate) size: u64,
}

/// A bundle that is attached, and what it says of itself.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attached {
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) created: Option<String>,
    pub(crate) predicate_type: Option<String>,
    pub(crate) claimed_signer: Option<String>,
    pub(crate) log_entries: usize,
    pub(crate) timestamps: usize,
    /// Why it cannot be read, if it cannot.
    pub(crate) problem: Option<Why>,
}

/// What `quickstart` showed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    pub(crate) steps: Vec<Step>,
}

/// One step of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) title: String,
    pub(crate) command: String,
    pub(crate) report: Report,
}

impl Report {
    /// It is done.
    pub(crate) fn done(command: &'static str, result: Outcome) -> Self {
        let (exit, result) = (Exit::Accepted, Some(result));
        Self {
            schema: SCHEMA,
            command,
            exit_code: exit.code(),
            exit,
            told: false,
            decided_at: None,
            result,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// It failed before there was anything to say.
    pub(crate) fn failed(command: &'static str, failure: Failure) -> Self {
        let (exit, errors) = (failure.exit(), vec![failure]);
        Self {
            schema: SCHEMA,
            command,
            exit_code: exit.code(),
            exit,
            told: false,
            decided_at: None,
            result: None,
            errors,
            warnings: Vec::new(),
        }
    }

    /// What was decided: the exit code is the decision's.
    pub(crate) fn judged(command: &'static str, verdict: Verdict, judged: Judged, errors: Vec<Failure>) -> Self {
        let exit = Exit::from(verdict);
        let done = Self::done(command, Outcome::Judged(judged));
        Self { exit_code: exit.code(), exit, errors, ..done }
    }

    /// The same, which was decided by that time.
    #[must_use]
    pub(crate) fn decided_at(self, now: Time) -> Self {
        Self { decided_at: Some(now.to_string()), ..self }
    }

    /// Something to know besides.
    pub(crate) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// It was done in part: what failed is said as well, and decides how the process ends.
    #[must_use]
    pub(crate) fn but(mut self, failure: Failure) -> Self {
        self.exit = self.exit.max(failure.exit());
        self.exit_code = self.exit.code();
        self.errors.push(failure);
        self
    }

    /// The same without what was typed and may be a secret: no complaint repeats it.
    #[must_use]
    pub(crate) fn without(mut self, withheld: &Withheld) -> Self {
        self.errors = self.errors.into_iter().map(|failure| failure.without(withheld)).collect();
        self
    }

    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong, the most telling first.
    pub(crate) fn errors(&self) -> &[Failure] {
        &self.errors
    }

    /// The same, of which nothing is said any more.
    pub(crate) fn told(self) -> Self {
        Self { told: true, ..self }
    }

    /// Writes it to every file that it is to be written to; what cannot be written becomes part of it.
    #[must_use]
    pub(crate) fn saved(self, outputs: &Outputs) -> Self {
        let mut written: Vec<_> =
            outputs.files().map(|(format, file)| output::put(file, self.file(format).as_bytes())).collect();
        if outputs.has(Format::Github) {
            written.push(github::summarise(&Verdicts::of(&self)));
        }
        written.into_iter().filter_map(Result::err).fold(self, Self::but)
    }

    /// Says it: data on standard output, complaints on standard error.
    pub(crate) fn print(&self, format: Format) -> Result<()> {
        if self.told {
            return Ok(());
        }
        let data = match format {
            Format::Text => text::data(self, terminal::measured()),
            other => self.file(other),
        };
        // The runner obeys what it reads on either stream: what is said here is said as annotations, which nothing can break out of.
        if format != Format::Github {
            output::complain(&text::complaints(self));
        }
        output::print(&data)
    }

    /// The same as a file has it: as wide as it is, without colour.
    fn file(&self, format: Format) -> String {
        let verdicts = |form: fn(&Verdicts<'_>, &Places) -> String| form(&Verdicts::of(self), &Places::of_process());
        match format {
            Format::Text => {
                let text = format!("{}{}", text::data(self, None), text::complaints(self));
                anstream::adapter::strip_str(&text).to_string()
            }
            Format::Json => json::data(self),
            Format::Sarif => verdicts(sarif::log),
            Format::Junit => verdicts(junit::suite),
            Format::Github => verdicts(github::commands),
            Format::Markdown => verdicts(markdown::page),
            Format::Html => verdicts(html::page),
        }
    }

    /// Both of them as text, one after the other, as a terminal would show them.
    pub(crate) fn transcript(&self) -> String {
        format!("{}{}", text::data(self, terminal::measured()), text::complaints(self))
    }
}

/// `name@sha256:…`, without a tag that may point elsewhere tomorrow.
fn at_digest(name: &str, digest: &str) -> String {
    if name.contains(digest) { name.to_owned() } else { format!("{name}@{digest}") }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accepted => Self::Accepted,
            Verdict::Refused => Self::Refused,
            Verdict::Unknown => Self::Unknown,
        }
    }
}
