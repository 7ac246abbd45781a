//! Writes a first corpus: what the sandbox's Sigstore signs, and what it is made of. Nothing of anybody else's.
//!
//! ```console
//! cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_fuzz::{IMPRINT, NONCE, records_of};
use bulla_policy::{
    Name, Policies, Recording, Subject, TrustPolicy, Unavailable, UnverifiedEvidence, decide,
    language::{By, Require},
    recording::{Recorded, Told},
};
use bulla_sandbox::{Algorithm, Content, Generation, OIDC_ISSUER, Sandbox, SandboxConfig, Sigstore};
use bulla_verify::{Artifact, BUNDLE_V0_3, Digest, Identity, Need, Time, TrustedRoot};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    path::Path,
};

fn main() {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "app", "digest": { "sha256": Digest::of(b"app").to_hex() } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": { "buildType": "https://example.com/b", "externalParameters": {}, "resolvedDependencies": [] },
            "runDetails": { "builder": { "id": "https://example.com/builder" } },
        },
    })
    .to_string();
    write("statement", "provenance", statement.as_bytes());
    write("reference", "image", b"registry.example.com:5000/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (name, condition) in [
        ("builder", "predicate.runDetails.builder.id == \"https://example.com/builder\""),
        ("dependencies", "predicate.a.all(d, has(d.uri) && d.uri.startsWith('git+https://')) || predicate.a.size() > 2u"),
        ("pattern", "signer.issuer.matches(r'^https://[\\w.-]+$') ? predicate.a[1] in ['b'] : -predicate.a[0] < 0x1f"),
        ("times", "timestamp(predicate.b) - timestamp('2026-11-24T12:00:00Z') < duration('1h30m') // a comment"),
        ("lists", "predicate.a.filter(x, type(x) == int).map(x, x + 1) != [2, 3] + [int(predicate.`b`)]"),
    ] {
        write("condition", name, format!("{condition}\0{{\"a\": [1, \"b\"], \"b\": \"2026-11-24T13:00:00Z\"}}").as_bytes());
    }
    documents();
    for (name, manifest) in MANIFESTS {
        write("manifest", name, manifest.as_bytes());
    }
    let key = include_str!("../../../keys-example/example.pub");
    for (name, policy) in OTHERS {
        let policy = policy.replace("KEY", &key.replace('\n', "\\n")).replace("DATA", &STANDARD.encode(key));
        write("convert", name, policy.as_bytes());
    }
    for generation in [Generation::V1, Generation::V2] {
        let now = Time::from_unix(1_790_000_000);
        let mut sigstore = Sigstore::new(&[generation], 1, now).expect("a Sigstore");
        write("trusted_root", &format!("{generation:?}"), sigstore.trusted_root().to_string().as_bytes());
        for (kind, content) in
            [("artifact", Content::Artifact(b"app")), ("statement", Content::Statement(statement.as_bytes()))]
        {
            let identity = Identity::Email("dev@sandbox.invalid".to_owned());
            let bundle = sigstore.sign(content, &identity, Algorithm::EcdsaP256).expect("signed");
            let name = format!("{generation:?}-{kind}");
            write("bundle", &name, bundle.to_string().as_bytes());
            field(&bundle, "/verificationMaterial/certificate/rawBytes", "certificate", &name);
            let timestamp = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
            field(&bundle, timestamp, "timestamp", &name);
            recording(&sigstore.trusted_root(), &bundle, &name);
        }
        let root = sigstore.trusted_root();
        field(&root, "/tlogs/0/publicKey/rawBytes", "key", &format!("{generation:?}"));
        field(
            &root,
            "/certificateAuthorities/0/certChain/certificates/0/rawBytes",
            "authority",
            &format!("{generation:?}"),
        );
    }
    write("timestamp_answer", "granted", &timestamp_answer(0));
    write("timestamp_answer", "rejected", &timestamp_answer(2));
    unlogged(&statement);
    facts();
    for (name, bytes) in [
        ("code", &b"code=a%2Fb&state=STATE"[..]),
        ("refusal", b"error=access_denied&error_description=not+you&state=STATE&iss=https%3A%2F%2Fissuer.test"),
        ("twice", b"code=a&code=b&state=STATE"),
        ("another", b"code=a&state=other"),
        ("head", b"_GET /auth/callback?code=a&state=STATE HTTP/1.1\r\nHost: localhost:1\r\nAccept: */*\r\n\r\n"),
    ] {
        write("comeback", name, bytes);
    }
    served(&statement);
}

