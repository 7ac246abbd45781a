//! `bulla policy`

use super::{Manifests, Network};
use bulla_policy::convert::Format;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What is done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Tell what is wrong with policies, and what they hardly mean; each by itself
    Check(Check),
    /// Try policies out on what was recorded: tell where one decides otherwise than is expected
    Test(Test),
    /// Print a strict policy that what is signed today meets, with everybody who signed it spelled out
    Suggest(Suggest),
    /// Tell which verdicts change from one policy to another, and why
    Diff(Diff),
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

/// `bulla policy test`
#[derive(Debug, Args)]
#[command(after_long_help = CASES)]
pub(crate) struct Test {
    /// Files of cases, and folders: all *.test.yaml and *.test.yml in them, however deep
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// What a file of cases looks like.
const CASES: &str = "A file of cases, whose paths are taken from where it stands:

  policies: [ ../trust.yaml ]
  cases:
    - name: the release is accepted
      evidence: app-1.4.evidence.json          # by `bulla verify --record`
      expect: accepted
    - name: two years later it is too old
      evidence: app-1.4.evidence.json
      at: 2028-11-28                           # if not when it was recorded
      as: registry.acme.dev/services/app       # if not as it was called
      digest: sha256:…                         # if several things are recorded: which one
      expect: { verdict: refused, reasons: [ too-old ] }

Exit codes: 0 all is as expected, 1 something is not, 2 something could not be read.";

/// `bulla policy suggest`
#[derive(Debug, Args)]
pub(crate) struct Suggest {
    /// What is signed
    pub(crate) target: String,
    /// A public key that has signed, since no bundle holds one; several
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// What the rule is to call it, where it lies under another name: a mirror, a layout, a download
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) called: Option<String>,
    /// Bundles to look at, instead of those in the registry or beside the file
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Vec<PathBuf>,
    /// A Sigstore trusted root under which to look, which the policy will hold; BULLA_TRUSTED_ROOT may name it too
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub(crate) trusted_root: Option<PathBuf>,
    /// A root that `trust show` lists under which to look, instead of under all of them; several
    #[arg(long, value_name = "NAME")]
    pub(crate) root: Vec<String>,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla policy diff`
#[derive(Debug, Args)]
#[command(after_long_help = DIFFERENCES)]
pub(crate) struct Diff {
    /// The policy as it is; `-` for standard input
    pub(crate) old: PathBuf,
    /// The policy as it is to be
    pub(crate) new: PathBuf,
    /// Images that are looked at
    pub(crate) images: Vec<String>,
    /// What was recorded (`bulla verify --record`) and is looked at; several
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// How it ends.
const DIFFERENCES: &str = "Each image is fetched once, and decided about under both policies.

Exit codes: 0 no verdict changes, 1 some do, 2 of something it could not be told.";

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
