//! A browser's way back to us: one request on the loopback interface (RFC 8252, section 7.3).
//!
//! Anybody on this machine can send it, and any page that the browser shows. Who receives it knows by a secret in it (`state`)
//! that it is the answer to what was asked; what does not have the secret is turned away, and spoils nothing.

use crate::budget;
use crate::error::Error;
use crate::http::pace::Pace;
use crate::options::Options;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use zeroize::Zeroizing;

/// Waits on a port of this machine for one request to one path.
pub struct Loopback {
    listeners: Vec<TcpListener>,
    port: u16,
    path: &'static str,
    pace: Pace,
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loopback({})", self.url())
    }
}

impl Loopback {
    /// Listens on a free port, for requests to `path`, until the deadline of `options`, which begins now.
    ///
    /// # Errors
    /// [`Error::LoopbackUnavailable`].
    pub fn listen(path: &'static str, options: &Options) -> Result<Self, Error> {
        let unavailable = |error: std::io::Error| Error::LoopbackUnavailable { why: error.to_string() };
        let first = listener(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).map_err(unavailable)?;
        let port = first.local_addr().map_err(unavailable)?.port();
        let mut listeners = vec![first];
        // To some browsers `localhost` is ::1; where there is none, or somebody has its port, it is 127.0.0.1 to the rest.
        listeners.extend(listener(SocketAddr::from((Ipv6Addr::LOCALHOST, port))));
        Ok(Self { listeners, port, path, pace: Pace::new(options.deadline, options.cancel.clone()) })
    }

    /// Where the browser has to be sent. `localhost` is the name that issuers know (dex, "validateRedirectURI").
    pub fn url(&self) -> String {
        format!("http://localhost:{}{}", self.port, self.path)
    }

