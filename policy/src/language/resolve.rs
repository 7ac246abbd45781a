//! What a policy names and does not hold: keys and roots in files, and roots that are known by name.

use super::{
    by::{By, PUBLIC_GOOD},
    document::{ApiVersion, Document, Kind, Metadata, Root, Spec, Unmatched},
    error::{Fault, PolicyError},
    glob::Glob,
    pattern::Exact,
    position::{At, Position},
    require::Require,
    rule::{Mode, Rule},
    yaml,
};
use crate::trust::Believed;
use bulla_verify::{Digest, Need, TrustedRoot};
use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

/// Where a policy's files and the roots that it names come from.
pub trait Sources {
    /// The text of a file that the policy names, or why there is none.
    ///
    /// # Errors
    /// A sentence for people.
    fn file(&self, path: &str) -> Result<String, String>;

    /// The trusted root of that name; nothing if there is none of it.
    ///
    /// # Errors
    /// A sentence for people, if there is one and it cannot be used.
    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String>;
}

/// The names of the roots that are built in.
const BUILT_IN: [&str; 3] = [PUBLIC_GOOD, "github", "staging"];

/// What is built in, and no files: a cluster's policy holds all that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Embedded;

impl Sources for Embedded {
    fn file(&self, _: &str) -> Result<String, String> {
        Err("files are not read here: `bulla policy bundle` puts what they hold into the policy".to_owned())
    }

    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String> {
        let root = match name {
            PUBLIC_GOOD => TrustedRoot::public_good(),
            "github" => TrustedRoot::github(),
            "staging" => TrustedRoot::staging(),
            _ => return Ok(None),
        };
        root.map(|root| Some(root.named(name))).map_err(|error| error.to_string())
    }
}

/// How a policy is called that nobody has written.
const COMMAND_LINE: &str = "command line";

/// Roots that are at hand, and nothing else.
pub(crate) struct Given(pub(crate) Vec<TrustedRoot>);

impl Sources for Given {
    fn file(&self, path: &str) -> Result<String, String> {
        Embedded.file(path)
    }

    fn root(&self, name: &str) -> Result<Option<TrustedRoot>, String> {
        Ok(self.0.iter().find(|root| root.name() == name).cloned())
    }
}

/// A policy that decides: strictly read, and with all that it names at hand.
#[derive(Debug, Clone)]
pub struct TrustPolicy {
    document: Document,
    believed: Believed,
    written: bool,
}

impl TrustPolicy {
    /// Reads a policy, and what it names.
    ///
    /// # Errors
    /// [`PolicyError`], with the line and the column.
    pub fn parse(text: &str, sources: &dyn Sources) -> Result<Self, PolicyError> {
        Self::read(text, sources).map_err(|error| error.within(text))
    }

    /// The policy that demands this one thing of everything, as the command line does, under roots that are at hand.
    ///
    /// # Errors
    /// [`PolicyError`], for a requirement that a policy could not make either.
    pub fn demanding(require: Require, roots: Vec<TrustedRoot>) -> Result<Self, PolicyError> {
        let name = Exact::try_from(COMMAND_LINE.to_owned())?;
        let everything = || vec![At::nowhere(Glob::everything())];
        let rule = Rule {
            name: At::nowhere(name.clone()),
            images: everything(),
            files: everything(),
            mode: Mode::Enforce,
            multi_arch: None,
            require: At::nowhere(require),
        };
        let policy = Self::of_one_rule(name, rule, BTreeMap::new(), &Given(roots))?;
        Ok(Self { written: false, ..policy })
    }

    /// The policy of this rule alone, with those of the roots that it names.
    pub(crate) fn of_one_rule(
        name: Exact,
        mut rule: Rule,
        mut roots: BTreeMap<String, At<Root>>,
        sources: &dyn Sources,
    ) -> Result<Self, PolicyError> {
        let mut named: BTreeSet<_> = rule.require.builders_roots().iter().map(|(root, _)| (*root).to_owned()).collect();
        rule.require.each_by(&mut |by, timed| {
            named.extend(by.root_if(timed).map(str::to_owned));
            Ok(())
        })?;
        roots.retain(|name, _| named.contains(name));
        let spec = Spec {
            unmatched: At::nowhere(Unmatched::Deny),
            roots,
            rules: At::nowhere(vec![rule]),
            exceptions: Vec::new(),
            revoked: Vec::new(),
        };
        let metadata = Metadata { name, labels: BTreeMap::new(), annotations: BTreeMap::new() };
        Self::of(Document { api_version: ApiVersion::V1, kind: Kind::TrustPolicy, metadata, spec }, sources)
    }

    /// The policy of a document.
    pub(crate) fn of(mut document: Document, sources: &dyn Sources) -> Result<Self, PolicyError> {
        document.check()?;
        let believed = resolve(&mut document, sources)?;
        Ok(Self { document, believed, written: true })
    }

    fn read(text: &str, sources: &dyn Sources) -> Result<Self, PolicyError> {
        Self::of(yaml::read(text)?, sources)
    }

    /// How reports call it.
    pub fn name(&self) -> &str {
        self.document.metadata.name.as_str()
    }

