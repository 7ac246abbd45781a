//! The JSON of a bundle as it is sent: `sigstore_bundle.proto`, in protobuf's JSON form.
//!
//! Unknown and duplicate fields do not parse: what a verifier does not read, a signer cannot have meant it to.

use core::{fmt, marker::PhantomData};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use std::borrow::Cow;

/// A text inside an option or a list, where serde borrows none by itself.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Bundle<'a> {
    #[serde(borrow)]
    pub(super) media_type: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) verification_material: Material<'a>,
    #[serde(borrow)]
    pub(super) message_signature: Option<MessageSignature<'a>>,
    #[serde(borrow)]
    pub(super) dsse_envelope: Option<Envelope<'a>>,
}

/// Enough of any bundle to tell its version before anything else is judged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version<'a> {
    #[serde(borrow)]
    pub(super) media_type: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Material<'a> {
    #[serde(borrow)]
    pub(super) public_key: Option<PublicKey<'a>>,
    #[serde(borrow)]
    pub(super) certificate: Option<RawBytes<'a>>,
    #[serde(borrow)]
    pub(super) x509_certificate_chain: Option<Chain<'a>>,
    #[serde(borrow, default, deserialize_with = "one_or_more")]
    pub(super) tlog_entries: Vec<LogEntry<'a>>,
    #[serde(borrow)]
    pub(super) timestamp_verification_data: Option<Timestamps<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PublicKey<'a> {
    #[serde(borrow, default)]
    pub(super) hint: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawBytes<'a> {
    #[serde(borrow)]
    pub(super) raw_bytes: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chain<'a> {
    #[serde(borrow)]
    pub(super) certificates: Vec<RawBytes<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Timestamps<'a> {
    #[serde(borrow, default, deserialize_with = "one_or_more")]
    pub(super) rfc3161_timestamps: Vec<Timestamp<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Timestamp<'a> {
    #[serde(borrow)]
    pub(super) signed_timestamp: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MessageSignature<'a> {
    #[serde(borrow)]
    pub(super) message_digest: Option<MessageDigest<'a>>,
    #[serde(borrow)]
    pub(super) signature: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MessageDigest<'a> {
    #[serde(borrow)]
    pub(super) algorithm: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) digest: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) payload: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) payload_type: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) signatures: Vec<Signature<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature<'a> {
    #[serde(borrow)]
    pub(super) sig: Cow<'a, str>,
    /// Unauthenticated in DSSE; never used to choose a key.
    #[serde(default, rename = "keyid")]
    pub(super) _keyid: serde::de::IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogEntry<'a> {
    #[serde(borrow)]
    pub(super) log_index: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) log_id: LogId<'a>,
    #[serde(borrow)]
    pub(super) kind_version: KindVersion<'a>,
    #[serde(borrow)]
    pub(super) integrated_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) inclusion_promise: Option<Promise<'a>>,
    #[serde(borrow)]
    pub(super) inclusion_proof: Option<Proof<'a>>,
    #[serde(borrow)]
    pub(super) canonicalized_body: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogId<'a> {
    #[serde(borrow)]
    pub(super) key_id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindVersion<'a> {
    #[serde(borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) version: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Promise<'a> {
    #[serde(borrow)]
    pub(super) signed_entry_timestamp: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Proof<'a> {
    #[serde(borrow)]
    pub(super) log_index: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) root_hash: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) tree_size: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) hashes: Vec<Text<'a>>,
    #[serde(borrow)]
    pub(super) checkpoint: Option<Checkpoint<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint<'a> {
    #[serde(borrow)]
    pub(super) envelope: Cow<'a, str>,
}

/// A list that mostly holds one: serde would begin with room for four, a kilobyte of entries.
fn one_or_more<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::with_capacity(1);
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_seq(List(PhantomData))
}
