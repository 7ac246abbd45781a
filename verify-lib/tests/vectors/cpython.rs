//! The bundles of python.org's releases: real certificates, real log entries, real people. Each is accepted as it is, and
//! each is refused after one change for every door of the corridor, with that door's own code.

use super::{check, is_by, vectors};
use crate::tamper::{ENTRY, at, flip};
use bulla_verify::{Artifact, Bundle, Digest, Need, Time, Trust, TrustedRoot, VerifyError, verify};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    bundle: String,
    sha256: String,
    identity: String,
    issuer: String,
    media_type: String,
}

/// What one verdict is about. A tamper changes one thing of it.
#[derive(Clone)]
struct Case {
    bundle: Value,
    artifact: Artifact<'static>,
    trust: Trust,
    now: Time,
    /// Whether the first key is written twice, which a parsed document cannot say.
    twice: bool,
}

impl Case {
    fn verdict(&self) -> Result<(), VerifyError> {
        let mut text = self.bundle.to_string();
        if self.twice {
            text = text.replacen('{', r#"{"mediaType":"x","#, 1);
        }
        verify(&Bundle::parse(text.as_bytes())?, &self.artifact, &self.trust, self.now).map(|_| ())
    }

    fn entry(&mut self, field: &str) -> &mut Value {
        at(&mut self.bundle, &format!("{ENTRY}{field}"))
    }

    fn media_type(&mut self) -> &mut Value {
        at(&mut self.bundle, "/mediaType")
    }

    /// The signer's certificate, where this version keeps it.
    fn certificate(&mut self) -> &mut Value {
        let alone = self.bundle.pointer("/verificationMaterial/certificate").is_some();
        let holder = if alone { "certificate" } else { "x509CertificateChain/certificates/0" };
        at(&mut self.bundle, &format!("/verificationMaterial/{holder}/rawBytes"))
    }

    fn signature(&mut self) -> &mut Value {
        at(&mut self.bundle, "/messageSignature/signature")
    }

    fn timestamp(&mut self) -> Option<&mut Value> {
        let pointer = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
        self.bundle.pointer_mut(pointer)
    }

    fn integrated_time(&self) -> i64 {
        let time = self.bundle.pointer(&format!("{ENTRY}/integratedTime")).and_then(Value::as_str);
        time.and_then(|time| time.parse().ok()).expect("a time")
    }

    fn root_hash(&self) -> Option<&Value> {
        self.bundle.pointer(&format!("{ENTRY}/inclusionProof/rootHash"))
    }

    fn without_promise(&mut self) {
        self.entry("").as_object_mut().expect("an entry").remove("inclusionPromise");
    }

    fn of_another_artifact(&mut self) {
        self.artifact = Artifact::from_digest(Digest::of(b"another artifact"));
        at(&mut self.bundle, "/messageSignature").as_object_mut().expect("an object").remove("messageDigest");
    }

    /// sigstore-python signed so before 3.0: on P-384, over SHA-256.
    fn is_p384(&mut self) -> bool {
        const SECP384R1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
        let mut found = false;
        crate::tamper::change(self.certificate(), |der| found = der.windows(7).any(|bytes| bytes == SECP384R1));
        found
    }

    fn is_v0_1(&self) -> bool {
        self.bundle.pointer("/mediaType").and_then(Value::as_str) == Some(V0_1)
    }
}

const V0_1: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const V0_2: &str = "application/vnd.dev.sigstore.bundle+json;version=0.2";

/// How many of the signers have a key on P-256.
const P256: usize = 27;

/// What comes from elsewhere: a bundle of another hour and tree, and the same root without its certificate logs.
struct Foreign<'a> {
    bundle: &'a Case,
    no_certificate_logs: &'a Trust,
}

