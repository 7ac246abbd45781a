//! Sigstore bundles as referrers of an image: found and fetched in three round trips, attached as cosign 3 does.

use crate::annotations::{Annotations, CONTENT, CREATED, PREDICATE_TYPE};
use crate::budget;
use crate::error::Error;
use crate::manifest::{Descriptor, EMPTY, Manifest, OCI_MANIFEST, Parsed, WireDescriptor};
use crate::parallel;
use crate::store::Store;
use bulla_verify::{BUNDLE_V0_3, Digest};
use serde::Serialize;

/// The beginning of every media type that a bundle has had (`…bundle+json;version=0.1` to `…bundle.v0.3+json`).
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// A bundle that was fetched. Its bytes are what the digests say; nothing else about it is proved.
#[derive(Debug, Clone)]
pub struct Found {
    /// The manifest that carries it.
    pub manifest: Descriptor,
    /// The bundle.
    pub bytes: Vec<u8>,
    /// What the manifest says that the statement in it is about.
    pub unverified_predicate_type: Option<String>,
    /// When the manifest says that it was made (RFC 3339 as a rule).
    pub unverified_created: Option<String>,
}

/// What is attached to a subject.
#[derive(Debug)]
pub struct Fetched {
    /// The subject itself.
    pub subject: Manifest,
    /// The bundles, in the place's order.
    pub found: Vec<Found>,
    /// Why the list, or something in it, is not here. While this is not empty, more may be attached than was found:
    /// absence cannot be concluded.
    pub unavailable: Vec<Error>,
}

/// Fetches the subject and every bundle that is attached to it, in three sequential round trips: the list of referrers
/// beside the subject's manifest, the bundles' manifests, their bytes. A challenge, the fallback tag and further pages
/// of the list come on top; more than 32 bundles are asked for 32 at a time, [`budget::BUNDLES`] at most.
///
/// # Errors
/// Only what concerns the subject itself, and [`Error::Cancelled`]; everything else is kept in [`Fetched::unavailable`].
pub fn fetch(store: &dyn Store, subject: &Digest) -> Result<Fetched, Error> {
    let (listed, subject) = parallel::both(|| store.referrers(subject), || store.manifest(subject));
    let subject = subject?;
    let mut unavailable = Vec::new();
    let mut candidates = candidates(listed.unwrap_or_else(|error| {
        unavailable.push(error);
        Vec::new()
    }));
    if candidates.len() > budget::BUNDLES {
        unavailable.push(Error::TooMany { place: store.name(), what: "bundles", limit: budget::BUNDLES });
        candidates.truncate(budget::BUNDLES);
    }
    let mut carried = Vec::new();
    for answer in parallel::each(&candidates, |candidate| carried_by(store, candidate)) {
        match answer {
            Ok(bundle) => carried.extend(bundle),
            Err(error) => unavailable.push(error),
        }
    }
    if drop_what_is_too_much(&mut carried) {
        let (place, limit) = (store.name(), budget::BUNDLES_BYTES);
        unavailable.push(Error::TooLarge { place, what: "the bundles together", limit });
    }
    let blobs = parallel::each(&carried, |carried| store.blob(&carried.layer));
    let mut found = Vec::new();
    for (Carried { manifest, predicate_type, created, .. }, blob) in carried.into_iter().zip(blobs) {
        match blob {
            Ok(bytes) => found.push(Found {
                manifest,
                bytes,
                unverified_predicate_type: predicate_type,
                unverified_created: created,
            }),
            Err(error) => unavailable.push(error),
        }
    }
    match unavailable.iter().position(|error| matches!(error, Error::Cancelled)) {
        Some(at) => Err(unavailable.swap_remove(at)),
        None => Ok(Fetched { subject, found, unavailable }),
    }
}

/// What may be a bundle, each once. The listing's artifact type is a hint only: where it says nothing, or names the
/// empty configuration (as go-containerregistry does), the manifest decides.
fn candidates(listed: Vec<Descriptor>) -> Vec<Descriptor> {
    let mut seen = std::collections::BTreeSet::new();
    let may_be = |descriptor: &Descriptor| {
        let hint = descriptor.artifact_type.as_deref();
        hint.is_none_or(|hint| hint.starts_with(BUNDLE) || hint == EMPTY)
    };
    let listed = listed.into_iter().filter(|listed| may_be(listed) && seen.insert(listed.digest));
    // Nothing else of what is listed is needed, and whoever may push chose how much it is.
    listed.map(|listed| Descriptor::bare(&listed.media_type, listed.digest, listed.size)).collect()
}

