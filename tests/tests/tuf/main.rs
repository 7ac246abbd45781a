//! TUF: the cases of tuf-conformance as tests of our own, and what it does not ask for.
//!
//! `tests/tuf-conformance.md` lists the cases; here they are data, so that the list cannot say more than was run.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

mod basics;
mod cache;
mod command;
mod delegations;
mod expiry;
mod files;
mod keys;
mod maker;
mod mirror;
mod python;
mod rollback;
mod rotations;
mod strict;
mod world;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use world::World;

/// A case by its name in the suite, and what happens in it.
type Case = (&'static str, fn(&mut World));

const LIST: &str = include_str!("../../tuf-conformance.md");

fn cases() -> impl Iterator<Item = &'static Case> {
    [basics::CASES, expiry::CASES, files::CASES, keys::CASES, rollback::CASES, delegations::CASES, rotations::CASES]
        .into_iter()
        .flatten()
}

#[test]
fn the_cases_of_tuf_conformance_come_out_as_they_should() {
    let ran =
        |(name, case): &Case| catch_unwind(AssertUnwindSafe(|| case(&mut World::new()))).is_err().then_some(*name);
    let failed: Vec<&str> = cases().chain(expiry::LATER).filter_map(ran).collect();
    assert_eq!(failed, Vec::<&str>::new());
    let (accepted, refused) = (world::ACCEPTED.get(), world::REFUSED.get());
    println!("tuf-conformance: {} cases, and {} later ones", cases().count(), expiry::LATER.len());
    println!("tuf-conformance: {accepted} times accepted, {refused} times refused or found missing");
    assert!(accepted > 100 && refused > 50, "{accepted} {refused}");
}

/// A line of the list: `` | `name` | run | `` or `` | `name` | not applicable: why | ``.
#[test]
fn the_list_names_all_113_cases_and_each_that_says_so_is_run() {
    let lines: Vec<(&str, &str)> =
        LIST.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")).collect();
    let run: BTreeSet<&str> = cases().map(|(name, _)| *name).collect();
    let later: BTreeSet<&str> = expiry::LATER.iter().map(|(name, _)| *name).collect();
    let listed =
        |state: &str| lines.iter().filter(|(_, is)| *is == state).map(|(name, _)| *name).collect::<BTreeSet<_>>();
    assert_eq!(listed("run"), run);
    assert_eq!(listed("run, came later"), later);
    let elsewhere: Vec<_> = lines.iter().filter(|(_, is)| is.starts_with("not applicable: ")).collect();
    assert_eq!(run.len() + elsewhere.len(), 113);
    assert_eq!(lines.len(), 113 + later.len());
}
