//! Policies of other tools, as ours.
//!
//! What is converted is never weaker than its source: where ours cannot say it as strictly, the conversion is refused, and all
//! that stands against it is told at once, with its lines. Nothing is converted in part, since half a policy is a weaker one.
//! What means something else afterwards is a difference, which is told too. `policy/docs/convert.md` has both, per format.
//!
//! Everything here is text: what a source demands of a cluster, a service or a key ring cannot be known, and is refused.

mod connaisseur;
mod containers;
mod groups;
mod identity;
mod image;
mod kyverno;
mod notation;
mod policy_controller;
mod regex;
mod source;

use crate::language::{
    ApiVersion, At, Document, Embedded, Exact, Glob, Kind, Metadata, Mode, PolicyError, Position, Require, Rule,
    Sources, Spec, TrustPolicy, Unmatched, yaml,
};
use core::fmt::Write as _;
use source::{Cursor, Notes, Value};
use std::collections::BTreeMap;

/// Whose policy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Sigstore policy-controller's `ClusterImagePolicy`, v1alpha1 and v1beta1.
    ClusterImagePolicy,
    /// Kyverno's `ClusterPolicy` and `Policy` with `verifyImages`, and its `ImageValidatingPolicy`.
    Kyverno,
    /// `policy.json` of podman, skopeo, CRI-O and buildah.
    Containers,
    /// The Helm values of connaisseur.
    Connaisseur,
    /// Notation's `trustpolicy.json`.
    Notation,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ClusterImagePolicy, Self::Kyverno, Self::Containers, Self::Connaisseur, Self::Notation];

    /// As it is called on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClusterImagePolicy => "cluster-image-policy",
            Self::Kyverno => "kyverno",
            Self::Containers => "containers",
            Self::Connaisseur => "connaisseur",
            Self::Notation => "notation",
        }
    }

    /// What a document says that it is.
    fn of(document: &Cursor<'_>) -> Option<Self> {
        let text = |name| match document.peek(name).map(|value| &**value) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let has = |name| document.peek(name).is_some();
        match (text("apiVersion"), text("kind")) {
            (_, "ClusterImagePolicy") => Some(Self::ClusterImagePolicy),
            (version, _) if version.contains("kyverno.io/") => Some(Self::Kyverno),
            _ if has("trustPolicies") => Some(Self::Notation),
            _ if has("application") || (has("validators") && has("policy")) => Some(Self::Connaisseur),
            _ if has("default") || has("transports") => Some(Self::Containers),
            _ => None,
        }
    }
}

/// What becomes of the image's name that a signature in the containers' format holds. Bundles hold none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedNames {
    /// A policy that looks at it is refused.
    Refused,
    /// It is not looked at: a key's signature counts, whatever name it was made for.
    Ignored,
}

/// A policy of ours that was another tool's.
#[derive(Debug, Clone)]
pub struct Converted {
    /// Whose it was.
    pub format: Format,
    /// The policy, with comments that say where each rule comes from. It loads, and holds all that it needs.
    pub text: String,
    /// What means something else now, in the order of the source.
    pub differences: Vec<PolicyError>,
}

/// Converts a policy, of that format or the one that it says it is of. Keys in files come from `files`.
///
/// # Errors
/// Everything that stands against it, in the order of the source; never empty.
pub fn convert(
    text: &str,
    format: Option<Format>,
    signed_names: SignedNames,
    files: &dyn Sources,
) -> Result<Converted, Vec<PolicyError>> {
    let show = |errors: Vec<PolicyError>| -> Vec<_> { errors.into_iter().map(|error| error.within(text)).collect() };
    let documents: Vec<At<Value>> = yaml::read_others(text).map_err(|error| show(vec![error]))?;
    let notes = Notes::default();
    let cursors: Vec<_> = documents.iter().map(|document| Cursor::new(document, &notes)).collect();
    let format = format.or_else(|| cursors.first().and_then(Format::of)).ok_or_else(|| {
        let hint =
            "name its format: `--from cluster-image-policy`, `kyverno`, `containers`, `connaisseur` or `notation`";
        show(vec![PolicyError::new("format-unknown", "whose policy this is cannot be told", hint, START)])
    })?;
    let draft = match format {
        Format::ClusterImagePolicy => policy_controller::convert(&cursors),
        Format::Kyverno => kyverno::convert(&cursors),
        Format::Containers => only(&cursors).and_then(|source| containers::convert(source, signed_names, files)),
        Format::Connaisseur => only(&cursors).and_then(connaisseur::convert),
        Format::Notation => only(&cursors).and_then(notation::convert),
    };
    drop(cursors);
    let differences = notes.told().map_err(show)?;
    // Whoever converts nothing has said why; this is for who has not.
    let nothing = || {
        let message = "nothing of this demands a signature: there is no rule to write";
        PolicyError::new(
            "demands-nothing",
            message,
            "demand a signature in it, or write a policy of your own: `bulla policy suggest`",
            START,
        )
    };
    let draft = draft.filter(|draft| !draft.rules.is_empty()).ok_or_else(|| show(vec![nothing()]))?;
    let differences = show(differences);
    let text = draft.written(format, &differences).map_err(|error| vec![error])?;
    Ok(Converted { format, text, differences })
}

