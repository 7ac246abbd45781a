//! `WWW-Authenticate`: how a registry wants to be asked (RFC 9110, section 11.6.1).

use crate::budget;

/// What a registry wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A token from a token service (distribution's token specification).
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
    /// Name and password.
    Basic,
}

/// The best challenge in a header: Bearer over Basic; nothing for a header that is too long or knows neither.
pub(crate) fn parse<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let mut basic = false;
    for header in headers.filter(|header| header.len() <= budget::CHALLENGE_BYTES) {
        for (scheme, parameters) in challenges(header) {
            let find = |name: &str| {
                let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone())
            };
            match (scheme.to_ascii_lowercase().as_str(), find("realm")) {
                ("bearer", Some(realm)) => {
                    return Some(Challenge::Bearer { realm, service: find("service"), scope: find("scope") });
                }
                ("basic", _) => basic = true,
                _ => {}
            }
        }
    }
    basic.then_some(Challenge::Basic)
}

/// Splits a header into its challenges: a token that is not followed by `=` begins one.
fn challenges(header: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return found;
        }
        match after.trim_start().strip_prefix('=') {
            Some(value) => {
                let Some((value, after)) = value_of(value.trim_start()) else { return found };
                if let Some((_, parameters)) = found.last_mut() {
                    parameters.push((word.to_owned(), value));
                }
                rest = after;
            }
            None => {
                found.push((word.to_owned(), Vec::new()));
                rest = after;
            }
        }
    }
}

/// A token or a quoted string, and what follows.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Some((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return quoted.get(at + 1..).map(|rest| (value, rest)),
            '\\' => value.push(letters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let (service, scope) = (service.map(str::to_owned), scope.map(str::to_owned));
        Some(Challenge::Bearer { realm: realm.to_owned(), service, scope })
    }

    #[track_caller]
    fn reads(header: &str, expected: Option<Challenge>) {
        assert_eq!(parse([header].into_iter()), expected, "{header}");
    }

    #[test]
    fn real_headers_are_read() {
        reads(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
            bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push")),
        );
        reads(r#"Basic realm="basic-realm""#, Some(Challenge::Basic));
        reads(r#"bearer REALM = "https://a/\"x" , error=invalid_token"#, bearer("https://a/\"x", None, None));
        reads(r#"Negotiate, Basic realm="x", Bearer realm="https://t""#, bearer("https://t", None, None));
    }

    #[test]
    fn what_is_no_challenge_is_none() {
        for header in ["", "Digest realm=\"x\"", "Bearer service=\"x\"", "Bearer realm=\"open", "=,=", "\"\""] {
            reads(header, None);
        }
    }

    #[test]
    fn one_byte_past_the_limit_is_none() {
        let header = |length: usize| format!("Basic {}", "x".repeat(length - 6));
        reads(&header(budget::CHALLENGE_BYTES), Some(Challenge::Basic));
        reads(&header(budget::CHALLENGE_BYTES + 1), None);
    }
}
