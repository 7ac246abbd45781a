//! Requirements put together, each said once.

use crate::language::{At, AtLeast, By, Require};
use core::num::NonZeroUsize;

/// A signature by that signer, in so many logs.
pub(super) fn signed(by: By, logs: usize) -> Require {
    Require::signed(by).logged(logs)
}

/// All of these; the only one itself.
pub(super) fn all(of: Vec<Require>) -> Option<Require> {
    group(of, Require::All)
}

/// Any of these; the only one itself.
pub(super) fn any(of: Vec<Require>) -> Option<Require> {
    group(of, Require::Any)
}

/// So many of these.
pub(super) fn at_least(count: usize, of: Vec<Require>) -> Option<Require> {
    match count {
        1 => any(of),
        count if count == of.len() => all(of),
        count => {
            let count = NonZeroUsize::new(count).filter(|count| count.get() < of.len())?;
            Some(Require::AtLeast(AtLeast { count, of: of.into_iter().map(At::nowhere).collect() }))
        }
    }
}

fn group(of: Vec<Require>, group: impl Fn(Vec<At<Require>>) -> Require) -> Option<Require> {
    let mut once: Vec<Require> = Vec::new();
    for require in of {
        if !once.contains(&require) {
            once.push(require);
        }
    }
    match once.len() {
        0 | 1 => once.pop(),
        _ => Some(group(once.into_iter().map(At::nowhere).collect())),
    }
}

/// Whether whoever meets `outer` meets `inner`, as far as both are said in the same words.
pub(super) fn implies(outer: &Require, inner: &Require) -> bool {
    let parts = |require: &Require| match require {
        Require::All(of) => of.iter().map(|part| (**part).clone()).collect(),
        other => vec![other.clone()],
    };
    let outer = parts(outer);
    parts(inner).iter().all(|part| outer.contains(part))
}
