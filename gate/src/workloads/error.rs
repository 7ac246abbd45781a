//! Why a manifest, an image in it, or a path to one is refused.

use std::fmt;

/// Where in a text: lines, columns and documents count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Of the text.
    pub line: usize,
    /// Of the line.
    pub column: usize,
    /// Of the text, counted as YAML does: empty ones too.
    pub document: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}, in document {}", self.line, self.column, self.document)
    }
}

/// Why a manifest, an image in it, or a path to one is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Neither YAML nor JSON.
    #[error("{at}: {why}")]
    Malformed {
        /// Where.
        at: Position,
        /// What is wrong there.
        why: String,
    },
    /// A template whose values were not filled in.
    #[error("{at}: this is a template, and not yet a manifest")]
    Template {
        /// Where it stops to be YAML.
        at: Position,
    },
    /// A key twice in one mapping: readers disagree about which of them counts.
    #[error("{at}: the key `{key}` is there already, in line {first}")]
    DuplicateKey {
        /// Where it is for the second time.
        at: Position,
        /// The key, shortened.
        key: String,
        /// The line of the first.
        first: usize,
    },
    /// A key before a `<<` that brings the same key. `kubectl` takes the one that is merged, others the one that is written.
    #[error("{at}: readers disagree whether `{key}` or what `<<` brings later under this name counts")]
    MergeOrder {
        /// Where the key is.
        at: Position,
        /// The key, shortened.
        key: String,
    },
    /// A tag that changes what a value is.
    #[error("{at}: values with the tag `{tag}` are not read")]
    UnknownTag {
        /// Where the value is.
        at: Position,
        /// The tag, shortened.
        tag: String,
    },
    /// A line at which `kubectl` begins a new document and YAML does not, or the other way round.
    #[error("line {line}: readers disagree whether a document begins here")]
    AmbiguousSeparator {
        /// The line.
        line: usize,
    },
    /// A character at which YAML 1.1 (`kubectl`) begins a new line and YAML 1.2 does not: what is a comment to one is not to the
    /// other.
    #[error("line {line}: readers disagree whether the line ends at U+{character:04X}", character = u32::from(*character))]
    AmbiguousLineBreak {
        /// The line, counted without it.
        line: usize,
        /// U+0085, U+2028 or U+2029.
        character: char,
    },
    /// A document that is a text or a list.
    #[error("{at}: a manifest's document is an object, and this one is not")]
    NotAnObject {
        /// Where it begins.
        at: Position,
    },
    /// An alias inside the value that it stands for.
    #[error("{at}: the alias stands for what it is part of")]
    EndlessAlias {
        /// Where the alias is.
        at: Position,
    },
    /// More of something than is read.
    #[error("the manifest has more than {limit} {what}")]
    OverBudget {
        /// Of what.
        what: &'static str,
        /// How much is read, from [`crate::budget`].
        limit: usize,
    },
    /// Not a path to images.
    #[error("`{text}` is not a path to images: {why}")]
    NotAnImagePath {
        /// What was given, shortened.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An image whose name something else fills in.
    #[error("`{image}` is not the name of an image yet: variables in it are filled in later")]
    ImageUnresolved {
        /// As it is written, shortened.
        image: String,
    },
    /// An image whose name is none.
    #[error("{0}")]
    ImageMalformed(String),
    /// A text that is not the one in which the image was found.
    #[error("`{image}` is not where it was found in the manifest")]
    ManifestChanged {
        /// The image, shortened.
        image: String,
    },
    /// A digest for an image that names another.
    #[error("`{image}` names another digest than {digest}")]
    PinnedOtherwise {
        /// The image, shortened.
        image: String,
        /// What it should be pinned to.
        digest: String,
    },
}

impl ManifestError {
    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "manifest-malformed",
            Self::Template { .. } => "manifest-template",
            Self::DuplicateKey { .. } => "manifest-duplicate-key",
            Self::MergeOrder { .. } => "manifest-merge-order",
            Self::UnknownTag { .. } => "manifest-unknown-tag",
            Self::AmbiguousSeparator { .. } => "manifest-ambiguous-separator",
            Self::AmbiguousLineBreak { .. } => "manifest-ambiguous-line-break",
            Self::NotAnObject { .. } => "manifest-not-an-object",
            Self::EndlessAlias { .. } => "manifest-endless-alias",
            Self::OverBudget { .. } => "manifest-over-budget",
            Self::NotAnImagePath { .. } => "not-an-image-path",
            Self::ImageUnresolved { .. } => "image-unresolved",
            Self::ImageMalformed(_) => "image-malformed",
            Self::ManifestChanged { .. } => "manifest-changed",
            Self::PinnedOtherwise { .. } => "image-pinned-otherwise",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "mend it there; nothing in this file was looked at",
            Self::Template { .. } => "render it with `helm template`, and check what that prints",
            Self::DuplicateKey { .. } => "leave out one of the two",
            Self::MergeOrder { .. } => "write `<<` before the keys that replace what it brings",
            Self::UnknownTag { .. } => "write the value without a tag",
            Self::AmbiguousSeparator { .. } => {
                "write `---` alone on its line, and indent lines that begin with it otherwise"
            }
            Self::AmbiguousLineBreak { .. } => "take the character out, or write it as an escape in double quotes",
            Self::NotAnObject { .. } => "leave out what is not a manifest",
            Self::EndlessAlias { .. } => "write the value out",
            Self::OverBudget { .. } => "split the file; if it is small, its aliases stand for too much",
            Self::NotAnImagePath { .. } => "paths look like `monitoring.coreos.com/Prometheus: spec.image`",
            Self::ImageUnresolved { .. } => {
                "check what `docker compose config`, or whatever fills it in, makes of the file"
            }
            Self::ImageMalformed(_) => "images look like `registry.example.com/name:tag` or `…/name@sha256:…`",
            Self::ManifestChanged { .. } => "look for its images again",
            Self::PinnedOtherwise { .. } => "take the old digest out first, if the new one is meant",
        }
    }

    /// Where in the text, if that is known.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Malformed { at, .. }
            | Self::Template { at }
            | Self::DuplicateKey { at, .. }
            | Self::MergeOrder { at, .. }
            | Self::UnknownTag { at, .. }
            | Self::NotAnObject { at }
            | Self::EndlessAlias { at } => Some(*at),
            Self::AmbiguousSeparator { .. }
            | Self::AmbiguousLineBreak { .. }
            | Self::OverBudget { .. }
            | Self::NotAnImagePath { .. }
            | Self::ImageUnresolved { .. }
            | Self::ImageMalformed(_)
            | Self::ManifestChanged { .. }
            | Self::PinnedOtherwise { .. } => None,
        }
    }
}

/// Foreign text, made fit for one line of a terminal: no control characters, at most 200 characters.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
