//! An index that others write too: `index.json` of a layout, or the fallback tag of a registry. What we do not know in
//! it is kept as it is.

use crate::budget;
use crate::error::Error;
use crate::manifest::{Descriptor, OCI_INDEX, WireDescriptor};
use bulla_verify::Digest;
use bulla_verify::json::reason;
use serde::Deserialize;
use serde_json::{Value, json};

/// An OCI index, to be added to.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    whole: Value,
    entries: Vec<Descriptor>,
}

impl Document {
    /// An index without entries.
    pub(crate) fn empty() -> Self {
        let whole = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] });
        Self { whole, entries: Vec::new() }
    }

    /// Reads an index that will be changed; `place` is named in errors.
    pub(crate) fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let entries = entries(bytes, place)?;
        let refuse = |why: String| Error::Malformed { place: place.to_owned(), what: "index", why };
        let whole = serde_json::from_slice(bytes).map_err(|error| refuse(reason(&error)))?;
        Ok(Self { whole, entries })
    }

    pub(crate) fn entries(&self) -> &[Descriptor] {
        &self.entries
    }

    pub(crate) fn lists(&self, digest: &Digest) -> bool {
        self.entries.iter().any(|entry| entry.digest == *digest)
    }

    /// Adds an entry at the end.
    pub(crate) fn add(&mut self, descriptor: &Descriptor) {
        // A descriptor is made of texts and numbers, which JSON can always hold.
        let entry = serde_json::to_value(WireDescriptor::from(descriptor)).unwrap_or_default();
        if let Some(listed) = self.listed() {
            listed.push(entry);
        }
        self.entries.push(descriptor.clone());
    }

    /// Removes the entries for which `gone` is true.
    pub(crate) fn remove(&mut self, gone: impl Fn(&Descriptor) -> bool) {
        let mut keep = self.entries.iter().map(|entry| !gone(entry)).collect::<Vec<_>>().into_iter();
        if let Some(listed) = self.listed() {
            listed.retain(|_| keep.next().unwrap_or(true));
        }
        self.entries.retain(|entry| !gone(entry));
    }

    /// Sorts by digest, so that two writers of the same entries write the same bytes.
    pub(crate) fn sort(&mut self) {
        if let Some(listed) = self.listed() {
            listed.sort_by_key(|entry| entry.get("digest").and_then(Value::as_str).unwrap_or_default().to_owned());
        }
        self.entries.sort_by_key(|entry| entry.digest.to_string());
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.whole.to_string().into_bytes()
    }

    fn listed(&mut self) -> Option<&mut Vec<Value>> {
        self.whole.get_mut("manifests").and_then(Value::as_array_mut)
    }
}

/// The entries of an index that is only read: nothing else of it is kept.
pub(crate) fn entries(bytes: &[u8], place: &str) -> Result<Vec<Descriptor>, Error> {
    #[derive(Deserialize)]
    struct Listed {
        manifests: Option<Vec<WireDescriptor>>,
    }
    let refuse = |why: String| Error::Malformed { place: place.to_owned(), what: "index", why };
    let listed: Listed = bulla_verify::json::from_slice(bytes).map_err(|error| refuse(reason(&error)))?;
    let listed = listed.manifests.ok_or_else(|| refuse("no list of manifests".to_owned()))?;
    if listed.len() > budget::REFERRERS {
        return Err(Error::TooMany { place: place.to_owned(), what: "manifests", limit: budget::REFERRERS });
    }
    listed.into_iter().map(|entry| entry.read().map_err(refuse)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_kept() {
        let theirs = Descriptor::of("application/x", b"theirs");
        let mut document = Document::empty();
        document.add(&theirs);
        let text = String::from_utf8(document.to_bytes()).unwrap();
        let text = text.replacen("\"size\"", r#""data":"e30=","annotations":{"who":"them"},"size""#, 1).replacen(
            '{',
            "{\"annotations\":{\"a\":\"b\"},",
            1,
        );
        let mut document = Document::parse(text.as_bytes(), "r.test").unwrap();
        let ours = Descriptor::of("application/y", b"ours");
        document.add(&ours);
        document.sort();
        let again = Document::parse(&document.to_bytes(), "r.test").unwrap();
        assert!(again.lists(&theirs.digest) && again.lists(&ours.digest));
        let written = String::from_utf8(document.to_bytes()).unwrap();
        for kept in [r#""data":"e30=""#, r#""a":"b""#, r#""who":"them""#] {
            assert!(written.contains(kept), "{written}");
        }
        document.remove(|entry| entry.digest == ours.digest);
        assert_eq!(Document::parse(&document.to_bytes(), "r.test").unwrap().entries(), [theirs]);
    }

    #[test]
    fn what_nobody_reads_in_a_listing_costs_nothing() {
        let annotations: Vec<_> = (0..300_000).map(|n| format!(r#""{n:x}":"""#)).collect();
        let digest = Digest::of(b"");
        let text = format!(
            r#"{{"annotations":{{{0}}},"manifests":[{{"mediaType":"a/b","size":2,"digest":"{digest}","annotations":{{{0}}}}}]}}"#,
            annotations.join(",")
        );
        let cost = allocation_counter::measure(|| drop(entries(text.as_bytes(), "r.test").unwrap())).bytes_max;
        assert!(cost < 64 << 10, "{cost} bytes");
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for text in ["[[]]", "{}", r#"{"manifests":[],"manifests":[]}"#, r#"{"manifests":{}}"#] {
            assert_eq!(entries(text.as_bytes(), "r.test").unwrap_err().code(), "malformed-answer", "{text}");
        }
        assert_eq!(entries(b" {\"manifests\":[]}", "r.test").unwrap(), []);
    }

    #[test]
    fn one_entry_past_the_limit_is_too_many() {
        let mut document = Document::empty();
        (0..budget::REFERRERS).for_each(|n| document.add(&Descriptor::of("a/b", n.to_string().as_bytes())));
        assert!(Document::parse(&document.to_bytes(), "r.test").is_ok());
        document.add(&Descriptor::of("a/b", b"one more"));
        assert_eq!(Document::parse(&document.to_bytes(), "r.test").unwrap_err().code(), "too-many");
    }
}
