//! `policy.json` of podman, skopeo, CRI-O and buildah, as containers-policy.json(5) has it: of all scopes that an image is
//! in, the most specific one alone counts, and all that it demands has to be met.
//!
//! Rules pool here, so that a scope inside of another one is only converted where both come to the same.

use super::{
    Draft, SignedNames, groups, identity, image,
    source::{Cursor, Fields},
};
use crate::{
    budget,
    language::{At, By, Glob, Mode, Require, Sources, Unmatched},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::collections::BTreeMap;

pub(super) fn convert(document: &Cursor<'_>, signed_names: SignedNames, files: &dyn Sources) -> Option<Draft> {
    let reader = Reader { signed_names, files };
    let mut fields = document.fields()?;
    let (default, transports) = (fields.demand("default"), fields.take("transports"));
    fields.end();
    let mut default = default.and_then(|at| Some((reader.demand(&at)?, at)));
    let mut scopes = BTreeMap::new();
    for (transport, at) in transports.iter().flat_map(Cursor::entries) {
        for (scope, at) in at.entries() {
            let demand = at.settled(reader.demand(&at));
            match (transport, scope) {
                ("docker", "") => default = demand.map(|demand| (demand, at)),
                ("docker", scope) if scope.len() > budget::PATTERN_BYTES => {
                    at.refuse("source-value", "a scope is longer than any name", "take it out");
                }
                ("docker", scope) => {
                    scopes.extend(demand.map(|demand| (scope, (demand, at))));
                }
                (_, _) if matches!(demand, Some(Demand::Nothing)) => {
                    let how = format_args!("images of `{transport}:` go by their names here, and by these rules");
                    at.differs("other-transport", how, "say with `--as` what such an image is called");
                }
                (transport, _) => {
                    let why = format_args!("what is demanded of images of `{transport}:` alone cannot be said here");
                    at.refuse(
                        "other-transport",
                        why,
                        "say with `--as` what such an image is called, and demand it of that",
                    );
                }
            }
        }
    }
    let (default, at_default) = default?;
    let unmatched = if matches!(default, Demand::Nothing) { Unmatched::Allow } else { Unmatched::Deny };
    let mut draft = Draft::new("containers", unmatched);
    if let Demand::Signed(require) = &default {
        let everything = At::nowhere(Glob::everything());
        draft.rule("default", &at_default, vec![everything], Mode::Enforce, require.clone());
    }
    for (scope, (demand, at)) in &scopes {
        let around = around(scope).into_iter().filter_map(|around| Some(&scopes.get(around.as_str())?.0));
        let around: Vec<_> = around.chain([&default]).collect();
        if let Some(require) = fits(at, scope, demand, &around)
            && let Some(globs) = image::of_scope(at, scope)
        {
            let name =
                scope.strip_prefix("*.").map_or_else(|| (*scope).to_owned(), |domain| format!("hosts of {domain}"));
            draft.rule(&name, at, globs, Mode::Enforce, require);
        }
    }
    Some(draft)
}

/// What a scope demands.
#[derive(Debug)]
enum Demand {
    Nothing,
    Refusal,
    Signed(Require),
}

/// What a rule about the scope demands, if there has to be one: what counts inside of it alone has to be what counts with all
/// that is `around` it, the nearest first.
fn fits(at: &Cursor<'_>, scope: &str, demand: &Demand, around: &[&Demand]) -> Option<Require> {
    let signed =
        around.iter().find_map(|around| if let Demand::Signed(require) = around { Some(require) } else { None });
    let open = around.last().is_some_and(|default| matches!(default, Demand::Nothing));
    let nested = "give what lies in it a place of its own, or demand of it what is demanded around it, and more";
    match demand {
        Demand::Nothing if open && around.iter().all(|around| matches!(around, Demand::Nothing)) => None,
        Demand::Nothing => {
            let why = format_args!("that everything in `{scope}` is accepted unsigned has no spelling here");
            at.refuse("accepts-unsigned", why, "sign it, or grant exceptions for its digests");
            None
        }
        Demand::Refusal if signed.is_none() && !open => {
            let how = format_args!("`{scope}` has no rule, and is denied as what none is about");
            at.differs("denied-unmatched", how, "give no other policy a rule that is about it");
            None
        }
        Demand::Refusal => {
            let why = format_args!(
                "that everything in `{scope}` is denied has no spelling here, unless nothing else is about it"
            );
            at.refuse("denies-always", why, nested);
            None
        }
        Demand::Signed(require) if around.iter().all(|around| is_less(around, require)) => Some(require.clone()),
        Demand::Signed(_) => {
            let why =
                format_args!("of `{scope}` the scope around it demands something else, and here both would count");
            at.refuse("most-specific", why, nested);
            None
        }
    }
}

fn is_less(around: &Demand, require: &Require) -> bool {
    match around {
        Demand::Signed(around) => groups::implies(require, around),
        Demand::Nothing | Demand::Refusal => true,
    }
}

/// The scopes that a scope is in, as the tool looks them up: namespaces, the registry, and the domains of its host.
fn around(scope: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut name = scope;
    while let Some((parent, _)) = name.rsplit_once('/') {
        found.push(parent.to_owned());
        name = parent;
    }
    let mut domain = name.strip_prefix("*.").or_else(|| name.split(':').next()).unwrap_or_default();
    while let Some((_, parent)) = domain.split_once('.') {
        found.push(format!("*.{parent}"));
        domain = parent;
    }
    found
}

struct Reader<'a> {
    signed_names: SignedNames,
    files: &'a dyn Sources,
}

