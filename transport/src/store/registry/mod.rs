//! A repository of a registry (OCI distribution specification 1.1).

mod fallback;
mod push;
mod referrers;

use crate::auth::token::Scope;
use crate::budget;
use crate::error::Error;
use crate::http::url::Url;
use crate::http::wire::Answer;
use crate::http::{Ask, Client, detail};
use crate::manifest::{Descriptor, Manifest};
use crate::options::Options;
use crate::reference::Reference;
use crate::store::{self, Store};
use bulla_verify::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use ureq::http::Method;

/// Every kind of manifest that we read, for `Accept`.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/// One repository.
#[derive(Debug)]
pub(crate) struct Registry {
    client: Client,
    name: String,
    repository: String,
    /// Manifests that were resolved by tag: their bytes are here already, under the digest that they hash to.
    resolved: Mutex<BTreeMap<Digest, Manifest>>,
    /// Referrers that were pushed: what they are, for listing them.
    pushed: Mutex<BTreeMap<Digest, Manifest>>,
    /// Referrers whose subject the registry acknowledged (`OCI-Subject`): it lists them by itself.
    acknowledged: Mutex<BTreeSet<Digest>>,
}

impl Registry {
    pub(crate) fn new(reference: &Reference, options: &Options) -> Result<Self, Error> {
        let repository = reference.repository().to_owned();
        let client = Client::new(reference.registry(), &repository, options)?;
        let name = format!("{}/{repository}", reference.registry());
        let (resolved, pushed, acknowledged) = Default::default();
        Ok(Self { client, name, repository, resolved, pushed, acknowledged })
    }

    fn url(&self, path: &str) -> Url {
        self.client.origin.at(format!("/v2/{}/{path}", self.repository))
    }

    /// A manifest by tag or digest, at most `limit` bytes, hashed; nothing when the registry says that there is none.
    fn fetch(&self, reference: &str, scope: Scope, limit: usize) -> Result<Option<Manifest>, Error> {
        let mut ask = Ask::new(Method::GET, self.url(&format!("manifests/{reference}")), scope);
        ask.accept = Some(MANIFESTS);
        ask.limit = limit;
        let answer = self.client.ask(&ask)?;
        match answer.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(unexpected(&answer, &format!("the question for manifest {reference}"))),
        }
        // A tag promises no digest, but its registry does: half a manifest is noticed by it.
        let promised = Digest::parse(reference).ok();
        let promised = promised.or_else(|| Digest::parse(answer.header("docker-content-digest")?).ok());
        if let Some(promised) = promised {
            self.check(&promised, &answer.body)?;
        }
        Manifest::parse(&answer.body, answer.header("content-type"), &self.name).map(Some)
    }

    fn check(&self, expected: &Digest, bytes: &[u8]) -> Result<(), Error> {
        let found = Digest::of(bytes);
        if found == *expected {
            return Ok(());
        }
        Err(Error::DigestMismatch { place: self.name.clone(), expected: *expected, found })
    }
}

impl Store for Registry {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn resolve(&self, tag: &str) -> Result<Descriptor, Error> {
        let no_such_tag = || Error::NoSuchTag { place: self.name.clone(), tag: tag.to_owned() };
        let manifest = self.fetch(tag, Scope::Pull, budget::MANIFEST_BYTES)?.ok_or_else(no_such_tag)?;
        let descriptor = manifest.descriptor.clone();
        locked(&self.resolved).insert(descriptor.digest, manifest);
        Ok(descriptor)
    }

    fn resolve_unpicked(&self) -> Result<Descriptor, Error> {
        self.resolve("latest")
    }

    fn manifest(&self, digest: &Digest) -> Result<Manifest, Error> {
        if let Some(manifest) = locked(&self.resolved).get(digest) {
            return Ok(manifest.clone());
        }
        let absent = || Error::NoSuchManifest { place: self.name.clone(), digest: *digest };
        self.fetch(&digest.to_string(), Scope::Pull, budget::MANIFEST_BYTES)?.ok_or_else(absent)
    }

    fn referrer(&self, listed: &Descriptor) -> Result<Manifest, Error> {
        store::expect_small(listed, &self.name)?;
        let absent = || Error::NoSuchManifest { place: self.name.clone(), digest: listed.digest };
        self.fetch(&listed.digest.to_string(), Scope::Pull, budget::REFERRER_BYTES)?.ok_or_else(absent)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        self.all_referrers(subject)
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let (digest, place) = (descriptor.digest, self.name.clone());
        let (what, limit) = ("a blob", budget::BLOB_BYTES);
        if usize::try_from(descriptor.size).map_or(true, |size| size > limit) {
            return Err(Error::TooLarge { place, what, limit });
        }
        let mut ask = Ask::new(Method::GET, self.url(&format!("blobs/{digest}")), Scope::Pull);
        ask.limit = limit;
        let answer = self.client.ask(&ask)?;
        match answer.status {
            200 => {}
            404 => return Err(Error::NoSuchBlob { place, digest }),
            _ => return Err(unexpected(&answer, &format!("the question for blob {digest}"))),
        }
        self.check(&digest, &answer.body)?;
        match u64::try_from(answer.body.len()) {
            Ok(found) if found != descriptor.size => {
                Err(Error::SizeMismatch { place, digest, expected: descriptor.size, found })
            }
            _ => Ok(answer.body),
        }
    }

    fn push_blob(&self, bytes: &[u8]) -> Result<Descriptor, Error> {
        self.upload(bytes)
    }

    fn push_manifest(&self, media_type: &str, bytes: &[u8], tag: Option<&str>) -> Result<Descriptor, Error> {
        self.put_manifest(media_type, bytes, tag)
    }

    fn list_referrer(&self, subject: &Descriptor, referrer: &Descriptor) -> Result<(), Error> {
        self.make_listed(subject, referrer)
    }
}

/// An answer with a status that the specification does not foresee for the question.
fn unexpected(answer: &Answer, what: &str) -> Error {
    let (origin, detail) = (answer.url.origin.to_string(), detail(&answer.body));
    Error::UnexpectedStatus { origin, what: what.to_owned(), status: answer.status, detail }
}

/// Locks, also after another thread died with the lock held: what is guarded is replaced whole.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
