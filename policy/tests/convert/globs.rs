//! The same images: what each tool's own matching says of a name, as its source has it, against what becomes of the pattern.

use crate::{ALICE, about, attempt, converts, quoted, refuses};
use bulla_policy::{Embedded, TrustPolicy};
use proptest::{collection, prelude::*, sample};
use std::collections::BTreeSet;

/// As they are called here.
const IMAGES: [&str; 22] = [
    "ghcr.io/acme",
    "ghcr.io/acme/app",
    "ghcr.io/acme/app-web",
    "ghcr.io/acme/app/web",
    "ghcr.io/acme/team/app",
    "ghcr.io/acme/team/sub/app",
    "ghcr.io/acmex/app",
    "ghcr.io/xacme/app",
    "ghcr.io/other/app",
    "app.acme.dev/x",
    "a.dev/acme/app",
    "a.dev/acme/xapp",
    "sub.a.dev/acme/app",
    "sub.a.dev:5000/acme/app",
    "xa.dev/acme/app",
    "localhost:5000/acme/app",
    "localhost:5001/app",
    "docker.io/library/nginx",
    "docker.io/library/nginx-unprivileged",
    "docker.io/acme/app",
    "docker.io/acme/team/app",
    "registry.acme.dev/a/b/c/app",
];

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Whether `pattern` matches the whole of `text`, where each wildcard is told how far it reaches: by where in the text each piece can
/// end, so that many stars take no longer than few.
fn wild(pattern: &[Wild], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let mut ends = BTreeSet::from([0]);
    for piece in pattern {
        let reached = |from: usize| {
            let rest = letters.get(from..).unwrap_or_default();
            match piece {
                Wild::Letter(letter) => {
                    if rest.first() == Some(letter) {
                        from + 1..from + 2
                    } else {
                        0..0
                    }
                }
                Wild::Any { slash } => {
                    let reach = rest.iter().position(|letter| *letter == '/' && !slash).unwrap_or(rest.len());
                    from..from + reach + 1
                }
            }
        };
        ends = ends.into_iter().flat_map(reached).collect();
    }
    ends.contains(&letters.len())
}

enum Wild {
    Letter(char),
    Any { slash: bool },
}

/// policy-controller: `**` is anything, `*` anything but a slash; over the digest's reference.
fn policy_controller(pattern: &str, image: &str) -> bool {
    let pattern = match pattern {
        "*" => "index.docker.io/library/*",
        "*/*" => "index.docker.io/*/*",
        other => other,
    };
    let marked = pattern.replace("**", "#");
    let parsed: Vec<_> = marked
        .chars()
        .map(|letter| match letter {
            '#' => Wild::Any { slash: true },
            '*' => Wild::Any { slash: false },
            letter => Wild::Letter(letter),
        })
        .collect();
    let image =
        image.strip_prefix("docker.io/").map_or_else(|| image.to_owned(), |rest| format!("index.docker.io/{rest}"));
    wild(&parsed, &format!("{image}@{DIGEST}"))
}

fn stars(pattern: &str) -> Vec<Wild> {
    pattern.chars().map(|letter| if letter == '*' { Wild::Any { slash: true } } else { Wild::Letter(letter) }).collect()
}

/// How an image may be referred to: by a tag, or a digest.
fn references(name: &str) -> [String; 3] {
    [format!("{name}:latest"), format!("{name}:v1.2"), format!("{name}@{DIGEST}")]
}

/// Kyverno: a star is anything; official images go without `library/`, and an image may be written with Docker Hub's other name,
/// which is the same here.
fn kyverno(pattern: &str, image: &str) -> bool {
    let short = image.strip_prefix("docker.io/library/").map(|rest| format!("docker.io/{rest}"));
    let other = image.strip_prefix("docker.io/").map(|rest| format!("index.docker.io/{rest}"));
    let names = [Some(image.to_owned()), short, other].into_iter().flatten();
    names.flat_map(|name| references(&name)).any(|reference| wild(&stars(pattern), &reference))
}

/// connaisseur: the same, with a star before and behind.
fn connaisseur(pattern: &str, image: &str) -> bool {
    let image =
        image.strip_prefix("docker.io/").map_or_else(|| image.to_owned(), |rest| format!("index.docker.io/{rest}"));
    references(&image).iter().any(|reference| wild(&stars(&format!("*{pattern}*")), reference))
}

/// containers/image, `docker/policyconfiguration`: the name, its namespaces, and the domains of its host.
fn containers(scope: &str, image: &str) -> bool {
    let mut candidates = vec![image.to_owned()];
    let mut name = image;
    while let Some((parent, _)) = name.rsplit_once('/') {
        candidates.push(parent.to_owned());
        name = parent;
    }
    let mut domain = name.split(':').next().unwrap_or_default();
    while let Some((_, parent)) = domain.split_once('.') {
        candidates.push(format!("*.{parent}"));
        domain = parent;
    }
    candidates.iter().any(|candidate| candidate == scope)
}

