//! Layouts: what is written is found, what is broken is refused, writers wait for each other.

use super::*;
use crate::annotations::Annotations;
use crate::manifest::{OCI_INDEX, OCI_MANIFEST};

fn layout(dir: &Path) -> Layout {
    Layout::new(dir, &Options::default())
}

fn image(layout: &Layout, seed: &str, subject: Option<&Descriptor>) -> String {
    let config = layout.push_blob(seed.as_bytes()).unwrap();
    let subject = subject.map(|subject| {
        let (kind, digest, size) = (&subject.media_type, subject.digest, subject.size);
        format!(r#","subject":{{"mediaType":"{kind}","digest":"{digest}","size":{size}}}"#)
    });
    let (digest, size, subject) = (config.digest, config.size, subject.unwrap_or_default());
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"a/b","digest":"{digest}","size":{size}}},"layers":[]{subject}}}"#
    )
}

/// An image whose configuration needs not be there.
fn image_text(seed: &str) -> String {
    let (digest, size) = (Digest::of(seed.as_bytes()), seed.len());
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"a/b","digest":"{digest}","size":{size}}},"layers":[]}}"#
    )
}

fn push(layout: &Layout, seed: &str, tag: Option<&str>) -> Descriptor {
    layout.push_manifest(OCI_MANIFEST, image(layout, seed, None).as_bytes(), tag).unwrap()
}

fn refer(layout: &Layout, seed: &str, subject: &Descriptor) -> Descriptor {
    let text = image(layout, seed, Some(subject));
    let referrer = layout.push_manifest(OCI_MANIFEST, text.as_bytes(), None).unwrap();
    layout.list_referrer(subject, &referrer).unwrap();
    referrer
}

/// Lists a referrer of `subject` whose manifest has exactly `size` bytes, `times` times.
fn refer_large(layout: &Layout, size: usize, subject: &Descriptor, times: usize) -> Descriptor {
    let text = image(layout, "large", Some(subject));
    let text = text.trim_end_matches('}').to_owned() + r#"},"annotations":{"pad":""#;
    let text = format!(r#"{text}{}"}}}}"#, "x".repeat(size - text.len() - 3));
    let referrer = layout.push_manifest(OCI_MANIFEST, text.as_bytes(), None).unwrap();
    assert_eq!(referrer.size, u64::try_from(size).unwrap());
    layout
        .change_index(|index| {
            (0..times).for_each(|_| index.add(&referrer));
            true
        })
        .unwrap();
    referrer
}

/// The bytes that are allocated while `ask` runs: whatever is read has to be put somewhere.
fn allocated<T>(ask: impl FnOnce() -> T) -> u64 {
    allocation_counter::measure(|| drop(ask())).bytes_total
}

#[test]
fn a_manifest_that_is_listed_a_thousand_times_is_read_once() {
    let dir = tempfile::tempdir().unwrap();
    let subject = push(&layout(dir.path()), "subject", Some("a"));
    refer_large(&layout(dir.path()), budget::REFERRER_BYTES, &subject, budget::REFERRERS - 1);
    let (asked, unpicked) = (layout(dir.path()), layout(dir.path()));
    let cost = allocated(|| assert_eq!(asked.referrers(&subject.digest).unwrap().len(), 1));
    assert!(cost < 16 << 20, "referrers: {cost} bytes");
    let cost = allocated(|| assert_eq!(unpicked.resolve_unpicked().unwrap(), subject));
    assert!(cost < 16 << 20, "the only image: {cost} bytes");
}

#[test]
fn nothing_is_read_again_for_the_next_image() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout(dir.path());
    let subject = push(&layout, "subject", Some("a"));
    refer_large(&layout, budget::REFERRER_BYTES, &subject, 1);
    let first = allocated(|| layout.referrers(&subject.digest).unwrap());
    let next = allocated(|| layout.referrers(&Digest::of(b"another image")).unwrap());
    assert!(next < first / 4, "{first} bytes, then {next}");
    let late = refer(&layout, "late", &subject);
    assert!(layout.referrers(&subject.digest).unwrap().iter().any(|listed| listed.digest == late.digest));
}

#[test]
fn one_byte_past_the_limit_is_no_referrer() {
    for (size, found, images) in [(budget::REFERRER_BYTES, 1, 1), (budget::REFERRER_BYTES + 1, 0, 2)] {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let subject = push(&layout, "subject", Some("a"));
        let referrer = refer_large(&layout, size, &subject, 1);
        assert_eq!(layout.referrers(&subject.digest).unwrap().len(), found);
        assert_eq!(layout.referrer(&referrer).is_ok(), found == 1);
        assert_eq!(layout.resolve_unpicked().is_ok(), images == 1);
        // Who lists it as smaller than it is gets an error, and not a shorter list.
        let lying = Descriptor { size: 10, ..referrer };
        assert_eq!(layout.referrer(&lying).is_ok(), found == 1);
        layout.change_index(|index| (index.add(&lying), true).1).unwrap();
        let listed = layout.referrers(&subject.digest).map(|listed| listed.len());
        assert_eq!(listed.map_err(|error| error.code()), if found == 1 { Ok(1) } else { Err("too-large") });
    }
}

