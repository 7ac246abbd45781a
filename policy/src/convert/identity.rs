//! Whose signature counts: keys, and names in certificates.

use super::source::{Cursor, Fields};
use crate::language::{By, Certificate, Exact, Pattern, Patterns, TrustedKey};
use bulla_verify::{HashAlgorithm, VerifyingKey};

/// A name, or what it has to look like.
#[derive(Debug, Clone)]
pub(super) enum Name<'a> {
    Exact(Cursor<'a>, String),
    Pattern(Cursor<'a>, String),
}

/// Where keys are that only a service or a cluster can tell.
const SERVICES: [&str; 5] = ["awskms://", "gcpkms://", "azurekms://", "hashivault://", "pkcs11:"];

/// A public key in PEM, which stands in the text itself.
pub(super) fn key(at: &Cursor<'_>, text: &str) -> Option<VerifyingKey> {
    if SERVICES.iter().any(|scheme| text.starts_with(scheme)) {
        kms(at);
        return None;
    }
    if text.starts_with("k8s://") {
        secret(at);
        return None;
    }
    if text.contains("{{") {
        variable(at);
        return None;
    }
    match VerifyingKey::from_pem(text) {
        Ok(key) => Some(key),
        Err(error) => {
            at.refuse(error.code(), &error, "a public key is one PEM block `PUBLIC KEY`, and stands here itself");
            None
        }
    }
}

/// A key that a key management service holds.
pub(super) fn kms(at: &Cursor<'_>) {
    let hint = "export its public key, and write that instead: `cosign public-key --key …`";
    at.refuse("kms-key", "keys are not asked of a key management service here", hint);
}

/// A key that a cluster holds.
pub(super) fn secret(at: &Cursor<'_>) {
    let hint = "read the public key out of the cluster, and write that instead: `kubectl get secret …`";
    at.refuse("secret-key", "keys are not read from a cluster's secrets here", hint);
}

/// Refuses a service that is not the public one.
pub(super) fn public(at: &Cursor<'_>, host: &str) {
    let Some(url) = at.text() else { return };
    let bare = url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/');
    if bare != host {
        let hint = "add the instance's `trusted_root.json` under `roots`, and name it with `root:`";
        at.refuse("private-root", format_args!("`{url}` is none of the public instance's services"), hint);
    }
}

pub(super) fn private_root(at: &Cursor<'_>) {
    let hint = "add the instance's `trusted_root.json` under `roots`, and name it with `root:`";
    at.refuse("private-root", "authorities and logs of one's own do not stand in this file", hint);
}

/// What is only known once something is admitted.
pub(super) fn variable(at: &Cursor<'_>) {
    let hint = "write its value instead; where it differs, make a policy for each";
    at.refuse("variable", "what a variable stands for is not known here", hint);
}

/// What signatures are hashed with is the key's to say.
pub(super) fn hash_algorithm(at: Option<Cursor<'_>>, key: Option<&VerifyingKey>) {
    let Some((at, algorithm)) = at.and_then(|at| at.text().map(|text| (at.clone(), text.to_owned()))) else { return };
    if !["sha224", "sha256", "sha384", "sha512"].contains(&algorithm.as_str()) {
        at.refuse(
            "source-value",
            format_args!("`{algorithm}` is no hash"),
            "mend it first: the tool itself refuses this policy",
        );
        return;
    }
    let own = match key.map(|key| key.algorithm().hash()) {
        None => return,
        Some(HashAlgorithm::Sha256) => "sha256",
        Some(HashAlgorithm::Sha384) => "sha384",
        Some(HashAlgorithm::Sha512) => "sha512",
    };
    // The field's default, which also stands for keys that sign with another.
    if algorithm != own && algorithm != "sha256" {
        let why = format_args!("this key signs with {own} here, and with {algorithm} there");
        at.refuse("hash-algorithm", why, "leave the field out, and sign again");
    }
}

/// A key's holder.
pub(super) fn by_key(key: VerifyingKey) -> By {
    By::from(TrustedKey::always(key))
}

/// One name of two fields: exactly, or a regular expression of Go's that is looked for anywhere in it.
pub(super) fn name<'a>(fields: &mut Fields<'a>, exact: &str, regex: &str) -> Option<Name<'a>> {
    let (exactly, pattern) = (fields.take(exact), fields.take(regex));
    match (exactly, pattern) {
        (Some(at), None) => Some(Name::Exact(at.clone(), at.text()?.to_owned())),
        (None, Some(at)) => super::regex::translated(&at).map(|pattern| Name::Pattern(at, pattern)),
        (Some(_), Some(_)) => {
            let why = format_args!("more than one of `{exact}`, `{regex}` is there");
            fields.whole().refuse("source-one-of", why, "write exactly one of them");
            None
        }
        (None, None) => {
            let why = format_args!("none of `{exact}`, `{regex}` is there: anybody's would do");
            fields.whole().refuse("source-missing", why, "write exactly one of them");
            None
        }
    }
}

/// Whoever has a certificate with such a name, by such an issuer, under Sigstore's public root.
pub(super) fn by_certificate(subject: &Name<'_>, issuer: &Name<'_>) -> Option<By> {
    match (subject, issuer) {
        (Name::Exact(at_subject, subject), Name::Exact(at_issuer, issuer)) => {
            let (subject, issuer) = (exact(at_subject, subject), exact(at_issuer, issuer));
            Some(By::Certificate(Box::new(Certificate { subject: subject?, issuer: issuer?, root: None })))
        }
        _ => {
            let (subject, issuer) = (pattern(subject), pattern(issuer));
            Some(By::Pattern(Box::new(Patterns { subject: subject?, issuer: issuer?, root: None })))
        }
    }
}

fn exact(at: &Cursor<'_>, text: &str) -> Option<Exact> {
    Exact::try_from(text.to_owned()).map_err(|fault| at.fault(fault)).ok()
}

fn pattern(name: &Name<'_>) -> Option<Pattern> {
    let (at, pattern) = match name {
        Name::Exact(at, text) => (at, exact(at, text).map(|text| format!("^{}$", regex::escape(text.as_str())))?),
        Name::Pattern(at, pattern) => (at, pattern.clone()),
    };
    Pattern::try_from(pattern).map_err(|fault| at.fault(fault)).ok()
}
