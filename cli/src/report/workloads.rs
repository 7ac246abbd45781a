//! What was found and decided about the images of manifests.

use super::{JudgedSubject, Outcome, Report, Why};
use crate::error::{Exit, Failure};
use bulla_gate::workloads::{Doubt, ImageUse, Object};
use bulla_policy::Verdict;
use serde::Serialize;

/// What `verify -f` decided, and what `pin` made of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Surveyed {
    pub(crate) verdict: &'static str,
    /// What was demanded.
    pub(crate) required: String,
    /// The manifests that were read, in order.
    pub(crate) files: Vec<String>,
    pub(crate) images: Vec<UsedImage>,
    pub(crate) doubts: Vec<Doubted>,
    /// Nothing, if it was not asked for, or not all of it is accepted.
    pub(crate) pins: Option<Pins>,
    /// Whether people get to read the whole decisions.
    #[serde(skip)]
    pub(crate) explain: bool,
}

/// An image, however often it is used.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UsedImage {
    /// As it is written where it is used first.
    pub(crate) image: String,
    pub(crate) verdict: &'static str,
    /// The decision; nothing, if there is no digest to decide about.
    pub(crate) subject: Option<JudgedSubject>,
    /// Why there is none.
    pub(crate) problem: Option<Why>,
    pub(crate) uses: Vec<UseOfImage>,
}

/// Where an image would be run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct UseOfImage {
    #[serde(flatten)]
    pub(crate) spot: Spot,
    /// As it is written there.
    pub(crate) image: String,
    pub(crate) container: Option<String>,
}

/// A place in a manifest.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Spot {
    pub(crate) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
    /// Where in its object.
    pub(super) path: String,
    object: Named,
    #[serde(skip)]
    pub(super) shown: String,
}

/// An object, as it names itself.
#[derive(Debug, Clone, Serialize)]
struct Named {
    group: String,
    kind: String,
    namespace: Option<String>,
    name: Option<String>,
}

/// What may be an image.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Doubted {
    #[serde(flatten)]
    spot: Spot,
    code: &'static str,
    message: String,
    /// Somebody has said that it is none.
    pub(crate) dispelled: bool,
}

/// What changes, or would change.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pins {
    /// Whether the files have it.
    pub(crate) written: bool,
    pub(crate) changes: Vec<Change>,
    /// What standard input becomes.
    pub(crate) manifest: Option<String>,
}

/// One image that gets a digest.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Change {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) from: String,
    pub(crate) to: String,
}

impl UseOfImage {
    /// A use that was found in `file`.
    pub(crate) fn new(file: &str, found: &ImageUse) -> Self {
        let position = found.at.as_ref().map_or((0, 0), |at| (at.line, at.column));
        let spot = Spot::new(file, position, &found.path, &found.object);
        Self { spot, image: found.image.clone(), container: found.container.clone() }
    }

    /// Where, for people.
    pub(super) fn told(&self) -> String {
        let container = self.container.as_ref().map_or_else(String::new, |name| format!(", container {name}"));
        format!("{}: {}{container}, as {}", self.spot.place(), self.spot.shown, self.image)
    }
}

impl Doubted {
    /// A doubt about `file`.
    pub(crate) fn new(file: &str, doubt: &Doubt, dispelled: bool) -> Self {
        let position = doubt.at.as_ref().map_or((0, 0), |at| (at.line, at.column));
        let spot = Spot::new(file, position, &doubt.path, &doubt.object);
        Self { spot, code: doubt.code(), message: doubt.to_string(), dispelled }
    }
}

impl Spot {
    fn new(file: &str, (line, column): (usize, usize), path: &str, object: &Object) -> Self {
        let shown = object.to_string();
        let Object { group, kind, namespace, name } = object.clone();
        let object = Named { group, kind, namespace, name };
        Self { file: file.to_owned(), line, column, path: path.to_owned(), object, shown }
    }

    /// `file:line`
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl Report {
    /// What was decided about the images of manifests: the exit code is the decision's.
    pub(crate) fn surveyed(command: &'static str, verdict: Verdict, found: Surveyed, errors: Vec<Failure>) -> Self {
        let exit = Exit::from(verdict);
        let done = Self::done(command, Outcome::Surveyed(found));
        Self { exit_code: exit.code(), exit, errors, ..done }
    }
}
