//! The endpoints of the OCI distribution specification 1.1, in the order of its table "Endpoints".

use super::Config;
use super::auth::Need;
use super::store::{Manifest, Refusal, Store, parse_digest, refusal};
use crate::http::{Answer, Body, Call};
use bulla_verify::Digest;
use serde_json::json;
use std::sync::Arc;

/// The most entries in one page of tags, when the client does not say.
const TAGS_PAGE: usize = 1000;

/// What a path is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Ping,
    Token,
    Blob { name: String, digest: String },
    Uploads { name: String },
    Upload { name: String, id: String },
    Manifest { name: String, reference: String },
    Tags { name: String },
    Referrers { name: String, digest: String },
}

impl Route {
    /// Reads a path; nothing where the registry has no such endpoint.
    pub(super) fn parse(path: &str) -> Option<Self> {
        match path {
            "/v2/" | "/v2" => return Some(Self::Ping),
            "/token" => return Some(Self::Token),
            _ => {}
        }
        let segments: Vec<&str> = path.strip_prefix("/v2/")?.split('/').collect();
        let join = |name: &[&str]| Some(name.join("/")).filter(|name| is_name(name));
        match segments.as_slice() {
            [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
                join(name).map(|name| Self::Uploads { name })
            }
            [name @ .., "blobs", "uploads", id] => join(name).map(|name| Self::Upload { name, id: (*id).to_owned() }),
            [name @ .., "blobs", digest] => join(name).map(|name| Self::Blob { name, digest: (*digest).to_owned() }),
            [name @ .., "manifests", reference] => {
                join(name).map(|name| Self::Manifest { name, reference: (*reference).to_owned() })
            }
            [name @ .., "tags", "list"] => join(name).map(|name| Self::Tags { name }),
            [name @ .., "referrers", digest] => {
                join(name).map(|name| Self::Referrers { name, digest: (*digest).to_owned() })
            }
            _ => None,
        }
    }

    /// What leave a request of this method needs.
    pub(super) fn need(&self, method: &str) -> Need {
        let reads = matches!(method, "GET" | "HEAD");
        match self {
            Self::Ping | Self::Token => Need::Any,
            Self::Uploads { name } | Self::Upload { name, .. } => Need::Push(name.clone()),
            Self::Blob { name, .. }
            | Self::Manifest { name, .. }
            | Self::Tags { name }
            | Self::Referrers { name, .. } => {
                if reads {
                    Need::Pull(name.clone())
                } else {
                    Need::Push(name.clone())
                }
            }
        }
    }
}

/// Repository names (OCI distribution specification 1.1, "Pulling manifests"), a little wider in the separators.
fn is_name(name: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| {
        part.bytes().all(|byte| edge(byte) || b"._-".contains(&byte))
            && part.bytes().next().is_some_and(edge)
            && part.bytes().last().is_some_and(edge)
    };
    name.len() <= 255 && name.split('/').all(part)
}

/// Tags (the same place).
fn is_tag(tag: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    tag.len() <= 128 && tag.bytes().all(inner) && !tag.is_empty() && !tag.starts_with(['.', '-'])
}

/// Answers one request that may pass.
pub(super) fn answer(route: &Route, call: &Call, store: &mut Store, config: &Config) -> Result<Answer, Refusal> {
    let method = call.method.as_str();
    match (route, method) {
        (Route::Ping, "GET" | "HEAD") => Ok(Answer::json(200, &json!({}))),
        (Route::Blob { name, digest }, "GET" | "HEAD") => blob(store, name, &parse_digest(digest)?),
        (Route::Blob { name, digest }, "DELETE") => {
            store.delete_blob(name, &parse_digest(digest)?).map(|()| Answer::empty(202))
        }
        (Route::Uploads { name }, "POST") => begin(store, name, call),
        (Route::Upload { name, id }, _) => upload(store, name, id, call),
        (Route::Manifest { name, reference }, "GET" | "HEAD") => manifest(store, name, reference),
        (Route::Manifest { name, reference }, "PUT") => put_manifest(store, name, reference, call, config),
        (Route::Manifest { name, reference }, "DELETE") => match Reference::parse(reference)? {
            Reference::Tag(tag) => store.delete_tag(name, tag).map(|()| Answer::empty(202)),
            Reference::Digest(digest) => store.delete_manifest(name, &digest).map(|()| Answer::empty(202)),
        },
        (Route::Tags { name }, "GET") => tags(store, name, call),
        (Route::Referrers { .. }, _) if !config.referrers => {
            Ok(Answer::typed(404, "text/plain; charset=utf-8", Body::Own(b"404 page not found\n".to_vec())))
        }
        (Route::Referrers { name, digest }, "GET") => referrers(store, name, &parse_digest(digest)?, call, config),
        _ => Err(refusal(405, "UNSUPPORTED", format!("not done here: {method}"))),
    }
}

fn blob(store: &Store, name: &str, digest: &Digest) -> Result<Answer, Refusal> {
    let bytes = store.blob(name, digest)?;
    let answer = Answer::typed(200, "application/octet-stream", Body::Stored(bytes));
    Ok(answer.with("Docker-Content-Digest", digest.to_string()))
}

