//! What was recorded is decided again to the last letter, or refused.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, says when it is skipped, and reads files"
)]

use bulla_policy::{
    Child, Children, Decision, Embedded, Name, Policies, Recording, RecordingError, Subject, TrustPolicy, Unavailable,
    UnverifiedEvidence, Verdict, budget, decide,
    language::{By, Require},
    recording::{Problem, Recorded, Told},
    schema,
};
use bulla_sign::{PredicateType, SigningKey, sign_message, sign_statement, statement};
use bulla_verify::{Artifact, Digest, HashAlgorithm, KeyAlgorithm, Time, TrustedRoot};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{fs, path::PathBuf, sync::LazyLock};

const APP: &[u8] = b"app";
const KEYS: usize = 3;
const TYPE: &str = "https://example.com/x";

fn now() -> Time {
    Time::from_unix(1_790_000_000)
}

struct World {
    /// Each key's PEM, in one line of YAML.
    pems: Vec<String>,
    /// Of each key a signature and an attestation; and something that is no bundle.
    bundles: Vec<Vec<u8>>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let algorithms = [KeyAlgorithm::EcdsaP256, KeyAlgorithm::EcdsaP384, KeyAlgorithm::EcdsaP521];
    let keys: Vec<_> = algorithms.map(|algorithm| SigningKey::generate(algorithm).expect("a key")).into();
    let mut bundles = vec![b"{}".to_vec()];
    for (number, key) in keys.iter().enumerate() {
        bundles.push(sign_message(key, &Artifact::from_bytes(APP)).expect("signed"));
        let (kind, predicate) = (PredicateType::parse(TYPE).expect("a type"), format!("{{\"number\": {number}}}"));
        let statement = statement::attest(&Digest::of(APP), None, &kind, predicate.as_bytes()).expect("a statement");
        bundles.push(sign_statement(key, &statement).expect("signed"));
    }
    World { pems: keys.iter().map(|key| key.verifying_key().to_pem().replace('\n', "\\n")).collect(), bundles }
});

/// A requirement, as YAML in one line.
fn wanted() -> impl Strategy<Value = String> {
    let by = |key: usize| format!("by: {{ key: \"{}\" }}", WORLD.pems[key]);
    let signed = (0..KEYS).prop_map(move |key| format!("{{ signed: {{ {} }} }}", by(key)));
    let attested = (0..KEYS).prop_map(move |key| {
        format!("{{ attested: {{ type: \"{TYPE}\", {}, where: \"predicate.number == 1\" }} }}", by(key))
    });
    let leaf = prop_oneof![signed, attested];
    // Without doubles, which no policy has.
    let several =
        proptest::collection::btree_set(leaf, 1..4).prop_map(|of| of.into_iter().collect::<Vec<_>>().join(", "));
    (several, 0..3_usize).prop_map(|(of, how)| match how {
        0 => format!("{{ all: [ {of} ] }}"),
        1 => format!("{{ any: [ {of} ] }}"),
        _ => format!("{{ atLeast: {{ count: 1, of: [ {of} ] }} }}"),
    })
}

fn policy(name: &str, mode: &str, wanted: &str, besides: &str) -> TrustPolicy {
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: deny\n  rules:\n  \
         - name: r\n    files: [ app ]\n    mode: {mode}\n    require: {wanted}\n{besides}"
    );
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Some of the bundles in some order, and perhaps something that could not be had.
fn evidence() -> impl Strategy<Value = UnverifiedEvidence> {
    let bundles = 0..1 + 2 * KEYS;
    let some = proptest::sample::subsequence(bundles.collect::<Vec<_>>(), 0..=6).prop_shuffle();
    (some, proptest::option::of(any::<Option<String>>())).prop_map(|(some, unavailable)| {
        let bundles = some.iter().map(|at| (format!("bundle {at}"), WORLD.bundles[*at].clone())).collect();
        let failed = |hint| Unavailable {
            origin: "registry".to_owned(),
            code: "throttled".to_owned(),
            reason: "asks to slow down".to_owned(),
            hint,
        };
        let unavailable = unavailable.into_iter().map(failed).collect();
        UnverifiedEvidence { bundles, unavailable, ..UnverifiedEvidence::default() }
    })
}

