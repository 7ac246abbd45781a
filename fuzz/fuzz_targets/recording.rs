//! A recording of any bytes never panics; what can be replayed can be written, and is then replayed to the same.
#![no_main]

use bulla_policy::{Decision, Recording};

fn verdicts(decisions: &[Decision]) -> Vec<&'static str> {
    decisions.iter().map(|decision| decision.verdict().as_str()).collect()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(recording) = Recording::parse(bytes) else { return };
    let Ok(decisions) = recording.replay() else { return };
    let written = recording.to_json().expect("what was replayed is written");
    let again = Recording::parse(&written).and_then(|again| again.replay()).expect("what was written is replayed");
    assert_eq!(verdicts(&again), verdicts(&decisions));
});
