//! `attest --vsa`: what is verified, by what, and as what.

use clap::Args;
use std::path::PathBuf;

/// A verification summary.
#[derive(Debug, Args)]
pub(crate) struct Summary {
    /// A SLSA verification summary: decides by `--policy` now, and signs what came of it. Ends with 1 if it is refused, and its
    /// summary says FAILED; what is unknown, or accepted by an exception or because no rule is about it, gets none
    #[arg(long, requires_all = ["policy", "verifier_id"], conflicts_with_all = ["predicate", "predicate_type", "statement", "provenance", "recursive"])]
    pub(crate) vsa: bool,
    /// The trust policy that a summary is of
    #[arg(long, value_name = "FILE", requires = "vsa")]
    pub(crate) policy: Option<PathBuf>,
    /// Who verifies, for a summary: a URI of your own, which goes with your key or identity
    #[arg(long, value_name = "URI", requires = "vsa")]
    pub(crate) verifier_id: Option<String>,
    /// What it is verified as, for a summary: a URI; of `oci://NAME`, the rules about that name decide [default:
    /// oci://REGISTRY/REPOSITORY, of an image in a registry]
    #[arg(long, value_name = "URI", requires = "vsa")]
    pub(crate) resource: Option<String>,
}
