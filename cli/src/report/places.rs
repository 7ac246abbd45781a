//! Where files are, for a report that is passed on: from the top of what was checked out, and never where that is on this machine.

use super::printable;
use std::{
    borrow::Cow,
    env,
    path::{Path, PathBuf},
};

/// The folders that a report does not name.
pub(super) struct Places {
    /// Where relative names begin: here, or the top of the checkout that this is in (`GITHUB_WORKSPACE`).
    base: Option<PathBuf>,
    /// Where we are.
    here: Option<PathBuf>,
    /// What is written instead of them, the longest first.
    hidden: Vec<(String, &'static str)>,
}

impl Places {
    /// Those of this process.
    pub(super) fn of_process() -> Self {
        let named = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        Self::new(env::current_dir().ok(), named("GITHUB_WORKSPACE"), named("HOME"))
    }

    fn new(here: Option<PathBuf>, checkout: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        let around = |top: &PathBuf| here.as_ref().is_some_and(|here| here.starts_with(top));
        let base = checkout.filter(around).or_else(|| here.clone());
        let beneath = |path: &Option<PathBuf>| {
            let path = path.as_ref()?.to_str()?.trim_end_matches(std::path::MAIN_SEPARATOR);
            (!path.is_empty()).then(|| format!("{path}{}", std::path::MAIN_SEPARATOR))
        };
        let folders = [(beneath(&here), ""), (beneath(&base), ""), (beneath(&home), "~/")];
        let mut hidden: Vec<_> = folders.into_iter().filter_map(|(folder, instead)| Some((folder?, instead))).collect();
        hidden.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        Self { base, here, hidden }
    }

    /// The text without what could mislead an eye, and without the folders.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.hidden.iter().any(|(folder, _)| text.contains(folder)) {
            return printable(text);
        }
        let hide = |text: String, (folder, instead): &(String, &str)| without(&text, folder, instead);
        let hidden = self.hidden.iter().fold(text.to_owned(), hide);
        // Only now: what stood around a folder stands together.
        Cow::Owned(printable(&hidden).into_owned())
    }

    /// A file as people find it, without what could mislead an eye.
    pub(super) fn file(&self, name: &str) -> String {
        printable(&self.path(name)).into_owned()
    }

    /// A file's name from the base on, its parts divided by `/`; of one that is elsewhere, the last part.
    pub(super) fn path(&self, name: &str) -> String {
        let path = Path::new(name);
        let absolute = self.here.as_ref().map_or_else(|| path.to_owned(), |here| here.join(path));
        let relative = self.base.as_ref().and_then(|base| absolute.strip_prefix(base).ok());
        let path = match relative {
            Some(relative) => relative,
            None if path.is_absolute() => path.file_name().map_or(path, Path::new),
            None => path,
        };
        let parts = path.components().filter(|part| !matches!(part, std::path::Component::CurDir));
        parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}

/// The text with something else in place of a folder; what merely ends like the folder, as an address may, is none.
fn without(text: &str, folder: &str, instead: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut parts = text.split(folder);
    kept.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let goes_on = kept.ends_with(|last: char| last.is_alphanumeric() || "/.-_~".contains(last));
        kept.push_str(if goes_on { folder } else { instead });
        kept.push_str(part);
    }
    kept
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn places(here: &str, checkout: Option<&str>) -> Places {
        Places::new(Some(here.into()), checkout.map(PathBuf::from), Some("/home/ann".into()))
    }

    #[test]
    fn a_file_is_named_from_the_top_of_the_checkout() {
        let here = places("/home/ann/app", None);
        assert_eq!(here.path("./k8s/web.yaml"), "k8s/web.yaml");
        assert_eq!(here.path("/home/ann/app/k8s/web.yaml"), "k8s/web.yaml");
        assert_eq!(here.path("/srv/k8s/web.yaml"), "web.yaml");
        assert_eq!(here.path("../k8s/web.yaml"), "../k8s/web.yaml");
        assert_eq!(places("/w/app/deploy", Some("/w/app")).path("web.yaml"), "deploy/web.yaml");
        assert_eq!(places("/w/app", Some("/elsewhere")).path("web.yaml"), "web.yaml");
    }

    #[test]
    fn no_text_names_a_folder_of_this_machine() {
        let here = places("/home/ann/app", None);
        assert_eq!(here.text("no such file: `/home/ann/app/x`"), "no such file: `x`");
        assert_eq!(here.text("/home/ann/.ssh/x and /home/ann/app/y"), "~/.ssh/x and y");
        for kept in ["https://a/home/ann/x", "/home/annabel/x", "registry/home/ann/x"] {
            assert_eq!(here.text(kept), kept);
        }
        assert_eq!((&*here.text("a\nb"), &*here.file("./a\nb")), ("a\\u{a}b", "a\\u{a}b"));
        assert_eq!(places("/", None).text("/etc/x"), "/etc/x");
    }

    #[test]
    fn what_stood_around_a_folder_begins_no_command() {
        let here = places("/home/ann/app", None);
        assert_eq!(here.text("x#/home/ann/app/#[add-mask]a"), "x#\\u{23}[add-mask]a");
        assert_eq!(here.text("/home/ann/app/::error::x"), "\\u{3a}:error::x");
    }
}