/// What a verdict about the bundle is made of.
fn recording(root: &Value, bundle: &Value, name: &str) {
    let root = TrustedRoot::parse(root.to_string().as_bytes(), Need::sigstore()).expect("a root").named("sandbox");
    let by = By::certificate("dev@sandbox.invalid", OIDC_ISSUER, "sandbox").expect("a name");
    let policies = TrustPolicy::demanding(Require::signed(by), vec![root]).expect("a policy").into();
    let (artifact, now) = (Artifact::from_digest(Digest::of(b"app")), Time::from_unix(1_790_000_100));
    let bundles = vec![("app.sigstore.json".to_owned(), bundle.to_string().into_bytes())];
    let failed = Unavailable { origin: "r".to_owned(), code: "c".to_owned(), reason: "late".to_owned(), hint: None };
    let evidence = UnverifiedEvidence { bundles, unavailable: vec![failed], ..UnverifiedEvidence::default() };
    let subject = Subject { name: Name::File("app".to_owned()), digest: *artifact.digest() };
    let verified = evidence.verify(&artifact, Policies::believed(&policies), now);
    let decision = decide(&policies, &subject, &verified, now);
    let told = Told { name: "app".to_owned(), typed: "app".to_owned(), platform: None };
    let mut recording = Recording::of(&policies, now);
    recording.add(Recorded::new(subject, told, &artifact, evidence, &decision));
    write("recording", name, &recording.to_json().expect("recorded"));
}

/// A TimeStampResp (RFC 3161, 2.4.2) without a signature, to whatever question there is.
fn timestamp_answer(status: u8) -> Vec<u8> {
    let of = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        let length = u8::try_from(content.len()).expect("a short answer");
        let head = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
        [head, content].concat()
    };
    let sha256 = of(0x30, &[&of(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])]);
    let imprint = of(0x30, &[&sha256, &of(4, &[&IMPRINT])]);
    let parts = [of(2, &[&[1]]), of(6, &[&[0x2a]]), imprint, of(2, &[&[9]]), of(0x18, &[b"20261125120000Z"])];
    let rest = [of(0x30, &[&of(2, &[&[1]])]), of(1, &[&[0xff]]), of(2, &[&NONCE])];
    let info = of(0x30, &parts.iter().chain(&rest).map(Vec::as_slice).collect::<Vec<_>>());
    let encapsulated = of(0x30, &[&of(6, &[&[0x2b]]), &of(0xa0, &[&of(4, &[&info])])]);
    let signed = of(0x30, &[&of(2, &[&[3]]), &of(0x31, &[]), &encapsulated]);
    let token = of(0x30, &[&of(6, &[&[0x2a]]), &of(0xa0, &[&signed])]);
    let words = of(0x30, &[&of(0x0c, &[b"words"])]);
    of(0x30, &[&of(0x30, &[&of(2, &[&[status]]), &words]), &token])
}

/// Bundles of a key, without an entry.
fn unlogged(statement: &str) {
    let material = json!({
        "publicKey": { "hint": "a2V5" },
        "timestampVerificationData": { "rfc3161Timestamps": [{ "signedTimestamp": STANDARD.encode(timestamp_answer(0)) }] },
    });
    let hash = STANDARD.encode(Digest::of(b"app").as_bytes());
    let message = json!({ "messageDigest": { "algorithm": "SHA2_256", "digest": hash }, "signature": "MAYCAQECAQE=" });
    let payload = STANDARD.encode(statement);
    let envelope = json!({ "payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": [{ "sig": "MAYCAQECAQE=" }] });
    for (kind, content) in [("messageSignature", message), ("dsseEnvelope", envelope)] {
        let bundle = json!({ "mediaType": BUNDLE_V0_3, "verificationMaterial": material, kind: content });
        write("unlogged", kind, bundle.to_string().as_bytes());
    }
}

