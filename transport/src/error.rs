//! What can go wrong between a reference and its bytes: one variant per check.

use bulla_verify::Digest;
use std::path::PathBuf;

/// Why something could not be read from, or written to, a place.
///
/// Three kinds can be told apart by [`Error::is_unavailable`] and [`Error::is_absent`]: *could not ask*, *not there*, and
/// everything else (a registry that lies, a file that is broken, a typing error). To a verdict they are one: whatever is
/// listed and could not be had may have been the signature, so that it is *unknown*.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no reference.
    #[error("not an image reference: `{text}`: {why}")]
    NotAReference {
        /// What was typed, shortened.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// The text names no registry.
    #[error("no registry host in `{text}`")]
    NoRegistryHost {
        /// What was typed, shortened.
        text: String,
    },
    /// The text is no address of a service.
    #[error("not a service's address: `{text}`: {why}")]
    NotAServiceAddress {
        /// What was given, shortened.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// The registry answers that there is no such tag.
    #[error("no tag `{tag}` in {place}")]
    NoSuchTag {
        /// Where.
        place: String,
        /// Which.
        tag: String,
    },
    /// The place has no manifest of that digest.
    #[error("no manifest {digest} in {place}")]
    NoSuchManifest {
        /// Where.
        place: String,
        /// Which.
        digest: Digest,
    },
    /// The place has no blob of that digest.
    #[error("no blob {digest} in {place}")]
    NoSuchBlob {
        /// Where.
        place: String,
        /// Which.
        digest: Digest,
    },
    /// Nothing of it runs on the platform that was asked for.
    #[error("nothing in {place} is for `{asked}`: {there}")]
    NoSuchPlatform {
        /// Where.
        place: String,
        /// The platform.
        asked: String,
        /// What is there instead, as a phrase.
        there: String,
    },
    /// The folder is not an OCI image layout.
    #[error("not an OCI image layout: `{}`: {why}", dir.display())]
    NotALayout {
        /// The folder.
        dir: PathBuf,
        /// What is missing or different.
        why: String,
    },
    /// The layout holds several images, and none was picked.
    #[error("{count} images in oci:{}, and none was picked", dir.display())]
    AmbiguousLayout {
        /// The folder.
        dir: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// The layout has several images under one tag.
    #[error("{count} images under the tag `{tag}` in {place}")]
    AmbiguousTag {
        /// Where.
        place: String,
        /// Which.
        tag: String,
        /// How many there are.
        count: usize,
    },
    /// No connection, or none that lasted.
    #[error("{origin} cannot be reached: {reason}")]
    Unreachable {
        /// Scheme, host and port.
        origin: String,
        /// In the words of the network.
        reason: String,
    },
    /// The overall deadline passed.
    #[error("{origin} did not answer within {seconds} s")]
    DeadlineExceeded {
        /// Scheme, host and port.
        origin: String,
        /// The deadline.
        seconds: u64,
    },
    /// The registry is asked too often.
    #[error("{origin} asks to slow down: status 429{detail}")]
    Throttled {
        /// Scheme, host and port.
        origin: String,
        /// The registry's own words, if any.
        detail: String,
    },
    /// The registry failed.
    #[error("{origin} failed: status {status}{detail}")]
    ServerFailed {
        /// Scheme, host and port.
        origin: String,
        /// 5xx.
        status: u16,
        /// The registry's own words, if any.
        detail: String,
    },
    /// A body ended before its announced length.
    #[error("{origin} ended its answer in the middle: {reason}")]
    Truncated {
        /// Scheme, host and port.
        origin: String,
        /// In the words of the network.
        reason: String,
    },
    /// The registry, or its token service, wants other credentials, or some.
    #[error("{origin} wants credentials for {scope}: status {status}{detail}")]
    Unauthorized {
        /// Scheme, host and port.
        origin: String,
        /// The repository.
        scope: String,
        /// 401 or 403.
        status: u16,
        /// The registry's own words, if any.
        detail: String,
    },
    /// An answer that the protocol does not foresee.
    #[error("{origin} answered {what} with status {status}{detail}")]
    UnexpectedStatus {
        /// Scheme, host and port.
        origin: String,
        /// The question.
        what: String,
        /// The status.
        status: u16,
        /// The registry's own words, if any.
        detail: String,
    },
    /// An answer that cannot be read.
    #[error("{place} answered with a broken {what}: {why}")]
    Malformed {
        /// Where.
        place: String,
        /// What it should have been.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Bytes that are not what they are called.
    #[error("{place} answered with other bytes than asked for: expected {expected}, found {found}")]
    DigestMismatch {
        /// Where.
        place: String,
        /// The digest that was asked for.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// Bytes of another number than their descriptor says.
    #[error("{place} has {digest} in another size: expected {expected} bytes, found {found}")]
    SizeMismatch {
        /// Where.
        place: String,
        /// What was asked for.
        digest: Digest,
        /// By the descriptor.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// More bytes than are read.
    #[error("{what} from {place} is larger than {limit} bytes")]
    TooLarge {
        /// Where.
        place: String,
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// More of something than is read.
    #[error("{place} lists more than {limit} {what}")]
    TooMany {
        /// Where.
        place: String,
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// A redirect that must not be followed.
    #[error("{from} redirects to `{to}`: {why}")]
    RedirectRefused {
        /// Scheme, host and port that was asked.
        from: String,
        /// Where it points, shortened.
        to: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// A token service that credentials must not be sent to.
    #[error("{registry} names `{realm}` as its token service: {why}")]
    RealmRefused {
        /// The registry's origin.
        registry: String,
        /// The realm, shortened.
        realm: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// Plain HTTP to another machine, unasked.
    #[error("plain HTTP to {origin} was not asked for")]
    PlainHttpRefused {
        /// Scheme, host and port.
        origin: String,
    },
    /// The certificate authorities cannot be read.
    #[error("no certificate authority to trust: {why}")]
    CertificateAuthorities {
        /// What is wrong with them.
        why: String,
    },
    /// A credentials file cannot be read.
    #[error("credentials in `{}` cannot be read: {why}", path.display())]
    CredentialsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; never what is in it.
        why: String,
    },
    /// A credential helper failed.
    #[error("credential helper `{program}` failed for {host}: {why}")]
    CredentialHelper {
        /// The program.
        program: String,
        /// The registry.
        host: String,
        /// What is wrong; never what it printed on its standard output.
        why: String,
    },
    /// A program that was asked for something failed.
    #[error("`{program}` failed: {why}")]
    ProgramFailed {
        /// The program.
        program: String,
        /// What is wrong; never what it printed on its standard output.
        why: String,
    },
    /// No browser could come back to this machine.
    #[error("nothing can be received on this machine's loopback interface: {why}")]
    LoopbackUnavailable {
        /// The operating system's answer.
        why: String,
    },
    /// A file of a layout cannot be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    File {
        /// What was tried: `read`, `write`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A pipe, device, socket or folder where a layout has a file.
    #[error("`{}` is not a plain file", path.display())]
    NotAPlainFile {
        /// What is in the file's place.
        path: PathBuf,
    },
    /// A link where a layout has a folder: what is written would go elsewhere.
    #[error("`{}` is a link, and nothing is written through it", path.display())]
    LinkRefused {
        /// The link.
        path: PathBuf,
    },
    /// Another process holds the layout.
    #[error("another process has been writing to oci:{} for {seconds} s", dir.display())]
    LayoutBusy {
        /// The folder.
        dir: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// The referrer is stored, but not (or not surely) listed.
    #[error("{referrer} is stored in {place}, but `{tag}` did not keep it listed in {rounds} rounds")]
    NotListed {
        /// Where.
        place: String,
        /// The fallback tag.
        tag: String,
        /// What is not listed.
        referrer: Digest,
        /// How often we wrote.
        rounds: u32,
    },
    /// The caller's cancel flag was raised.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// What failed before tells more than that there was no time to try it again.
    pub(crate) fn or_rather(self, before: Option<Self>) -> Self {
        match before {
            Some(before) if matches!(self, Self::DeadlineExceeded { .. }) => before,
            _ => self,
        }
    }

    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAReference { .. } => "not-a-reference",
            Self::NoRegistryHost { .. } => "no-registry-host",
            Self::NotAServiceAddress { .. } => "not-a-service-address",
            Self::NoSuchTag { .. } => "no-such-tag",
            Self::NoSuchManifest { .. } => "no-such-manifest",
            Self::NoSuchBlob { .. } => "no-such-blob",
            Self::NoSuchPlatform { .. } => "no-such-platform",
            Self::NotALayout { .. } => "not-a-layout",
            Self::AmbiguousLayout { .. } => "ambiguous-layout",
            Self::AmbiguousTag { .. } => "ambiguous-tag",
            Self::Unreachable { .. } => "unreachable",
            Self::DeadlineExceeded { .. } => "deadline-exceeded",
            Self::Throttled { .. } => "registry-throttled",
            Self::ServerFailed { .. } => "registry-failed",
            Self::Truncated { .. } => "answer-truncated",
            Self::Unauthorized { .. } => "unauthorized",
            Self::UnexpectedStatus { .. } => "unexpected-status",
            Self::Malformed { .. } => "malformed-answer",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::SizeMismatch { .. } => "size-mismatch",
            Self::TooLarge { .. } => "too-large",
            Self::TooMany { .. } => "too-many",
            Self::RedirectRefused { .. } => "redirect-refused",
            Self::RealmRefused { .. } => "token-realm-refused",
            Self::PlainHttpRefused { .. } => "plain-http-refused",
            Self::CertificateAuthorities { .. } => "certificate-authorities",
            Self::CredentialsFile { .. } => "credentials-file",
            Self::CredentialHelper { .. } => "credential-helper",
            Self::ProgramFailed { .. } => "program-failed",
            Self::LoopbackUnavailable { .. } => "loopback-unavailable",
            Self::File { .. } => "file",
            Self::NotAPlainFile { .. } => "not-a-plain-file",
            Self::LinkRefused { .. } => "link-refused",
            Self::LayoutBusy { .. } => "layout-busy",
            Self::NotListed { .. } => "not-listed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotAReference { .. } => "references look like `registry.example.com/name:tag` or `…/name@sha256:…`",
            Self::NoRegistryHost { .. } => "name the registry too: `docker.io/library/alpine`, `localhost:5000/app`",
            Self::NotAServiceAddress { .. } => "an address looks like `https://fulcio.example.com`",
            Self::NoSuchTag { .. } | Self::NoSuchManifest { .. } => "check the spelling, and that it was pushed there",
            Self::NoSuchPlatform { .. } => "name one that is there, or leave out `--platform`",
            Self::AmbiguousLayout { .. } => "pick one: `oci:dir:tag` or `oci:dir@sha256:…`",
            Self::AmbiguousTag { .. } => "pick one by its digest: `oci:dir@sha256:…`",
            Self::Unreachable { .. } => {
                "this says nothing about what is signed; check the host, the network and the proxy"
            }
            Self::DeadlineExceeded { .. } | Self::ServerFailed { .. } | Self::Truncated { .. } => {
                "this says nothing about what is signed; try again"
            }
            Self::Throttled { .. } => "this says nothing about what is signed; wait, or log in: limits are higher then",
            Self::Unauthorized { .. } => {
                "log in with `docker login` or `podman login`, with an account that may do this"
            }
            Self::PlainHttpRefused { .. } => "ask for it with `--plain-http`, or give the server a certificate",
            Self::CertificateAuthorities { .. } => "name the server's authority in a PEM file with `--ca`",
            Self::CredentialHelper { .. } => "run the helper by hand with `get`, or log in again",
            Self::ProgramFailed { .. } => "run it by hand: it says there what is wrong",
            Self::LoopbackUnavailable { .. } => "log in with a code instead, which needs no browser on this machine",
            Self::NotAPlainFile { .. } => "no tool writes such a layout; do not use what somebody made of it",
            Self::LinkRefused { .. } => "put a folder in its place, or write to a copy of the layout",
            Self::NotListed { .. } => "sign again: what is stored is found and listed then",
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => {
                "something there, or on the way, changes bytes; do not use what it gives"
            }
            Self::NoSuchBlob { .. } => "whoever pushed the manifest has to push what it names too",
            Self::NotALayout { .. } => {
                "a layout is a folder with `oci-layout` and `index.json`, as most tools write it"
            }
            Self::UnexpectedStatus { .. } => "see whether it is a registry, and what it says in its own log",
            Self::Malformed { .. } => "see whether it is a registry or layout; push anew what is broken",
            Self::TooLarge { .. } | Self::TooMany { .. } => {
                "no honest one comes near this limit: see what was pushed there, and by whom"
            }
            Self::RedirectRefused { .. } => "name it by the address that it redirects to, if that is meant",
            Self::RealmRefused { .. } => "the registry has to name a token service with https",
            Self::CredentialsFile { .. } => "mend the file, or log in again with `docker login` or `podman login`",
            Self::File { .. } => "see that the path is there, and that you may use it",
            Self::LayoutBusy { .. } => "wait for the other process, or give it more time with `--timeout`",
            Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }

    /// Whether the question could not be asked, or not be answered: this says nothing about what is there.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::DeadlineExceeded { .. }
                | Self::Throttled { .. }
                | Self::ServerFailed { .. }
                | Self::Truncated { .. }
                | Self::Unauthorized { .. }
                | Self::UnexpectedStatus { .. }
                | Self::RedirectRefused { .. }
                | Self::RealmRefused { .. }
                | Self::PlainHttpRefused { .. }
                | Self::CertificateAuthorities { .. }
                | Self::CredentialsFile { .. }
                | Self::CredentialHelper { .. }
                | Self::ProgramFailed { .. }
                | Self::LoopbackUnavailable { .. }
                | Self::File { .. }
                | Self::NotAPlainFile { .. }
                | Self::LinkRefused { .. }
                | Self::LayoutBusy { .. }
                | Self::Cancelled
        )
    }

    /// Whether the place answered that what was asked for is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NoSuchTag { .. } | Self::NoSuchManifest { .. } | Self::NoSuchBlob { .. })
    }
}

/// Foreign text, made fit for one line of a terminal: no control characters, at most 200 characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn could_not_ask_and_not_there_are_never_the_same() {
        let refused = Error::Unauthorized {
            origin: "https://r.test".to_owned(),
            scope: "app".to_owned(),
            status: 403,
            detail: String::new(),
        };
        assert!(refused.is_unavailable() && !refused.is_absent());
        let absent = Error::NoSuchTag { place: "r.test/app".to_owned(), tag: "1".to_owned() };
        assert!(absent.is_absent() && !absent.is_unavailable());
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\r\nc"), "a[2Jbc");
        assert_eq!(shown(&"x".repeat(201)).len(), 200);
    }
}
