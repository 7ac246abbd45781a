//! Web pages of others, in a browser on this machine: what they ask is not asked by whoever runs the sandbox.
//!
//! A page reaches the loopback interface in two ways: its browser sends a form there (and says in `Origin` whose page it was,
//! Fetch standard, 3.2), or the page's own name is made to mean 127.0.0.1 once it is loaded ("DNS rebinding"; the name is
//! still in `Host`, RFC 9110, 7.2). Programs send no `Origin`, and a `Host` that means this machine.

use super::{Answer, Call};

/// The refusal of what another site's page has sent; nothing for everybody else.
pub(super) fn refusal(call: &Call) -> Option<Answer> {
    let host = call.header("host");
    let foreign_name = host.is_some_and(|host| !is_this_machine(host));
    let foreign_page = call.header("origin").is_some_and(|origin| origin.split_once("://").map(|it| it.1) != host);
    (foreign_name || foreign_page).then(|| {
        Answer::error(403, "DENIED", "the sandbox is asked by its own address alone, and by no other site's pages")
    })
}

/// An address, or a name that nobody can own: `localhost` (RFC 6761, 6.3), and what is below `internal`, where containers
/// find the machine that they run on (ICANN reserved it in 2024).
fn is_this_machine(host: &str) -> bool {
    if host.starts_with('[') {
        return true;
    }
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    name.parse::<std::net::Ipv4Addr>().is_ok()
        || name == "localhost"
        || [".localhost", ".internal"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_somebody_can_own_is_not_this_machine() {
        for host in ["127.0.0.1:3000", "127.0.0.1", "localhost:1", "LocalHost", "[::1]:80", "host.docker.internal:9"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "localhost.evil.example", "internal", ""]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
