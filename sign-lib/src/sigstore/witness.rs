//! Who else saw a signature: everybody is asked at once, and what does not prove right is had from the next of the list.

use super::{
    Part, Sigstore, SigstoreError, Step,
    panel::{Asked, Gathering, Panel, Share},
    plan::Plan,
    prove::{Demanded, Judge, Proved},
};
use crate::{
    Error,
    bundle::{self, Bundle, Signed, Witnessed},
    rekor::{self, LogEntry, Version},
    tsa,
};
use std::cell::RefCell;

impl Sigstore {
    /// The bundle of a signature and everybody's witness that is planned.
    pub(super) fn witnessed(&self, plan: &Plan<'_>, signed: &Signed<'_>, judge: &Judge<'_>) -> Result<Proved, Error> {
        self.gathered(plan, signed, |witnessed, later| {
            let (entries, timestamps) = (witnessed.entries.len(), witnessed.timestamps.len());
            let bundle = bundle::write(signed, witnessed)?;
            Ok(judge.prove(bundle, Demanded { entries, timestamps, later })?)
        })
    }

    /// The same bundle with log entries.
    pub(super) fn logged(
        &self,
        logs: &Panel,
        signed: &Signed<'_>,
        judge: &Judge<'_>,
        bundle: Bundle,
    ) -> Result<Proved, Error> {
        let plan = Plan { logs: Some(logs), log_now: true, timestamps: None, later: false };
        let (timestamps, bundle) = (bundle.timestamps(), RefCell::new(bundle));
        self.gathered(&plan, signed, |witnessed, later| {
            let entries = witnessed.entries.len();
            bundle.borrow_mut().set_entries(witnessed.entries);
            let bundle = bundle.borrow().to_json()?;
            Ok(judge.prove(bundle, Demanded { entries, timestamps, later })?)
        })
    }

    /// Asks for what is planned, and has `prove` judge the whole. Where it is refused, each answer is judged by itself: those at
    /// fault are asked for anew, of the next of the list, and all others are kept.
    fn gathered(
        &self,
        plan: &Plan<'_>,
        signed: &Signed<'_>,
        prove: impl Fn(Witnessed, bool) -> Result<Proved, Error>,
    ) -> Result<Proved, Error> {
        let mut entries = Gathering::of(plan.logs.filter(|_| plan.log_now));
        let mut timestamps = Gathering::of(plan.timestamps);
        loop {
            self.ask(plan, signed, &mut entries, &mut timestamps)?;
            let stamps: Vec<Vec<u8>> = timestamps.answers().cloned().collect();
            let whole = Witnessed { entries: entries.answers().cloned().collect(), timestamps: stamps.clone() };
            let later = plan.later && whole.entries.is_empty();
            let refused = match self.step(Step::Verify, "", || prove(whole, later)) {
                Ok(proved) => return Ok(proved),
                Err(error) => error,
            };
            // Nobody but the log is missed here, and of those that count there may be too few.
            let of_a_stamp = |stamp: &Vec<u8>| {
                fault(prove(Witnessed { entries: Vec::new(), timestamps: vec![stamp.clone()] }, true))
            };
            let of_an_entry = |entry: &LogEntry| {
                fault(prove(Witnessed { entries: vec![entry.clone()], timestamps: stamps.clone() }, false))
            };
            if !timestamps.weed(of_a_stamp) && !entries.weed(of_an_entry) {
                return Err(refused);
            }
        }
    }

    /// Asks the logs and the timestamp authorities for what is missing, at the same time.
    fn ask(
        &self,
        plan: &Plan<'_>,
        signed: &Signed<'_>,
        entries: &mut Gathering<'_, LogEntry>,
        timestamps: &mut Gathering<'_, Vec<u8>>,
    ) -> Result<(), SigstoreError> {
        let log = |asked: &Asked, share: Share| {
            let log = || rekor::log(asked.service(), Version::of(asked.version()), signed, &self.root, share);
            self.step(Step::Ask(Part::Log), asked.url(), log)
        };
        let stamp = |asked: &Asked, share: Share| {
            self.step(Step::Ask(Part::Timestamps), asked.url(), || {
                tsa::stamp(asked.service(), &signed.signature, share)
            })
        };
        let (logged, stamped) = std::thread::scope(|scope| {
            let logged = scope.spawn(|| entries.complete(log));
            let stamped = timestamps.complete(stamp);
            (logged.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), stamped)
        });
        stamped?;
        match logged {
            Err(error) if plan.later && error.is_outage() => {
                *entries = Gathering::of(None);
                Ok(())
            }
            logged => logged,
        }
    }
}

/// What is wrong with a witness that was judged alone; that one is too few is not.
fn fault(judged: Result<Proved, Error>) -> Option<SigstoreError> {
    match judged {
        Err(Error::Sigstore(error)) => match *error {
            SigstoreError::TooFewEntries { found: 1.., .. } | SigstoreError::TooFewTimes { found: 1.., .. } => None,
            error => Some(error),
        },
        _ => None,
    }
}
