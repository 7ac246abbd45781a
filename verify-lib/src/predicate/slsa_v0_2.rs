//! SLSA provenance v0.2 (slsa.dev/spec/v0.2/provenance), as slsa-github-generator wrote it.

use super::resource::ResourceDescriptor;
use crate::{digest_set::DigestSet, json};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v0.2";

/// How the subject was built, as its signer claims: worth no more than the signer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlsaProvenanceV0_2 {
    builder: Builder,
    build_type: String,
    #[serde(default)]
    invocation: Invocation,
    #[serde(default)]
    materials: Vec<ResourceDescriptor>,
}

#[derive(Debug, Clone, Deserialize)]
struct Builder {
    id: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    #[serde(default)]
    config_source: ConfigSource,
    parameters: Option<Box<RawValue>>,
    environment: Option<Box<RawValue>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "WireConfigSource")]
struct ConfigSource {
    source: ResourceDescriptor,
    entry_point: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireConfigSource {
    uri: Option<String>,
    #[serde(default)]
    digest: DigestSet,
    entry_point: Option<String>,
}

impl From<WireConfigSource> for ConfigSource {
    fn from(wire: WireConfigSource) -> Self {
        Self { source: ResourceDescriptor::of(wire.uri, wire.digest), entry_point: wire.entry_point }
    }
}

impl SlsaProvenanceV0_2 {
    pub(super) fn parse(predicate: &str) -> serde_json::Result<Self> {
        json::from_slice(predicate.as_bytes())
    }

    /// `builder.id`: a URI that names the platform that is trusted to have run the build.
    pub fn builder_id(&self) -> &str {
        &self.builder.id
    }

    /// `buildType`: a URI that says how to read the parameters.
    pub fn build_type(&self) -> &str {
        &self.build_type
    }

    /// `invocation.configSource`: where the build's definition came from.
    pub fn config_source(&self) -> &ResourceDescriptor {
        &self.invocation.config_source.source
    }

    /// `invocation.configSource.entryPoint`: which of its definitions, such as a workflow's path.
    pub fn entry_point(&self) -> Option<&str> {
        self.invocation.config_source.entry_point.as_deref()
    }

    /// `invocation.parameters`, as JSON: what whoever started the build could choose.
    pub fn parameters(&self) -> Option<&str> {
        self.invocation.parameters.as_deref().map(RawValue::get)
    }

    /// `invocation.environment`, as JSON.
    pub fn environment(&self) -> Option<&str> {
        self.invocation.environment.as_deref().map(RawValue::get)
    }

    /// `materials`: what went into the build.
    pub fn materials(&self) -> &[ResourceDescriptor] {
        &self.materials
    }
}
