//! `bulla quickstart`: the whole story once, on this machine, with the messages that a user would see.

use crate::{
    args::{Cli, Format},
    error::{Exit, Failure, Result, reason},
    output,
    report::{Outcome, Report, Shown, Step},
    session::Session,
    signals::{self, Undo},
};
use bulla_sandbox::{Config, Registry};
use bulla_sign::SigningKey;
use bulla_transport::{OCI_MANIFEST, Options, Place, Store, bundles};
use bulla_verify::KeyAlgorithm;
use clap::Parser;
use std::{ffi::OsString, fs, path::Path};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Shows it. Every step has to end as it says, or the whole fails.
pub(crate) fn run(format: Format) -> Result<Report> {
    let mut story = Story::begin(format)?;
    story.say(
        "A registry of your own, in this process, and a folder that is gone afterwards. Nothing leaves this machine.\n",
    )?;
    let [app, other] = story.images()?;
    story.accepts("A key: the private half stays, encrypted; the public half is for whoever verifies.", &["keygen"])?;
    story.accepts(
        "Sign an image. The signature goes into the registry, beside it.",
        &["sign", &app, "--key", "bulla.key"],
    )?;
    story.accepts(
        "State how it was built, and sign that too.",
        &["attest", &app, "--key", "bulla.key", "--type", "slsaprovenance1", "--predicate", "provenance.json"],
    )?;
    story.accepts("Verify, before it runs.", &["verify", &app, "--key", "bulla.pub"])?;
    story.accepts(
        "Demand the provenance as well.",
        &["verify", &app, "--key", "bulla.pub", "--type", "slsaprovenance1"],
    )?;
    story.accepts("Files are signed in the same way.", &["sign", "app.tar.gz", "--key", "bulla.key"])?;
    story.say("Now three things that must not pass.\n")?;
    story.refuses("1. Somebody else's key.", &["verify", &app, "--key", "other.pub"], "other-key")?;
    fs::write(story.path("app.tar.gz"), b"the same file, but for one byte.").map_err(|error| failed(&error))?;
    story.refuses(
        "2. A file that was changed after it was signed.",
        &["verify", "app.tar.gz", "--key", "bulla.pub"],
        "message-digest-mismatch",
    )?;
    story.move_signature(&app, &other)?;
    story.refuses(
        "3. Another image, with this one's signature moved to it.",
        &["verify", &other, "--key", "bulla.pub"],
        "subject-mismatch",
    )?;
    story.say(NEXT)?;
    Ok(Report::done("quickstart", Outcome::Shown(Shown { steps: story.steps })))
}

const NEXT: &str = "Every command did what it should. Go on with your own:\n
  bulla keygen
  bulla sign    registry.example.com/app:1.4 --key bulla.key
  bulla verify  registry.example.com/app:1.4 --key bulla.pub
  bulla inspect registry.example.com/app:1.4
  bulla --help
";

const PROVENANCE: &str = r#"{
  "buildDefinition": {
    "buildType": "https://example.com/quickstart/v1",
    "externalParameters": { "source": "git+https://example.com/app" }
  },
  "runDetails": { "builder": { "id": "https://example.com/this-machine" } }
}
"#;

/// A folder, a registry, and what was shown so far.
struct Story {
    folder: TempDir,
    registry: Registry,
    session: Session,
    format: Format,
    steps: Vec<Step>,
    /// Dropped last, after the folder.
    _undo: Undo,
}

/// How often a folder is removed in which something may appear meanwhile.
const ATTEMPTS: usize = 100;

