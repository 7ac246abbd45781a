//! Every number that a registry, a file or another writer could otherwise choose for us, with its source.

use std::time::Duration;

/// A manifest or index: 4 MiB, the size that the OCI distribution specification ("Pushing Manifests") asks registries
/// to accept at least, and that go-containerregistry and containerd read at most.
pub const MANIFEST_BYTES: usize = 4 * 1024 * 1024;

/// The manifest of a bundle, or of anything else that refers to an image: some seventy times what cosign 3 writes (900
/// bytes). There can be [`REFERRERS`] of them, and whoever may push chooses their size. Our choice.
pub const REFERRER_BYTES: usize = 64 * 1024;

/// A blob that is read into memory: what the verifier reads of a bundle at most, so that whatever can be signed can be
/// fetched.
pub const BLOB_BYTES: usize = bulla_verify::budget::BUNDLE_BYTES;

/// All bundles of one subject together, the smallest first: who may push could otherwise fill a verifier's memory with
/// [`BUNDLES`] of the largest. Our choice.
pub const BUNDLES_BYTES: usize = 128 * 1024 * 1024;

/// An annotation that is kept, of a bundle's manifest: a type or a time. Our choice.
pub(crate) const ANNOTATION_BYTES: usize = 1024;

/// A registry's error document, of which one sentence is shown. Our choice.
pub(crate) const ERROR_BYTES: usize = 64 * 1024;

/// A token endpoint's answer: as much as all response headers, since the token must fit into a header. Our choice.
pub(crate) const TOKEN_BYTES: usize = 64 * 1024;

/// All response headers together; ureq's own default, stated here because tokens and links travel in them.
pub(crate) const HEADER_BYTES: usize = 64 * 1024;

/// A `WWW-Authenticate` header: some twenty times the example of distribution's token specification. Our choice.
pub(crate) const CHALLENGE_BYTES: usize = 4 * 1024;

/// Pages of one listing: referrers, or tags. With 50 entries a page it is what [`REFERRERS`] allows. Our choice.
/// Referrers' pages together have [`MANIFEST_BYTES`], as the index under the fallback tag has.
pub const PAGES: usize = 20;

/// Referrers of one subject. That there is a limit: CVE-2023-33957, CVE-2023-46737 (endless signatures); the number is
/// our choice.
pub const REFERRERS: usize = 1_000;

/// Bundles that are fetched for one subject: eight rounds of [`WORKERS`]. Our choice.
pub const BUNDLES: usize = 256;

/// Children of one index, layers of one image: as many as referrers. Our choice.
pub(crate) const CHILDREN: usize = 1_000;

/// Hops of one request: one to the registry's storage, and some to spare. Our choice.
pub(crate) const REDIRECTS: usize = 4;

/// Tries of one request, the first included. Our choice.
pub(crate) const ATTEMPTS: u32 = 5;

/// Tries of a request that is not even heard: a host that refuses three connections seldom takes the fourth. Our choice.
pub(crate) const CONNECTING_ATTEMPTS: u32 = 3;

/// Tries of one upload, each of which sends the whole anew. Our choice.
pub(crate) const UPLOADS: u32 = 3;

/// Times that one request is authenticated: a known token may have run out, and the new one may be for another challenge.
pub(crate) const CHALLENGES: usize = 2;

/// Tags that are asked for at once: what registries give at most (distribution's own limit).
pub(crate) const TAGS: usize = 1_000;

/// The first pause between tries; doubled each time, half of it random. Our choice.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause between tries. Where `Retry-After` asks for more, or for more than is left, the request has failed: whoever
/// waits would rather know. Our choice.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The longest pause between tries that go on until the deadline: a server that is started again is found soon. Our choice.
pub(crate) const PATIENT_PAUSE: Duration = Duration::from_secs(2);

/// One try, from connecting to the last byte; within the overall deadline. Our choice.
pub(crate) const ONE_TRY: Duration = Duration::from_secs(30);

/// Connecting; within the one try. Our choice.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// Everything that one opened store does, unless told otherwise. Our choice.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Requests at once, hence bundles in one round trip; more take a second round. Our choice.
pub const WORKERS: usize = 32;

/// A credentials file: those of thousands of registries are smaller. Our choice.
pub(crate) const CREDENTIALS_BYTES: u64 = 1024 * 1024;

