//! Images, indexes and layouts: in a registry with the referrers API, and in one without.

use crate::{Peers, SLSA, cosign_sign, cosign_verify};
use std::fs;

#[test]
fn an_image_is_signed_attested_verified_and_inspected() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    peers.provenance();
    for registry in &peers.registries {
        let image = peers.image(registry, "image");
        let tag = format!("{registry}/image:1");
        peers.bulla(&["verify", &tag, "--key", "ours.pub"]).fails(1, "[no-signature]");
        peers.bulla(&["sign", &tag, "--key", "ours.key"]).succeeds();
        peers.bulla(&["verify", &tag, "--key", "ours.pub"]).succeeds();
        peers.bulla(&["verify", &image, "--key", "ours.pub"]).succeeds();
        peers.bulla(&["verify", &image, "--key", "other.pub"]).fails(1, "[other-key]");
        let attest =
            ["attest", &image, "--key", "ours.key", "--type", "slsaprovenance1", "--predicate", "provenance.json"];
        peers.bulla(&["verify", &image, "--key", "ours.pub", "--type", "slsaprovenance1"]).fails(1, "[not-that-type]");
        peers.bulla(&attest).succeeds();
        peers.bulla(&["verify", &image, "--key", "ours.pub", "--type", "slsaprovenance1"]).succeeds();
        let seen = peers.bulla(&["inspect", &image]);
        assert!(seen.succeeds().contains(SLSA) && seen.text.contains("sign/v1"), "{}", seen.text);

        let again = peers.bulla(&["sign", &image, "--key", "ours.key"]);
        assert!(again.succeeds().contains("nothing was written"), "{}", again.text);
    }
}

#[test]
fn cosign_accepts_what_bulla_signs_and_attests() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    peers.provenance();
    for registry in &peers.registries {
        let image = peers.image(registry, "for-cosign");
        peers.bulla(&["sign", &image, "--key", "ours.key"]).succeeds();
        let attest =
            ["attest", &image, "--key", "ours.key", "--type", "slsaprovenance1", "--predicate", "provenance.json"];
        peers.bulla(&attest).succeeds();
        peers.cosign(&cosign_verify("verify", "ours.pub", &[&image])).succeeds();
        let typed = ["--type", "slsaprovenance1", &image];
        peers.cosign(&cosign_verify("verify-attestation", "ours.pub", &typed)).succeeds();
        peers.cosign(&cosign_verify("verify", "other.pub", &[&image])).refuses("signature");
    }
}

#[test]
fn bulla_accepts_what_cosign_signs_and_attests() {
    let Some(peers) = Peers::running() else { return };
    peers.provenance();
    peers.keys();
    peers.cosign(&["generate-key-pair"]).succeeds();
    for registry in &peers.registries {
        let image = peers.image(registry, "of-cosign");
        peers.cosign(&cosign_sign("sign", "cosign.key", &[&image])).succeeds();
        peers.bulla(&["verify", &image, "--key", "cosign.pub"]).succeeds();
        peers.bulla(&["verify", &image, "--key", "ours.pub"]).fails(1, "[other-key]");
        let typed = ["--type", "slsaprovenance1", "--predicate", "provenance.json", &image];
        peers.cosign(&cosign_sign("attest", "cosign.key", &typed)).succeeds();
        peers.bulla(&["verify", &image, "--key", "cosign.pub", "--type", "slsaprovenance1"]).succeeds();
        let said = peers.bulla(&["verify", &image, "--key", "cosign.pub", "--type", SLSA, "--output", "json"]);
        assert!(said.succeeds().contains(SLSA));
    }
}

#[test]
fn an_attestation_alone_is_no_signature() {
    let Some(peers) = Peers::running() else { return };
    peers.provenance();
    peers.cosign(&["generate-key-pair"]).succeeds();
    for registry in &peers.registries {
        let image = peers.image(registry, "only-attested");
        let typed = ["--type", "slsaprovenance1", "--predicate", "provenance.json", &image];
        peers.cosign(&cosign_sign("attest", "cosign.key", &typed)).succeeds();
        peers.bulla(&["verify", &image, "--key", "cosign.pub"]).fails(1, "[not-a-signature]");
    }
}

