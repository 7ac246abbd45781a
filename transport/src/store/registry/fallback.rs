//! Listing a referrer where the registry does not: the fallback tag, among writers who cannot see each other.
//!
//! The tag `sha256-<hex>` names an index of the subject's referrers (OCI distribution specification, "Referrers Tag
//! Schema"). It is changed by reading, merging and writing, and registries offer no way to write only if nothing
//! changed in between. So a writer may overwrite what another has just added; reading one's own write back proves
//! little, because a third writer may have read before it and not have written yet. Waiting "long enough" only makes
//! that rarer: nobody bounds how long others take.
//!
//! What needs no merging cannot be lost: every writer first leaves a *record*, a tag of its own,
//! `sha256-<hex>.bulla-<32 hex digits of the referrer's digest>`, which names the referrer's manifest itself (nothing
//! new is stored, and a registry that clears away untagged manifests leaves it alone). Then, in rounds: read the list
//! of tags and the index; when the index has an entry for every record, and ours, end; else write the index with what
//! was missing, ours and others', and begin again.
//!
//! **What this guarantees.** Once no writer of ours is under way, the index lists the referrer of each one that
//! reported success. Take the last write to the tag, by writer X, and any writer Y that succeeded. X ended only after
//! a round that followed its last write, in which the index (which is that write, being the last) covered every record
//! in the list. If Y's record was in that list, the index has Y's entry. If not, Y left its record after X's last
//! write; then Y's own last round read that write, and would have written again, had its entry been missing. No clock
//! is in the argument; it needs a registry whose reads see the writes that it has confirmed. (A record that is listed but
//! not there yet is passed over for one round only: its writer confirms it later, hence looks later than X wrote. Passed
//! over for good, it was lost: on docker-registry 2.8.2, with 20 writers at once, in the 5th, 35th and 46th round of
//! three runs.)
//!
//! **What remains.** (1) A writer that ends between its write and its next round (killed, unplugged) may have dropped
//! entries. (2) Writers that leave no records (cosign, oras) may drop anybody's entry, and theirs may be dropped: their
//! entries are kept whenever they are seen, but nothing tells us that one is missing. (3) A registry may carry out a
//! request after having failed to answer it. In all three cases nothing is lost but the listing: the manifest is in
//! the registry, and of ours the record too. A verifier then sees fewer signatures, never a false one. **The next
//! writer finds every record without an entry and lists it again**: signing or attesting the same image again, by
//! anyone, repairs it; a record whose manifest was deleted is passed over, so what is deleted stays deleted.
//!
//! A registry that does not list tags leaves us with waiting: the entry must then be found by
//! [`budget::SETTLED_READS`] consecutive reads, with random pauses before each. That is likely, not certain.

use super::referrers::{Listing, fallback_tag};
use super::{Registry, locked, push};
use crate::auth::token::Scope;
use crate::budget;
use crate::error::Error;
use crate::http::{Ask, pace};
use crate::manifest::{Descriptor, Manifest, OCI_INDEX};
use crate::parallel;
use crate::store::Store as _;
use crate::store::document::Document;
use bulla_verify::Digest;
use serde::Deserialize;
use std::collections::BTreeSet;
use ureq::http::Method;

/// What one round saw.
struct Round {
    index: Option<Document>,
    /// What the index should list and does not: ours, and whatever has a record.
    missing: Vec<Descriptor>,
    /// Whether the registry lists tags, so that nothing with a record was overlooked.
    complete: bool,
    /// Whether the registry lists the fallback tag and has nothing under it: docker-registry truncates before it writes,
    /// and to begin a new index now would drop what others than ours have listed.
    being_written: bool,
}

impl Registry {
    /// Sees to it that `referrer` is listed: by the registry itself, or by us.
    pub(super) fn make_listed(&self, subject: &Descriptor, referrer: &Descriptor) -> Result<(), Error> {
        if locked(&self.acknowledged).contains(&referrer.digest) {
            return Ok(());
        }
        match self.ask_api(&subject.digest, Scope::Push)? {
            Listing::Kept(list) => self.kept(list, subject, referrer),
            Listing::NoApi | Listing::Unclear(_) => self.list_by_tag(subject, referrer),
        }
    }

