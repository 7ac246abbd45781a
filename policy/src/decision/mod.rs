//! Whether we trust it.

mod builders;
mod contents;
mod index;
mod leaf;
mod provenance;
mod signer;
mod threshold;
mod trace;
mod verdict;

pub(crate) use contents::{Summary, VEX_TYPES, VSA_TYPES, is_of, predicate};
pub(crate) use leaf::predicate_type;
pub use trace::{Listed, Reason, RuleStep, Step};
pub use verdict::Verdict;

use crate::{
    Evidence, Name, Policies, Subject, Verified,
    language::{At, AtLeast, Mode, Require, Revoked, Rule, Unmatched},
};
use bulla_verify::{Digest, Time};
use contents::Predicate;
use index::Whole;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;
use trace::Telling;

/// The answer, and everything that it rests on. Serialised, it is what `policy/schema/decision-v1.json` describes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// `bulla.decision/v1`
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The answer.
    verdict: Verdict,
    /// Every rule that is about the artifact, whatever its mode.
    rules: Vec<RuleStep>,
    /// What became of it because no enforced rule is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched: Option<Unmatched>,
    /// The exceptions that cover it.
    exceptions: Vec<Excepted>,
    /// What stands against the artifact itself, and what was seen of its bundles besides.
    seen: Vec<Reason>,
    #[serde(skip)]
    met_by: Vec<Verified>,
    /// Where the bundles came from that it was made by.
    #[serde(skip)]
    inputs: BTreeSet<String>,
}

/// The version of the decision's form: fields are added to it, never changed.
const SCHEMA: &str = "bulla.decision/v1";

/// An exception that covers an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Excepted {
    /// The policy that it stands in.
    pub policy: String,
    /// Which one: what is decided about, or an image in it.
    pub digest: String,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// When it ends, in RFC 3339.
    pub expires: String,
}

/// Whether the policies trust the artifact, by all that was found out about it. It is total: whatever goes wrong on the way is
/// a reason to refuse, or not to know. No clock is read, and no order makes a difference.
pub fn decide(policies: &Policies, subject: &Subject, evidence: &Evidence, now: Time) -> Decision {
    let revoked: Vec<_> = policies.revoked().collect();
    let mut whole = Whole::new(policies, subject, evidence, now, &revoked);
    let mut rules: Vec<_> = policies
        .rules()
        .filter(|(_, rule)| rule.is_about(&subject.name))
        .map(|(policy, rule)| {
            let step = whole.rule(policy, rule);
            RuleStep { policy: policy.to_owned(), rule: rule.name.to_string(), mode: rule.mode, step }
        })
        .collect();
    rules.sort_by(|a, b| (a.mode, &a.policy, &a.rule).cmp(&(b.mode, &b.policy, &b.rule)));
    // An exception excuses from what its own policy says, and from nothing that another one does.
    let mut exceptions = policies.exceptions(subject.digest, now);
    let excuses = |policy: &str| exceptions.iter().any(|excepted| excepted.policy == policy);
    let enforced = || rules.iter().filter(|rule| rule.mode == Mode::Enforce && !excuses(&rule.policy));
    let is_unmatched = enforced().next().is_none();
    let unmatched = is_unmatched.then(|| policies.unmatched(|policy| !excuses(policy))).flatten();
    let by_rules = match unmatched {
        Some(Unmatched::Deny) => Verdict::Refused,
        Some(Unmatched::Allow | Unmatched::Warn) => Verdict::Accepted,
        None => enforced().fold(Verdict::Accepted, |verdict, rule| verdict.and(rule.step.verdict)),
    };
    let against = whole.revoked();
    let verdict = if against.is_empty() { by_rules } else { Verdict::Refused };
    let mut seen = whole.seen();
    seen.extend(against);
    seen.extend(unmatched.filter(|unmatched| *unmatched == Unmatched::Deny).map(|_| no_rule(subject)));
    Reason::sort(&mut seen);
    exceptions.extend(whole.excepted());
    Decision {
        schema: SCHEMA,
        verdict,
        rules,
        unmatched,
        exceptions,
        seen,
        met_by: whole.met_by(),
        inputs: whole.inputs(),
    }
}

impl Decision {
    /// The answer.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// How each rule was judged that is about the artifact: enforced ones first.
    pub fn rules(&self) -> &[RuleStep] {
        &self.rules
    }

    /// The exceptions that cover it.
    pub fn exceptions(&self) -> &[Excepted] {
        &self.exceptions
    }

    /// What became of it because no enforced rule is about it.
    pub fn unmatched(&self) -> Option<Unmatched> {
        self.unmatched
    }

    /// What stands against the artifact itself, and what was seen of its bundles besides, the most telling first.
    pub fn seen(&self) -> &[Reason] {
        &self.seen
    }

    /// The bundles that meet a requirement.
    pub fn met_by(&self) -> &[Verified] {
        &self.met_by
    }