impl Story {
    fn begin(format: Format) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("bulla-quickstart-").tempdir().map_err(|error| failed(&error))?;
        let path = folder.path().to_owned();
        let undo = signals::undo(move || {
            let _ = (0..ATTEMPTS).any(|_| fs::remove_dir_all(&path).is_ok() || !path.exists());
        });
        let registry = Registry::start(Config::with_referrers()).map_err(|error| failed(&error))?;
        let session = Session::closed(Zeroizing::new("quickstart".to_owned()));
        let story = Self { folder, registry, session, format, steps: Vec::new(), _undo: undo };
        let other = SigningKey::generate(KeyAlgorithm::EcdsaP256)?;
        let files = [
            ("other.pub", other.verifying_key().to_pem()),
            ("provenance.json", PROVENANCE.to_owned()),
            ("app.tar.gz", "the same file, byte for byte.".to_owned()),
        ];
        for (name, text) in files {
            fs::write(story.path(name), text).map_err(|error| failed(&error))?;
        }
        Ok(story)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Two small images, pushed as any client would.
    fn images(&self) -> Result<[String; 2]> {
        let image = |name: &str| -> Result<String> {
            let reference = format!("{}/{name}:1.4", self.registry.host());
            let store = self.store(&reference)?;
            let config = store
                .push_blob(br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#)?;
            let layer = store.push_blob(format!("the only layer of {name}").as_bytes())?;
            let manifest = format!(
                r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}]}}"#,
                config.digest, config.size, layer.digest, layer.size
            );
            store.push_manifest(OCI_MANIFEST, manifest.as_bytes(), Some("1.4"))?;
            Ok(reference)
        };
        Ok([image("app")?, image("other")?])
    }

    fn store(&self, reference: &str) -> Result<Box<dyn Store>> {
        Ok(bulla_transport::open(&Place::parse(reference)?, &Options::default())?)
    }

    /// What an attacker who can write to the registry would do.
    fn move_signature(&self, from: &str, to: &str) -> Result<()> {
        let (source, sink) = (self.store(from)?, self.store(to)?);
        let signed = source.resolve("1.4")?;
        let target = sink.resolve("1.4")?;
        for found in bundles::fetch(source.as_ref(), &signed.digest)?.found {
            let predicate_type = found.unverified_predicate_type.unwrap_or_default();
            if predicate_type == bulla_verify::SIGN_V1 {
                let created = found.unverified_created.unwrap_or_default();
                bundles::attach(sink.as_ref(), &target, &found.bytes, &predicate_type, &created)?;
            }
        }
        Ok(())
    }

    fn accepts(&mut self, title: &str, words: &[&str]) -> Result<()> {
        self.step(title, words, |report| report.exit() == Exit::Accepted)
    }

    fn refuses(&mut self, title: &str, words: &[&str], code: &str) -> Result<()> {
        let first = |report: &Report| report.errors().first().map(|failure| failure.code().to_owned());
        self.step(title, words, |report| report.exit() == Exit::Refused && first(report).as_deref() == Some(code))
    }

    /// Runs a command as if it were typed in the folder, and shows both.
    fn step(&mut self, title: &str, words: &[&str], as_told: impl Fn(&Report) -> bool) -> Result<()> {
        let command = format!("bulla {}", words.join(" "));
        self.say(&format!("{title}\n\n  $ {command}\n"))?;
        let typed = words.iter().map(|word| self.in_folder(word));
        let prefix = self.path("bulla").display().to_string();
        let made = (words == ["keygen"]).then(|| ["--output-key-prefix".to_owned(), prefix]);
        let typed = ["bulla".to_owned()].into_iter().chain(typed).chain(made.into_iter().flatten());
        let typed: Vec<_> = typed.map(OsString::from).collect();
        let cli = Cli::try_parse_from(&typed).map_err(|error| crate::usage::failure(&error, &typed))?;
        let report =
            super::run(&cli, &self.session).unwrap_or_else(|failure| Report::failed(cli.command.name(), failure));
        let folder = format!("{}{}", self.folder.path().display(), std::path::MAIN_SEPARATOR);
        let shown: String =
            report.transcript().replace(&folder, "").lines().map(|line| format!("  {line}\n")).collect();
        self.say(&shown)?;
        if !as_told(&report) {
            return Err(Failure::unknown("quickstart-failed", format!("`{command}` did not end as it should"))
                .hint("this is a fault of Bulla: please report it with what is shown above"));
        }
        self.steps.push(Step { title: title.to_owned(), command, report });
        Ok(())
    }

    /// Files are in the folder; everything else is as it is typed.
    fn in_folder(&self, word: &str) -> String {
        let is_file = Path::new(word).extension().is_some() && !word.contains('/');
        if is_file { self.path(word).display().to_string() } else { word.to_owned() }
    }

    /// Tells a person while it happens; a program gets one report at the end.
    fn say(&self, text: &str) -> Result<()> {
        if self.format == Format::Text { output::print(&format!("{text}\n")) } else { Ok(()) }
    }
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::unknown("quickstart-failed", format!("the stage cannot be set: {}", reason(error)))
        .hint("it needs a temporary folder that can be written (`TMPDIR`), and a port of this machine")
}
