//! Many bundles, by one thread and by as many as there are cores, all with one `Trust` by reference; and what a bundle of a
//! large batch costs the allocator. Cores are rarely whole (hyperthreads, neighbours), so beside it is what bare signature
//! checks gain from as many threads: more than that is not to be had. Of many batches the best counts, since a thread that
//! has to share its core says nothing of ours.

use crate::{
    allocations,
    floor::{Floor, Needs},
    vectors,
};
use bulla_verify::{Artifact, Bundle, Digest, Time, Trust, TrustedRoot, verify};
use serde_json::Value;
use std::{
    fs,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::Instant,
};

/// Each bundle so often in a batch: the threads' start must not show.
const COPIES: usize = 2;
const BATCHES: usize = 41;
/// Of most of CPython's: the signature, SCT, SET and checkpoint; the certificate.
const NEEDS: Needs = Needs { p256: 4, p384: 1, ed25519: 0 };

struct Signed {
    bundle: Vec<u8>,
    artifact: Artifact<'static>,
}

struct Verifier {
    signed: Vec<Signed>,
    trust: Trust,
    now: Time,
}

pub fn report(floor: &Floor) {
    let verifier = Verifier::new();
    let count = verifier.signed.len();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let ours = |threads| per_second(threads, COPIES * count, |at| verifier.verify(&verifier.signed[at % count]));
    let bare = |threads| per_second(threads, COPIES * count, |_| floor.check(&NEEDS));
    let batches: Vec<_> = (0..BATCHES).map(|_| [ours(1), ours(cores), bare(1), bare(cores)]).collect();
    println!("\n{:26} {:>8} {:>8} {:>8}", "per second, best batch", "1 thread", cores, "faster");
    for (name, column) in [("CPython's bundles", 0), ("their signatures alone", 2)] {
        let best = |column: usize| batches.iter().map(|batch| batch[column]).fold(0.0, f64::max);
        let (one, all) = (best(column), best(column + 1));
        println!("{name:26} {one:>8.0} {all:>8.0} {:>8.2}", all / one);
    }
    println!("\n{:26} {:>8} {:>8} {:>8}", "per bundle, in a batch", "alloc", "bytes", "kept");
    let cost = [10, 100, 1000].map(|size| verifier.allocates(size));
    let [small, .., large] = cost;
    assert!(large < small * 1.05, "a bundle of a large batch costs more: {large} bytes, not {small}");
}

impl Verifier {
    fn new() -> Self {
        let folder = vectors().join("cpython");
        let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("a manifest");
        let signed = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let bundle = fs::read(folder.join(line["bundle"].as_str().expect("a name"))).expect("a bundle");
            let digest = Digest::parse(&format!("sha256:{}", line["sha256"].as_str().expect("hex"))).expect("a digest");
            Signed { bundle, artifact: Artifact::from_digest(digest) }
        };
        Self {
            signed: manifest.lines().map(signed).collect(),
            trust: Trust::nobody().with_root(TrustedRoot::public_good().expect("a root")),
            now: Time::parse_rfc3339("2026-11-01T00:00:00Z").expect("a time"),
        }
    }

    fn verify(&self, signed: &Signed) {
        let bundle = Bundle::parse(&signed.bundle).expect("a bundle");
        verify(&bundle, &signed.artifact, &self.trust, self.now).expect("it verifies");
    }

    /// Bytes per bundle; the batch is spread over all the bundles, as they differ in size.
    fn allocates(&self, batch: usize) -> f64 {
        let all = self.signed.len();
        let cost = allocations::of(|| (0..batch).for_each(|at| self.verify(&self.signed[at * all / batch])));
        let [count, bytes, kept] = [cost.count, cost.bytes, cost.kept].map(|sum| sum as f64 / batch as f64);
        println!("{:26} {count:>8.1} {bytes:>8.0} {kept:>8.0}", format!("{batch} bundles"));
        bytes
    }
}

/// Pieces of work per second; the threads take them one by one.
fn per_second(threads: usize, batch: usize, work: impl Fn(usize) + Sync) -> f64 {
    let next = AtomicUsize::new(0);
    let thread = || {
        let taken = std::iter::repeat_with(|| next.fetch_add(1, Relaxed)).take_while(|at| *at < batch);
        taken.for_each(&work);
    };
    let start = Instant::now();
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(thread))));
    batch as f64 / start.elapsed().as_secs_f64()
}
