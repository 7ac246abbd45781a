//! Who has to have signed: sets of attestors, each of which has to be met by as many of its entries as it says.

use super::{COPY, DEMAND_ATTESTED, ELSEWHERE, NO_ANNOTATIONS};
use crate::{
    convert::{
        groups,
        identity::{self, Name},
        source::{Cursor, Fields},
    },
    language::{By, PredicateType, Require},
};

/// What each of them is asked for.
pub(super) enum Asked {
    Signature,
    Attestation(PredicateType),
}

impl Asked {
    fn by(&self, by: By, logs: usize) -> Require {
        match self {
            Self::Signature => groups::signed(by, logs),
            Self::Attestation(kind) => Require::attested(kind.clone(), by).logged(logs),
        }
    }
}

/// Every set has to be met.
pub(super) fn all_sets(sets: &Cursor<'_>, asked: &Asked) -> Option<Require> {
    let sets = sets.items();
    let met: Vec<_> = sets.iter().map(|at| set(at, asked)).collect();
    groups::all(met.into_iter().collect::<Option<Vec<_>>>()?)
}

fn set(at: &Cursor<'_>, asked: &Asked) -> Option<Require> {
    let mut fields = at.fields()?;
    let count = fields.take("count");
    let entries = fields.demand("entries").map(|entries| entries.items()).unwrap_or_default();
    fields.end();
    let each: Vec<_> = entries.iter().map(|at| entry(at, asked)).collect();
    let each: Vec<_> = each.into_iter().collect::<Option<Vec<_>>>()?.concat();
    // Zero stands for all of them, as does nothing.
    let needed = match &count {
        None => each.len(),
        Some(count) => Some(count.count()?).filter(|count| *count > 0).unwrap_or(each.len()),
    };
    if needed > 1 && needed < each.len() {
        at.stricter("distinct-signers", "each has to be met by a signer of its own here, and not there");
    }
    if needed > each.len() {
        let why = format_args!("{needed} are demanded of {}: nothing could ever meet that", each.len());
        at.refuse("threshold-too-high", why, "lower `count`, or name more");
    }
    groups::at_least(needed, each)
}

/// What an entry stands for: several, if several keys stand in it.
fn entry(at: &Cursor<'_>, asked: &Asked) -> Option<Vec<Require>> {
    let mut fields = at.fields()?;
    fields.refuse_each(&["annotations"], "signature-annotations", NO_ANNOTATIONS, DEMAND_ATTESTED);
    fields.refuse_each(&["repository"], "signed-elsewhere", ELSEWHERE, COPY);
    let hash = fields.take("signatureAlgorithm");
    let (which, found) = fields.exactly_one(&["keys", "keyless", "attestor", "certificates"])?;
    fields.end();
    match which {
        0 => keys(&found, hash, asked),
        1 => keyless(&found).map(|by| vec![asked.by(by, 0)]),
        2 => set(&found, asked).map(|met| vec![met]),
        _ => {
            identity::private_root(&found);
            None
        }
    }
}

fn keys(at: &Cursor<'_>, hash: Option<Cursor<'_>>, asked: &Asked) -> Option<Vec<Require>> {
    let mut fields = at.fields()?;
    let hash = fields.take("signatureAlgorithm").or(hash);
    let logged = logged(&mut fields);
    let (which, found) = fields.exactly_one(&["publicKeys", "kms", "secret"])?;
    fields.end();
    let keys = match which {
        0 => {
            let text = found.text()?;
            let keys: Vec<_> = blocks(text).map(|block| identity::key(&found, block)).collect();
            keys.into_iter().collect::<Option<Vec<_>>>()
        }
        1 => {
            identity::kms(&found);
            None
        }
        _ => {
            identity::secret(&found);
            None
        }
    };
    identity::hash_algorithm(hash, keys.as_ref().and_then(|keys| keys.first()));
    let logs = usize::from(logged?);
    Some(keys?.into_iter().map(|key| asked.by(identity::by_key(key), logs)).collect())
}

/// Several keys stand one behind the other, and each is an entry of its own.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    const END: &str = "-----END PUBLIC KEY-----";
    let whole = Some(text).filter(|text| text.matches(END).count() < 2);
    let parts = text.split_inclusive(END).filter(|part| !part.trim().is_empty());
    whole.into_iter().chain(parts.filter(move |_| whole.is_none()))
}

fn keyless(at: &Cursor<'_>) -> Option<By> {
    let mut fields = at.fields()?;
    if logged(&mut fields) == Some(false) {
        at.stricter("log-demanded", "a certificate's signature has to be in a public log here, and not there");
    }
    if let Some(roots) = fields.take("roots") {
        identity::private_root(&roots);
    }
    fields.refuse_each(
        &["additionalExtensions"],
        "certificate-extension",
        "what else the certificate says is not carried over",
        "say it with `by: { github: … }`",
    );
    let issuer = name(&mut fields, "issuer", "issuerRegExp");
    let subject = name(&mut fields, "subject", "subjectRegExp");
    fields.end();
    identity::by_certificate(&subject?, &issuer?)
}

/// A name, in which a star stands for anything and a question mark for a letter.
fn name<'a>(fields: &mut Fields<'a>, exact: &str, regex: &str) -> Option<Name<'a>> {
    let name = identity::name(fields, exact, regex)?;
    match name {
        Name::Exact(at, text) if text.contains("{{") => {
            identity::variable(&at);
            None
        }
        Name::Exact(at, text) if text.contains(['*', '?']) => {
            let escaped = regex::escape(&text).replace(r"\*", ".*").replace(r"\?", ".");
            Some(Name::Pattern(at, format!("^{escaped}$")))
        }
        name => Some(name),
    }
}

/// Whether the public log has to hold an entry, which is so if nothing is said.
fn logged(fields: &mut Fields<'_>) -> Option<bool> {
    let mut logged = Some(true);
    if let Some(mut rekor) = fields.take("rekor").and_then(|rekor| rekor.fields()) {
        if let Some(url) = rekor.take("url") {
            identity::public(&url, "rekor.sigstore.dev");
        }
        if let Some(key) = rekor.take("pubkey") {
            identity::private_root(&key);
        }
        if let Some(ignored) = rekor.take("ignoreTlog") {
            logged = ignored.boolean().map(|ignored| !ignored);
        }
        rekor.end();
    }
    if let Some(mut log) = fields.take("ctlog").and_then(|log| log.fields()) {
        for name in ["pubkey", "tsaCertChain"] {
            if let Some(found) = log.take(name) {
                identity::private_root(&found);
            }
        }
        if let Some(ignored) = log.take("ignoreSCT")
            && ignored.boolean() == Some(true)
        {
            ignored.stricter("sct-demanded", "a certificate has to be in a certificate log here, and not there");
        }
        log.end();
    }
    logged
}
