//! Writing to a registry: blobs by POST and PUT, manifests by PUT.

use super::{Registry, locked, unexpected};
use crate::auth::token::Scope;
use crate::budget;
use crate::error::{Error, shown};
use crate::http::url::Url;
use crate::http::wire::Answer;
use crate::http::{Ask, pace};
use crate::manifest::{Descriptor, EMPTY, Manifest};
use bulla_verify::Digest;
use std::sync::Arc;
use ureq::http::Method;

impl Registry {
    /// Stores a blob, unless it is there already. A small one is not asked for first: that would cost a round trip to
    /// save two, and bundles are new as a rule; the empty configuration is there as a rule.
    pub(super) fn upload(&self, bytes: &[u8]) -> Result<Descriptor, Error> {
        let media_type = if bytes == b"{}" { EMPTY } else { "application/octet-stream" };
        let descriptor = Descriptor::of(media_type, bytes);
        let worth_asking = bytes.len() > budget::PUSH_UNASKED || media_type == EMPTY;
        if worth_asking && self.has_blob(&descriptor.digest)? {
            return Ok(descriptor);
        }
        let body: Arc<[u8]> = bytes.into();
        let mut tried = 0;
        let mut before = None;
        loop {
            tried += 1;
            match self.upload_once(&descriptor.digest, &body) {
                Ok(()) => return Ok(descriptor),
                // An upload cannot be resumed by repeating its PUT; it is begun anew.
                Err(error) if passes(&error) && tried < budget::UPLOADS => {
                    before = Some(error);
                    if let Err(error) = self.client.pace.sleep(pace::pause(tried), &self.client.origin.to_string()) {
                        return Err(error.or_rather(before));
                    }
                }
                Err(error) => return Err(error.or_rather(before)),
            }
        }
    }

    fn has_blob(&self, digest: &Digest) -> Result<bool, Error> {
        let ask = Ask::new(Method::HEAD, self.url(&format!("blobs/{digest}")), Scope::Push);
        Ok(self.client.ask(&ask)?.status == 200)
    }

    fn upload_once(&self, digest: &Digest, body: &Arc<[u8]>) -> Result<(), Error> {
        // An upload that was begun and not ended costs the registry nothing: it forgets it.
        let begin = Ask::new(Method::POST, self.url("blobs/uploads/"), Scope::Push);
        let answer = self.client.ask(&begin)?;
        match answer.status {
            202 => {}
            201 => return Ok(()),
            _ => return Err(unexpected(&answer, "the beginning of an upload")),
        }
        let url = self.upload_url(&answer)?.with_query("digest", &digest.to_string());
        let mut put = Ask::new(Method::PUT, url, Scope::Push);
        put.content_type = Some("application/octet-stream".to_owned());
        put.body = Arc::clone(body);
        put.repeatable = false;
        let answer = self.client.ask(&put)?;
        match answer.status {
            200..=202 | 204 => Ok(()),
            _ => Err(unexpected(&answer, &format!("the upload of {digest}"))),
        }
    }

    /// Where the registry wants the bytes: relative or absolute, also elsewhere (without credentials then), but never
    /// in the clear when the registry itself is not.
    fn upload_url(&self, answer: &Answer) -> Result<Url, Error> {
        let location = answer.header("location").unwrap_or_default();
        let from = answer.url.origin.to_string();
        let refuse = |why| Error::RedirectRefused { from: from.clone(), to: shown(location), why };
        let url = answer.url.join(location).filter(|_| !location.is_empty());
        let url = url.ok_or_else(|| refuse("not an address to upload to"))?;
        if answer.url.origin.https && !url.origin.https {
            return Err(refuse("from https to plain http"));
        }
        Ok(url)
    }

    /// Stores a manifest by its digest, or under a tag.
    pub(super) fn put_manifest(&self, media_type: &str, bytes: &[u8], tag: Option<&str>) -> Result<Descriptor, Error> {
        let manifest = Manifest::parse(bytes, Some(media_type), &self.name)?;
        let descriptor = manifest.descriptor.clone();
        let reference = tag.map_or_else(|| descriptor.digest.to_string(), str::to_owned);
        let answer = self.put_at(&reference, media_type, bytes, true)?;
        if let Some(subject) = &manifest.subject {
            let named = answer.header("oci-subject").and_then(|text| Digest::parse(text).ok());
            if named == Some(subject.digest) {
                locked(&self.acknowledged).insert(descriptor.digest);
            }
            locked(&self.pushed).insert(descriptor.digest, manifest);
        }
        Ok(descriptor)
    }

    pub(super) fn put_at(
        &self,
        reference: &str,
        media_type: &str,
        bytes: &[u8],
        repeatable: bool,
    ) -> Result<Answer, Error> {
        let mut ask = Ask::new(Method::PUT, self.url(&format!("manifests/{reference}")), Scope::Push);
        ask.content_type = Some(media_type.to_owned());
        ask.body = bytes.into();
        ask.repeatable = repeatable;
        let mut tried = 0;
        loop {
            tried += 1;
            let answer = self.client.ask(&ask)?;
            let error = match answer.status {
                200..=202 => return Ok(answer),
                _ => unexpected(&answer, &format!("the upload of manifest {reference}")),
            };
            if !(repeatable && half_written(&error) && tried < budget::ATTEMPTS) {
                return Err(error);
            }
            self.client.pace.sleep(pace::pause(tried), &self.client.origin.to_string())?;
        }
    }
}

/// Whether the registry misses what a manifest names, although it has confirmed it: docker-registry truncates the files
/// that it writes again (the empty configuration's, when two upload it at once), and reads them in that state.
pub(super) fn half_written(error: &Error) -> bool {
    let codes = ["DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"];
    let Error::UnexpectedStatus { status: 400 | 404, detail, .. } = error else { return false };
    codes.iter().any(|code| detail.starts_with(&format!(": {code}:")))
}

/// Whether the same again may end better.
pub(super) fn passes(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreachable { .. } | Error::Throttled { .. } | Error::ServerFailed { .. } | Error::Truncated { .. }
    )
}
