//! Sigstore policy-controller's `ClusterImagePolicy`, v1alpha1 and v1beta1, as it validates and judges them (`pkg/apis/policy`,
//! `pkg/webhook/validator.go`): every policy that is about an image has to be met, each by any of its authorities.

use super::{
    Draft, groups, identity,
    identity::Name,
    image,
    source::{Cursor, Fields},
};
use crate::language::{At, By, Glob, Mode, PredicateType, Require, Unmatched};

pub(super) fn convert(documents: &[Cursor<'_>]) -> Option<Draft> {
    let first = documents.first()?;
    let named = documents.iter().filter_map(|document| Some((document, policy_name(document)?)));
    let named: Vec<_> = named.collect();
    let name = if let [(_, only)] = named.as_slice() { only } else { "converted" };
    let mut draft = Draft::new(name, Unmatched::Deny);
    for document in documents {
        document.settled(policy(document, &mut draft));
    }
    let how =
        "what no policy is about is denied here, which a setting of the cluster decides there (`no-match-policy`)";
    first.differs("unmatched-elsewhere", how, "write what the cluster says: `unmatched: warn`, or `allow`");
    Some(draft)
}

fn policy_name<'a>(document: &Cursor<'a>) -> Option<&'a str> {
    let metadata = document.peek("metadata")?;
    let super::Value::Map(entries) = &**metadata else { return None };
    entries.iter().find_map(|(key, value)| match &**value {
        super::Value::Text(name) if key.as_str() == "name" => Some(name.as_str()),
        _ => None,
    })
}

fn policy(document: &Cursor<'_>, draft: &mut Draft) -> Option<()> {
    let mut fields = document.fields()?;
    match fields.text("kind") {
        Some("ClusterImagePolicy") => {}
        _ => {
            document.refuse("source-value", "no ClusterImagePolicy stands here", "take other resources out of the file")
        }
    }
    fields.skip(&["status"]);
    if let Some(version) = fields.demand("apiVersion")
        && version.text().is_some_and(|version| !VERSIONS.contains(&version))
    {
        version.refuse("source-value", "no such version is known", "write `policy.sigstore.dev/v1beta1`");
    }
    let (metadata, spec) = (fields.demand("metadata"), fields.demand("spec"));
    fields.end();
    let name = metadata.and_then(|metadata| metadata.fields()?.demand("name")?.text());
    let mut spec = spec?.fields()?;
    let globs = images(&mut spec);
    let mode = mode(&mut spec);
    matched(&mut spec);
    spec.refuse_each(
        &["policy"],
        "policy-language",
        "a policy in CUE or Rego over all authorities is none that is understood here",
        "demand the same with `all`, `atLeast` and `where`",
    );
    let authorities: Vec<_> = spec.take("authorities").map(|found| found.items()).unwrap_or_default();
    if authorities.is_empty() {
        spec.missing("authorities");
    }
    let required: Vec<_> = authorities.iter().map(authority).collect();
    spec.end();
    let required: Option<Vec<_>> = required.into_iter().collect();
    let mut required = required?;
    let passes = required.iter().position(|one| matches!(one, Authority::Pass));
    if let Some(at) = passes.and_then(|at| authorities.get(at)) {
        let hint = "leave these images without a rule, and say what becomes of them with `unmatched`";
        at.refuse("accepts-unsigned", "an authority that lets everything pass has no spelling here", hint);
        return None;
    }
    // Where any will do, one that always fails does nothing.
    required.retain(|one| !matches!(one, Authority::Fail));
    if required.is_empty() && !authorities.is_empty() {
        let hint = "leave these images without a rule, under `unmatched: deny`";
        document.refuse("denies-always", "a policy that denies whatever is signed has no spelling here", hint);
        return None;
    }
    let required =
        required.into_iter().filter_map(|one| if let Authority::Require(it) = one { Some(it) } else { None });
    let require = groups::any(required.collect())?;
    draft.rule(name?, document, globs?, mode?, require);
    Some(())
}

const VERSIONS: [&str; 2] = ["policy.sigstore.dev/v1alpha1", "policy.sigstore.dev/v1beta1"];

fn images(spec: &mut Fields<'_>) -> Option<Vec<At<Glob>>> {
    let patterns = spec.demand("images")?.items();
    if patterns.is_empty() {
        spec.missing("images");
    }
    let mut globs = Some(Vec::new());
    for pattern in patterns {
        let Some(mut fields) = pattern.fields() else { continue };
        let found = fields.demand("glob").and_then(|glob| image::of_policy_controller(&glob));
        fields.end();
        globs = globs.zip(found).map(|(globs, found)| [globs, found].concat());
    }
    globs
}