    /// The registry keeps the list: it may take a moment.
    fn kept(&self, mut list: Vec<Descriptor>, subject: &Descriptor, referrer: &Descriptor) -> Result<(), Error> {
        for _ in 0..budget::SETTLED_READS {
            if list.iter().any(|listed| listed.digest == referrer.digest) {
                return Ok(());
            }
            self.pause()?;
            list = self.all_referrers(&subject.digest)?;
        }
        Err(self.not_listed(subject, referrer, 0))
    }

    fn list_by_tag(&self, subject: &Descriptor, referrer: &Descriptor) -> Result<(), Error> {
        let manifest = self.pushed_manifest(&referrer.digest)?;
        let ours = entry(&manifest);
        let record = record(&subject.digest, &referrer.digest);
        self.put_at(&record, &manifest.descriptor.media_type, &manifest.bytes, true)?;
        let mut settled = 0;
        for round in 1..=budget::LISTING_ROUNDS {
            // Who has written must not leave before having looked again: what cannot be read is read again.
            let seen = match self.look(subject, &ours) {
                Err(error) if unsettled(&error) && round < budget::LISTING_ROUNDS => {
                    self.pause()?;
                    continue;
                }
                other => other?,
            };
            if seen.being_written && round <= budget::SETTLED_READS {
                self.pause()?;
            } else if !seen.missing.is_empty() {
                settled = 0;
                if round > 1 {
                    // Writers in step would overwrite each other for ever.
                    self.client.pace.sleep(pace::jittered(budget::FIRST_PAUSE), &self.client.origin.to_string())?;
                }
                self.write(&subject.digest, seen.index, &seen.missing)?;
            } else {
                settled += 1;
                if seen.complete || settled >= budget::SETTLED_READS {
                    return Ok(());
                }
                self.pause()?;
            }
        }
        Err(self.not_listed(subject, referrer, budget::LISTING_ROUNDS))
    }

    /// One round of reading: tags and index at once (neither has to be older than the other), then the records that the
    /// index does not cover.
    ///
    /// A record without a manifest is passed over, but in this round only: docker-registry lists a tag that it is about
    /// to write, and whoever did not look at it again would leave without it.
    fn look(&self, subject: &Descriptor, ours: &Descriptor) -> Result<Round, Error> {
        let tag = fallback_tag(&subject.digest);
        let (tags, index) = parallel::both(|| self.tags(&tag), || self.standing_in(&subject.digest, Scope::Push));
        let (tags, index) = (tags?, index?);
        let being_written = index.is_none() && tags.as_ref().is_some_and(|tags| tags.contains(&tag));
        let entries = index.as_ref().map(Document::entries).unwrap_or_default();
        let name = |entry: &Descriptor| record(&subject.digest, &entry.digest);
        let covered: BTreeSet<String> = entries.iter().chain([ours]).map(name).collect();
        let records = tags.iter().flatten().filter(|name| **name != tag && !covered.contains(*name));
        let records: Vec<&String> = records.collect();
        let mut missing = Vec::new();
        for found in parallel::each(&records, |tag| self.recorded(tag, &subject.digest)) {
            missing.extend(found?);
        }
        missing.extend(entries.iter().all(|entry| entry.digest != ours.digest).then(|| ours.clone()));
        Ok(Round { index, missing, complete: tags.is_some(), being_written })
    }

    /// The referrer that a record names; nothing when it is gone, or when what is there is not what the name says.
    fn recorded(&self, tag: &str, subject: &Digest) -> Result<Option<Descriptor>, Error> {
        let manifest = match self.fetch(tag, Scope::Push, budget::REFERRER_BYTES) {
            // Nothing of ours, then: whoever may push could otherwise keep everybody from signing.
            Err(Error::Malformed { .. } | Error::TooLarge { .. }) => return Ok(None),
            other => other?,
        };
        Ok(manifest.and_then(|manifest| {
            let refers = manifest.subject.as_ref().is_some_and(|named| named.digest == *subject);
            let named = record(subject, &manifest.descriptor.digest) == tag;
            (refers && named).then(|| entry(&manifest))
        }))
    }

