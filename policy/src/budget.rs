//! How much of anything is read: each limit with its source.

/// A policy's text. The largest Kubernetes resource is 1.5 MiB (etcd's request limit), which a policy has to fit into.
pub const POLICY_BYTES: usize = 1_500_000;

/// How deep a policy may be nested. The largest of the documentation needs 12; each level takes stack while it is read.
pub const POLICY_DEPTH: usize = 32;

/// Nodes of a policy's YAML: more than fit into its bytes in any readable form.
pub const POLICY_NODES: usize = 500_000;

/// Aliases in a policy: a few keys that are named once and used often. What they expand to counts as nodes.
pub const POLICY_ALIASES: usize = 1_000;

/// A pattern of names; a distribution reference is at most 255 + 255 characters (distribution/reference, `NameTotalLengthMax`).
pub const PATTERN_BYTES: usize = 512;

/// A regular expression, compiled: enough for a list of a hundred repositories.
pub const REGEX_BYTES: usize = 256 * 1024;
