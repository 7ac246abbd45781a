//! Verdicts one by one, as SARIF, JUnit, annotations, Markdown and HTML tell them.
//!
//! Text and JSON have forms of their own; what is in neither of them is in none of these.

use super::{
    Judged, JudgedSubject, Outcome, Places, Report, Surveyed, TestedCase, UseOfImage, UsedImage, Why, at_digest,
    excused, for_all, kinds,
};
use crate::error::{About, Exit, Failure, Place as PlaceInFile};
use bulla_policy::{Reason, Verdict};
use bulla_transport::Place;
use std::borrow::Cow;

/// What a run has decided, and what it could not even look at.
pub(super) struct Verdicts<'r> {
    pub(super) command: &'static str,
    /// By which time; nothing where several counted, or none.
    pub(super) decided_at: Option<&'r str>,
    pub(super) exit: Exit,
    /// What was asked otherwise than it was recorded: then nobody is to take these for verdicts.
    pub(super) what_if: Option<String>,
    /// What was demanded; nothing where it did not come to that.
    pub(super) required: Option<&'r str>,
    pub(super) subjects: Vec<Subject<'r>>,
    /// What went wrong besides.
    pub(super) besides: Vec<Besides<'r>>,
}

/// One thing that was to be decided about.
pub(super) struct Subject<'r> {
    /// A repository or a file; as it is written where nobody knows what it is.
    pub(super) name: &'r str,
    pub(super) verdict: Verdict,
    /// The decision; nothing where there was nothing to decide about.
    pub(super) judged: Option<&'r JudgedSubject>,
    /// Why not, the most telling first, and then what is warned of. Empty if it is accepted and that is all.
    pub(super) complaints: Vec<Complaint<'r>>,
    /// Where manifests use it.
    pub(super) uses: &'r [UseOfImage],
    /// Where it stands itself, if it is a case of a test.
    pub(super) place: Option<PlaceInFile>,
}

/// What went wrong that is not about a subject.
pub(super) struct Besides<'r> {
    pub(super) complaint: Complaint<'r>,
    pub(super) place: Option<&'r PlaceInFile>,
}

/// One thing to complain of.
pub(super) struct Complaint<'r> {
    pub(super) level: Level,
    pub(super) code: Cow<'r, str>,
    pub(super) message: Cow<'r, str>,
    pub(super) hint: Option<Cow<'r, str>>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// It was looked at, and refused.
    Refused,
    /// Nobody could tell.
    Unknown,
    /// It is accepted all the same.
    Warned,
}

impl<'r> Verdicts<'r> {
    /// Those of the report.
    pub(super) fn of(report: &'r Report) -> Self {
        let (required, subjects) = match &report.result {
            Some(Outcome::Judged(Judged { required, subjects, .. })) => {
                (Some(required.as_str()), subjects.iter().map(|subject| Subject::decided(subject, &[])).collect())
            }
            Some(Outcome::Surveyed(Surveyed { required, images, .. })) => {
                (Some(required.as_str()), images.iter().map(Subject::used).collect())
            }
            Some(Outcome::Tested(tested)) => (None, tested.cases.iter().map(Subject::tested).collect()),
            _ => (None, Vec::new()),
        };
        let asked = match &report.result {
            Some(Outcome::Judged(judged)) => judged.asked.as_ref(),
            _ => None,
        };
        let what_if = asked.map(|asked| {
            format!("what if {}; recorded is {} at {}", asked.told(), asked.recorded_verdict, asked.recorded_at)
        });
        let besides = report.errors.iter().filter_map(Besides::of).collect();
        Self {
            command: report.command,
            decided_at: report.decided_at.as_deref(),
            exit: report.exit,
            what_if,
            required,
            subjects,
            besides,
        }
    }

    /// The subjects, in the order in which a person has to look at them: refused, unknown, warned of, accepted.
    pub(super) fn worst_first(&self) -> Vec<&Subject<'r>> {
        let mut subjects: Vec<_> = self.subjects.iter().collect();
        subjects.sort_by_key(|subject| match subject.verdict {
            Verdict::Refused => 0,
            Verdict::Unknown => 1,
            Verdict::Accepted if !subject.complaints.is_empty() => 2,
            Verdict::Accepted => 3,
        });
        subjects
    }

    /// How many subjects have that verdict.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.subjects.iter().filter(|subject| subject.verdict == verdict).count()
    }

    /// `bulla verify`, or what was asked instead.
    pub(super) fn headline(&self) -> String {
        match &self.what_if {
            Some(what_if) => format!("bulla {}, {what_if}", self.command),
            None => format!("bulla {}", self.command),
        }
    }

    /// `2 accepted, 1 refused, 0 unknown`
    pub(super) fn counts(&self) -> String {
        let all = [Verdict::Accepted, Verdict::Refused, Verdict::Unknown];
        let counts = all.map(|verdict| format!("{} {}", self.count(verdict), verdict.as_str())).join(", ");
        match self.besides.len() {
            0 => counts,
            1 => format!("{counts}, and 1 problem besides"),
            many => format!("{counts}, and {many} problems besides"),
        }
    }
}

