//! The provenance of a subject as a chain: source → builder → image → signatures → log → policy.
//!
//! Only bundles that meet a requirement speak here, and each thing says who says so. A chain is a list in a list: without any style, it
//! still reads in order.

use super::{ACCEPTED, Badge, REFUSED, Subject, UNKNOWN, badge, writer::Html};
use crate::report::{
    JudgedSubject,
    explain::{mode, unmatched},
};
use bulla_policy::{Decision, Verdict, Verified};
use bulla_verify::{Claim, ResourceDescriptor, SignerCertificate, Typed, VerifiedSigner};

/// More of a kind than this are counted and not drawn: the decision has all of them.
const DRAWN: usize = 6;

/// Draws it.
pub(super) fn draw(html: &mut Html<'_>, subject: &Subject<'_>, judged: &JudgedSubject) {
    let (decision, met) = (&judged.decision, judged.decision.met_by());
    let what = if subject.is_file() { "File" } else { "Image" };
    let stages = [
        Stage::new("Source", met.iter().flat_map(sources), "No signature that counts says what it was made from."),
        Stage::new("Builder", met.iter().flat_map(builders), "No signature that counts says what it was made by."),
        Stage::new(what, [thing(judged)].into_iter(), ""),
        Stage::new("Signatures", met.iter().map(signature), "No signature or attestation meets a requirement."),
        Stage::new("Log and time", met.iter().flat_map(witnesses), "No log or timestamp authority vouches for it."),
        Stage::new("Policy", rules(decision), "No rule is about it."),
    ];
    html.raw("<h3>Provenance</h3>\n<ol class=\"chain\">\n");
    stages.iter().for_each(|stage| stage.draw(html));
    html.raw("</ol>\n");
}

/// One step of the way.
struct Stage {
    title: &'static str,
    nodes: Vec<Node>,
    /// How many there are besides.
    others: usize,
    nothing: &'static str,
}

/// One thing on the way.
#[derive(PartialEq, Eq)]
struct Node {
    heading: String,
    facts: Vec<(&'static str, String)>,
    says: Says,
}

/// Who says so.
#[derive(PartialEq, Eq)]
enum Says {
    /// It was proved.
    Verified,
    /// Nobody: it is what was asked about.
    Asked,
    /// An issuer of identities told the certificate authority.
    Certificate(String),
    /// The signer claims it.
    Signer(String),
    /// The policy.
    Policy(Badge),
}

impl Stage {
    /// The same thing is drawn once, whoever says it again.
    fn new(title: &'static str, all: impl Iterator<Item = Node>, nothing: &'static str) -> Self {
        let (mut nodes, mut others) = (Vec::new(), 0);
        for node in all {
            match nodes.contains(&node) {
                true => {}
                false if nodes.len() < DRAWN => nodes.push(node),
                false => others += 1,
            }
        }
        Self { title, nodes, others, nothing }
    }

    fn draw(&self, html: &mut Html<'_>) {
        html.raw("<li class=\"stage\">\n<h4>").raw(self.title).raw("</h4>\n<ul>\n");
        self.nodes.iter().for_each(|node| node.draw(html));
        if self.nodes.is_empty() {
            html.raw("<li class=\"node nothing\"><p class=\"says\">nothing</p><p>")
                .raw(self.nothing)
                .raw("</p></li>\n");
        }
        if self.others > 0 {
            html.raw("<li class=\"node nothing\"><p>and ").number(self.others).raw(" more</p></li>\n");
        }
        html.raw("</ul>\n</li>\n");
    }
}

impl Node {
    fn new(heading: &str, says: Says) -> Self {
        Self { heading: heading.to_owned(), facts: Vec::new(), says }
    }

    fn with(mut self, label: &'static str, fact: Option<&str>) -> Self {
        self.facts.extend(fact.filter(|fact| !fact.is_empty()).map(|fact| (label, fact.to_owned())));
        self
    }

