//! One bundle of each shape: parsed and verified by us, by sigstore-rust, by sigstore-go if it is there, and the signature
//! checks alone that nobody can do without. Interleaved; medians of each, and of the ratios of each round or turn.
//!
//! ```console
//! cargo run --release --locked --manifest-path benches/verify/Cargo.toml [-- ROUNDS]
//! tests/peers/run --sigstore-go cargo run --release --locked --manifest-path benches/verify/Cargo.toml
//! ```

mod allocations;
mod floor;
mod go;
mod scaling;
mod shapes;

use allocations::Cost;
use floor::Floor;
use shapes::Shape;
use std::{path::PathBuf, time::Instant};

/// So often another program is started and warms up; in between, the rounds of this one.
const TURNS: usize = 10;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(400);
    let Some(shapes) = shapes::read() else {
        println!("skipped: ../shared/vectors is not there");
        return;
    };
    let floor = Floor::new();
    println!(
        "{:26} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>8}",
        "µs", "floor", "ours", "/floor", "rust", "/ours", "go", "/ours", "at least", "alloc", "bytes"
    );
    for shape in &shapes {
        report(shape, &floor, rounds);
    }
    roots(rounds);
    hostile(&shapes);
    scaling::report(&floor);
}

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors")
}

fn report(shape: &Shape, floor: &Floor, rounds: usize) {
    let go = go::binary();
    let mut measured = Vec::new();
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        let turn: Vec<_> = (0..rounds.div_ceil(TURNS)).map(|_| round(shape, floor)).collect();
        if let Some(go) = &go {
            let theirs = go::microseconds(go, shape, turn.len());
            turns.push((theirs, theirs / median(turn.iter().map(|[_, ours, _]| *ours))));
        }
        measured.extend(turn);
    }
    let of = |figure: fn(&[f64; 3]) -> f64| median(measured.iter().map(figure));
    let Cost { count, bytes, .. } = allocations::of(|| shape.ours());
    // A machine that is busy hurts the longer measurement more, and a collector of garbage most: hence the least as well.
    let [theirs, ratio, least] = match &turns[..] {
        [] => ["-".to_owned(), "-".to_owned(), "-".to_owned()],
        turns => [
            format!("{:.0}", median(turns.iter().map(|(theirs, _)| *theirs))),
            format!("{:.2}", median(turns.iter().map(|(_, ratio)| *ratio))),
            format!("{:.2}", turns.iter().map(|(_, ratio)| *ratio).fold(f64::INFINITY, f64::min)),
        ],
    };
    println!(
        "{:26} {:>8.0} {:>8.0} {:>8.3} {:>8.0} {:>8.2} {theirs:>8} {ratio:>8} {least:>8} {count:>6} {bytes:>8}",
        shape.name,
        of(|[floor, ..]| *floor),
        of(|[_, ours, _]| *ours),
        of(|[floor, ours, _]| ours / floor),
        of(|[.., rust]| *rust),
        of(|[_, ours, rust]| rust / ours),
    );
}

fn round(shape: &Shape, floor: &Floor) -> [f64; 3] {
    [microseconds(|| floor.check(&shape.needs)), microseconds(|| shape.ours()), microseconds(|| shape.theirs())]
}

fn roots(rounds: usize) {
    let times = (0..rounds).map(|_| microseconds(|| drop(bulla_verify::TrustedRoot::public_good().expect("a root"))));
    println!("{:26} {:>17.0}", "loading the public root", median(times));
}

/// What an attacker can make of a good bundle: as many of everything as the budgets let through.
fn hostile(shapes: &[Shape]) {
    for shape in shapes {
        for (name, bundle) in shape.hostile() {
            let times = (0..9).map(|_| microseconds(|| shape.refused(&bundle)));
            println!("{:26} {:>17.0}  ({name})", shape.name, median(times));
        }
    }
}

fn microseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<_> = samples.collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