fn blob_created(name: &str, digest: &Digest) -> Answer {
    Answer::empty(201)
        .with("Location", format!("/v2/{name}/blobs/{digest}"))
        .with("Docker-Content-Digest", digest.to_string())
}

/// `POST …/blobs/uploads/`: a mount, a whole blob, or the beginning of one.
fn begin(store: &mut Store, name: &str, call: &Call) -> Result<Answer, Refusal> {
    if let (Some(digest), Some(from)) = (call.parameter("mount"), call.parameter("from")) {
        let digest = parse_digest(digest)?;
        if store.mount(name, &digest, from)? {
            return Ok(blob_created(name, &digest));
        }
    }
    let whole = call.parameter("digest").map(parse_digest).transpose()?;
    let id = store.begin(name)?;
    match whole {
        Some(digest) => store.finish(name, id, &digest, call.body.bytes()).map(|()| blob_created(name, &digest)),
        None => Ok(upload_state(202, name, id, 0)),
    }
}

/// The state that the location carries is ours: clients must add to the query, not replace it.
fn upload_state(status: u16, name: &str, id: u64, arrived: usize) -> Answer {
    let answer = Answer::empty(status)
        .with("Location", format!("/v2/{name}/blobs/uploads/{id}?_state={arrived}"))
        .with("Docker-Upload-UUID", id.to_string());
    // An empty upload is 0-0 as well: the range cannot say nothing (distribution specification, "Resuming an upload").
    answer.with("Range", format!("0-{}", arrived.saturating_sub(1)))
}

fn upload(store: &mut Store, name: &str, id: &str, call: &Call) -> Result<Answer, Refusal> {
    let id = id.parse().map_err(|_| refusal(404, "BLOB_UPLOAD_UNKNOWN", "no such upload"))?;
    match call.method.as_str() {
        "GET" => store.progress(name, id).map(|arrived| upload_state(204, name, id, arrived)),
        "PATCH" => {
            let start = call.header("content-range").map(range_start).transpose()?;
            let arrived = store.append(name, id, start, call.body.bytes())?;
            Ok(upload_state(202, name, id, arrived))
        }
        "PUT" => {
            let missing = || refusal(400, "DIGEST_INVALID", "an upload ends with its digest");
            let digest = parse_digest(call.parameter("digest").ok_or_else(missing)?)?;
            store.finish(name, id, &digest, call.body.bytes()).map(|()| blob_created(name, &digest))
        }
        "DELETE" => store.cancel(name, id).map(|()| Answer::empty(204)),
        method => Err(refusal(405, "UNSUPPORTED", format!("not done here: {method}"))),
    }
}

/// The start of `<start>-<end>`, the distribution's own form of Content-Range.
fn range_start(range: &str) -> Result<usize, Refusal> {
    let range = range.strip_prefix("bytes ").unwrap_or(range);
    let start = range.split_once('-').and_then(|(start, _)| start.parse().ok());
    start.ok_or_else(|| refusal(400, "BLOB_UPLOAD_INVALID", format!("not a range: `{range}`")))
}

enum Reference<'a> {
    Tag(&'a str),
    Digest(Digest),
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Result<Self, Refusal> {
        if text.contains(':') {
            return parse_digest(text).map(Self::Digest);
        }
        let tag = Some(text).filter(|tag| is_tag(tag)).map(Self::Tag);
        tag.ok_or_else(|| refusal(400, "MANIFEST_INVALID", "neither a tag nor a digest"))
    }
}

fn manifest(store: &Store, name: &str, reference: &str) -> Result<Answer, Refusal> {
    let digest = match Reference::parse(reference)? {
        Reference::Tag(tag) => store.tagged(name, tag),
        Reference::Digest(digest) => Some(digest),
    };
    let found = digest.and_then(|digest| store.manifest(name, &digest).map(|manifest| (digest, manifest)));
    let (digest, manifest) =
        found.ok_or_else(|| refusal(404, "MANIFEST_UNKNOWN", format!("no such manifest: `{reference}`")))?;
    let answer = Answer::typed(200, &manifest.media_type, Body::Stored(Arc::clone(&manifest.bytes)));
    Ok(answer.with("Docker-Content-Digest", digest.to_string()))
}

fn put_manifest(
    store: &mut Store,
    name: &str,
    reference: &str,
    call: &Call,
    config: &Config,
) -> Result<Answer, Refusal> {
    let body = call.body.bytes();
    let digest = Digest::of(body);
    let tag = match Reference::parse(reference)? {
        Reference::Tag(tag) => Some(tag),
        Reference::Digest(expected) if expected == digest => None,
        Reference::Digest(expected) => {
            return Err(refusal(400, "DIGEST_INVALID", format!("expected {expected}, found {digest}")));
        }
    };
    let media_type = call.header("content-type").unwrap_or("application/octet-stream");
    let subject = store.put_manifest(name, tag, media_type, body)?;
    let answer = Answer::empty(201)
        .with("Location", format!("/v2/{name}/manifests/{digest}"))
        .with("Docker-Content-Digest", digest.to_string());
    Ok(match subject.filter(|_| config.referrers) {
        Some(subject) => answer.with("OCI-Subject", subject.to_string()),
        None => answer,
    })
}