    /// Where all bundles came from that it was made by, whether they meet a requirement or not: all that verified.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(String::as_str)
    }

    /// The SLSA build level that provenance proves, as an enforced rule asks for it; nothing if none does.
    pub fn level(&self) -> Option<u8> {
        let enforced = self.rules.iter().filter(|rule| rule.mode == Mode::Enforce);
        enforced.filter_map(|rule| rule.step.level).max()
    }

    /// Why not, or what was seen besides, the most telling first; never empty unless it is accepted.
    pub fn reasons(&self) -> Vec<Reason> {
        let unmet = self.rules.iter().filter(|rule| rule.mode == Mode::Enforce);
        let mut reasons = Vec::new();
        unmet.for_each(|rule| rule.step.collect(None, &mut reasons));
        Reason::sort(&mut reasons);
        // Several requirements may have the same to say of one bundle.
        reasons.dedup();
        reasons.extend(self.seen.iter().cloned());
        Reason::sort(&mut reasons);
        // That nothing is attached says nothing where something is, to the same thing.
        let telling = reasons.iter().filter(|reason| reason.telling != Telling::Nothing);
        let told: BTreeSet<_> = telling.map(|reason| reason.child.clone()).collect();
        reasons.retain(|reason| reason.telling != Telling::Nothing || !told.contains(&reason.child));
        reasons
    }

    /// What is warned of: rules that are not enforced and are not met, and an artifact that none is about.
    pub fn warnings(&self) -> Vec<Reason> {
        let unmet = |rule: &&RuleStep| rule.mode == Mode::Warn && rule.step.verdict != Verdict::Accepted;
        let mut warnings: Vec<_> = self.rules.iter().filter(unmet).filter_map(RuleStep::warning).collect();
        if self.unmatched == Some(Unmatched::Warn) {
            let hint = "add a rule for it; `unmatched: warn` accepts what none is about";
            warnings.push(Reason::new(Telling::Revoked, "unmatched", "no enforced rule is about it", hint));
        }
        warnings
    }
}

impl Step {
    /// The reasons of whatever is not met, each with the child that it is about.
    fn collect(&self, child: Option<&Listed>, reasons: &mut Vec<Reason>) {
        let child = self.child.as_ref().or(child);
        if self.verdict != Verdict::Accepted {
            let of_child =
                |reason: &Reason| child.map_or_else(|| reason.clone(), |child| reason.clone().of_child(child));
            reasons.extend(self.reasons.iter().map(of_child));
            self.parts.iter().for_each(|part| part.collect(child, reasons));
        }
    }
}

impl RuleStep {
    /// What is not met has a reason, always.
    fn warning(&self) -> Option<Reason> {
        let mut reasons = Vec::new();
        self.step.collect(None, &mut reasons);
        Reason::sort(&mut reasons);
        let why = reasons.into_iter().next()?;
        Some(Reason { message: format!("the rule `{}` is not met: {}", self.rule, why.message), ..why })
    }
}

impl Rule {
    /// Whether it is about an artifact of that name.
    pub(crate) fn is_about(&self, name: &Name) -> bool {
        match name {
            Name::Image(image) => self.images.iter().any(|glob| glob.matches(image)),
            Name::File(file) => self.files.iter().any(|glob| glob.matches(file)),
            // Only who speaks of every image speaks of one without a name.
            Name::Unnamed => self.images.iter().any(|glob| glob.as_str() == "**"),
        }
    }
}

fn no_rule(subject: &Subject) -> Reason {
    let message = match &subject.name {
        Name::Image(image) => format!("no enforced rule is about `{image}`"),
        Name::File(file) => format!("no enforced rule is about the file `{file}`"),
        Name::Unnamed => "no enforced rule is about an image without a name".to_owned(),
    };
    Reason::new(
        Telling::Revoked,
        "unmatched",
        message,
        "add a rule for it; `unmatched: deny` refuses what none is about",
    )
}

/// What requirements are judged by.
struct Judge<'a> {
    name: &'a Name,
    digest: Digest,
    evidence: &'a Evidence,
    /// One for each bundle.
    predicates: Vec<Predicate>,
    now: Time,
    revoked: &'a [&'a Revoked],
}

impl<'a> Judge<'a> {
    fn new(name: &'a Name, digest: Digest, evidence: &'a Evidence, now: Time, revoked: &'a [&'a Revoked]) -> Self {
        let predicates = evidence.verified.iter().map(|_| Predicate::default()).collect();
        Self { name, digest, evidence, predicates, now, revoked }
    }
}

impl Judge<'_> {
    /// Judges a requirement, and notes which bundles meet it or a part of it.
    fn require(&self, require: &At<Require>, met: &mut BTreeSet<usize>) -> Step {
        match &**require {
            Require::All(of) => self.group(require, of, Verdict::Accepted, Verdict::and, met),
            Require::Any(of) => self.group(require, of, Verdict::Refused, Verdict::or, met),
            Require::AtLeast(AtLeast { count, of }) => self.threshold(require, count.get(), of, met),
            leaf => self.leaf(leaf, true, met).0,
        }
    }

    fn group(
        &self,
        whole: &Require,
        of: &[At<Require>],
        from: Verdict,
        combine: impl Fn(Verdict, Verdict) -> Verdict,
        met: &mut BTreeSet<usize>,
    ) -> Step {
        let parts: Vec<_> = of.iter().map(|part| self.require(part, met)).collect();
        let verdict = parts.iter().fold(from, |verdict, part| combine(verdict, part.verdict));
        Step::new(whole.heading(), verdict).of_parts(parts)
    }

    /// What of the evidence is nobody's requirement's: what could not be had, and what did not verify.
    fn seen(&self) -> Vec<Reason> {
        let unavailable = self.evidence.unavailable.iter().map(|missing| {
            let hint = missing.hint.as_deref().unwrap_or("run it again: what could not be had may be what is demanded");
            Reason::new(Telling::Unavailable, &missing.code, missing.reason.clone(), hint).of(&missing.origin)
        });
        let refused = self.evidence.refused.iter().map(|refused| Reason::from(&refused.error).of(&refused.origin));
        unavailable.chain(refused).collect()
    }
}
