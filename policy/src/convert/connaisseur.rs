//! connaisseur's Helm values, `application.validators` and `application.policy`, as `internal/config` and
//! `internal/validator/cosignvalidator` judge by them: of all patterns that match an image, the most specific one alone counts.

use super::{
    Draft, groups, identity, image,
    source::{Cursor, Fields},
};
use crate::{
    budget,
    language::{At, Glob, Mode, Require, Unmatched},
};
use std::collections::BTreeMap;

/// What every rule that names none has.
const DEFAULT: &str = "default";

pub(super) fn convert(document: &Cursor<'_>) -> Option<Draft> {
    let mut whole = document.fields()?;
    // Of a chart's values, how it runs makes no difference to a verdict.
    whole.skip(&["kubernetes", "alerting"]);
    let mut application = match whole.take("application") {
        Some(application) => {
            whole.end();
            application.fields()?
        }
        None => whole,
    };
    application.skip(&["alerting", "alerts", "logLevel", "logFormat"]);
    let mode = features(&mut application);
    let listed = application.demand("validators").map(|all| all.items()).unwrap_or_default();
    let mut validators = BTreeMap::new();
    for at in &listed {
        if let Some((name, validator)) = validator(at)
            && validators.insert(name, validator).is_some()
        {
            at.refuse("source-value", format_args!("two validators are called `{name}`"), "rename one");
        }
    }
    let patterns = application.demand("policy").map(|all| all.items()).unwrap_or_default();
    application.end();
    if patterns.len() > budget::PATTERNS {
        let why = format_args!("more than {} patterns are not compared with each other", budget::PATTERNS);
        document.refuse("source-too-large", why, "split the file: several policies combine");
        return None;
    }
    assemble(patterns.iter().filter_map(|at| at.settled(rule(at, &validators))).collect(), mode)
}

/// Whether anything is denied at all.
fn features(application: &mut Fields<'_>) -> Mode {
    let Some(mut features) = application.take("features").and_then(|found| found.fields()) else {
        return Mode::Enforce;
    };
    features.skip(&["cache", "automaticChildApproval", "resourceValidationMode"]);
    for name in ["automaticUnchangedApproval", "namespacedValidation"] {
        if let Some(found) = features.take(name)
            && found.is_on()
        {
            let how = "what of a cluster is left out there is left out by whoever asks here";
            found.stricter("every-resource", how);
        }
    }
    let detection = features.take("detectionMode").and_then(|found| found.boolean());
    features.end();
    if detection == Some(true) { Mode::Warn } else { Mode::Enforce }
}

/// A validator, as far as it can be said.
enum Validator<'a> {
    Static(bool),
    Cosign(Vec<(&'a str, Cursor<'a>)>),
    /// What it demands has no spelling; each rule that names it is refused.
    Other(&'a str),
}

fn validator<'a>(at: &Cursor<'a>) -> Option<(&'a str, Validator<'a>)> {
    let mut fields = at.fields()?;
    let name = fields.demand("name").and_then(|name| name.text())?;
    let kind = fields.demand("type").and_then(|kind| kind.text())?;
    let validator = match kind {
        "static" => {
            let approve = fields.demand("approve").and_then(|approve| approve.boolean())?;
            fields.end();
            Validator::Static(approve)
        }
        "cosign" => {
            // Credentials and certificates of a registry fetch signatures, and are worth nothing to them.
            fields.skip(&["auth", "cert"]);
            host(&mut fields);
            let roots = fields.demand("trustRoots").map(|roots| roots.items()).unwrap_or_default();
            fields.end();
            Validator::Cosign(roots.into_iter().filter_map(named).collect())
        }
        other => Validator::Other(other),
    };
    Some((name, validator))
}

/// A trust root without a name would be missing where all of them are meant.
fn named(root: Cursor<'_>) -> Option<(&str, Cursor<'_>)> {
    Some((root.fields()?.demand("name")?.text()?, root))
}

fn host(fields: &mut Fields<'_>) {
    let Some(mut host) = fields.take("host").and_then(|host| host.fields()) else { return };
    if let Some(rekor) = host.take("rekor") {
        identity::public(&rekor, "rekor.sigstore.dev");
    }
    for name in ["rekorPubkey", "fulcioCert", "ctLogPubkey"] {
        if let Some(found) = host.take(name) {
            identity::private_root(&found);
        }
    }
    host.end();
}

