//! What a browser brings back, of any bytes, through the one door that leads to its readers: the port that a login waits on.
//! Where it has [`STATE`], there is the login's secret. Whatever comes first, the wait goes on until an answer with the secret is
//! there, and no token comes of it.
#![no_main]

use bulla_fuzz::{STATE, marked, serve};
use bulla_sign::oidc::{Issuer, in_browser};
use bulla_transport::Options;
use bulla_verify::Time;
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::LazyLock,
    time::Duration,
};

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| {
    let (told, url) = std::sync::mpsc::channel::<String>();
    let url = std::sync::Mutex::new(url);
    let known = std::sync::OnceLock::new();
    let address = serve("application/json", move |request, _| {
        let url = known.get_or_init(|| url.lock().expect("a lock").recv().expect("an address"));
        if !request.starts_with("GET ") {
            return b"{}".to_vec();
        }
        format!(
            r#"{{"issuer":"{url}","authorization_endpoint":"{url}/auth","token_endpoint":"{url}/token","jwks_uri":"{url}/keys","code_challenge_methods_supported":["S256"]}}"#
        )
        .into_bytes()
    });
    told.send(address.clone()).expect("somebody waits");
    let options = Options { deadline: Duration::from_secs(1 << 20), ..Options::default() };
    Issuer::discover(&address, &options).expect("an issuer")
});

fn sent(host: &str, bytes: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(host) else { return };
    stream.write_all(bytes).ok();
    stream.shutdown(std::net::Shutdown::Write).ok();
    stream.read_to_end(&mut Vec::new()).ok();
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let input = input.to_vec();
    let mut browser = None;
    let token = in_browser(&ISSUER, "sigstore", &|| Time::from_unix(1_790_000_000), &mut |address| {
        let parameter = |name: &str| {
            let (_, rest) = address.split_once(&format!("{name}=")).expect("a parameter");
            rest.split('&').next().expect("a value").replace("%3A", ":").replace("%2F", "/")
        };
        let (state, redirect) = (parameter("state"), parameter("redirect_uri"));
        let host = redirect.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("a host").to_owned();
        let input = marked(&input, STATE, state.as_bytes());
        browser = Some(std::thread::spawn(move || {
            // A head of its own if it begins with an underscore; a query otherwise.
            match input.strip_prefix(b"_") {
                Some(head) => sent(&host, head),
                None => {
                    let end = format!(" HTTP/1.1\r\nHost: {host}\r\n\r\n");
                    sent(&host, &[b"GET /auth/callback?", &input[..], end.as_bytes()].concat());
                }
            }
            sent(
                &host,
                format!("GET /auth/callback?error=no&state={state} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes(),
            );
        }));
    });
    assert!(token.is_err(), "nobody gave a token");
    browser.expect("it was shown").join().expect("a browser");
});
