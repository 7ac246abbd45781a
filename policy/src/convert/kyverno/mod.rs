//! Kyverno's `ClusterPolicy` and `Policy` with `verifyImages`, as `pkg/engine/internal/imageverifier.go` judges by them, and its
//! `ImageValidatingPolicy`, whose demands are a program.

mod attestors;

use super::{
    Draft, groups, image,
    source::{Cursor, Fields},
};
use crate::language::{At, Glob, Mode, PredicateType, Require, Unmatched};
use attestors::Asked;

pub(super) fn convert(documents: &[Cursor<'_>]) -> Option<Draft> {
    // What no rule is about is none of its business.
    let mut draft = Draft::new("converted", Unmatched::Allow);
    for document in documents {
        let name = policy(document, &mut draft);
        if let ([_], Some(name)) = (documents, name) {
            name.clone_into(&mut draft.name);
        }
    }
    Some(draft)
}

fn policy<'a>(document: &Cursor<'a>, draft: &mut Draft) -> Option<&'a str> {
    let mut fields = document.fields()?;
    let kind = fields.demand("kind")?;
    fields.skip(&["apiVersion", "status"]);
    let (metadata, spec) = (fields.demand("metadata"), fields.demand("spec"));
    fields.end();
    let name = metadata?.fields()?.demand("name")?.text()?;
    let spec = spec?.fields()?;
    match kind.text()? {
        "ClusterPolicy" => rules(spec, name, draft),
        "Policy" => {
            kind.stricter("every-resource", "it is about one namespace there, and about every image here");
            rules(spec, name, draft);
        }
        "ImageValidatingPolicy" | "NamespacedImageValidatingPolicy" => program(spec),
        other => {
            kind.refuse("source-value", format_args!("`{other}` is no policy that verifies images"), ONLY_POLICIES)
        }
    }
    Some(name)
}

const ONLY_POLICIES: &str = "take other resources out of the file";

/// What a newer policy demands is an expression in CEL that calls Kyverno's own functions.
fn program(mut spec: Fields<'_>) {
    if let Some(attestors) = spec.take("attestors") {
        for at in attestors.items() {
            if let Some(notary) = at.fields().and_then(|mut fields| fields.take("notary")) {
                let hint = "sign with `bulla sign`, and demand `signed`";
                notary.refuse("notary-signature", "signatures of the Notary Project are not read here", hint);
            }
        }
    }
    spec.refuse_each(
        &["validations"],
        "policy-language",
        "an expression that calls Kyverno's functions is none that is understood here",
        "demand the same with `signed` and `attested`",
    );
}

/// Whether what does not meet a rule is refused.
fn action(at: &Cursor<'_>) -> Option<Mode> {
    match at.text()? {
        "Enforce" | "enforce" => Some(Mode::Enforce),
        "Audit" | "audit" => Some(Mode::Audit),
        other => {
            at.refuse("source-value", format_args!("`{other}` is no failure action"), "write `Enforce` or `Audit`");
            None
        }
    }
}

fn rules(mut spec: Fields<'_>, policy: &str, draft: &mut Draft) {
    spec.skip(&[
        "background",
        "webhookTimeoutSeconds",
        "failurePolicy",
        "schemaValidation",
        "admission",
        "emitWarning",
    ]);
    spec.skip(&["generateExisting", "mutateExistingOnPolicyUpdate", "useServerSideApply"]);
    let mode = spec.take("validationFailureAction").map_or(Some(Mode::Audit), |at| action(&at));
    let everywhere = "rules hold everywhere here: make a policy for each place where they differ";
    spec.refuse_each(
        &["validationFailureActionOverrides", "webhookConfiguration"],
        "resource-match",
        "where it is enforced cannot be said here",
        everywhere,
    );
    if let Some(apply) = spec.take("applyRules")
        && apply.text() == Some("One")
    {
        apply.refuse("most-specific", "only the first rule that matches counts there, and here all do", everywhere);
    }
    let all = spec.demand("rules").map(|rules| rules.items()).unwrap_or_default();
    spec.end();
    for at in all {
        at.settled(rule(&at, policy, mode, draft));
    }
}