    /// The query of the first request to the path that `judge` takes, as it was sent: a secret. `judge` is given each, and says
    /// what the browser shows then: a page for the one that is waited for, or one for what is not it.
    ///
    /// However much else is asked, the wait goes on: one visitor costs as much memory as the next, and the deadline ends it.
    ///
    /// # Errors
    /// [`Error::DeadlineExceeded`], [`Error::Cancelled`].
    pub fn receive<'a>(self, judge: impl Fn(&str) -> Result<&'a str, &'a str>) -> Result<Zeroizing<String>, Error> {
        let mut waiting: Vec<Visitor> = Vec::new();
        loop {
            self.pace.left(&self.url())?;
            waiting.extend(self.listeners.iter().filter_map(|listener| listener.accept().ok()).filter_map(Visitor::of));
            // The oldest that has said nothing is one that the browser opened ahead of need.
            waiting.drain(..waiting.len().saturating_sub(budget::CALLBACK_CONNECTIONS));
            for mut visitor in std::mem::take(&mut waiting) {
                match visitor.read() {
                    Heard::Nothing => waiting.push(visitor),
                    Heard::Gone => {}
                    Heard::All => match self.query(&visitor.head) {
                        Some(query) => match judge(&query) {
                            Ok(page) => {
                                visitor.answer("200 OK", page);
                                return Ok(query);
                            }
                            Err(page) => visitor.answer("403 Forbidden", page),
                        },
                        None => visitor.answer("404 Not Found", ""),
                    },
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The query of a GET of our path at our address; another `Host` is a name that somebody points to this machine.
    fn query(&self, head: &[u8]) -> Option<Zeroizing<String>> {
        let text = std::str::from_utf8(head).ok()?;
        let mut lines = text.split("\r\n");
        let target = lines.next()?.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
        let query = target.strip_prefix(self.path)?.strip_prefix('?')?;
        let mut hosts =
            lines.filter_map(|line| line.split_once(':')).filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = hosts.next()?.1.trim();
        let ours = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host == format!("{name}:{}", self.port));
        (ours && hosts.next().is_none()).then(|| Zeroizing::new(query.to_owned()))
    }
}

fn listener(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Somebody who has connected, and what they have said so far.
struct Visitor {
    stream: TcpStream,
    head: Zeroizing<Vec<u8>>,
}

enum Heard {
    Nothing,
    All,
    Gone,
}

impl Visitor {
    fn of((stream, _): (TcpStream, SocketAddr)) -> Option<Self> {
        stream.set_nonblocking(true).ok()?;
        Some(Self { stream, head: Zeroizing::default() })
    }

    /// What has come meanwhile, without waiting.
    fn read(&mut self) -> Heard {
        let mut bytes = Zeroizing::new([0; 4096]);
        loop {
            let count = match self.stream.read(bytes.as_mut_slice()) {
                Ok(0) => return Heard::Gone,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Heard::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Heard::Gone,
            };
            self.head.extend_from_slice(bytes.get(..count).unwrap_or_default());
            if self.head.len() > budget::CALLBACK_BYTES {
                return Heard::Gone;
            }
            if self.head.windows(4).any(|end| end == b"\r\n\r\n") {
                return Heard::All;
            }
        }
    }

    /// Nothing on the page loads anything, or tells another where the browser was: the address has the code in it.
    fn answer(&mut self, status: &str, page: &str) {
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\
             cache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
             content-security-policy: default-src 'none'\r\nx-content-type-options: nosniff\r\n\r\n{page}",
            page.len()
        );
        // Whether the browser shows it changes nothing.
        let patient =
            self.stream.set_nonblocking(false).and(self.stream.set_write_timeout(Some(budget::CALLBACK_ANSWER)));
        patient.and_then(|()| self.stream.write_all(head.as_bytes())).and_then(|()| self.stream.flush()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Cancel;
    use std::thread::JoinHandle;

    const PAGE: &str = "<p>done</p>";
    const OTHER_PAGE: &str = "<p>not you</p>";

    /// Everything is what is waited for, but for what says `no`.
    fn judge(query: &str) -> Result<&'static str, &'static str> {
        if query.contains("no") { Err(OTHER_PAGE) } else { Ok(PAGE) }
    }

    fn options(deadline: Duration) -> Options {
        Options { deadline, ..Options::default() }
    }

    /// The port that is waited on, and what is received in the end.
    fn start(deadline: Duration) -> (u16, JoinHandle<Result<String, Error>>) {
        let loopback = Loopback::listen("/auth/callback", &options(deadline)).unwrap();
        assert_eq!(loopback.url(), format!("http://localhost:{}/auth/callback", loopback.port));
        let port = loopback.port;
        (port, std::thread::spawn(move || loopback.receive(judge).map(|query| query.to_string())))
    }

    /// What is answered to these bytes.
    fn send(port: u16, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        // Who is hung up on may see a reset.
        stream.read_to_end(&mut answer).ok();
        String::from_utf8(answer).unwrap()
    }

    fn get(port: u16, target: &str, host: &str) -> String {
        send(port, format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
    }

    #[test]
    fn one_request_to_the_path_is_received_and_answered_with_a_page() {
        let (port, received) = start(Duration::from_secs(20));
        let answer = get(port, "/auth/callback?code=a%2Fb&state=s", &format!("localhost:{port}"));
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(PAGE), "{answer}");
        assert!(answer.contains("cache-control: no-store") && answer.contains("referrer-policy: no-referrer"));
        assert_eq!(received.join().unwrap().unwrap(), "code=a%2Fb&state=s");
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
    }

    #[test]
    fn what_else_a_browser_asks_is_not_it() {
        let (port, received) = start(Duration::from_secs(20));
        let ours = format!("127.0.0.1:{port}");
        let silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
        for (target, host) in [
            ("/favicon.ico", ours.as_str()),
            ("/auth/callback", ours.as_str()),
            ("/auth/callback2?code=x", ours.as_str()),
            ("/auth/callback?code=x", "evil.test"),
            ("/auth/callback?code=x", "localhost"),
        ] {
            assert!(get(port, target, host).starts_with("HTTP/1.1 404"), "{target} {host}");
        }
        let post = format!("POST /auth/callback?code=x HTTP/1.1\r\nHost: {ours}\r\n\r\n");
        let twice = format!("GET /auth/callback?code=x HTTP/1.1\r\nHost: {ours}\r\nhost: evil.test\r\n\r\n");
        for stray in [post, twice] {
            assert!(send(port, stray.as_bytes()).starts_with("HTTP/1.1 404"), "{stray}");
        }
        get(port, "/auth/callback?code=y", &ours);
        assert_eq!(received.join().unwrap().unwrap(), "code=y");
        drop(silent);
    }

    #[test]
    fn silent_connections_keep_nobody_out() {
        let (port, received) = start(Duration::from_secs(20));
        let silent: Vec<_> =
            (0..budget::CALLBACK_CONNECTIONS + 4).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
        get(port, "/auth/callback?code=y", &format!("localhost:{port}"));
        assert_eq!(received.join().unwrap().unwrap(), "code=y");
        drop(silent);
    }

    #[test]
    fn one_byte_past_the_limit_is_hung_up_on() {
        let (port, received) = start(Duration::from_secs(20));
        let head = format!("GET /auth/callback?code=y HTTP/1.1\r\nHost: localhost:{port}\r\nx: ");
        let fits = |more: usize| {
            let pad = "x".repeat(budget::CALLBACK_BYTES - head.len() - 4 + more);
            format!("{head}{pad}\r\n\r\n").into_bytes()
        };
        assert_eq!(send(port, &fits(1)), "");
        assert!(send(port, &fits(0)).starts_with("HTTP/1.1 200"));
        assert_eq!(received.join().unwrap().unwrap(), "code=y");
    }

    #[test]
    fn what_is_not_waited_for_is_told_so_and_ends_nothing_however_often_it_comes() {
        let (port, received) = start(Duration::from_secs(20));
        let host = format!("localhost:{port}");
        for _ in 0..100 {
            let answer = get(port, "/auth/callback?code=x&state=no", &host);
            assert!(answer.starts_with("HTTP/1.1 403 ") && answer.ends_with(OTHER_PAGE), "{answer}");
            assert!(send(port, b"GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        }
        assert!(get(port, "/auth/callback?code=y", &host).starts_with("HTTP/1.1 200 "));
        assert_eq!(received.join().unwrap().unwrap(), "code=y");
    }

    #[test]
    fn waiting_ends_with_the_deadline_or_the_flag() {
        let (_, received) = start(Duration::from_millis(50));
        assert_eq!(received.join().unwrap().unwrap_err().code(), "deadline-exceeded");
        let cancel = Cancel::default();
        cancel.raise();
        let options = Options { cancel, ..Options::default() };
        let error = Loopback::listen("/", &options).unwrap().receive(judge).unwrap_err();
        assert_eq!(error.code(), "cancelled");
    }
}
