//! For which target paths a role speaks (specification 4.5).

use super::TufError;
use crate::error::shown;
use bulla_verify::Digest;

/// Either patterns, or the first digits of the path's SHA-256.
#[derive(Clone)]
pub(super) enum Paths {
    Patterns(Vec<String>),
    HashPrefixes(Vec<String>),
}

impl Paths {
    /// One of the two has to be there.
    pub(super) fn read(patterns: Option<Vec<String>>, prefixes: Option<Vec<String>>) -> Option<Self> {
        match (patterns, prefixes) {
            (Some(patterns), None) => Some(Self::Patterns(patterns)),
            (None, Some(prefixes)) => Some(Self::HashPrefixes(prefixes)),
            (None, None) | (Some(_), Some(_)) => None,
        }
    }

    /// Whether `role` speaks for `path`.
    pub(super) fn hold(&self, role: &str, path: &str) -> Result<bool, TufError> {
        match self {
            Self::HashPrefixes(prefixes) => {
                let hex = Digest::of(path.as_bytes()).to_hex();
                Ok(prefixes.iter().any(|prefix| !prefix.is_empty() && hex.starts_with(prefix.as_str())))
            }
            Self::Patterns(patterns) => {
                // Some readers take brackets for a set of characters, others for themselves: who reads which, would decide.
                if let Some(pattern) = patterns.iter().find(|pattern| pattern.contains('[')) {
                    return Err(TufError::PathPattern { role: shown(role), pattern: shown(pattern) });
                }
                Ok(patterns.iter().any(|pattern| matches(pattern, path)))
            }
        }
    }
}

/// `*` is any characters and `?` is one, but never the `/` between two parts.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut parts, mut of_path) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), of_path.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if part_matches(pattern, part) => {}
            _ => return false,
        }
    }
}

/// In time that grows with the product of both lengths, whatever the pattern.
fn part_matches(pattern: &str, part: &str) -> bool {
    let part: Vec<char> = part.chars().collect();
    // Where in the part a match of the pattern so far may end.
    let mut ends = vec![false; part.len() + 1];
    ends.iter_mut().take(1).for_each(|first| *first = true);
    for wanted in pattern.chars() {
        let mut before = false;
        let mut next = Vec::with_capacity(ends.len());
        for (at, end) in ends.iter().copied().enumerate() {
            let found = at.checked_sub(1).and_then(|last| part.get(last));
            let here = match wanted {
                '*' => end || next.last() == Some(&true),
                '?' => before && found.is_some(),
                letter => before && found == Some(&letter),
            };
            next.push(here);
            before = end;
        }
        ends = next;
    }
    ends.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_ends_where_the_part_does() {
        for (pattern, path) in [
            ("*", "a"),
            ("*", ""),
            ("a*c", "abbc"),
            ("a*c", "ac"),
            ("*.tgz", "x.tgz"),
            ("a/*/c", "a/b/c"),
            ("f?o", "foo"),
            ("f?o", "féo"),
            ("**", "ab"),
            ("a", "a"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*", "a/b"),
            ("a/*", "a"),
            ("a/*", "a/b/c"),
            ("f?o", "fo"),
            ("f?o", "f/o"),
            ("*.tgz", "x.tgz.txt"),
            ("A", "a"),
            ("", "a"),
            ("a*b", "acbc"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        assert!(!matches(&"a*".repeat(200), &"a".repeat(2_000).replace("aaaa", "aaab").replace('a', "b")));
    }

    #[test]
    fn a_role_may_speak_for_the_hashes_of_paths() {
        let hex = Digest::of(b"a/b").to_hex();
        let paths = |prefix: &str| Paths::HashPrefixes(vec![prefix.to_owned()]);
        assert!(paths(&hex[..3]).hold("r", "a/b").expect("a verdict"));
        assert!(!paths("").hold("r", "a/b").expect("a verdict"));
        assert!(!paths(&hex[..3]).hold("r", "a/c").expect("a verdict"));
    }

    #[test]
    fn brackets_are_not_guessed_at() {
        let paths = Paths::Patterns(vec!["*".to_owned(), "[ab]".to_owned()]);
        assert_eq!(paths.hold("r", "a").expect_err("refused").code(), "tuf-path-pattern");
    }
}
