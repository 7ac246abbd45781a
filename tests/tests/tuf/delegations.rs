//! Who speaks for a path, and in which order they are asked.

use crate::{Case, world::World};
use std::collections::BTreeSet;

/// Who delegates to whom, for which paths, and whether the search ends there.
type Edge = (&'static str, &'static str, &'static str, bool);

const fn edge(from: &'static str, to: &'static str) -> Edge {
    (from, to, "*", false)
}

pub(crate) const CASES: &[Case] = &[
    ("test_graph_traversal[basic-delegation]", |w| visits(w, &[edge("targets", "A")], &["A"])),
    ("test_graph_traversal[single-level-delegations]", |w| {
        visits(w, &[edge("targets", "A"), edge("targets", "B")], &["A", "B"]);
    }),
    ("test_graph_traversal[two-level-delegations]", |w| {
        visits(w, &[edge("targets", "A"), edge("targets", "B"), edge("B", "C")], &["A", "B", "C"]);
    }),
    ("test_graph_traversal[two-level-test-DFS-order-of-traversal]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), edge("A", "C"), edge("A", "D")];
        visits(w, &edges, &["A", "C", "D", "B"]);
    }),
    ("test_graph_traversal[three-level-delegation-test-DFS-order-of-traversal]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), edge("A", "C"), edge("C", "D")];
        visits(w, &edges, &["A", "C", "D", "B"]);
    }),
    ("test_graph_traversal[two-level-terminating-ignores-all-but-roles-descendants]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), ("A", "C", "*", true), edge("A", "D")];
        visits(w, &edges, &["A", "C"]);
    }),
    ("test_graph_traversal[three-level-terminating-ignores-all-but-roles-descendants]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), ("A", "C", "*", true), edge("C", "D")];
        visits(w, &edges, &["A", "C", "D"]);
    }),
    ("test_graph_traversal[two-level-ignores-all-branches-not-matching-paths]", |w| {
        let edges = [("targets", "A", "*.py", false), edge("targets", "B"), edge("A", "C")];
        visits(w, &edges, &["B"]);
    }),
    ("test_graph_traversal[three-level-ignores-all-branches-not-matching-paths]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), ("A", "C", "*.py", false), edge("C", "D")];
        visits(w, &edges, &["A", "B"]);
    }),
    ("test_graph_traversal[cyclic-graph]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), edge("B", "C"), edge("C", "D"), edge("D", "B")];
        visits(w, &edges, &["A", "B", "C", "D"]);
    }),
    ("test_graph_traversal[two-roles-delegating-to-a-third]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), edge("B", "C"), edge("A", "C")];
        visits(w, &edges, &["A", "C", "B"]);
    }),
    ("test_graph_traversal[two-roles-delegating-to-a-third-different-paths]", |w| {
        let edges = [edge("targets", "A"), edge("targets", "B"), edge("B", "C"), ("A", "C", "*.py", false)];
        visits(w, &edges, &["A", "B", "C"]);
    }),
    ("test_targetfile_search[no delegations]", |w| finds(w, "targetfile", true, &[])),
    ("test_targetfile_search[targetpath matches wildcard]", |w| finds(w, "README.md", true, &["A"])),
    ("test_targetfile_search[targetpath with separators x]", |w| finds(w, "releases/x/x_v1", true, &["B", "C"])),
    ("test_targetfile_search[targetpath with separators y]", |w| finds(w, "releases/y/y_v1.zip", true, &["B", "D"])),
    ("test_targetfile_search[targetpath is not delegated by all roles in the chain]", |w| {
        finds(w, "releases/z/z_v1.zip", false, &["B"]);
    }),
    ("test_targetfile_search[wildcard does not match path separator]", |w| finds(w, "releases/README.md", false, &[])),
    ("test_targetfile_search[targetpath matches question mark wildcard]", |w| finds(w, "foo-1.tgz", true, &["A"])),
    ("test_targetfile_search[targetpath does not match question mark wildcard]", |w| {
        finds(w, "foo-alpha.tgz", false, &[]);
    }),
    ("test_targetfile_search[targetpath matching is case sensitive]", |w| finds(w, "README.MD", false, &[])),
    ("test_cached_role_is_verified_against_current_delegator", |w| {
        w.repo.delegate("targets", "parent-a", &["team-a/*"], false);
        w.repo.delegate("targets", "parent-b", &["team-b/*"], false);
        w.repo.delegate("parent-a", "release", &["team-a/*"], false);
        w.repo.delegate("parent-b", "release", &["team-b/*"], false);
        // Only the key that the first of the two parents named signs.
        w.repo.signers.get_mut("release").and_then(Vec::pop).expect("a key");
        w.repo.add_file("release", "team-a/trusted_root.json", b"trusted A");
        w.repo.add_file("release", "team-b/trusted_root.json", b"malicious B");
        w.repo.publish(&["release", "parent-a", "parent-b", "targets", "snapshot", "timestamp"]);
        w.downloads("team-a/trusted_root.json", b"trusted A");
        w.refuses_file("team-b/trusted_root.json", "tuf-threshold");
        // Both in one walk.
        let both = ["team-a/trusted_root.json", "team-b/trusted_root.json"];
        crate::world::is_refused(w.update(&both, bulla_transport::tuf::Check::Full), "tuf-threshold");
    }),
    ("test_delegation_not_in_snapshot", |w| {
        w.repo.delegate("targets", "delegated", &["delegatedpath/*"], false);
        w.repo.publish(&["delegated", "targets"]);
        w.repo.role("snapshot")["meta"].as_object_mut().and_then(|meta| meta.remove("delegated.json"));
        w.repo.publish(&["snapshot", "timestamp"]);
        w.accepts();
        w.repo.asked();
        w.refuses_file("delegatedpath/foo", "tuf-role-not-in-snapshot");
        w.asked(&["2.root.json", "timestamp.json"]);
        assert_eq!(w.version("delegated"), 0);
    }),
];

