//! Just as much of JSON Schema (2020-12) as the report's schema uses; any other word in it is an error, so that nothing
//! goes unchecked. A full validator would be fifty crates for a hundred lines.

use serde_json::Value;

/// The report's schema.
pub(crate) fn report_v1() -> Value {
    let path = bulla_tests::root().join("cli/schema/report-v1.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Where and why `value` is not of `schema`.
pub(crate) fn validate(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (word, rule) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "additionalProperties" => true,
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                validate(root, root.pointer(pointer).unwrap(), value, at)?;
                true
            }
            "type" => match rule {
                Value::Array(types) => types.iter().any(|one| is_type(one, value)),
                one => is_type(one, value),
            },
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "anyOf" => {
                let tried = rule.as_array().unwrap().iter().map(|one| validate(root, one, value, at));
                let failed: Vec<_> = tried.collect();
                if failed.iter().all(Result::is_err) {
                    return Err(format!("{at}: none of {failed:?}"));
                }
                true
            }
            "required" => rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
                for (name, inner) in value.as_object().unwrap_or(&serde_json::Map::new()) {
                    match rule.get(name) {
                        Some(one) => validate(root, one, inner, &format!("{at}/{name}"))?,
                        None if closed => return Err(format!("{at}: `{name}` is not in the schema")),
                        None => {}
                    }
                }
                true
            }
            "items" => {
                for (index, inner) in value.as_array().unwrap_or(&Vec::new()).iter().enumerate() {
                    validate(root, rule, inner, &format!("{at}/{index}"))?;
                }
                true
            }
            "pattern" => {
                assert_eq!(rule, "^sha256:[0-9a-f]{64}$", "the one pattern that is known here");
                value.as_str().is_some_and(|text| bulla_verify::Digest::parse(text).is_ok())
            }
            unknown => panic!("`{unknown}` is not checked"),
        };
        if !holds {
            return Err(format!("{at}: `{word}` does not hold: {value}"));
        }
    }
    Ok(())
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        unknown => panic!("`{unknown}` is not checked"),
    }
}

#[test]
fn the_check_can_fail() {
    let schema = report_v1();
    let report = serde_json::json!({ "schema": "bulla.report/v1", "command": "sign", "exitCode": 0, "result": null,
        "errors": [], "warnings": [] });
    assert_eq!(validate(&schema, &schema, &report, ""), Ok(()));
    for (pointer, wrong) in [
        ("/schema", serde_json::json!("bulla.report/v2")),
        ("/exitCode", serde_json::json!(3)),
        ("/errors", serde_json::json!([{ "code": "x" }])),
        ("/result", serde_json::json!({ "verdict": "maybe" })),
        ("/warnings", serde_json::json!([1])),
    ] {
        let mut broken = report.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        assert!(validate(&schema, &schema, &broken, "").is_err(), "{pointer}");
    }
}
