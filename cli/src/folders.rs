//! Files that are meant by the names of files and folders: in order, and each once, whatever ways lead to it.

use crate::{
    budget,
    error::{Failure, Result},
};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// What is looked for.
pub(crate) struct Kind {
    /// Whether a file in a folder is called like one; a file that is named itself is one, whatever it is called.
    pub(crate) is_one: fn(&Path) -> bool,
    /// What is said of a folder without any: a mistake is not to pass for a good answer.
    pub(crate) none: fn(&Path) -> Failure,
    /// What is said of more than so many of these.
    pub(crate) too_many: fn(usize, &str) -> Failure,
}

/// Looks for them.
pub(crate) struct Finder {
    kind: Kind,
    /// Where those that were found really are.
    known: HashSet<PathBuf>,
    entries: usize,
}

impl Finder {
    /// One that has found nothing yet.
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, known: HashSet::new(), entries: 0 }
    }

    /// The file, or those in the folder, which were not found before; and for each that is not there, why.
    ///
    /// # Errors
    /// For a folder that cannot be read or has none in it, and for more than is looked at.
    pub(crate) fn find(&mut self, path: &Path) -> Result<Vec<Result<PathBuf>>> {
        if path.is_dir() { self.folder(path) } else { Ok(self.file(path).into_iter().collect()) }
    }

    fn file(&mut self, path: &Path) -> Option<Result<PathBuf>> {
        match path.canonicalize() {
            Ok(real) => self.known.insert(real).then(|| Ok(path.to_owned())),
            Err(error) => Some(Err(Failure::read(path, &error))),
        }
    }

    /// Links are followed within the folder: what one means that leads out is for whoever named the folder to say.
    fn folder(&mut self, root: &Path) -> Result<Vec<Result<PathBuf>>> {
        let real = root.canonicalize().map_err(|error| Failure::read(root, &error))?;
        let (mut waiting, mut found, mut any) = (vec![root.to_owned()], Vec::new(), false);
        while let Some(path) = waiting.pop() {
            // What `root` is, was asked for, link or not.
            let is_link = path != root && path.is_symlink();
            let (is_folder, is_one) = (path.is_dir(), (self.kind.is_one)(&path));
            if is_link && (is_folder || is_one) && leads_out(&path, &real) {
                let message = format!("`{}` is a link that leads out of `{}`", path.display(), root.display());
                let hint = "name what it leads to as well, or take the link away";
                found.push(Err(Failure::unknown("link-leads-out", message).hint(hint)));
                any = true;
            } else if is_folder && !is_link {
                waiting.extend(self.inside(&path)?);
            } else if !is_folder && is_one {
                any = true;
                found.extend(self.file(&path));
            }
        }
        if any { Ok(found) } else { Err((self.kind.none)(root)) }
    }

    /// What is in a folder, the last first.
    fn inside(&mut self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        let unreadable = |error: std::io::Error| Failure::read(folder, &error);
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            self.entries = self.entries.saturating_add(1);
            if self.entries > budget::FOLDER_ENTRIES {
                return Err((self.kind.too_many)(budget::FOLDER_ENTRIES, "names in folders"));
            }
            paths.push(folder.join(entry.map_err(unreadable)?.file_name()));
        }
        paths.sort_by(|one, other| other.cmp(one));
        Ok(paths)
    }
}

/// Whether a link leads to something that is there, and not in the folder.
fn leads_out(link: &Path, folder: &Path) -> bool {
    link.canonicalize().is_ok_and(|real| !real.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder() -> Finder {
        Finder::of(Kind {
            is_one: |path| path.extension().is_some_and(|extension| extension == "x"),
            none: |_| Failure::unknown("none", "none"),
            too_many: |_, _| Failure::unknown("too-many", "too many"),
        })
    }

    fn found(finder: &mut Finder, path: &Path) -> Vec<String> {
        let name = |path: PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let one = |one: Result<PathBuf>| one.map_or_else(|failure| failure.code().to_owned(), name);
        finder.find(path).unwrap().into_iter().map(one).collect()
    }

    #[test]
    fn they_are_found_in_order_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        for name in ["c.x", "b/z.x", "b/a.x", "a.x", "b/notes.txt", "x"] {
            fs::write(at(name), name).unwrap();
        }
        let mut finder = finder();
        assert_eq!(found(&mut finder, &at("")), ["a.x", "a.x", "z.x", "c.x"]);
        assert_eq!(found(&mut finder, &at("b")), [""; 0]);
        assert_eq!(found(&mut finder, &at("a.x")), [""; 0]);
        assert_eq!(found(&mut finder, &at("b/notes.txt")), ["notes.txt"]);
        assert_eq!(found(&mut finder, &at("gone")), ["file-not-found"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_within_the_folder_and_told_where_they_lead_out() {
        use std::os::unix::fs::symlink;
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        fs::write(other.path().join("o.x"), "x").unwrap();
        symlink(".", at("round")).unwrap();
        assert_eq!(finder().find(&at("")).unwrap_err().code(), "none");
        fs::write(at("text"), "text").unwrap();
        symlink("text", at("a.x")).unwrap();
        symlink("gone", at("notes")).unwrap();
        assert_eq!(found(&mut finder(), &at("")), ["a.x"]);
        symlink(other.path(), at("out")).unwrap();
        symlink(other.path().join("o.x"), at("out.x")).unwrap();
        symlink("gone", at("gone.x")).unwrap();
        assert_eq!(found(&mut finder(), &at("")), ["a.x", "file-not-found", "link-leads-out", "link-leads-out"]);
    }

    #[test]
    fn more_names_than_are_looked_at_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.x"), "a").unwrap();
        let mut finder = Finder { entries: budget::FOLDER_ENTRIES, ..finder() };
        assert_eq!(finder.find(folder.path()).unwrap_err().code(), "too-many");
    }
}