/// What two pipelines say, and their tokens.
fn facts() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let (start, end) = (1_789_999_900, 1_790_000_500);
    let times = json!({ "aud": "sigstore", "iat": start, "nbf": start, "exp": end });
    let told = |variables: &[(&str, &str)], claims: Value| {
        let lines: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let mut all = times.clone();
        let fields = claims.as_object().expect("claims").clone();
        all.as_object_mut().expect("claims").extend(fields);
        format!("{lines}\n{all}")
    };
    let github = told(
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/app"),
            ("GITHUB_REPOSITORY_ID", "1"),
            ("GITHUB_REPOSITORY_OWNER", "acme"),
            ("GITHUB_REPOSITORY_OWNER_ID", "2"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_SHA", commit),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_WORKFLOW_REF", "acme/app/.github/workflows/release.yml@refs/heads/main"),
            ("GITHUB_WORKFLOW_SHA", commit),
            ("RUNNER_ENVIRONMENT", "github-hosted"),
        ],
        json!({
            "iss": "https://token.actions.githubusercontent.com", "sub": "repo:acme/app:ref:refs/heads/main",
            "job_workflow_ref": "acme/app/.github/workflows/release.yml@refs/heads/main", "job_workflow_sha": commit,
            "repository": "acme/app", "repository_owner_id": "2",
        }),
    );
    let gitlab = told(
        &[
            ("GITLAB_CI", "true"),
            ("CI_SERVER_URL", "https://gitlab.com"),
            ("CI_PROJECT_PATH", "acme/app"),
            ("CI_PROJECT_ID", "1"),
            ("CI_PROJECT_NAMESPACE", "acme"),
            ("CI_PROJECT_NAMESPACE_ID", "2"),
            ("CI_COMMIT_REF_NAME", "main"),
            ("CI_COMMIT_SHA", commit),
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_PIPELINE_ID", "7"),
            ("CI_JOB_ID", "8"),
            ("CI_JOB_NAME", "sign"),
            ("CI_JOB_STARTED_AT", "2026-09-21T14:00:00Z"),
            ("CI_RUNNER_ID", "9"),
            ("CI_RUNNER_DESCRIPTION", "runner"),
            ("CI_RUNNER_EXECUTABLE_ARCH", "linux/amd64"),
        ],
        json!({
            "iss": "https://gitlab.com", "sub": "project_path:acme/app:ref_type:branch:ref:main",
            "ci_config_ref_uri": "gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main", "ci_config_sha": commit,
            "job_id": "8", "ref_type": "branch", "runner_environment": "gitlab-hosted",
        }),
    );
    for (name, text) in [("github", github), ("gitlab", gitlab), ("local", String::new())] {
        write("facts", name, text.as_bytes());
    }
}

