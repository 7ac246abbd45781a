//! Several services of one kind, of which some have to answer.

use super::{Part, SigstoreError};
use crate::{
    SigningConfigError,
    rekor::Version,
    signing_config::{Selection, ServiceAddress},
};
use bulla_transport::{Options, Request, Service};
use std::{collections::VecDeque, time::Duration};

/// The services in the order in which to ask them, and how many operators have to answer.
#[derive(Debug)]
pub(super) struct Panel {
    part: Part,
    asked: Vec<Asked>,
    needed: usize,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Asked {
    address: ServiceAddress,
    service: Service,
}

impl Asked {
    pub(super) fn url(&self) -> &str {
        self.address.url()
    }

    pub(super) fn version(&self) -> u32 {
        self.address.version()
    }

    pub(super) fn service(&self) -> &Service {
        &self.service
    }
}

/// How long a service may take, and whether nobody is left to be asked after it, so that all of it is spent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) within: Duration,
    pub(crate) last: bool,
}

impl Share {
    /// A question within this share, whose answer has at most `limit` bytes.
    pub(crate) fn request(self, limit: usize) -> Request {
        Request { limit, within: Some(self.within), patient: self.last, ..Request::default() }
    }
}

#[cfg(test)]
impl Share {
    /// For a test that asks one service, and does not wait for it.
    pub(crate) fn only(within: Duration) -> Self {
        Self { within, last: false }
    }
}

/// The services of a selection; `door` is the first that was ever opened, whose deadline and connections the others share.
pub(super) fn open(
    part: Part,
    selected: Result<Selection, SigningConfigError>,
    options: &Options,
    door: &mut Option<Service>,
) -> Result<Result<Panel, SigningConfigError>, SigstoreError> {
    let selection = match selected {
        Ok(selection) => selection,
        Err(error) => return Ok(Err(error)),
    };
    let mut asked = Vec::with_capacity(selection.services.len());
    for address in selection.services {
        let service = match door {
            Some(door) => door.beside(address.url()),
            None => Service::new(address.url(), options),
        };
        let service = service.map_err(|error| SigstoreError::NotAsked { part, error })?;
        door.get_or_insert_with(|| service.clone());
        asked.push(Asked { address, service });
    }
    Ok(Ok(Panel { part, asked, needed: selection.needed }))
}

impl Panel {
    pub(super) fn urls(&self) -> Vec<&str> {
        self.asked.iter().map(Asked::url).collect()
    }

    /// The version that all of them speak: a selection has but one.
    pub(super) fn log_version(&self) -> Version {
        self.asked.first().map_or(Version::V1, |asked| Version::of(asked.version()))
    }
}

/// The answers of as many services as a panel has to give, each of another operator.
pub(super) struct Gathering<'a, T> {
    panel: Option<&'a Panel>,
    waiting: VecDeque<&'a Asked>,
    had: Vec<(&'a Asked, T)>,
    failed: Option<SigstoreError>,
}

impl<'a, T> Gathering<'a, T> {
    /// Nobody has been asked yet; without a panel, nobody will be.
    pub(super) fn of(panel: Option<&'a Panel>) -> Self {
        let waiting = panel.iter().flat_map(|panel| &panel.asked).collect();
        Self { panel, waiting, had: Vec::new(), failed: None }
    }

    /// What was had.
    pub(super) fn answers(&self) -> impl Iterator<Item = &T> {
        self.had.iter().map(|(_, answer)| answer)
    }

    pub(super) fn into_answers(self) -> impl Iterator<Item = T> {
        self.had.into_iter().map(|(_, answer)| answer)
    }

    /// Asks, in rounds, until there are answers enough: where a service fails, the next of the list is asked. Each round has its
    /// share of what is left of the deadline, so that one that hangs leaves time for the next.
    ///
    /// # Errors
    /// The first failure, once there are too few services left; or at once one that another service would not mend.
    pub(super) fn complete(
        &mut self,
        ask: impl Fn(&Asked, Share) -> Result<T, SigstoreError> + Sync,
    ) -> Result<(), SigstoreError>
    where
        T: Send,
    {
        let Some(Panel { part, needed, .. }) = self.panel else { return Ok(()) };
        while self.had.len() < *needed {
            let missing = needed - self.had.len();
            let done: Vec<&str> = self.had.iter().map(|(asked, _)| asked.address.operator()).collect();
            let round = next_round(&mut self.waiting, missing, &done);
            if round.len() < missing {
                let (what, needed, found) = (part.name(), *needed, self.had.len());
                let none = SigningConfigError::TooFewServices { what, needed, found };
                return Err(self.failed.take().unwrap_or(none.into()));
            }
            for (asked, answer) in at_once(&round, share(&round, self.waiting.len()), &ask) {
                match answer {
                    Ok(answer) => self.had.push((asked, answer)),
                    Err(error) if error.is_of_one_service() => self.failed = self.failed.take().or(Some(error)),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Drops the answers that have a fault, as if their services had failed. Whether there were any.
    pub(super) fn weed(&mut self, fault: impl Fn(&T) -> Option<SigstoreError>) -> bool {
        let before = self.had.len();
        for (asked, answer) in std::mem::take(&mut self.had) {
            match fault(&answer) {
                None => self.had.push((asked, answer)),
                Some(error) => self.failed = self.failed.take().or(Some(error)),
            }
        }
        self.had.len() < before
    }
}

/// The next services, one of each operator that has not answered yet; the others keep their places.
fn next_round<'a>(waiting: &mut VecDeque<&'a Asked>, most: usize, done: &[&str]) -> Vec<&'a Asked> {
    let mut round: Vec<&Asked> = Vec::new();
    let mut rest = VecDeque::new();
    for asked in waiting.drain(..) {
        let operator = asked.address.operator();
        let new = !done.contains(&operator) && round.iter().all(|other| other.address.operator() != operator);
        if new && round.len() < most {
            round.push(asked);
        } else {
            rest.push_back(asked);
        }
    }
    *waiting = rest;
    round
}

/// What one round may take, if as many services may still have to be asked after it.
fn share(round: &[&Asked], waiting: usize) -> Share {
    let left = round.first().map_or(Duration::ZERO, |asked| asked.service.time_left());
    let rounds = 1 + waiting.div_ceil(round.len().max(1));
    Share { within: left / u32::try_from(rounds).unwrap_or(u32::MAX), last: waiting == 0 }
}

fn at_once<'a, T: Send>(
    round: &[&'a Asked],
    share: Share,
    ask: &(impl Fn(&Asked, Share) -> Result<T, SigstoreError> + Sync),
) -> Vec<(&'a Asked, Result<T, SigstoreError>)> {
    if let [only] = round {
        return vec![(*only, ask(only, share))];
    }
    std::thread::scope(|scope| {
        let asking: Vec<_> = round.iter().map(|asked| (*asked, scope.spawn(move || ask(asked, share)))).collect();
        let answer = |(asked, thread): (&'a Asked, std::thread::ScopedJoinHandle<'_, _>)| {
            (asked, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        };
        asking.into_iter().map(answer).collect()
    })
}

#[cfg(test)]
mod tests;
