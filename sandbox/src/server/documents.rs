//! What clients are given: whom to trust, and where to sign.

use super::{Part, Shared, rekor::v2::ORIGIN};
use crate::sigstore::log::log_id;
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::Time;
use serde_json::{Value, json};

/// `trusted_root.json` (`sigstore_trustroot.proto`, `TrustedRoot`) of the parts that run.
pub(crate) fn trusted_root(shared: &Shared) -> Value {
    let (keys, url) = (&shared.keys, &shared.url);
    let valid = valid(shared);
    let log = |spki: &[u8], details: &str, id: &[u8]| {
        json!({
            "baseUrl": url, "hashAlgorithm": "SHA2_256",
            "publicKey": { "rawBytes": STANDARD.encode(spki), "keyDetails": details, "validFor": valid },
            "logId": { "keyId": STANDARD.encode(id) },
        })
    };
    let authority = |uri: &str, name: &str, chain: &[Vec<u8>]| {
        let certificates: Vec<_> = chain.iter().map(|der| json!({ "rawBytes": STANDARD.encode(der) })).collect();
        json!({
            "subject": { "organization": "sandbox", "commonName": name }, "uri": uri,
            "certChain": { "certificates": certificates }, "validFor": valid,
        })
    };
    let v2 = || log(keys.rekor.spki(), "PKIX_ED25519", &log_id(&keys.rekor, ORIGIN));
    let v1 = || log(keys.rekor_v1.spki(), "PKIX_ECDSA_P256_SHA_256", &keys.rekor_v1.id());
    let ct = || log(keys.ct.spki(), "PKIX_ECDSA_P256_SHA_256", &keys.ct.id());
    let ca = || authority(url, super::keys::AUTHORITY, &keys.authority.chain);
    let tsa = || authority(&format!("{url}/api/v1/timestamp"), super::keys::TSA, &keys.tsa.chain);
    let logs = [shared.has(Part::Rekor).then(v2), shared.has(Part::RekorV1).then(v1)];
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": logs.into_iter().flatten().collect::<Vec<_>>(),
        "certificateAuthorities": shared.has(Part::Fulcio).then(ca).into_iter().collect::<Vec<_>>(),
        "ctlogs": shared.has(Part::Ct).then(ct).into_iter().collect::<Vec<_>>(),
        "timestampAuthorities": shared.has(Part::Tsa).then(tsa).into_iter().collect::<Vec<_>>(),
    })
}

/// `signing_config.json` (`SigningConfig` v0.2) of the parts that run. Of the two logs, which are one operator's, a client takes
/// the later version.
pub(crate) fn signing_config(shared: &Shared) -> Value {
    let service = |path: &str, version: u32| {
        json!({
            "url": format!("{}{path}", shared.url), "majorApiVersion": version, "validFor": valid(shared), "operator": "sandbox",
        })
    };
    let of = |part: Part, path: &str, version: u32| shared.has(part).then(|| service(path, version));
    let list = |services: &[Option<Value>]| services.iter().flatten().cloned().collect::<Vec<_>>();
    json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": list(&[of(Part::Fulcio, "", 1)]),
        "oidcUrls": list(&[of(Part::Oidc, "", 1)]),
        "rekorTlogUrls": list(&[of(Part::Rekor, "", 2), of(Part::RekorV1, "", 1)]),
        "rekorTlogConfig": { "selector": "ANY" },
        "tsaUrls": list(&[of(Part::Tsa, "/api/v1/timestamp", 1)]),
        "tsaConfig": { "selector": "ANY" },
    })
}

/// Both in one (`ClientTrustConfig`), as sigstore-python's `--trust-config` takes them.
pub(crate) fn client_trust_config(shared: &Shared) -> Value {
    json!({
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": trusted_root(shared),
        "signingConfig": signing_config(shared),
    })
}

/// From an hour before its keys were made, so that clocks may differ.
fn valid(shared: &Shared) -> Value {
    json!({ "start": Time::from_unix(shared.keys.made.unix() - 3600).to_string() })
}
