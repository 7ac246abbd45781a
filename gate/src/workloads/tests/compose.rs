//! Compose files.

use super::super::{ImageUse, Object, reference};
use super::{doubts, found, owned, uses};

#[test]
fn services_have_images_unless_they_are_only_built() {
    let text = "services:\n  web:\n    image: nginx:1\n    build: .\n  api:\n    build: {context: api}\n  db: {image: 'a/db'}\n";
    assert_eq!(uses(text), owned(&[("services.web.image", "nginx:1"), ("services.db.image", "a/db")]));
    let object = Object { kind: "service".to_owned(), name: Some("web".to_owned()), ..Object::default() };
    assert_eq!(found(text).images[0].object, object);
    assert_eq!(uses("services:\n"), []);
}

#[test]
fn mounted_images_are_run_too() {
    let text = "services: {a: {image: a/b, volumes: ['x:/y', {type: image, source: a/c:1, target: /z}, {type: bind, source: ./d}]}}";
    assert_eq!(uses(text), owned(&[("services.a.image", "a/b"), ("services.a.volumes[1].source", "a/c:1")]));
}

#[test]
fn other_files_and_what_is_new_are_in_doubt() {
    let text = "include: [x.yaml]\nservices:\n  a:\n    extends: {file: b.yaml, service: c}\n  d:\n    extends: a\n    hook: {image: e}\n    environment: {IMAGE: x}\n";
    let expected = [
        ("include", "image-elsewhere"),
        ("services.a.extends.file", "image-elsewhere"),
        ("services.d.hook.image", "image-of-unknown-kind"),
    ];
    assert_eq!(doubts(text), expected.map(|(path, code)| (path.to_owned(), code)));
    assert_eq!(found(text).doubts[1].to_string(), "services.a.extends.file of service a names another file: `b.yaml`");
}

#[test]
fn what_is_merged_is_found_where_it_is_written() {
    let text = "x-base: &base\n  image: a/b:1\n  restart: always\nservices:\n  one:\n    <<: *base\n  two:\n    <<: [*base, {image: a/c}]\n  three:\n    <<: *base\n    image: a/d\n";
    let expected = [("services.one.image", "a/b:1"), ("services.two.image", "a/b:1"), ("services.three.image", "a/d")];
    assert_eq!(uses(text), owned(&expected));
    let lines: Vec<_> = found(text).images.iter().map(|image| image.at.as_ref().expect("a place").line).collect();
    assert_eq!(lines, [2, 2, 11]);
}

#[track_caller]
fn unresolved(image: &str) {
    let text = format!("services: {{a: {{image: \"{image}\"}}}}");
    let found = found(&text);
    let [ImageUse { image: read, .. }] = &found.images[..] else { panic!("one image") };
    let error = found.images[0].reference().unwrap_err();
    assert_eq!((&**read, error.code()), (image, "image-unresolved"));
}

#[test]
fn variables_are_not_guessed() {
    for image in ["${REGISTRY}/app:1", "app:${TAG:-latest}", "$IMAGE", "{{ .Values.image }}", "$(params.image)"] {
        unresolved(image);
    }
}

#[test]
fn names_without_a_registry_are_docker_hubs() {
    for (image, full) in [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1", "docker.io/library/nginx:1"),
        ("acme/app:1", "docker.io/acme/app:1"),
        ("index.docker.io/acme/app", "docker.io/acme/app"),
        ("index.docker.io/nginx", "docker.io/library/nginx"),
        ("localhost/app", "localhost/app"),
        ("build:5000/app:1", "build:5000/app:1"),
        ("r.io/a/b/c:1", "r.io/a/b/c:1"),
    ] {
        assert_eq!(reference(image).map(|reference| reference.to_string()).as_deref(), Ok(full));
    }
    for image in ["", "Nginx", "a b", "nginx:", " nginx", "nginx\n", "r.io/A", "nginx@sha256:12"] {
        assert_eq!(reference(image).unwrap_err().code(), "image-malformed", "{image}");
    }
}