const START: Position = Position { line: 1, column: 1 };

/// The only document of a file.
fn only<'a, 'b>(documents: &'b [Cursor<'a>]) -> Option<&'b Cursor<'a>> {
    if let Some(second) = documents.get(1) {
        second.refuse("several-documents", "a second document begins here", "a file of this format holds one");
    }
    documents.first()
}

/// A policy that is being made.
#[derive(Debug)]
struct Draft {
    name: String,
    unmatched: Unmatched,
    rules: Vec<(Rule, Position)>,
}

impl Draft {
    fn new(name: &str, unmatched: Unmatched) -> Self {
        Self { name: name.to_owned(), unmatched, rules: Vec::new() }
    }

    /// Adds a rule that stands at that place.
    fn rule(&mut self, name: &str, at: &Cursor<'_>, images: Vec<At<Glob>>, mode: Mode, require: Require) {
        match Exact::try_from(name.to_owned()) {
            Ok(name) => {
                let (name, require) = (At::nowhere(name), At::nowhere(require));
                self.rules
                    .push((Rule { name, images, files: Vec::new(), mode, multi_arch: None, require }, at.position()));
            }
            Err(fault) => at.fault(fault),
        }
    }

    /// Its text, which loads.
    fn written(self, format: Format, differences: &[PolicyError]) -> Result<String, PolicyError> {
        let Self { name, unmatched, rules } = self;
        let mut text = format!("# Converted from `{}` by `bulla policy convert`.\n", format.as_str());
        for (rule, position) in &rules {
            let _ = writeln!(text, "# The rule `{}` was line {}.", one_line(rule.name.as_str()), position.line);
        }
        for difference in differences {
            let (line, code) = (difference.position().line, difference.code());
            let _ = writeln!(text, "# Differs from line {line}: {} [{code}]", one_line(&difference.to_string()));
        }
        let spec = Spec {
            unmatched: At::nowhere(unmatched),
            roots: BTreeMap::new(),
            rules: At::nowhere(rules.into_iter().map(|(rule, _)| rule).collect()),
            exceptions: Vec::new(),
            revoked: Vec::new(),
        };
        let metadata = Metadata { name: Exact::try_from(name)?, labels: BTreeMap::new(), annotations: BTreeMap::new() };
        text.push_str(&yaml::write(&Document { api_version: ApiVersion::V1, kind: Kind::TrustPolicy, metadata, spec }));
        let loads = TrustPolicy::parse(&text, &Embedded);
        loads.map(|_| text).map_err(|error| {
            let message = format!("what this would become does not load: {error}");
            PolicyError::new(error.code().to_owned(), message, error.hint().to_owned(), Position::default())
        })
    }
}

/// A comment ends with its line, and whatever some reader takes for the end of one; nor does it steer a terminal.
fn one_line(text: &str) -> String {
    let unsafe_ = |letter: char| {
        letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|letter| if unsafe_(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_comment_cannot_end_before_its_line() {
        let ends = "a\nb\rc\u{85}d\u{2028}e\u{2029}f\u{b}g\u{c}h\u{1b}i\u{202e}j\u{2066}k\u{2069}l\u{feff}m";
        assert_eq!(one_line(ends), "a b c d e f g h i j k l m");
        assert_eq!(one_line("`öffentlich` ist „wahr“"), "`öffentlich` ist „wahr“");
    }
}