/// What is kept of a bundle's manifest: little, since whoever wrote it chose its size.
#[derive(Debug)]
struct Carried {
    manifest: Descriptor,
    layer: Descriptor,
    predicate_type: Option<String>,
    created: Option<String>,
}

fn carried_by(store: &dyn Store, candidate: &Descriptor) -> Result<Option<Carried>, Error> {
    let manifest = store.referrer(candidate)?;
    let Some(layer) = layer(&manifest, &store.name())? else { return Ok(None) };
    let layer = Descriptor::bare(BUNDLE_V0_3, layer.digest, layer.size);
    let annotation = |name| manifest.annotations.get(name).map(str::to_owned);
    let (predicate_type, created) = (annotation(PREDICATE_TYPE), annotation(CREATED));
    Ok(Some(Carried { manifest: manifest.descriptor, layer, predicate_type, created }))
}

/// Keeps the smallest bundles that fit into the budget together, in their order; whether any was dropped. Signatures are
/// small, so that large rubbish drops itself.
fn drop_what_is_too_much(carried: &mut Vec<Carried>) -> bool {
    let all = carried.len();
    let mut sizes: Vec<u64> = carried.iter().map(|carried| carried.layer.size).collect();
    sizes.sort_unstable();
    let limit = u64::try_from(budget::BUNDLES_BYTES).unwrap_or(u64::MAX);
    let within = |total: &mut u64, size: &u64| {
        *total = total.saturating_add(*size);
        (*total <= limit).then_some(*size)
    };
    let largest = sizes.iter().scan(0, within).last();
    let mut left = limit;
    carried.retain(|carried| {
        let fits = largest.is_some_and(|largest| carried.layer.size <= largest) && carried.layer.size <= left;
        left = left.saturating_sub(if fits { carried.layer.size } else { 0 });
        fits
    });
    carried.len() < all
}

/// The one layer of a manifest that carries a bundle; nothing for a manifest of another kind.
fn layer(manifest: &Manifest, place: &str) -> Result<Option<Descriptor>, Error> {
    let Parsed::Image { layers, .. } = &manifest.parsed else { return Ok(None) };
    let says_so = manifest.artifact_type.as_deref().is_some_and(|kind| kind.starts_with(BUNDLE));
    match layers.as_slice() {
        [layer] if says_so || layer.media_type.starts_with(BUNDLE) => Ok(Some(layer.clone())),
        _ if !says_so => Ok(None),
        layers => {
            let why = format!("{} has {} layers instead of one", manifest.descriptor.digest, layers.len());
            Err(Error::Malformed { place: place.to_owned(), what: "bundle's manifest", why })
        }
    }
}

/// Attaches a bundle to `subject`: pushes it with its manifest, and makes sure that it is listed. `created` is RFC 3339.
///
/// The same arguments make the same manifest: attaching twice attaches once. What was pushed before an error is no
/// referrer yet, or is one and listed by the next writer.
///
/// # Errors
/// What kept it from being pushed, [`Error::TooLarge`] if nobody could fetch it, or [`Error::NotListed`].
pub fn attach(
    store: &dyn Store,
    subject: &Descriptor,
    bundle: &[u8],
    predicate_type: &str,
    created: &str,
) -> Result<Descriptor, Error> {
    let manifest = manifest(subject, bundle, predicate_type, created);
    if manifest.len() > budget::REFERRER_BYTES {
        let (place, limit) = (store.name(), budget::REFERRER_BYTES);
        return Err(Error::TooLarge { place, what: "the bundle's manifest", limit });
    }
    for pushed in parallel::each(&[bundle, b"{}"], |bytes| store.push_blob(bytes)) {
        pushed?;
    }
    let referrer = store.push_manifest(OCI_MANIFEST, &manifest, None)?;
    store.list_referrer(subject, &referrer)?;
    Ok(referrer)
}

