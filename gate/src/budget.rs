//! Every number that a manifest could otherwise choose for us, with its source. Each has a test one past it.

/// A manifest's text: five of the largest objects that a Kubernetes API server takes (3 MiB, `MaxRequestBodyBytes`). Our choice.
pub const MANIFEST_BYTES: usize = 16 << 20;

/// Keys and values of all documents of a text, each alias counted as all the values that it stands for: 10 MB at some 25 bytes a
/// line are 400,000 lines, with two of them each.
/// That there is a limit: CVE-2019-11253, aliases of aliases that expand to gigabytes in an API server. The number is our choice.
pub const NODES: usize = 1 << 20;

/// Values inside values, aliases followed: what `serde_json` reads of JSON, so that admission and files agree.
pub const DEPTH: usize = 128;

/// What is reported of one text, names and paths included: some 50,000 images. Aliases let a short text name long ones
/// often. Our choice.
pub const REPORTED_BYTES: usize = 32 << 20;

/// Images of one index that are looked at: Docker's library has at most some 20 in one (`golang`, Windows' versions included). Our choice.
pub const IMAGES: usize = 64;

/// Images of one index that are looked at at once, each with as many requests as `bulla-transport`'s `WORKERS` allows: what most
/// indexes hold. Our choice.
pub const IMAGES_AT_ONCE: usize = 4;
