//! The command line: what may be typed, and what it means.

mod output;
pub(crate) mod policy;
mod replay;
mod summary;
mod verify;

pub(crate) use output::{Format, Output, Outputs};
pub(crate) use replay::Replay;
pub(crate) use summary::Summary;
pub(crate) use verify::{Demand, Manifests, Pin, Verify};

use crate::terminal;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, builder::styling};
use std::{ffi::OsString, path::PathBuf, time::Duration};

/// Headings in bold, the rest as it is: readable without colour.
const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::Style::new().bold())
    .usage(styling::Style::new().bold())
    .literal(styling::AnsiColor::Cyan.on_default());

/// Sign container images and files, verify them and their provenance.
#[derive(Debug, Parser)]
#[command(name = "bulla", version, styles = STYLES, arg_required_else_help = true, after_help = after_help())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What a TARGET may be.
pub(crate) const TARGETS: &str = "A TARGET is an image (registry.acme.dev/app:1.4), an image layout (oci:dir, \
    oci:dir:tag, oci:dir@sha256:…), a file, `-` for standard input, or a bare digest (sha256:…) with --bundle. An image \
    names its registry; everything else is a file.";

/// How a run ends.
pub(crate) const EXIT_CODES: &str = "0 accepted or done, 1 refused, 2 could not tell (usage, files, network).";

fn after_help() -> String {
    format!("{TARGETS}\n\nExit codes: {EXIT_CODES}")
}

impl Cli {
    /// Reads what was typed; help is as wide as the terminal.
    pub(crate) fn read(typed: &[OsString]) -> Result<Self, clap::Error> {
        let command = Self::command().term_width(terminal::columns().unwrap_or(UNKNOWN_WIDTH));
        Self::from_arg_matches(&command.try_get_matches_from(typed)?)
    }
}

/// Columns of help where nobody knows how many there are.
const UNKNOWN_WIDTH: usize = 100;

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// How the answer is written: on standard output, or into a file as well, `sarif=report.sarif`; several times for several.
    /// Every command has text and json; what gives a verdict has the others too
    #[arg(long, short, global = true, value_name = "FORMAT[=FILE]", default_value = "text", value_parser = output::OutputParser)]
    pub(crate) output: Vec<Output>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a signing key: an encrypted private key and its public key
    #[command(alias = "generate-key-pair")]
    Keygen(Keygen),
    /// Sign an image, a layout or a file
    #[command(alias = "sign-blob")]
    Sign(Sign),
    /// Sign a statement about an image, a layout or a file: provenance, an SBOM, a scan
    #[command(alias = "attest-blob")]
    Attest(Attest),
    /// Put into the transparency log what was signed while it could not be reached
    Log(LogArgs),
    /// Decide whether the right people have signed
    #[command(alias = "verify-blob")]
    Verify(Verify),
    /// Decide again about what `verify --record` has recorded, here and now or as if it were otherwise
    Replay(Replay),
    /// Write into manifests the digests of the images that were verified
    Pin(Pin),
    /// Show what is attached, proving nothing
    Inspect(Inspect),
    /// Check, test, suggest, compare and convert trust policies
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Keep the roots that certificates, logs and timestamps are verified under
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Run a whole Sigstore and a registry on this machine, for trying and for tests
    Sandbox(SandboxArgs),
    /// See it all happen once, here, without network or account
    Quickstart,
    /// Write the completions of a shell to standard output
    Completions(Completions),
    /// Write the manual pages into a folder, or the first of them to standard output
    Man(Man),
}

/// `bulla keygen`
#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Writes NAME.key and NAME.pub; of a folder with a `/` behind it, bulla.key and bulla.pub in it
    #[arg(long, value_name = "NAME", default_value = "bulla")]
    pub(crate) output_key_prefix: PathBuf,
    /// What the key signs with
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256", conflicts_with = "import")]
    pub(crate) algorithm: Algorithm,
    /// Takes over a private key in PEM: PKCS#8, SEC1, PKCS#1, or cosign's
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// The kinds of keys that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Algorithm {
    /// ECDSA on P-256, read everywhere
    EcdsaP256,
    /// ECDSA on P-384
    EcdsaP384,
    /// ECDSA on P-521
    EcdsaP521,
    /// Ed25519
    Ed25519,
    /// RSA with 3072 bits
    Rsa,
}