    fn draw(&self, html: &mut Html<'_>) {
        let class = match self.says {
            Says::Verified => "<li class=\"node verified\">",
            Says::Asked => "<li class=\"node subject-node\">",
            Says::Certificate(_) => "<li class=\"node stated\">",
            Says::Signer(_) => "<li class=\"node claimed\">",
            Says::Policy(_) => "<li class=\"node\">",
        };
        html.raw(class).raw("<p class=\"says\">");
        match &self.says {
            Says::Verified => _ = html.raw("verified"),
            Says::Asked => _ = html.raw("what the verdict is about"),
            Says::Certificate(issuer) => _ = html.element("in the certificate, by <code>", issuer, "</code>"),
            Says::Signer(signer) => _ = html.element("claimed by <code>", signer, "</code>"),
            Says::Policy(verdict) => badge(html, *verdict),
        }
        html.element("</p><p class=\"heading\">", &self.heading, "</p>");
        if !self.facts.is_empty() {
            html.raw("<dl>");
            for (label, fact) in &self.facts {
                html.raw("<dt>").raw(label).raw("</dt><dd>").sentence(fact).raw("</dd>");
            }
            html.raw("</dl>");
        }
        html.raw("</li>\n");
    }
}

fn certificate(verified: &Verified) -> Option<&SignerCertificate> {
    match verified.bundle.signer() {
        VerifiedSigner::Certificate { certificate, .. } => Some(certificate),
        VerifiedSigner::Key { .. } => None,
    }
}

fn who(verified: &Verified) -> String {
    match verified.bundle.signer() {
        VerifiedSigner::Key { key, .. } => format!("key {}", key.id()),
        VerifiedSigner::Certificate { certificate, .. } => certificate.identity().to_string(),
    }
}

/// What it was made from: by the certificate, and by the provenance.
fn sources(verified: &Verified) -> Vec<Node> {
    let mut nodes = Vec::new();
    if let Some((certificate, uri)) =
        certificate(verified).and_then(|it| Some((it, it.claim(Claim::SourceRepositoryUri)?)))
    {
        let node = Node::new(uri, Says::Certificate(certificate.issuer().to_owned()))
            .with("ref", certificate.claim(Claim::SourceRepositoryRef))
            .with("commit", certificate.claim(Claim::SourceRepositoryDigest));
        nodes.push(node);
    }
    let source = verified.bundle.statement().and_then(|statement| match statement.predicate().typed() {
        Typed::SlsaProvenanceV1(provenance) => provenance.resolved_dependencies().first(),
        Typed::SlsaProvenanceV0_2(provenance) => Some(provenance.config_source()),
        _ => None,
    });
    nodes.extend(source.and_then(|source| claimed_source(source, verified)));
    nodes
}

fn claimed_source(source: &ResourceDescriptor, verified: &Verified) -> Option<Node> {
    let commit = source.digest("gitCommit").or_else(|| source.digest("sha1")).or_else(|| source.digest("sha256"));
    let heading = source.uri().or_else(|| source.name())?;
    Some(Node::new(heading, Says::Signer(who(verified))).with("digest", commit))
}

/// What it was made by: by the certificate, and by the provenance.
fn builders(verified: &Verified) -> Vec<Node> {
    let mut nodes = Vec::new();
    if let Some((certificate, uri)) = certificate(verified).and_then(|it| Some((it, it.claim(Claim::BuildSignerUri)?)))
    {
        let node = Node::new(uri, Says::Certificate(certificate.issuer().to_owned()))
            .with("runner", certificate.claim(Claim::RunnerEnvironment))
            .with("run", certificate.claim(Claim::RunInvocationUri));
        nodes.push(node);
    }
    let claimed = verified.bundle.statement().and_then(|statement| {
        let says = || Says::Signer(who(verified));
        match statement.predicate().typed() {
            Typed::SlsaProvenanceV1(provenance) => Some(
                Node::new(provenance.builder_id(), says())
                    .with("build type", Some(provenance.build_type()))
                    .with("run", provenance.invocation_id()),
            ),
            Typed::SlsaProvenanceV0_2(provenance) => Some(
                Node::new(provenance.builder_id(), says())
                    .with("build type", Some(provenance.build_type()))
                    .with("entry point", provenance.entry_point()),
            ),
            _ => None,
        }
    });
    nodes.extend(claimed);
    nodes
}

fn thing(judged: &JudgedSubject) -> Node {
    let name = Some(judged.name.as_str()).filter(|name| *name != judged.digest);
    Node::new(&judged.digest, Says::Asked).with("name", name).with("platform", judged.platform.as_deref())
}

fn signature(verified: &Verified) -> Node {
    let attested = verified.bundle.statement().filter(|_| !verified.bundle.is_signature());
    let kind = attested.map_or("signature", |statement| statement.predicate_type());
    Node::new(&who(verified), Says::Verified)
        .with("issuer", certificate(verified).map(SignerCertificate::issuer))
        .with("signed", Some(kind))
        .with("root", verified.root.as_deref())
        .with("bundle", Some(&verified.origin))
}

fn witnesses(verified: &Verified) -> Vec<Node> {
    let entries = verified.bundle.entries().iter().map(|entry| {
        Node::new(entry.log(), Says::Verified)
            .with("entry", Some(&entry.log_index().to_string()))
            .with("time", entry.time().map(|time| time.to_string()).as_deref())
    });
    let logged: Vec<_> = verified.bundle.entries().iter().map(|entry| entry.log()).collect();
    let stamps = verified.bundle.times().iter().filter(|time| !logged.contains(&time.source()));
    let stamps =
        stamps.map(|time| Node::new(time.source(), Says::Verified).with("time", Some(&time.time().to_string())));
    entries.chain(stamps).collect()
}

fn rules(decision: &Decision) -> impl Iterator<Item = Node> {
    let rules = decision.rules().iter().map(|rule| {
        let verdict = match rule.step.verdict {
            Verdict::Accepted => (ACCEPTED.0, "met", ACCEPTED.2),
            Verdict::Refused => (REFUSED.0, "not met", REFUSED.2),
            Verdict::Unknown => (UNKNOWN.0, "could not tell", UNKNOWN.2),
        };
        Node::new(&rule.rule, Says::Policy(verdict))
            .with("policy", Some(&rule.policy))
            .with("mode", Some(mode(rule.mode)))
            .with("demands", Some(&rule.step.demanded))
    });
    let verdict = match decision.verdict() {
        Verdict::Accepted => ACCEPTED,
        Verdict::Refused => REFUSED,
        Verdict::Unknown => UNKNOWN,
    };
    let unmatched = decision.unmatched().map(|it| Node::new(unmatched(it), Says::Policy(verdict)));
    let exceptions = decision.exceptions().iter().map(|excepted| {
        Node::new("Exception", Says::Policy(("!", "excepted", "unknown")))
            .with("policy", Some(&excepted.policy))
            .with("owner", Some(&excepted.owner))
            .with("until", Some(&excepted.expires))
            .with("why", Some(&excepted.reason))
    });
    rules.chain(unmatched).chain(exceptions)
}
