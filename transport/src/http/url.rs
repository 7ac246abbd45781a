//! Addresses and origins: which machine a request goes to, hence which secrets may go along.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use ureq::http::Uri;

/// Scheme, host and port (RFC 6454, section 4). Credentials belong to one of these and never leave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    host: String,
    port: u16,
}

/// An absolute http or https address without user information or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) origin: Origin,
    /// Path and query; begins with `/`.
    pub(crate) path: String,
}

impl Origin {
    /// The origin of a registry: `host[:port]`, over TLS unless it is plain.
    pub(crate) fn of_registry(registry: &str, plain: bool) -> Option<Self> {
        let scheme = if plain { "http" } else { "https" };
        Url::parse(&format!("{scheme}://{registry}/")).map(|url| url.origin)
    }

    /// Whether nothing leaves this machine: `localhost`, 127.0.0.0/8 or ::1.
    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether it is on this machine, or is what its host answers in its place: an address that no router passes on
    /// (RFC 3927), such as a cloud's metadata server. No proxy can reach either.
    pub(crate) fn is_beside_us(&self) -> bool {
        self.is_loopback() || self.host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_link_local())
    }

    /// This path at this origin.
    pub(crate) fn at(&self, path: String) -> Url {
        Url { origin: self.clone(), path }
    }
}

/// Whether a host, as written in an address and without its port, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || address.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

impl Url {
    /// Reads an absolute address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        let default = if https { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(default);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Self { origin: Origin { https, host: authority.host().to_ascii_lowercase(), port }, path })
    }

    /// Where `location` points, seen from here (RFC 3986, section 5, without dot segments: servers do not send them).
    pub(crate) fn join(&self, location: &str) -> Option<Self> {
        let location = location.split('#').next().unwrap_or(location);
        if let Some(rest) = location.strip_prefix("//") {
            let scheme = if self.origin.https { "https" } else { "http" };
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        if location.contains("://") && !location.starts_with(['/', '?']) {
            return Self::parse(location);
        }
        let own = self.path.split('?').next().unwrap_or("/");
        let path = match location.chars().next() {
            None => return Some(self.clone()),
            Some('/') => location.to_owned(),
            Some('?') => format!("{own}{location}"),
            Some(_) => format!("{}/{location}", own.rsplit_once('/').map_or("", |(folder, _)| folder)),
        };
        Self::parse(&format!("{}{path}", self.origin))
    }

    /// With one more query parameter; `value` must need no escaping.
    pub(crate) fn with_query(&self, name: &str, value: &str) -> Self {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        let path = format!("{}{sign}{name}={value}", self.path);
        Self { origin: self.origin.clone(), path }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default) = if self.https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

/// Escapes all but unreserved characters (RFC 3986, section 2.3), for a query, a form or one part of a path: nothing in it
/// means anything there.
pub fn escaped(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = |text| Url::parse(text).unwrap().origin;
        assert_eq!(origin("https://R.test/a"), origin("https://r.test:443/b?c"));
        for other in ["http://r.test/", "https://r.test:444/", "https://r.test.evil/", "https://x.r.test/"] {
            assert_ne!(origin("https://r.test/"), origin(other));
        }
        for text in ["https://user@r.test/", "https://r.test@evil.test/", "ftp://r.test/", "/path", "https:///x", ""] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }

    #[test]
    fn locations_are_followed_from_where_they_were_given() {
        let base = Url::parse("https://r.test/v2/app/blobs/uploads/?x=1").unwrap();
        let join = |location| base.join(location).unwrap().to_string();
        assert_eq!(join("/v2/app/up?state=a%2Fb"), "https://r.test/v2/app/up?state=a%2Fb");
        assert_eq!(join("https://s.test:8/x#frag"), "https://s.test:8/x");
        assert_eq!(join("//s.test/x"), "https://s.test/x");
        assert_eq!(join("next"), "https://r.test/v2/app/blobs/uploads/next");
        assert_eq!(join("?n=2"), "https://r.test/v2/app/blobs/uploads/?n=2");
        assert_eq!(base.with_query("digest", "sha256:1").path, "/v2/app/blobs/uploads/?x=1&digest=sha256:1");
    }

    #[test]
    fn what_is_escaped_leads_nowhere_else() {
        assert_eq!(escaped("a-b._~C1"), "a-b._~C1");
        assert_eq!(escaped("../a?b#c%é"), "..%2Fa%3Fb%23c%25%C3%A9");
    }

    #[test]
    fn what_no_router_passes_on_no_proxy_is_asked_for() {
        let beside = |host: &str| Url::parse(&format!("http://{host}/")).unwrap().origin.is_beside_us();
        assert!(beside("169.254.169.254") && beside("127.0.0.1:5000") && beside("localhost"));
        assert!(!beside("169.254.169.254.evil.test") && !beside("169.253.1.1") && !beside("10.0.0.1"));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.test", "128.0.0.1", "10.0.0.1", "127.0.0.1.evil.test", "[::2]", "0.0.0.0"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
