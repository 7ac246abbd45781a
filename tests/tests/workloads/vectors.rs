//! Manifests that others wrote (`../shared/vectors/manifests`), held against a script that knows nothing of kinds.

use bulla_gate::workloads::{Found, ImageUse, Paths, images, pin};
use bulla_tests::{unless_skipped, vectors};
use bulla_verify::Digest;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Line, column, path, image.
type Place = (usize, usize, String, String);

/// Every YAML file below `folder`, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "yml") => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> (String, Found) {
    let text = fs::read_to_string(path).expect("a text");
    let found = images(&text, &Paths::known()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (text, found)
}

fn places(found: &Found) -> Vec<Place> {
    let place = |image: &ImageUse| {
        let at = image.at.as_ref().expect("a place");
        (at.line, at.column, image.path.clone(), image.image.clone())
    };
    let mut places: Vec<_> = found.images.iter().map(place).collect();
    places.sort();
    places
}

/// What the script finds in each file, or why it reads none of it.
fn by_script(files: &[PathBuf]) -> Option<Vec<Result<Vec<Place>, String>>> {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    let there = python(&["-c", "import yaml"]).is_ok_and(|output| output.status.success());
    if !unless_skipped(there, "there is no `python3` with PyYAML on this machine") {
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/images.py");
    let output = Command::new("python3").arg(script).args(files).output().expect("the script runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer = |line: &[u8]| {
        let (_, mut found, error): (String, Vec<Place>, Option<String>) = serde_json::from_slice(line).expect("JSON");
        found.sort();
        error.map_or(Ok(found), Err)
    };
    Some(output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(answer).collect())
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts belong to the report")]
fn every_image_of_the_manifests_is_found_where_a_script_finds_it() {
    let Some(folder) = vectors("manifests") else { return };
    let files = files(&folder);
    assert!(files.len() >= 24, "{}", files.len());
    let Some(expected) = by_script(&files) else { return };
    assert_eq!(files.len(), expected.len());
    let (mut count, mut named) = (0, 0);
    for (path, expected) in files.iter().zip(expected) {
        let (_, found) = read(path);
        assert_eq!(found.doubts, [], "{}", path.display());
        assert_eq!(places(&found), expected.expect("PyYAML reads it"), "{}", path.display());
        count += found.images.len();
        named += found.images.iter().filter(|image| image.reference().is_ok()).count();
    }
    println!("{count} images in {} files, {named} of them with a name that can be asked for", files.len());
    assert!(count >= 100 && named == count, "{named} of {count}");
}

#[test]
fn pinning_the_manifests_changes_their_images_and_nothing_else() {
    let Some(folder) = vectors("manifests") else { return };
    for path in files(&folder) {
        let (text, found) = read(&path);
        let digest = Digest::of(text.as_bytes());
        let pins: Vec<_> = found.images.iter().map(|image| (image, digest)).collect();
        let pinned = pin(&text, &pins).expect("pinned");
        assert_eq!(pinned.replace(&format!("@{digest}"), ""), text);
        let again = images(&pinned, &Paths::known()).expect("a manifest");
        let names: Vec<_> = again.images.iter().map(|image| image.image.clone()).collect();
        let expected: Vec<_> = found.images.iter().map(|image| format!("{}@{digest}", image.image)).collect();
        assert_eq!(names, expected);
    }
}

/// None of them is malformed; here each is broken in one line, and that line is named.
#[test]
fn a_broken_line_of_a_manifest_is_named() {
    let Some(folder) = vectors("manifests") else { return };
    for path in files(&folder) {
        let (text, found) = read(&path);
        let Some(at) = found.images.first().and_then(|image| image.at.as_ref()) else { continue };
        let broken = |line: &str| {
            let lines = text.lines().take(at.line).chain([line]).chain(text.lines().skip(at.line));
            let broken = lines.collect::<Vec<_>>().join("\n");
            let error = images(&broken, &Paths::known()).expect_err(line);
            (error.code(), error.position().map(|position| position.line))
        };
        let line = Some(at.line + 1);
        assert_eq!(broken("@broken: 1"), ("manifest-malformed", line), "{}", path.display());
        assert_eq!(broken("{{- if .Values.x }}"), ("manifest-template", line), "{}", path.display());
    }
}

/// Policies are no manifests, but YAML that people write: what we do not read, others do not either, or it is refused on purpose.
#[test]
#[expect(clippy::print_stdout, reason = "the counts belong to the report")]
fn what_a_common_reader_reads_is_read_or_refused_on_purpose() {
    let folders: Option<Vec<_>> = ["manifests", "policies", "cluster-image-policy"].map(vectors).into_iter().collect();
    let Some(folders) = folders else { return };
    let files: Vec<_> = folders.iter().flat_map(|folder| files(folder)).collect();
    let Some(answers) = by_script(&files) else { return };
    let (mut both, mut neither, mut ours) = (0, 0, Vec::new());
    for (path, theirs) in files.iter().zip(answers) {
        let text = fs::read_to_string(path).expect("a text");
        match (images(&text, &Paths::known()), theirs) {
            (Ok(_), Ok(_)) => both += 1,
            (Err(_), Err(_)) => neither += 1,
            (Err(error), Ok(_)) => ours.push((path, error)),
            (Ok(_), Err(error)) => panic!("{}: PyYAML does not read it: {error}", path.display()),
        }
    }
    println!("{both} files read by both, {neither} by neither, {} refused by us alone", ours.len());
    assert!(both >= 60, "{both}");
    for (path, error) in ours {
        // connaisseur's cases are lists.
        assert_eq!(error.code(), "manifest-not-an-object", "{}: {error}", path.display());
    }
}
