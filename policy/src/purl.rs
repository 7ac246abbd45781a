//! Package URLs (package-url/purl-spec, PURL-SPECIFICATION.rst), to be compared.

use std::collections::BTreeMap;

/// A package URL, read so that two spellings of one are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purl {
    pub(crate) kind: String,
    /// With `/` between its parts; empty where there is none.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

impl Purl {
    /// Nothing for what is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let (rest, subpath) = split(rest, '#');
        let (rest, qualifiers) = split(rest, '?');
        let (kind, path) = rest.split_once('/')?;
        let kind = kind.to_ascii_lowercase();
        let path = path.trim_matches('/');
        let (namespace, last) = path.rsplit_once('/').unwrap_or(("", path));
        // An `@` before the last part is a scope of npm's that was not encoded.
        let (name, version) = match last.rsplit_once('@') {
            Some((name, version)) if !name.is_empty() => {
                (name, Some(decoded(version)?).filter(|text| !text.is_empty()))
            }
            _ => (last, None),
        };
        let parts = namespace.split('/').filter(|part| !part.is_empty()).map(segment).collect::<Option<Vec<_>>>()?;
        let purl = Self {
            namespace: folded(&kind, parts.join("/")),
            name: folded(&kind, decoded(name)?),
            version,
            qualifiers: qualifiers.map_or_else(|| Some(BTreeMap::new()), qualified)?,
            subpath: subpath.map(decoded).unwrap_or_default(),
            kind,
        };
        let well_formed = purl.kind.starts_with(|first: char| first.is_ascii_lowercase()) && !purl.name.is_empty();
        well_formed.then_some(purl)
    }

    /// Whether whatever is `other` is also this: the same package, and the same version, qualifiers and subpath as far as
    /// this names them. So an URL without a version is every version's (`OpenVEX`'s own library, `PurlMatches`).
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let as_far_as_named = |mine: &Option<String>, theirs: &Option<String>| mine.is_none() || mine == theirs;
        self.is_package(other)
            && as_far_as_named(&self.version, &other.version)
            && as_far_as_named(&self.subpath, &other.subpath)
            && self.qualifiers.iter().all(|(key, value)| other.qualifiers.get(key) == Some(value))
    }

    fn is_package(&self, other: &Self) -> bool {
        self.name == other.name && self.namespace == other.namespace && self.kind == other.kind
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.rsplit_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Qualifiers, whose keys are without case and there once; one without a value is none.
fn qualified(text: &str) -> Option<BTreeMap<String, String>> {
    let mut qualifiers = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        let twice = qualifiers.insert(key.to_ascii_lowercase(), decoded(value)?);
        if twice.is_some() {
            return None;
        }
    }
    qualifiers.retain(|_, value| !value.is_empty());
    Some(qualifiers)
}

/// Names and namespaces that their registry takes without case (PURL-TYPES.rst, as packageurl-go reads them).
fn folded(kind: &str, text: String) -> String {
    match kind {
        "apk" | "bitbucket" | "composer" | "deb" | "github" | "golang" | "hex" | "oci" => text.to_lowercase(),
        "pypi" => text.to_lowercase().replace('_', "-"),
        _ => text,
    }
}

/// A part of a namespace, in which an encoded `/` would make one part look like two.
fn segment(text: &str) -> Option<String> {
    decoded(text).filter(|part| !part.contains('/'))
}

/// Without its percent-encoding; nothing for what is not encoded so.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(digits)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// `purl`, which has no version, with one.
pub(crate) fn with_version(purl: &str, version: &str) -> Option<String> {
    let parsed = Purl::parse(purl).filter(|purl| purl.version.is_none())?;
    debug_assert!(!parsed.name.is_empty());
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let (package, rest) = purl.split_at_checked(end)?;
    let mut encoded = String::new();
    for byte in version.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(format!("{package}@{encoded}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purl(text: &str) -> Purl {
        Purl::parse(text).expect(text)
    }

    #[track_caller]
    fn covers(one: &str, other: &str) {
        assert!(purl(one).covers(&purl(other)), "{one} {other}");
    }

    #[track_caller]
    fn differs(one: &str, other: &str) {
        assert!(!purl(one).covers(&purl(other)), "{one} {other}");
    }

    #[test]
    fn an_url_is_read_in_its_parts() {
        let read = purl("pkg:deb/Debian/lib%2Bc@1%3A2.0%2Bdeb?ARCH=amd64&distro=debian-10&empty=#src/x");
        assert_eq!((read.kind.as_str(), read.namespace.as_str(), read.name.as_str()), ("deb", "debian", "lib+c"));
        assert_eq!(read.version.as_deref(), Some("1:2.0+deb"));
        assert_eq!(read.qualifiers.len(), 2);
        assert_eq!(read.subpath.as_deref(), Some("src/x"));
    }

    #[test]
    fn one_package_has_several_spellings() {
        assert_eq!(purl("pkg:PyPI/Django_Rest@1"), purl("pkg:pypi/django-rest@1"));
        assert_eq!(purl("pkg://npm/%40babel/core@7.0.0"), purl("pkg:npm/@babel/core@7.0.0"));
        assert_eq!(purl("pkg:npm/@babel/core").version, None);
        assert_eq!(purl("pkg:npm/@core").name, "@core");
        assert_ne!(purl("pkg:maven/Org/x"), purl("pkg:maven/org/x"));
    }

    #[test]
    fn what_is_no_package_url_is_none() {
        for text in [
            "",
            "pkg:",
            "pkg:apk",
            "pkg:apk/",
            "pkg:apk//",
            "apk/alpine/x",
            "pkg:apk/x%",
            "pkg:apk/x%zz",
            "pkg:apk/x%+1",
            "pkg:apk/x%ff",
            "pkg:apk/x?a",
            "pkg:apk/x?a=1&A=2",
            "pkg:1/x",
            "pkg:golang/a%2Fb/c",
        ] {
            assert_eq!(Purl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_named_covers_everything() {
        covers("pkg:apk/alpine/git", "pkg:apk/alpine/git@2.35.1-r2?arch=x86_64");
        covers("pkg:apk/alpine/git@2.35.1-r2", "pkg:apk/alpine/git@2.35.1-r2?arch=x86_64&distro=3.16");
        covers("pkg:apk/alpine/git?arch=x86_64", "pkg:apk/alpine/git@2?distro=3.16&arch=x86_64");
        differs("pkg:apk/alpine/git@2.35.1-r2", "pkg:apk/alpine/git");
        differs("pkg:apk/alpine/git@2.35.1-r2", "pkg:apk/alpine/git@2.35.1-r3");
        differs("pkg:apk/alpine/git?arch=armv7", "pkg:apk/alpine/git@2?arch=x86_64");
        differs("pkg:apk/alpine/git?arch=armv7", "pkg:apk/alpine/git@2");
        differs("pkg:apk/alpine/git", "pkg:apk/wolfi/git");
        differs("pkg:apk/alpine/git", "pkg:deb/alpine/git");
        differs("pkg:golang/a/b#cmd", "pkg:golang/a/b");
    }

    #[test]
    fn a_version_is_put_where_it_belongs() {
        let versioned = with_version("pkg:deb/debian/curl?arch=source", "1:7.74+b/1").expect("an URL");
        assert_eq!(versioned, "pkg:deb/debian/curl@1%3A7.74%2Bb%2F1?arch=source");
        assert_eq!(purl(&versioned).version.as_deref(), Some("1:7.74+b/1"));
        assert_eq!(with_version("pkg:deb/debian/curl@1", "2"), None);
    }
}
