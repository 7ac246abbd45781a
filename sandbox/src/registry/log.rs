//! What was asked, and in how many round trips.

use crate::budget;
use std::collections::VecDeque;
use std::time::Instant;

/// One request that the registry answered.
///
/// Of credentials it keeps only whether some were sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `PUT`, …
    pub method: String,
    /// Path and query as they were sent (the first 2048 bytes).
    pub path: String,
    /// The status that was answered.
    pub status: u16,
    /// When the request had arrived.
    pub started: Instant,
    /// When the answer was ready, before its first byte was sent: what a client asks in consequence starts later.
    pub ended: Instant,
    /// Whether an `Authorization` header came with it.
    pub authorization: bool,
}

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log(VecDeque<Request>);

impl Log {
    pub(super) fn add(&mut self, mut request: Request) {
        if request.path.len() > budget::LOGGED_TARGET {
            request.path = request.path.chars().take(budget::LOGGED_TARGET / 4).collect();
        }
        if self.0.len() >= budget::LOGGED_REQUESTS {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.0.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The longest chain of requests of which each started after the one before had ended: how many round trips a client
/// on a slow network would wait for.
///
/// Requests that a client sends side by side overlap only if the answers take some time: inject
/// [`Fault::Slow`](super::Fault::Slow) (50 ms will do) before counting. Never too low: a request that waits for
/// another's answer always counts.
pub fn sequential_round_trips(requests: &[Request]) -> usize {
    let mut by_end: Vec<_> = requests.iter().collect();
    by_end.sort_by_key(|request| request.ended);
    let mut last_end = None;
    let mut chain = 0;
    for request in by_end {
        if last_end.is_none_or(|end| request.started >= end) {
            chain += 1;
            last_end = Some(request.ended);
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn requests(spans: &[(u64, u64)]) -> Vec<Request> {
        let zero = Instant::now();
        let at = |millis| zero + Duration::from_millis(millis);
        let request = |&(start, end): &(u64, u64)| Request {
            method: "GET".to_owned(),
            path: "/v2/".to_owned(),
            status: 200,
            started: at(start),
            ended: at(end),
            authorization: false,
        };
        spans.iter().map(request).collect()
    }

    #[test]
    fn side_by_side_is_one_round_trip() {
        assert_eq!(sequential_round_trips(&requests(&[(0, 50), (1, 51), (2, 49)])), 1);
    }

    #[test]
    fn one_after_the_other_counts_each() {
        assert_eq!(sequential_round_trips(&requests(&[(0, 10), (10, 20), (21, 30)])), 3);
    }

    #[test]
    fn one_long_request_beside_many_short_ones_does_not_hide_them() {
        assert_eq!(sequential_round_trips(&requests(&[(0, 100), (0, 10), (20, 30), (40, 50)])), 3);
    }

    #[test]
    fn one_request_too_many_forgets_the_oldest() {
        let mut log = Log::default();
        for mut request in requests(&[(0, 1); 1]).into_iter().cycle().take(budget::LOGGED_REQUESTS + 1).enumerate().map(
            |(number, mut request)| {
                request.status = u16::from(number == 0);
                request
            },
        ) {
            request.path.truncate(8);
            log.add(request);
        }
        assert_eq!(log.0.len(), budget::LOGGED_REQUESTS);
        assert!(log.0.iter().all(|request| request.status == 0));
    }
}