fn recorded(policies: &Policies, artifact: &Artifact<'_>, evidence: UnverifiedEvidence) -> (Recording, Decision) {
    let subject = Subject { name: Name::File("app".to_owned()), digest: *artifact.digest() };
    let verified = evidence.verify(artifact, policies.believed(), now());
    let decision = decide(policies, &subject, &verified, now());
    let told = Told { name: "app".to_owned(), typed: "./app".to_owned(), platform: None };
    let mut recording = Recording::of(policies, now());
    recording.add(Recorded::new(subject, told, artifact, evidence, &decision));
    (recording, decision)
}

/// All that could be signed, under the one key.
fn signed_by(key: usize) -> Recording {
    let wanted = format!("{{ signed: {{ by: {{ key: \"{}\" }} }} }}", WORLD.pems[key]);
    let evidence = UnverifiedEvidence {
        bundles: WORLD.bundles.iter().map(|bytes| ("origin".to_owned(), bytes.clone())).collect(),
        ..UnverifiedEvidence::default()
    };
    recorded(&policy("p", "enforce", &wanted, "").into(), &Artifact::from_bytes(APP), evidence).0
}

fn value(recording: &Recording) -> Value {
    serde_json::from_slice(&recording.to_json().expect("recorded")).expect("JSON")
}

fn replayed(recording: &Value) -> Result<Vec<Decision>, RecordingError> {
    Recording::parse(recording.to_string().as_bytes())?.replay()
}

/// With this at the pointer.
fn with(recording: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = recording.clone();
    *changed.pointer_mut(pointer).expect(pointer) = value;
    assert_ne!(&changed, recording, "{pointer} is that already");
    changed
}

#[track_caller]
fn refuses(recording: &Value, code: &str) -> RecordingError {
    let error = replayed(recording).expect_err(code);
    assert_eq!(error.code(), code, "{error}");
    error
}

fn json(decision: &Decision) -> String {
    serde_json::to_string(decision).expect("JSON")
}

proptest! {
    #[test]
    fn what_was_recorded_is_decided_again_in_whatever_order(a in wanted(), b in wanted(), evidence in evidence()) {
        let (one, other) = (policy("p", "enforce", &a, ""), policy("q", "warn", &b, ""));
        let policies = Policies::from(one).and(other).expect("two");
        let (recording, decision) = recorded(&policies, &Artifact::from_bytes(APP), evidence);
        let mut file = value(&recording);
        prop_assert!(jsonschema::validator_for(schema::of_evidence().as_value()).expect("a schema").is_valid(&file));
        let read = Recording::parse(file.to_string().as_bytes()).expect("read");
        prop_assert_eq!(read.subjects()[0].verdict(), decision.verdict());
        prop_assert_eq!(read.to_json(), recording.to_json());
        for decided in [read.replay().expect("the same"), vec![read.subjects()[0].decide(&policies, None, now())]] {
            prop_assert_eq!(decided.iter().map(json).collect::<Vec<_>>(), vec![json(&decision)]);
        }
        for list in ["/subjects/0/evidence/bundles", "/policies"] {
            file.pointer_mut(list).and_then(Value::as_array_mut).expect("a list").reverse();
        }
        prop_assert_eq!(json(&replayed(&file).expect("the same")[0]), json(&decision));
    }

    #[test]
    fn any_byte_may_be_another_and_nothing_is_decided_otherwise(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| signed_by(1).to_json().expect("recorded"));
        let mut bytes = FILE.clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // What rests on nothing may be changed: the name of where a bundle lay, that no reason tells.
        if let Ok(recording) = Recording::parse(&bytes) && let Ok(decisions) = recording.replay() {
            prop_assert!(decisions.iter().all(|decision| decision.verdict() == Verdict::Accepted));
        }
    }
}

