//! What the server sends back, and how faithfully.

use crate::budget::Buffer;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// How an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As it is; the connection stays open.
    Whole,
    /// As it is; then the connection ends.
    Close,
    /// Half of the announced body; then the connection ends.
    Truncated,
    /// With one bit of the body changed, under the same headers.
    Altered,
    /// Not at all: the connection ends.
    Lost,
}

/// A body: made for this answer, or shared with the store.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Own(Vec<u8>),
    Stored(Arc<Buffer>),
}

impl Body {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Stored(buffer) => buffer.bytes(),
        }
    }
}

/// Status, headers, body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Own(Vec::new()) }
    }

    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::typed(status, "application/json", Body::Own(value.to_string().into_bytes()))
    }

    pub(crate) fn typed(status: u16, media_type: impl Into<String>, body: Body) -> Self {
        Self { status, headers: vec![("Content-Type", media_type.into())], body }
    }

    /// The error form of the OCI distribution specification 1.1, "Error Codes".
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &serde_json::json!({ "errors": [{ "code": code, "message": message }] }))
    }

    /// A page for people.
    pub(crate) fn page(status: u16, html: &str) -> Self {
        Self::typed(status, "text/html; charset=utf-8", Body::Own(html.as_bytes().to_vec()))
            .with("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
            .with("X-Content-Type-Options", "nosniff")
            .with("Cache-Control", "no-store")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Writes the answer; for a HEAD call without its body.
    pub(crate) fn send(&self, stream: &TcpStream, delivery: Delivery, head: bool) -> io::Result<()> {
        if delivery == Delivery::Lost {
            return Ok(());
        }
        let mut out = io::BufWriter::new(stream);
        let body = self.body.bytes();
        write!(out, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status))?;
        for (name, value) in &self.headers {
            // A header cannot be split by what a client sent: control characters are left out.
            let value: String = value.chars().filter(|c| !c.is_control()).collect();
            write!(out, "{name}: {value}\r\n")?;
        }
        if self.status != 204 {
            write!(out, "Content-Length: {}\r\n", body.len())?;
        }
        if delivery == Delivery::Close {
            out.write_all(b"Connection: close\r\n")?;
        }
        out.write_all(b"\r\n")?;
        if !head {
            send_body(&mut out, body, delivery)?;
        }
        out.flush()
    }
}

fn send_body(out: &mut impl Write, body: &[u8], delivery: Delivery) -> io::Result<()> {
    let (first, second) = body.split_at(body.len() / 2);
    match (delivery, second.split_first()) {
        (Delivery::Truncated, _) => out.write_all(first),
        (Delivery::Altered, Some((byte, rest))) => {
            out.write_all(first)?;
            out.write_all(&[byte ^ 1])?;
            out.write_all(rest)
        }
        _ => out.write_all(body),
    }
}

/// The phrases of RFC 9110 section 15 for what the sandbox answers.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        507 => "Insufficient Storage",
        _ => "Other",
    }
}