fn tags(store: &Store, name: &str, call: &Call) -> Result<Answer, Refusal> {
    let unknown = || refusal(404, "NAME_UNKNOWN", format!("no such repository: `{name}`"));
    let all = store.tags(name).ok_or_else(unknown)?;
    let last = call.parameter("last");
    let size = call.parameter("n").and_then(|n| n.parse().ok()).unwrap_or(TAGS_PAGE).min(TAGS_PAGE);
    let mut page: Vec<&str> =
        all.filter(|tag| last.is_none_or(|last| *tag > last)).take(size.saturating_add(1)).collect();
    let more = page.len() > size;
    page.truncate(size);
    let answer = Answer::json(200, &json!({ "name": name, "tags": page }));
    Ok(match page.last().filter(|_| more) {
        Some(last) => answer.with("Link", format!("</v2/{name}/tags/list?n={size}&last={last}>; rel=\"next\"")),
        None => answer,
    })
}

/// The manifests that name `subject`, as an index (OCI distribution specification 1.1, "Listing Referrers").
fn referrers(store: &Store, name: &str, subject: &Digest, call: &Call, config: &Config) -> Result<Answer, Refusal> {
    let wanted = call.parameter("artifactType").filter(|_| !config.config_type_as_artifact_type);
    let last = call.parameter("last").map(parse_digest).transpose()?;
    let size = config.referrers_page.unwrap_or(usize::MAX);
    let found = store.manifests(name).filter(|(_, manifest)| manifest.subject == Some(*subject));
    let typed = found.filter(|(_, manifest)| wanted.is_none() || artifact_type(manifest, config) == wanted);
    let mut rest = typed.filter(|(digest, _)| last.is_none_or(|last| **digest > last));
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let descriptors: Vec<_> = page.iter().map(|(digest, manifest)| descriptor(digest, manifest, config)).collect();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": descriptors,
    });
    let body = Body::Own(index.to_string().into_bytes());
    let mut answer = Answer::typed(200, "application/vnd.oci.image.index.v1+json", body);
    if wanted.is_some() {
        answer = answer.with("OCI-Filters-Applied", "artifactType");
    }
    if let Some((last, _)) = page.last().filter(|_| rest.next().is_some()) {
        let filter = wanted.map(|wanted| format!("&artifactType={}", encode(wanted))).unwrap_or_default();
        let next = format!("</v2/{name}/referrers/{subject}?last={last}{filter}>; rel=\"next\"");
        answer = answer.with("Link", next);
    }
    Ok(answer)
}

/// What the listing calls the artifact's type: its own, or else its config's; with the quirk always its config's.
fn artifact_type<'a>(manifest: &'a Manifest, config: &Config) -> Option<&'a str> {
    let own = manifest.artifact_type.as_deref().filter(|_| !config.config_type_as_artifact_type);
    own.or(manifest.config_type.as_deref())
}

fn descriptor(digest: &Digest, manifest: &Manifest, config: &Config) -> serde_json::Value {
    let mut descriptor = json!({
        "mediaType": manifest.media_type,
        "digest": digest.to_string(),
        "size": manifest.bytes.bytes().len(),
    });
    if let (Some(fields), Some(artifact_type)) = (descriptor.as_object_mut(), artifact_type(manifest, config)) {
        fields.insert("artifactType".to_owned(), json!(artifact_type));
    }
    // go-containerregistry, whose quirk this is, lists no annotations either.
    let annotated = !manifest.annotations.is_empty() && !config.config_type_as_artifact_type;
    if let Some(fields) = descriptor.as_object_mut().filter(|_| annotated) {
        fields.insert("annotations".to_owned(), json!(manifest.annotations));
    }
    descriptor
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_may_be_called_like_an_endpoint() {
        let route = Route::parse("/v2/a/manifests/blobs/manifests/1.0");
        assert_eq!(route, Some(Route::Manifest { name: "a/manifests/blobs".into(), reference: "1.0".into() }));
    }

    #[test]
    fn names_that_no_registry_takes_have_no_route() {
        for name in ["A", "a//b", "", "-a", "a/.", &"a".repeat(256)] {
            assert_eq!(Route::parse(&format!("/v2/{name}/tags/list")), None, "{name}");
        }
        assert!(Route::parse(&format!("/v2/{}/tags/list", "a".repeat(255))).is_some());
    }

    #[test]
    fn tags_have_at_most_128_characters() {
        assert!(is_tag(&"a".repeat(128)) && is_tag("_1.4-rc") && is_tag("sha256-ab"));
        assert!(!is_tag(&"a".repeat(129)) && !is_tag("") && !is_tag(".a") && !is_tag("a b"));
    }
}
