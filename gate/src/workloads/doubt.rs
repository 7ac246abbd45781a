//! What looks like an image where nothing is known: told to the caller, and never passed over.

use super::error::{ManifestError, shown};
use super::find::{Finder, Way};
use super::node::{Entry, Node, Value};
use super::{At, Object};
use std::collections::HashSet;
use std::fmt;

/// Something that may be an image, or change which one is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What kind of doubt it is.
    pub why: Why,
    /// What is written there; empty if it is no text.
    pub text: String,
    /// Where, if it was found in a text.
    pub at: Option<At>,
    /// Where in its object.
    pub path: String,
    /// In what.
    pub object: Object,
}

/// Why something is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// A key is called like an image's, and it is not known what the object's kind does with it.
    UnknownKind,
    /// A text in it has an image in it as manifests do.
    ManifestInText,
    /// An image's name is expected, and something else is there.
    NotAText,
    /// A kustomization replaces images; the files that it names say which.
    Kustomization,
    /// A compose file takes services from another file.
    Elsewhere,
}

impl Doubt {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self.why {
            Why::UnknownKind => "image-of-unknown-kind",
            Why::ManifestInText => "image-in-text",
            Why::NotAText => "image-not-a-text",
            Why::Kustomization => "image-of-kustomization",
            Why::Elsewhere => "image-elsewhere",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self.why {
            Why::UnknownKind | Why::ManifestInText if self.object.kind.is_empty() => {
                "leave the file out, if it is no manifest; render it, if it is what a manifest is made of".to_owned()
            }
            Why::UnknownKind => {
                let Object { group, kind, .. } = &self.object;
                let slash = if group.is_empty() { "" } else { "/" };
                format!("if an image is run from there, say so: `{group}{slash}{kind}: {}`", pattern(&self.path))
            }
            Why::ManifestInText => "check what is in this text by itself".to_owned(),
            Why::NotAText => "write the image's name there".to_owned(),
            Why::Kustomization => "check what `kustomize build` prints, and not the files that it reads".to_owned(),
            Why::Elsewhere => "check what `docker compose config` prints".to_owned(),
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (object, path, text) = (shown(&self.object.to_string()), shown(&self.path), shown(&self.text));
        match self.why {
            Why::UnknownKind if text.is_empty() => write!(f, "{path} of {object} may be an image"),
            Why::UnknownKind => write!(f, "{path} of {object} may be an image: `{text}`"),
            Why::ManifestInText => write!(f, "{path} of {object} is a text that may name images"),
            Why::NotAText => write!(f, "{path} of {object} is an image's place, and is no text"),
            Why::Kustomization => write!(f, "{path} of a kustomization replaces the images of other files"),
            Why::Elsewhere => write!(f, "{path} of {object} names another file: `{text}`"),
        }
    }
}

/// The path as [`super::Paths`] takes it.
fn pattern(path: &str) -> String {
    let mut in_index = false;
    let steps = path.chars().filter(|&c| {
        let keep = !in_index && c != '[';
        in_index = (in_index || c == '[') && c != ']';
        keep
    });
    shown(&steps.collect::<String>())
}

/// Keys under which there are labels, variables and the like: an `image` among them is a name that somebody chose.
const NAMES: [&str; 5] = ["labels", "annotations", "matchLabels", "nodeSelector", "environment"];

/// Looks for what may be images in all of `root`, but under the keys `not_in`. What was found in it already, `before` saying how
/// much was found elsewhere, is not found again.
pub(super) fn scan(
    finder: &mut Finder<'_>,
    root: &Node<'_>,
    not_in: &[&str],
    before: (usize, usize),
    way: &mut Way<'_>,
) -> Result<(), ManifestError> {
    let images = finder.found.images.iter().skip(before.0).map(|image| image.path.clone());
    let doubts = finder.found.doubts.iter().skip(before.1).map(|doubt| doubt.path.clone());
    let known = images.chain(doubts).collect();
    let mut scan = Scan { finder, known };
    for entry in root.entries().iter().filter(|entry| !not_in.contains(&&*entry.key)) {
        way.key(&entry.key, |way| scan.entry(entry, way))?;
    }
    Ok(())
}

struct Scan<'f, 't> {
    finder: &'f mut Finder<'t>,
    /// Paths of what needs no doubt.
    known: HashSet<String>,
}

impl Scan<'_, '_> {
    fn entry(&mut self, entry: &Entry<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
        if NAMES.contains(&&*entry.key) || self.known.contains(&way.path) {
            return Ok(());
        }
        let node = &*entry.value;
        let may_be_image = match &node.value {
            Value::Text { .. } => may_be_one(node),
            Value::Map(_) => is_made_of_parts(node),
            Value::List(_) => false,
        };
        if may_be_image && names_an_image(&entry.key) {
            return self.doubt(Why::UnknownKind, node, way);
        }
        if entry.key == "images" {
            if node.items().iter().any(|item| replaces_an_image(item)) {
                return self.doubt(Why::Kustomization, node, way);
            }
            for (index, item) in node.items().iter().enumerate().filter(|(_, item)| may_be_one(item)) {
                way.item(index, |way| self.doubt(Why::UnknownKind, item, way))?;
            }
        }
        self.inside(node, way)
    }

    fn inside(&mut self, node: &Node<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
        if node.text().is_some_and(holds_a_manifest) {
            return self.doubt(Why::ManifestInText, node, way);
        }
        for (index, item) in node.items().iter().enumerate() {
            way.item(index, |way| self.inside(item, way))?;
        }
        for entry in node.entries() {
            way.key(&entry.key, |way| self.entry(entry, way))?;
        }
        Ok(())
    }

    fn doubt(&mut self, why: Why, node: &Node<'_>, way: &Way<'_>) -> Result<(), ManifestError> {
        let text = node.text().filter(|_| why != Why::ManifestInText).unwrap_or_default();
        self.finder.doubt(why, text, node.mark.as_ref(), way)
    }
}

/// `image`, `initImage`, `SIDECAR_IMAGE`, `imageName`, …
fn names_an_image(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let key = ["name", "ref", "reference", "uri", "url"].iter().find_map(|end| key.strip_suffix(end)).unwrap_or(&key);
    key.trim_end_matches(['_', '-']).ends_with("image")
}

/// Whether a text can be meant as an image's name: no number, no switch, no picture in the web.
fn may_be_one(node: &Node<'_>) -> bool {
    let Value::Text { plain, .. } = &node.value else { return false };
    let Some(text) = node.text() else { return false };
    let no_text = *plain && (matches!(text, "true" | "false") || text.parse::<f64>().is_ok());
    let picture = text.starts_with("http://") || text.starts_with("https://");
    !no_text && !picture
}

/// As charts and operators write them: `{repository: …, tag: …}`.
fn is_made_of_parts(node: &Node<'_>) -> bool {
    ["repository", "registry", "repo", "tag", "digest"]
        .iter()
        .any(|part| node.get(part).is_some_and(|it| it.text().is_some()))
}

/// As kustomizations write them: a name, and what it is replaced with.
fn replaces_an_image(node: &Node<'_>) -> bool {
    node.get("name").is_some() && ["newName", "newTag", "digest"].iter().any(|key| node.get(key).is_some())
}

/// Whether a line of the text would be an image's in YAML or JSON.
fn holds_a_manifest(text: &str) -> bool {
    let is_key = |rest: &str| rest.trim_start().starts_with(':');
    let begins = |line: &str| line.trim_start_matches(['-', ' ', '\t']).strip_prefix("image").is_some_and(is_key);
    text.lines().any(begins) || text.split("\"image\"").skip(1).any(is_key)
}
