//! The registry: its configuration, its life, and what tests may ask of it.

mod auth;
mod fault;
mod kept;
mod log;
mod route;
mod store;

pub use auth::Auth;
pub use fault::{Fault, Injection};
pub use log::{Request, sequential_round_trips};

use crate::budget::{self, Room};
use crate::http::{Answer, Call, Delivery, Server, Stop, lock};
use crate::journal::Journal;
use auth::Guard;
use bulla_verify::Digest;
use fault::Faults;
use log::Log;
use route::Route;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use store::{Refusal, Store};

/// What kind of registry it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Whether it has the referrers API of OCI 1.1. Without, clients are to write the fallback tag.
    pub referrers: bool,
    /// Referrers in one page of the listing; all in one where `None`.
    pub referrers_page: Option<usize>,
    /// List the config's media type as `artifactType`, do not filter, leave out annotations: as
    /// go-containerregistry 0.22 does.
    pub config_type_as_artifact_type: bool,
    /// What it demands of clients; nothing where `None`.
    pub auth: Option<Auth>,
    /// Bytes that it stores and receives at most.
    pub capacity: usize,
    /// The port on the loopback interface; a free one where 0.
    pub port: u16,
}

impl Config {
    /// A registry as OCI 1.1 has it.
    pub fn with_referrers() -> Self {
        Self {
            referrers: true,
            referrers_page: None,
            config_type_as_artifact_type: false,
            auth: None,
            capacity: budget::CAPACITY,
            port: 0,
        }
    }

    /// A registry of before OCI 1.1, like docker-registry 2.
    pub fn without_referrers() -> Self {
        Self { referrers: false, ..Self::with_referrers() }
    }

    /// A registry whose listing says little of the referrers.
    pub fn like_go_containerregistry() -> Self {
        Self { config_type_as_artifact_type: true, ..Self::with_referrers() }
    }
}

/// A running registry. Dropped, it has stopped: its port is free and its threads have ended.
pub struct Registry {
    server: Server,
    state: Arc<State>,
}

/// What a registry holds, before it is started.
pub(crate) struct Content(Store);

impl Content {
    pub(crate) fn new(room: Room) -> Self {
        Self(Store::new(room))
    }

    /// Takes what a journal has kept.
    pub(crate) fn replay(&mut self, record: &[u8]) -> io::Result<()> {
        self.0.replay(record)
    }

    /// From now on, what is pushed is kept there.
    pub(crate) fn keep_in(&mut self, journal: Arc<Journal>) {
        self.0.keep_in(journal);
    }
}

/// What answers at the same address, where it does not leave a call to the registry.
pub(crate) type Beside = dyn Fn(&Call) -> Option<Answer> + Send + Sync;

/// What the connections share.
struct State {
    beside: Arc<Beside>,
    config: Config,
    store: Mutex<Store>,
    guard: Mutex<Guard>,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
    stop: Arc<Stop>,
}

impl Registry {
    /// Starts a registry on the loopback interface.
    ///
    /// # Errors
    /// When the port is taken, or no thread can be had.
    pub fn start(config: Config) -> io::Result<Self> {
        let room = Room::new(config.capacity);
        let content = Content::new(room.clone());
        Self::start_beside(config, room, content, |_, _| Arc::new(|_| None))
    }

