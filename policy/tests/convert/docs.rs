//! The document says every code that may be told, and no other.

use std::{collections::BTreeSet, fs, path::PathBuf};

fn sources(folder: PathBuf) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path().is_dir() {
            true => found.extend(sources(entry.path())),
            false => found.push(fs::read_to_string(entry.path()).expect("text")),
        }
    }
    found
}

/// The words in quotes that are of a code's form and stand where one is told.
fn told() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for source in sources(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/convert")) {
        for call in [".refuse(", ".differs(", ".differs_once(", ".stricter(", "PolicyError::new(", "refuse_each("] {
            for (_, behind) in source.match_indices(call).map(|(at, _)| source.split_at(at + call.len())) {
                // What is refused each time names its fields first.
                let arguments = behind
                    .trim_start()
                    .strip_prefix("&[")
                    .map_or(behind, |list| list.split_once(']').map_or("", |(_, rest)| rest));
                let code = arguments
                    .trim_start_matches([',', ' ', '\n'])
                    .strip_prefix('"')
                    .and_then(|text| text.split_once('"'));
                codes.extend(code.map(|(code, _)| code.to_owned()));
            }
        }
    }
    codes
}

#[test]
fn every_code_stands_in_the_document() {
    let text =
        fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/convert.md")).expect("the document");
    let tables = text.split("## Differences").nth(1).expect("its tables");
    let said: BTreeSet<_> = tables
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    let told = told();
    assert!(told.len() > 30, "the codes were not found: {told:?}");
    let unsaid: Vec<_> = told.difference(&said).collect();
    assert!(unsaid.is_empty(), "not in docs/convert.md: {unsaid:?}");
    // These are the policy's own, which a name or a key may have.
    let others = ["pattern-unanchored", "wildcard-identity"];
    let unheard: Vec<_> = said.difference(&told).filter(|code| !others.contains(&code.as_str())).collect();
    assert!(unheard.is_empty(), "never told: {unheard:?}");
}
