//! The certificate log.

use crate::signer::{Signer, certify, connect, post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bulla_sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PRE: &str = "/ct/v1/add-pre-chain";

fn started() -> Sandbox {
    Sandbox::start(SandboxConfig::default()).unwrap()
}

fn chain(certificates: &[Vec<u8>]) -> Value {
    json!({ "chain": certificates.iter().map(|der| STANDARD.encode(der)).collect::<Vec<_>>() })
}

/// The precertificate chain of what the sandbox has issued last, as `get-entries` gives it.
fn last_precertificate(sandbox: &Sandbox) -> (Vec<u8>, Vec<u8>) {
    let size = connect(sandbox).get("/ct/v1/get-sth").expect(200).json()["tree_size"].as_u64().unwrap();
    let last = size - 1;
    let answer = connect(sandbox).get(&format!("/ct/v1/get-entries?start={last}&end={last}")).expect(200).json();
    let decoded = |name: &str| STANDARD.decode(answer["entries"][0][name].as_str().unwrap()).unwrap();
    let extra = decoded("extra_data");
    let length = usize::from(extra[1]) * 256 + usize::from(extra[2]);
    (decoded("leaf_input"), extra[3..3 + length].to_vec())
}

#[test]
fn what_is_issued_is_in_the_log_and_proved() {
    let sandbox = started();
    certify(&sandbox, &Signer::new());
    certify(&sandbox, &Signer::new());
    let (leaf, _) = last_precertificate(&sandbox);
    let mut client = connect(&sandbox);
    let head = client.get("/ct/v1/get-sth").expect(200).json();
    assert_eq!(head["tree_size"], 2);
    let hash: [u8; 32] = Sha256::new().chain_update([0]).chain_update(&leaf).finalize().into();
    let hash64 = STANDARD.encode(hash).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let proof = client.get(&format!("/ct/v1/get-proof-by-hash?hash={hash64}&tree_size=2")).expect(200).json();
    assert_eq!(proof["leaf_index"], 1);
    let beside = STANDARD.decode(proof["audit_path"][0].as_str().unwrap()).unwrap();
    let root: [u8; 32] = Sha256::new().chain_update([1]).chain_update(&beside).chain_update(hash).finalize().into();
    assert_eq!(head["sha256_root_hash"], STANDARD.encode(root));
    client.get(&format!("/ct/v1/get-proof-by-hash?hash={hash64}&tree_size=3")).expect(400);
    let grown = client.get("/ct/v1/get-sth-consistency?first=1&second=2").expect(200).json();
    assert_eq!(grown["consistency"], json!([STANDARD.encode(hash)]));
    client.get("/ct/v1/get-sth-consistency?first=1&second=3").expect(400);
    client.get("/ct/v1/get-entries?start=2&end=2").expect(400);
    client.get("/ct/v1/get-entries?start=1&end=0").expect(400);
}

#[test]
fn a_chain_of_anybody_is_taken_if_it_holds_together() {
    let (sandbox, other) = (started(), started());
    let issued = certify(&other, &Signer::new());
    let (_, precertificate) = last_precertificate(&other);
    let pre = [&[precertificate.clone()][..], &issued[1..]].concat();
    let mut client = connect(&sandbox);
    let answer = post(&mut client, PRE, None, &chain(&pre)).expect(200).json();
    assert_eq!((&answer["sct_version"], &answer["extensions"]), (&json!(0), &json!("")));
    assert_eq!(answer["id"], sandbox.trusted_root()["ctlogs"][0]["logId"]["keyId"]);
    assert!(STANDARD.decode(answer["signature"].as_str().unwrap()).unwrap().starts_with(&[4, 3]));
    post(&mut client, "/ct/v1/add-chain", None, &chain(&issued)).expect(200);
    assert_eq!(client.get("/ct/v1/get-sth").expect(200).json()["tree_size"], 2);
    assert_eq!(client.get("/ct/v1/get-roots").expect(200).json()["certificates"].as_array().unwrap().len(), 1);

    let strangers = certify(&sandbox, &Signer::new());
    let refused = [
        (PRE, json!({ "chain": [] }), "empty"),
        (PRE, json!({ "chain": ["!"] }), "base64"),
        (PRE, json!({ "chain": ["AAAA"] }), "X.509"),
        (PRE, chain(&issued), "not a precertificate"),
        (PRE, chain(&pre[..1]), "issuer of the precertificate"),
        (PRE, chain(&[&pre[..1], &strangers[1..]].concat()), "not signed by the next"),
        (PRE, chain(&vec![precertificate; 11]), "too long"),
    ];
    for (path, request, why) in refused {
        let body = post(&mut client, path, None, &request).expect(400).body;
        assert!(String::from_utf8_lossy(&body).contains(why), "{why}: {}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn one_entry_more_than_256_is_for_the_next_answer() {
    let sandbox = started();
    let root = certify(&sandbox, &Signer::new()).remove(2);
    let mut client = connect(&sandbox);
    // The same certificate in the same millisecond is the same entry.
    while client.get("/ct/v1/get-sth").expect(200).json()["tree_size"].as_u64().unwrap() < 257 {
        post(&mut client, "/ct/v1/add-chain", None, &chain(std::slice::from_ref(&root))).expect(200);
    }
    let entries = client.get("/ct/v1/get-entries?start=0&end=256").expect(200).json();
    assert_eq!(entries["entries"].as_array().unwrap().len(), 256);
    let entries = client.get("/ct/v1/get-entries?start=1&end=999").expect(200).json();
    assert_eq!(entries["entries"].as_array().unwrap().len(), 256);
}

#[test]
fn a_chain_of_ten_is_taken_and_of_eleven_not() {
    let sandbox = started();
    let root = certify(&sandbox, &Signer::new()).remove(2);
    let mut client = connect(&sandbox);
    post(&mut client, "/ct/v1/add-chain", None, &chain(&vec![root.clone(); 10])).expect(200);
    post(&mut client, "/ct/v1/add-chain", None, &chain(&vec![root; 11])).expect(400);
}
