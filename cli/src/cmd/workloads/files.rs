//! The manifests that `-f` means: files, all of a folder, standard input. Each is read once, whatever ways lead to it.

use crate::{
    budget,
    error::{Failure, Result},
    input,
};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

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
    /// Where they really are.
    known: HashSet<PathBuf>,
    entries: usize,
    bytes: usize,
}

/// Reads what was named.
///
/// # Errors
/// For more than is read; a name without a manifest; standard input twice.
pub(super) fn read(named: &[PathBuf]) -> Result<Files> {
    let mut files = Files::default();
    for path in named {
        if path == Path::new(STDIN) {
            files.stdin()?;
        } else if path.is_dir() {
            files.folder(path)?;
        } else {
            files.file(path)?;
        }
    }
    Ok(files)
}

impl Files {
    fn stdin(&mut self) -> Result<()> {
        if !self.known.insert(PathBuf::from(STDIN)) {
            return Err(Failure::usage("standard input is named twice").hint("it can be read only once"));
        }
        self.add(Path::new(STDIN))
    }

    /// A file, unless it was read under another name.
    fn file(&mut self, path: &Path) -> Result<()> {
        match path.canonicalize() {
            Ok(real) => {
                let is_new = self.known.insert(real);
                if is_new { self.add(path) } else { Ok(()) }
            }
            Err(error) => {
                self.failures.push(Failure::read(path, &error));
                Ok(())
            }
        }
    }

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

    /// Everything in a folder that is called like a manifest, in order.
    fn folder(&mut self, root: &Path) -> Result<()> {
        let real = root.canonicalize().map_err(|error| Failure::read(root, &error))?;
        let mut waiting = vec![root.to_owned()];
        let mut any = false;
        while let Some(path) = waiting.pop() {
            // What `root` is, was asked for, link or not.
            let is_link = path != root && path.is_symlink();
            let is_folder = path.is_dir();
            if is_link && (is_folder || is_manifest(&path)) && leads_out(&path, &real) {
                let message = format!("`{}` is a link that leads out of `{}`", path.display(), root.display());
                self.failures.push(
                    Failure::unknown("link-leads-out", message)
                        .hint("name what it leads to with another `-f`, or take the link away"),
                );
                any = true;
            } else if is_folder && !is_link {
                waiting.extend(self.inside(&path)?);
            } else if !is_folder && is_manifest(&path) {
                any = true;
                self.file(&path)?;
            }
        }
        if any {
            return Ok(());
        }
        Err(Failure::unknown("no-manifests", format!("no manifest is in `{}`", root.display()))
            .hint("manifests are called `*.yaml`, `*.yml` or `*.json`; a file of another name is named itself"))
    }

    /// What is in a folder, the last first.
    fn inside(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        let unreadable = |error: std::io::Error| Failure::read(folder, &error);
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            self.entries = self.entries.saturating_add(1);
            if self.entries > budget::FOLDER_ENTRIES {
                return Err(too_much(budget::FOLDER_ENTRIES, "names in folders"));
            }
            paths.push(folder.join(entry.map_err(unreadable)?.file_name()));
        }
        paths.sort_by(|one, other| other.cmp(one));
        Ok(paths)
    }
}

/// Whether it is called like a manifest.
fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a link leads to something that is there, and not in the folder.
fn leads_out(link: &Path, folder: &Path) -> bool {
    link.canonicalize().is_ok_and(|real| !real.starts_with(folder))
}

fn too_much(limit: usize, what: &str) -> Failure {
    Failure::unknown("too-many-manifests", format!("there are more than {limit} {what} to look at"))
        .hint("name folders with fewer manifests in them, one run each")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_in_order_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        for name in ["c.YAML", "b/z.yml", "b/a.json", "a.yaml", "b/notes.txt", "yaml"] {
            fs::write(at(name), name).unwrap();
        }
        let files = read(&[at(""), at("a.yaml"), at("b/notes.txt")]).unwrap();
        let texts: Vec<_> = files.manifests.iter().map(|manifest| &*manifest.text).collect();
        assert_eq!(texts, ["a.yaml", "b/a.json", "b/z.yml", "c.YAML", "b/notes.txt"]);
        assert!(files.failures.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_folder_and_told_where_they_lead_out() {
        use std::os::unix::fs::symlink;
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        fs::write(other.path().join("x.yaml"), "x").unwrap();
        fs::write(at("text"), "text").unwrap();
        symlink("text", at("a.yaml")).unwrap();
        symlink(".", at("round")).unwrap();
        symlink("gone", at("notes")).unwrap();
        let texts = |files: &Files| files.manifests.iter().map(|manifest| manifest.text.clone()).collect::<Vec<_>>();
        let codes = |files: &Files| files.failures.iter().map(|one| one.code().to_owned()).collect::<Vec<_>>();
        let files = read(&[at("")]).unwrap();
        assert_eq!((texts(&files), codes(&files)), (vec!["text".to_owned()], vec![]));
        symlink(other.path(), at("out")).unwrap();
        symlink(other.path().join("x.yaml"), at("out.yaml")).unwrap();
        symlink("gone", at("gone.yaml")).unwrap();
        let files = read(&[at("")]).unwrap();
        assert_eq!(codes(&files), ["file-not-found", "link-leads-out", "link-leads-out"]);
        assert_eq!(texts(&files), ["text"]);
    }

    #[test]
    fn more_than_is_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files { entries: budget::FOLDER_ENTRIES, ..Files::default() };
        fs::write(folder.path().join("a.yaml"), "a").unwrap();
        assert_eq!(
            files.folder(folder.path()).map_err(|error| error.code().to_owned()),
            Err("too-many-manifests".into())
        );
        let mut files = Files { bytes: budget::MANIFESTS_BYTES - 1, ..Files::default() };
        files.file(&folder.path().join("a.yaml")).unwrap();
        fs::write(folder.path().join("b.yaml"), "b").unwrap();
        assert_eq!(files.file(&folder.path().join("b.yaml")).unwrap_err().code(), "too-many-manifests");
        let mut files = Files::default();
        let manifest = || Manifest { name: String::new(), path: None, text: String::new() };
        files.manifests.extend((1..budget::MANIFESTS).map(|_| manifest()));
        files.file(&folder.path().join("a.yaml")).unwrap();
        assert_eq!(files.file(&folder.path().join("b.yaml")).unwrap_err().code(), "too-many-manifests");
    }

    #[test]
    fn a_folder_without_manifests_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "a").unwrap();
        assert_eq!(read(&[folder.path().to_owned()]).map(drop).unwrap_err().code(), "no-manifests");
    }
}
