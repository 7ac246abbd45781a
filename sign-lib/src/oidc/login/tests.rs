use super::browser::{Comeback, unescaped};
use super::*;
use crate::oidc::{
    samples::{jwt, now},
    stub::Stub,
};
use bulla_transport::Options;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const NOT_FOUND: (&str, &str) = ("404 Not Found", "");

/// An issuer on loopback: its description with changes, and what its endpoints answer.
struct World {
    stub: Stub,
    /// The nonce of the login that is under way.
    nonce: Arc<Mutex<String>>,
}

type Endpoint = Box<dyn Fn(&str, &str, &str) -> (&'static str, Value) + Send>;

impl World {
    /// `endpoint` is given the request, the issuer's address and the nonce.
    fn new(changes: Value, endpoint: Endpoint) -> Self {
        let nonce = Arc::new(Mutex::new(String::new()));
        let known = Arc::clone(&nonce);
        let stub = Stub::told(|url| {
            let url = url.to_owned();
            let mut description = json!({
                "issuer": url, "authorization_endpoint": format!("{url}/auth"), "token_endpoint": format!("{url}/token"),
                "device_authorization_endpoint": format!("{url}/device"), "code_challenge_methods_supported": ["S256"],
                "jwks_uri": format!("{url}/keys"),
            });
            for (name, value) in changes.as_object().unwrap() {
                description[name] = value.clone();
            }
            move |request: &str| {
                if request.starts_with("GET /.well-known/openid-configuration ") {
                    return ("200 OK", description.to_string());
                }
                if !request.starts_with("POST ") {
                    return (NOT_FOUND.0, NOT_FOUND.1.to_owned());
                }
                let (status, body) = endpoint(request, &url, &known.lock().unwrap());
                (status, body.to_string())
            }
        });
        Self { stub, nonce }
    }

    fn discover_within(&self, deadline: Duration) -> Result<Issuer, OidcError> {
        Issuer::discover(&self.stub.url, &Options { deadline, ..Options::default() })
    }

    fn discover(&self) -> Result<Issuer, OidcError> {
        self.discover_within(Duration::from_secs(20))
    }

    /// Logs in with a browser that comes back with what `answer` makes of the state.
    fn browse(&self, answer: impl Fn(&str) -> String) -> Result<IdentityToken, OidcError> {
        let issuer = self.discover()?;
        in_browser(&issuer, "sigstore", &now, &mut |address| {
            assert!(address.starts_with(&format!("{}/auth?response_type=code&", self.stub.url)), "{address}");
            *self.nonce.lock().unwrap() = parameter(address, "nonce");
            let redirect = parameter(address, "redirect_uri");
            let query = answer(&parameter(address, "state"));
            std::thread::spawn(move || open(&format!("{redirect}?{query}")));
        })
    }
}

/// A parameter of an address.
fn parameter(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').unwrap();
    let value = query.split('&').find_map(|field| field.strip_prefix(&format!("{name}="))).unwrap();
    unescaped(value).unwrap().to_string()
}

/// What a browser does.
fn open(address: &str) -> String {
    let (host, target) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

fn token_of(url: &str, nonce: &str, more: &Value) -> Value {
    let mut claims = json!({ "iss": url, "nonce": nonce, "email": "dev@acme.test", "email_verified": true });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    json!({ "access_token": "x", "token_type": "bearer", "expires_in": 60, "id_token": *jwt(claims) })
}

/// An issuer that gives a token with these claims to everybody.
fn giving(more: Value) -> World {
    World::new(json!({}), Box::new(move |_, url, nonce| ("200 OK", token_of(url, nonce, &more))))
}

fn comes_back(state: &str) -> String {
    format!("code=c%2F1&state={state}")
}

#[track_caller]
fn refuses<T>(answer: Result<T, OidcError>, code: &str) -> OidcError {
    let Err(error) = answer else { panic!("accepted") };
    assert_eq!(error.code(), code, "{error}");
    assert!(error.hint().is_some());
    error
}

#[test]
fn a_login_in_the_browser_gives_the_persons_token() {
    let world = giving(json!({}));
    let token = world.browse(comes_back).unwrap();
    assert_eq!((token.identity(), token.source()), ("dev@acme.test", None));
    let asked = world.stub.asked().pop().unwrap();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    let body = asked.split_once("\r\n\r\n").unwrap().1;
    assert!(
        body.starts_with("grant_type=authorization_code&code=c%2F1&redirect_uri=http%3A%2F%2Flocalhost%3A"),
        "{body}"
    );
    assert!(body.contains("%2Fauth%2Fcallback&client_id=sigstore&code_verifier="), "{body}");
}

#[test]
fn each_login_has_secrets_of_its_own_and_shows_only_what_may_be_known() {
    let world = giving(json!({}));
    let issuer = world.discover().unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        in_browser(&issuer, "sigstore", &now, &mut |address| {
            seen.extend(["state", "nonce", "code_challenge"].map(|name| parameter(address, name)));
            assert_eq!(parameter(address, "code_challenge_method"), "S256");
            assert_eq!(parameter(address, "scope"), "openid email");
            *world.nonce.lock().unwrap() = parameter(address, "nonce");
            let back = format!("{}?{}", parameter(address, "redirect_uri"), comes_back(&parameter(address, "state")));
            std::thread::spawn(move || open(&back));
        })
        .unwrap();
        let asked = world.stub.asked().pop().unwrap();
        let verifier = asked.split_once("code_verifier=").unwrap().1;
        assert!(!seen.contains(&verifier.to_owned()), "the verifier is not shown");
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).as_bytes());
        assert_eq!(seen.last(), Some(&challenge));
    }
    assert!(seen.iter().all(|secret| secret.len() == 43));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

