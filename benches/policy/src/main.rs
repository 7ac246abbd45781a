//! What deciding takes: medians, each with the limit that the project has set itself. Ends with 1 if one is missed.

use bulla_policy::{Embedded, Evidence, Name, Policies, Subject, TrustPolicy, Verdict, decide};
use bulla_sign::{PredicateType, SigningKey, sign_statement, statement};
use bulla_verify::{Artifact, Digest, KeyAlgorithm, Time};
use serde_json::json;
use std::time::{Duration, Instant};

const APP: &[u8] = b"app";
const TYPE: &str = "https://slsa.dev/provenance/v1";

fn main() {
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
    let pem = key.verifying_key().to_pem().replace('\n', "\\n");
    let missed = [decisions(&key, &pem), images(&pem), loading(&pem)].into_iter().flatten().filter(|met| !met).count();
    std::process::exit(i32::from(missed > 0));
}

/// 20 rules over 10 attestations of provenance with 500 dependencies each: without conditions, and with one in each rule.
fn decisions(key: &SigningKey, pem: &str) -> Vec<bool> {
    let attestations: Vec<_> = (0..10).map(|number| (format!("bundle {number}"), provenance(key, number))).collect();
    let bundles = attestations.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice()));
    let subject = Subject { name: Name::Image("registry.example/team/app".to_owned()), digest: Digest::of(APP) };
    let rule = |number: usize, when: &str| {
        rule(
            number,
            "registry.example/**",
            &format!("{{ attested: {{ type: \"{TYPE}\", by: {{ key: \"{pem}\" }}{when} }} }}"),
        )
    };
    let native = policies((0..20).map(|number| rule(number, "")));
    let condition = "predicate.buildDefinition.resolvedDependencies.all(d, d.uri.startsWith('git+https://'))";
    let cel = policies((0..20).map(|number| rule(number, &format!(", where: \"{condition}\""))));
    let evidence = Evidence::gather(bundles, &Artifact::from_bytes(APP), native.believed(), now());
    assert_eq!(evidence.verified.len(), 10, "all of it verifies");
    let time = |policies: &Policies| {
        median(200, || assert_eq!(decide(policies, &subject, &evidence, now()).verdict(), Verdict::Accepted))
    };
    vec![
        row("decide: 20 rules, 10 attestations of 500 dependencies", time(&native), Duration::from_micros(200)),
        row("the same, with a condition over every dependency in each rule", time(&cel), Duration::from_millis(3)),
    ]
}

/// 1,000 images against 100 rules, and half as many against as many: it is linear.
fn images(pem: &str) -> Vec<bool> {
    let require = format!("{{ signed: {{ by: {{ key: \"{pem}\" }} }} }}");
    let policies =
        policies((0..100).map(|number| rule(number, &format!("registry.example/team-{number}/**"), &require)));
    let evidence = Evidence::default();
    let time = |count: usize| {
        let subjects: Vec<_> = (0..count)
            .map(|number| {
                let name = format!("registry.example/team-{}/app-{number}", number % 100);
                Subject { name: Name::Image(name), digest: Digest::of(number.to_string().as_bytes()) }
            })
            .collect();
        median(20, || {
            for subject in &subjects {
                assert_eq!(decide(&policies, subject, &evidence, now()).verdict(), Verdict::Refused);
            }
        })
    };
    let (half, whole) = (time(500), time(1_000));
    let ratio = whole.as_secs_f64() / half.as_secs_f64();
    println!("1,000 images against 100 rules: {whole:?}, {ratio:.2} x what 500 take (2.00 is linear)");
    vec![ratio < 2.5]
}

fn loading(pem: &str) -> Vec<bool> {
    let require = format!(
        "{{ all: [ {{ signed: {{ by: {{ key: \"{pem}\" }} }} }}, {{ provenance: {{ builder: github-hosted, source: \
         github.com/acme/app, ref: \"refs/tags/v*\" }} }} ] }}"
    );
    let text = text((0..1_000).map(|number| rule(number, &format!("registry.example/team-{number}/**"), &require)));
    let time = median(20, || assert_eq!(parse(&text).document().spec.rules.len(), 1_000));
    vec![row(&format!("loading 1,000 rules ({} kB)", text.len() / 1_000), time, Duration::from_millis(50))]
}

fn row(what: &str, time: Duration, limit: Duration) -> bool {
    println!("{what}: {time:?} (limit {limit:?})");
    time <= limit
}

fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[runs / 2]
}

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

fn rule(number: usize, images: &str, require: &str) -> String {
    format!("  - name: r{number}\n    images: [ \"{images}\" ]\n    mode: enforce\n    require: {require}\n")
}

fn text(rules: impl Iterator<Item = String>) -> String {
    let rules: String = rules.collect();
    format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n{rules}"
    )
}

fn parse(text: &str) -> TrustPolicy {
    TrustPolicy::parse(text, &Embedded).expect("a policy")
}

fn policies(rules: impl Iterator<Item = String>) -> Policies {
    parse(&text(rules)).into()
}

fn provenance(key: &SigningKey, number: usize) -> Vec<u8> {
    let dependencies: Vec<_> = (0..500)
        .map(|at| json!({ "uri": format!("git+https://github.com/acme/dependency-{at}"), "digest": { "gitCommit": format!("{at:040x}") } }))
        .collect();
    let predicate = json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": { "workflow": { "ref": "refs/tags/v1", "repository": "https://github.com/acme/app", "path": "a" } },
            "resolvedDependencies": dependencies,
        },
        "runDetails": { "builder": { "id": format!("https://github.com/acme/app/.github/workflows/{number}.yml@refs/tags/v1") } },
    });
    let kind = PredicateType::parse(TYPE).expect("a type");
    let statement =
        statement::attest(&Digest::of(APP), None, &kind, predicate.to_string().as_bytes()).expect("a statement");
    sign_statement(key, &statement).expect("signed")
}
