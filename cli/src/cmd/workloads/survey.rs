//! What is decided about the images of manifests: each once, side by side.

use super::Read;
use crate::{
    args::{Demand, Network},
    cmd::verify::complaints,
    error::{Exit, Failure, Result},
    progress::Progress,
    record::Record,
    report::{Doubted, JudgedSubject, Pins, Report, Surveyed, UseOfImage, UsedImage, Why, excused},
    session::{self, Session},
    signers,
};
use bulla_gate::{Answer, check_all, workloads::ImageUse};
use bulla_policy::{
    Decision, Name, Policies, Subject, UnverifiedEvidence, Verdict,
    recording::{Recorded, Told},
};
use bulla_transport::{Descriptor, Error, Place, Platform};
use bulla_verify::{Artifact, Digest, Time};
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// The images, and what was decided about each.
pub(super) struct Survey {
    policies: Policies,
    now: Time,
    /// Where they are to run, if that was said.
    platform: Option<Platform>,
    images: Vec<Image>,
    /// The image of each use, in order.
    of_use: Vec<usize>,
    /// Whether people get to read the whole decisions.
    explain: bool,
    record: Option<Record>,
}

/// An image, in all its places.
struct Image {
    /// Where it is first, and how it is called there.
    first: (String, String),
    outcome: Outcome,
    uses: Vec<UseOfImage>,
}

/// What came of asking for an image.
enum Outcome {
    Decided(Arc<Decided>),
    /// There is nothing to decide about.
    Failed(Failure),
}

struct Decided {
    /// The repository.
    name: String,
    digest: Digest,
    /// What of it runs on the platform that was asked for.
    picked: Vec<Descriptor>,
    decision: Decision,
    /// What it was made of, where that is recorded.
    made_of: Option<(Name, UnverifiedEvidence)>,
}

impl Survey {
    /// # Errors
    /// If it cannot be said what is demanded, or nobody may be asked, or somebody has pressed Ctrl-C.
    pub(super) fn of(
        read: &Read,
        platform: Option<&Platform>,
        demand: &Demand,
        record: Option<&PathBuf>,
        network: &Network,
        session: &Session,
    ) -> Result<Self> {
        let policies = signers::policies(demand, network, session)?;
        let now = session::now();
        let (platform, record) = (platform.cloned(), Record::wished(record, &policies, now)?);
        let mut survey =
            Self { policies, now, platform, images: Vec::new(), of_use: Vec::new(), explain: false, record };
        let places: Vec<_> = read.uses().map(|(_, image)| image.reference().map(Place::Registry)).collect();
        let named: Vec<Place> = places.iter().filter_map(|place| place.as_ref().ok().cloned()).collect();
        let mut answers = survey.ask(&named, network, session)?.into_iter();
        let mut known = HashMap::new();
        for ((file, image), place) in read.uses().zip(places) {
            let outcome = match place {
                Ok(place) => decided(answers.next(), &place)?,
                Err(error) => Outcome::Failed(Failure::from(error)),
            };
            survey.add(file, image, outcome, &mut known);
        }
        Ok(survey)
    }