fn rule(at: &Cursor<'_>, policy: &str, mode: Option<Mode>, draft: &mut Draft) -> Option<()> {
    let mut fields = at.fields()?;
    let name = fields.demand("name")?.text()?;
    fields.skip(&["skipBackgroundRequests", "reportProperties"]);
    fields.refuse_each(
        &["exclude", "preconditions", "celPreconditions", "imageExtractors"],
        "resource-match",
        "which resources it is about cannot be said here",
        "rules are about images, whatever runs them: take it out, if that is meant",
    );
    fields.refuse_each(
        &["context"],
        "variable",
        "what is looked up while something is admitted is not known here",
        "write its value where it is used",
    );
    fields.refuse_each(
        &["validate", "mutate", "generate"],
        "other-rule",
        "a rule that verifies no images has no spelling here",
        "leave it where it is, and take it out of this file",
    );
    if let Some(matched) = fields.demand("match") {
        only_pods(&matched);
    }
    let verified = fields.take("verifyImages").map(|all| all.items()).unwrap_or_default();
    if verified.is_empty() {
        fields.missing("verifyImages");
    }
    fields.end();
    for (number, one) in verified.iter().enumerate() {
        let name = match verified.len() {
            1 => format!("{policy}/{name}"),
            _ => format!("{policy}/{name}/{}", number + 1),
        };
        if let Some((globs, mode, require)) = one.settled(verify(one, mode)) {
            draft.rule(&name, one, globs, mode?, require);
        }
    }
    Some(())
}

/// Every image runs in a pod. What is about other kinds alone, or about some of them, is not about all images.
fn only_pods(matched: &Cursor<'_>) {
    let Some(mut fields) = matched.fields() else { return };
    let listed = [fields.take("any"), fields.take("all")].into_iter().flatten().flat_map(|list| list.items());
    let direct = fields.take("resources");
    let listed: Vec<_> = listed
        .filter_map(|one| {
            let mut fields = one.fields()?;
            let resources = fields.take("resources");
            fields.end();
            resources
        })
        .collect();
    fields.end();
    for resources in listed.into_iter().chain(direct) {
        let Some(mut fields) = resources.fields() else { continue };
        let kinds = fields.take("kinds").map(|kinds| kinds.items()).unwrap_or_default();
        if !kinds.iter().any(|kind| kind.text().is_some_and(|kind| kind.rsplit('/').next() == Some("Pod"))) {
            resources.stricter("every-resource", "it is about these kinds alone there, and about every image here");
        }
        fields.skip(&["operations"]);
        fields.refuse_each(
            &["name", "names", "namespaces", "namespaceSelector", "selector", "annotations"],
            "resource-match",
            "which resources it is about cannot be said here",
            "rules are about images, whatever runs them: take it out, if that is meant",
        );
        fields.end();
    }
}

type Verified = (Vec<At<Glob>>, Option<Mode>, Require);

fn verify(at: &Cursor<'_>, mode: Option<Mode>) -> Option<Verified> {
    let mut fields = at.fields()?;
    let mode = fields.take("failureAction").map_or(mode, |at| action(&at));
    // Whether a digest is put into the resource, and whether results are kept.
    fields.skip(&["useCache", "imageRegistryCredentials", "required", "cosignOCI11"]);
    match digests(&mut fields) {
        Digests::Put => {
            let how = "a digest is put into what is admitted there; here the verdict alone is given";
            at.differs("digest-not-pinned", how, "`bulla pin` writes the digests that were verified");
        }
        Digests::Demanded => {
            let why = "an image without a digest is refused there, and no rule here asks how an image is written";
            at.refuse("digest-demanded", why, "leave `mutateDigest` on, or turn `verifyDigest` off as well");
        }
        Digests::Ignored => {}
    }
    fields.refuse_each(
        &["skipImageReferences"],
        "images-excepted",
        "images that a rule is not about, though its pattern matches them, have no spelling here",
        "name the images that it is about",
    );
    fields.refuse_each(
        &["image", "key", "roots", "subject", "issuer", "additionalExtensions"],
        "source-field",
        "this form is of an older version",
        "write it as `imageReferences` and `attestors`",
    );
    fields.refuse_each(&["annotations"], "signature-annotations", NO_ANNOTATIONS, DEMAND_ATTESTED);
    fields.refuse_each(&["repository"], "signed-elsewhere", ELSEWHERE, COPY);
    fields.refuse_each(&["validate"], "policy-language", JMES, IN_CEL);
    let bundles = kind(&mut fields)?;
    if !bundles {
        at.signed_anew();
    }
    let globs = fields.demand("imageReferences").and_then(|all| images(&all));
    let signed = fields.take("attestors").map(|sets| attestors::all_sets(&sets, &Asked::Signature));
    let attested = fields.take("attestations").map(|all| attested(&all));
    fields.end();
    let demands: Option<Vec<_>> = [signed, attested].into_iter().flatten().collect();
    let Some(require) = groups::all(demands?) else {
        at.refuse("accepts-unsigned", "nobody's signature is demanded", "name `attestors`");
        return None;
    };
    Some((globs?, mode, require))
}

