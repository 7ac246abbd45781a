//! Images for several platforms: what of an index has to meet a rule.
//!
//! An index names every image in it by its digest, so that whoever signs it vouches for all of them; a rule asks for that unless it
//! says otherwise. Where the images themselves have to meet it, every one counts that a runtime could pick. Runtimes pick by
//! platform, so what is for none, `unknown/unknown`, and is marked as an attestation (`BuildKit` puts those into indexes), is left
//! out: somebody who marks an image so has an image that nothing runs. One of the two marks alone leaves nothing out.

use super::{
    Excepted, Judge, Reason, Step, Verdict,
    trace::{Listed, Telling},
};
use crate::{
    Child, Children, Evidence, Name, Policies, Subject, Verified,
    language::{MultiArch, Revoked, Rule},
};
use bulla_verify::{Digest, Time};
use std::collections::BTreeSet;

/// What a decision is about, and what it holds.
pub(super) struct Whole<'a> {
    digest: Digest,
    itself: Judged<'a>,
    held: Held<'a>,
    revoked: &'a [&'a Revoked],
    now: Time,
}

enum Held<'a> {
    /// It is no index.
    Nothing,
    /// Nobody has looked whether it is one.
    Unseen,
    /// It is one.
    Images(Vec<Image<'a>>),
}

/// What an index lists.
struct Image<'a> {
    child: &'a Child,
    listed: Listed,
    /// Nothing where nobody has looked.
    judged: Option<Judged<'a>>,
    excepted: Vec<Excepted>,
}

/// What judges by some evidence, and which of its bundles have met something.
struct Judged<'a> {
    judge: Judge<'a>,
    met: BTreeSet<usize>,
}

impl<'a> Whole<'a> {
    pub(super) fn new(
        policies: &Policies,
        subject: &'a Subject,
        evidence: &'a Evidence,
        now: Time,
        revoked: &'a [&'a Revoked],
    ) -> Self {
        let judged = |digest, evidence| Judged {
            judge: Judge::new(&subject.name, digest, evidence, now, revoked),
            met: BTreeSet::new(),
        };
        let looks_into = policies.look_into(&subject.name);
        let image = |child: &'a Child| {
            let evidence = child.evidence.as_ref().filter(|_| looks_into);
            Image {
                child,
                listed: Listed::from(child),
                judged: evidence.map(|evidence| judged(child.digest, evidence)),
                excepted: if looks_into { policies.exceptions(child.digest, now) } else { Vec::new() },
            }
        };
        let held = match (&subject.name, &evidence.children) {
            (Name::File(_), _) | (_, Children::None) => Held::Nothing,
            (_, Children::Unseen) => Held::Unseen,
            (_, Children::Listed(children)) => {
                let mut images: Vec<_> = children.iter().map(image).collect();
                images.sort_by(|a, b| a.listed.cmp(&b.listed));
                Held::Images(images)
            }
        };
        Self { digest: subject.digest, itself: judged(subject.digest, evidence), held, revoked, now }
    }

    /// How a rule is met by what it asks for.
    pub(super) fn rule(&mut self, policy: &str, rule: &Rule) -> Step {
        match (rule.multi_arch(), &mut self.held) {
            (MultiArch::Index, _) | (_, Held::Nothing) => self.itself.require(rule),
            (MultiArch::Children, held) => held.require(policy, rule),
            (MultiArch::Both, held) => {
                let itself = Step::all("the index itself", vec![self.itself.require(rule)]);
                Step::all("the index, and every image in it", vec![itself, held.require(policy, rule)])
            }
        }
    }

    /// What stands against it, and against whatever it is known to hold.
    pub(super) fn revoked(&self) -> Vec<Reason> {
        let of = |digest: Digest| {
            let of_this = move |revoked: &&&Revoked| {
                revoked.digest.is_some_and(|found| *found.digest() == digest) && revoked.since.time() <= self.now
            };
            self.revoked.iter().filter(of_this).map(move |revoked| {
                let because = revoked.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                let message = format!("{digest} is revoked since {}{because}", *revoked.since);
                Reason::new(Telling::Revoked, "artifact-revoked", message, "deploy another version")
            })
        };
        let mut reasons: Vec<_> = of(self.digest).collect();
        for image in self.held.images() {
            reasons.extend(of(image.child.digest).map(|reason| reason.of_child(&image.listed)));
        }
        reasons
    }

    /// What of the evidence is nobody's requirement's: what could not be had, and what did not verify.
    pub(super) fn seen(&self) -> Vec<Reason> {
        let mut seen = self.itself.judge.seen();
        for image in self.held.images() {
            let of_it = image.judged.iter().flat_map(|judged| judged.judge.seen());
            seen.extend(of_it.map(|reason| reason.of_child(&image.listed)));
        }
        seen
    }

    /// The exceptions that cover something that it holds.
    pub(super) fn excepted(&self) -> impl Iterator<Item = Excepted> {
        self.held.images().flat_map(|image| image.excepted.iter().cloned())
    }

    /// The bundles that meet a requirement.
    pub(super) fn met_by(&self) -> Vec<Verified> {
        self.judged().flat_map(Judged::met_by).collect()
    }

    /// Where all bundles came from.
    pub(super) fn inputs(&self) -> BTreeSet<String> {
        let verified = self.judged().flat_map(|judged| &judged.judge.evidence.verified);
        verified.map(|verified| verified.origin.clone()).collect()
    }

    fn judged(&self) -> impl Iterator<Item = &Judged<'a>> {
        core::iter::once(&self.itself).chain(self.held.images().filter_map(|image| image.judged.as_ref()))
    }
}