/// The fields that say where keys are: a file, several, the key itself, several.
const KEYS: [&str; 6] = ["keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki"];

impl Reader<'_> {
    /// All of a list, where a refusal among them is one of the whole.
    fn demand(&self, at: &Cursor<'_>) -> Option<Demand> {
        let items = at.items();
        if items.is_empty() && at.is_list() {
            at.refuse(
                "source-missing",
                "a list of requirements is never empty",
                "mend it first: the tool itself refuses this policy",
            );
        }
        let demands: Option<Vec<_>> =
            items.iter().map(|item| self.requirement(item)).collect::<Vec<_>>().into_iter().collect();
        let demands = demands.filter(|demands| !demands.is_empty())?;
        if demands.iter().any(|demand| matches!(demand, Demand::Refusal)) {
            return Some(Demand::Refusal);
        }
        let signed =
            demands.into_iter().filter_map(|demand| if let Demand::Signed(it) = demand { Some(it) } else { None });
        Some(groups::all(signed.collect()).map_or(Demand::Nothing, Demand::Signed))
    }

    fn requirement(&self, at: &Cursor<'_>) -> Option<Demand> {
        let mut fields = at.fields()?;
        let kind = fields.demand("type")?;
        match kind.text()? {
            "insecureAcceptAnything" => {
                fields.end();
                Some(Demand::Nothing)
            }
            "reject" => {
                fields.end();
                Some(Demand::Refusal)
            }
            "sigstoreSigned" => self.sigstore(fields).map(Demand::Signed),
            "signedBy" => {
                let hint = "sign with `bulla sign`, and demand `signed`";
                at.refuse("gpg-signature", "signatures of GPG keys are not read here", hint);
                None
            }
            "signedBaseLayer" => {
                at.refuse("base-layer", "what an image is made from is not looked at here", "demand provenance of it");
                None
            }
            other => {
                let why = format_args!("`{other}` is no requirement");
                kind.refuse("source-value", why, "mend it first: the tool itself refuses this policy");
                None
            }
        }
    }

    fn sigstore(&self, mut fields: Fields<'_>) -> Option<Require> {
        let at = fields.whole().clone();
        self.signed_name(&at, fields.take("signedIdentity"));
        let by = fields.exactly_one(&KEYS).and_then(|(which, found)| match which {
            0 | 1 => self.keys(&found, |path| self.files.file(path)),
            2 | 3 => self.keys(&found, decoded),
            _ => {
                private_authority(&found);
                None
            }
        });
        for name in ["rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas"] {
            if let Some(found) = fields.take(name) {
                private_authority(&found);
            }
        }
        fields.end();
        at.signed_anew();
        groups::any(by?.into_iter().map(|by| groups::signed(by, 0)).collect())
    }

    /// A signature there is for a name, too.
    fn signed_name(&self, at: &Cursor<'_>, identity: Option<Cursor<'_>>) {
        let at = identity.as_ref().unwrap_or(at);
        match self.signed_names {
            SignedNames::Refused => {
                let why = "a signature counts for the name that it was made for there, and for a digest alone here";
                let hint = "if its key signs for no other repository, convert it with `--any-signed-name`";
                at.refuse("signed-name", why, hint);
            }
            SignedNames::Ignored => {
                let how =
                    "a signature counts here whatever name it was made for: the same bytes may be signed elsewhere";
                at.differs_once("signed-name", how, "sign for each repository with a key of its own");
            }
        }
    }

    /// One key, or a list of them.
    fn keys(&self, at: &Cursor<'_>, read: impl Fn(&str) -> Result<String, String>) -> Option<Vec<By>> {
        let each = if at.is_list() { at.items() } else { vec![at.clone()] };
        let key = |at: &Cursor<'_>| {
            let pem = read(at.text()?)
                .map_err(|why| at.refuse("policy-file", why, "put the key where the policy says"))
                .ok()?;
            identity::key(at, &pem).map(identity::by_key)
        };
        each.iter().map(key).collect::<Vec<_>>().into_iter().collect()
    }
}

fn private_authority(at: &Cursor<'_>) {
    let hint = "add a `trusted_root.json` with it under `roots`, and name it with `root:`";
    at.refuse("private-root", "authorities and logs of one's own are trusted as a whole root here", hint);
}

fn decoded(data: &str) -> Result<String, String> {
    let bytes = STANDARD.decode(data).map_err(|_| "this is no base64".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "no PEM text is in it".to_owned())
}
