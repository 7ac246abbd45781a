//! Where a target has to be a server, since the parser that it is after has no other door than a socket.

use sha2::{Digest, Sha256};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

/// A server on loopback that answers each body that it is sent with what `answer` makes of it, and its address.
pub fn serve(kind: &'static str, answer: impl Fn(&str, &[u8]) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            talk(stream, kind, &answer);
        }
    });
    url
}

/// As long as the client keeps the connection; there is one client, which has one.
fn talk(mut stream: TcpStream, kind: &str, answer: &impl Fn(&str, &[u8]) -> Vec<u8>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
        reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
        while reader.read_line(&mut line).ok()? > 2 {
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().ok()?;
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer = answer(&first, &body);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(&[head.as_bytes(), &answer].concat()).ok()?;
    }
}

/// `with` in place of every `mark`, which is as long.
pub fn marked(bytes: &[u8], mark: &[u8], with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.windows(mark.len()).position(|part| part == mark)) {
        at += found;
        bytes.splice(at..at + mark.len(), with.iter().copied());
        at += with.len();
    }
    bytes
}

/// What stands for the nonce of a question in an answer of a timestamp authority.
pub const NONCE: [u8; 8] = [0x4e; 8];

/// What stands for the hash that it is asked to stamp.
pub const IMPRINT: [u8; 32] = [0x49; 32];

/// What stands for a login's secret in what a browser brings back.
pub const STATE: &[u8] = b"STATE";

/// A journal of these records: each is its length in two bytes, its kind and its content. What is shorter than it says, or has no
/// length, is the journal's own end, as it is.
pub fn journal_of(mut bytes: &[u8]) -> Vec<u8> {
    let mut journal = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let Some((content, rest)) = rest.split_at_checked(u16::from_be_bytes(*length).into()) else { break };
        journal.extend(u32::try_from(content.len()).expect("two bytes").to_be_bytes());
        journal.extend(&Sha256::digest(content)[..4]);
        journal.extend(content);
        bytes = rest;
    }
    journal.extend(bytes);
    journal
}

/// The records of a journal, as [`journal_of`] takes them.
pub fn records_of(mut journal: &[u8]) -> Vec<u8> {
    let mut records = Vec::new();
    while let Some((length, rest)) = journal.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("a length");
        let (content, rest) = rest[4..].split_at(length);
        records.extend(u16::try_from(length).expect("a short record").to_be_bytes());
        records.extend(content);
        journal = rest;
    }
    records
}