impl<'a> Held<'a> {
    fn images(&self) -> impl Iterator<Item = &Image<'a>> {
        let images: &[_] = match self {
            Self::Images(images) => images,
            Self::Nothing | Self::Unseen => &[],
        };
        images.iter()
    }

    /// How every image meets a rule. Where there is none, nothing is met: all of nothing is no answer to who has signed it.
    fn require(&mut self, policy: &str, rule: &Rule) -> Step {
        const DEMANDED: &str = "every image in it";
        let images = match self {
            Self::Images(images) => images.as_mut_slice(),
            Self::Nothing | Self::Unseen => return Step::without_parts(DEMANDED, Verdict::Unknown, unseen()),
        };
        let images = images.iter_mut().filter(|image| !image.child.is_attestation);
        let parts: Vec<_> = images.map(|image| image.require(policy, rule)).collect();
        match parts.is_empty() {
            true => Step::without_parts(DEMANDED, Verdict::Refused, no_images()),
            false => Step::all(DEMANDED, parts),
        }
    }
}

impl Image<'_> {
    fn require(&mut self, policy: &str, rule: &Rule) -> Step {
        let listed = self.listed.clone();
        let demanded = listed.to_string();
        let step = match &mut self.judged {
            None => Step::without_parts(demanded, Verdict::Unknown, unseen()),
            Some(judged) => match judged.judge.evidence.children {
                Children::Listed(_) => Step::without_parts(demanded, Verdict::Refused, nested()),
                Children::None => Step::all(demanded, vec![judged.require(rule)]),
                Children::Unseen => {
                    let part = judged.require(rule);
                    let verdict = part.verdict.and(Verdict::Unknown);
                    // What could not be had is told already.
                    let reasons = judged.judge.evidence.unavailable.is_empty().then(unseen);
                    Step { verdict, reasons: reasons.into_iter().collect(), ..Step::all(demanded, vec![part]) }
                }
            },
        };
        let step = Step { child: Some(listed), ..step };
        match self.excepted.iter().any(|excepted| excepted.policy == policy) {
            false => step,
            true => {
                let demanded = format!("{}, which an exception covers", step.demanded);
                Step { demanded, verdict: Verdict::Accepted, reasons: Vec::new(), ..step }
            }
        }
    }
}

impl Judged<'_> {
    fn require(&mut self, rule: &Rule) -> Step {
        self.judge.require(&rule.require, &mut self.met)
    }

    fn met_by(&self) -> impl Iterator<Item = Verified> {
        let verified = self.judge.evidence.verified.iter().enumerate();
        verified.filter(|(at, _)| self.met.contains(at)).map(|(_, verified)| verified.clone())
    }
}

impl Step {
    /// A requirement all of whose parts have to be met.
    fn all(demanded: impl Into<String>, parts: Vec<Self>) -> Self {
        let verdict = parts.iter().fold(Verdict::Accepted, |verdict, part| verdict.and(part.verdict));
        // What is proved of one of several things is not proved of all.
        let level = parts.iter().map(|part| part.level).min().flatten();
        Self { level, parts, ..Self::new(demanded, verdict) }
    }

    fn without_parts(demanded: impl Into<String>, verdict: Verdict, reason: Reason) -> Self {
        Self { reasons: vec![reason], ..Self::new(demanded, verdict) }
    }
}

impl From<&Child> for Listed {
    fn from(child: &Child) -> Self {
        Self { platform: child.platform.clone(), digest: child.digest.to_string() }
    }
}

fn unseen() -> Reason {
    let hint = "name it in its registry or layout, and leave out `--bundle`; if it could not be fetched, try again";
    Reason::new(Telling::Nearly, "index-unseen", "whether it is an index, and of what, was not looked at", hint)
}

fn no_images() -> Reason {
    let message = "it is an index without any image, and the images are what has to meet the rule";
    let hint = "look at what was pushed (`bulla inspect`); a rule with `multiArch: index` asks of the index itself";
    Reason::new(Telling::Nearly, "index-empty", message, hint)
}

fn nested() -> Reason {
    let message = "it is an index itself, and no image: what indexes in an index hold is not looked at";
    let hint = "list the images in the one index, as `docker buildx imagetools create` does";
    Reason::new(Telling::Nearly, "index-nested", message, hint)
}