/// Changes one thing, if the bundle has it.
type Change = fn(&mut Case, &Foreign<'_>) -> Option<()>;

/// One door, what is done to it, its code, and how many of the 81 bundles have what is changed.
type Tamper = (&'static str, &'static str, &'static str, usize, Change);

const TAMPERS: [Tamper; 20] = [
    ("parse", "a version that nobody has written", "unsupported-bundle-version", 81, |case, _| {
        *case.media_type() = json!("application/vnd.dev.sigstore.bundle+json;version=0.4");
        Some(())
    }),
    ("parse", "a key twice", "bundle-malformed", 81, |case, _| {
        case.twice = true;
        Some(())
    }),
    ("log", "a bit of the inclusion proof", "inclusion-proof", 81, |case, _| {
        flip(case.entry("/inclusionProof/hashes/0"));
        Some(())
    }),
    ("log", "the checkpoint of another tree", "checkpoint-mismatch", 81, |case, foreign| {
        let checkpoint = "/inclusionProof/checkpoint";
        *case.entry(checkpoint) = foreign.bundle.clone().entry(checkpoint).clone();
        Some(())
    }),
    ("log", "the end of the checkpoint's signature", "checkpoint-signature", 81, |case, _| {
        let note = case.entry("/inclusionProof/checkpoint/envelope");
        let (before, signature) = note.as_str()?.trim_end().rsplit_once(' ')?;
        let mut signature = json!(signature);
        end(&mut signature);
        *note = json!(format!("{before} {}\n", signature.as_str()?));
        Some(())
    }),
    ("log", "a bit of the promise", "inclusion-promise", 81, |case, _| {
        flip(case.entry("/inclusionPromise/signedEntryTimestamp"));
        Some(())
    }),
    ("clock", "a second later", "inclusion-promise", 81, |case, _| {
        *case.entry("/integratedTime") = json!((case.integrated_time() + 1).to_string());
        Some(())
    }),
    ("clock", "a time that has not come", "time-in-future", 81, |case, _| {
        case.now = Time::from_unix(case.integrated_time() - 1);
        Some(())
    }),
    ("clock", "v0.1 without the promise that it needs", "bundle-field-malformed", 27, |case, _| {
        case.is_v0_1().then(|| case.without_promise())
    }),
    ("clock", "later versions without a promise, hence without a time", "time-threshold", 54, |case, _| {
        (!case.is_v0_1()).then_some(())?;
        case.without_promise();
        at(&mut case.bundle, "/verificationMaterial").as_object_mut()?.remove("timestampVerificationData");
        Some(())
    }),
    ("clock", "the end of the timestamp, which is the only time left", "timestamp-signature", 2, |case, _| {
        end(case.timestamp()?);
        case.without_promise();
        Some(())
    }),
    ("signer", "the end of the certificate", "certificate-chain", 81, |case, _| {
        end(case.certificate());
        Some(())
    }),
    ("signer", "the certificate of another hour", "certificate-window", 81, |case, foreign| {
        *case.certificate() = foreign.bundle.clone().certificate().clone();
        Some(())
    }),
    ("signer", "no certificate log that is trusted", "sct-threshold", 81, |case, foreign| {
        case.trust = foreign.no_certificate_logs.clone();
        Some(())
    }),
    ("envelope", "the signature of another bundle", "signature-invalid", P256, |case, foreign| {
        (!case.is_p384()).then(|| *case.signature() = foreign.bundle.clone().signature().clone())
    }),
    // It is not over the SHA-256 that is known, and may be over the SHA-384 that is not.
    ("envelope", "the signature of another bundle, on P-384", "hash-not-at-hand", 81 - P256, |case, foreign| {
        case.is_p384().then(|| *case.signature() = foreign.bundle.clone().signature().clone())
    }),
    ("binding", "an entry that is true, and of another signature", "entry-mismatch", 81, |case, foreign| {
        // Its time would be refused before: without its promise it has none, which v0.1 cannot say.
        let mut other = foreign.bundle.clone();
        other.without_promise();
        let entries = at(&mut case.bundle, "/verificationMaterial/tlogEntries");
        entries.as_array_mut()?.push(other.entry("").clone());
        if case.is_v0_1() {
            *case.media_type() = json!(V0_2);
        }
        Some(())
    }),
    ("subject", "another artifact", "message-digest-mismatch", 81, |case, _| {
        case.artifact = Artifact::from_digest(Digest::of(b"another artifact"));
        Some(())
    }),
    ("subject", "another artifact, where the bundle names none", "signature-invalid", P256, |case, _| {
        (!case.is_p384()).then(|| case.of_another_artifact())
    }),
    ("subject", "the same, on P-384", "hash-not-at-hand", 81 - P256, |case, _| {
        case.is_p384().then(|| case.of_another_artifact())
    }),
];

/// The last byte of DER that ends with a signature.
fn end(field: &mut Value) {
    crate::tamper::change(field, |bytes| *bytes.last_mut().expect("a byte") ^= 1);
}

fn releases() -> Option<Vec<(Release, Case)>> {
    let folder = vectors("cpython")?;
    let manifest = fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest");
    let trust = Trust::nobody().with_root(TrustedRoot::public_good().expect("the embedded root"));
    let release = |line| {
        let release: Release = serde_json::from_str(line).expect("a line of the manifest");
        let bundle = fs::read(folder.join(&release.bundle)).expect("the bundle");
        let case = Case {
            bundle: serde_json::from_slice(&bundle).expect("JSON"),
            artifact: Artifact::from_digest(Digest::parse(&format!("sha256:{}", release.sha256)).expect("a digest")),
            trust: trust.clone(),
            now: super::now(),
            twice: false,
        };
        (release, case)
    };
    Some(manifest.lines().map(release).collect())
}

#[test]
fn every_bundle_verifies_for_its_own_signer() {
    let Some(releases) = releases() else { return };
    for (release, case) in releases {
        let verified = check(case.bundle.to_string().as_bytes(), &case.artifact, &case.trust);
        let verified = verified.unwrap_or_else(|error| panic!("{}: {error}", release.bundle));
        assert!(is_by(&verified, &release.identity, &release.issuer), "{}", release.bundle);
        assert!(verified.is_signature() && !verified.times().is_empty(), "{}", release.bundle);
        assert!(!is_by(&verified, "somebody@else.example", &release.issuer));
        assert!(!is_by(&verified, &release.identity, "https://else.example"));
    }
}

#[test]
fn every_door_refuses_every_bundle_for_its_own_reason() {
    let (Some(releases), Some(roots)) = (releases(), vectors("trusted-roots")) else { return };
    let mut root: Value =
        serde_json::from_slice(&fs::read(roots.join("public-good.json")).expect("a root")).expect("JSON");
    root["ctlogs"] = json!([]);
    let root = TrustedRoot::parse(root.to_string().as_bytes(), Need::sigstore()).expect("a root");
    let no_certificate_logs = &Trust::nobody().with_root(root);
    let (mut accepted, mut refusals) = (BTreeMap::new(), [0; TAMPERS.len()]);
    for (at, (release, case)) in releases.iter().enumerate() {
        assert_eq!(case.verdict(), Ok(()), "{}", release.bundle);
        *accepted.entry(&release.media_type).or_insert(0) += 1;
        // Bundles that were upgraded together are of one tree.
        let is_foreign = |other: &&Case| {
            let of_another_hour = case.integrated_time().abs_diff(other.integrated_time()) > 3600;
            of_another_hour && case.root_hash() != other.root_hash()
        };
        let others = releases.iter().cycle().skip(at).take(releases.len()).map(|(_, case)| case);
        let bundle = others.into_iter().find(is_foreign).expect("releases of several days");
        let foreign = Foreign { bundle, no_certificate_logs };
        for ((door, what, code, _, change), count) in TAMPERS.iter().zip(&mut refusals) {
            let mut tampered = case.clone();
            if change(&mut tampered, &foreign).is_none() {
                continue;
            }
            let found = tampered.verdict().map_err(|error| error.code());
            assert_eq!(found, Err(*code), "{}: {door}: {what}", release.bundle);
            *count += 1;
        }
    }
    let accepted: Vec<_> = accepted.values().map(i32::to_string).collect();
    let total: usize = refusals.iter().sum();
    println!("cpython: {} accepted, {total} refusals", accepted.join(" + "));
    assert_eq!(accepted, ["27", "27", "27"]);
    assert_eq!(refusals, TAMPERS.map(|(.., count, _)| count));
    assert_eq!(total, 81 * 16 + 2);
}
