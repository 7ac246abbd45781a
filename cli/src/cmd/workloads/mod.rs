//! `bulla verify -f`, `bulla pin`: every image of every workload in manifests.
//!
//! An image that is overlooked is run unverified. So what cannot be read, has no name yet, or looks like an image where none is
//! known to be, makes the answer *unknown*; whoever knows better says so place by place (`--image-path`, `--no-image`), since one
//! word for all doubts would cover those, too, that come later.

mod files;
mod pin;
mod survey;

pub(super) use pin::run as pin;

use crate::{
    args::{Manifests, Verify},
    error::{Failure, Result},
    report::Report,
    session::Session,
};
use bulla_gate::workloads::{self, Doubt, Found, ImageUse, ManifestError, Paths};
use files::Manifest;
use std::collections::HashMap;
use survey::Survey;

/// Decides about every image.
pub(super) fn verify(args: &Verify, session: &Session) -> Result<Report> {
    let read = Read::all(&args.manifests)?;
    let (platform, record) = (args.platform.as_ref(), args.record.as_ref());
    let survey = Survey::of(&read, platform, &args.demand, record, &args.network, session)?.explained(args.explain);
    Ok(survey.into_report("verify", &read, None))
}

/// What the manifests say.
pub(super) struct Read {
    manifests: Vec<(Manifest, Found)>,
    /// What could not be read, and is in doubt.
    pub(super) failures: Vec<Failure>,
    /// Where no image is, as somebody has said.
    no_image: Vec<String>,
}

impl Read {
    /// # Errors
    /// For names that name nothing, for more than is read, and where no image is found at all: a mistake is not to pass for a
    /// good answer.
    pub(super) fn all(args: &Manifests) -> Result<Self> {
        let mut paths = Paths::known();
        for place in &args.image_path {
            paths = paths.with(place)?;
        }
        let files = files::read(&args.files)?;
        let mut read = Self { manifests: Vec::new(), failures: files.failures, no_image: args.no_image.clone() };
        let mut reported = 0_usize;
        for manifest in files.manifests {
            match workloads::images(&manifest.text, &paths) {
                Ok(found) => {
                    reported = reported.saturating_add(weight(&found));
                    read.manifests.push((manifest, found));
                }
                Err(error) => read.failures.push(in_file(&manifest.name, error)),
            }
            if reported > crate::budget::REPORTED_BYTES {
                let message =
                    format!("there are more than {} bytes of images to report", crate::budget::REPORTED_BYTES);
                return Err(Failure::unknown("too-many-images", message)
                    .hint("name fewer manifests in one run; if they are small, their aliases stand for too much"));
            }
        }
        let doubts = read.doubts();
        read.failures.extend(doubts);
        if read.uses().next().is_none() && read.failures.is_empty() {
            return Err(Failure::unknown("no-images", format!("no image is in {}", read.names())).hint(
                "check that it is the right manifest; where a custom resource names images is said with `--image-path`",
            ));
        }
        Ok(read)
    }

    /// Each image in each place, and the file's name.
    pub(super) fn uses(&self) -> impl Iterator<Item = (&str, &ImageUse)> {
        self.manifests.iter().flat_map(|(file, found)| found.images.iter().map(|image| (&*file.name, image)))
    }

    /// Whether somebody has said that no image is there.
    fn is_dispelled(&self, doubt: &Doubt) -> bool {
        let place = doubt.place();
        self.no_image.iter().any(|said| said.trim() == place)
    }

    /// What is in doubt; one place speaks for all of its kind in a file.
    fn doubts(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (file, found) in &self.manifests {
            let (mut kinds, mut known) = (Vec::new(), HashMap::new());
            for doubt in found.doubts.iter().filter(|doubt| !self.is_dispelled(doubt)) {
                let index = *known.entry((doubt.code(), doubt.place())).or_insert(kinds.len());
                match kinds.get_mut(index) {
                    Some((_, others)) => *others += 1,
                    None => kinds.push((doubt, 0)),
                }
            }
            failures.extend(kinds.iter().map(|(doubt, others)| doubted(&file.name, doubt, *others)));
        }
        failures
    }

    fn names(&self) -> String {
        match self.manifests.as_slice() {
            [(only, _)] => format!("`{}`", only.name),
            all => format!("the {} manifests that were read", all.len()),
        }
    }
}

/// How much of it is reported.
fn weight(found: &Found) -> usize {
    let images = found.images.iter().map(|image| {
        let texts = [Some(&image.image), Some(&image.path), image.container.as_ref()];
        texts.into_iter().flatten().map(String::len).sum::<usize>() + size_of::<ImageUse>()
    });
    let doubts = found.doubts.iter().map(|doubt| doubt.text.len() + doubt.path.len() + size_of::<Doubt>());
    images.chain(doubts).fold(0, usize::saturating_add)
}

/// What is wrong with a file: `file:line:column` where that is known.
fn in_file(name: &str, error: ManifestError) -> Failure {
    let message = error.to_string();
    let (line, column) = error.position().map_or((0, 0), |at| (at.line, at.column));
    let place = error.position().map(|at| (format!("{name}:{}:{}", at.line, at.column), format!("{at}: ")));
    let (place, message) = match &place {
        Some((place, at)) => (place.as_str(), message.strip_prefix(at.as_str()).unwrap_or(&message)),
        None => (name, &*message),
    };
    Failure::unknown(error.code(), format!("{place}: {message}")).hint(error.hint()).at(name, line, column)
}

/// A doubt, and how it is dispelled.
fn doubted(file: &str, doubt: &Doubt, others: usize) -> Failure {
    let place = doubt.place();
    let at = doubt.at.as_ref().map_or_else(|| file.to_owned(), |at| format!("{file}:{}", at.line));
    let message = match others {
        0 => format!("{at}: {doubt}"),
        1 => format!("{at}: {doubt}; so is one more place"),
        _ => format!("{at}: {doubt}; so are {others} more places"),
    };
    // What stands in a manifest is not to be copied into a shell as it is.
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-_./: ".contains(letter);
    let hint = match doubt.why {
        _ if !place.chars().all(safe) => doubt.hint(),
        workloads::Why::UnknownKind if !doubt.object.kind.is_empty() => {
            format!("if an image is run from there, `--image-path '{place}'`; if none is, `--no-image '{place}'`")
        }
        _ => format!("{}; if no image comes from there, `--no-image '{place}'`", doubt.hint()),
    };
    let (line, column) = doubt.at.as_ref().map_or((0, 0), |at| (at.line, at.column));
    Failure::unknown(doubt.code(), message).hint(hint).at(file, line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file in which one image's name, a megabyte long, is used so often.
    fn long_names(path: &std::path::Path, uses: usize) {
        let first = format!("services:\n  s: {{ image: &i {} }}\n", "x".repeat(1 << 20));
        let others = (1..uses).map(|number| format!("  s{number}: {{ image: *i }}\n"));
        std::fs::write(path, std::iter::once(first).chain(others).collect::<String>()).unwrap();
    }

    #[test]
    fn short_files_with_long_names_are_bounded_all_together() {
        let folder = tempfile::tempdir().unwrap();
        let megabytes = crate::budget::REPORTED_BYTES >> 20;
        long_names(&folder.path().join("a.yaml"), megabytes / 2);
        let args = Manifests { files: vec![folder.path().to_owned()], image_path: Vec::new(), no_image: Vec::new() };
        assert!(Read::all(&args).is_ok());
        long_names(&folder.path().join("b.yaml"), megabytes / 2);
        assert_eq!(Read::all(&args).map(drop).unwrap_err().code(), "too-many-images");
    }
}