/// Looks for what is not there, so that everybody is asked who might have it.
fn visits(w: &mut World, edges: &[Edge], order: &[&str]) {
    delegate(w, edges);
    w.has_no("missingpath");
    asked_below(w, order);
}

fn delegate(w: &mut World, edges: &[Edge]) {
    let mut roles = BTreeSet::new();
    for &(from, to, path, terminating) in edges {
        let paths: Vec<&str> = path.split(' ').collect();
        w.repo.delegate(from, to, &paths, terminating);
        roles.extend([from, to]);
    }
    let roles: Vec<&str> = roles.into_iter().chain(["snapshot", "timestamp"]).collect();
    w.repo.publish(&roles);
}

/// Below the four top-level roles, these were asked for, in this order.
fn asked_below(w: &World, order: &[&str]) {
    let asked: Vec<String> = w.repo.asked().into_iter().skip(4).collect();
    let expected: Vec<String> = order.iter().map(|role| format!("1.{role}.json")).collect();
    assert_eq!(asked, expected);
}

fn finds(w: &mut World, path: &str, found: bool, order: &[&str]) {
    for (role, path) in [
        ("targets", "targetfile"),
        ("A", "README.md"),
        ("A", "releases/README.md"),
        ("A", "foo-1.tgz"),
        ("A", "foo-alpha.tgz"),
        ("C", "releases/x/x_v1"),
        ("D", "releases/y/y_v1.zip"),
        ("D", "releases/z/z_v1.zip"),
    ] {
        if !w.repo.signed.contains_key(role) {
            let (from, paths) = match role {
                "A" => ("targets", "*.doc *.md foo-?.tgz"),
                "C" => ("B", "releases/x/*"),
                _ => ("B", "releases/y/*.zip"),
            };
            if from == "B" && !w.repo.signed.contains_key("B") {
                w.repo.delegate("targets", "B", &["releases/*/*"], false);
            }
            w.repo.delegate(from, role, &paths.split(' ').collect::<Vec<_>>(), false);
        }
        w.repo.add_file(role, path, path.as_bytes());
    }
    w.repo.publish(&["A", "B", "C", "D", "targets", "snapshot", "timestamp"]);
    if found {
        w.downloads(path, path.as_bytes());
    } else {
        w.has_no(path);
    }
    asked_below(w, order);
}
