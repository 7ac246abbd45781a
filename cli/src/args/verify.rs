//! What is demanded, and of what.

use super::{Network, after_help};
use bulla_transport::Platform;
use clap::Args;
use std::path::PathBuf;

/// `bulla verify`
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct Verify {
    /// What has to be signed
    #[arg(required_unless_present = "files", conflicts_with = "files")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    #[command(flatten)]
    pub(crate) demand: Demand,
    /// What the policy's rules call it, where it lies under another name: a mirror, a layout, a download
    #[arg(long = "as", value_name = "NAME", requires = "policy", conflicts_with_all = ["files", "key", "identity", "issuer"])]
    pub(crate) called: Option<String>,
    /// Shows the whole decision: each rule and requirement, what met it, what was found instead, and what to do
    #[arg(long)]
    pub(crate) explain: bool,
    /// Writes down what the decision is made of: `bulla replay` makes it again, `bulla policy test` tries policies out on it
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Bundles to verify, instead of those in the registry or beside the file
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub(crate) bundle: Vec<PathBuf>,
    /// An index, and every image in it
    #[arg(long, short, conflicts_with = "files")]
    pub(crate) recursive: bool,
    /// Decides for what runs there: where a rule asks for the images of an index (`multiArch`), that one alone counts, and its
    /// digest is shown. Nothing for that platform is an error
    #[arg(long, value_name = "OS/ARCH", value_parser = Platform::parse, conflicts_with_all = ["recursive", "bundle"])]
    pub(crate) platform: Option<Platform>,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla pin`
#[derive(Debug, Args)]
#[command(mut_arg("files", |files| files.required(true)))]
pub(crate) struct Pin {
    /// Writes nothing: says what would be written, and ends with 1 if something would
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) manifests: Manifests,
    #[command(flatten)]
    pub(crate) demand: Demand,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// The manifests that name images, and what is known of them.
#[derive(Debug, Args)]
pub(crate) struct Manifests {
    /// Every image of every workload in Kubernetes manifests and compose files: a file, a folder (all *.yaml, *.yml and *.json
    /// in it, however deep), or `-` for standard input
    #[arg(long = "filename", short = 'f', value_name = "PATH")]
    pub(crate) files: Vec<PathBuf>,
    /// Where a custom resource names an image: `example.com/Kind: spec.image`
    #[arg(long, value_name = "PLACE", requires = "files")]
    pub(crate) image_path: Vec<String>,
    /// Where something looks like an image and is none: `example.com/Kind: spec.image`
    #[arg(long, value_name = "PLACE", requires = "files")]
    pub(crate) no_image: Vec<String>,
}

/// Whose signature is demanded: a policy, or the flags that are short for one.
#[derive(Debug, Args)]
pub(crate) struct Demand {
    /// A public key that may have signed; several: any of them. `,from=TIME` and `,until=TIME` after the file bound when its
    /// signatures count, by times that a log or timestamp authority has signed
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["identity", "issuer"])]
    pub(crate) key: Vec<String>,
    /// Who has to have signed: the e-mail address or URI in the certificate, exactly
    #[arg(long, alias = "certificate-identity", value_name = "NAME")]
    pub(crate) identity: Option<String>,
    /// Who vouches for the identity: the OIDC issuer's URL, exactly
    #[arg(long, alias = "certificate-oidc-issuer", value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// A trust policy that says what is demanded; several combine, and each can only tighten the others
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "identity", "issuer", "predicate_type", "root", "trusted_root"])]
    pub(crate) policy: Vec<PathBuf>,
    /// Demands an attestation of this type instead of a signature
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) predicate_type: Option<String>,
    /// A Sigstore trusted root, instead of the public-good instance's; BULLA_TRUSTED_ROOT may name it too. A policy names its
    /// roots itself
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub(crate) trusted_root: Option<PathBuf>,
    /// A root that `trust show` lists, instead of the public-good instance's; several: under any of them
    #[arg(long, value_name = "NAME")]
    pub(crate) root: Vec<String>,
}