/// What a sandbox keeps of a signature and an image, and what its clients send.
fn served(statement: &str) {
    let folder = std::env::temp_dir().join(format!("bulla-seeds-{}", std::process::id()));
    let config = SandboxConfig { dir: Some(folder.clone()), ..SandboxConfig::default() };
    let sandbox = Sandbox::start(config).expect("a sandbox");
    let index = r#"{"schemaVersion":2,"manifests":[]}"#;
    let of = |line: &str, headers: &str, body: &str| {
        format!("{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let blob = format!("POST /v2/app/blobs/uploads/?digest={}", Digest::of(statement.as_bytes()));
    let requests = [
        ("get", of("GET /v2/app/referrers/sha256:00?artifactType=a%2Bb", "", "")),
        ("blob", of(&blob, "", statement)),
        ("manifest", of("PUT /v2/app/manifests/1", "Content-Type: application/vnd.oci.image.index.v1+json\r\n", index)),
        ("mount", of("POST /v2/b/blobs/uploads/?mount=sha256:00&from=app", "Expect: 100-continue\r\n", "")),
        (
            "entry",
            of("POST /api/v2/log/entries", "Content-Type: application/json\r\n", r#"{"hashedRekordRequestV002":{}}"#),
        ),
        (
            "certificate",
            of("POST /api/v2/signingCert", "Authorization: Bearer a.b.c\r\n", r#"{"publicKeyRequest":{}}"#),
        ),
        ("tile", of("GET /api/v2/tile/0/000.p/1", "", "")),
        (
            "chunks",
            "POST /api/v1/timestamp HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n".to_owned(),
        ),
    ];
    for (name, request) in &requests {
        write("sandbox", name, request.as_bytes());
    }
    for (_, request) in &requests[1..3] {
        let mut stream = TcpStream::connect(sandbox.registry().addr()).expect("a connection");
        stream.write_all(request.as_bytes()).and_then(|()| stream.shutdown(Shutdown::Write)).expect("a request");
        stream.read_to_string(&mut String::new()).expect("an answer");
    }
    drop(sandbox);
    write("journal", "image", &records_of(&fs::read(folder.join("journal")).expect("a journal")));
    fs::remove_dir_all(folder).expect("a folder");
}

/// The least of each format that the policy reads.
fn documents() {
    let trivy = json!({
        "SchemaVersion": 2, "ArtifactType": "container_image", "CreatedAt": "2026-11-01T00:00:00Z",
        "Results": [{
            "Vulnerabilities": [{
                "VulnerabilityID": "CVE-2024-0001", "PkgName": "git", "InstalledVersion": "1", "FixedVersion": "2, 3",
                "PkgIdentifier": { "PURL": "pkg:apk/alpine/git@1?arch=x86_64" }, "Severity": "UNKNOWN",
                "CVSS": { "nvd": { "V3Score": 9.8 } },
            }],
            "ExperimentalModifiedFindings": [{
                "Type": "vulnerability", "Status": "ignored", "Statement": "",
                "Finding": { "VulnerabilityID": "CVE-2024-0002", "PkgName": "git" },
            }],
        }],
    });
    let found = json!({
        "vulnerability": { "id": "GHSA-a", "severity": "High", "fix": { "versions": ["2"], "state": "fixed" } },
        "relatedVulnerabilities": [{ "id": "CVE-2024-0001" }],
        "artifact": { "name": "git", "version": "1", "purl": "pkg:apk/alpine/git@1" },
        "appliedIgnoreRules": [{ "vex-status": "fixed" }],
    });
    let grype = json!({
        "matches": [found], "ignoredMatches": [found],
        "descriptor": { "name": "grype", "version": "1", "timestamp": "2026-11-01T00:00:00Z", "db": { "built": "x" } },
    });
    let clair = json!({
        "packages": { "1": { "name": "git", "version": "1" } },
        "vulnerabilities": { "9": { "name": "CVE-2024-0001", "normalized_severity": "Unknown" } },
        "package_vulnerabilities": { "1": ["9"] },
        "enrichments": { "enricher=clair.cvss": [{ "9": [{ "version": "3.1", "baseScore": 9.8 }] }] },
    });
    let osv = json!({ "results": [{ "packages": [{
        "package": { "name": "git", "version": "1", "ecosystem": "Alpine:v3.16" },
        "vulnerabilities": [{
            "id": "GHSA-a", "aliases": ["CVE-2024-0001"], "database_specific": { "severity": "MODERATE" },
            "severity": [
                { "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }, { "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C" },
                { "score": "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N" },
            ],
            "affected": [{
                "package": { "name": "git", "ecosystem": "Alpine", "purl": "pkg:apk/alpine/git" },
                "ranges": [{ "events": [{ "fixed": "2" }] }],
            }],
        }],
        "groups": [{ "ids": ["GHSA-a"], "max_severity": "7.5", "experimental_analysis": { "GHSA-a": { "called": false } } }],
    }] }] });
    let cosign = json!({ "scanner": { "uri": "x", "result": trivy }, "metadata": { "scanStartedOn": "2026-11-01T00:00:00Z" } });
    for (name, report) in [("trivy", &trivy), ("grype", &grype), ("clair", &clair), ("osv", &osv), ("cosign", &cosign)] {
        write("scan_report", name, report.to_string().as_bytes());
    }
    let spdx = json!({ "spdxVersion": "SPDX-2.3", "packages": [{
        "name": "git", "versionInfo": "1", "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "(MIT OR GPL-2.0+) AND GPL-2.0-only WITH Classpath-exception-2.0",
        "externalRefs": [{ "referenceType": "purl", "referenceLocator": "pkg:apk/alpine/git@1" }],
    }] });
    let part = json!({ "name": "git", "licenses": [{ "license": { "id": "MIT" } }, { "expression": "LicenseRef-x OR Y" }] });
    let cyclonedx = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": { "component": { "name": "app" } },
        "components": [{ "group": "a", "name": "b", "licenses": [{ "license": { "name": "ours" } }], "components": [part] }],
    });
    write("sbom", "spdx", spdx.to_string().as_bytes());
    write("sbom", "cyclonedx", cyclonedx.to_string().as_bytes());
    let statement = json!({
        "vulnerability": { "name": "CVE-2024-0001", "aliases": ["GHSA-a"] }, "status": "not_affected",
        "justification": "component_not_present",
        "products": [{ "@id": "pkg:oci/app", "subcomponents": [{ "identifiers": { "purl": "pkg:apk/alpine/git" } }] }],
    });
    let old = json!({ "vulnerability": "CVE-2024-0001", "status": "fixed", "products": ["x"], "subcomponents": ["y"] });
    let vex = json!({
        "@context": "https://openvex.dev/ns", "@id": "x", "author": "y", "timestamp": "2026-11-01T00:00:00Z",
        "statements": [statement, old],
    });
    write("vex", "openvex", vex.to_string().as_bytes());
}

/// Other tools' policies. `KEY` is a public key, and `DATA` the same in base64.
const OTHERS: [(&str, &str); 5] = [
    (
        "cluster-image-policy",
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec:\n  mode: warn\n  images: [{glob: \
         'a.dev/**/b*'}]\n  authorities:\n  - {key: {data: \"KEY\", hashAlgorithm: sha256}, ctlog: {url: https://rekor.sigstore.dev}}\n  - {static: \
         {action: fail}}\n  - {keyless: {identities: [{issuer: https://i.dev, subjectRegExp: '^a\\.dev/\\d+[\\w.]$'}]}, attestations: [{name: a, \
         predicateType: spdx}]}\n",
    ),
    (
        "kyverno",
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: p}\nspec:\n  validationFailureAction: Enforce\n  rules:\n  - name: r\n    \
         match: {any: [{resources: {kinds: [Pod]}}]}\n    verifyImages:\n    - imageReferences: ['a.dev/*', 'docker.io/b*:*']\n      mutateDigest: \
         false\n      attestors: [{count: 1, entries: [{keys: {publicKeys: \"KEY\", rekor: {ignoreTlog: true}}}, {keyless: {subject: 'https://a.dev/*', issuer: \
         https://i.dev}}]}]\n      attestations: [{type: 'https://t', attestors: [{entries: [{keys: {publicKeys: \"KEYKEY\"}}]}]}]\n",
    ),
    (
        "containers",
        r#"{"default":[{"type":"reject"}],"transports":{"dir":{"":[{"type":"insecureAcceptAnything"}]},"docker":{"a.dev/b":[{"type":"sigstoreSigned","keyData":"DATA","signedIdentity":{"type":"matchRepository"}}],"*.a.dev":[{"type":"reject"}]}}}"#,
    ),
    (
        "connaisseur",
        "application:\n  validators:\n  - {name: deny, type: static, approve: false}\n  - {name: default, type: cosign, trustRoots: [{name: default, key: \
         \"KEY\"}, {name: b, keyless: {issuer: https://i.dev, subject: a@b}}]}\n  policy:\n  - {pattern: '*:*', validator: deny}\n  - {pattern: \
         'a.dev/b/*:*', with: {trustRoot: '*', threshold: 1, required: [b], verifyInTransparencyLog: false}}\n  features: {detectionMode: true}\n",
    ),
    (
        "notation",
        r#"{"version":"1.0","trustPolicies":[{"name":"a","registryScopes":["*"],"signatureVerification":{"level":"skip"}}]}"#,
    ),
];

const MANIFESTS: [(&str, &str); 5] = [
    (
        "pod",
        "# c\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n  - image: 'r.io/a:1'\n  containers:\n  \
         - name: b\n    image: >-\n      r.io/b\n  volumes: [{image: {reference: \"r.io\\x2fc\"}}]\n---\napiVersion: batch/v1\nkind: \
         CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: d}]}}}}}\n",
    ),
    (
        "list",
        r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"a\/b"}]}}]}"#,
    ),
    (
        "compose",
        "x-a: &a {image: &i a/b}\r\nservices:\r\n  b:\r\n    <<: *a\r\n  c: {image: *i, build: .}\r\n  d: {image: '${X}', volumes: \
         [{type: image, source: e}]}\r\n",
    ),
    (
        "custom",
        "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {image: a, thanos: {image: b}, x: {image: |\n c\n}}\n",
    ),
    ("kustomization", "images: [{name: a, newTag: b}]\npatch: |\n  image: c\nimage: {repository: d, tag: e}\n"),
];

fn field(value: &Value, pointer: &str, target: &str, name: &str) {
    let text = value.pointer(pointer).and_then(Value::as_str).expect("a field");
    write(target, name, &STANDARD.decode(text).expect("base64"));
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}
