//! `bulla policy`

use super::Network;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Tell what is wrong with policies, and what they hardly mean; each by itself
    Check(Check),
    /// Print a policy with the keys and roots of its files in it, for where no files are read: a cluster
    Bundle(Bundle),
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
