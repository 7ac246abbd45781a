//! The entry point that theupdateframework/tuf-conformance asks for (its `CLIENT-CLI.md`): every step of an update, and what
//! came of it as files. Whoever has the suite runs `pytest --entrypoint target/debug/examples/tuf-conformance`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bulla_transport::tuf::{Check, Client, Mirror, Repository};
use bulla_transport::{Cancel, Options};
use bulla_verify::{Digest, Time};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, error::Error, fs, io::Write as _};

#[derive(Default)]
struct Arguments {
    metadata_dir: PathBuf,
    metadata_url: String,
    targets: Vec<String>,
    target_dir: PathBuf,
    target_url: String,
    words: Vec<String>,
}

fn main() -> ExitCode {
    match run(&arguments()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "error: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Arguments {
    let mut read = Arguments::default();
    let mut given = env::args().skip(1);
    while let Some(word) = given.next() {
        let mut value = || given.next().unwrap_or_default();
        match word.as_str() {
            "--metadata-dir" => read.metadata_dir = value().into(),
            "--metadata-url" => read.metadata_url = value(),
            "--target-name" => read.targets.push(value()),
            "--target-dir" => read.target_dir = value().into(),
            "--target-base-url" => read.target_url = value(),
            _ => read.words.push(word),
        }
    }
    read
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let dir = &arguments.metadata_dir;
    let initial = dir.join("initial_root");
    if let [init, root] = &arguments.words[..]
        && init == "init"
    {
        fs::copy(root, dir.join("root.json"))?;
        fs::copy(root, initial)?;
        return Ok(());
    }
    let root = fs::read(initial)?;
    let repository = Repository::new("conformance", &arguments.metadata_url, &root)?;
    let elsewhere = (!arguments.target_url.is_empty()).then_some(&arguments.target_url);
    let repository = elsewhere.map_or(repository.clone(), |url| repository.with_targets_url(url));
    let outcome = refresh(arguments, &repository);
    show(dir)?;
    outcome
}

/// Without a wanted file, or with one after the other: what was verified for the first holds for the second.
fn refresh(arguments: &Arguments, repository: &Repository) -> Result<(), Box<dyn Error>> {
    let now = Time::from_unix(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?);
    let client = Client::new(repository, &arguments.metadata_dir.join("cache"));
    let mirror = Mirror::new(repository, &Options::default())?;
    if arguments.targets.is_empty() {
        client.update(&[], Check::Full, &mirror, &Cancel::default(), now)?;
    }
    for name in &arguments.targets {
        let verified = client.update(&[name], Check::Full, &mirror, &Cancel::default(), now)?;
        let file = verified.file(name).ok_or("no such target")?;
        let path = arguments.target_dir.join(Digest::of(name.as_bytes()).to_hex());
        // The suite tells files by when they were written.
        if fs::read(&path).ok().as_deref() != Some(file) {
            fs::write(path, file)?;
        }
    }
    Ok(())
}

/// What is trusted now, one file for each role, out of what the cache says.
fn show(dir: &Path) -> Result<(), Box<dyn Error>> {
    let cached = fs::read_dir(dir.join("cache")).into_iter().flatten().flatten().next();
    let Some(cached) = cached else { return Ok(()) };
    let Ok(state) = fs::read(cached.path().join("state.json")) else { return Ok(()) };
    let state: Value = serde_json::from_slice(&state)?;
    let write = |name: &str, text: Option<&Value>| match text.and_then(Value::as_str) {
        Some(text) => fs::write(dir.join(format!("{name}.json")), text),
        None => Ok(()),
    };
    write("root", state.get("roots").and_then(Value::as_array).and_then(|roots| roots.last()))?;
    write("timestamp", state.get("timestamp"))?;
    write("snapshot", state.get("snapshot"))?;
    for (role, text) in state.get("targets").and_then(Value::as_object).into_iter().flatten() {
        let name = if role == "targets" { role.clone() } else { STANDARD.encode(role).replace('/', "_") };
        write(&name, Some(text))?;
    }
    Ok(())
}