/// The bytes that cosign 3 writes, in the order in which Go writes them (`WriteAttestationNewBundleFormat`).
fn manifest(subject: &Descriptor, bundle: &[u8], predicate_type: &str, created: &str) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire<'a> {
        schema_version: u8,
        media_type: &'a str,
        config: WireDescriptor,
        layers: [WireDescriptor; 1],
        annotations: Annotations,
        subject: WireDescriptor,
        artifact_type: &'a str,
    }
    let mut config = Descriptor::of(EMPTY, b"{}");
    config.artifact_type = Some(BUNDLE_V0_3.to_owned());
    let annotations = Annotations::default()
        .with(CONTENT, "dsse-envelope")
        .with(PREDICATE_TYPE, predicate_type)
        .with(CREATED, created);
    let wire = Wire {
        schema_version: 2,
        media_type: OCI_MANIFEST,
        config: (&config).into(),
        layers: [(&Descriptor::of(BUNDLE_V0_3, bundle)).into()],
        annotations,
        subject: (&Descriptor::bare(&subject.media_type, subject.digest, subject.size)).into(),
        artifact_type: BUNDLE_V0_3,
    };
    // Texts and numbers only, which JSON can always hold.
    serde_json::to_vec(&wire).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_what_cosign_3_writes() {
        let subject = Descriptor::bare(OCI_MANIFEST, Digest::of(b"subject"), 7);
        let text =
            String::from_utf8_lossy(&manifest(&subject, b"bundle", "https://p", "2026-11-24T00:00:00Z")).into_owned();
        let expected = format!(
            concat!(
                r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
                r#""config":{{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"{empty}","artifactType":"{kind}"}},"#,
                r#""layers":[{{"mediaType":"{kind}","size":6,"digest":"{bundle}"}}],"#,
                r#""annotations":{{"dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":"https://p","#,
                r#""org.opencontainers.image.created":"2026-11-24T00:00:00Z"}},"#,
                r#""subject":{{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":7,"digest":"{subject}"}},"#,
                r#""artifactType":"{kind}"}}"#
            ),
            empty = Digest::of(b"{}"),
            kind = BUNDLE_V0_3,
            bundle = Digest::of(b"bundle"),
            subject = subject.digest,
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn one_byte_too_many_together_drops_the_largest_and_says_so() {
        let of = |size: u64| Carried {
            manifest: Descriptor::of(OCI_MANIFEST, &size.to_be_bytes()),
            layer: Descriptor::bare(BUNDLE_V0_3, Digest::of(b""), size),
            predicate_type: None,
            created: None,
        };
        let limit = u64::try_from(budget::BUNDLES_BYTES).unwrap();
        let kept = |sizes: &[u64]| {
            let mut carried: Vec<_> = sizes.iter().map(|size| of(*size)).collect();
            let dropped = drop_what_is_too_much(&mut carried);
            (carried.iter().map(|carried| carried.layer.size).collect::<Vec<_>>(), dropped)
        };
        assert_eq!(kept(&[limit - 2, 1, 1]), (vec![limit - 2, 1, 1], false));
        assert_eq!(kept(&[limit - 1, 1, 1]), (vec![1, 1], true));
        assert_eq!(kept(&[limit / 2, limit / 2, limit / 2]), (vec![limit / 2, limit / 2], true));
        assert_eq!(kept(&[u64::MAX, u64::MAX]), (vec![], true));
        assert_eq!(kept(&[]), (vec![], false));
    }

    #[test]
    fn a_listing_is_a_hint_and_the_manifest_decides() {
        let listed = |kind: Option<&str>, seed: &str| Descriptor {
            artifact_type: kind.map(str::to_owned),
            ..Descriptor::of(OCI_MANIFEST, seed.as_bytes())
        };
        let all = vec![
            listed(Some(BUNDLE_V0_3), "bundle"),
            listed(Some(EMPTY), "listed by its configuration"),
            listed(None, "listed without a type"),
            listed(None, "listed without a type"),
            listed(Some("application/spdx+json"), "something else"),
        ];
        assert_eq!(candidates(all).len(), 3);
    }
}