#[test]
fn an_index_and_its_children_are_signed_and_verified() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    for registry in &peers.registries {
        let children = [peers.image(registry, "index-a"), peers.image(registry, "index-b")];
        let index = format!("{registry}/index:1");
        let append = ["index", "append", "-m", &children[0], "-m", &children[1], "-t", &index];
        peers.crane(&append).succeeds();
        peers.bulla(&["sign", &index, "--key", "ours.key"]).succeeds();
        peers.bulla(&["verify", &index, "--key", "ours.pub"]).succeeds();
        peers.bulla(&["verify", &index, "--key", "ours.pub", "--recursive"]).fails(1, "[no-signature]");
        peers.bulla(&["sign", &index, "--key", "ours.key", "--recursive"]).succeeds();
        peers.bulla(&["verify", &index, "--key", "ours.pub", "--recursive"]).succeeds();
        for child in children {
            let (_, digest) = child.split_once('@').expect("a digest");
            let child = format!("{registry}/index@{digest}");
            peers.bulla(&["verify", &child, "--key", "ours.pub"]).succeeds();
            peers.cosign(&cosign_verify("verify", "ours.pub", &[&child])).succeeds();
        }
    }
}

/// What of an index has to be signed is the policy's to say; `cosign sign` signs the index alone, unless it is told otherwise.
#[test]
fn an_index_that_cosign_signs_with_its_images_meets_a_rule_about_both() {
    let Some(peers) = Peers::running() else { return };
    peers.cosign(&["generate-key-pair"]).succeeds();
    for (number, registry) in peers.registries.iter().enumerate() {
        let children = [peers.image(registry, "multi-a"), peers.image(registry, "multi-b")];
        let index = format!("{registry}/multi:1");
        peers.crane(&["index", "append", "-m", &children[0], "-m", &children[1], "-t", &index]).succeeds();
        let index = peers.by_digest(&index);
        let verify = |multi_arch: &str| {
            let policy = format!("{multi_arch}-{number}.yaml");
            let text = format!(
                "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: p }}\nspec:\n  unmatched: deny\n  rules:\n    \
                 - name: r\n      images: [ \"**\" ]\n      mode: enforce\n      multiArch: {multi_arch}\n      \
                 require: {{ signed: {{ by: {{ key: ./cosign.pub }} }} }}\n"
            );
            fs::write(peers.path(&policy), text).expect("a policy");
            peers.bulla(&["verify", &index, "--policy", &policy])
        };
        peers.cosign(&cosign_sign("sign", "cosign.key", &[&index])).succeeds();
        verify("index").succeeds();
        verify("children").fails(1, "[no-signature]");
        verify("both").fails(1, "[no-signature]");
        peers.cosign(&cosign_sign("sign", "cosign.key", &["--recursive", &index])).succeeds();
        verify("children").succeeds();
        verify("both").succeeds();
    }
}

#[test]
fn a_layout_is_signed_attested_verified_and_inspected() {
    let Some(peers) = Peers::running() else { return };
    peers.keys();
    peers.provenance();
    let [registry, _] = &peers.registries;
    let image = peers.image(registry, "layout");
    peers.crane(&["pull", "--format", "oci", &image, "layout"]).succeeds();
    peers.bulla(&["verify", "oci:layout", "--key", "ours.pub"]).fails(1, "[no-signature]");
    peers.bulla(&["sign", "oci:layout", "--key", "ours.key"]).succeeds();
    let attest =
        ["attest", "oci:layout", "--key", "ours.key", "--type", "slsaprovenance1", "--predicate", "provenance.json"];
    peers.bulla(&attest).succeeds();
    peers.bulla(&["verify", "oci:layout", "--key", "ours.pub"]).succeeds();
    peers.bulla(&["verify", "oci:layout", "--key", "ours.pub", "--type", "slsaprovenance1"]).succeeds();
    peers.bulla(&["verify", "oci:layout", "--key", "other.pub"]).fails(1, "[other-key]");
    let (_, digest) = image.split_once('@').expect("a digest");
    let seen = peers.bulla(&["inspect", &format!("oci:layout@{digest}")]);
    assert!(seen.succeeds().contains(SLSA), "{}", seen.text);
}