#[test]
fn the_deadline_counts_for_layouts_too() {
    let dir = tempfile::tempdir().unwrap();
    let subject = push(&layout(dir.path()), "subject", Some("a"));
    let late = Layout::new(dir.path(), &Options { deadline: std::time::Duration::ZERO, ..Options::default() });
    let errors = [
        late.resolve("a").map(drop),
        late.resolve_unpicked().map(drop),
        late.manifest(&subject.digest).map(drop),
        late.referrers(&subject.digest).map(drop),
        late.push_blob(b"x").map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert!(error.code() == "deadline-exceeded" && error.is_unavailable(), "{error}");
    }
}

#[test]
fn what_is_pushed_is_found_by_tag_digest_and_alone() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout(&dir.path().join("new/layout"));
    let pushed = push(&layout, "one", Some("1.4"));
    assert_eq!(layout.resolve("1.4").unwrap(), pushed);
    assert_eq!(layout.resolve_unpicked().unwrap(), pushed);
    assert_eq!(layout.manifest(&pushed.digest).unwrap().descriptor, pushed);
    let referrer = refer(&layout, "about one", &pushed);
    assert_eq!(layout.resolve_unpicked().unwrap(), pushed);
    assert_eq!(layout.referrers(&pushed.digest).unwrap().first().unwrap().digest, referrer.digest);
    layout.list_referrer(&pushed, &referrer).unwrap();
    assert_eq!(layout.referrers(&pushed.digest).unwrap().len(), 1);
    assert_eq!(layout.referrers(&referrer.digest).unwrap(), []);
}

#[test]
fn a_tag_moves_and_several_images_are_ambiguous() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout(dir.path());
    push(&layout, "one", Some("a"));
    let two = push(&layout, "two", Some("a"));
    assert_eq!(layout.resolve("a").unwrap(), two);
    assert_eq!(layout.resolve_unpicked().unwrap(), two);
    push(&layout, "three", Some("b"));
    assert_eq!(layout.resolve_unpicked().unwrap_err().code(), "ambiguous-layout");
    assert!(layout.resolve("c").unwrap_err().is_absent());
}

#[test]
fn a_tag_on_two_images_is_ambiguous_and_on_one_image_twice_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout(dir.path());
    let tagged = |seed| {
        let pushed = push(&layout, seed, None);
        let entry = Descriptor { annotations: Annotations::default().with(REF_NAME, "a"), ..pushed.clone() };
        layout.change_index(|index| (index.add(&entry), true).1).unwrap();
        pushed
    };
    let one = tagged("one");
    tagged("one");
    assert_eq!(layout.resolve("a").unwrap(), one);
    tagged("two");
    let error = layout.resolve("a").unwrap_err();
    assert_eq!((error.code(), error.is_absent()), ("ambiguous-tag", false));
    assert_eq!(layout.manifest(&one.digest).unwrap().descriptor, one);
}

#[test]
fn changed_and_oversized_bytes_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout(dir.path());
    let blob = layout.push_blob(b"hello").unwrap();
    push(&layout, "x", Some("a"));
    let lying = Descriptor { size: 4, ..blob.clone() };
    assert_eq!(layout.blob(&lying).unwrap_err().code(), "size-mismatch");
    std::fs::write(layout.blob_path(&blob.digest), b"hellO").unwrap();
    assert_eq!(layout.blob(&blob).unwrap_err().code(), "digest-mismatch");
    std::fs::write(layout.blob_path(&blob.digest), vec![0; budget::BLOB_BYTES + 1]).unwrap();
    assert_eq!(layout.blob(&blob).unwrap_err().code(), "too-large");
    layout.push_blob(b"hello").unwrap();
    assert_eq!(layout.blob(&blob).unwrap(), b"hello");
}

#[test]
fn a_folder_that_is_no_layout_is_neither_read_nor_written() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(layout(dir.path()).resolve("a").unwrap_err().code(), "not-a-layout");
    std::fs::write(dir.path().join("thesis.txt"), "x").unwrap();
    assert_eq!(layout(dir.path()).push_blob(b"x").unwrap_err().code(), "not-a-layout");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// What `ask` comes to, if it comes to something: what hangs is left behind.
#[cfg(unix)]
#[track_caller]
fn soon<T: Send + 'static>(ask: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let (sender, answered) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(ask()));
    answered.recv_timeout(std::time::Duration::from_secs(5)).expect("an answer, and not a hang")
}

