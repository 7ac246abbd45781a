use super::*;
use serde_json::{Value, json};

const NOW: &str = "2026-11-25T12:00:00Z";

fn now() -> Time {
    Time::parse_rfc3339(NOW).unwrap()
}

fn service(url: &str, version: u32, start: &str, operator: &str) -> Value {
    json!({ "url": url, "majorApiVersion": version, "validFor": { "start": start }, "operator": operator })
}

fn logs(services: &[Value], selector: Value) -> Value {
    json!({ "mediaType": VERSION, "rekorTlogUrls": services, "rekorTlogConfig": selector })
}

fn parse(config: &Value) -> Result<SigningConfig, SigningConfigError> {
    SigningConfig::parse(config.to_string().as_bytes())
}

#[track_caller]
fn refused(config: &Value, code: &str) {
    let found = parse(config).and_then(|config| config.select_logs(now()));
    assert_eq!(found.map_err(|error| error.code()).unwrap_err(), code);
}

#[track_caller]
fn selects(services: &[Value], selector: Value, urls: &[&str], needed: usize) {
    let selection = parse(&logs(services, selector)).unwrap().select_logs(now()).unwrap();
    assert_eq!(selection.services.iter().map(ServiceAddress::url).collect::<Vec<_>>(), urls);
    assert_eq!(selection.needed, needed);
}

fn three() -> [Value; 4] {
    [
        service("https://old.a", 2, "2025-01-01T00:00:00Z", "a"),
        service("https://b", 2, "2025-06-01T00:00:00Z", "b"),
        service("https://new.a", 2, "2026-01-01T00:00:00Z", "a"),
        service("https://v1.c", 1, "2021-01-01T00:00:00Z", "c"),
    ]
}

#[test]
fn the_highest_version_is_asked_and_of_each_operator_its_newest_service_first() {
    let in_order = ["https://new.a", "https://b", "https://old.a"];
    selects(&three(), json!({ "selector": "ANY" }), &in_order, 1);
    selects(&three(), json!({ "selector": "ALL" }), &in_order, 2);
    selects(&three(), json!({ "selector": "EXACT", "count": 2 }), &in_order, 2);
}

#[test]
fn a_version_that_is_not_spoken_or_not_valid_now_is_passed_over() {
    let mut services = three();
    for service in &mut services[..3] {
        service["majorApiVersion"] = json!(3);
    }
    selects(&services, json!({ "selector": "ANY" }), &["https://v1.c"], 1);
    let mut services = three();
    services[2]["validFor"]["start"] = json!("2026-11-25T12:00:01Z");
    services[1]["validFor"]["end"] = json!("2026-11-25T11:59:59Z");
    selects(&services, json!({ "selector": "ALL" }), &["https://old.a"], 1);
    services[0]["validFor"]["end"] = json!("2026-11-25T11:59:59Z");
    selects(&services, json!({ "selector": "ALL" }), &["https://v1.c"], 1);
}

#[test]
fn one_operator_twice_counts_once() {
    refused(&logs(&three(), json!({ "selector": "EXACT", "count": 3 })), "signing-config-too-few-services");
}

#[test]
fn a_selector_that_is_missing_or_means_nothing_is_refused() {
    let mut config = logs(&three(), Value::Null);
    refused(&config, "signing-config-selector-missing");
    for selector in [
        json!({ "selector": "EXACT" }),
        json!({ "selector": "ANY", "count": 1 }),
        json!({ "selector": "SOME" }),
        json!({ "selector": 2 }),
        json!({}),
    ] {
        config["rekorTlogConfig"] = selector;
        refused(&config, "signing-config-malformed");
    }
}

#[test]
fn nothing_that_could_be_read_in_two_ways_is_read() {
    let good = logs(&three(), json!({ "selector": "ANY" }));
    for (field, value) in [
        ("url", json!("fulcio.test")),
        ("url", json!("https://a\u{1b}[2J")),
        ("majorApiVersion", json!("2")),
        ("validFor", json!({})),
        ("validFor", json!({ "start": "yesterday" })),
        ("surprise", json!(1)),
    ] {
        let mut config = good.clone();
        config["rekorTlogUrls"][0][field] = value;
        refused(&config, "signing-config-malformed");
    }
    let mut config = good.clone();
    config["mediaType"] = json!("application/vnd.dev.sigstore.signingconfig.v0.1+json");
    refused(&config, "signing-config-version");
    config = good;
    config["rekorTlogUrls"] = json!([]);
    refused(&config, "signing-config-no-service");
    assert_eq!(SigningConfig::parse(b"[]").unwrap_err().code(), "signing-config-malformed");
}

#[test]
fn one_past_each_limit_is_refused() {
    let many = |count: usize| logs(&vec![three()[0].clone(); count], json!({ "selector": "ANY" }));
    assert!(parse(&many(budget::SERVICES)).is_ok());
    refused(&many(budget::SERVICES + 1), "signing-config-too-many-services");
    let sized = |size: usize| {
        let text = logs(&three(), json!({ "selector": "ANY" })).to_string();
        let spaces = " ".repeat(size - text.len());
        SigningConfig::parse((text + &spaces).as_bytes()).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(sized(budget::SIGNING_CONFIG_BYTES), Ok(()));
    assert_eq!(sized(budget::SIGNING_CONFIG_BYTES + 1), Err("signing-config-too-large"));
}

#[test]
fn the_embedded_configurations_name_every_service() {
    for config in [SigningConfig::public_good().unwrap(), SigningConfig::staging().unwrap()] {
        assert_eq!(config.select_authorities(now()).unwrap().needed, 1);
        assert_eq!(config.select_logs(now()).unwrap().needed, 1);
        assert_eq!(config.select_timestamp_authorities(now()).unwrap().needed, 1);
        assert!(config.issuer(now()).unwrap().url().starts_with("https://oauth2."));
    }
}