    /// The same with this content, at an address where something else is asked first.
    pub(crate) fn start_beside(
        config: Config,
        room: Room,
        content: Content,
        beside: impl FnOnce(SocketAddr, Arc<Stop>) -> Arc<Beside>,
    ) -> io::Result<Self> {
        let mut shared = None;
        let server = Server::start(config.port, room, |addr, stop| {
            let state = Arc::new(State {
                store: Mutex::new(content.0),
                beside: beside(addr, Arc::clone(&stop)),
                guard: Mutex::new(Guard::new(config.auth.clone(), addr)),
                faults: Mutex::default(),
                log: Mutex::default(),
                config,
                stop,
            });
            shared = Some(Arc::clone(&state));
            Arc::new(move |call: &Call| state.answer(call))
        })?;
        let state = shared.ok_or_else(|| io::Error::other("the registry was not prepared"))?;
        Ok(Self { server, state })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The registry host of a reference: `127.0.0.1:<port>`.
    pub fn host(&self) -> String {
        self.addr().to_string()
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Misbehaves from now on. Of several faults that befall a request, the first of each kind counts.
    pub fn inject(&self, injection: impl Into<Injection>) {
        lock(&self.state.faults).add(injection.into());
    }

    /// Behaves again.
    pub fn clear_faults(&self) {
        lock(&self.state.faults).clear();
    }

    /// What was asked so far, in the order of the answers.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.log).requests()
    }

    /// Forgets what was asked.
    pub fn clear_requests(&self) {
        lock(&self.state.log).clear();
    }

    /// The tags of a repository.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        let store = lock(&self.state.store);
        store.tags(repository).map(|tags| tags.map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The digests of a repository's manifests, in order.
    pub fn manifests(&self, repository: &str) -> Vec<Digest> {
        lock(&self.state.store).manifests(repository).map(|(digest, _)| *digest).collect()
    }

    /// The bytes of a manifest or blob.
    pub fn content(&self, repository: &str, digest: &Digest) -> Option<Vec<u8>> {
        let store = lock(&self.state.store);
        let manifest = store.manifest(repository, digest).map(|manifest| Arc::clone(&manifest.bytes));
        manifest.or_else(|| store.blob(repository, digest).ok()).map(|bytes| bytes.bytes().to_vec())
    }

    /// Puts other bytes in the place of a manifest or blob, under its old digest, as a dishonest registry could; `false`
    /// where there is no such content, or no room.
    pub fn replace_content(&self, repository: &str, digest: &Digest, bytes: &[u8]) -> bool {
        lock(&self.state.store).replace(repository, digest, bytes).is_ok()
    }
}

impl State {
    /// Answers one request, with the faults that befall it, and logs it.
    fn answer(&self, call: &Call) -> (Answer, Delivery) {
        let started = Instant::now();
        let take = |kind: fn(&Fault) -> bool| lock(&self.faults).take(call, kind);
        if let Some(slow) = take(Fault::delays) {
            self.stop.sleep(slow.delay());
        }
        let instead = take(Fault::answers).and_then(|fault| fault.answer(call));
        let (answer, delivery) = match instead {
            Some(answer) => (answer, Delivery::Whole),
            None => {
                let answer = self.behave(call);
                let read = call.method == "GET" && answer.status == 200;
                let made = call.method == "POST" && call.path.starts_with("/api/") && answer.status < 300;
                let can_spoil = (read || made) && !answer.body.bytes().is_empty();
                let spoilt = take(Fault::loses).or_else(|| if can_spoil { take(Fault::spoils) } else { None });
                (answer, spoilt.map_or(Delivery::Whole, |fault| fault.delivery()))
            }
        };
        lock(&self.log).add(Request {
            method: call.method.clone(),
            path: call.target.clone(),
            status: answer.status,
            started,
            ended: Instant::now(),
            authorization: call.header("authorization").is_some(),
        });
        (answer, delivery)
    }

    fn behave(&self, call: &Call) -> Answer {
        if let Some(answer) = (self.beside)(call) {
            return answer;
        }
        self.registry(call).with("Docker-Distribution-Api-Version", "registry/2.0")
    }

    fn registry(&self, call: &Call) -> Answer {
        let Some(route) = Route::parse(&call.path) else {
            return Answer::error(404, "NAME_INVALID", "no such endpoint or repository name");
        };
        if route == Route::Token {
            return lock(&self.guard).token(call);
        }
        if let Err(challenge) = lock(&self.guard).admit(call, &route.need(&call.method)) {
            return challenge;
        }
        let mut store = lock(&self.store);
        let answered = route::answer(&route, call, &mut store, &self.config);
        let unsynced = store.unsynced();
        drop(store);
        if unsynced.is_some_and(|(journal, written)| journal.sync(written).is_err()) {
            return Answer::error(507, "DENIED", "the sandbox cannot keep this");
        }
        answered.unwrap_or_else(|Refusal { status, code, message }| Answer::error(status, code, &message))
    }
}