impl<'r> Subject<'r> {
    fn decided(judged: &'r JudgedSubject, uses: &'r [UseOfImage]) -> Self {
        let (decision, verdict) = (&judged.decision, judged.decision.verdict());
        let mut complaints = match verdict {
            Verdict::Accepted => Vec::new(),
            Verdict::Refused => told(&judged.reasons, Level::Refused),
            Verdict::Unknown => told(&judged.reasons, Level::Unknown),
        };
        complaints.extend(decision.warnings().into_iter().map(Complaint::warned));
        complaints.extend(decision.exceptions().iter().map(|excepted| Complaint {
            level: Level::Warned,
            code: EXCEPTED.into(),
            message: excused(&judged.digest, excepted).into(),
            hint: Some("mend what it excuses before it ends".into()),
        }));
        Self { name: &judged.name, verdict, judged: Some(judged), complaints, uses, place: None }
    }

    fn used(image: &'r UsedImage) -> Self {
        match &image.subject {
            Some(judged) => Self::decided(judged, &image.uses),
            None => {
                let complaints = image.problem.iter().map(|why| {
                    // It is shown beneath its name.
                    let named = why.message.strip_prefix(image.image.as_str()).and_then(|rest| rest.strip_prefix(": "));
                    let message = named.unwrap_or(&why.message).into();
                    Complaint { message, ..Complaint::of(why, Level::Unknown) }
                });
                let complaints = complaints.collect();
                let (verdict, uses) = (Verdict::Unknown, image.uses.as_slice());
                Self { name: &image.image, verdict, judged: None, complaints, uses, place: None }
            }
        }
    }

    /// A case that is decided as expected is accepted, whatever was expected.
    fn tested(case: &'r TestedCase) -> Self {
        let surprise = || Complaint {
            level: Level::Refused,
            code: SURPRISE.into(),
            message: case.surprise().into(),
            hint: Some("change the policy, or what is expected, whichever is wrong".into()),
        };
        let complaints = (!case.passed).then(surprise).into_iter().collect();
        let verdict = if case.passed { Verdict::Accepted } else { Verdict::Refused };
        Self { name: &case.name, verdict, judged: None, complaints, uses: &[], place: Some(case.place()) }
    }

    /// `name@sha256:…`, or the name where there is no digest.
    pub(super) fn title(&self, places: &Places) -> String {
        let name = if self.is_file() { places.file(self.name).into() } else { places.text(self.name) };
        let Some(judged) = self.judged else { return name.to_string() };
        let title = at_digest(&name, &judged.digest);
        match &judged.platform {
            Some(platform) => format!("{title} for {}", places.text(platform)),
            None => title,
        }
    }

    /// Whether it is a file, and no image, pipe or bare digest.
    pub(super) fn is_file(&self) -> bool {
        let is_other = self.name == "-" || self.name.starts_with("sha256:");
        self.judged.is_some()
            && !is_other
            && Place::parse(self.name).is_err_and(|error| error.code() == "no-registry-host")
    }
}

/// The code of a case that is not decided as expected.
pub(crate) const SURPRISE: &str = "policy-surprise";

/// The code of an exception, which is no refusal's.
const EXCEPTED: &str = "excepted";

impl<'r> Besides<'r> {
    fn of(failure: &'r Failure) -> Option<Self> {
        let place = match failure.concerns() {
            About::Subject => return None,
            About::Run => None,
            About::Place(place) => Some(&**place),
        };
        let level = if failure.exit() == Exit::Refused { Level::Refused } else { Level::Unknown };
        let (code, message) = (failure.code().into(), failure.message().into());
        Some(Self { complaint: Complaint { level, code, message, hint: failure.next().map(Cow::from) }, place })
    }
}

impl<'r> Complaint<'r> {
    fn of(why: &'r Why, level: Level) -> Self {
        let (code, message) = (why.code.as_str().into(), why.message.as_str().into());
        Self { level, code, message, hint: why.hint.as_deref().map(Cow::from) }
    }

    fn warned(reason: Reason) -> Self {
        let Reason { code, message, hint, .. } = reason;
        Self { level: Level::Warned, code: code.into(), message: message.into(), hint: hint.map(Cow::from) }
    }
}

fn told(reasons: &[Why], level: Level) -> Vec<Complaint<'_>> {
    let told = kinds(reasons, |_| false).into_iter();
    told.map(|(reason, others)| Complaint { message: for_all(&reason.message, others), ..Complaint::of(reason, level) })
        .collect()
}
