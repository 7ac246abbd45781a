//! The same images: what each tool's own matching says of a name, as its source has it, against what becomes of the pattern.

use crate::{ALICE, about, attempt, converts, quoted, refuses};
use bulla_policy::TrustPolicy;

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

/// Whether `pattern` matches the whole of `text`, where each wildcard is told how far it reaches.
fn wild(pattern: &[Wild], text: &str) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Wild::Letter(letter), rest)) => text.strip_prefix(*letter).is_some_and(|text| wild(rest, text)),
        Some((Wild::Any { slash }, rest)) => {
            let reach = text.find('/').filter(|_| !slash).unwrap_or(text.len());
            (0..=reach).any(|at| text.get(at..).is_some_and(|text| wild(rest, text)))
        }
    }
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

/// Kyverno: a star is anything; official images go without `library/`.
fn kyverno(pattern: &str, image: &str) -> bool {
    let short = image.strip_prefix("docker.io/library/").map(|rest| format!("docker.io/{rest}"));
    let names = [Some(image.to_owned()), short].into_iter().flatten();
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
    use base64::{Engine as _, engine::general_purpose::STANDARD};
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
        let text = format!(
            "{{\"default\": [{{\"type\": \"reject\"}}], \"transports\": {{\"docker\": {{\"{scope}\": [{{\"type\": \"sigstoreSigned\", \
             \"keyData\": \"{}\"}}]}}}}}}",
            STANDARD.encode(ALICE)
        );
        agrees(scope, &converts(&text).0, containers);
    }
    println!("containers: {} scopes by {} images, the same", scopes.len(), IMAGES.len());
}

#[test]
fn a_pattern_is_read_in_no_time_worth_telling() {
    for pattern in ["*a".repeat(200), "a*".repeat(200), "*/".repeat(200), "**/a".repeat(120), "*".repeat(500)] {
        let _ = attempt(&of_kyverno(&pattern));
        let _ = attempt(&of_policy_controller(&pattern));
        let _ = attempt(&of_connaisseur(&pattern));
    }
}
