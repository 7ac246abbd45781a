//! A policy that what is signed today meets, with everybody who signed it spelled out: something to begin with.
//!
//! It says who has signed, and not whether they should have: whoever suggests a policy for what an attacker has signed gets one
//! that trusts the attacker.

mod signer;

use crate::{
    Evidence, Name, Policies, Subject, Verdict, Verified, decide,
    decision::{Summary, VEX_TYPES, VSA_TYPES, is_of, predicate, predicate_type},
    language::{
        At, Builder, By, Exact, Glob, Level, Mode, PUBLIC_GOOD, PredicateType, Provenance, Require, Root, Rule,
        SeverityName, Sha256, Sources, TrustPolicy, Vsa, Vulnerabilities,
    },
    vulnerabilities::{VULN_V1, VulnerabilityReport},
};
use bulla_verify::{Claim, Time, VerifiedSigner};
use signer::{ANY_VERSION, exact, lasting, literal, runner, source, spellings, started};
use std::collections::BTreeMap;

/// A policy, and what to look at before it is used.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// What is there meets it.
    pub policy: TrustPolicy,
    /// Sentences for people.
    pub notes: Vec<String>,
}

/// Why there is nothing to suggest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsuggested {
    /// Nothing that is attached verifies.
    #[error("nothing that is attached verifies under a key or a root that is known here")]
    Nothing,
    /// What could not be fetched may demand more.
    #[error("not everything that is attached could be had: a policy without it would demand too little")]
    Unavailable,
    /// What would be suggested is not met by what is there.
    #[error("no policy was found that what is attached meets as a whole")]
    Unmet,
    /// A rule needs a name.
    #[error("what has no name cannot be named in a rule")]
    Unnamed,
    /// Its name has characters that no pattern has.
    #[error("no rule can be about `{0}` alone")]
    Unspeakable(String),
}

impl Unsuggested {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing-signed",
            Self::Unavailable => "evidence-unavailable",
            Self::Unmet => "suggestion-unmet",
            Self::Unnamed => "unnamed",
            Self::Unspeakable(_) => "name-unspeakable",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Nothing => {
                "a key has to be given, since no bundle holds one: `--key bulla.pub`; another instance's root too"
            }
            Self::Unavailable => "try again: each reason is said above",
            Self::Unmet => "write it by hand: `bulla inspect` tells what is attached",
            Self::Unnamed | Self::Unspeakable(_) => {
                "say what the rule is to call it: `--as registry.acme.dev/services/app`"
            }
        }
    }
}

/// Suggests a policy for the artifact. `own` are those roots of the evidence that the policy has to hold in itself; `sources`
/// knows the others.
///
/// # Errors
/// [`Unsuggested`]. Whatever is suggested is met by the evidence.
pub fn suggest(
    subject: &Subject,
    evidence: &Evidence,
    own: &BTreeMap<String, Root>,
    sources: &dyn Sources,
    now: Time,
) -> Result<Suggestion, Unsuggested> {
    if !evidence.unavailable.is_empty() {
        return Err(Unsuggested::Unavailable);
    }
    let (about, name) = about(&subject.name)?;
    let suggester = Suggester { subject, evidence, own, sources, now, about, name };
    let mut notes = Vec::new();
    let mut requirements: Vec<Require> = Vec::new();
    let mut verified: Vec<_> = evidence.verified.iter().collect();
    verified.sort_by_key(|verified| (&verified.origin, &verified.root));
    for verified in verified.into_iter().filter(|verified| !suggester.is_applied(verified)) {
        match suggester.requirement(verified) {
            Some(require) if requirements.contains(&require) => {}
            Some(require) => requirements.push(require),
            None => notes.push(format!("{}: left out, since no requirement would be met by it alone", verified.origin)),
        }
    }
    requirements.sort_by_key(|require| (!matches!(require, Require::Signed(_)), require.to_string()));
    notes.extend(requirements.iter().map(Require::to_string).filter(|require| require.contains(ANY_VERSION)).map(|require| {
        format!("{require}: built from the tag of one version, and demanded of any: narrow `ref` if only this one is meant")
    }));
    notes.extend(evidence.refused.iter().map(|it| format!("{}: left out, since {}", it.origin, it.error)));
    let policy = suggester.policy(Require::every(requirements).ok_or(Unsuggested::Nothing)?)?;
    if suggester.accepts(&policy, evidence) { Ok(Suggestion { policy, notes }) } else { Err(Unsuggested::Unmet) }
}

