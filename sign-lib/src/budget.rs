//! Every limit on what this crate reads, with its source. Each has a test one past it.

use std::time::Duration;

/// A key file's size: an encrypted RSA key of 4096 bits takes 4.8 kB (base64 twice around 2.4 kB of PKCS#8).
pub const KEY_FILE_BYTES: usize = 16 << 10;

/// The work factors (`N`) that an encrypted key may ask scrypt for: go-securesystemslib's three, which are all that
/// cosign reads (`encrypted.go`, `CheckParams`). The largest costs 128 MiB and half a second.
pub const SCRYPT_N: [u64; 3] = [1 << 15, 1 << 16, 1 << 17];

/// Scrypt's block size (`r`), the one that go-securesystemslib reads.
pub const SCRYPT_R: u64 = 8;

/// Scrypt's parallelism (`p`), the one that go-securesystemslib reads.
pub const SCRYPT_P: u64 = 1;

/// A predicate's size: as much as still fits a bundle that `bulla-verify` reads (32 MiB), once it is base64.
pub const PREDICATE_BYTES: usize = 23 << 20;

/// A ready-made statement's size: a predicate, and 64 KiB for what is around it.
pub const STATEMENT_BYTES: usize = PREDICATE_BYTES + (64 << 10);

/// A predicate type's length: longer than any URI that is published as one, short enough for a terminal.
pub const PREDICATE_TYPE_BYTES: usize = 1024;

/// An identity token's length: GitHub's take 2 kB, GitLab's 3 kB; proxies refuse headers well below this. Our choice.
pub const IDENTITY_TOKEN_BYTES: usize = 32 << 10;

/// How far in the future a token may say that it begins or was issued, in seconds: what Fulcio's verifier bears
/// (coreos/go-oidc, `verify.go`, "leeway").
pub const CLOCK_SKEW: i64 = 300;

/// Audiences that one token may name: every one is compared, and shown where none fits. Our choice.
pub const AUDIENCES: usize = 16;

/// How long a person may take to log in: what dex gives a device code (`expiry.deviceRequests`).
pub const LOGIN: Duration = Duration::from_secs(300);

/// An issuer's description of itself: Google's takes 1.2 kB. Our choice.
pub const ISSUER_BYTES: usize = 64 << 10;

/// An issuer's answer to a request for a token: one token, and others beside it. Our choice.
pub const TOKEN_ANSWER_BYTES: usize = 4 * IDENTITY_TOKEN_BYTES;

/// The pause between two questions whether somebody has logged in, where the issuer names none (RFC 8628, 3.2), and what
/// is added when it asks to slow down (3.5).
pub const DEVICE_PAUSE: Duration = Duration::from_secs(5);

/// The shortest and the longest such pause, whatever the issuer says: it may neither be hammered nor make us sleep. Our
/// choice.
pub const DEVICE_PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// A code that a person is to type, and an address that they are to open. Our choice.
pub const USER_CODE_BYTES: usize = 64;

/// The same, of the address.
pub const LOGIN_ADDRESS_BYTES: usize = 2048;

/// How long Google Cloud's metadata server may take: it is beside the machine, and what takes longer is not there. Our choice.
pub const METADATA_SERVER: Duration = Duration::from_secs(5);

/// A fact that a pipeline states, such as a ref: git's own limit on names is that of the file system, 255 for each part
/// and 4096 together; GitHub's and GitLab's are below 1 kB. Our choice.
pub const FACT_BYTES: usize = 1024;

/// A signing configuration's size: the public one takes 1.2 kB. Our choice.
pub const SIGNING_CONFIG_BYTES: usize = 256 << 10;

/// Services of one kind in a signing configuration: the public one lists one or two, as they are moved. Our choice.
pub const SERVICES: usize = 64;

/// A certificate authority's answer: a chain of three certificates of 2 kB each, in PEM. Our choice.
pub const CERTIFICATE_ANSWER_BYTES: usize = 128 << 10;

/// A timestamp authority's answer: with three certificates under 8 kB; lengths beyond 64 KiB are not read. Our choice.
pub const TIMESTAMP_BYTES: usize = 64 << 10;

/// A log's answer: the entry's body (`bulla-verify` reads 128 KiB), in base64 and with its proof. Our choice.
pub const LOG_ANSWER_BYTES: usize = 512 << 10;

/// How far, in seconds, a service's clock may be ahead of this machine's before that is an error: whole seconds are
/// compared, and clocks that are kept by NTP differ by less. Our choice.
pub const CLOCK_TOLERANCE: i64 = 5;

/// How long, in seconds, a certificate still has to last when something is signed with it: a timestamp has to be had before
/// its end. Our choice.
pub const CERTIFICATE_MARGIN: i64 = 20;

/// Certificates of one authority in a trusted root that is made: Fulcio's and most others' are two or three. Our choice.
pub const CHAIN_CERTIFICATES: usize = 8;

/// The origin of a log, which is a name like a host's (253 bytes) and maybe a path. Our choice.
pub const ORIGIN_BYTES: usize = 1024;

/// The address of a service in a trusted root that is made. Our choice.
pub const SERVICE_ADDRESS_BYTES: usize = 2048;

/// A tile of hashes: 256 of 32 bytes (C2SP tlog-tiles).
pub const HASH_TILE_BYTES: usize = 256 * 32;

/// A tile of entries: 256 of at most 65535 bytes, each after its length (C2SP tlog-tiles).
pub const ENTRY_TILE_BYTES: usize = 256 * (2 + 65_535);

/// The pause before a log is asked for its next checkpoint: an interval is a second or so. Our choice.
pub const CHECKPOINT_PAUSE: Duration = Duration::from_millis(250);
