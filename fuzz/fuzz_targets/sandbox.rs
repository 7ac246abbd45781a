//! What a client sends the sandbox, of any bytes: the answer is HTTP or nothing, and the next client is answered as before.
#![no_main]

use bulla_sandbox::{Config, Sandbox, SandboxConfig};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    sync::LazyLock,
};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    // Soon full: what it answers then is to be seen too.
    let registry = Config { capacity: 1 << 20, ..Config::with_referrers() };
    Sandbox::start(SandboxConfig { registry, ..SandboxConfig::default() }).expect("a sandbox")
});

fn asked(bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(SANDBOX.registry().addr()).expect("a connection");
    // Who has refused a request need not read it to its end.
    stream.write_all(bytes).ok();
    stream.shutdown(Shutdown::Write).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    answer
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let answer = asked(bytes);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 "), "{}", String::from_utf8_lossy(&answer));
    let next = asked(b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(next.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&next));
});
