//! The keys of a sandbox: made when it first starts, and kept where it has a folder.

use crate::sigstore::{
    certificate::{Authority, Purpose},
    key::{Algorithm, Key, failed},
    timestamp::TimestampAuthority,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bulla_verify::{Time, json};
use serde::{Deserialize, Serialize};
use std::io::Result;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The name of the authority that issues for signers.
pub(crate) const AUTHORITY: &str = "bulla sandbox (not for production)";

/// The name of the one that issues timestamps.
pub(crate) const TSA: &str = "bulla sandbox timestamps (not for production)";

pub(crate) struct Keys {
    pub(crate) made: Time,
    pub(crate) oidc: Key,
    pub(crate) ct: Key,
    pub(crate) rekor: Key,
    pub(crate) rekor_v1: Key,
    pub(crate) authority: Authority,
    pub(crate) tsa: TimestampAuthority,
}

/// An authority for signers, with keys of its own.
pub(crate) fn authority(now: Time) -> Result<Authority> {
    let [issuer, root] = [Key::generate(Algorithm::EcdsaP384)?, Key::generate(Algorithm::EcdsaP384)?];
    Authority::new(AUTHORITY, issuer, &root, Purpose::CodeSigning, None, now)
}

impl Keys {
    pub(crate) fn generate(now: Time) -> Result<Self> {
        Ok(Self {
            made: now,
            oidc: Key::generate(Algorithm::EcdsaP256)?,
            ct: Key::generate(Algorithm::EcdsaP256)?,
            rekor: Key::generate(Algorithm::Ed25519)?,
            rekor_v1: Key::generate(Algorithm::EcdsaP256)?,
            authority: authority(now)?,
            tsa: TimestampAuthority::new(TSA, None, now)?,
        })
    }

    /// JSON, with every secret in it.
    pub(crate) fn to_json(&self) -> Result<Zeroizing<Vec<u8>>> {
        let secret = |key: &Key| Ok::<_, std::io::Error>(STANDARD.encode(key.secret()?));
        let chain = |chain: &[Vec<u8>]| chain.iter().map(|der| STANDARD.encode(der)).collect();
        let kept = Kept {
            made: self.made.unix(),
            oidc: secret(&self.oidc)?,
            ct: secret(&self.ct)?,
            rekor: secret(&self.rekor)?,
            rekor_v1: secret(&self.rekor_v1)?,
            authority: secret(self.authority.key())?,
            authority_chain: chain(&self.authority.chain),
            tsa: secret(self.tsa.key())?,
            tsa_chain: chain(&self.tsa.chain),
        };
        serde_json::to_vec(&kept).map(Zeroizing::new).map_err(|_| failed("to keep its keys"))
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self> {
        let kept: Kept = json::from_slice(bytes).map_err(|_| failed("keys that were kept"))?;
        let decoded = |text: &str| STANDARD.decode(text).map(Zeroizing::new).map_err(|_| failed("a kept key"));
        let key = |algorithm, text: &str| Key::from_secret(algorithm, &decoded(text)?);
        let chain = |texts: &[String]| texts.iter().map(|text| Ok(decoded(text)?.to_vec())).collect::<Result<Vec<_>>>();
        let authority = key(Algorithm::EcdsaP384, &kept.authority)?;
        let tsa = key(Algorithm::EcdsaP256, &kept.tsa)?;
        Ok(Self {
            made: Time::from_unix(kept.made),
            oidc: key(Algorithm::EcdsaP256, &kept.oidc)?,
            ct: key(Algorithm::EcdsaP256, &kept.ct)?,
            rekor: key(Algorithm::Ed25519, &kept.rekor)?,
            rekor_v1: key(Algorithm::EcdsaP256, &kept.rekor_v1)?,
            authority: Authority::again(AUTHORITY, authority, chain(&kept.authority_chain)?),
            tsa: TimestampAuthority::again(tsa, chain(&kept.tsa_chain)?).ok_or_else(|| failed("a kept certificate"))?,
        })
    }
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Kept {
    made: i64,
    oidc: String,
    ct: String,
    rekor: String,
    rekor_v1: String,
    authority: String,
    authority_chain: Vec<String>,
    tsa: String,
    tsa_chain: Vec<String>,
}