/// RFC 7636, appendix B.
#[test]
fn the_challenge_is_the_one_of_the_specification() {
    let pkce = Pkce { verifier: Zeroizing::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned()) };
    assert_eq!(pkce.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn an_answer_without_our_secret_is_not_the_issuers_and_spoils_nothing() {
    let world = giving(json!({}));
    let issuer = world.discover().unwrap();
    let mut browser = None;
    let token = in_browser(&issuer, "sigstore", &now, &mut |address| {
        *world.nonce.lock().unwrap() = parameter(address, "nonce");
        let (redirect, state) = (parameter(address, "redirect_uri"), parameter(address, "state"));
        browser = Some(std::thread::spawn(move || {
            let other = format!("xstate={state}&code=c");
            for evil in ["code=c&state=other", "code=c", "error=access_denied", "state=", "state=%zz", "", &other] {
                let page = open(&format!("{redirect}?{evil}"));
                assert!(page.starts_with("HTTP/1.1 403 ") && page.contains("not the answer"), "{evil}: {page}");
            }
            open(&format!("{redirect}?{}", comes_back(&state)))
        }));
    });
    browser.unwrap().join().unwrap();
    assert_eq!(token.unwrap().identity(), "dev@acme.test");
    let codes = world.stub.asked().iter().filter(|asked| asked.starts_with("POST")).count();
    assert_eq!(codes, 1, "no other page's code was sent anywhere");
}

#[test]
fn where_only_others_come_back_nobody_logged_in() {
    let world = giving(json!({}));
    let issuer = world.discover_within(Duration::from_millis(500)).unwrap();
    let token = in_browser(&issuer, "sigstore", &now, &mut |address| {
        let redirect = parameter(address, "redirect_uri");
        std::thread::spawn(move || open(&format!("{redirect}?code=c&state=other")));
    });
    refuses(token, "login-timed-out");
}

#[test]
fn an_answer_that_says_one_thing_twice_or_nothing_is_refused() {
    let world = giving(json!({}));
    refuses(world.browse(|state| format!("code=c&state={state}&code=d")), "login-answer-malformed");
    refuses(world.browse(|state| format!("state={state}")), "login-answer-malformed");
    refuses(world.browse(|state| format!("state={state}&code=")), "login-answer-malformed");
    refuses(world.browse(|state| format!("state={state}&code=%zz")), "login-answer-malformed");
    assert!(!world.stub.asked().iter().any(|asked| asked.starts_with("POST")), "no code was sent anywhere");
}

#[test]
fn an_answer_of_another_issuer_is_refused() {
    let error = refuses(
        giving(json!({})).browse(|state| format!("code=c&state={state}&iss=https%3A%2F%2Fevil.test")),
        "login-issuer-mismatch",
    );
    assert!(error.to_string().ends_with("found `https://evil.test`"), "{error}");
    let world = giving(json!({}));
    let own = escaped(&world.stub.url);
    assert!(world.browse(|state| format!("code=c&state={state}&iss={own}")).is_ok());
    refuses(giving(json!({ "iss": "https://evil.test" })).browse(comes_back), "login-issuer-mismatch");
}

#[test]
fn the_issuers_refusal_is_passed_on() {
    let answer = |state: &str| format!("error=access_denied&error_description=not+you%1b%21&state={state}");
    let world = giving(json!({}));
    let error = refuses(world.browse(answer), "login-refused");
    assert_eq!(error.to_string(), format!("{} refused the login: not you!", world.stub.url));
    let refusing = |_: &str, _: &str, _: &str| {
        ("400 Bad Request", json!({ "error": "invalid_grant", "error_description": "code is used up" }))
    };
    let error = refuses(World::new(json!({}), Box::new(refusing)).browse(comes_back), "login-refused");
    assert!(error.to_string().ends_with("refused the login: code is used up"), "{error}");
}

#[test]
fn a_token_of_another_login_is_refused() {
    for nonce in [json!("other"), json!(7), json!(null), json!("")] {
        refuses(giving(json!({ "nonce": nonce })).browse(comes_back), "login-nonce-mismatch");
    }
}

#[test]
fn a_token_from_a_login_is_checked_like_any_other() {
    refuses(giving(json!({ "aud": "other" })).browse(comes_back), "identity-token-audience");
    refuses(giving(json!({ "exp": 1 })).browse(comes_back), "identity-token-expired");
    refuses(giving(json!({ "email_verified": false })).browse(comes_back), "identity-token-no-identity");
    let nothing = |_: &str, _: &str, _: &str| ("200 OK", json!({ "access_token": "x" }));
    let error = refuses(World::new(json!({}), Box::new(nothing)).browse(comes_back), "issuer-malformed");
    assert!(error.to_string().contains("no `id_token`"), "{error}");
}

#[test]
fn an_answer_one_byte_past_the_limit_is_refused() {
    let padded = |length: usize| {
        let pad = move |_: &str, url: &str, nonce: &str| {
            let mut answer = token_of(url, nonce, &json!({}));
            answer["pad"] = "".into();
            answer["pad"] = "x".repeat(length - answer.to_string().len()).into();
            ("200 OK", answer)
        };
        World::new(json!({}), Box::new(pad)).browse(comes_back)
    };
    assert!(padded(budget::TOKEN_ANSWER_BYTES).is_ok());
    refuses(padded(budget::TOKEN_ANSWER_BYTES + 1), "login-failed");
}

#[test]
fn nobody_is_waited_for_longer_than_the_deadline() {
    let issuer = giving(json!({})).discover_within(Duration::from_millis(400)).unwrap();
    refuses(in_browser(&issuer, "sigstore", &now, &mut |_| {}), "login-timed-out");
}

#[test]
fn an_issuer_is_the_one_that_it_says_it_is() {
    let world = |changes| World::new(changes, Box::new(|_, _, _| ("200 OK", json!({}))));
    assert!(world(json!({ "code_challenge_methods_supported": ["plain", "S256"] })).discover().is_ok());
    let issuer = world(json!({ "device_authorization_endpoint": null })).discover().unwrap();
    assert!(!issuer.has_codes());
    let error = refuses(by_code(&issuer, "sigstore", &now, &mut |_| {}), "issuer-malformed");
    assert!(error.to_string().contains("no codes"), "{error}");
    for changes in [
        json!({ "issuer": "https://evil.test" }),
        json!({ "issuer": null }),
        json!({ "token_endpoint": "http://192.0.2.1/token" }),
        json!({ "token_endpoint": "ftp://127.0.0.1/" }),
        json!({ "token_endpoint": "https://a.test/\u{1b}x" }),
        json!({ "token_endpoint": format!("https://a.test/{}", "x".repeat(budget::LOGIN_ADDRESS_BYTES)) }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "authorization_endpoint": null }),
        json!({ "device_authorization_endpoint": "http://192.0.2.1/" }),
        json!({ "code_challenge_methods_supported": ["plain"] }),
        json!({ "Issuer": "https://evil.test" }),
    ] {
        refuses(world(changes).discover(), "issuer-malformed");
    }
}

