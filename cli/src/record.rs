//! Recordings: written beside a verdict, read to ask again.

use crate::{
    error::{Failure, Result},
    input, output,
    report::Report,
};
use bulla_policy::{
    Decision, Name, Policies, Recording, Verdict, budget,
    language::Moment,
    recording::{Problem, Recorded},
};
use bulla_transport::Place;
use bulla_verify::Time;
use std::path::{Path, PathBuf};

/// What `--record` writes, once everything is decided.
pub(crate) struct Record {
    path: PathBuf,
    recording: Recording,
}

impl Record {
    /// The one that is wished for, if one is.
    ///
    /// # Errors
    /// For standard output, which is the report's.
    pub(crate) fn wished(path: Option<&PathBuf>, policies: &Policies, now: Time) -> Result<Option<Self>> {
        match path {
            Some(path) if path.as_os_str() == "-" => {
                Err(Failure::usage("`--record -` would write among the report").hint("name a file; `./-` is one, too"))
            }
            path => Ok(path.map(|path| Self { path: path.clone(), recording: Recording::of(policies, now) })),
        }
    }

    /// A decision.
    pub(crate) fn add(&mut self, recorded: Recorded) {
        self.recording.add(recorded);
    }

    /// What there is no decision about.
    pub(crate) fn add_problem(&mut self, failure: &Failure) {
        let (code, message) = (failure.code().to_owned(), failure.message().to_owned());
        self.recording.add_problem(Problem { code, message, hint: failure.next().map(str::to_owned) });
    }

    /// Writes it. The report stays what it was; that there is no recording is said besides.
    pub(crate) fn write(self, report: Report) -> Report {
        let json = self.recording.to_json().map_err(|error| Failure::from(error).about("nothing is recorded"));
        match json.and_then(|json| output::write_new(&self.path, &json)) {
            Ok(()) => report,
            Err(failure) => report.but(failure),
        }
    }
}

/// Reads the recording in a file.
pub(crate) fn read(path: &Path) -> Result<Recording> {
    let bytes = input::read(path, budget::RECORDING_BYTES, "a recording")?;
    Recording::parse(&bytes).map_err(|error| Failure::from(error).about(path.display()))
}

/// What is asked otherwise than it was.
#[derive(Debug, Default)]
pub(crate) struct WhatIf {
    /// Whether these would have accepted it.
    pub(crate) policies: Option<Policies>,
    /// Whether it would be accepted then.
    pub(crate) at: Option<Time>,
    /// Whether it would be, were it called so.
    pub(crate) called: Option<String>,
}

impl WhatIf {
    /// What is decided about the subjects. Where nothing is asked otherwise, it has to be what was decided.
    ///
    /// # Errors
    /// If it is not; or where one name is given to several.
    pub(crate) fn decide(&self, recording: &Recording, subjects: &[&Recorded]) -> Result<Vec<Decision>> {
        if !self.is_asked() {
            return Ok(recording.replay()?);
        }
        if self.called.is_some() && subjects.len() != 1 {
            let message = format!("one name is given to {} things that are recorded", subjects.len());
            return Err(Failure::unknown("name-ambiguous", message).hint("say which is meant, or leave the name out"));
        }
        let (policies, now) = (self.policies(recording), self.at.unwrap_or(recording.now()));
        let decide = |subject: &&Recorded| {
            let called = self.called.as_deref().map(|called| named(called, &subject.subject().name)).transpose()?;
            Ok(subject.decide(policies, called.as_ref(), now))
        };
        subjects.iter().map(decide).collect()
    }

    /// By which policies.
    pub(crate) fn policies<'a>(&'a self, recording: &'a Recording) -> &'a Policies {
        self.policies.as_ref().unwrap_or_else(|| recording.policies())
    }

    /// Whether anything is.
    pub(crate) fn is_asked(&self) -> bool {
        self.policies.is_some() || self.at.is_some() || self.called.is_some()
    }
}

/// What is recorded comes to: refused over unknown over accepted; what could not be looked at is unknown.
pub(crate) fn verdict(recording: &Recording) -> Verdict {
    combined(recording.problems(), recording.subjects().iter().map(Recorded::verdict))
}

/// What verdicts come to, beside what there is no decision about.
pub(crate) fn combined(problems: &[Problem], verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let start = if problems.is_empty() { Verdict::Accepted } else { Verdict::Unknown };
    verdicts.fold(start, Verdict::and)
}

/// A problem that was recorded, as it was told.
pub(crate) fn told(problem: &Problem) -> Failure {
    Failure::unknown(problem.code.clone(), &problem.message).maybe_hint(problem.hint.as_ref())
}

/// A day, which is its first second in UTC, or a time.
pub(crate) fn moment(text: &str) -> Result<Time> {
    Ok(Moment::try_from(text.to_owned())?.time())
}

/// What the rules call it, of the kind that it is.
fn named(called: &str, instead_of: &Name) -> Result<Name> {
    match instead_of {
        Name::File(_) => Ok(Name::File(called.to_owned())),
        _ => Ok(bulla_gate::name(&Place::parse(called)?)),
    }
}
