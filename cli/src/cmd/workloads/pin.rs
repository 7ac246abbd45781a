//! `bulla pin`

use super::{Read, files::Manifest, in_file, survey::Survey};
use crate::{
    args::Pin,
    error::{Failure, Result},
    input, output,
    report::{Change, Pins, Report},
    session::Session,
};
use bulla_gate::workloads::{self, ImageUse};
use bulla_verify::Digest;
use std::{collections::HashSet, path::Path};

/// Writes the digests that were verified, once all of them are.
pub(in crate::cmd) fn run(args: &Pin, session: &Session) -> Result<Report> {
    let to_stdout = args.manifests.files.iter().any(|path| path == Path::new("-"));
    if to_stdout && args.manifests.files.len() > 1 {
        return Err(Failure::usage("standard input is pinned to standard output, and nothing besides")
            .hint("name the files in another run"));
    }
    let read = Read::all(&args.manifests)?;
    let survey = Survey::of(&read, None, &args.demand, None, &args.network, session)?;
    let Some(digests) = survey.accepted(&read) else {
        return Ok(survey.into_report("pin", &read, None));
    };
    let pinned = pin_all(&read, &digests)?;
    let changes: Vec<_> = pinned.iter().flat_map(|pinned| pinned.changes.iter().cloned()).collect();
    if args.check {
        let failures: Vec<_> = changes.iter().map(unpinned).collect();
        let report = survey.into_report("pin", &read, Some(Pins { written: false, changes, manifest: None }));
        return Ok(failures.into_iter().fold(report, Report::but));
    }
    for pinned in &pinned {
        pinned.expect_unchanged()?;
    }
    for (done, pinned) in pinned.iter().filter(|pinned| !pinned.changes.is_empty()).enumerate() {
        pinned.write().map_err(|failure| partly(failure, done))?;
    }
    let manifest = pinned.into_iter().next().filter(|_| to_stdout).map(|pinned| pinned.text);
    Ok(survey.into_report("pin", &read, Some(Pins { written: manifest.is_none(), changes, manifest })))
}

/// A manifest with digests in it.
struct Pinned<'r> {
    manifest: &'r Manifest,
    text: String,
    changes: Vec<Change>,
}

/// What becomes of each manifest: all of it is known before anything is written.
fn pin_all<'r>(read: &'r Read, digests: &[Digest]) -> Result<Vec<Pinned<'r>>> {
    let mut digests = digests.iter().copied();
    read.manifests
        .iter()
        .map(|(manifest, found)| {
            let pins: Vec<_> = found.images.iter().zip(digests.by_ref().take(found.images.len())).collect();
            pin_one(manifest, &pins)
        })
        .collect()
}

fn pin_one<'r>(manifest: &'r Manifest, pins: &[(&ImageUse, Digest)]) -> Result<Pinned<'r>> {
    let failed = |error| in_file(&manifest.name, error);
    let text = workloads::pin(&manifest.text, pins).map_err(failed)?;
    let (mut changes, mut known) = (Vec::new(), HashSet::new());
    for (image, digest) in pins {
        let (from, to) = (image.image.clone(), image.pinned(digest).map_err(failed)?);
        let (line, column) = image.at.as_ref().map_or((0, 0), |at| (at.line, at.column));
        // Aliases of one value are one place.
        if from != to && known.insert((line, column)) {
            changes.push(Change { file: manifest.name.clone(), line, column, from, to });
        }
    }
    Ok(Pinned { manifest, text, changes })
}

impl Pinned<'_> {
    /// Somebody may have written to it while registries were asked.
    fn expect_unchanged(&self) -> Result<()> {
        let Some(path) = self.manifest.path.as_ref().filter(|_| !self.changes.is_empty()) else { return Ok(()) };
        let now = input::read(path, bulla_gate::budget::MANIFEST_BYTES, "a manifest")?;
        if now == self.manifest.text.as_bytes() {
            return Ok(());
        }
        let message = format!("`{}` has changed since it was read; nothing was written", path.display());
        Err(Failure::unknown("file-changed", message).hint("run it again"))
    }

    fn write(&self) -> Result<()> {
        match &self.manifest.path {
            Some(path) => output::replace(path, self.text.as_bytes()),
            None => Ok(()),
        }
    }
}

fn unpinned(Change { file, line, column, from, .. }: &Change) -> Failure {
    Failure::refused("not-pinned", format!("{file}:{line}: {from} has no digest"))
        .hint("run it without `--check`, which writes what was verified")
        .at(file, *line, *column)
}

/// Each file is written whole or not at all; all of them cannot be.
fn partly(failure: Failure, done: usize) -> Failure {
    match done {
        0 => failure,
        1 => failure.hint("the manifest before it is written; run it again once this one can be"),
        _ => failure.hint(format!("the {done} manifests before it are written; run it again once this one can be")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_has_written_to_meanwhile_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        let manifest = Manifest { name: "a.yaml".to_owned(), path: Some(path.clone()), text: "old".to_owned() };
        let (file, from, to) = ("a.yaml".to_owned(), "a".to_owned(), "b".to_owned());
        let changes = vec![Change { file, line: 1, column: 1, from, to }];
        let pinned = Pinned { manifest: &manifest, text: "new".to_owned(), changes };
        std::fs::write(&path, "old").unwrap();
        assert!(pinned.expect_unchanged().is_ok());
        std::fs::write(&path, "other").unwrap();
        assert_eq!(pinned.expect_unchanged().unwrap_err().code(), "file-changed");
    }

    #[test]
    fn what_is_written_by_then_is_said() {
        let failure = || Failure::unknown("cannot-write", "disk full").hint("make room");
        assert_eq!(partly(failure(), 0).next(), Some("make room"));
        assert!(partly(failure(), 2).next().is_some_and(|hint| hint.starts_with("the 2 manifests before it")));
    }
}