#[test]
fn an_issuer_that_is_not_there_or_not_encrypted_is_not_asked() {
    let options = Options { deadline: Duration::from_secs(5), ..Options::default() };
    refuses(Issuer::discover("http://127.0.0.1:1", &options), "login-failed");
    let plain = Options { plain_http: true, ..options };
    refuses(Issuer::discover("http://192.0.2.1", &plain), "login-failed");
    let nothing = Stub::start(|_| (NOT_FOUND.0, String::new()));
    refuses(Issuer::discover(&nothing.url, &plain), "issuer-malformed");
    let large = Stub::start(|_| ("200 OK", " ".repeat(budget::ISSUER_BYTES + 1)));
    refuses(Issuer::discover(&large.url, &plain), "login-failed");
}

/// An issuer that gives a code with these changes, and answers the questions after it in order, the last for ever.
fn coding(changes: Value, answers: Vec<Value>) -> World {
    let asked = Mutex::new(0);
    let endpoint = move |request: &str, url: &str, _: &str| {
        if request.starts_with("POST /device ") {
            let mut granted = json!({
                "device_code": "hush", "user_code": "ABCD-EFGH", "verification_uri": format!("{url}/device"),
                "verification_uri_complete": format!("{url}/device?user_code=ABCD-EFGH"), "expires_in": 300, "interval": 0,
            });
            for (name, value) in changes.as_object().unwrap() {
                granted[name] = value.clone();
            }
            return ("200 OK", granted);
        }
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        match answers.get(*asked - 1).or(answers.last()) {
            Some(error) if error.is_string() => ("400 Bad Request", json!({ "error": error })),
            Some(claims) => ("200 OK", token_of(url, "none", claims)),
            None => ("500 Failed", json!({})),
        }
    };
    World::new(json!({}), Box::new(endpoint))
}

