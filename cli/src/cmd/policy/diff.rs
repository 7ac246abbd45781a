//! `bulla policy diff`: which verdicts change from one policy to another.

use crate::{
    args::policy::Diff,
    cmd::workloads::Read,
    error::{Failure, Result},
    policy_file::{self, Text},
    progress::Progress,
    record,
    report::{Compared, Differences, Outcome, Report},
    session::{self, Session},
};
use bulla_gate::check_all;
use bulla_policy::{Decision, Policies};
use bulla_transport::{Error, Place};
use bulla_verify::Digest;
use std::collections::HashSet;

pub(super) fn run(args: &Diff, session: &Session) -> Result<Report> {
    if args.images.is_empty() && args.evidence.is_empty() && args.manifests.files.is_empty() {
        return Err(Failure::usage("of what are the verdicts to be compared?")
            .hint("name images, manifests (`-f k8s/`), or what was recorded (`--evidence FILE`)"));
    }
    if [&args.old, &args.new].iter().all(|path| path.as_os_str() == "-") {
        return Err(
            Failure::usage("two policies cannot come from one standard input").hint("name a file for one of them")
        );
    }
    let texts = [Text::read(&args.old)?, Text::read(&args.new)?];
    let mut comparison = Comparison { compared: Vec::new(), failures: Vec::new() };
    comparison.recordings(args, &texts)?;
    if !args.images.is_empty() || !args.manifests.files.is_empty() {
        let [old, new] =
            texts.each_ref().map(|text| policy_file::parse_all(std::slice::from_ref(text), &args.network, session));
        comparison.images(args, &old?, &new?, session)?;
    }
    Ok(comparison.into_report(args))
}

/// What was compared so far, and what could not be.
struct Comparison {
    compared: Vec<Compared>,
    failures: Vec<Failure>,
}

/// What was decided about one image under both.
struct Both {
    name: String,
    digest: Digest,
    old: Decision,
    new: Decision,
}

impl Comparison {
    /// What was recorded is decided by its own time and roots.
    fn recordings(&mut self, args: &Diff, texts: &[Text; 2]) -> Result<()> {
        for path in &args.evidence {
            let recording = record::read(path)?;
            let [old, new] =
                texts.each_ref().map(|text| policy_file::parse_all_recorded(std::slice::from_ref(text), &recording));
            let (old, new) = (old?, new?);
            for recorded in recording.subjects() {
                let decide = |policies| recorded.decide(policies, None, recording.now());
                let digest = recorded.subject().digest;
                self.compared.push(Compared::new(&recorded.told().name, &digest, &decide(&old), &decide(&new)));
            }
            self.failures
                .extend(recording.problems().iter().map(|problem| record::told(problem).about(path.display())));
        }
        Ok(())
    }

    /// Each image is fetched once: what is attached meanwhile makes no difference between the two.
    fn images(&mut self, args: &Diff, old: &Policies, new: &Policies, session: &Session) -> Result<()> {
        let places = self.places(args)?;
        let options = session.options(&args.network)?;
        let _progress = Progress::of("asking for the images' signatures");
        let now = session::now();
        let answers = check_all(&places, &options, |store, called, digest| {
            let look = old.look_into(&called) || new.look_into(&called);
            let fetched = bulla_gate::fetch(store, digest, None, look)?;
            let decide = |policies| fetched.decide(called.clone(), policies, now);
            Ok(Both { name: store.name(), digest: *digest, old: decide(old), new: decide(new) })
        });
        let mut known = HashSet::new();
        for (place, answer) in places.iter().zip(answers) {
            match answer {
                Ok(both) if known.insert((both.name.clone(), both.digest)) => {
                    self.compared.push(Compared::new(&both.name, &both.digest, &both.old, &both.new));
                }
                Ok(_) => {}
                Err(error) if matches!(*error, Error::Cancelled) => return Err(Failure::interrupted()),
                Err(error) => self.failures.push(Failure::from(&*error).about(place)),
            }
        }
        Ok(())
    }

    /// Each once. What in a manifest is in doubt is no image that can be told the same of.
    fn places(&mut self, args: &Diff) -> Result<Vec<Place>> {
        let mut places = args.images.iter().map(|image| Ok(Place::parse(image)?)).collect::<Result<Vec<_>>>()?;
        if !args.manifests.files.is_empty() {
            let read = Read::all(&args.manifests)?;
            for (file, image) in read.uses() {
                match image.reference() {
                    Ok(reference) => places.push(Place::Registry(reference)),
                    Err(error) => self.failures.push(Failure::from(error).about(file)),
                }
            }
            self.failures.extend(read.failures);
        }
        let mut known = HashSet::new();
        places.retain(|place| known.insert(place.to_string()));
        Ok(places)
    }

    /// The exit code tells of verdicts: of two that are refused for different reasons, nothing has changed for whoever deploys.
    fn into_report(self, args: &Diff) -> Report {
        let differences = Differences::new(args.old.display(), args.new.display(), self.compared);
        let (changed, untold) = (differences.changed, differences.untold());
        let mut report = Report::done("policy", Outcome::Compared(differences));
        if changed > 0 {
            let (verdicts, change) = if changed == 1 { ("verdict", "changes") } else { ("verdicts", "change") };
            report = report.but(
                Failure::refused("verdicts-change", format!("{changed} {verdicts} {change}"))
                    .hint("if that is meant, the new policy can take the old one's place"),
            );
        }
        if untold > 0 {
            let message = format!("of {untold} it could not be told under at least one of the policies");
            report =
                report.but(Failure::unknown("verdicts-unknown", message).hint(
                    "`bulla verify --policy` tells why; try again, or compare what was recorded: `--evidence FILE`",
                ));
        }
        self.failures.into_iter().fold(report, Report::but)
    }
}