    /// One write, never repeated blindly: what it was merged from would be older each time.
    fn write(&self, subject: &Digest, index: Option<Document>, missing: &[Descriptor]) -> Result<(), Error> {
        let mut index = index.unwrap_or_else(Document::empty);
        missing.iter().for_each(|descriptor| index.add(descriptor));
        if index.entries().len() > budget::REFERRERS {
            return Err(self.too_many("referrers", budget::REFERRERS));
        }
        index.sort();
        match self.put_at(&fallback_tag(subject), OCI_INDEX, &index.to_bytes(), false) {
            Err(error) if push::passes(&error) || push::half_written(&error) => self.pause(),
            other => other.map(drop),
        }
    }

    /// The fallback tag and the records among the repository's tags; nothing when the registry does not list tags.
    /// `last` lets a registry begin just before them; one that ignores it sends more.
    fn tags(&self, tag: &str) -> Result<Option<Vec<String>>, Error> {
        let prefix = format!("{tag}.bulla-");
        let before = tag.get(..tag.len().saturating_sub(1)).unwrap_or(tag);
        let first = self.url("tags/list").with_query("n", &budget::TAGS.to_string()).with_query("last", before);
        let mut records = Vec::new();
        let mut next = Some(first.clone());
        for _ in 0..budget::PAGES {
            let Some(url) = next else { return Ok(Some(records)) };
            let answer = match self.client.ask(&Ask::new(Method::GET, url, Scope::Push)) {
                Err(Error::Unauthorized { .. } | Error::ServerFailed { status: 501, .. } | Error::TooLarge { .. }) => {
                    return Ok(None);
                }
                other => other?,
            };
            let listed = match answer.status {
                200 => bulla_verify::json::from_slice::<Tags>(&answer.body).ok(),
                _ => None,
            };
            let Some(listed) = listed else { return Ok(None) };
            let tags = listed.tags.unwrap_or_default();
            let beyond =
                tags.is_sorted() && tags.last().is_some_and(|last| *last > prefix && !last.starts_with(&prefix));
            records.extend(tags.into_iter().filter(|name| name == tag || name.starts_with(&prefix)));
            if records.len() > budget::REFERRERS {
                return Err(self.too_many("records", budget::REFERRERS));
            }
            next = if beyond { None } else { self.next_page(&answer, &first)? };
        }
        Ok(next.is_none().then_some(records))
    }

    fn pushed_manifest(&self, digest: &Digest) -> Result<Manifest, Error> {
        let pushed = locked(&self.pushed).get(digest).cloned();
        pushed.map_or_else(|| self.manifest(digest), Ok)
    }

    fn pause(&self) -> Result<(), Error> {
        let pause = budget::SETTLE + pace::jittered(budget::SETTLE);
        self.client.pace.sleep(pause, &self.client.origin.to_string())
    }

    fn not_listed(&self, subject: &Descriptor, referrer: &Descriptor, rounds: u32) -> Error {
        let (place, tag) = (self.name.clone(), fallback_tag(&subject.digest));
        Error::NotListed { place, tag, referrer: referrer.digest, rounds }
    }
}

/// What a registry may answer while it is being written to: docker-registry's files are not replaced whole.
fn unsettled(error: &Error) -> bool {
    push::passes(error) || matches!(error, Error::Malformed { .. } | Error::DigestMismatch { .. })
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

/// The tag that a writer leaves for its referrer: 110 of at most 128 characters.
fn record(subject: &Digest, referrer: &Digest) -> String {
    let short: String = referrer.to_hex().chars().take(32).collect();
    format!("{}.bulla-{short}", fallback_tag(subject))
}

/// How a referrer is listed: its artifact type (else its configuration's) and its annotations (OCI distribution
/// specification, "Pushing Manifests with Subject").
fn entry(manifest: &Manifest) -> Descriptor {
    let config = match &manifest.parsed {
        crate::manifest::Parsed::Image { config, .. } => Some(config.media_type.clone()),
        crate::manifest::Parsed::Index { .. } => None,
    };
    let artifact_type = manifest.artifact_type.clone().or(config);
    Descriptor { artifact_type, annotations: manifest.annotations.clone(), ..manifest.descriptor.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::is_tag;

    #[test]
    fn a_record_is_a_tag_of_its_own_for_each_subject_and_referrer() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        assert!(is_tag(&record(&one, &two)));
        assert_ne!(record(&one, &two), record(&two, &one));
        assert!(record(&one, &two).starts_with(&fallback_tag(&one)));
    }
}