/// `bulla sign`
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct Sign {
    /// What is signed: one thing, or several by the same hand
    #[arg(required = true, value_name = "TARGET")]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// `bulla attest`
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct Attest {
    /// What the statement is about
    pub(crate) target: String,
    /// Type of the predicate: slsaprovenance1, spdx, cyclonedx, vuln, openvex, …, or a URI
    #[arg(long = "type", value_name = "TYPE", requires = "predicate", required_unless_present_any = ["statement", "provenance", "vsa"])]
    pub(crate) predicate_type: Option<String>,
    /// The predicate, in JSON; `-` for standard input. With `--type vuln`, the JSON of Trivy or Grype becomes one
    #[arg(long, value_name = "FILE", requires = "predicate_type", required_unless_present_any = ["statement", "provenance", "vsa"])]
    pub(crate) predicate: Option<PathBuf>,
    /// A ready-made in-toto statement instead; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["predicate", "predicate_type"])]
    pub(crate) statement: Option<PathBuf>,
    /// SLSA provenance v1 from the facts of this very job, of GitHub Actions or GitLab CI; elsewhere it says that the build
    /// is a local one
    #[arg(long, conflicts_with_all = ["predicate", "predicate_type", "statement"])]
    pub(crate) provenance: bool,
    #[command(flatten)]
    pub(crate) summary: Summary,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// What `sign` and `attest` share.
#[derive(Debug, Args)]
pub(crate) struct Signing {
    /// The private key, as `keygen` writes it; without one, an identity signs
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Where the bundle of a file is written [default: TARGET.sigstore.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// An index, and every image in it
    #[arg(long, short)]
    pub(crate) recursive: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    #[command(flatten)]
    pub(crate) network: Network,
    #[command(flatten)]
    pub(crate) services: Services,
}

/// Whose services sign, and in whose name.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Without a key, or with witnesses")]
pub(crate) struct Services {
    /// The OIDC identity token of whoever signs, in a file; `-` for standard input. BULLA_IDENTITY_TOKEN may hold one, or
    /// name its file [default: the pipeline's own, or a login]
    #[arg(long, value_name = "FILE")]
    pub(crate) identity_token: Option<PathBuf>,
    /// Logs in with a code, on whatever machine, instead of in a browser here
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Has a certificate made for the key of `--key`, which an identity then signs with
    #[arg(long, requires = "key")]
    pub(crate) issue_certificate: bool,
    /// What the key of this run signs with, where there is no `--key`
    #[arg(long, value_name = "ALGORITHM", default_value = "ecdsa-p256", conflicts_with = "key")]
    pub(crate) signing_algorithm: Algorithm,
    #[command(flatten)]
    pub(crate) instance: InstanceArgs,
    /// Puts a key's signature into a transparency log as well
    #[arg(long, requires = "key")]
    pub(crate) log: bool,
    /// Has the time of a key's signature attested as well
    #[arg(long, requires = "key")]
    pub(crate) timestamp: bool,
    /// If no log can be reached, signs all the same: a timestamp proves the time, and `bulla log` completes the bundle
    /// afterwards
    #[arg(long)]
    pub(crate) log_later: bool,
    /// Says on standard error how long each step took
    #[arg(long)]
    pub(crate) timings: bool,
    /// Agrees beforehand to what becomes public
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// A Sigstore instance.
#[derive(Debug, Clone, Args)]
pub(crate) struct InstanceArgs {
    /// A Sigstore signing configuration: which services are asked; BULLA_SIGNING_CONFIG may name it too [default: those of
    /// the public-good instance]
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_config: Option<PathBuf>,
    /// The Sigstore trusted root that their answers are verified under; BULLA_TRUSTED_ROOT may name it too [default: that of
    /// the public-good instance]
    #[arg(long, value_name = "FILE")]
    pub(crate) trusted_root: Option<PathBuf>,
}

/// `bulla log`
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct LogArgs {
    /// What was signed
    pub(crate) target: String,
    /// The bundle of a file [default: TARGET.sigstore.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// The public key of whoever signed, where there is no certificate
    #[arg(long, short, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) instance: InstanceArgs,
    #[command(flatten)]
    pub(crate) network: Network,
    /// Agrees beforehand to what becomes public
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// `bulla inspect`
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct Inspect {
    /// What is looked at
    pub(crate) target: String,
    /// Bundles to show, instead of those in the registry or beside the file
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla trust`
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Add a root of your own
    Init(TrustInit),
    /// Ask for what is new: all roots, or those that are named
    Update(TrustNames),
    /// Show the roots that are known, and until when they are good
    Show(TrustNames),
    /// Ask every service of a root how it is: whether it answers, its clock, its certificates
    Doctor(TrustDoctor),
    /// Make a trusted root of keys, chains of certificates and addresses
    Create(TrustCreate),
}

/// `bulla trust init`
#[derive(Debug, Args)]
pub(crate) struct TrustInit {
    /// What it is called from now on
    pub(crate) name: String,
    /// Where its TUF repository is
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// The root that is trusted to begin with, `root.json`
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    /// The SHA-256 of that root, which is then fetched from the address if no file is given
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: Option<String>,
    /// Where the repository's files are, if not in `targets` beside its metadata
    #[arg(long, value_name = "URL")]
    pub(crate) targets_url: Option<String>,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla trust update`, `bulla trust show`
#[derive(Debug, Args)]
pub(crate) struct TrustNames {
    /// Which ones [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla trust doctor`
#[derive(Debug, Args)]
pub(crate) struct TrustDoctor {
    /// Which root [default: the public-good instance's]
    #[arg(conflicts_with = "trusted_root")]
    pub(crate) name: Option<String>,
    /// A trusted root in a file instead; BULLA_TRUSTED_ROOT may name it too
    #[arg(long, value_name = "FILE")]
    pub(crate) trusted_root: Option<PathBuf>,
    /// Those that are no longer in use as well
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// `bulla trust create`
#[derive(Debug, Args)]
pub(crate) struct TrustCreate {
    /// A certificate authority: `url=URL,chain=FILE`
    #[arg(long, value_name = "SERVICE")]
    pub(crate) fulcio: Vec<String>,
    /// A log: `url=URL,key=FILE,from=TIME`, and `origin=NAME` if it is one of Rekor v2
    #[arg(long, value_name = "SERVICE")]
    pub(crate) rekor: Vec<String>,
    /// A certificate log: `url=URL,key=FILE,from=TIME`
    #[arg(long, value_name = "SERVICE", alias = "ctlog")]
    pub(crate) ctfe: Vec<String>,
    /// A timestamp authority: `url=URL,chain=FILE`
    #[arg(long, value_name = "SERVICE")]
    pub(crate) tsa: Vec<String>,
    /// Where it is written [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `bulla sandbox`
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Keeps its state there, and what clients need: trusted_root.json, signing_config.json, client_trust_config.json,
    /// identity-token, and `ready`, which is written last [default: nothing is kept]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The port on the loopback interface [default: the folder's last one, or a free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
    /// Only these parts: oidc, fulcio, ct, rekor, rekor-v1, tsa, registry
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
}

/// `bulla completions`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

/// `bulla man`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Where the pages go
    pub(crate) dir: Option<PathBuf>,
}

/// Where a password comes from.
#[derive(Debug, Clone, Args)]
pub(crate) struct PasswordArgs {
    /// Reads the password from this file descriptor, instead of BULLA_PASSWORD or the terminal
    #[arg(long, value_name = "N")]
    pub(crate) password_fd: Option<u32>,
}

/// How registries and services are asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct Network {
    /// Speaks plain HTTP to the registry; without it, only to this machine
    #[arg(long, aliases = ["allow-http-registry"])]
    pub(crate) plain_http: bool,
    /// Certificate authorities in PEM to trust as well as the machine's own; with it, this machine's registry is
    /// asked encrypted too
    #[arg(long, alias = "registry-cacert", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Opens no socket: what would have to be fetched is an error
    #[arg(long)]
    pub(crate) offline: bool,
    /// How long registries and services may take in all: 90, 90s, 2m; a person who logs in has five minutes
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

/// Reads `90`, `90s` or `2m`; not nothing, and no more than a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    number
        .parse::<u32>()
        .ok()
        .map(|number| u64::from(number) * unit)
        .filter(|seconds| (1..=86_400).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "expected a time between 1s and a day, such as 90s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_time_has_a_unit_and_an_end() {
        assert_eq!(seconds("90"), Ok(Duration::from_secs(90)));
        assert_eq!(seconds("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["0", "-1s", "1h", "", "s", "86401"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cosigns_spellings_mean_ours() {
        let typed =
            "bulla verify f --certificate-identity a@b --certificate-oidc-issuer https://c --allow-http-registry";
        let cli = Cli::try_parse_from(typed.split(' ')).map_err(|error| error.to_string());
        let Ok(Cli { command: Command::Verify(verify), .. }) = cli else { panic!("{cli:?}") };
        assert_eq!(verify.demand.identity.as_deref(), Some("a@b"));
        assert_eq!(verify.demand.issuer.as_deref(), Some("https://c"));
        assert!(verify.network.plain_http);
    }
}
