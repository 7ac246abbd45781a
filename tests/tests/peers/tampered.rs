//! Each refuses what was tampered with, and for the right reason.

use crate::{Peers, cosign_sign, cosign_verify};
use bulla_transport::{Options, Place, bundles, open};
use bulla_verify::{Digest, SIGN_V1};

/// Takes the bundles of one image, changes them, and attaches them to another: what an attacker with write access does.
fn attach(from: &str, to: &str, change: impl Fn(String) -> String) {
    let store = |image: &str| {
        let place = Place::parse(image).expect("an image");
        (open(&place, &Options::default()).expect("a store"), *place.digest().expect("a digest"))
    };
    let ((source, signed), (target, other)): ((_, Digest), (_, Digest)) = (store(from), store(to));
    let found = bundles::fetch(source.as_ref(), &signed).expect("bundles").found;
    assert!(!found.is_empty(), "{from} has no bundle");
    let subject = target.manifest(&other).expect("the image").descriptor;
    for bundle in found {
        let bytes = change(String::from_utf8(bundle.bytes).expect("text"));
        bundles::attach(target.as_ref(), &subject, bytes.as_bytes(), SIGN_V1, "2026-11-24T00:00:00Z")
            .expect("attached");
    }
}

/// The first letters of the payload, changed: still base64, and not what was signed.
fn change_payload(bundle: String) -> String {
    let (head, payload) = bundle.split_once("\"payload\":").expect("an envelope");
    let forged = payload.replacen("eyJ", "IHs", 1);
    assert_ne!(forged, payload);
    format!("{head}\"payload\":{forged}")
}

#[test]
fn a_signature_moved_from_another_image_is_refused_by_both() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    for registry in &peers.registries {
        let [signed, victim] = ["moved-from", "moved-to"].map(|name| peers.image(registry, name));
        peers.bulla(&["sign", &signed, "--key", "ours.key"]).succeeds();
        attach(&signed, &victim, |bundle| bundle);
        peers.bulla(&["verify", &victim, "--key", "ours.pub"]).fails(1, "[subject-mismatch]");
        peers.cosign(&cosign_verify("verify", "ours.pub", &[&victim])).refuses("digest");

        let [signed, victim] = ["cosign-from", "cosign-to"].map(|name| peers.image(registry, name));
        peers.cosign(&cosign_sign("sign", "ours.key", &[&signed])).succeeds();
        attach(&signed, &victim, |bundle| bundle);
        peers.bulla(&["verify", &victim, "--key", "ours.pub"]).fails(1, "[subject-mismatch]");
        peers.cosign(&cosign_verify("verify", "ours.pub", &[&victim])).refuses("digest");
    }
}

#[test]
fn changed_bytes_are_refused_by_both() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    for registry in &peers.registries {
        for (name, by_cosign) in [("changed-ours", false), ("changed-theirs", true)] {
            let [signed, victim] = ["a", "b"].map(|end| peers.image(registry, &format!("{name}-{end}")));
            match by_cosign {
                true => peers.cosign(&cosign_sign("sign", "ours.key", &[&signed])).succeeds().len(),
                false => peers.bulla(&["sign", &signed, "--key", "ours.key"]).succeeds().len(),
            };
            attach(&signed, &victim, change_payload);
            peers.bulla(&["verify", &victim, "--key", "ours.pub"]).fails(1, "[signature-invalid]");
            peers.cosign(&cosign_verify("verify", "ours.pub", &[&victim])).refuses("signature");
        }
    }
}

/// One good signature is enough, whatever lies beside it: anybody who can push can attach rubbish.
#[test]
fn rubbish_beside_a_good_signature_does_not_spoil_it() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    for registry in &peers.registries {
        let [signed, victim] = ["rubbish-from", "rubbish-to"].map(|name| peers.image(registry, name));
        peers.bulla(&["sign", &signed, "--key", "other.key"]).succeeds();
        attach(&signed, &victim, |bundle| bundle);
        attach(&signed, &victim, change_payload);
        attach(&signed, &victim, |_| "{}".to_owned());
        peers.bulla(&["verify", &victim, "--key", "ours.pub"]).fails(1, "error:");
        peers.bulla(&["sign", &victim, "--key", "ours.key"]).succeeds();
        peers.bulla(&["verify", &victim, "--key", "ours.pub"]).succeeds();
    }
}
