//! sigstore-go, which is a program of its own: it is asked for its median over a few rounds, in turn with ours.

use crate::shapes::Shape;
use std::{env, process::Command};

/// What `tests/peers/run --sigstore-go` has built, or nothing: this bench needs no Go.
pub fn binary() -> Option<String> {
    env::var("BULLA_SIGSTORE_GO").ok()
}

/// Microseconds to parse and verify, without the program's start and its warming up.
pub fn microseconds(binary: &str, shape: &Shape, rounds: usize) -> f64 {
    let mut command = Command::new(binary);
    command.args([&shape.files.root, &shape.files.bundle]).args([shape.digest(), rounds.to_string()]);
    let output = command.args(&shape.files.key).output().expect("sigstore-go starts");
    assert!(output.status.success(), "{}: {}", shape.name, String::from_utf8_lossy(&output.stderr));
    let nanoseconds: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    nanoseconds / 1e3
}
