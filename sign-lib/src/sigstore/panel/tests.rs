use super::*;
use crate::{SigningConfig, sigstore::ask, stub::Stub};
use bulla_transport::Request;
use bulla_verify::Time;
use serde_json::{Value, json};
use std::time::Instant;

const START: &str = "2026-01-01T00:00:00Z";

fn now() -> Time {
    Time::parse_rfc3339("2026-11-25T12:00:00Z").unwrap()
}

fn panel(services: &[(&str, &str)], selector: Value, deadline: u64) -> Panel {
    let service = |(url, operator): &(&str, &str)| json!({ "url": url, "majorApiVersion": 2, "validFor": { "start": START }, "operator": operator });
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "rekorTlogUrls": services.iter().map(service).collect::<Vec<_>>(), "rekorTlogConfig": selector,
    });
    let config = SigningConfig::parse(config.to_string().as_bytes()).unwrap();
    let options = Options { deadline: Duration::from_secs(deadline), ..Options::default() };
    open(Part::Log, config.select_logs(now()), &options, &mut None).unwrap().unwrap()
}

/// The bodies of all that answered with 200.
fn gathered(panel: &Panel) -> Result<Vec<String>, &'static str> {
    let ask = |asked: &Asked, share: Share| {
        let request = Request { within: Some(share.within), ..Request::default() };
        let reply = ask(Part::Log, asked.service(), "/", &request)?;
        match reply.is_success() {
            true => Ok(String::from_utf8(reply.body).unwrap()),
            false => Err(SigstoreError::refused(Part::Log, asked.url(), &reply)),
        }
    };
    let mut gathering = Gathering::of(Some(panel));
    gathering.complete(ask).map_err(|error| error.code())?;
    Ok(gathering.into_answers().collect())
}

fn any() -> Value {
    json!({ "selector": "ANY" })
}

#[test]
fn where_a_service_fails_the_next_of_the_list_is_asked() {
    let (broken, frozen, good) = (Stub::saying(501, "", ""), Stub::saying(405, "", ""), Stub::saying(200, "", "good"));
    let all = [(broken.url.as_str(), "a"), (frozen.url.as_str(), "b"), (good.url.as_str(), "c")];
    assert_eq!(gathered(&panel(&all, any(), 10)), Ok(vec!["good".to_owned()]));
    assert_eq!(gathered(&panel(&all[..2], any(), 10)), Err("log-unavailable"));
    // The same operator's older service will do too.
    assert_eq!(gathered(&panel(&[all[0], (good.url.as_str(), "a")], any(), 10)), Ok(vec!["good".to_owned()]));
}

#[test]
fn every_operator_answers_once_and_nobody_is_asked_without_need() {
    let (one, other, third) =
        (Stub::saying(200, "", "one"), Stub::saying(200, "", "other"), Stub::saying(200, "", "third"));
    let all = [(one.url.as_str(), "a"), (third.url.as_str(), "a"), (other.url.as_str(), "b")];
    assert_eq!(
        gathered(&panel(&all, json!({ "selector": "ALL" }), 10)),
        Ok(vec!["one".to_owned(), "other".to_owned()])
    );
    assert_eq!(gathered(&panel(&all, any(), 10)), Ok(vec!["one".to_owned()]));
    assert_eq!((one.asked().len(), other.asked().len(), third.asked().len()), (2, 1, 0));
}

#[test]
fn what_was_had_is_not_asked_for_again() {
    let (good, broken, spare) =
        (Stub::saying(200, "", "good"), Stub::saying(501, "", ""), Stub::saying(200, "", "spare"));
    let all = [(good.url.as_str(), "a"), (broken.url.as_str(), "b"), (spare.url.as_str(), "c")];
    let two = json!({ "selector": "EXACT", "count": 2 });
    assert_eq!(gathered(&panel(&all, two, 10)), Ok(vec!["good".to_owned(), "spare".to_owned()]));
    assert_eq!(good.asked().len(), 1);
}

#[test]
fn a_service_that_hangs_leaves_time_for_the_next() {
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hanging =
        format!("http://{}", hanging.local_addr().map(|address| (address, std::mem::forget(hanging))).unwrap().0);
    let good = Stub::saying(200, "", "good");
    let began = Instant::now();
    let panel = panel(&[(hanging.as_str(), "a"), (good.url.as_str(), "b")], any(), 2);
    assert_eq!(gathered(&panel), Ok(vec!["good".to_owned()]));
    assert!(began.elapsed() < Duration::from_millis(1800), "{:?}", began.elapsed());
}

#[test]
fn an_authority_that_says_no_is_not_passed_over_for_one_that_would_see_the_token_too() {
    let status = |part| SigstoreError::Refused { part, url: String::new(), status: 400, words: String::new() };
    assert!(!status(Part::Authority).is_of_one_service());
    assert!(status(Part::Log).is_of_one_service() && status(Part::Timestamps).is_of_one_service());
}

#[test]
fn an_address_that_cannot_be_asked_is_refused_at_once() {
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [{ "url": "http://fulcio.test", "majorApiVersion": 1, "validFor": { "start": START } }],
    });
    let config = SigningConfig::parse(config.to_string().as_bytes()).unwrap();
    let opened = open(Part::Authority, config.select_authorities(now()), &Options::default(), &mut None);
    assert_eq!(opened.unwrap_err().code(), "certificate-authority-not-asked");
}
