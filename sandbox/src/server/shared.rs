//! What the connections share, and which part a path belongs to.

use super::{
    CheckpointPolicy, Part, SandboxConfig, ct,
    folder::Folder,
    fulcio,
    keys::Keys,
    ledger::Ledger,
    oidc::{self, SignIns},
    page, rekor, tsa,
};
use crate::{
    budget::Room,
    http::{Answer, Call, Stop, lock},
    journal::{Journal, Kind},
    registry::Content,
    sigstore::Flaw,
};
use bulla_verify::Time;
use serde_json::json;
use std::{
    io::Result,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

pub(crate) struct Shared {
    pub(crate) url: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) keys: Keys,
    pub(crate) ct: Ledger,
    pub(crate) rekor: Ledger,
    pub(crate) rekor_v1: Ledger,
    pub(crate) sign_ins: Mutex<SignIns>,
    pub(crate) stop: Arc<Stop>,
    flaw: Mutex<Option<Flaw>>,
    skew: AtomicI64,
}

/// The same, before it has an address.
pub(super) struct Unbound {
    parts: Vec<Part>,
    keys: Keys,
    ct: Ledger,
    rekor: Ledger,
    rekor_v1: Ledger,
    /// What the registry has kept.
    pub(super) registry: Option<Content>,
}

impl Unbound {
    /// With what the folder has kept.
    pub(super) fn new(config: &SandboxConfig, room: Room, folder: Option<&Folder>) -> Result<Self> {
        let keys = match folder {
            Some(folder) => folder.keys(clock())?,
            None => Keys::generate(clock())?,
        };
        let ledger = |kind, policy| Ledger::new(kind, policy, room.clone());
        let mut ct = ledger(Kind::Certificates, CheckpointPolicy::EachEntry);
        let mut rekor = ledger(Kind::LogV2, config.checkpoints);
        let mut rekor_v1 = ledger(Kind::LogV1, config.checkpoints);
        let mut registry = Content::new(room.clone());
        if let Some(folder) = folder {
            let journal = Journal::open(&folder.journal(), |kind, bytes| match kind {
                Kind::Certificates => ct.replay(bytes),
                Kind::LogV2 => rekor.replay(bytes),
                Kind::LogV1 => rekor_v1.replay(bytes),
                Kind::Registry => registry.replay(bytes),
            })?;
            let journal = Arc::new(journal);
            for ledger in [&mut ct, &mut rekor, &mut rekor_v1] {
                ledger.keep_in(Arc::clone(&journal));
            }
            registry.keep_in(journal);
        }
        Ok(Self { parts: config.parts.clone(), keys, ct, rekor, rekor_v1, registry: Some(registry) })
    }

    pub(super) fn bind(self, addr: &SocketAddr, stop: Arc<Stop>) -> Shared {
        Shared {
            url: format!("http://{addr}"),
            parts: self.parts,
            keys: self.keys,
            ct: self.ct,
            rekor: self.rekor,
            rekor_v1: self.rekor_v1,
            sign_ins: Mutex::default(),
            stop,
            flaw: Mutex::default(),
            skew: AtomicI64::default(),
        }
    }
}

impl Shared {
    pub(crate) fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    pub(crate) fn flaw(&self) -> Option<Flaw> {
        *lock(&self.flaw)
    }

    pub(super) fn set_flaw(&self, flaw: Option<Flaw>) {
        *lock(&self.flaw) = flaw;
    }

    pub(super) fn set_skew(&self, seconds: i64) {
        self.skew.store(seconds, Ordering::Relaxed);
    }

    /// The sandbox's own time.
    pub(crate) fn now(&self) -> Time {
        Time::from_unix(clock().unix().saturating_add(self.skew.load(Ordering::Relaxed)))
    }

    /// The same, since 1970, as certificate logs count.
    pub(crate) fn milliseconds(&self) -> u64 {
        let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let skew = self.skew.load(Ordering::Relaxed).saturating_mul(1000);
        u64::try_from(milliseconds).unwrap_or(u64::MAX).saturating_add_signed(skew)
    }

    /// Answers what is asked of a part that is there; nothing where the registry is to answer.
    pub(super) fn answer(&self, call: &Call) -> Option<Answer> {
        if let Some(answer) = self.part(call) {
            return Some(answer);
        }
        if self.has(Part::Registry) && call.path.starts_with("/v2") {
            return None;
        }
        Some(match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "HEAD", "/") => page::answer(self),
            ("GET" | "HEAD", "/healthz") => Answer::json(200, &json!({ "status": "SERVING" })),
            // The registry's own, where it demands tokens.
            (_, "/token") if self.has(Part::Registry) => return None,
            _ => Answer::json(404, &json!({ "code": 5, "message": "Not Found", "details": [] })),
        })
    }

    fn part(&self, call: &Call) -> Option<Answer> {
        type Answering = fn(&Shared, &Call) -> Option<Answer>;
        let parts: [(Part, Answering); 6] = [
            (Part::Oidc, oidc::answer),
            (Part::Fulcio, fulcio::answer),
            (Part::Ct, ct::answer),
            (Part::Rekor, rekor::v2::answer),
            (Part::RekorV1, rekor::v1::answer),
            (Part::Tsa, tsa::answer),
        ];
        parts.into_iter().filter(|(part, _)| self.has(*part)).find_map(|(_, answer)| answer(self, call))
    }
}

/// The machine's time.
fn clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Time::from_unix(i64::try_from(since).unwrap_or(i64::MAX))
}
