//! Descriptors and manifests: what an image is made of, by digest.

use crate::annotations::Annotations;
use crate::budget;
use crate::error::{Error, shown};
use bulla_verify::{Digest, json};
use serde::{Deserialize, Serialize};

/// An OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// A Docker image manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// A Docker manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The empty descriptor's media type (OCI image specification, "Guidance for an Empty Descriptor").
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// What a registry or an index says about some bytes: their kind, digest and size (OCI image specification,
/// "Descriptor"). The digest is checked when the bytes arrive; the rest is a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The kind of the bytes.
    pub media_type: String,
    /// Their name.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
    /// What an artifact's manifest is about; in listings a hint only (go-containerregistry puts the configuration's
    /// media type here).
    pub artifact_type: Option<String>,
    /// Those that are read; unproved.
    pub annotations: Annotations,
    /// `linux/arm64/v8`, for the children of an index.
    pub platform: Option<String>,
}

impl Descriptor {
    /// Describes bytes that are here.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self::bare(media_type, Digest::of(bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }

    /// A descriptor with nothing but the three things that it needs.
    pub fn bare(media_type: &str, digest: Digest, size: u64) -> Self {
        let media_type = media_type.to_owned();
        Self { media_type, digest, size, artifact_type: None, annotations: Annotations::default(), platform: None }
    }
}

/// A manifest whose bytes were hashed: they are what the digest says. Nothing else about them is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive] // `parse` alone makes one
pub struct Manifest {
    /// Its own descriptor, computed from the bytes.
    pub descriptor: Descriptor,
    /// Exactly as it is stored.
    pub bytes: Vec<u8>,
    /// What it says.
    pub parsed: Parsed,
    /// What it refers to, if it is a referrer.
    pub subject: Option<Descriptor>,
    /// What kind of artifact it says that it is.
    pub artifact_type: Option<String>,
    /// Those that are read; unproved.
    pub annotations: Annotations,
}

/// The two kinds of manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A list of manifests, one for each platform as a rule.
    Index {
        /// In their order.
        children: Vec<Descriptor>,
    },
    /// One image or artifact.
    Image {
        /// The configuration.
        config: Descriptor,
        /// The layers, in their order.
        layers: Vec<Descriptor>,
    },
}

