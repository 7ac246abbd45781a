//! A service whose answer nobody would believe is passed over for the next of the list, and what else was had is kept.

use super::*;
use bulla_sandbox::Flaw;
use serde_json::json;

const AUTHORITY: &str = "/api/v2/signingCert";
const TIMESTAMPS: &str = "/api/v1/timestamp";
const LOGS: &str = "/log/entries";

/// Two instances of one root: the first issues certificates and is asked first for everything, the second after it.
struct Two {
    first: World,
    second: World,
}

/// Adds to a list what another has of it.
fn join<'a>(value: &'a mut Value, other: &Value, list: &str) -> &'a mut Vec<Value> {
    let joined = value.get_mut(list).and_then(Value::as_array_mut).expect("a list");
    joined.extend(other.get(list).and_then(Value::as_array).expect("a list").iter().cloned());
    joined
}

impl Two {
    fn of(mut first: World, second: World) -> Self {
        for list in ["rekorTlogUrls", "tsaUrls"] {
            for (at, service) in join(&mut first.config, &second.config, list).iter_mut().enumerate() {
                service["operator"] = format!("operator-{at}").into();
                // The later a service began, the earlier it is asked.
                service["validFor"] = json!({ "start": "2026-01-01T00:00:00Z" });
            }
        }
        Self { first, second }
    }

    fn root(&self) -> TrustedRoot {
        let [mut root, other] = [&self.first, &self.second].map(|world| world.sandbox.trusted_root());
        for list in ["tlogs", "timestampAuthorities"] {
            join(&mut root, &other, list);
        }
        TrustedRoot::parse(root.to_string().as_bytes(), Need::sigstore()).expect("a root")
    }

    fn sigstore(&self) -> Sigstore {
        let config = SigningConfig::parse(self.first.config.to_string().as_bytes()).expect("a configuration");
        let options = Options { deadline: Duration::from_secs(20), ..Options::default() };
        Sigstore::new(&config, self.root(), &options, now()).expect("services")
    }

    fn signed_with(&self, flaw: impl Into<Option<Flaw>>) -> Result<Vec<u8>, Error> {
        let sigstore = self.sigstore();
        self.first.sandbox.set_flaw(None);
        let signer = self.first.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
        self.first.sandbox.set_flaw(flaw);
        sigstore.sign_message(&signer, &Artifact::from_bytes(APP), sigstore.listed(), &now)
    }

    /// How often certificates, timestamps and entries were asked for: of the first, and of the second.
    fn asked(&self) -> [[usize; 3]; 2] {
        [&self.first, &self.second].map(|world| [AUTHORITY, TIMESTAMPS, LOGS].map(|path| world.asked(path)))
    }

    #[track_caller]
    fn verifies(&self, bundle: &[u8]) {
        let trust = Trust::nobody().with_root(self.root());
        let verified = Bundle::parse(bundle).and_then(|it| verify(&it, &Artifact::from_bytes(APP), &trust, now()));
        assert_eq!(verified.expect("verified").entries().len(), 1);
    }
}

#[test]
fn a_log_whose_answer_does_not_prove_right_is_passed_over() {
    for two in [|| Two::of(World::new(), World::new()), || Two::of(World::with_rekor_v1(), World::with_rekor_v1())] {
        for flaw in [Flaw::ProofOfAnotherEntry, Flaw::EntryOfAnotherArtifact, Flaw::CheckpointInAnotherName] {
            let two = two();
            two.verifies(&two.signed_with(flaw).expect("signed, and logged elsewhere"));
            assert_eq!(two.asked(), [[1, 1, 1], [0, 0, 1]], "{flaw:?}: one certificate, one timestamp");
        }
    }
}

#[test]
fn a_timestamp_that_does_not_prove_right_is_had_elsewhere() {
    for flaw in [Flaw::TimestampInAnotherName, Flaw::TimestampOfAnotherContent, Flaw::TimestampOfAnotherNonce] {
        let two = Two::of(World::new(), World::new());
        two.verifies(&two.signed_with(flaw).expect("signed, and stamped elsewhere"));
        assert_eq!(two.asked(), [[1, 1, 1], [0, 1, 0]], "{flaw:?}: one certificate, one entry");
    }
}

#[test]
fn an_authority_whose_clock_is_wrong_is_passed_over() {
    let two = Two::of(World::new(), World::new());
    let sigstore = two.sigstore();
    let signer = two.first.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    two.first.sandbox.set_skew(300);
    let bundle = sigstore.sign_message(&signer, &Artifact::from_bytes(APP), sigstore.listed(), &now);
    two.verifies(&bundle.expect("signed, and stamped elsewhere"));
    assert_eq!(two.asked(), [[1, 1, 1], [0, 1, 0]]);
}

#[test]
fn where_nobody_is_left_or_all_are_demanded_the_first_fault_is_told() {
    for (flaw, code) in [
        (Flaw::ProofOfAnotherEntry, "log-unproved"),
        (Flaw::EntryOfAnotherArtifact, "log-other-entry"),
        (Flaw::TimestampInAnotherName, "timestamp-unproved"),
    ] {
        let two = Two::of(World::new(), World::new());
        two.second.sandbox.set_flaw(flaw);
        refused(two.signed_with(flaw), code);
        let mut two = Two::of(World::new(), World::new());
        for selector in ["rekorTlogConfig", "tsaConfig"] {
            two.first.config[selector] = json!({ "selector": "ALL" });
        }
        refused(two.signed_with(flaw), code);
    }
}

#[test]
fn of_several_that_are_demanded_the_good_ones_are_kept() {
    let mut two = Two::of(World::new(), World::new());
    let third = World::new();
    let mut spare = third.config["tsaUrls"].clone();
    spare[0]["operator"] = "operator-9".into();
    spare[0]["validFor"] = json!({ "start": "2025-01-01T00:00:00Z" });
    join(&mut two.first.config, &json!({ "tsaUrls": spare }), "tsaUrls");
    two.first.config["tsaConfig"] = json!({ "selector": "EXACT", "count": 2 });
    // The third is nobody's whom the root lists: the other two do, and after them there is nobody to be asked.
    two.verifies(&two.signed_with(None).expect("signed"));
    assert_eq!((two.asked(), third.asked(TIMESTAMPS)), ([[1, 1, 1], [0, 1, 0]], 0));
    refused(two.signed_with(Flaw::TimestampInAnotherName), "timestamp-unproved");
    assert_eq!((two.asked(), third.asked(TIMESTAMPS)), ([[2, 2, 2], [0, 2, 0]], 1), "the good one was not asked again");
}

#[test]
fn what_is_logged_later_goes_to_the_next_log_too() {
    let two = Two::of(World::new(), World::new());
    let sigstore = two.sigstore();
    let signer = two.first.certified(&sigstore, KeyAlgorithm::EcdsaP256).expect("a certificate");
    let artifact = Artifact::from_bytes(APP);
    let bundle = sigstore.sign_message(&signer, &artifact, Witnesses::LogsLater, &now).expect("signed");
    two.first.sandbox.set_flaw(Flaw::ProofOfAnotherEntry);
    two.verifies(&sigstore.log_later(&bundle, &artifact, None, &now).expect("logged elsewhere"));
    assert_eq!(two.asked(), [[1, 1, 1], [0, 0, 1]]);
}
