//! One bundle of each shape: parsed and verified by us, by sigstore-rust, and the signature checks alone that nobody can do
//! without. Interleaved, on one core; medians of each, and of the ratios of
//! each round.
//!
//! ```console
//! cargo run --release --locked --manifest-path benches/verify/Cargo.toml [-- ROUNDS]
//! ```

mod allocations;
mod floor;
mod shapes;

use floor::Floor;
use shapes::Shape;
use std::time::Instant;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|arg| arg.parse().ok()).unwrap_or(400);
    let Some(shapes) = shapes::read() else {
        println!("skipped: ../shared/vectors is not there");
        return;
    };
    let floor = Floor::new();
    println!(
        "{:26} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>8}",
        "µs", "floor", "ours", "/floor", "theirs", "/ours", "alloc", "bytes"
    );
    for shape in &shapes {
        report(shape, &floor, rounds);
    }
    roots(rounds);
    hostile(&shapes);
}

fn report(shape: &Shape, floor: &Floor, rounds: usize) {
    let rounds: Vec<[f64; 3]> = (0..rounds)
        .map(|_| {
            [microseconds(|| floor.check(&shape.needs)), microseconds(|| shape.ours()), microseconds(|| shape.theirs())]
        })
        .collect();
    let (count, bytes) = allocations::of(|| shape.ours());
    let of = |figure: fn(&[f64; 3]) -> f64| median(rounds.iter().map(figure).collect());
    println!(
        "{:26} {:>8.0} {:>8.0} {:>8.3} {:>8.0} {:>8.2} {count:>6} {bytes:>8}",
        shape.name,
        of(|[floor, ..]| *floor),
        of(|[_, ours, _]| *ours),
        of(|[floor, ours, _]| ours / floor),
        of(|[.., theirs]| *theirs),
        of(|[_, ours, theirs]| theirs / ours),
    );
}

fn roots(rounds: usize) {
    let times = (0..rounds).map(|_| microseconds(|| drop(bulla_verify::TrustedRoot::public_good().expect("a root"))));
    println!("{:26} {:>17.0}", "loading the public root", median(times.collect()));
}

/// What an attacker can make of a good bundle: as many of everything as the budgets let through.
fn hostile(shapes: &[Shape]) {
    for shape in shapes {
        for (name, bundle) in shape.hostile() {
            let times: Vec<_> = (0..9).map(|_| microseconds(|| shape.refused(&bundle))).collect();
            println!("{:26} {:>17.0}  ({name})", shape.name, median(times));
        }
    }
}

fn microseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
