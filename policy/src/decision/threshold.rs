//! So many of several requirements, each met by a signer of its own.

use super::{Judge, Reason, Step, Verdict, trace::Telling};
use crate::language::{At, Require};
use std::collections::BTreeSet;

impl Judge<'_> {
    pub(super) fn threshold(
        &self,
        whole: &Require,
        count: usize,
        of: &[At<Require>],
        met: &mut BTreeSet<usize>,
    ) -> Step {
        let judged: Vec<_> = of.iter().map(|part| self.leaf(part, false, met)).collect();
        let signers: Vec<_> = judged.iter().map(|(_, signers)| signers).collect();
        let distinct = distinct(&signers);
        let unknown = judged.iter().filter(|(step, _)| step.verdict == Verdict::Unknown).count();
        let verdict = match () {
            () if distinct >= count => Verdict::Accepted,
            // What could not be fetched may have been somebody else's.
            () if distinct + unknown >= count || !self.evidence.unavailable.is_empty() => Verdict::Unknown,
            () => Verdict::Refused,
        };
        let parts: Vec<_> = judged.into_iter().map(|(step, _)| step).collect();
        let accepted = parts.iter().filter(|part| part.verdict == Verdict::Accepted).count();
        let reasons = if verdict == Verdict::Accepted {
            Vec::new()
        } else {
            let message = match accepted > distinct {
                true => {
                    format!("{accepted} requirements are met by {distinct} signers, and {count} signers are demanded")
                }
                false => format!("{distinct} of {count} demanded signers have signed"),
            };
            vec![Reason::new(Telling::Nearly, "signer-threshold", message, "have the others sign it, too")]
        };
        Step { reasons, ..Step::new(whole.heading(), verdict).of_parts(parts) }
    }
}

/// How many requirements can be met at once if every signer meets one at most: a largest matching, by augmenting paths. What it
/// takes is bounded by the policy and by the caps of what is fetched.
fn distinct(signers: &[&BTreeSet<String>]) -> usize {
    let mut meets: Vec<(&str, usize)> = Vec::new();
    (0..signers.len()).filter(|part| augment(*part, signers, &mut meets, &mut BTreeSet::new())).count()
}

fn augment<'a>(
    part: usize,
    signers: &[&'a BTreeSet<String>],
    meets: &mut Vec<(&'a str, usize)>,
    asked: &mut BTreeSet<&'a str>,
) -> bool {
    for signer in signers.get(part).into_iter().flat_map(|of_part| of_part.iter()) {
        if !asked.insert(signer) {
            continue;
        }
        let taken = meets.iter().position(|(name, _)| name == signer);
        match taken.and_then(|at| Some((at, meets.get(at)?.1))) {
            None => {
                meets.push((signer, part));
                return true;
            }
            Some((_, other)) if augment(other, signers, meets, asked) => {
                meets.retain(|(name, _)| name != signer);
                meets.push((signer, part));
                return true;
            }
            Some(_) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(parts: &[&[&str]]) -> usize {
        let sets: Vec<BTreeSet<String>> =
            parts.iter().map(|part| part.iter().map(|name| (*name).to_owned()).collect()).collect();
        distinct(&sets.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_signer_counts_once_and_as_favourably_as_can_be() {
        assert_eq!(count(&[&["a"], &["a"]]), 1);
        assert_eq!(count(&[&["a", "b"], &["a"]]), 2);
        assert_eq!(count(&[&["a"], &["a", "b"], &["b"]]), 2);
        assert_eq!(count(&[&["a", "b"], &["b", "c"], &["a"]]), 3);
        assert_eq!(count(&[&["a", "b"], &["a", "b"], &["a", "b"]]), 2);
        assert_eq!(count(&[&[], &["a"]]), 1);
        assert_eq!(count(&[]), 0);
    }
}
