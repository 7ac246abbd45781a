//! `bulla policy test`: whether policies decide about what was recorded as somebody expects.
//!
//! No socket is opened, and no clock is read. What cannot be read is never taken for a case that passes: a folder without cases, a
//! recording that is not there.

use crate::{
    args::policy::Test,
    budget,
    error::{Failure, Result},
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
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

pub(super) fn run(args: &Test) -> Result<Report> {
    let mut found = Found::default();
    for path in &args.paths {
        if path.is_dir() { found.folder(path)? } else { found.file(path)? }
    }
    let (mut tested, mut failures) = (Vec::new(), found.failures);
    for file in &found.files {
        match of_file(file) {
            Ok(cases) => cases.into_iter().for_each(|case| match case {
                Ok(case) => tested.push(case),
                // A policy that does not parse is told once, and not for each of its cases.
                Err(failure) if failures.contains(&failure) => {}
                Err(failure) => failures.push(failure),
            }),
            Err(failure) => failures.push(failure),
        }
    }
    let tested = Tested::new(tested);
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

/// Files of cases, each once.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    failures: Vec<Failure>,
    /// Where files and folders really are: links may lead in circles.
    known: HashSet<PathBuf>,
    entries: usize,
}

impl Found {
    fn file(&mut self, path: &Path) -> Result<()> {
        if self.files.len() == budget::CASE_FILES {
            return Err(too_many(budget::CASE_FILES, "files of cases"));
        }
        if self.is_new(path) {
            self.files.push(path.to_owned());
        }
        Ok(())
    }

    /// What is called like one, however deep.
    fn folder(&mut self, root: &Path) -> Result<()> {
        let mut waiting = vec![root.to_owned()];
        let mut any = false;
        while let Some(path) = waiting.pop() {
            if !path.is_dir() {
                any = true;
                self.file(&path)?;
            } else if self.is_new(&path) {
                let inside = self.inside(&path)?;
                waiting.extend(inside.into_iter().filter(|path| path.is_dir() || is_of_cases(path)));
            } else {
                // It was looked through before, as a part of another one.
                any |= path == root;
            }
        }
        if any {
            return Ok(());
        }
        Err(Failure::unknown("no-cases", format!("no cases are in `{}`", root.display()))
            .hint("files of cases are called `*.test.yaml`; a file of another name is named itself"))
    }

    /// What cannot be found is said, and keeps nothing else from being looked at.
    fn is_new(&mut self, path: &Path) -> bool {
        match path.canonicalize() {
            Ok(real) => self.known.insert(real),
            Err(error) => {
                self.failures.push(Failure::read(path, &error));
                false
            }
        }
    }

    /// What is in a folder, the last first.
    fn inside(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        let unreadable = |error: std::io::Error| Failure::read(folder, &error);
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            self.entries = self.entries.saturating_add(1);
            if self.entries > budget::FOLDER_ENTRIES {
                return Err(too_many(budget::FOLDER_ENTRIES, "names in folders"));
            }
            paths.push(folder.join(entry.map_err(unreadable)?.file_name()));
        }
        paths.sort_by(|one, other| other.cmp(one));
        Ok(paths)
    }
}

fn is_of_cases(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

fn too_many(limit: usize, what: &str) -> Failure {
    Failure::unknown("too-many-cases", format!("there are more than {limit} {what} to look at"))
        .hint("name folders with fewer of them, one run each")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_cases_are_found_in_order_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        for name in ["c.test.yaml", "b/z.test.yml", "a.test.yaml", "trust.yaml", "b/odd"] {
            fs::write(at(name), name).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(".", at("b/round")).unwrap();
        let mut found = Found::default();
        found.folder(&at("")).unwrap();
        found.folder(&at("b")).unwrap();
        found.file(&at("a.test.yaml")).unwrap();
        found.file(&at("b/odd")).unwrap();
        found.file(&at("gone")).unwrap();
        assert_eq!(found.files, ["a.test.yaml", "b/z.test.yml", "c.test.yaml", "b/odd"].map(at));
        assert_eq!(found.failures.iter().map(Failure::code).collect::<Vec<_>>(), ["file-not-found"]);
        fs::create_dir(at("empty")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(".", at("empty/round")).unwrap();
        assert_eq!(Found::default().folder(&at("empty")).unwrap_err().code(), "no-cases");
    }

    #[test]
    fn more_than_is_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.test.yaml"), "").unwrap();
        let mut found = Found { entries: budget::FOLDER_ENTRIES, ..Found::default() };
        assert_eq!(found.folder(folder.path()).unwrap_err().code(), "too-many-cases");
        let mut found = Found { files: vec![PathBuf::new(); budget::CASE_FILES], ..Found::default() };
        assert_eq!(found.file(&folder.path().join("a.test.yaml")).unwrap_err().code(), "too-many-cases");
    }
}
