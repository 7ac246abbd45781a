//! Notation's `trustpolicy.json`, v1.0. Its signatures are the Notary Project's: X.509 chains over trust stores that lie beside
//! the file. None of them is read here, so every policy of it is refused, by its name.

use super::{Draft, source::Cursor};

pub(super) fn convert(document: &Cursor<'_>) -> Option<Draft> {
    let mut fields = document.fields()?;
    if let Some(version) = fields.demand("version")
        && version.text().is_none_or(|version| version != "1.0")
    {
        version.refuse("source-value", "only version 1.0 is known", "write it as `\"1.0\"`");
    }
    let policies = fields.demand("trustPolicies").map(|all| all.items()).unwrap_or_default();
    fields.end();
    policies.iter().for_each(policy);
    None
}

fn policy(at: &Cursor<'_>) {
    let Some(mut fields) = at.fields() else { return };
    let name = fields.text("name").unwrap_or("one without a name").to_owned();
    let level = fields.take("signatureVerification").and_then(|found| found.fields()?.text("level"));
    if level == Some("skip") {
        let why = format_args!("that what `{name}` is about is accepted unsigned has no spelling here");
        at.refuse("accepts-unsigned", why, "sign it, or grant exceptions for its digests");
    } else {
        let why = format_args!("`{name}` demands signatures of the Notary Project, which are not read here");
        at.refuse("notary-signature", why, "sign with `bulla sign`, and demand `signed`");
    }
}
