//! What can go wrong between a repository and its verified targets: one variant per check.

use crate::error::{Error, shown};
use bulla_verify::{Digest, Time};

/// Why a TUF repository's metadata or targets are not believed, or not there.
///
/// [`TufError::is_unavailable`] tells *could not tell* (no network, expired, not in the cache) from *this is wrong*.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TufError {
    /// The network, or a file, failed.
    #[error(transparent)]
    Transport(#[from] Error),
    /// The repository has not what its metadata names.
    #[error("the repository `{repository}` has no `{file}`")]
    FileMissing {
        /// Its name.
        repository: String,
        /// What was asked for.
        file: String,
    },
    /// The metadata cannot be read.
    #[error("the metadata of `{role}` is malformed: {why}")]
    MalformedRole {
        /// Whose.
        role: String,
        /// What is wrong with it.
        why: String,
    },
    /// Metadata of another role.
    #[error("metadata of another kind: expected `{expected}`, found `{found}`")]
    RoleType {
        /// What it should be.
        expected: &'static str,
        /// What it says that it is.
        found: String,
    },
    /// A specification that we do not know.
    #[error("the metadata of `{role}` follows version {found} of the TUF specification, and only 1 is read")]
    SpecVersion {
        /// Whose.
        role: String,
        /// What it says.
        found: String,
    },
    /// Not enough distinct keys have signed.
    #[error("{found} of {needed} required keys signed `{role}`")]
    RoleThreshold {
        /// Which role.
        role: String,
        /// How many have to.
        needed: usize,
        /// How many did.
        found: usize,
    },
    /// One key identifier with several signatures (specification 4.2: it must be unique).
    #[error("`{role}` has several signatures under one key identifier: {key}")]
    DuplicateSignature {
        /// Which role.
        role: String,
        /// Which identifier.
        key: String,
    },
    /// A version that is not the one that was announced.
    #[error("`{role}` has another version than announced: expected {expected}, found {found}")]
    RoleVersion {
        /// Which role.
        role: String,
        /// By the root before it, the timestamp or the snapshot.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// An older version than one that was seen.
    #[error("`{role}` was rolled back: version {seen} was seen, and now {found} is given")]
    Rollback {
        /// Which role.
        role: String,
        /// What was seen.
        seen: u64,
        /// What is given.
        found: u64,
    },
    /// A role that was in the snapshot and is no longer (specification 5.5.5).
    #[error("`{role}` was in the snapshot, and is not in its successor")]
    RoleRemoved {
        /// Which role.
        role: String,
    },
    /// A delegated role that the snapshot does not list.
    #[error("`{role}` is delegated to, and not in the snapshot")]
    RoleNotPinned {
        /// Which role.
        role: String,
    },
    /// Another number of bytes than announced.
    #[error("`{file}` has another length than announced: expected {expected} bytes, found {found}")]
    AnnouncedLength {
        /// Which file.
        file: String,
        /// By the metadata.
        expected: u64,
        /// What came.
        found: usize,
    },
    /// Other bytes than announced.
    #[error("`{file}` is not what was announced: expected {expected}, found {found}")]
    AnnouncedHash {
        /// Which file.
        file: String,
        /// By the metadata.
        expected: String,
        /// Of what came.
        found: String,
    },
    /// No hash of a kind that is known: nothing could be checked.
    #[error("`{file}` is announced without a SHA-256 or SHA-512")]
    NoKnownHash {
        /// Which file.
        file: String,
    },
    /// Metadata past its time: it says nothing any more, and what is true now cannot be told from it.
    #[error("the metadata of `{role}` expired at {expired}, and now is {now}")]
    RoleExpired {
        /// Which role.
        role: String,
        /// Until when it was good.
        expired: Time,
        /// The time of the question.
        now: Time,
    },
    /// More of something than is followed.
    #[error("the repository `{repository}` has more than {limit} {what}")]
    TooMuch {
        /// Its name.
        repository: String,
        /// Of what.
        what: &'static str,
        /// How many are followed.
        limit: usize,
    },
    /// A pattern of paths that is not read.
    #[error("`{role}` is delegated to by a pattern that is not read: `{pattern}`")]
    PathPattern {
        /// Which role.
        role: String,
        /// The pattern, shortened.
        pattern: String,
    },
    /// Nothing that verifies is in the cache.
    #[error("the cache holds no {what} of the repository `{repository}`")]
    NotCached {
        /// Its name.
        repository: String,
        /// What is missing.
        what: String,
    },
    /// What is in the cache was signed by keys that a newer root, which is there too, has replaced.
    #[error(
        "what the cache holds of the repository `{repository}` was signed by keys that its newest root has replaced"
    )]
    CacheOutdated {
        /// Its name.
        repository: String,
    },
    /// Another process holds the cache.
    #[error("another process has been updating the repository `{repository}` for {seconds} s")]
    CacheBusy {
        /// Its name.
        repository: String,
        /// How long we waited.
        seconds: u64,
    },
    /// A root that is not the one that was named.
    #[error("the root is not the one that was named: expected {expected}, found {found}")]
    RootDigest {
        /// What was named.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// A name that a repository cannot have.
    #[error("`{name}` cannot name a repository: {why}")]
    RepositoryName {
        /// What was given, shortened.
        name: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// There is another repository of that name.
    #[error("there is a repository `{name}` with another root or address")]
    RepositoryExists {
        /// Which.
        name: String,
    },
    /// There is no repository of that name.
    #[error("there is no repository `{name}`")]
    NoSuchRepository {
        /// What was asked for.
        name: String,
    },
}

impl TufError {
    pub(super) fn malformed(role: &str, why: impl Into<String>) -> Self {
        Self::MalformedRole { role: shown(role), why: why.into() }
    }

    /// A stable name for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::FileMissing { .. } => "tuf-file-missing",
            Self::MalformedRole { .. } => "tuf-malformed",
            Self::RoleType { .. } => "tuf-role-type",
            Self::SpecVersion { .. } => "tuf-specification",
            Self::RoleThreshold { .. } => "tuf-threshold",
            Self::DuplicateSignature { .. } => "tuf-duplicate-signature",
            Self::RoleVersion { .. } => "tuf-version",
            Self::Rollback { .. } => "tuf-rollback",
            Self::RoleRemoved { .. } => "tuf-role-removed",
            Self::RoleNotPinned { .. } => "tuf-role-not-in-snapshot",
            Self::AnnouncedLength { .. } => "tuf-length",
            Self::AnnouncedHash { .. } => "tuf-hash",
            Self::NoKnownHash { .. } => "tuf-no-known-hash",
            Self::RoleExpired { .. } => "tuf-expired",
            Self::TooMuch { .. } => "tuf-too-much",
            Self::PathPattern { .. } => "tuf-path-pattern",
            Self::NotCached { .. } => "tuf-not-cached",
            Self::CacheOutdated { .. } => "tuf-cache-outdated",
            Self::CacheBusy { .. } => "tuf-cache-busy",
            Self::RootDigest { .. } => "tuf-root-digest",
            Self::RepositoryName { .. } => "tuf-repository-name",
            Self::RepositoryExists { .. } => "tuf-repository-exists",
            Self::NoSuchRepository { .. } => "tuf-no-such-repository",
        }
    }

    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Transport(error) => return error.hint(),
            Self::FileMissing { .. } => "it may be in the middle of a release: try again in a minute",
            Self::MalformedRole { .. } | Self::RoleType { .. } | Self::SpecVersion { .. } => {
                "see whether the address is a TUF repository's, and who runs it"
            }
            Self::RoleThreshold { .. }
            | Self::DuplicateSignature { .. }
            | Self::RoleVersion { .. }
            | Self::Rollback { .. }
            | Self::RoleRemoved { .. }
            | Self::RoleNotPinned { .. }
            | Self::AnnouncedLength { .. }
            | Self::AnnouncedHash { .. }
            | Self::NoKnownHash { .. }
            | Self::PathPattern { .. }
            | Self::TooMuch { .. } => {
                "what was believed before is kept; ask who runs the repository, and do not work around it"
            }
            Self::RoleExpired { .. } => {
                "this says nothing about what is signed; run `bulla trust update`, and check the clock"
            }
            Self::NotCached { .. } => "run `bulla trust update` once with a network",
            Self::CacheOutdated { .. } => {
                "an update ended in the middle: run `bulla trust update` again; an older root is not taken in its place"
            }
            Self::CacheBusy { .. } => "wait for the other process",
            Self::RootDigest { .. } => "get the digest from who runs the repository, by another way than the root",
            Self::RepositoryName { .. } => "names look like `acme` or `acme.staging`",
            Self::RepositoryExists { .. } => "choose another name, or remove that one first",
            Self::NoSuchRepository { .. } => "see `bulla trust show`",
        };
        Some(hint.to_owned())
    }

    /// Whether this says nothing about what is true: not asked, not answered, or too old. What is wrong is not unavailable.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_unavailable(),
            other => matches!(
                other,
                Self::FileMissing { .. }
                    | Self::RoleExpired { .. }
                    | Self::NotCached { .. }
                    | Self::CacheOutdated { .. }
                    | Self::CacheBusy { .. }
            ),
        }
    }
}