fn mode(spec: &mut Fields<'_>) -> Option<Mode> {
    let Some(at) = spec.take("mode") else { return Some(Mode::Enforce) };
    match at.text()? {
        "enforce" => Some(Mode::Enforce),
        "warn" => {
            let how = "what only a rule that warns is about counts as what none is about, and is denied here";
            at.differs("warn-under-deny", how, "write `unmatched: warn`, if those images are to run");
            Some(Mode::Warn)
        }
        other => {
            at.refuse(
                "source-value",
                format_args!("`{other}` is no mode"),
                "mend it first: the tool itself refuses this policy",
            );
            None
        }
    }
}

/// The resources that its webhook is asked about.
const RESOURCES: [&str; 7] = ["pods", "replicasets", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"];

fn matched(spec: &mut Fields<'_>) {
    let Some(matched) = spec.take("match") else { return };
    for one in matched.items() {
        let resource = one.fields().and_then(|mut fields| fields.take("resource"));
        if let Some((at, name)) = resource.and_then(|at| at.text().map(|name| (at.clone(), name)))
            && !RESOURCES.contains(&name)
        {
            at.refuse(
                "source-value",
                format_args!("`{name}` is no resource that runs images"),
                "name one in the plural: `pods`",
            );
        }
        let hint = "rules are about images, whatever runs them: take it out, if that is meant";
        one.refuse("resource-match", "which resources it is about cannot be said here", hint);
    }
}

enum Authority {
    Pass,
    Fail,
    Require(Require),
}

const KINDS: [&str; 3] = ["key", "keyless", "static"];

fn authority(at: &Cursor<'_>) -> Option<Authority> {
    let mut fields = at.fields()?;
    fields.skip(&["name"]);
    let (kind, what) = fields.exactly_one(&KINDS)?;
    if kind == 2 {
        fields.end();
        return fixed(&what);
    }
    let log = log(&mut fields);
    fields.refuse_each(
        &["rfc3161timestamp"],
        "private-root",
        "timestamps of a TrustRoot of the cluster are not known here",
        "add the root under `roots`, and demand `witnessed: { times: 1 }`",
    );
    elsewhere(&mut fields);
    let bundles = format(&mut fields, kind == 0);
    let attestations = fields.take("attestations").filter(|all| !all.items().is_empty());
    fields.end();
    let who = if kind == 0 {
        key(&what).map(|by| (vec![by], usize::from(log == Log::Public)))
    } else {
        if log == Log::None {
            at.stricter("log-demanded", "a certificate's signature has to be in a public log here, and not there");
        }
        keyless(&what).map(|by| (by, 0))
    };
    if !bundles {
        at.signed_anew();
    }
    let (by, logs) = who?;
    match attestations {
        None => groups::any(by.into_iter().map(|by| groups::signed(by, logs)).collect()).map(Authority::Require),
        Some(all) => attested(&all, &by, logs).map(Authority::Require),
    }
}

fn fixed(at: &Cursor<'_>) -> Option<Authority> {
    let mut fields = at.fields()?;
    fields.skip(&["message"]);
    let action = fields.demand("action")?;
    fields.end();
    match action.text()? {
        "pass" => Some(Authority::Pass),
        "fail" => Some(Authority::Fail),
        other => {
            action.refuse(
                "source-value",
                format_args!("`{other}` is no action"),
                "mend it first: the tool itself refuses this policy",
            );
            None
        }
    }
}

/// Which log has to hold an entry.
#[derive(PartialEq, Eq)]
enum Log {
    /// Nothing is said: a certificate's signature has to be in the public one, a key's in none.
    Unsaid,
    Public,
    /// It is said, and names none: then none is asked.
    None,
}

fn log(fields: &mut Fields<'_>) -> Log {
    let Some(mut log) = fields.take("ctlog").and_then(|log| log.fields()) else { return Log::Unsaid };
    let root = log.take("trustRootRef");
    if let Some(root) = &root {
        identity::private_root(root);
    }
    let url = log.take("url").map(|url| identity::public(&url, "rekor.sigstore.dev"));
    log.end();
    if root.is_none() && url.is_none() { Log::None } else { Log::Public }
}

/// Where signatures are, if not with the image.
fn elsewhere(fields: &mut Fields<'_>) {
    let Some(sources) = fields.take("source") else { return };
    for source in sources.items() {
        let Some(mut source) = source.fields() else { continue };
        // Whose credentials fetch them makes no difference to what they are worth.
        source.skip(&["signaturePullSecrets"]);
        source.refuse_each(
            &["oci", "tagPrefix"],
            "signed-elsewhere",
            "signatures are only looked for with the image itself here",
            "copy them to where the image is: `cosign copy`, or sign again",
        );
        source.end();
    }
}

/// Whether bundles are read there, too.
fn format(fields: &mut Fields<'_>, is_key: bool) -> bool {
    let Some(at) = fields.take("signatureFormat") else { return false };
    match at.text() {
        Some("bundle") if is_key => {
            at.refuse("denies-always", "a key has no bundles there: this authority never passes", "take the field out");
            false
        }
        Some("bundle") => true,
        Some("legacy") | None => false,
        Some(other) => {
            at.refuse("source-value", format_args!("`{other}` is no format"), "write `legacy` or `bundle`");
            false
        }
    }
}

fn key(at: &Cursor<'_>) -> Option<By> {
    let mut fields = at.fields()?;
    let hash = fields.take("hashAlgorithm");
    let found = fields.exactly_one(&["data", "kms", "secretRef"]);
    let key = match found {
        Some((0, data)) => data.text().and_then(|text| identity::key(&data, text)),
        Some((1, service)) => {
            kms(&service);
            None
        }
        Some((_, reference)) => {
            identity::secret(&reference);
            None
        }
        None => None,
    };
    identity::hash_algorithm(hash, key.as_ref());
    fields.end();
    key.map(identity::by_key)
}

/// Of AWS, the tool takes an ARN alone.
fn kms(at: &Cursor<'_>) {
    let Some(url) = at.text() else { return };
    let arn = |rest: &str| rest.split_once('/').is_some_and(|(_, key)| key.starts_with("arn:"));
    if url.strip_prefix("awskms://").is_some_and(|rest| !arn(rest)) {
        let hint = "mend it first: the tool itself refuses this policy; export the public key, and write that instead";
        return at.refuse("source-value", format_args!("`{url}` names no key by its ARN"), hint);
    }
    identity::kms(at);
}

fn keyless(at: &Cursor<'_>) -> Option<Vec<By>> {
    let mut fields = at.fields()?;
    let (url, authority) = (fields.take("url"), fields.take("ca-cert"));
    if url.is_some() && authority.is_some() {
        at.refuse(
            "source-one-of",
            "more than one of `ca-cert`, `url` is there",
            "mend it first: the tool itself refuses this policy",
        );
    }
    if let Some(url) = &url {
        identity::public(url, "fulcio.sigstore.dev");
    }
    if let Some(authority) = &authority {
        own_authority(authority);
    }
    if let Some(root) = fields.take("trustRootRef") {
        identity::private_root(&root);
    }
    if let Some(ignored) = fields.take("insecureIgnoreSCT")
        && ignored.boolean() == Some(true)
    {
        ignored.stricter("sct-demanded", "a certificate has to be in a certificate log here, and not there");
    }
    let identities = fields.take("identities").map(|found| found.items()).unwrap_or_default();
    if identities.is_empty() {
        fields.missing("identities");
    }
    fields.end();
    let signers: Vec<_> = identities.iter().map(certified).collect();
    signers.into_iter().collect::<Option<Vec<_>>>().filter(|signers| !signers.is_empty())
}

fn own_authority(at: &Cursor<'_>) {
    let Some(mut fields) = at.fields() else { return };
    match (fields.take("kms"), fields.take("secretRef")) {
        (Some(service), _) => kms(&service),
        (None, Some(reference)) => identity::secret(&reference),
        (None, None) => identity::private_root(at),
    }
}

fn certified(at: &Cursor<'_>) -> Option<By> {
    let mut fields = at.fields()?;
    let issuer: Option<Name<'_>> = identity::name(&mut fields, "issuer", "issuerRegExp");
    let subject = identity::name(&mut fields, "subject", "subjectRegExp");
    fields.end();
    identity::by_certificate(&subject?, &issuer?)
}

/// Every attestation that is asked for, each by any of these signers. The signature is then not asked for.
fn attested(all: &Cursor<'_>, by: &[By], logs: usize) -> Option<Require> {
    let mut required = Some(Vec::new());
    for at in all.items() {
        let Some(mut fields) = at.fields() else { continue };
        fields.demand("name");
        let kind = fields
            .demand("predicateType")
            .and_then(|kind| PredicateType::try_from(kind.text()?.to_owned()).map_err(|fault| kind.fault(fault)).ok());
        fields.refuse_each(
            &["policy"],
            "policy-language",
            "a condition in CUE or Rego is none that is understood here",
            "say the same in CEL with `where`",
        );
        fields.end();
        let each = kind.and_then(|kind| {
            groups::any(by.iter().map(|by| Require::attested(kind.clone(), by.clone()).logged(logs)).collect())
        });
        required = required.zip(each).map(|(required, each)| [required, vec![each]].concat());
    }
    groups::all(required?)
}