#[test]
fn a_bundle_of_which_one_byte_is_another_is_seen() {
    let file = value(&signed_by(0));
    let bundle: Value = serde_json::from_slice(&WORLD.bundles[1]).expect("JSON");
    let signature = bundle["messageSignature"]["signature"].as_str().expect("a signature");
    for at in 0..signature.len() {
        let mut changed = signature.to_owned().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        let bytes = bundle.to_string().replace(signature, &changed);
        refuses(
            &with(&file, "/subjects/0/evidence/bundles/1/bytes", base64(bytes.as_bytes()).into()),
            "replay-differs",
        );
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[test]
fn whatever_a_decision_rests_on_cannot_be_another() {
    let file = value(&signed_by(0));
    replayed(&file).expect("the same");
    let other = Digest::of(b"other").to_string();
    let error = refuses(&with(&file, "/subjects/0/digest", other.into()), "replay-differs");
    assert!(error.to_string().starts_with("./app: the decision is not the recorded one: at `/"), "{error}");
    refuses(&with(&file, "/subjects/0/evidence/bundles", json!([])), "replay-differs");
    refuses(&with(&file, "/subjects/0/called", json!({ "file": "ape" })), "replay-differs");
    let policies = value(&signed_by(1))["policies"].clone();
    refuses(&with(&file, "/policies", policies), "replay-differs");
    let mut decided = file["subjects"][0]["decision"].clone();
    decided["verdict"] = json!("refused");
    let error = refuses(&with(&file, "/subjects/0/decision", decided), "replay-differs");
    assert!(error.to_string().ends_with("at `/verdict`, recorded `refused`, now `accepted`"), "{error}");
}

#[test]
fn another_time_decides_otherwise_where_the_policy_says_so() {
    let wanted = format!("{{ signed: {{ by: {{ key: \"{}\" }} }} }}", WORLD.pems[0]);
    let digest = Digest::of(APP);
    let excepted = format!(
        "  exceptions: [ {{ digest: \"{digest}\", reason: built before, owner: platform, expires: 2026-09-22 }} ]\n"
    );
    let policies = policy("p", "enforce", &wanted, &excepted).into();
    let (recording, decision) = recorded(&policies, &Artifact::from_bytes(APP), UnverifiedEvidence::default());
    assert_eq!(decision.verdict(), Verdict::Accepted);
    let file = value(&recording);
    refuses(&with(&file, "/now", json!("2026-09-22T00:00:00Z")), "replay-differs");
    let later = Time::parse_rfc3339("2026-09-22T00:00:00Z").expect("a time");
    assert_eq!(recording.subjects()[0].decide(&policies, None, later).verdict(), Verdict::Refused);
    let called = Name::File("ape".to_owned());
    let decision = recording.subjects()[0].decide(&policies, Some(&called), now());
    assert_eq!(decision.rules(), []);
}

#[test]
fn other_hashes_travel_and_bytes_do_not() {
    // P-384 is over SHA-384: without it nothing could be told.
    let file = value(&signed_by(1));
    let sha384 = HashAlgorithm::Sha384.hash(APP).to_string();
    assert_eq!(file["subjects"][0]["hashes"][0], json!(sha384));
    assert_eq!(replayed(&file).expect("the same")[0].verdict(), Verdict::Accepted);
    refuses(&with(&file, "/subjects/0/hashes", json!([])), "replay-differs");

    let key = SigningKey::generate(KeyAlgorithm::Ed25519).expect("a key");
    let pem = key.verifying_key().to_pem().replace('\n', "\\n");
    let wanted = format!("{{ signed: {{ by: {{ key: \"{pem}\" }} }} }}");
    let policies = policy("p", "enforce", &wanted, "").into();
    let pure = vec![("pure".to_owned(), pure_ed25519(&key))];
    let evidence = UnverifiedEvidence { bundles: pure, ..UnverifiedEvidence::default() };
    let (recording, decision) = recorded(&policies, &Artifact::from_bytes(APP), evidence);
    assert_eq!(decision.verdict(), Verdict::Accepted);
    let error = recording.to_json().expect_err("the bytes are needed");
    assert_eq!((error.code(), error.to_string().starts_with("./app: ")), ("recording-needs-bytes", true));
}

fn pure_ed25519(key: &SigningKey) -> Vec<u8> {
    sign_message(key, &Artifact::from_bytes(APP)).expect("signed")
}

/// Of an index whose images have to be signed as well.
#[test]
fn what_an_index_holds_is_replayed_with_it() {
    let key = SigningKey::generate(KeyAlgorithm::EcdsaP256).expect("a key");
    let pem = key.verifying_key().to_pem().replace('\n', "\\n");
    let policy = policy("p", "enforce", &format!("{{ signed: {{ by: {{ key: \"{pem}\" }} }} }}"), "").to_string();
    let policy = policy.replace("files:\n    - app", "images:\n    - registry.example/app\n    multiArch: both");
    let policies = Policies::from(TrustPolicy::parse(&policy, &Embedded).expect("a policy"));
    let signed = |bytes: &[u8]| {
        let bundle = sign_message(&key, &Artifact::from_bytes(bytes)).expect("signed");
        UnverifiedEvidence { bundles: vec![("bundle".to_owned(), bundle)], ..UnverifiedEvidence::default() }
    };
    let child = Child {
        digest: Digest::of(b"image"),
        platform: Some("linux/arm64".to_owned()),
        is_attestation: false,
        evidence: Some(UnverifiedEvidence { children: Children::None, ..signed(b"image") }),
    };
    let evidence = UnverifiedEvidence { children: Children::Listed(vec![child]), ..signed(APP) };
    let subject = Subject { name: Name::Image("registry.example/app".to_owned()), digest: Digest::of(APP) };
    let artifact = Artifact::from_digest(subject.digest);
    let verified = evidence.verify(&artifact, policies.believed(), now());
    let decision = decide(&policies, &subject, &verified, now());
    assert_eq!(decision.verdict(), Verdict::Accepted, "{:?}", decision.reasons());
    let told = Told { name: "app".to_owned(), typed: "app".to_owned(), platform: None };
    let mut recording = Recording::of(&policies, now());
    recording.add(Recorded::new(subject, told, &artifact, evidence, &decision));
    let file = value(&recording);
    assert_eq!(replayed(&file).expect("the same")[0].verdict(), Verdict::Accepted);
    refuses(&with(&file, "/subjects/0/evidence/children", json!([])), "replay-differs");
    refuses(&with(&file, "/subjects/0/evidence/children/0/evidence/bundles", json!([])), "replay-differs");
    refuses(&with(&file, "/subjects/0/evidence/children/0/digest", json!("sha256:1")), "recording-malformed");
    let many = vec![&file["subjects"][0]["evidence"]["children"][0]; budget::RECORDED_CHILDREN + 1];
    refuses(&with(&file, "/subjects/0/evidence/children", json!(many)), "recording-over-budget");
}

fn with_field(file: &Value, field: &str, value: Value) -> Value {
    let mut file = file.clone();
    file[field] = value;
    file
}

#[test]
fn a_recording_is_read_in_one_way_only() {
    let file = value(&signed_by(0));
    let child = json!([{ "digest": Digest::of(b"x").to_string(), "platform": "linux/arm64" }]);
    let root = json!({ "name": "r", "logs": 1, "times": 1, "scts": 1,
        "trustedRoot": serde_json::from_slice::<Value>(TrustedRoot::PUBLIC_GOOD).expect("JSON") });
    let mut twice = file.clone();
    twice["roots"] = json!([root, root]);
    refuses(&twice, "recording-malformed");
    let mut unknown = file.clone();
    unknown["subjects"][0]["sure"] = json!(true);
    refuses(&unknown, "recording-malformed");
    let mut children = file.clone();
    children["subjects"][0]["evidence"]["children"] = child;
    refuses(&children, "recording-malformed");
    children["subjects"][0]["evidence"]["isIndex"] = json!(false);
    refuses(&children, "recording-malformed");
    for (pointer, wrong, code) in [
        ("/schema", json!("bulla.evidence/v2"), "recording-version"),
        ("/now", json!("2026-09-21T14:13:20.5Z"), "recording-malformed"),
        ("/now", json!("2026-09-21T16:13:20+02:00"), "recording-malformed"),
        ("/policies", json!([]), "recording-malformed"),
        ("/policies/0/text", json!("kind: x"), "recording-policy"),
        (
            "/roots",
            json!([{ "name": "r", "logs": 1, "times": 0, "scts": 1, "trustedRoot": {} }]),
            "recording-malformed",
        ),
        ("/roots", json!([{ "name": "r", "logs": 1, "times": 1, "scts": 1, "trustedRoot": {} }]), "recording-root"),
        ("/subjects", json!([]), "recording-malformed"),
        ("/subjects/0", json!(["app", "./app"]), "recording-malformed"),
        ("/subjects/0/digest", json!("sha256:1"), "recording-malformed"),
        ("/subjects/0/hashes", json!(["sha256:1"]), "recording-malformed"),
        ("/subjects/0/hashes", json!(["sha384:1"]), "recording-malformed"),
        ("/subjects/0/called", json!({ "folder": "app" }), "recording-malformed"),
        ("/subjects/0/called", json!({ "file": "app", "image": "app" }), "recording-malformed"),
        ("/subjects/0/evidence/bundles/0/bytes", json!("e30"), "recording-malformed"),
        ("/subjects/0/evidence/bundles/0/bytes", json!("e30=\n"), "recording-malformed"),
        ("/subjects/0/decision", json!({ "verdict": "perhaps" }), "recording-malformed"),
    ] {
        refuses(&with(&file, pointer, wrong), code);
    }
    let sha512 = HashAlgorithm::Sha512.hash(APP).to_string();
    refuses(&with(&file, "/subjects/0/hashes", json!([sha512, sha512])), "recording-malformed");
    let text = file.to_string();
    let odd = [
        text.replacen("\"now\":", "\"now\":\"2026-09-21T14:13:20Z\",\"now\":", 1),
        text.replacen("\"now\":", "\"Now\":\"2026-09-21T14:13:20Z\",\"now\":", 1),
        format!("{text} x"),
        format!("[{text}]"),
        String::new(),
    ];
    for odd in odd {
        assert_eq!(Recording::parse(odd.as_bytes()).expect_err("odd").code(), "recording-malformed", "{odd:.80}");
    }
    for code in ["", "A", "x##[add-mask]a", "x\n", &"x".repeat(budget::RECORDED_CODE_BYTES + 1)] {
        let problem = json!([{ "code": code, "message": "m" }]);
        refuses(&with_field(&file, "problems", problem), "recording-malformed");
    }
    // Of which two readers would believe two things.
    let twice = text.replacen("\"decision\":{", "\"decision\":{\"verdict\":\"accepted\",", 1);
    let error = Recording::parse(twice.as_bytes()).expect_err("twice");
    assert!(error.to_string().contains("the key `verdict` is there twice"), "{error}");
}

#[test]
fn one_past_each_limit_is_refused() {
    let file = value(&signed_by(0));
    let bundle = &file["subjects"][0]["evidence"]["bundles"][0];
    let failed = json!({ "origin": "o", "code": "c", "reason": "r" });
    let problem = json!({ "code": "c", "message": "m" });
    let root = json!({ "name": "r", "logs": 1, "times": 1, "scts": 1, "trustedRoot": {} });
    let with_problems = {
        let mut file = file.clone();
        file["problems"] = json!([]);
        file
    };
    for (file, pointer, item, limit) in [
        (&file, "/policies", &file["policies"][0], budget::RECORDED_POLICIES),
        (&file, "/roots", &root, budget::RECORDED_ROOTS),
        (&file, "/subjects", &file["subjects"][0], budget::RECORDED_SUBJECTS),
        (&with_problems, "/problems", &problem, budget::RECORDED_SUBJECTS),
        (&file, "/subjects/0/evidence/bundles", bundle, budget::RECORDED_BUNDLES),
        (&file, "/subjects/0/evidence/unavailable", &failed, budget::RECORDED_FAILURES),
    ] {
        let error = refuses(&with(file, pointer, vec![item.clone(); limit + 1].into()), "recording-over-budget");
        assert!(error.to_string().ends_with(&format!("at most {limit} are recorded, found {}", limit + 1)), "{error}");
    }
    let mut long = file.to_string().into_bytes();
    long.resize(budget::RECORDING_BYTES + 1, b' ');
    assert_eq!(Recording::parse(&long).expect_err("too long").code(), "recording-over-budget");
}

#[test]
fn what_could_not_be_looked_at_is_recorded_too() {
    let mut recording = signed_by(0);
    let problem = Problem { code: "offline".to_owned(), message: "nobody was asked".to_owned(), hint: None };
    recording.add_problem(problem.clone());
    let read = Recording::parse(&recording.to_json().expect("recorded")).expect("read");
    assert_eq!(read.problems(), [problem]);
}

#[test]
fn what_could_not_be_had_of_an_artifact_is_unknown_then_and_now() {
    let wanted = format!("{{ signed: {{ by: {{ key: \"{}\" }} }} }}", WORLD.pems[0]);
    let unavailable = Unavailable {
        origin: "registry".to_owned(),
        code: "throttled".to_owned(),
        reason: "asks to slow down".to_owned(),
        hint: None,
    };
    let evidence = UnverifiedEvidence { unavailable: vec![unavailable], ..UnverifiedEvidence::default() };
    let policies = policy("p", "enforce", &wanted, "").into();
    let (recording, decision) = recorded(&policies, &Artifact::from_bytes(APP), evidence.clone());
    assert_eq!(decision.verdict(), Verdict::Unknown);
    let read = Recording::parse(&recording.to_json().expect("recorded")).expect("read");
    assert_eq!(read.subjects()[0].evidence(), &evidence);
    assert_eq!(read.replay().expect("the same")[0].verdict(), Verdict::Unknown);
}

/// A person's signature, and the digest of what it is about.
fn release() -> Option<(Vec<u8>, Artifact<'static>)> {
    let bundle = "../../shared/vectors/cpython/3.13.0rc2__python-3.13.0rc2-arm64.exe.sigstore.json";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(bundle);
    if !path.exists() {
        println!("skipped: ../shared/vectors/cpython is not there");
        return None;
    }
    let digest = "sha256:5ef6a035afd3f57d2b0f6a621127f2df78267ed1b872de064c668f5690e9c2db";
    Some((fs::read(path).expect("a bundle"), Artifact::from_digest(Digest::parse(digest).expect("a digest"))))
}

/// Accepted by the root of this release, as it stands in the recording.
fn of_a_release() -> Option<Value> {
    let (bundle, artifact) = release()?;
    let by = By::certificate("thomas@python.org", "https://accounts.google.com", "public-good").expect("named");
    let root = TrustedRoot::public_good().expect("the embedded root");
    let policies = TrustPolicy::demanding(Require::signed(by), vec![root]).expect("a policy").into();
    let evidence = UnverifiedEvidence { bundles: vec![("b".to_owned(), bundle)], ..UnverifiedEvidence::default() };
    let (recording, decision) = recorded(&policies, &artifact, evidence);
    assert_eq!(decision.verdict(), Verdict::Accepted, "{:?}", decision.reasons());
    let read = Recording::parse(&recording.to_json().expect("recorded")).expect("read");
    assert_eq!(read.policies().to_string(), policies.to_string());
    Some(value(&recording))
}

#[test]
fn a_release_is_replayed_under_the_root_that_was_recorded() {
    let Some(file) = of_a_release() else { return };
    assert_eq!(replayed(&file).expect("the same")[0].verdict(), Verdict::Accepted);
    let read = Recording::parse(file.to_string().as_bytes()).expect("a recording");
    assert_eq!(read.root("public-good").map(TrustedRoot::name), Some("public-good"));
    assert!(read.root("github").is_none());
    // What is built in here is not asked.
    let none = refuses(&with(&file, "/roots", json!([])), "recording-policy");
    assert!(none.to_string().contains("there is no root `public-good`"), "{none}");
    refuses(&with(&file, "/roots/0/name", json!("github")), "recording-policy");
    let github: Value = serde_json::from_slice(TrustedRoot::GITHUB).expect("JSON");
    refuses(&with(&file, "/roots/0/trustedRoot", github), "replay-differs");
    for demanded in ["logs", "times", "scts"] {
        refuses(&with(&file, &format!("/roots/0/{demanded}"), json!(3)), "replay-differs");
    }
    // Before the log had it, nothing can have been signed.
    refuses(&with(&file, "/now", json!("2020-01-01T00:00:00Z")), "replay-differs");
}

#[test]
fn every_key_of_the_root_that_a_release_rests_on_is_needed() {
    let Some(file) = of_a_release() else { return };
    let root = &file["roots"][0]["trustedRoot"];
    let mut noticed = 0;
    for list in ["tlogs", "ctlogs", "certificateAuthorities"] {
        for at in 0..root[list].as_array().expect("a list").len() {
            let mut changed = file.clone();
            changed
                .pointer_mut(&format!("/roots/0/trustedRoot/{list}"))
                .and_then(Value::as_array_mut)
                .expect("a list")
                .remove(at);
            noticed += usize::from(replayed(&changed).is_err());
        }
    }
    // Of two logs, certificate logs and authorities, one each.
    assert_eq!(noticed, 3);
}