struct Suggester<'a> {
    subject: &'a Subject,
    evidence: &'a Evidence,
    own: &'a BTreeMap<String, Root>,
    sources: &'a dyn Sources,
    now: Time,
    about: About,
    name: Exact,
}

impl Suggester<'_> {
    /// The strictest that the bundle meets by itself, and beside all the others.
    fn requirement(&self, verified: &Verified) -> Option<Require> {
        let bys = spellings(verified.bundle.signer(), verified.root.as_deref());
        let alone = Evidence { verified: vec![verified.clone()], ..Evidence::default() };
        let with_vex =
            Evidence { verified: self.applied().chain([verified]).cloned().collect(), ..Evidence::default() };
        let mut all = self.provenance(verified);
        all.extend(bys.into_iter().flat_map(|by| self.by(by, verified)));
        all.into_iter().find(|require| {
            let policy = self.policy(require.clone());
            policy.is_ok_and(|policy| {
                (self.accepts(&policy, &alone) || self.accepts(&policy, &with_vex))
                    && self.accepts(&policy, self.evidence)
            })
        })
    }

    /// What that signer has done, the most telling first.
    fn by(&self, by: By, verified: &Verified) -> Vec<Require> {
        let Some(found) = predicate_type(verified) else { return vec![Require::signed(by)] };
        let attested = PredicateType::try_from(found.to_owned()).map(|kind| Require::attested(kind, by.clone()));
        let by = At::nowhere(by);
        let telling = match found {
            VULN_V1 => self.vulnerabilities(by, verified),
            // That somebody has looked at it is not that it has passed.
            found if is_of(&VSA_TYPES, found) => return summary(by, verified).into_iter().collect(),
            _ => Vec::new(),
        };
        telling.into_iter().chain(attested.ok()).collect()
    }

    /// No more findings than there are today.
    fn vulnerabilities(&self, by: At<By>, verified: &Verified) -> Vec<Require> {
        let Ok(report) = VulnerabilityReport::parse(predicate(verified).as_bytes()) else { return Vec::new() };
        let max = [SeverityName::Critical, SeverityName::High].map(|name| (name, report.count(name.severity())));
        let demanding = |max: BTreeMap<_, _>, vex: Option<At<By>>| {
            let (ignore_unfixed, ignore, max) = (false, Vec::new(), At::nowhere(max));
            let (by, max_age, witnessed) = (by.clone(), None, None);
            Require::Vulnerabilities(Box::new(Vulnerabilities {
                by,
                max,
                ignore_unfixed,
                ignore,
                vex,
                max_age,
                witnessed,
            }))
        };
        let none = max.map(|(name, _)| (name, 0));
        let vex = self.applied().flat_map(|vex| spellings(vex.bundle.signer(), vex.root.as_deref()));
        let with_vex: Vec<_> = vex.map(|by| demanding(none.into(), Some(At::nowhere(by)))).collect();
        [demanding(none.into(), None)].into_iter().chain(with_vex).chain([demanding(max.into(), None)]).collect()
    }

    /// By the builder that it names, if that is one which may speak for itself.
    fn provenance(&self, verified: &Verified) -> Vec<Require> {
        let VerifiedSigner::Certificate { certificate, .. } = verified.bundle.signer() else { return Vec::new() };
        let source = source(certificate).and_then(|(host, repository)| literal(&format!("{host}/{repository}")));
        let own = certificate.identity().as_str().split_once('@').map(|(id, _)| id.to_owned());
        let (Some(source), Some(own)) = (source, own) else { return Vec::new() };
        let own = Builder::Id { id: own, git_ref: None };
        let builders = [Builder::SlsaGitHubGenerator, Builder::GitHubHosted, Builder::GitLabHosted, own];
        let levels = || [3, 2, 1].into_iter().filter_map(|level| Level::try_from(level).ok());
        let stated = |claim| certificate.claim(claim).and_then(exact);
        let each = builders.into_iter().flat_map(|builder| levels().map(move |level| (builder.clone(), level)));
        each.map(|(builder, level)| Provenance {
            builder,
            source: source.clone(),
            git_ref: certificate.claim(Claim::SourceRepositoryRef).and_then(lasting),
            version: None,
            workflow: started(certificate),
            inputs: BTreeMap::new(),
            level: Some(level),
            runner: runner(certificate),
            repository_id: stated(Claim::SourceRepositoryIdentifier),
            owner_id: stated(Claim::SourceRepositoryOwnerIdentifier),
            when: None,
            max_age: None,
            witnessed: None,
            root: verified.root.as_deref().filter(|root| *root != PUBLIC_GOOD).and_then(exact),
        })
        .map(|provenance| Require::Provenance(At::nowhere(Box::new(provenance))))
        .collect()
    }

    /// VEX where there is a report that it is about.
    fn applied(&self) -> impl Iterator<Item = &Verified> {
        let is_report = |verified: &Verified| predicate_type(verified) == Some(VULN_V1);
        let reports = self.evidence.verified.iter().any(is_report);
        let is_vex = |verified: &&Verified| predicate_type(verified).is_some_and(|found| is_of(&VEX_TYPES, found));
        self.evidence.verified.iter().filter(move |verified| reports && is_vex(verified))
    }

    fn is_applied(&self, verified: &Verified) -> bool {
        self.applied().any(|vex| core::ptr::eq(vex, verified))
    }

    fn policy(&self, require: Require) -> Result<TrustPolicy, Unsuggested> {
        let (images, files) = self.about.clone();
        let own = self.own.iter().map(|(name, root)| (name.clone(), At::nowhere(root.clone()))).collect();
        let (name, mode, require) = (At::nowhere(self.name.clone()), Mode::Enforce, At::nowhere(require));
        let rule = Rule { name, images, files, mode, multi_arch: None, require };
        TrustPolicy::of_one_rule(self.name.clone(), rule, own, self.sources).map_err(|_| Unsuggested::Unmet)
    }

    fn accepts(&self, policy: &TrustPolicy, evidence: &Evidence) -> bool {
        decide(&Policies::from(policy.clone()), self.subject, evidence, self.now).verdict() == Verdict::Accepted
    }
}