#[cfg(unix)]
#[test]
fn a_pipe_a_device_a_socket_or_a_folder_is_no_file_of_a_layout() {
    let pipe = |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let device = |path: &Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    // A socket's path has to be short.
    let socket = |path: &Path| {
        let dir = tempfile::tempdir().unwrap();
        drop(std::os::unix::net::UnixListener::bind(dir.path().join("s")).unwrap());
        std::fs::rename(dir.path().join("s"), path).unwrap();
    };
    let folder = |path: &Path| std::fs::create_dir(path).unwrap();
    let kinds: [&dyn Fn(&Path); 4] = [&pipe, &device, &socket, &folder];
    for put in kinds {
        let refuses = |there: &dyn Fn(&Layout, &Digest) -> PathBuf| {
            let dir = tempfile::tempdir().unwrap();
            let (reader, writer) = (layout(dir.path()), layout(dir.path()));
            let image = push(&reader, "one", Some("a"));
            let path = there(&reader, &image.digest);
            std::fs::remove_file(&path).unwrap();
            put(&path);
            let read = soon(move || reader.resolve("a")).unwrap_err();
            assert!(read.code() == "not-a-plain-file" && read.is_unavailable() && read.hint().is_some(), "{read}");
            soon(move || writer.change_index(|_| true))
        };
        let in_index = refuses(&|layout, _| layout.dir.join("index.json"));
        let in_marker = refuses(&|layout, _| layout.dir.join("oci-layout"));
        assert!([in_index, in_marker].iter().all(|written| written.is_err()));
        refuses(&|layout, digest| layout.blob_path(digest)).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_in_place_of_a_folder() {
    for part in ["blobs", "blobs/sha256"] {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let layout = layout(dir.path());
        let image = push(&layout, "one", Some("a"));
        let link = || std::os::unix::fs::symlink(outside.path().join(part), dir.path().join(part)).unwrap();
        std::fs::create_dir(outside.path().join("blobs")).unwrap();
        std::fs::rename(dir.path().join(part), outside.path().join(part)).unwrap();
        link();
        // Reading through it is harmless: what is read is hashed.
        assert_eq!(layout.resolve("a").unwrap(), image);
        let refused = |error: Error| assert!(error.code() == "link-refused" && error.hint().is_some(), "{error}");
        refused(layout.push_blob(b"two").unwrap_err());
        refused(layout.push_manifest(OCI_MANIFEST, image_text("two").as_bytes(), Some("b")).unwrap_err());
        let all = std::fs::read_dir(outside.path().join("blobs/sha256")).unwrap().count();
        assert_eq!(all, 2, "the configuration and the manifest that were there");
        // The same where there is no layout yet.
        std::fs::remove_file(dir.path().join("oci-layout")).unwrap();
        refused(layout.push_blob(b"two").unwrap_err());
        // And where the link leads nowhere.
        std::fs::remove_dir_all(outside.path().join("blobs")).unwrap();
        refused(layout.push_blob(b"two").unwrap_err());
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

#[cfg(unix)]
#[test]
fn waiting_for_the_lock_does_not_wait_for_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    assert!(std::process::Command::new("mkfifo").arg(dir.path().join("oci-layout")).status().unwrap().success());
    let path = dir.path().to_owned();
    let held = soon(move || files::lock(&path, &layout(&path).pace));
    assert_eq!(held.unwrap_err().code(), "not-a-plain-file");
}

#[test]
fn twenty_writers_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let subject = push(&layout(dir.path()), "subject", Some("a"));
    std::thread::scope(|scope| {
        for writer in 0..20 {
            let (dir, subject) = (dir.path(), &subject);
            scope.spawn(move || refer(&layout(dir), &writer.to_string(), subject));
        }
    });
    assert_eq!(layout(dir.path()).referrers(&subject.digest).unwrap().len(), 20);
    let left = std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name()).collect::<Vec<_>>();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_raised_flag_stops_writing() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::default();
    options.cancel.raise();
    let layout = Layout::new(dir.path(), &options);
    assert_eq!(layout.push_blob(b"x").unwrap_err().code(), "cancelled");
}

#[test]
fn an_index_is_an_image_too() {
    let dir = tempfile::tempdir().unwrap();
    let layout = layout(dir.path());
    let child = push(&layout, "child", None);
    let (kind, digest, size) = (&child.media_type, child.digest, child.size);
    let text =
        format!(r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{kind}","digest":"{digest}","size":{size}}}]}}"#);
    let index = layout.push_manifest(OCI_INDEX, text.as_bytes(), Some("multi")).unwrap();
    assert_eq!(layout.resolve_unpicked().unwrap(), index);
}
