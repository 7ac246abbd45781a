//! `bulla replay`

use super::verify::{Judge, broken};
use crate::{
    args::Replay,
    error::Result,
    policy_file::{self, Text},
    record::{self, WhatIf},
    report::{Asked, JudgedSubject, Report},
};
use bulla_policy::{Name, Recording};
use bulla_transport::Place;

/// Decides again about what was recorded. No socket is opened, and no clock is read.
pub(crate) fn run(args: &Replay) -> Result<Report> {
    let recording = record::read(&args.file)?;
    let what_if = WhatIf {
        policies: match args.policy.as_slice() {
            [] => None,
            files => Some(policy_file::parse_all_recorded(&Text::read_all(files)?, &recording)?),
        },
        at: args.at.as_deref().map(record::moment).transpose()?,
        called: args.called.clone(),
    };
    let subjects: Vec<_> = recording.subjects().iter().collect();
    let decisions = what_if.decide(&recording, &subjects)?;
    let policies = what_if.policies(&recording).clone();
    let mut judge = Judge::new(policies, what_if.at.unwrap_or(recording.now()), args.explain);
    for (subject, decision) in subjects.iter().zip(&decisions) {
        let (told, digest) = (subject.told(), &subject.subject().digest);
        // A recording says twice what a thing is called, and rules go by the one that is not shown.
        let shown = Place::parse(&told.name).map(|place| bulla_gate::name(&place));
        if let Name::Image(called) = &subject.subject().name
            && shown.is_ok_and(|shown| shown != subject.subject().name)
        {
            judge.warn(format!("{}: it was judged as `{called}`", told.typed));
        }
        // What lies in a registry goes by its manifest's digest; a file that is no bundle goes by its own name.
        let files = subject.evidence().bundles.iter().filter(|(origin, _)| !origin.starts_with("sha256:"));
        judge.broken = broken(files);
        let judged = JudgedSubject::new(told.name.clone(), digest.to_string(), told.platform.clone(), decision);
        judge.add(&told.typed, judged, decision);
    }
    recording.problems().iter().for_each(|problem| judge.fail(record::told(problem)));
    judge.asked = what_if.is_asked().then(|| asked(args, &recording));
    Ok(judge.into_report("replay"))
}

fn asked(args: &Replay, recording: &Recording) -> Asked {
    Asked {
        policies: args.policy.iter().map(|path| path.display().to_string()).collect(),
        at: args.at.clone(),
        called: args.called.clone(),
        recorded_at: recording.now().to_string(),
        recorded_verdict: record::verdict(recording).as_str(),
    }
}