#[track_caller]
fn agrees(pattern: &str, policy: &TrustPolicy, theirs: impl Fn(&str, &str) -> bool) -> usize {
    let mut matched = 0;
    for image in IMAGES {
        let expected = theirs(pattern, image);
        assert_eq!(about(policy, image), expected, "{pattern} {image}: {:?}", policy.document().spec.rules);
        matched += usize::from(expected);
    }
    assert!(matched > 0, "{pattern} matches nothing of the table");
    matched
}

fn of_policy_controller(pattern: &str) -> String {
    format!(
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {{ name: p }}\nspec:\n  images: [ {{ glob: \"{pattern}\" }} ]\n  \
         authorities: [ {{ key: {{ data: {} }} }} ]\n",
        quoted(ALICE)
    )
}

fn of_kyverno(pattern: &str) -> String {
    format!(
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {{ name: p }}\nspec:\n  validationFailureAction: Enforce\n  rules:\n  - name: r\n    \
         match: {{ any: [ {{ resources: {{ kinds: [ Pod ] }} }} ] }}\n    verifyImages:\n    - imageReferences: [ \"{pattern}\" ]\n      \
         attestors: [ {{ entries: [ {{ keys: {{ publicKeys: {} }} }} ] }} ]\n",
        quoted(ALICE)
    )
}

fn of_connaisseur(pattern: &str) -> String {
    format!(
        "application:\n  validators: [ {{ name: default, type: cosign, trustRoots: [ {{ name: default, key: {} }} ] }} ]\n  \
         policy: [ {{ pattern: \"{pattern}\" }} ]\n",
        quoted(ALICE)
    )
}

#[test]
fn policy_controllers_globs_mean_the_same_images() {
    let patterns = [
        "**",
        "*",
        "*/*",
        "ghcr.io/**",
        "ghcr.io/acme/**",
        "ghcr.io/acme/*",
        "ghcr.io/acme/app*",
        "ghcr.io/acme/app**",
        "ghcr.io/acme/app@*",
        "ghcr.io/acme/app@sha256:*",
        "ghcr.io/acme*/**",
        "ghcr.io/*/app*",
        "ghcr.io/**/app*",
        "**/app*",
        "**/app@*",
        "**app@*",
        "**acme/app*",
        "*.io/**",
        "*.dev/**",
        "localhost:5000/**",
        "localhost:**",
        "localhost:*/**",
        "index.docker.io/**",
        "index.docker.io/library/*",
        "index.docker.io/*/app*",
        "ghcr.io/a**p@*",
        "registry.acme.dev/a/**/app*",
        "ghcr.io/acme/team/**",
        "ghcr.io/ac*e/**",
    ];
    for pattern in patterns {
        agrees(pattern, &converts(&of_policy_controller(pattern)).0, policy_controller);
    }
    println!("policy-controller: {} patterns by {} images, the same", patterns.len(), IMAGES.len());
    for (pattern, code) in [
        ("ghcr.io/acme/app", "matches-nothing"),
        ("ghcr.io/acme/app:*", "matches-nothing"),
        ("ghcr.io/acme/app:v1", "matches-nothing"),
        ("image*", "matches-nothing"),
        ("docker.io/**", "matches-nothing"),
        ("ghcr.io/acme/*b*", "glob-unsupported"),
        ("ghcr.io/a**b**c**d**e@*", "glob-unsupported"),
        ("ghcr.io/acme/app@sha256:0123*", "tag-bound"),
        ("[", "source-value"),
        ("ghcr.io/{a,b}", "source-value"),
    ] {
        refuses(&of_policy_controller(pattern), &[code]);
    }
    let pinned = of_policy_controller(&format!("ghcr.io/acme/app@{DIGEST}"));
    refuses(&pinned, &["tag-bound"]);
}

#[test]
fn kyvernos_patterns_mean_the_same_images() {
    let patterns = [
        "*",
        "*:*",
        "ghcr.io/*",
        "ghcr.io/acme/*",
        "ghcr.io/acme/*:*",
        "ghcr.io/acme/app*",
        "ghcr.io/acme/app:*",
        "ghcr.io/acme*",
        "ghcr.io/*/app:*",
        "*/acme/*",
        "*/app*",
        "*/acme/app:*",
        "ghcr.io/a*p:*",
        "docker.io/nginx*",
        "docker.io/nginx:*",
        "docker.io/*",
        "docker.io/library/nginx:*",
        "localhost:5000/*",
        "*.dev/acme/*",
        "*.io/nginx*",
        "d*.io/n*:*",
        "localhost:*",
        "*.dev:*",
        "sub.a.dev:*",
    ];
    for pattern in patterns {
        agrees(pattern, &converts(&of_kyverno(pattern)).0, kyverno);
    }
    println!("kyverno: {} patterns by {} images, the same", patterns.len(), IMAGES.len());
    for (pattern, code) in [
        ("ghcr.io/acme/app", "matches-nothing"),
        ("ghcr.io/acme/app:v1", "tag-bound"),
        ("ghcr.io/acme/app:v*", "tag-bound"),
        ("ghcr.io/acme/*app*", "tag-bound"),
        ("*nginx*", "tag-bound"),
        ("ghcr.io/acme/app?", "glob-unsupported"),
        ("***sha256***:*", "glob-unsupported"),
        ("*t*@**:*", "glob-unsupported"),
        ("GHCR.io/acme/app*", "glob-unsupported"),
    ] {
        refuses(&of_kyverno(pattern), &[code]);
    }
}

#[test]
fn connaisseurs_patterns_mean_the_same_images() {
    let patterns = [
        "*:*",
        "docker.io/acme/*:*",
        "docker.io/library/*:*",
        "ghcr.io/acme/app:*",
        "ghcr.io/acme/*",
        "ghcr.io/acme/*:*",
        "acme/app:*",
        "index.docker.io/acme/*:*",
        "ghcr.io/*/app:*",
        "localhost:*",
    ];
    for pattern in patterns {
        agrees(pattern, &converts(&of_connaisseur(pattern)).0, connaisseur);
    }
    println!("connaisseur: {} patterns by {} images, the same", patterns.len(), IMAGES.len());
}

#[test]
fn the_containers_scopes_mean_the_same_images() {
    let scopes = [
        "ghcr.io",
        "ghcr.io/acme",
        "ghcr.io/acme/app",
        "ghcr.io/acme/team",
        "docker.io/library",
        "docker.io/library/nginx",
        "docker.io",
        "localhost:5000",
        "localhost:5000/acme",
        "*.dev",
        "*.a.dev",
        "*.acme.dev",
        "sub.a.dev:5000",
    ];
    for scope in scopes {
        agrees(scope, &converts(&scoped(scope)).0, containers);
    }
    println!("containers: {} scopes by {} images, the same", scopes.len(), IMAGES.len());
}

fn scoped(scope: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!(
        "{{\"default\": [{{\"type\": \"reject\"}}], \"transports\": {{\"docker\": {{\"{scope}\": [{{\"type\": \"sigstoreSigned\", \
         \"keyData\": \"{}\"}}]}}}}}}",
        STANDARD.encode(ALICE)
    )
}

/// What patterns are made of, the more telling the closer to a name's seams.
const PIECES: [&str; 24] = [
    "*",
    "*",
    "*",
    "**",
    "/",
    "/",
    "/",
    ":*",
    "@*",
    "@sha256:*",
    "/*",
    "/**",
    "*.",
    "ghcr.io",
    "a.dev",
    "docker.io",
    "index.docker.io",
    "localhost:5000",
    "acme",
    "app",
    "a",
    "e",
    "/library/",
    ":",
];

fn name() -> impl Strategy<Value = String> {
    let host =
        sample::select(vec!["ghcr.io", "a.dev", "sub.a.dev", "docker.io", "localhost:5000", "localhost", "a.dev:5000"]);
    let part = sample::select(vec!["acme", "app", "a", "e", "cafe", "library", "app-a", "xapp", "0a"]);
    (host, collection::vec(part, 1..4)).prop_map(|(host, parts)| match (host, parts.as_slice()) {
        // The engine's names for Docker Hub have two parts.
        ("docker.io", [one]) => format!("docker.io/library/{one}"),
        (host, parts) => format!("{host}/{}", parts.join("/")),
    })
}

fn pattern() -> impl Strategy<Value = String> {
    collection::vec(sample::select(PIECES.to_vec()), 1..7).prop_map(|pieces| pieces.concat())
}

/// How a policy with a pattern is written, and what the tool's own matching says.
type Format = (fn(&str) -> String, fn(&str, &str) -> bool);

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the pattern and the name, where it is converted at all.
    #[test]
    fn a_pattern_that_is_converted_means_the_same_images(pattern in pattern(), names in collection::vec(name(), 12)) {
        let formats: [Format; 4] = [
            (of_policy_controller, policy_controller),
            (of_kyverno, kyverno),
            (of_connaisseur, connaisseur),
            (scoped, containers),
        ];
        for (at, (written, theirs)) in formats.into_iter().enumerate() {
            let Ok(converted) = attempt(&written(&pattern)) else { continue };
            let policy = TrustPolicy::parse(&converted.text, &Embedded).expect("it loads");
            for name in &names {
                prop_assert_eq!(about(&policy, name), theirs(&pattern, name), "format {} {} {}", at, &pattern, name);
            }
        }
    }
}

#[test]
fn a_pattern_is_read_in_no_time_worth_telling() {
    for pattern in ["*a".repeat(200), "a*".repeat(200), "*/".repeat(200), "**/a".repeat(120), "*".repeat(500)] {
        let _ = attempt(&of_kyverno(&pattern));
        let _ = attempt(&of_policy_controller(&pattern));
        let _ = attempt(&of_connaisseur(&pattern));
    }
}