/// The images and the files that a rule is about.
type About = (Vec<At<Glob>>, Vec<At<Glob>>);

/// What the rule is about, and how it is called.
fn about(name: &Name) -> Result<(About, Exact), Unsuggested> {
    let (Name::Image(written) | Name::File(written)) = name else { return Err(Unsuggested::Unnamed) };
    let one = literal(written).map(|glob| vec![At::nowhere(glob)]);
    let short = exact(written.rsplit('/').next().unwrap_or(written));
    let (Some(one), Some(short)) = (one, short) else { return Err(Unsuggested::Unspeakable(written.clone())) };
    let about = if matches!(name, Name::Image(_)) { (one, Vec::new()) } else { (Vec::new(), one) };
    Ok((about, short))
}

/// Another one's verdict, as it is.
fn summary(by: At<By>, verified: &Verified) -> Option<Require> {
    let summary = Summary::of(verified)?;
    let levels = summary.levels().iter().filter_map(|level| exact(level)).collect();
    let (verifier, policy) = (exact(summary.verifier())?, summary.policy().and_then(exact));
    let resource = summary.resource().and_then(exact);
    let policy_digest = summary.policy_digest().and_then(|digest| Sha256::try_from(digest).ok());
    Some(Require::Vsa(Box::new(Vsa {
        by,
        verifier,
        policy,
        resource,
        policy_digest,
        levels,
        max_age: None,
        witnessed: None,
    })))
}
