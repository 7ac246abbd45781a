//! What decisions were made of, in one file: with it they can be made again, wherever and whenever.
//!
//! A recording holds what was asked and what came back: the policies, the roots that they name, the time, and of each artifact its
//! digests, the bundles as they came, and what could not be had. Nothing in it is believed for standing there:
//! [`Recording::replay`] verifies every byte again and decides again, and the decision has to be the recorded one.
//!
//! What it does **not** prove: that things were so. Whoever hands over a recording vouches for its roots, its time and what it says
//! could not be had, as for a policy.

mod compare;
mod error;
mod wire;

pub use error::RecordingError;
pub(crate) use wire::Wire;

use crate::{Decision, Name, Policies, Subject, UnverifiedEvidence, Verdict, decide};
use bulla_verify::{Artifact, HashAlgorithm, HashValue, Time, TrustedRoot};
use compare::{Decided, Difference};

/// What decisions were made of, and the decisions.
#[derive(Debug, Clone)]
pub struct Recording {
    now: Time,
    policies: Policies,
    /// Those that the policies name and that do not stand in them.
    roots: Vec<TrustedRoot>,
    subjects: Vec<Recorded>,
    problems: Vec<Problem>,
}

/// What a decision about one artifact was made of, and the decision.
#[derive(Debug, Clone)]
pub struct Recorded {
    subject: Subject,
    told: Told,
    hashes: Vec<HashValue>,
    evidence: UnverifiedEvidence,
    decision: Decided,
    verdict: Verdict,
    /// Whether the artifact's own bytes were at hand, which are not recorded: they may be nobody else's business, and many.
    had_bytes: bool,
}

/// How people are told of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How reports name it: a repository, a file.
    pub name: String,
    /// How it was asked for.
    pub typed: String,
    /// For which platform it is, if it is an image of an index.
    pub platform: Option<String>,
}

/// What could not be looked at, so that there is no decision about it: the answer is *unknown* where it is not *refused*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable code.
    pub code: String,
    /// A sentence without its period.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Recording {
    /// One that has nothing in it yet.
    pub fn of(policies: &Policies, now: Time) -> Self {
        let own = |root: &TrustedRoot| policies.iter().any(|policy| policy.own_root(root.name()).is_some());
        let roots = policies.believed().roots().iter().filter(|root| !own(root)).cloned().collect();
        Self { now, policies: policies.clone(), roots, subjects: Vec::new(), problems: Vec::new() }
    }

    /// A decision, too.
    pub fn add(&mut self, recorded: Recorded) {
        self.subjects.push(recorded);
    }

    /// Something that could not be looked at, too.
    pub fn add_problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reads a recording: strictly, and with the policies and roots in it.
    ///
    /// # Errors
    /// [`RecordingError`]
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordingError> {
        wire::read(bytes)
    }

    /// The recording as a file, which was read and replayed before it is given out.
    ///
    /// # Errors
    /// [`RecordingError`], if the file would not do.
    pub fn to_json(&self) -> Result<Vec<u8>, RecordingError> {
        let bytes = wire::write(self)?;
        let read = Self::parse(&bytes)?;
        for (ours, its) in self.subjects.iter().zip(&read.subjects) {
            its.replay(&read.policies, read.now).map_err(|error| match error {
                RecordingError::Differs { subject, .. } if ours.had_bytes => RecordingError::NeedsBytes { subject },
                other => other,
            })?;
        }
        Ok(bytes)
    }

    /// Decides about everything again, as it was decided.
    ///
    /// # Errors
    /// [`RecordingError::Differs`] if a decision is not the recorded one, to the last letter.
    pub fn replay(&self) -> Result<Vec<Decision>, RecordingError> {
        self.subjects.iter().map(|subject| subject.replay(&self.policies, self.now)).collect()
    }

    /// The time that was decided by.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The policies that were decided by.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The root that the policies mean by that name, if it does not stand in them.
    pub fn root(&self, name: &str) -> Option<&TrustedRoot> {
        self.roots.iter().find(|root| root.name() == name)
    }

    /// What was decided about, in order.
    pub fn subjects(&self) -> &[Recorded] {
        &self.subjects
    }

    /// What could not be looked at.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl Recorded {
    /// What was decided of this evidence about the artifact that is the subject.
    pub fn new(
        subject: Subject,
        told: Told,
        artifact: &Artifact<'_>,
        evidence: UnverifiedEvidence,
        decision: &Decision,
    ) -> Self {
        let others = [HashAlgorithm::Sha384, HashAlgorithm::Sha512];
        Self {
            subject,
            told,
            hashes: others.into_iter().filter_map(|algorithm| artifact.hash(algorithm)).collect(),
            evidence,
            decision: serialised(decision),
            verdict: decision.verdict(),
            had_bytes: artifact.bytes().is_some(),
        }
    }

    /// What it is, and what the rules call it.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// How people are told of it.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// What was found of it.
    pub fn evidence(&self) -> &UnverifiedEvidence {
        &self.evidence
    }

    /// What the recorded decision says.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What these policies would say, then, of the evidence; `called` is what the rules call the artifact, if not what they did.
    pub fn decide(&self, policies: &Policies, called: Option<&Name>, now: Time) -> Decision {
        let artifact = Artifact::from_digest(self.subject.digest);
        let artifact = self.hashes.iter().fold(artifact, |artifact, hash| artifact.with_hash(*hash));
        let evidence = self.evidence.verify(&artifact, policies.believed(), now);
        let name = called.unwrap_or(&self.subject.name).clone();
        decide(policies, &Subject { name, digest: self.subject.digest }, &evidence, now)
    }

    fn replay(&self, policies: &Policies, now: Time) -> Result<Decision, RecordingError> {
        let decision = self.decide(policies, None, now);
        match self.decision.difference(&serialised(&decision)) {
            None => Ok(decision),
            Some(Difference { place, recorded, replayed }) => {
                Err(RecordingError::Differs { subject: self.told.typed.clone(), place, recorded, replayed })
            }
        }
    }
}

fn serialised(decision: &Decision) -> Decided {
    // A decision holds nothing but texts and lists: it always has a JSON form.
    Decided(serde_json::to_value(decision).unwrap_or_default())
}
