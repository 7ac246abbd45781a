//! How long each step of signing took, and how much of it could not have been avoided.

use bulla_sign::sigstore::{Event, Observer, Part, Step};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What was observed so far.
#[derive(Clone)]
pub(crate) struct Timings {
    began: Instant,
    steps: Arc<Mutex<Vec<Took>>>,
    /// The services that are being asked, and by how many.
    asked: Arc<Mutex<BTreeMap<String, usize>>>,
}

struct Took {
    step: Step,
    url: String,
    time: Duration,
    well: bool,
}

impl Default for Timings {
    fn default() -> Self {
        Self { began: Instant::now(), steps: Arc::default(), asked: Arc::default() }
    }
}

impl Timings {
    /// Who writes them down.
    pub(crate) fn observer(&self) -> Observer {
        let (steps, asked) = (Arc::clone(&self.steps), Arc::clone(&self.asked));
        Arc::new(move |event: &Event<'_>| {
            if let Step::Ask(part) = event.step {
                let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                let count = asked.entry(format!("the {part} {}", event.url)).or_default();
                *count = if event.ended.is_some() { count.saturating_sub(1) } else { *count + 1 };
            }
            if let Some((time, well)) = event.ended {
                let took = Took { step: event.step, url: event.url.to_owned(), time, well };
                steps.lock().unwrap_or_else(PoisonError::into_inner).push(took);
            }
        })
    }

    /// Who is waited for at this moment.
    pub(crate) fn waiting_for(&self) -> impl Fn() -> String + Send + 'static {
        let asked = Arc::clone(&self.asked);
        move || {
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            let now = asked.iter().filter(|(_, count)| **count > 0).map(|(name, _)| name.as_str());
            now.collect::<Vec<_>>().join(" and ")
        }
    }

    /// A line for each step, and what they come to. Of what is asked at the same time, the slowest alone is necessary.
    pub(crate) fn told(&self) -> String {
        let whole = self.began.elapsed();
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for took in steps.iter() {
            let failed = if took.well { "" } else { " (failed)" };
            text.push_str(&format!(
                "timing: {:>7.3} s  {}{failed} {}\n",
                took.time.as_secs_f64(),
                name(took.step),
                took.url
            ));
        }
        let necessary = necessary(&steps);
        text.push_str(&format!(
            "timing: {:>7.3} s  in all, {:.3} s of it the slowest necessary chain\n",
            whole.as_secs_f64(),
            necessary.as_secs_f64()
        ));
        text
    }
}

/// The certificate, and then the slowest of the witnesses; of several signatures side by side, the slowest one's.
fn necessary(steps: &[Took]) -> Duration {
    let slowest = |part| {
        let asked = steps.iter().filter(|took| took.step == Step::Ask(part) && took.well);
        asked.map(|took| took.time).max().unwrap_or_default()
    };
    slowest(Part::Authority) + slowest(Part::Log).max(slowest(Part::Timestamps))
}

fn name(step: Step) -> String {
    match step {
        Step::Ask(part) => part.to_string(),
        Step::Sign => "signature".to_owned(),
        Step::Verify => "verification".to_owned(),
    }
}