impl Manifest {
    /// Reads a manifest. `content_type` is what the server called it: it counts only where the manifest itself does not
    /// say, and must not contradict it.
    ///
    /// A document that is both an image and an index is refused: two readers would see two things (CVE-2021-41190).
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::TooMany`]; `place` is named in them.
    pub fn parse(bytes: &[u8], content_type: Option<&str>, place: &str) -> Result<Self, Error> {
        let refuse = |why: String| Error::Malformed { place: place.to_owned(), what: "manifest", why };
        let wire: WireManifest = json::from_slice(bytes).map_err(|error| refuse(json::reason(&error)))?;
        if wire.schema_version != 2 {
            return Err(refuse(format!("schema version {} instead of 2", wire.schema_version)));
        }
        let called =
            content_type.map(|text| text.split(';').next().unwrap_or(text).trim()).filter(|text| is_known(text));
        let media_type = match (wire.media_type.as_deref(), called) {
            (Some(own), Some(called)) if own != called => {
                return Err(refuse(format!("it says `{}`, the server says `{called}`", shown(own))));
            }
            (Some(one), _) | (None, Some(one)) => one.to_owned(),
            (None, None) if wire.manifests.is_some() => OCI_INDEX.to_owned(),
            (None, None) => OCI_MANIFEST.to_owned(),
        };
        let too_many = |what| Error::TooMany { place: place.to_owned(), what, limit: budget::CHILDREN };
        let all = |list: Vec<WireDescriptor>, what| match list.len() {
            0..=budget::CHILDREN => list.into_iter().map(|one| one.read().map_err(refuse)).collect(),
            _ => Err(too_many(what)),
        };
        let index_type = media_type == OCI_INDEX || media_type == DOCKER_LIST;
        let parsed = match (wire.manifests, wire.config, wire.layers) {
            (Some(children), None, None) if index_type => Parsed::Index { children: all(children, "manifests")? },
            (None, Some(config), layers) if !index_type => {
                let layers = all(layers.unwrap_or_default(), "layers")?;
                Parsed::Image { config: config.read().map_err(refuse)?, layers }
            }
            _ => return Err(refuse("neither clearly an image nor clearly an index".to_owned())),
        };
        let mut descriptor = Descriptor::of(&media_type, bytes);
        descriptor.artifact_type.clone_from(&wire.artifact_type);
        let subject = wire.subject.map(|subject| subject.read().map_err(refuse)).transpose()?;
        let annotations = wire.annotations.unwrap_or_default();
        Ok(Self { descriptor, bytes: bytes.to_vec(), parsed, subject, artifact_type: wire.artifact_type, annotations })
    }
}

fn is_known(media_type: &str) -> bool {
    [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST].contains(&media_type)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireManifest {
    schema_version: u64,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<WireDescriptor>,
    layers: Option<Vec<WireDescriptor>>,
    manifests: Option<Vec<WireDescriptor>>,
    subject: Option<WireDescriptor>,
    annotations: Option<Annotations>,
}

/// A descriptor as it is written. The order of the fields is that of go-containerregistry, hence cosign's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireDescriptor {
    media_type: String,
    size: u64,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<WirePlatform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WirePlatform {
    architecture: String,
    os: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
}

impl WireDescriptor {
    /// Checks the digest's form.
    pub(crate) fn read(self) -> Result<Descriptor, String> {
        let digest = Digest::parse(&self.digest).map_err(|error| error.to_string())?;
        let platform = self.platform.map(|platform| {
            let variant = platform.variant.map(|variant| format!("/{variant}")).unwrap_or_default();
            format!("{}/{}{variant}", platform.os, platform.architecture)
        });
        let (media_type, size, artifact_type) = (self.media_type, self.size, self.artifact_type);
        let annotations = self.annotations.unwrap_or_default();
        let artifact_type = artifact_type.filter(|text| !text.is_empty());
        Ok(Descriptor { media_type, digest, size, artifact_type, annotations, platform })
    }
}

impl From<&Descriptor> for WireDescriptor {
    fn from(descriptor: &Descriptor) -> Self {
        let platform = descriptor.platform.as_deref().and_then(|text| {
            let mut parts = text.splitn(3, '/').map(str::to_owned);
            let (os, architecture) = (parts.next()?, parts.next()?);
            Some(WirePlatform { architecture, os, variant: parts.next() })
        });
        Self {
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            digest: descriptor.digest.to_string(),
            annotations: Some(descriptor.annotations.clone()).filter(|some| !some.is_empty()),
            platform,
            artifact_type: descriptor.artifact_type.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHILD: &str = r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,
        "digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","platform":{"architecture":"arm64","os":"linux","variant":"v8"}}"#;

    fn parse(text: &str, content_type: Option<&str>) -> Result<Manifest, Error> {
        Manifest::parse(text.as_bytes(), content_type, "r.test/app")
    }

    #[track_caller]
    fn refuses(text: &str, content_type: Option<&str>) {
        assert_eq!(parse(text, content_type).unwrap_err().code(), "malformed-answer", "{text}");
    }

    #[test]
    fn an_image_and_an_index_are_read() {
        let image = parse(&format!(r#"{{"schemaVersion":2,"config":{CHILD},"layers":[{CHILD}]}}"#), None).unwrap();
        assert_eq!(image.descriptor.media_type, OCI_MANIFEST);
        let index = parse(&format!(r#"{{"schemaVersion":2,"manifests":[{CHILD}]}}"#), Some(DOCKER_LIST)).unwrap();
        assert_eq!(index.descriptor.media_type, DOCKER_LIST);
        let Parsed::Index { children } = index.parsed else { panic!("an image") };
        assert_eq!(children.first().unwrap().platform.as_deref(), Some("linux/arm64/v8"));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        refuses(&format!(r#"{{"schemaVersion":2,"config":{CHILD},"layers":[],"manifests":[]}}"#), None);
        refuses(&format!(r#"{{"schemaVersion":2,"config":{CHILD},"config":{CHILD},"layers":[]}}"#), None);
        refuses(&format!(r#"{{"schemaVersion":2,"config":{CHILD},"layers":[]}}"#), Some(OCI_INDEX));
        let oci = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{CHILD},"layers":[]}}"#);
        refuses(&oci, Some(DOCKER_MANIFEST));
        // Whichever of the two it says that it is.
        for kind in [OCI_MANIFEST, OCI_INDEX] {
            let both = format!(r#""config":{CHILD},"layers":[],"manifests":[{CHILD}]"#);
            refuses(&format!(r#"{{"schemaVersion":2,"mediaType":"{kind}",{both}}}"#), None);
        }
        // To Go, the one key is the other, and an array is no object.
        refuses(&format!(r#"{{"schemaVersion":2,"manifests":[{CHILD}],"Manifests":[]}}"#), None);
        refuses(&format!(r#"{{"schemaVersion":2,"manifests":[["a/b","{}",2]]}}"#, Digest::of(b"{}")), None);
        refuses(&format!(r#"[2,null,null,null,[{CHILD}]]"#), None);
        refuses(r#"{"schemaVersion":1}"#, None);
        refuses(r#"{"schemaVersion":2,"manifests":[]} x"#, None);
    }

    /// Whoever may push chose them; these took ten times their size to keep.
    #[test]
    fn annotations_that_nobody_reads_cost_nothing() {
        let annotations: Vec<_> = (0..300_000).map(|n| format!(r#""{n:x}":"""#)).collect();
        let annotations = annotations.join(",");
        let text = format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"a/b","size":2,"digest":"{}","annotations":{{{annotations}}}}}
            ,"annotations":{{{annotations}}}}}"#,
            bulla_verify::Digest::of(b"{}")
        );
        let cost = allocation_counter::measure(|| drop(parse(&text, None).unwrap())).bytes_max;
        // The bytes themselves are kept.
        assert!(cost < u64::try_from(text.len()).unwrap() + (64 << 10), "{cost} bytes for {}", text.len());
    }

    #[test]
    fn one_child_past_the_limit_is_too_many() {
        let children = |count| format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, vec![CHILD; count].join(","));
        assert!(parse(&children(budget::CHILDREN), None).is_ok());
        assert_eq!(parse(&children(budget::CHILDREN + 1), None).unwrap_err().code(), "too-many");
    }
}
