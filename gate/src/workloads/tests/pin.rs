//! Digests written into manifests.

use super::super::{ImageUse, Paths, images, images_of, pin};
use super::found;
use bulla_verify::Digest;

fn digest() -> Digest {
    Digest::of(b"a manifest")
}

/// The text with all of its images pinned; and pinning that again changes nothing.
#[track_caller]
fn pinned(text: &str) -> String {
    let once = pin_all(text);
    assert_eq!(pin_all(&once), once);
    for (before, after) in found(text).images.iter().zip(found(&once).images) {
        let with =
            if before.image.contains('@') { before.image.clone() } else { format!("{}@{}", before.image, digest()) };
        assert_eq!((after.image, &after.path), (with, &before.path));
    }
    once
}

fn pin_all(text: &str) -> String {
    let found = images(text, &Paths::known()).expect("a manifest");
    let pins: Vec<_> = found.images.iter().map(|image| (image, digest())).collect();
    pin(text, &pins).expect("pinned")
}

#[track_caller]
fn changes(written: &str, expected: &str) {
    let pod = |image: &str| {
        format!("apiVersion: v1\r\nkind: Pod\nspec:\n  containers:   # é\n  - image: {image}\n    name:  \"x\" \n")
    };
    assert_eq!(pinned(&pod(written)), pod(&expected.replace('@', &format!("@{}", digest()))));
}

#[test]
fn only_the_name_changes() {
    changes("a/b:1", "a/b:1@");
    changes("nginx", "nginx@");
    changes("a/b:1   # the tag stays", "a/b:1@   # the tag stays");
    changes("'a/b:1'", "'a/b:1@'");
    changes("\"a/b:1\" # x", "\"a/b:1@\" # x");
    changes("\"a\\x2fb:1\"", "\"a/b:1@\"");
    changes(">-  # why\n      a/b:1\n", ">-  # why\n      a/b:1@\n");
    changes("|-\n      a/b:1\n\n\n", "|-\n      a/b:1@\n\n\n");
    changes("&it !!str a/b:1", "&it !!str a/b:1@");
    changes("localhost:5000/b", "localhost:5000/b@");
}

#[test]
fn every_place_of_every_document_is_pinned_once() {
    let d = digest();
    let text = "services: {a: {image: a/b}, c: {image: 'a/d:1'}}\n---\nx: &x\n  image: e # f\nservices:\n  g: *x\n  h: *x\n---\n# end\n";
    let expected = format!(
        "services: {{a: {{image: a/b@{d}}}, c: {{image: 'a/d:1@{d}'}}}}\n---\nx: &x\n  image: e@{d} # f\nservices:\n  g: *x\n  h: *x\n---\n# end\n"
    );
    assert_eq!(pinned(text), expected);
    let json = r#"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"a\/b:1"},{"image":"a/c"}]}}"#;
    assert_eq!(pinned(json), json.replace("a\\/b:1", &format!("a/b:1@{d}")).replace("a/c", &format!("a/c@{d}")));
}

#[test]
fn what_is_pinned_stays_and_is_not_pinned_otherwise() {
    let text = format!("services: {{a: {{image: 'a/b:1@{}'}}}}", digest());
    assert_eq!(pinned(&text), text);
    let escaped = text.replace('\'', "\"").replace("a/b:1", "a\\x2fb:1");
    assert_eq!(pinned(&escaped), escaped);
    refuses(&text, &found(&text).images[0], Digest::of(b"another"), "image-pinned-otherwise");
}

#[track_caller]
fn refuses(text: &str, image: &ImageUse, digest: Digest, code: &str) {
    assert_eq!(pin(text, &[(image, digest)]).unwrap_err().code(), code);
}

#[test]
fn one_place_has_one_digest() {
    let text = "x: &x {image: a/b}\nservices: {a: *x, b: *x}\n";
    let found = found(text);
    let pins = [(&found.images[0], digest()), (&found.images[1], Digest::of(b"another"))];
    assert_eq!(pin(text, &pins).unwrap_err().code(), "image-pinned-otherwise");
}

#[test]
fn only_an_image_where_it_was_found_is_pinned() {
    let text = "services: {a: {image: a/b}}";
    let image = &found(text).images[0];
    refuses(" services: {a: {image: a/b}}", image, digest(), "manifest-changed");
    refuses("services: {a: {image: é", image, digest(), "manifest-changed");
    refuses("", image, digest(), "manifest-changed");
    let overlapping = ImageUse {
        image: "b".to_owned(),
        at: image.at.clone().map(|mut at| {
            at.bytes.start += 2;
            at
        }),
        ..image.clone()
    };
    assert_eq!(pin(text, &[(image, digest()), (&overlapping, digest())]).unwrap_err().code(), "manifest-changed");
    let parsed = serde_json::json!({ "services": { "a": { "image": "a/b" } } });
    refuses(text, &images_of(&parsed, &Paths::known()).unwrap().images[0], digest(), "manifest-changed");
    for (text, code) in
        [("services: {a: {image: '${X}'}}", "image-unresolved"), ("services: {a: {image: a b}}", "image-malformed")]
    {
        refuses(text, &found(text).images[0], digest(), code);
    }
}
