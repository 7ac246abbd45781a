//! `bulla replay`

use clap::Args;
use std::path::PathBuf;

/// `bulla replay`
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// What was recorded, as `verify --record` writes it; `-` for standard input
    pub(crate) file: PathBuf,
    /// Asks what this policy would have said; several combine. The roots that it names are those of the recording
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// Asks what would be said then: 2027-03-01, or 2027-03-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Asks what would be said if the rules called it so; of a recording of one thing alone
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) called: Option<String>,
    /// Shows the whole decision, as `verify --explain` does
    #[arg(long)]
    pub(crate) explain: bool,
}
