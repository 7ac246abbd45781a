//! SLSA provenance v1 (slsa.dev/spec/v1.0/provenance).

use serde::Deserialize;

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v1";

/// How the subject was built, as its signer claims: worth no more than the signer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlsaProvenanceV1 {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
}

#[derive(Debug, Clone, Deserialize)]
struct RunDetails {
    builder: Builder,
}

#[derive(Debug, Clone, Deserialize)]
struct Builder {
    id: String,
}

impl SlsaProvenanceV1 {
    pub(super) fn parse(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    /// `buildDefinition.buildType`: a URI that says how to read the parameters.
    pub fn build_type(&self) -> &str {
        &self.build_definition.build_type
    }

    /// `runDetails.builder.id`: a URI that names the platform that is trusted to have run the build.
    pub fn builder_id(&self) -> &str {
        &self.run_details.builder.id
    }
}
