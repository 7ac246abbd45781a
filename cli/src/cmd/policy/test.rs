//! `bulla policy test`: whether policies decide about what was recorded as somebody expects.
//!
//! No socket is opened, and no clock is read. What cannot be read is never taken for a case that passes: a folder without cases, a
//! recording that is not there.

use crate::{
    args::policy::Test,
    budget,
    error::{Failure, Result},
    folders::{Finder, Kind},
    input,
    policy_file::{self, Text},
    record::{self, WhatIf},
    report::{Outcome, Report, SURPRISE, Tested, TestedCase, Why},
};
use bulla_policy::{
    Decision, Recording,
    language::{Case, Cases},
    recording::Recorded,
};
use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

pub(super) fn run(args: &Test) -> Result<Report> {
    let (mut tested, mut failures) = (Vec::new(), Vec::new());
    for file in files(&args.paths)? {
        match file.and_then(|file| of_file(&file)) {
            Ok(cases) => cases.into_iter().for_each(|case| match case {
                Ok(case) => tested.push(case),
                // A policy that does not parse is told once, and not for each of its cases.
                Err(failure) if failures.contains(&failure) => {}
                Err(failure) => failures.push(failure),
            }),
            Err(failure) => failures.push(failure),
        }
    }
    let tested = Tested::new(tested, failures.len());
    let surprises = tested.surprises;
    let report = Report::done("policy", Outcome::Tested(tested));
    let report = if surprises == 0 { report } else { report.but(surprising(surprises)) };
    Ok(failures.into_iter().fold(report, Report::but))
}

fn surprising(surprises: usize) -> Failure {
    let (cases, are) = if surprises == 1 { ("case", "is") } else { ("cases", "are") };
    Failure::refused(SURPRISE, format!("{surprises} {cases} {are} not decided as expected"))
        .hint("change the policy, or what is expected, whichever is wrong; `bulla replay --policy --explain` shows why")
        .of_subject()
}

/// The cases of a file, each decided or not.
fn of_file(file: &Path) -> Result<Vec<Result<TestedCase>>> {
    let text = input::read_text(file, bulla_policy::budget::POLICY_BYTES, "a file of cases")?;
    let cases = Cases::parse(&text).map_err(|error| policy_file::in_file(file, &error))?;
    let beside = |name: &String| file.parent().unwrap_or(Path::new("")).join(name);
    let policies: Vec<_> = cases.policies.iter().map(beside).collect();
    let policies = Text::read_all(&policies)?;
    // Cases about one recording mostly stand together.
    let mut last: Option<(PathBuf, Rc<Recording>)> = None;
    let mut decide = |case: &Case| {
        let evidence = beside(&case.evidence);
        let recording = match last.take() {
            Some((path, recording)) if path == evidence => Ok(recording),
            _ => record::read(&evidence).map(Rc::new),
        };
        last = recording.as_ref().ok().map(|recording| (evidence.clone(), Rc::clone(recording)));
        decided(file, case, (&evidence, recording), &policies)
    };
    Ok(cases.cases.iter().map(&mut decide).collect())
}

fn decided(
    file: &Path,
    case: &Case,
    (evidence, recording): (&Path, Result<Rc<Recording>>),
    policies: &[Text],
) -> Result<TestedCase> {
    let line = case.name.position().line;
    let of_case = |failure: Failure| failure.about(format!("{}:{line}: {}", file.display(), *case.name));
    let recording = recording.map_err(of_case)?;
    let what_if = WhatIf {
        policies: Some(policy_file::parse_all_recorded(policies, &recording)?),
        at: case.at.as_ref().map(|at| at.time()),
        called: case.called.as_ref().map(|called| called.to_string()),
    };
    let meant =
        |subject: &&Recorded| case.digest.as_ref().is_none_or(|digest| *digest.digest() == subject.subject().digest);
    let subjects: Vec<_> = recording.subjects().iter().filter(meant).collect();
    if subjects.is_empty() && case.digest.is_some() {
        let message = format!("`{}` holds nothing of that digest", evidence.display());
        let hint = "`bulla replay` shows the digests of what it holds";
        return Err(of_case(Failure::unknown("not-recorded", message).hint(hint)));
    }
    let decisions = what_if.decide(&recording, &subjects).map_err(of_case)?;
    // Of everything that was recorded, what could not be looked at is a part.
    let problems = if case.digest.is_none() { recording.problems() } else { &[] };
    let verdict = record::combined(problems, decisions.iter().map(Decision::verdict));
    let reasons = decisions.iter().flat_map(|decision| decision.reasons());
    let reasons = reasons.map(|reason| Why::from(&reason)).chain(problems.iter().map(Why::from)).collect();
    let place = (file.display().to_string(), line);
    Ok(TestedCase::new(place, case.name.to_string(), &case.expect, verdict, reasons))
}

/// Files of cases, or why one is not there.
fn files(paths: &[PathBuf]) -> Result<Vec<Result<PathBuf>>> {
    let mut finder = Finder::of(Kind { is_one: is_of_cases, none: no_cases, too_many });
    let mut files = Vec::new();
    for path in paths {
        files.extend(finder.find(path)?);
        if files.len() > budget::CASE_FILES {
            return Err(too_many(budget::CASE_FILES, "files of cases"));
        }
    }
    Ok(files)
}

fn is_of_cases(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

fn no_cases(folder: &Path) -> Failure {
    Failure::unknown("no-cases", format!("no cases are in `{}`", folder.display()))
        .hint("files of cases are called `*.test.yaml`; a file of another name is named itself")
}

fn too_many(limit: usize, what: &str) -> Failure {
    Failure::unknown("too-many-cases", format!("there are more than {limit} {what} to look at"))
        .hint("name folders with fewer of them, one run each")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_of_cases_are_called_like_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["c.test.yaml", "z.test.yml", "trust.yaml", "odd"] {
            fs::write(at(name), name).unwrap();
        }
        let found = files(&[at(""), at("odd")]).unwrap().into_iter().collect::<Result<Vec<_>>>().unwrap();
        assert_eq!(found, ["c.test.yaml", "z.test.yml", "odd"].map(at));
        fs::create_dir(at("empty")).unwrap();
        assert_eq!(files(&[at("empty")]).unwrap_err().code(), "no-cases");
    }

    #[test]
    fn more_than_is_read_is_refused() {
        let gone: Vec<_> = (0..=budget::CASE_FILES).map(|number| PathBuf::from(format!("/gone/{number}"))).collect();
        assert_eq!(files(&gone).unwrap_err().code(), "too-many-cases");
    }
}
