//! `bulla policy`

use super::Network;
use bulla_policy::convert::Format;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What is done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Tell what is wrong with policies, and what they hardly mean; each by itself
    Check(Check),
    /// Print a policy with the keys and roots of its files in it, for where no files are read: a cluster
    Bundle(Bundle),
    /// Turn another tool's policy into one of ours, and say what differs; what cannot be said as strictly here is refused
    Convert(Convert),
    /// Print the JSON schema of policies: an editor completes and explains by it
    Schema,
}

/// `bulla policy check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The policies; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Refuses a policy that has a lint: exit code 1
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla policy bundle`
#[derive(Debug, Args)]
pub(crate) struct Bundle {
    /// The policy; `-` for standard input
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla policy convert`
#[derive(Debug, Args)]
pub(crate) struct Convert {
    /// The other tool's policy; `-` for standard input
    pub(crate) file: PathBuf,
    /// Whose it is, where the file does not tell
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<SourceFormat>,
    /// Converts a containers' policy although signatures count for an image's name there, and for its digest alone here. That is
    /// weaker if the same key signs for other repositories
    #[arg(long)]
    pub(crate) any_signed_name: bool,
}

/// The formats that are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceFormat {
    /// Sigstore policy-controller's ClusterImagePolicy
    ClusterImagePolicy,
    /// Kyverno's ClusterPolicy with verifyImages
    Kyverno,
    /// policy.json of podman, skopeo, CRI-O and buildah
    Containers,
    /// The Helm values of connaisseur
    Connaisseur,
    /// Notation's trustpolicy.json
    Notation,
}

impl From<SourceFormat> for Format {
    fn from(format: SourceFormat) -> Self {
        match format {
            SourceFormat::ClusterImagePolicy => Self::ClusterImagePolicy,
            SourceFormat::Kyverno => Self::Kyverno,
            SourceFormat::Containers => Self::Containers,
            SourceFormat::Connaisseur => Self::Connaisseur,
            SourceFormat::Notation => Self::Notation,
        }
    }
}