    /// The root of that name that stands in it; nothing for one that is known by its name.
    pub(crate) fn own_root(&self, name: &str) -> Option<&Root> {
        self.document.spec.roots.get(name).map(|root| &**root)
    }

    /// The same, for which flags stand: a recording of one has its text.
    pub(crate) fn of_command_line(self) -> Self {
        Self { written: false, ..self }
    }

    /// Whether the flags of a command stand for it, and no document.
    pub(crate) fn is_of_command_line(&self) -> bool {
        !self.written
    }

    /// The digest of the policy as it prints itself, with the keys and roots of its files in it: of what `bulla policy bundle` prints.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_string().as_bytes())
    }

    /// What is written.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Whom it believes while finding out who signed.
    pub fn believed(&self) -> &Believed {
        &self.believed
    }
}

/// Two policies are equal if they say the same.
impl PartialEq for TrustPolicy {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for TrustPolicy {}

/// As a document that parses to an equal policy, with the keys and roots of its files in it.
impl fmt::Display for TrustPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&yaml::write(&self.document))
    }
}

fn resolve(document: &mut Document, sources: &dyn Sources) -> Result<Believed, PolicyError> {
    if let Some((name, own)) = document.spec.roots.iter().find(|(name, _)| BUILT_IN.contains(&name.as_str())) {
        let message = format!("`{name}` is the name of a root that is built in");
        let hint = "call it otherwise: whoever reads the name takes it for that one";
        return Err(Fault::new("root-reserved", message, hint).at(own.position()));
    }
    let mut named: BTreeMap<String, Position> = BTreeMap::new();
    let mut keys = Vec::new();
    let mut visit = |by: &mut At<By>, timed: bool| -> Result<(), PolicyError> {
        let position = by.position();
        by.check().map_err(|fault| fault.at(position))?;
        if let Some(root) = by.root_if(timed) {
            named.entry(root.to_owned()).or_insert(position);
        }
        let By::Key(key) = &mut **by else { return Ok(()) };
        if let Some(path) = key.unread() {
            let pem = sources.file(path).map_err(|why| unreadable(path, &why, position))?;
            key.read(&pem).map_err(|fault| fault.at(position))?;
        }
        keys.extend(key.key().cloned());
        Ok(())
    };
    let spec = &mut document.spec;
    for rule in spec.rules.iter_mut() {
        rule.require.each_by(&mut visit)?;
    }
    for revoked in &mut spec.revoked {
        revoked.by.iter_mut().try_for_each(|by| visit(by, true))?;
    }
    for (root, position) in spec.rules.iter().flat_map(|rule| rule.require.builders_roots()) {
        named.entry(root.to_owned()).or_insert(position);
    }
    let roots = named.iter().map(|(name, position)| root(name, *position, &mut spec.roots, sources));
    let roots = roots.collect::<Result<Vec<_>, _>>()?;
    if let Some((name, unused)) = spec.roots.iter().find(|(name, _)| !named.contains_key(*name)) {
        let message = format!("nobody's identity names the root `{name}`");
        let hint = "name it with `root:` beside an identity, or take it out";
        return Err(Fault::new("root-unused", message, hint).at(unused.position()));
    }
    Ok(Believed::new(keys, roots))
}

fn root(
    name: &str,
    position: Position,
    own: &mut BTreeMap<String, At<Root>>,
    sources: &dyn Sources,
) -> Result<TrustedRoot, PolicyError> {
    if let Some(root) = own.get_mut(name) {
        return read_root(name, root, sources);
    }
    match sources.root(name) {
        Ok(Some(root)) => Ok(root),
        Ok(None) => {
            let message = format!("there is no root `{name}`");
            let hint = "`public-good`, `github` and `staging` are built in; others stand under `roots`, or in `bulla trust show`";
            Err(Fault::new("root-unknown", message, hint).at(position))
        }
        Err(why) => {
            let hint = "a root that is named has to be known where the policy is read; its `trusted_root.json` can stand under `roots` instead";
            Err(Fault::new("root-unusable", format!("the root `{name}`: {why}"), hint).at(position))
        }
    }
}

fn read_root(name: &str, root: &mut At<Root>, sources: &dyn Sources) -> Result<TrustedRoot, PolicyError> {
    let position = root.position();
    if !root.trusted_root.trim_start().starts_with('{') {
        let text = sources.file(&root.trusted_root).map_err(|why| unreadable(&root.trusted_root, &why, position))?;
        root.trusted_root = text;
    }
    let or_one = |count: Option<usize>| count.unwrap_or(1);
    let need =
        Need::sigstore().with_logs(or_one(root.logs)).with_times(or_one(root.times)).with_scts(or_one(root.scts));
    let parsed = TrustedRoot::parse(root.trusted_root.as_bytes(), need);
    parsed.map(|parsed| parsed.named(name)).map_err(|error| {
        let message = format!("the root `{name}`: {error}");
        let hint = "a trusted root is the `trusted_root.json` that a Sigstore instance gives out";
        Fault::new(error.code(), message, hint).at(position)
    })
}

fn unreadable(what: &str, why: &str, position: Position) -> PolicyError {
    let hint = "paths are taken from where the policy stands";
    Fault::new("policy-file", format!("`{what}`: {why}"), hint).at(position)
}
