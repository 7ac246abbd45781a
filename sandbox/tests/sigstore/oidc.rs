//! The issuer: discovery, browser, device.

use crate::{
    client::{Answer, Client},
    signer::connect,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bulla_sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const VERIFIER: &str = "a-verifier-that-nobody-guesses-in-a-lifetime";
const CALLBACK: &str = "http%3A%2F%2Flocalhost%3A7%2Fauth%2Fcallback";

fn started() -> Sandbox {
    Sandbox::start(SandboxConfig::default()).unwrap()
}

fn form(client: &mut Client, path: &str, form: &str) -> Answer {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    client.ask("POST", path, &headers, form.as_bytes())
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// The code that a browser is sent back with.
fn code(client: &mut Client, more: &str) -> String {
    let target = format!(
        "/auth?response_type=code&client_id=sigstore&redirect_uri={CALLBACK}&code_challenge_method=S256&code_challenge={}{more}",
        challenge()
    );
    let answer = client.get(&target).expect(302);
    let location = answer.header("location").unwrap();
    let query = location.strip_prefix("http://localhost:7/auth/callback?code=").unwrap();
    assert!(query.ends_with("&state=a%26b"), "{location}");
    query.split('&').next().unwrap().to_owned()
}

#[test]
fn discovery_leads_to_everything() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    let found = client.get("/.well-known/openid-configuration").expect(200).json();
    assert_eq!(found["issuer"], sandbox.url());
    for endpoint in ["authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "jwks_uri"] {
        assert!(found[endpoint].as_str().unwrap().starts_with(sandbox.url()), "{endpoint}");
    }
    let keys = client.get("/auth/keys").expect(200).json();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["alg"]), (&json!("EC"), &json!("ES256")));
}

#[test]
fn a_browser_gets_a_code_and_the_code_one_token() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    let code = code(&mut client, "&state=a%26b&nonce=n1");
    let redeem = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");
    let answer = form(&mut client, "/auth/token", &redeem).expect(200).json();
    assert_eq!(answer["token_type"], "Bearer");
    let claims = claims(&answer["id_token"]);
    assert_eq!(
        (&claims["email"], &claims["email_verified"], &claims["aud"], &claims["nonce"], &claims["iss"]),
        (&json!("dev@sandbox.invalid"), &json!(true), &json!("sigstore"), &json!("n1"), &json!(sandbox.url()))
    );
    assert_eq!(form(&mut client, "/auth/token", &redeem).expect(400).json()["error"], "invalid_grant");
}

#[test]
fn a_code_without_its_verifier_or_redirect_is_worth_nothing() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    for rest in [
        format!("&redirect_uri={CALLBACK}&code_verifier=another"),
        format!("&redirect_uri={CALLBACK}"),
        format!("&redirect_uri=http%3A%2F%2Flocalhost&code_verifier={VERIFIER}"),
    ] {
        let code = code(&mut client, "&state=a%26b");
        let redeem = format!("grant_type=authorization_code&code={code}{rest}");
        assert_eq!(form(&mut client, "/auth/token", &redeem).expect(400).json()["error"], "invalid_grant", "{rest}");
    }
    let code = code(&mut client, "&state=a%26b");
    let device = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code={code}");
    assert_eq!(form(&mut client, "/auth/token", &device).expect(400).json()["error"], "invalid_grant");
    let other = form(&mut client, "/auth/token", "grant_type=password").expect(400).json();
    assert_eq!(other["error"], "unsupported_grant_type");
}

#[test]
fn nobody_is_sent_anywhere_but_to_this_machine() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    let pkce = format!("&code_challenge_method=S256&code_challenge={}", challenge());
    client.get(&format!("/auth?response_type=code&redirect_uri=https%3A%2F%2Fevil.invalid%2F{pkce}")).expect(400);
    client.get(&format!("/auth?response_type=code&redirect_uri={CALLBACK}")).expect(400);
    client.get(&format!("/auth?response_type=token&redirect_uri={CALLBACK}{pkce}")).expect(400);
    let oob = format!("/auth?response_type=code&redirect_uri=urn%3Aietf%3Awg%3Aoauth%3A2.0%3Aoob{pkce}");
    assert!(String::from_utf8_lossy(&client.get(&oob).expect(200).body).contains("Enter this code"));
}

#[test]
fn a_device_waits_until_a_person_approves() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    let begun = form(&mut client, "/auth/device/code", "client_id=sigstore&scope=openid+email").expect(200).json();
    let (device, user) = (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    let redeem = format!("grant_type={grant}&client_id=sigstore&device_code={device}");
    let error = |form_: &str| form(&mut connect(&sandbox), "/auth/token", form_).expect(400).json()["error"].clone();
    assert_eq!(error(&redeem), "authorization_pending");
    let page = client.get(&format!("/auth/device?user_code={user}")).expect(200);
    assert!(String::from_utf8_lossy(&page.body).contains(user));
    form(&mut client, "/auth/device", "user_code=another").expect(404);
    assert_eq!(error(&redeem), "authorization_pending");
    form(&mut client, "/auth/device", &format!("user_code={user}&email=ada%40sandbox.invalid")).expect(200);
    let answer = form(&mut client, "/auth/token", &redeem).expect(200).json();
    assert_eq!(claims(&answer["id_token"])["email"], "ada@sandbox.invalid");
    assert_eq!(error(&redeem), "invalid_grant");
}

#[test]
fn one_sign_in_too_many_forgets_the_oldest() {
    let sandbox = started();
    let mut client = connect(&sandbox);
    let first = code(&mut client, "&state=a%26b");
    let second = code(&mut client, "&state=a%26b");
    for _ in 1..256 {
        code(&mut client, "&state=a%26b");
    }
    let redeem = |code: &str| {
        let redeem =
            format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");
        form(&mut connect(&sandbox), "/auth/token", &redeem).status
    };
    assert_eq!((redeem(&first), redeem(&second)), (400, 200));
}
