//! Signing in: with a browser (RFC 6749, 4.1, with PKCE, RFC 7636), and with a code on another device (RFC 8628).

use super::{DEVELOPER, token};
use crate::{
    budget,
    http::{Answer, Call, lock, query_pairs},
    server::{Shared, page},
    sigstore::key::random,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{collections::VecDeque, io::Result};

/// How long a sign-in may take, in seconds.
const PATIENCE: i64 = 300;

/// Seconds between two questions whether it is done.
const INTERVAL: i64 = 1;

/// Sign-ins that have begun, oldest first.
#[derive(Default)]
pub(crate) struct SignIns(VecDeque<SignIn>);

struct SignIn {
    /// What the client redeems.
    code: String,
    until: i64,
    email: String,
    challenge: Option<String>,
    nonce: Option<String>,
    way: Way,
}

enum Way {
    Browser { redirect: String },
    Device { user_code: String, approved: bool },
}

impl SignIns {
    fn begin(&mut self, sign_in: SignIn) {
        if self.0.len() >= budget::SIGN_INS {
            self.0.pop_front();
        }
        self.0.push_back(sign_in);
    }

    fn find(&mut self, code: &str, now: i64) -> Option<(usize, &mut SignIn)> {
        self.0.retain(|sign_in| sign_in.until > now);
        self.0.iter_mut().enumerate().find(|(_, sign_in)| sign_in.code == code)
    }
}

/// `/auth`: whoever comes with a proper request is `dev@sandbox.invalid`, or who `login_hint` says.
pub(super) fn browser(shared: &Shared, call: &Call) -> Answer {
    let redirect = call.parameter("redirect_uri").unwrap_or_default();
    let out_of_band = redirect == "urn:ietf:wg:oauth:2.0:oob";
    if !out_of_band && !is_loopback(redirect) {
        return refusal(400, "the redirect does not lead to this machine");
    }
    if call.parameter("response_type") != Some("code") || call.parameter("code_challenge_method") != Some("S256") {
        return refusal(400, "this is not a request for a code with PKCE (S256)");
    }
    let Ok(code) = code::<32>() else { return refusal(500, "there are no random numbers") };
    lock(&shared.sign_ins).begin(SignIn {
        code: code.clone(),
        until: shared.now().unix() + PATIENCE,
        email: call.parameter("login_hint").unwrap_or(DEVELOPER).to_owned(),
        challenge: call.parameter("code_challenge").map(str::to_owned),
        nonce: call.parameter("nonce").map(str::to_owned),
        way: Way::Browser { redirect: redirect.to_owned() },
    });
    if out_of_band {
        return Answer::page(200, &page::around("signed in", &format!("<p>Enter this code: <code>{code}</code></p>")));
    }
    let separator = if redirect.contains('?') { '&' } else { '?' };
    let state = call.parameter("state").map(|state| format!("&state={}", percent_encode(state))).unwrap_or_default();
    Answer::empty(302).with("Location", format!("{redirect}{separator}code={code}{state}"))
}

/// `/auth/device/code` (RFC 8628, 3.1).
pub(super) fn device(shared: &Shared, call: &Call) -> Answer {
    let form = form(call);
    let (Ok(code), Ok(user_code)) = (code::<32>(), code::<6>()) else { return failure(500, "server_error") };
    let parameter = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let page = format!("{}/auth/device", shared.url);
    let answer = json!({
        "device_code": code, "user_code": user_code, "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"), "expires_in": PATIENCE, "interval": INTERVAL,
    });
    lock(&shared.sign_ins).begin(SignIn {
        code,
        until: shared.now().unix() + PATIENCE,
        email: parameter("login_hint").unwrap_or_else(|| DEVELOPER.to_owned()),
        challenge: parameter("code_challenge"),
        nonce: parameter("nonce"),
        way: Way::Device { user_code, approved: false },
    });
    Answer::json(200, &answer)
}

/// Where a person enters the code.
pub(super) fn device_page(call: &Call) -> Answer {
    let code = page::escaped(call.parameter("user_code").unwrap_or_default());
    let form = format!(
        "<form method=\"post\" action=\"/auth/device\"><p><label>Code <input name=\"user_code\" value=\"{code}\"></label> \
         <label>E-mail <input name=\"email\" value=\"{DEVELOPER}\"></label> <button>Sign in</button></p></form>"
    );
    Answer::page(200, &page::around("sign in a device", &form))
}

