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