fn log_in_elsewhere(world: &World) -> Result<(IdentityToken, DeviceCode), OidcError> {
    let mut shown = None;
    let token = by_code(&world.discover()?, "sigstore", &now, &mut |code| shown = Some(code.clone()))?;
    Ok((token, shown.unwrap()))
}

#[test]
fn a_login_with_a_code_is_waited_for() {
    let world = coding(json!({}), vec![json!("authorization_pending"), json!({})]);
    let begun = Instant::now();
    let (token, code) = log_in_elsewhere(&world).unwrap();
    assert!(begun.elapsed() >= 2 * budget::DEVICE_PAUSES[0], "not asked at once, though the issuer says 0 s");
    assert_eq!(token.identity(), "dev@acme.test");
    assert_eq!((code.code.as_str(), code.address), ("ABCD-EFGH", format!("{}/device", world.stub.url)));
    assert!(code.complete_address.unwrap().ends_with("?user_code=ABCD-EFGH"));
    assert_eq!(code.time, Duration::from_secs(20), "no longer than the deadline");
    let asked = world.stub.asked();
    assert!(asked[1].contains("client_id=sigstore&scope=openid%20email&code_challenge="), "{}", asked[1]);
    assert!(asked[3].contains("device_code=hush&client_id=sigstore&code_verifier="), "{}", asked[3]);
}

#[test]
fn an_issuer_that_asks_to_slow_down_is_asked_less() {
    let begun = Instant::now();
    let world = coding(json!({}), vec![json!("slow_down"), json!({})]);
    assert!(log_in_elsewhere(&world).is_ok());
    assert!(begun.elapsed() >= budget::DEVICE_PAUSE);
}

#[test]
fn a_login_with_a_code_ends_when_the_issuer_says_so() {
    refuses(log_in_elsewhere(&coding(json!({}), vec![json!("access_denied")])), "login-refused");
    refuses(log_in_elsewhere(&coding(json!({}), vec![json!("expired_token")])), "login-timed-out");
    refuses(log_in_elsewhere(&coding(json!({}), vec![json!("something_else")])), "login-refused");
    let over = coding(json!({ "expires_in": 0 }), vec![json!("authorization_pending")]);
    refuses(log_in_elsewhere(&over), "login-timed-out");
    refuses(log_in_elsewhere(&coding(json!({}), vec![json!({ "iss": "https://evil.test" })])), "login-issuer-mismatch");
    refuses(log_in_elsewhere(&coding(json!({}), vec![json!({ "aud": "other" })])), "identity-token-audience");
}

#[test]
fn an_issuer_cannot_make_us_sleep_past_the_deadline() {
    let world = coding(json!({ "interval": u64::MAX, "expires_in": u64::MAX }), vec![json!("authorization_pending")]);
    let issuer = world.discover_within(Duration::from_millis(500)).unwrap();
    refuses(by_code(&issuer, "sigstore", &now, &mut |_| {}), "login-timed-out");
}

#[test]
fn what_a_person_is_shown_cannot_steer_their_terminal_or_browser() {
    for changes in [
        json!({ "user_code": "" }),
        json!({ "user_code": "A\u{1b}[2J" }),
        json!({ "user_code": "x".repeat(budget::USER_CODE_BYTES + 1) }),
        json!({ "verification_uri": "http://192.0.2.1/device" }),
        json!({ "verification_uri": "javascript:alert(1)" }),
        json!({ "verification_uri": "https://a.test/\n" }),
        json!({ "verification_uri_complete": format!("https://a.test/{}", "x".repeat(budget::LOGIN_ADDRESS_BYTES)) }),
        json!({ "device_code": null }),
        json!({ "expires_in": -1 }),
    ] {
        let world = coding(changes, vec![json!({})]);
        let issuer = world.discover().unwrap();
        let shown = by_code(&issuer, "sigstore", &now, &mut |code| panic!("shown: {code:?}"));
        refuses(shown, "issuer-malformed");
    }
    let longest = json!({ "user_code": "x".repeat(budget::USER_CODE_BYTES) });
    assert!(log_in_elsewhere(&coding(longest, vec![json!({})])).is_ok());
}

#[test]
fn a_query_is_unescaped_strictly() {
    for (text, plain) in [("a%2Fb+c%20d", "a/b c d"), ("%C3%a9", "é"), ("", "")] {
        assert_eq!(unescaped(text).unwrap().as_str(), plain);
    }
    for text in ["%", "%4", "%4g", "%+1", "%ff"] {
        assert!(unescaped(text).is_none(), "{text}");
    }
    assert!(Comeback::parse("state=a&x=1&x=2").is_ok(), "what is not known may be there twice");
}