/// What a credential helper may print: a name and a token, which are under 8 kB. Our choice.
pub(crate) const HELPER_BYTES: u64 = 64 * 1024;

/// How long a credential helper may take: a request or two of its own. Our choice.
pub(crate) const HELPER: Duration = Duration::from_secs(20);

/// Rounds of read, merge, write, read back: enough for 20 writers at once, 50 times, on docker-registry (tested).
pub(crate) const LISTING_ROUNDS: u32 = 40;

/// Where another writer may be under way, or tags cannot be listed: consecutive reads that must find the entry before it is
/// believed to stay. Our choice.
pub(crate) const SETTLED_READS: u32 = 3;

/// The pause before each of those reads, with up to as much again at random, half of it at least. Our choice.
pub(crate) const SETTLE: Duration = Duration::from_millis(400);

/// Waiting for another writer of the same layout. Our choice.
pub(crate) const LAYOUT_LOCK: Duration = Duration::from_secs(10);

/// A blob up to this size is pushed without asking first whether it is there: the question costs as much as the answer.
pub(crate) const PUSH_UNASKED: usize = 64 * 1024;

/// A reference or place as typed: a host has 253 bytes at most, a repository and tag 255 and 128. Our choice.
pub(crate) const REFERENCE_BYTES: usize = 1_024;

/// A service's answer, unless its caller says otherwise: a certificate chain, a log entry or a document about a service is
/// under 64 kB. Our choice.
pub const SERVICE_BYTES: usize = 1024 * 1024;

/// A service's address with its path: what servers and proxies take at least (RFC 9110, 4.1). Our choice.
pub(crate) const ADDRESS_BYTES: usize = 8_000;

/// A TUF root; python-tuf's limit (`UpdaterConfig`), as the next four. Sigstore's has 6 kB.
pub const TUF_ROOT_BYTES: usize = 512_000;

/// A TUF timestamp.
pub(crate) const TUF_TIMESTAMP_BYTES: usize = 16_384;

/// A TUF snapshot.
pub(crate) const TUF_SNAPSHOT_BYTES: usize = 2_000_000;

/// TUF targets metadata, of each role.
pub(crate) const TUF_TARGETS_BYTES: usize = 5_000_000;

/// Roles that are asked about one TUF target.
pub(crate) const TUF_DELEGATIONS: usize = 32;

/// New TUF roots in one update: some ten years of Sigstore's. Those up to it are kept, and the next update goes on.
pub(crate) const TUF_ROOTS: usize = 64;

/// Signatures on one piece of TUF metadata: Sigstore's root has 8. Our choice.
pub(crate) const TUF_SIGNATURES: usize = 256;

/// A TUF target: more than a hundred times the trusted root of Sigstore's public instance. Our choice.
pub(crate) const TUF_TARGET_BYTES: usize = 1024 * 1024;

/// TUF targets that are kept of one repository: eight times what we ask for. Our choice.
pub(crate) const TUF_FILES: usize = 16;

/// What is kept of one TUF repository: Sigstore's takes 40 kB. Our choice.
pub(crate) const TUF_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// How long another process may update the same TUF repository: as long as everything may take.
pub(crate) const TUF_LOCK: Duration = DEADLINE;

/// A newer TUF root is asked for at least as often, also if nothing else is new. Timestamps of Sigstore live for seven days.
pub const TUF_ROOT_CHECK: Duration = Duration::from_secs(24 * 60 * 60);

/// The name of a TUF repository. Our choice.
pub(crate) const TUF_NAME_BYTES: usize = 64;

/// What a browser sends to bring back a login: its headers are some 2 kB, the address at most 8 kB in most browsers and
/// servers. Our choice.
pub(crate) const CALLBACK_BYTES: usize = 32 * 1024;

/// Connections to wait on at once for a login to come back: browsers open some ahead of need. Our choice.
pub(crate) const CALLBACK_CONNECTIONS: usize = 8;

/// How long a browser may take to read the page that it is answered with. Our choice.
pub(crate) const CALLBACK_ANSWER: Duration = Duration::from_secs(2);

/// How many bytes of a secret, one after the other, a service's words may not repeat: words of a language that occur in a
/// secret by chance are shorter, and so little of one is of no use to anybody. Our choice.
pub const TELLING_BYTES: usize = 12;
