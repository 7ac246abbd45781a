//! Every real bundle of `../shared/vectors`, changed at random from a seed, before two verifiers: ours and sigstore-rust's.
//!
//! ```console
//! cargo run --release --locked --manifest-path tests/differential/Cargo.toml [-- COUNT [SEED]]
//! ```
//!
//! Where the oracle refuses and we accept, the reason has to be among [`argued`]; anything else ends with 1.

mod corpus;
mod mutate;
mod verdict;

use corpus::Sample;
use mutate::Random;
use std::{collections::BTreeMap, process::ExitCode};
use verdict::{Verdicts, argued};

/// How many mutations CI tries.
const COUNT: usize = 20_000;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let count = args.next().map_or(COUNT, |count| usize::try_from(count).unwrap_or(COUNT));
    let seed = args.next().unwrap_or(1);
    let Some(samples) = corpus::read() else {
        println!("skipped: ../shared/vectors is not there");
        return ExitCode::SUCCESS;
    };
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    for sample in &samples {
        tally.count("unchanged", sample, &sample.bundle.to_string());
    }
    for at in 0..count {
        let sample = &samples[at % samples.len()];
        let other = &samples[random.below(samples.len())];
        let (kind, changed) = mutate::mutate(sample, other, &mut random);
        tally.count(kind, sample, &changed);
    }
    tally.report(seed)
}

/// How often the two agreed, by the kind of change; accepts and refusals apart.
#[derive(Default)]
struct Tally {
    kinds: BTreeMap<&'static str, [usize; 4]>,
    argued: BTreeMap<&'static str, usize>,
    unargued: Vec<String>,
}

impl Tally {
    fn count(&mut self, kind: &'static str, sample: &Sample, bundle: &str) {
        let verdicts = Verdicts::of(sample, bundle);
        let at = usize::from(verdicts.ours.is_err()) + 2 * usize::from(verdicts.theirs.is_err());
        self.kinds.entry(kind).or_default()[at] += 1;
        if let (Ok(()), Err(refusal)) = (&verdicts.ours, &verdicts.theirs) {
            match argued(refusal, sample, bundle) {
                Some(reason) => *self.argued.entry(reason).or_default() += 1,
                None => self.unargued.push(format!("{} ({kind}): {refusal}\n{bundle}", sample.name)),
            }
        }
    }

    fn report(&self, seed: u64) -> ExitCode {
        println!("{:28} {:>11} {:>11} {:>11} {:>11}", "change", "both accept", "they alone", "we alone", "both refuse");
        for (kind, [both, they, we, neither]) in &self.kinds {
            println!("{kind:28} {both:>11} {they:>11} {we:>11} {neither:>11}");
        }
        for (reason, count) in &self.argued {
            println!("we alone accept, argued: {count} × {reason}");
        }
        for case in self.unargued.iter().take(5) {
            println!("\nWE ALONE ACCEPT: {case}");
        }
        println!("seed {seed}: where the oracle refuses and we accept, not argued: {}", self.unargued.len());
        if self.unargued.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