/// What that page sends.
pub(super) fn approve(shared: &Shared, call: &Call) -> Answer {
    let form = form(call);
    let parameter = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let now = shared.now().unix();
    let mut sign_ins = lock(&shared.sign_ins);
    for sign_in in sign_ins.0.iter_mut().filter(|sign_in| sign_in.until > now) {
        let Way::Device { user_code, approved } = &mut sign_in.way else { continue };
        if Some(user_code.as_str()) == parameter("user_code") {
            *approved = true;
            if let Some(email) = parameter("email").filter(|email| !email.is_empty()) {
                email.clone_into(&mut sign_in.email);
            }
            return Answer::page(200, &page::around("signed in", "<p>The device is signed in.</p>"));
        }
    }
    refusal(404, "no device waits for this code")
}

/// `/auth/token`: a code for a token (RFC 6749, 4.1.3; RFC 8628, 3.4).
pub(super) fn token(shared: &Shared, call: &Call) -> Answer {
    let form = form(call);
    let parameter = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let device = match parameter("grant_type") {
        Some("authorization_code") => false,
        Some("urn:ietf:params:oauth:grant-type:device_code") => true,
        _ => return failure(400, "unsupported_grant_type"),
    };
    let code = parameter(if device { "device_code" } else { "code" }).unwrap_or_default();
    let mut sign_ins = lock(&shared.sign_ins);
    let Some((at, sign_in)) = sign_ins.find(code, shared.now().unix()) else { return failure(400, "invalid_grant") };
    match &sign_in.way {
        Way::Browser { redirect } if !device && Some(redirect.as_str()) == parameter("redirect_uri") => {}
        Way::Device { approved: false, .. } if device => return failure(400, "authorization_pending"),
        Way::Device { .. } if device => {}
        _ => return failure(400, "invalid_grant"),
    }
    // A code is tried once, whatever comes of it.
    let Some(sign_in) = sign_ins.0.remove(at) else { return failure(400, "invalid_grant") };
    drop(sign_ins);
    let shown = parameter("code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    if sign_in.challenge.is_some() && shown != sign_in.challenge {
        return failure(400, "invalid_grant");
    }
    let claims = token::of_email(&sign_in.email, sign_in.nonce.as_deref());
    let Ok(token) = token::mint(shared, &claims) else { return failure(500, "server_error") };
    // sigstore-python takes the access token for the identity's, since Dex, the public issuer, gives tokens of one form as both.
    let answer = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": token::LIFETIME, "id_token": token,
    });
    Answer::json(200, &answer).with("Cache-Control", "no-store")
}

/// For a person.
fn refusal(status: u16, why: &str) -> Answer {
    Answer::page(status, &page::around("not signed in", &format!("<p>{}.</p>", page::escaped(why))))
}

/// RFC 6749, 5.2.
fn failure(status: u16, error: &str) -> Answer {
    Answer::json(status, &json!({ "error": error }))
}

fn form(call: &Call) -> Vec<(String, String)> {
    query_pairs(&String::from_utf8_lossy(call.body.bytes()))
}

fn is_loopback(redirect: &str) -> bool {
    let Some(rest) = redirect.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { host } else { authority }
    });
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

fn code<const BYTES: usize>() -> Result<String> {
    random::<BYTES>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

/// Everything but what RFC 3986, 2.3 leaves alone.
fn percent_encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sign_in_past_the_limit_forgets_the_oldest() {
        let mut all = SignIns::default();
        for at in 0..=budget::SIGN_INS {
            all.begin(SignIn {
                code: at.to_string(),
                until: 1,
                email: DEVELOPER.to_owned(),
                challenge: None,
                nonce: None,
                way: Way::Browser { redirect: String::new() },
            });
        }
        assert!(all.find("0", 0).is_none());
        assert_eq!(all.find("1", 0).map(|(at, _)| at), Some(0));
        assert!(all.find("1", 1).is_none(), "its time is over");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for redirect in ["http://127.0.0.1:7/cb", "http://localhost", "http://[::1]:80/?a=b", "http://localhost:1"] {
            assert!(is_loopback(redirect), "{redirect}");
        }
        for redirect in [
            "https://127.0.0.1/",
            "http://127.0.0.1.evil.invalid/",
            "http://127.0.0.1@evil.invalid/",
            "",
            "http://localhost:1@evil.invalid",
        ] {
            assert!(!is_loopback(redirect), "{redirect}");
        }
    }
}