const NO_ANNOTATIONS: &str = "annotations of a signature are not looked at here";
const DEMAND_ATTESTED: &str = "attest what they say, and demand `attested` with `where`";
const ELSEWHERE: &str = "signatures are only looked for with the image itself here";
const COPY: &str = "copy them to where the image is: `cosign copy`, or sign again";
const JMES: &str = "a condition in JMESPath is none that is understood here";
const IN_CEL: &str = "say the same in CEL with `where`";

/// What becomes of an image that is written without its digest.
enum Digests {
    /// It is put there.
    Put,
    /// It is refused.
    Demanded,
    /// Nothing.
    Ignored,
}

fn digests(fields: &mut Fields<'_>) -> Digests {
    let mut switch = |name: &str| fields.take(name).and_then(|found| found.boolean()).unwrap_or(true);
    match (switch("mutateDigest"), switch("verifyDigest")) {
        (true, _) => Digests::Put,
        (false, true) => Digests::Demanded,
        (false, false) => Digests::Ignored,
    }
}

/// Whether it reads bundles; nothing for what is not Sigstore's.
fn kind(fields: &mut Fields<'_>) -> Option<bool> {
    let Some(at) = fields.take("type") else { return Some(false) };
    match at.text()? {
        "Cosign" => Some(false),
        "SigstoreBundle" => Some(true),
        "Notary" => {
            let hint = "sign with `bulla sign`, and demand `signed`";
            at.refuse("notary-signature", "signatures of the Notary Project are not read here", hint);
            None
        }
        other => {
            at.refuse("source-value", format_args!("`{other}` is no type"), "write `Cosign` or `SigstoreBundle`");
            None
        }
    }
}

fn images(all: &Cursor<'_>) -> Option<Vec<At<Glob>>> {
    let patterns = all.items();
    if patterns.is_empty() {
        all.refuse("source-missing", "no image is named", "mend it first: the tool itself refuses this policy");
    }
    let globs: Vec<_> = patterns.iter().map(image::of_kyverno).collect();
    globs.into_iter().collect::<Option<Vec<_>>>().map(|globs| globs.concat())
}

fn attested(all: &Cursor<'_>) -> Option<Require> {
    let mut required = Some(Vec::new());
    for at in all.items() {
        let each = attestation(&at);
        required = required.zip(each).map(|(required, each)| [required, vec![each]].concat());
    }
    groups::all(required?)
}

fn attestation(at: &Cursor<'_>) -> Option<Require> {
    let mut fields = at.fields()?;
    fields.skip(&["name"]);
    let (old, kind) = (fields.take("predicateType"), fields.take("type"));
    fields.refuse_each(&["conditions"], "policy-language", JMES, IN_CEL);
    let sets = fields.take("attestors");
    fields.end();
    let Some(kind) = kind.or(old) else {
        at.refuse("source-missing", "`type` is missing, which the tool demands", "name the type of the predicate");
        return None;
    };
    let uri = kind.text().filter(|kind| kind.contains(':'));
    if uri.is_none() {
        let why = "the type is compared as it stands there, and every type is a URI";
        kind.refuse("predicate-type-malformed", why, "name the URI of the predicate's type");
    }
    let predicate = PredicateType::try_from(uri?.to_owned()).map_err(|fault| kind.fault(fault)).ok();
    let Some(sets) = sets else {
        at.refuse(
            "accepts-unsigned",
            "whoever attests it will do there, and nobody in particular has no spelling here",
            "name `attestors`",
        );
        return None;
    };
    attestors::all_sets(&sets, &Asked::Attestation(predicate?))
}
