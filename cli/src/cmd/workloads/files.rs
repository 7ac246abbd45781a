//! The manifests that `-f` means: files, all of a folder, standard input. Each is read once, whatever ways lead to it.

use crate::{
    budget,
    error::{Failure, Result},
    folders::{Finder, Kind},
    input,
};
use std::path::{Path, PathBuf};

/// A manifest's text.
pub(super) struct Manifest {
    /// As people find it.
    pub(super) name: String,
    /// Nothing, if it came on standard input.
    pub(super) path: Option<PathBuf>,
    pub(super) text: String,
}

/// Standard input.
const STDIN: &str = "-";

/// Everything that was read, in order, and what could not be: whatever that is, it may name images.
#[derive(Default)]
pub(super) struct Files {
    pub(super) manifests: Vec<Manifest>,
    pub(super) failures: Vec<Failure>,
    bytes: usize,
}

/// Reads what was named.
///
/// # Errors
/// For more than is read; a name without a manifest; standard input twice.
pub(super) fn read(named: &[PathBuf]) -> Result<Files> {
    let mut files = Files::default();
    let mut finder = Finder::of(Kind { is_one: is_manifest, none, too_many: too_much });
    let mut has_stdin = false;
    for path in named {
        if path != Path::new(STDIN) {
            for found in finder.find(path)? {
                match found {
                    Ok(path) => files.add(&path)?,
                    Err(failure) => files.failures.push(failure),
                }
            }
        } else if core::mem::replace(&mut has_stdin, true) {
            return Err(Failure::usage("standard input is named twice").hint("it can be read only once"));
        } else {
            files.add(path)?;
        }
    }
    Ok(files)
}

impl Files {
    fn add(&mut self, path: &Path) -> Result<()> {
        let limit = bulla_gate::budget::MANIFEST_BYTES;
        let text = input::read(path, limit, "a manifest").and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| {
                Failure::unknown("manifest-not-text", format!("`{}` is not text in UTF-8", path.display()))
                    .hint("leave it out, if it is no manifest; save it in UTF-8, if it is one")
                    .at(&path.display().to_string(), 0, 0)
            })
        });
        let text = match text {
            Ok(text) => text,
            Err(failure) => {
                self.failures.push(failure);
                return Ok(());
            }
        };
        self.bytes = self.bytes.saturating_add(text.len());
        let stdin = path == Path::new(STDIN);
        let name = if stdin { "standard input".to_owned() } else { path.display().to_string() };
        self.manifests.push(Manifest { name, path: (!stdin).then(|| path.to_owned()), text });
        if self.manifests.len() > budget::MANIFESTS {
            return Err(too_much(budget::MANIFESTS, "files"));
        }
        if self.bytes > budget::MANIFESTS_BYTES {
            return Err(too_much(budget::MANIFESTS_BYTES, "bytes"));
        }
        Ok(())
    }
}

/// Whether it is called like a manifest.
fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn none(folder: &Path) -> Failure {
    Failure::unknown("no-manifests", format!("no manifest is in `{}`", folder.display()))
        .hint("manifests are called `*.yaml`, `*.yml` or `*.json`; a file of another name is named itself")
}

fn too_much(limit: usize, what: &str) -> Failure {
    Failure::unknown("too-many-manifests", format!("there are more than {limit} {what} to look at"))
        .hint("name folders with fewer manifests in them, one run each")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_folder_is_read_in_order_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        for name in ["c.YAML", "b/z.yml", "b/a.json", "a.yaml", "b/notes.txt", "yaml"] {
            fs::write(at(name), name).unwrap();
        }
        let files = read(&[at(""), at("a.yaml"), at("b/notes.txt"), at("gone")]).unwrap();
        let texts: Vec<_> = files.manifests.iter().map(|manifest| &*manifest.text).collect();
        assert_eq!(texts, ["a.yaml", "b/a.json", "b/z.yml", "c.YAML", "b/notes.txt"]);
        assert_eq!(files.failures.iter().map(Failure::code).collect::<Vec<_>>(), ["file-not-found"]);
    }

    #[test]
    fn more_than_is_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
        fs::write(&a, "a").unwrap();
        fs::write(&b, "b").unwrap();
        let mut files = Files { bytes: budget::MANIFESTS_BYTES - 1, ..Files::default() };
        files.add(&a).unwrap();
        assert_eq!(files.add(&b).unwrap_err().code(), "too-many-manifests");
        let mut files = Files::default();
        let manifest = || Manifest { name: String::new(), path: None, text: String::new() };
        files.manifests.extend((1..budget::MANIFESTS).map(|_| manifest()));
        files.add(&a).unwrap();
        assert_eq!(files.add(&b).unwrap_err().code(), "too-many-manifests");
    }

    #[test]
    fn a_folder_without_manifests_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "a").unwrap();
        assert_eq!(read(&[folder.path().to_owned()]).map(drop).unwrap_err().code(), "no-manifests");
    }
}