/// What one pattern demands.
struct Matched<'a> {
    at: Cursor<'a>,
    pattern: &'a str,
    globs: Vec<At<Glob>>,
    demand: Demand,
}

enum Demand {
    Approve,
    Deny,
    Signed(Require),
}

fn rule<'a>(at: &Cursor<'a>, validators: &BTreeMap<&'a str, Validator<'a>>) -> Option<Matched<'a>> {
    let mut fields = at.fields()?;
    let pattern_at = fields.demand("pattern")?;
    let (pattern, globs) = (pattern_at.text()?, image::of_connaisseur(&pattern_at));
    let named = fields.take("validator");
    let name = named.as_ref().map_or(Some(DEFAULT), Cursor::text)?;
    let with = fields.take("with");
    fields.end();
    let demand = match validators.get(name) {
        None => {
            let why = format_args!("there is no validator `{name}`");
            named.as_ref().unwrap_or(at).refuse("source-value", why, "name one of `validators`");
            None
        }
        Some(Validator::Static(true)) => Some(Demand::Approve),
        Some(Validator::Static(false)) => Some(Demand::Deny),
        Some(Validator::Other(kind)) => {
            let why = format_args!("signatures of `{kind}` are not read here, which `{pattern}` demands");
            at.refuse("notary-signature", why, "sign with `bulla sign`, and demand `signed`");
            None
        }
        Some(Validator::Cosign(roots)) => cosign(at, with, roots).map(Demand::Signed),
    };
    Some(Matched { at: at.clone(), pattern, globs: globs?, demand: demand? })
}

