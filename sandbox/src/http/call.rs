//! What a client asks: one HTTP/1.1 request, read strictly and within bounds (RFC 9112).

use super::Answer;
use crate::budget::{self, Buffer, Room};
use std::io::{self, BufRead, Read as _, Write as _};
use std::net::TcpStream;

/// One request, body included.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Path and query as they were sent.
    pub(crate) target: String,
    /// The path, percent-decoded.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub(crate) body: Buffer,
    /// The client wants no more on this connection.
    pub(crate) last: bool,
}

/// What came of reading.
pub(crate) enum Read {
    Call(Call),
    Refused(Answer),
    End,
}

/// How the body is framed (RFC 9112 section 6).
enum Framing {
    Length(u64),
    Chunked,
}

/// Why a request is not read to its end.
enum Stopped {
    Io(io::Error),
    Refused(Answer),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Call {
    /// Reads the next request; `stream` takes the interim answer that `Expect: 100-continue` waits for.
    pub(crate) fn read(reader: &mut impl BufRead, stream: &TcpStream, room: &Room) -> io::Result<Read> {
        match read_call(reader, stream, room) {
            Ok(Some(call)) => Ok(Read::Call(call)),
            Ok(None) => Ok(Read::End),
            Err(Stopped::Refused(answer)) => Ok(Read::Refused(answer)),
            Err(Stopped::Io(error)) => Err(error),
        }
    }

    /// The first header of this name (lowercase).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The first value of this query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn head(&self) -> bool {
        self.method == "HEAD"
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn refused(status: u16, message: &str) -> Stopped {
    Stopped::Refused(Answer::error(status, "UNSUPPORTED", message))
}

fn read_call(reader: &mut impl BufRead, stream: &TcpStream, room: &Room) -> Result<Option<Call>, Stopped> {
    let mut left = budget::HEAD_BYTES;
    let Some(first) = read_line(reader, &mut left)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(refused(400, "not an HTTP request line"));
    };
    let old = match version {
        "HTTP/1.1" => false,
        "HTTP/1.0" => true,
        _ => return Err(refused(400, "not an HTTP/1 request")),
    };
    let headers = read_headers(reader, &mut left)?;
    let framing = framing(&headers)?;
    if let Some(expected) = header(&headers, "expect") {
        if !expected.eq_ignore_ascii_case("100-continue") {
            return Err(refused(417, "no such expectation is met here"));
        }
        let mut stream = stream;
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = match framing {
        Framing::Length(length) => read_sized(reader, length, room)?,
        Framing::Chunked => read_chunked(reader, room)?,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let closes = header(&headers, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    Ok(Some(Call {
        method: method.to_owned(),
        target: target.to_owned(),
        path: percent_decode(path),
        query: query_pairs(query),
        headers,
        body,
        last: old || closes,
    }))
}

/// One line without its end, taken from what is `left` for the head; nothing at the end of the stream.
fn read_line(reader: &mut impl BufRead, left: &mut usize) -> Result<Option<String>, Stopped> {
    let limit = u64::try_from(*left).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    let length = reader.take(limit).read_until(b'\n', &mut line)?;
    *left = left.saturating_sub(length);
    if length == 0 && *left > 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(refused(431, "the request's head is too long, or ends in the middle"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| refused(400, "the request's head is not UTF-8"))
}

fn read_headers(reader: &mut impl BufRead, left: &mut usize) -> Result<Vec<(String, String)>, Stopped> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader, left)?.ok_or_else(|| refused(400, "the request ends in its head"))?;
        if line.is_empty() {
            return Ok(headers);
        }
        if headers.len() >= budget::HEADERS {
            return Err(refused(431, "too many headers"));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| refused(400, "a header without a colon"))?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(refused(400, "a header without a proper name"));
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// One framing, never two: a request that two readers could cut differently is refused (RFC 9112 section 11.2).
fn framing(headers: &[(String, String)]) -> Result<Framing, Stopped> {
    let count = |name: &str| headers.iter().filter(|(key, _)| key == name).count();
    match (count("content-length"), count("transfer-encoding")) {
        (0, 0) => Ok(Framing::Length(0)),
        (1, 0) => header(headers, "content-length")
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .map(Framing::Length)
            .ok_or_else(|| refused(400, "not a content length")),
        (0, 1) if header(headers, "transfer-encoding").is_some_and(|text| text.eq_ignore_ascii_case("chunked")) => {
            Ok(Framing::Chunked)
        }
        _ => Err(refused(400, "the body's length is not clear")),
    }
}

fn read_sized(reader: &mut impl BufRead, length: u64, room: &Room) -> Result<Buffer, Stopped> {
    let mut body = room.buffer();
    read_into(reader, length, &mut body)?;
    Ok(body)
}

/// Chunks of RFC 9112 section 7.1; extensions and trailers are read over.
fn read_chunked(reader: &mut impl BufRead, room: &Room) -> Result<Buffer, Stopped> {
    let mut body = room.buffer();
    loop {
        let mut left = budget::HEAD_BYTES;
        let line = read_line(reader, &mut left)?.ok_or_else(|| refused(400, "the body ends between chunks"))?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).map_err(|_| refused(400, "not a chunk size"))?;
        if size == 0 {
            let mut left = budget::HEAD_BYTES;
            read_headers(reader, &mut left)?;
            return Ok(body);
        }
        read_into(reader, size, &mut body)?;
        let mut end = [0; 2];
        reader.read_exact(&mut end)?;
        if &end != b"\r\n" {
            return Err(refused(400, "a chunk does not end where it says"));
        }
    }
}

/// Exactly `length` more bytes, as they come: a length that is only claimed takes no memory.
fn read_into(reader: &mut impl BufRead, length: u64, body: &mut Buffer) -> Result<(), Stopped> {
    let mut left = length;
    while left > 0 {
        let available = reader.fill_buf()?;
        let size = available.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let (taken, _) = available.split_at(size);
        if taken.is_empty() {
            return Err(refused(400, "the body is shorter than it says"));
        }
        if !body.extend(taken) {
            return Err(refused(413, "the sandbox has no room for this"));
        }
        reader.consume(size);
        left = left.saturating_sub(u64::try_from(size).unwrap_or(u64::MAX));
    }
    Ok(())
}

/// The pairs of a query or of a form (WHATWG URL, `application/x-www-form-urlencoded`).
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode(&text.replace('+', " "));
    let pair = |part: &str| {
        part.split_once('=').map_or_else(|| (decode(part), String::new()), |(k, v)| (decode(k), decode(v)))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// Decodes `%41`; what is not a proper escape stays as it is, what is not UTF-8 becomes U+FFFD.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(byte));
        let width = if escaped.is_some() { 3 } else { 1 };
        rest = rest.get(width..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_kept() {
        assert_eq!(percent_decode("sha256%3Aab%2"), "sha256:ab%2");
        assert_eq!(percent_decode("%zz%"), "%zz%");
        assert_eq!(
            query_pairs("a=1+2&b=%26&c"),
            [("a", "1 2"), ("b", "&"), ("c", "")].map(|(k, v)| (k.into(), v.into()))
        );
    }
}