    fn ask(&self, places: &[Place], network: &Network, session: &Session) -> Result<Vec<Answer<Decided>>> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let options = session.options(network)?;
        let _progress = Progress::of("asking for the images' signatures");
        Ok(check_all(places, &options, |store, called, digest| {
            let asked = self.platform.as_ref();
            let checked = bulla_gate::check_for(store, called.clone(), digest, asked, &self.policies, self.now)?;
            let made_of = self.record.is_some().then_some((called, checked.evidence));
            let (picked, decision) = (checked.picked, checked.decision);
            Ok(Decided { name: store.name(), digest: *digest, picked, decision, made_of })
        }))
    }

    /// Puts the use where others of the same image are.
    fn add(&mut self, file: &str, image: &ImageUse, outcome: Outcome, known: &mut HashMap<String, usize>) {
        let key = match &outcome {
            Outcome::Decided(decided) => format!("{}@{}", decided.name, decided.digest),
            // Nobody knows whether two names are the same image.
            Outcome::Failed(_) => image.image.clone(),
        };
        let using = UseOfImage::new(file, image);
        let index = *known.entry(key).or_insert_with(|| {
            let first = (using.spot.place(), image.image.clone());
            self.images.push(Image { first, outcome, uses: Vec::new() });
            self.images.len() - 1
        });
        if let Some(image) = self.images.get_mut(index) {
            image.uses.push(using);
        }
        self.of_use.push(index);
    }

    /// The same, which tells its decisions whole if that is asked for.
    pub(super) fn explained(self, explain: bool) -> Self {
        Self { explain, ..self }
    }

    /// The digest of each use's image, in the order of the uses; nothing, unless all of them are accepted.
    pub(super) fn accepted(&self, read: &Read) -> Option<Vec<Digest>> {
        if self.verdict(read) != Verdict::Accepted {
            return None;
        }
        let digest = |index: &usize| match &self.images.get(*index)?.outcome {
            Outcome::Decided(decided) => Some(decided.digest),
            Outcome::Failed(_) => None,
        };
        self.of_use.iter().map(digest).collect()
    }

    /// Refused over unknown over accepted.
    fn verdict(&self, read: &Read) -> Verdict {
        let rest = if read.failures.is_empty() { Verdict::Accepted } else { Verdict::Unknown };
        self.images.iter().map(|image| image.outcome.verdict()).fold(rest, Verdict::and)
    }

    /// What is recorded of it.
    fn recorded(&mut self, read: &Read) -> Option<Record> {
        let mut record = self.record.take()?;
        for image in &self.images {
            match image.recorded() {
                Some(recorded) => record.add(recorded),
                None => image.complaints().iter().for_each(|failure| record.add_problem(failure)),
            }
        }
        read.failures.iter().for_each(|failure| record.add_problem(failure));
        Some(record)
    }

    pub(super) fn into_report(mut self, command: &'static str, read: &Read, pins: Option<Pins>) -> Report {
        let verdict = self.verdict(read);
        let record = self.recorded(read);
        let mut errors: Vec<_> = self.images.iter().flat_map(Image::complaints).collect();
        errors.extend(read.failures.iter().cloned());
        // What was looked at and refused is told before what could not be looked at.
        errors.sort_by_key(Failure::exit);
        let warnings: Vec<_> = self.images.iter().flat_map(Image::warnings).collect();
        let doubts = read.manifests.iter().flat_map(|(file, found)| {
            found.doubts.iter().map(|doubt| Doubted::new(&file.name, doubt, read.is_dispelled(doubt)))
        });
        let surveyed = Surveyed {
            verdict: verdict.as_str(),
            required: self.policies.to_string(),
            files: read.manifests.iter().map(|(file, _)| file.name.clone()).collect(),
            doubts: doubts.collect(),
            images: self.images.into_iter().map(|image| image.into_report(self.platform.as_ref())).collect(),
            pins,
            explain: self.explain,
        };
        let mut report = Report::surveyed(command, verdict, surveyed, errors).decided_at(self.now);
        warnings.into_iter().for_each(|warning| report.warn(warning));
        match record {
            Some(record) => record.write(report),
            None => report,
        }
    }
}

impl Outcome {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Decided(decided) => decided.decision.verdict(),
            Self::Failed(_) => Verdict::Unknown,
        }
    }
}

impl Image {
    /// `file:line: image`
    fn shown(&self) -> String {
        let (place, image) = &self.first;
        format!("{place}: {image}")
    }

    /// The decision, and what it was made of.
    fn recorded(&self) -> Option<Recorded> {
        let Outcome::Decided(decided) = &self.outcome else { return None };
        let (called, evidence) = decided.made_of.clone()?;
        let subject = Subject { name: called, digest: decided.digest };
        let told = Told { name: decided.name.clone(), typed: self.shown(), platform: None };
        Some(Recorded::new(subject, told, &Artifact::from_digest(decided.digest), evidence, &decided.decision))
    }

    fn complaints(&self) -> Vec<Failure> {
        match &self.outcome {
            Outcome::Failed(failure) => vec![failure.clone().about(&self.first.0).of_subject()],
            Outcome::Decided(decided) if Exit::from(decided.decision.verdict()) == Exit::Accepted => Vec::new(),
            Outcome::Decided(decided) => {
                let reasons: Vec<_> = decided.decision.reasons().iter().map(Why::from).collect();
                complaints(&self.shown(), &reasons, decided.decision.verdict(), &[])
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        let Outcome::Decided(decided) = &self.outcome else { return Vec::new() };
        let (shown, digest) = (self.shown(), decided.digest.to_string());
        let warned = decided.decision.warnings().into_iter().map(|warning| format!("{shown}: {}", warning.message));
        warned
            .chain(
                decided.decision.exceptions().iter().map(|excepted| format!("{shown}: {}", excused(&digest, excepted))),
            )
            .collect()
    }

    fn into_report(self, platform: Option<&Platform>) -> UsedImage {
        let verdict = self.outcome.verdict().as_str();
        let (subject, problem) = match self.outcome {
            Outcome::Failed(failure) => (None, Some(Why::from(&failure))),
            Outcome::Decided(decided) => {
                let Decided { name, digest, picked, decision, .. } = &*decided;
                let subject = JudgedSubject::new(name.clone(), digest.to_string(), None, decision);
                (Some(subject.on(platform, picked)), None)
            }
        };
        UsedImage { image: self.first.1, verdict, subject, problem, uses: self.uses }
    }
}

fn decided(answer: Option<Answer<Decided>>, place: &Place) -> Result<Outcome> {
    match answer {
        Some(Ok(decided)) => Ok(Outcome::Decided(decided)),
        Some(Err(error)) if matches!(*error, Error::Cancelled) => Err(Failure::interrupted()),
        Some(Err(error)) => Ok(Outcome::Failed(Failure::from(&*error).about(place))),
        None => Ok(Outcome::Failed(Failure::unknown("not-asked", format!("nobody was asked for {place}")))),
    }
}