fn cosign(at: &Cursor<'_>, with: Option<Cursor<'_>>, roots: &[(&str, Cursor<'_>)]) -> Option<Require> {
    let mut with = with.map(|with| with.fields()).map_or(Some(None), |fields| fields.map(Some))?;
    let mut take = |name: &str| with.as_mut().and_then(|with| with.take(name));
    let named = take("trustRoot");
    let root = named.as_ref().map_or(Some(DEFAULT), Cursor::text)?;
    let logged = take("verifyInTransparencyLog").map_or(Some(true), |found| found.boolean())?;
    if let Some(sct) = take("verifySCT")
        && sct.boolean() == Some(false)
    {
        sct.stricter("sct-demanded", "a certificate has to be in a certificate log here, and not there");
    }
    let threshold = take("threshold").map_or(Some(0), |found| found.count())?;
    let required = take("required");
    take("mode");
    if let Some(with) = with {
        with.end();
    }
    let every = root == "*";
    let by_name = |name: &str, at: &Cursor<'_>| match roots.iter().find(|(known, _)| *known == name) {
        Some((_, root)) => signer(root, logged),
        None => {
            at.refuse("source-value", format_args!("there is no trust root `{name}`"), "name one of the validator's");
            None
        }
    };
    at.signed_anew();
    let required: Vec<_> = required.map(|names| names.items()).unwrap_or_default();
    let required: Vec<_> = required.iter().map(|name| by_name(name.text()?, name)).collect();
    let required: Vec<Require> = required.into_iter().collect::<Option<_>>()?;
    if !every {
        if threshold > 0 || !required.is_empty() {
            let why = "`threshold` and `required` are about `trustRoot: \"*\"` alone";
            at.refuse("source-value", why, "name `\"*\"`, or leave them out");
        }
        return by_name(root, named.as_ref().unwrap_or(at));
    }
    let all: Vec<_> = roots.iter().map(|(_, root)| signer(root, logged)).collect();
    let all: Vec<Require> = all.into_iter().collect::<Option<_>>()?;
    if all.len() > 1 && threshold > 1 {
        at.stricter("distinct-signers", "each has to be met by a signer of its own here; signatures are counted there");
    }
    let counted = match (threshold, required.is_empty()) {
        (0, true) => groups::all(all),
        (0, false) => None,
        (threshold, _) if threshold <= all.len() => groups::at_least(threshold, all),
        (threshold, _) => {
            let why = format_args!("{threshold} are demanded of {}: nothing could ever meet that", all.len());
            at.refuse("threshold-too-high", why, "lower `threshold`, or name more");
            return None;
        }
    };
    groups::all(required.into_iter().chain(counted).collect())
}

/// Whoever a trust root stands for.
fn signer(root: &Cursor<'_>, logged: bool) -> Option<Require> {
    let mut fields = root.fields()?;
    fields.skip(&["name"]);
    let (which, found) = fields.exactly_one(&["key", "keyless", "cert"])?;
    let by = match which {
        0 => identity::key(&found, found.text()?).map(identity::by_key),
        1 => {
            let mut keyless = found.fields()?;
            let issuer = identity::name(&mut keyless, "issuer", "issuerRegex");
            let subject = identity::name(&mut keyless, "subject", "subjectRegex");
            keyless.end();
            if !logged {
                let how = "a certificate's signature has to be in a public log here, and not there";
                found.stricter("log-demanded", how);
            }
            identity::by_certificate(&subject?, &issuer?)
        }
        _ => {
            found.refuse("notary-signature", "certificates of the Notary Project are not read here", "name a key");
            None
        }
    };
    fields.end();
    let logs = usize::from(logged && which == 0);
    by.map(|by| groups::signed(by, logs))
}

/// Everything that is no name.
const EVERYTHING: [&str; 3] = ["*:*", "*", "**"];

fn assemble(rules: Vec<Matched<'_>>, mode: Mode) -> Option<Draft> {
    let is_catch_all = |rule: &&Matched<'_>| EVERYTHING.contains(&rule.pattern);
    let catch_all = rules.iter().find(is_catch_all);
    if let Some(second) = rules.iter().filter(is_catch_all).nth(1) {
        let hint = "take one of them out: which of the two counts is not plain";
        second.at.refuse("most-specific", "a second pattern is about everything", hint);
    }
    let mut unmatched = match catch_all.map(|rule| &rule.demand) {
        Some(Demand::Approve) => Unmatched::Allow,
        Some(Demand::Deny | Demand::Signed(_)) | None => Unmatched::Deny,
    };
    let is_open = unmatched == Unmatched::Allow;
    if mode == Mode::Warn {
        unmatched = unmatched.min(Unmatched::Warn);
    }
    let mut draft = Draft::new("connaisseur", unmatched);
    for (at, matched) in rules.iter().enumerate() {
        let others = || rules.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
        let signed = || {
            others().filter_map(|other| if let Demand::Signed(it) = &other.demand { Some((other, it)) } else { None })
        };
        match &matched.demand {
            Demand::Approve
                if is_open
                    && signed().next().is_none()
                    && others().all(|other| matches!(other.demand, Demand::Approve)) => {}
            Demand::Approve if is_catch_all(&matched) => {}
            Demand::Approve => {
                let why = format_args!(
                    "that everything like `{}` is accepted unsigned has no spelling here",
                    matched.pattern
                );
                matched.at.refuse("accepts-unsigned", why, "sign it, or grant exceptions for its digests");
            }
            Demand::Deny if is_catch_all(&matched) => {}
            Demand::Deny if !is_open && signed().next().is_none() => {
                let how = format_args!("`{}` has no rule, and is denied as what none is about", matched.pattern);
                matched.at.differs("denied-unmatched", how, "give no other policy a rule that is about it");
            }
            Demand::Deny => {
                let why = format_args!("that everything like `{}` is denied has no spelling here", matched.pattern);
                matched.at.refuse("denies-always", why, "leave it without a rule, under `unmatched: deny`");
            }
            Demand::Signed(require) => {
                let name = plain_name(matched.pattern);
                let covers = |other: &Matched<'_>| other.globs.iter().any(|glob| glob.matches(&name));
                let nested = signed().find(|(other, theirs)| covers(other) && !groups::implies(require, theirs));
                if let Some((other, _)) = nested {
                    let why = format_args!("`{}` demands something else, and here both would count", other.pattern);
                    let hint =
                        "give what lies in it a place of its own, or demand of it what the other demands, and more";
                    matched.at.refuse("most-specific", why, hint);
                }
                if signed().next().is_some() {
                    let how = "an image that several patterns match has to meet all of them here, and the most specific one there";
                    matched.at.differs_once("rules-pool", how, "name images that no other pattern is about");
                }
                draft.rule(&format!("rule {}", at + 1), &matched.at, matched.globs.clone(), mode, require.clone());
            }
        }
    }
    Some(draft)
}

/// A name that a pattern is plainly about.
fn plain_name(pattern: &str) -> String {
    let name = pattern.split(":*").next().unwrap_or_default().replace('*', "x");
    if name.starts_with('/') || name.is_empty() { format!("x{name}") } else { name }
}
