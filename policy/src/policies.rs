//! Several policies as one.

use crate::{
    Believed, Excepted, Name,
    language::{Fault, MultiArch, PolicyError, Position, Revoked, Rule, TrustPolicy, Unmatched},
};
use bulla_verify::{Digest, Time};
use core::fmt;

/// One policy or several, whose rules pool: each can only tighten what the others say, and their order makes no difference.
#[derive(Debug, Clone)]
pub struct Policies {
    policies: Vec<TrustPolicy>,
    believed: Believed,
}

impl From<TrustPolicy> for Policies {
    fn from(policy: TrustPolicy) -> Self {
        Self { believed: policy.believed().clone(), policies: vec![policy] }
    }
}

impl Policies {
    /// The policy, and this one besides.
    ///
    /// # Errors
    /// [`PolicyError`] if both have a root of the same name which is not the same root, or are called the same.
    pub fn and(mut self, policy: TrustPolicy) -> Result<Self, PolicyError> {
        let name = policy.name();
        if self.policies.iter().any(|other| other.name() == name) {
            let message = format!("two policies are called `{name}`");
            let hint = "reports could not tell them apart: rename one";
            return Err(Fault::new("duplicate-policy", message, hint).at(Position::default()));
        }
        for root in policy.believed().root_names() {
            let same = |other: &&TrustPolicy| other.own_root(root) == policy.own_root(root);
            let mut others =
                self.policies.iter().filter(|other| other.believed().root_names().any(|name| name == root));
            if !others.all(|other| same(&other)) {
                let message = format!("two policies mean different roots by `{root}`");
                return Err(Fault::new("root-conflict", message, "rename one of them").at(Position::default()));
            }
        }
        self.believed = self.believed.and(policy.believed());
        self.policies.push(policy);
        Ok(self)
    }

    /// Whom they believe while finding out who signed.
    pub fn believed(&self) -> &Believed {
        &self.believed
    }

    /// The policies.
    pub fn iter(&self) -> impl Iterator<Item = &TrustPolicy> {
        self.policies.iter()
    }

    /// Each rule, and the name of the policy that it stands in.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.iter().flat_map(|policy| policy.document().spec.rules.iter().map(|rule| (policy.name(), rule)))
    }

    /// Whether a rule about an artifact of that name asks for what an index holds: [`Evidence`](crate::Evidence) of each image is needed then.
    pub fn look_into(&self, name: &Name) -> bool {
        self.rules().any(|(_, rule)| rule.is_about(name) && rule.multi_arch() != MultiArch::Index)
    }

    pub(crate) fn revoked(&self) -> impl Iterator<Item = &Revoked> {
        self.iter().flat_map(|policy| &policy.document().spec.revoked)
    }

    /// The strictest of those policies that have a say; nothing if none has.
    pub(crate) fn unmatched(&self, has_a_say: impl Fn(&str) -> bool) -> Option<Unmatched> {
        let of = self.iter().filter(|policy| has_a_say(policy.name()));
        of.map(|policy| *policy.document().spec.unmatched).max()
    }

    /// Those that cover the artifact now.
    pub(crate) fn exceptions(&self, subject: Digest, now: Time) -> Vec<Excepted> {
        let mut excepted: Vec<_> = self
            .iter()
            .flat_map(|policy| policy.document().spec.exceptions.iter().map(|exception| (policy.name(), exception)))
            .filter(|(_, exception)| *exception.digest.digest() == subject && now < exception.expires.time())
            .map(|(policy, exception)| Excepted {
                policy: policy.to_owned(),
                digest: subject.to_string(),
                reason: exception.reason.to_string(),
                owner: exception.owner.to_string(),
                expires: exception.expires.time().to_string(),
            })
            .collect();
        excepted.sort_by(|a, b| (&a.policy, &a.owner, &a.reason).cmp(&(&b.policy, &b.owner, &b.reason)));
        excepted
    }
}

/// What is demanded: the one requirement of the command line, or the names of the policies.
impl fmt::Display for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.policies.as_slice() {
            [only] if only.is_of_command_line() => {
                only.document().spec.rules.iter().try_for_each(|rule| write!(f, "{}", *rule.require))
            }
            [only] => write!(f, "the policy `{}`", only.name()),
            several => {
                let names: Vec<_> = several.iter().map(TrustPolicy::name).collect();
                write!(f, "the policies `{}`", names.join("`, `"))
            }
        }
    }
}
