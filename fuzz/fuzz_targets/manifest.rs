//! A manifest of any text never panics; each image is where it is said to be, and what is pinned is found again as pinned.
#![no_main]

use bulla_gate::workloads::{ImageUse, ManifestError, Paths, images, pin};
use bulla_verify::Digest;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let paths = Paths::known();
    let Ok(found) = images(text, &paths) else { return };
    let digest = Digest::of(text.as_bytes());
    // What else is written there is refused by whoever is asked for it, and is not pinned.
    let names: Vec<&ImageUse> = found.images.iter().filter(|image| image.reference().is_ok()).collect();
    for image in &names {
        let written = &text[image.at.clone().expect("a place").bytes];
        assert!(written == image.image || reads(written) == image.image, "{written:?} is not {:?}", image.image);
    }
    let free: Vec<_> =
        names.into_iter().filter(|image| !image.image.contains('@')).map(|image| (image, digest)).collect();
    let pinned = pin(text, &free).expect("pinned");
    // With an alias, the name of an image can be anything else, too, and pinning it changes that.
    if text.contains('*') {
        return;
    }
    let again = match images(&pinned, &paths) {
        Err(ManifestError::OverBudget { .. }) => return,
        again => again.expect("a manifest as before"),
    };
    let expected = |image: &ImageUse| match free.iter().any(|(free, _)| *free == image) {
        true => format!("{}@{digest}", image.image),
        false => image.image.clone(),
    };
    let expected: Vec<_> = found.images.iter().map(expected).collect();
    assert_eq!(again.images.iter().map(|image| image.image.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(again.doubts.len(), found.doubts.len());
});

/// What a value is read as by itself.
fn reads(written: &str) -> String {
    let found = images(&format!("services: {{a: {{image: {written}}}}}"), &Paths::known()).expect("a value");
    found.images.first().expect("an image").image.clone()
}
