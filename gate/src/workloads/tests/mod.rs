//! The language of these tests: `uses(text)` is what would be run, `doubts(text)` what may be, `refuses(text, code)`.

mod compose;
mod kinds;
mod pin;
mod text;

use super::{Found, Paths, images, images_of, yaml};

#[track_caller]
fn found(text: &str) -> Found {
    let found = images(text, &Paths::known()).unwrap_or_else(|error| panic!("{error}: {text:.500}"));
    for image in &found.images {
        let at = image.at.as_ref().expect("a place in the text");
        let written = text.get(at.bytes.clone()).expect("a range of the text");
        let reads = written == image.image || yaml::scalar(written).as_ref() == Some(&image.image);
        assert!(reads || image.reference().is_err(), "`{written}` does not read as `{}`", image.image);
    }
    found
}

/// Every image with its path, and no doubts.
#[track_caller]
fn uses(text: &str) -> Vec<(String, String)> {
    let found = found(text);
    assert_eq!(found.doubts, [], "{text:.500}");
    found.images.into_iter().map(|image| (image.path, image.image)).collect()
}

/// Every doubt's path and code.
#[track_caller]
fn doubts(text: &str) -> Vec<(String, &'static str)> {
    found(text).doubts.into_iter().map(|doubt| (doubt.path.clone(), doubt.code())).collect()
}

#[track_caller]
fn refuses(text: &str, code: &str, line: usize) {
    let error = images(text, &Paths::known()).expect_err("refused");
    assert_eq!((error.code(), error.position().map_or(0, |at| at.line)), (code, line), "{error}");
    assert!(!error.hint().is_empty());
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(path, image)| ((*path).to_owned(), (*image).to_owned())).collect()
}

/// The same object, parsed by somebody else: everything but the place is the same.
#[track_caller]
fn agrees(json: &str) {
    let mut by_text = images(json, &Paths::known()).expect("JSON is YAML");
    by_text.images.iter_mut().for_each(|image| image.at = None);
    by_text.doubts.iter_mut().for_each(|doubt| doubt.at = None);
    let object = serde_json::from_str(json).expect("JSON");
    assert_eq!(images_of(&object, &Paths::known()).expect("an object"), by_text);
}
