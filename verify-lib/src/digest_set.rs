//! in-toto DigestSet (in-toto/attestation, `spec/v1/digest_set.md`): digests by their algorithms.

use core::fmt;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use std::collections::BTreeMap;

/// Digests as they were written; each algorithm once, since two readers may disagree on which of two counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DigestSet(BTreeMap<String, String>);

impl DigestSet {
    pub(crate) fn get(&self, algorithm: &str) -> Option<&str> {
        self.0.get(algorithm).map(String::as_str)
    }
}

impl<'de> Deserialize<'de> for DigestSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Digests)
    }
}

struct Digests;

impl<'de> Visitor<'de> for Digests {
    type Value = DigestSet;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("digests by their algorithms")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DigestSet, A::Error> {
        let mut digests = BTreeMap::new();
        while let Some((algorithm, digest)) = map.next_entry::<String, String>()? {
            if digests.insert(algorithm, digest).is_some() {
                return Err(A::Error::custom("duplicate digest"));
            }
        }
        Ok(DigestSet(digests))
    }
}
