//! Numbers that bound what a file or a flag can make the command do, and where each comes from.

/// Bytes of a file that are kept in memory for an Ed25519 signature over the message itself (RFC 8032, 5.1.6 needs the
/// bytes twice). Larger files are checked by their hash alone.
pub(crate) const PURE_BYTES: usize = 256 << 20;

/// Bytes of a password that are read from a descriptor: far more than anybody types, and no file by mistake.
pub(crate) const PASSWORD_BYTES: usize = 64 << 10;

/// Bytes of a public key, a trusted root or a file of authorities: the largest that is known, the machine's own set of
/// authorities, is a fifth of it (Debian 12: 214 kB).
pub(crate) const TRUST_BYTES: usize = 1 << 20;

/// Manifests that `--recursive` visits: an index of 30 platforms with an attestation each, sixteen times over.
pub(crate) const RECURSION: usize = 1_000;

/// Files that `-f` reads: the largest public collections of manifests (kubernetes/kubernetes, all of its tests' included) have some
/// thousands. Our choice.
pub(crate) const MANIFESTS: usize = 10_000;

/// Names in the folders that `-f` looks through: ten others beside each manifest. Our choice.
pub(crate) const FOLDER_ENTRIES: usize = 10 * MANIFESTS;

/// Bytes of all of them, which are kept until the answer is there. Our choice: four of the largest that are read.
pub(crate) const MANIFESTS_BYTES: usize = 4 * bulla_gate::budget::MANIFEST_BYTES;

/// Files of cases that `policy test` reads: as many as manifests. Our choice.
pub(crate) const CASE_FILES: usize = MANIFESTS;

/// What is reported of the images of all of them: what is reported of one, since aliases let a short file name long images often.
pub(crate) const REPORTED_BYTES: usize = bulla_gate::budget::REPORTED_BYTES;

/// Bytes of the summary of a step: GitHub takes 1 MiB from each, and shows nothing of one that is longer (GitHub's documentation,
/// "Workflow commands", "Step isolation and limits"). The rest is left to what the same step writes besides.
pub(crate) const STEP_SUMMARY_BYTES: usize = 900 << 10;
