//! The forms of what is read and written, as JSON schemas (2020-12), for editors and for other programs.

use crate::{
    Decision,
    language::{Cases, Document},
    recording,
};
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

/// Of a policy's document: for completion and hovering in an editor. What it admits may still not parse: it knows nothing of
/// what belongs together.
pub fn of_policies() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with_transform(RecursiveTransform(filled));
    schema::<Document>(settings, "trust-policy-v1", "bulla.dev/v1 TrustPolicy")
}

/// Of a serialised [`Decision`].
pub fn of_decisions() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    schema::<Decision>(settings, "decision-v1", "bulla.decision/v1")
}

/// Of [`crate::language::Cases`].
pub fn of_cases() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with_transform(RecursiveTransform(filled));
    schema::<Cases>(settings, "policy-cases-v1", "Cases of bulla.dev/v1 TrustPolicy")
}

/// Of a [`crate::Recording`].
pub fn of_evidence() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    schema::<recording::Wire>(settings, "evidence-v1", "bulla.evidence/v1")
}

/// What may be left out may not be left empty.
fn filled(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
    }
    if let Some(Value::Array(any)) = schema.get_mut("anyOf") {
        any.retain(|schema| schema.get("type").is_none_or(|kind| kind != "null"));
    }
}

fn schema<T: JsonSchema>(settings: SchemaSettings, file: &str, title: &str) -> Schema {
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), format!("https://bulla.dev/schema/{file}.json").into());
    schema.insert("title".to_owned(), title.into());
    schema
}
