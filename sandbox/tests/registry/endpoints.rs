//! The endpoints, as docker, cosign, crane and oras use them.

use crate::client::{Answer, Client};
use bulla_sandbox::{Auth, Config, Registry};
use bulla_verify::Digest;
use serde_json::json;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn started(config: Config) -> (Registry, Client) {
    let registry = Registry::start(config).unwrap();
    let client = Client::new(&registry.host());
    (registry, client)
}

fn push_blob(client: &mut Client, name: &str, bytes: &[u8]) -> Answer {
    let target = format!("/v2/{name}/blobs/uploads/?digest={}", Digest::of(bytes));
    client.ask("POST", &target, &[], bytes)
}

fn put_manifest(client: &mut Client, name: &str, reference: &str, bytes: &[u8]) -> Answer {
    client.ask("PUT", &format!("/v2/{name}/manifests/{reference}"), &[("Content-Type", MANIFEST)], bytes)
}

fn descriptor(media_type: &str, bytes: &[u8]) -> serde_json::Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len() })
}

/// An image of one layer, its parts pushed.
fn image(client: &mut Client, name: &str) -> Vec<u8> {
    push_blob(client, name, b"{}").expect(201);
    push_blob(client, name, b"layer").expect(201);
    let config = descriptor("application/vnd.oci.image.config.v1+json", b"{}");
    let layer = descriptor("application/vnd.oci.image.layer.v1.tar", b"layer");
    let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer] });
    manifest.to_string().into_bytes()
}

/// A referrer of `subject`, told apart by its number.
fn referrer(subject: &[u8], number: usize) -> Vec<u8> {
    let config = descriptor("application/vnd.oci.empty.v1+json", b"{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE, "config": config, "layers": [],
        "subject": descriptor(MANIFEST, subject), "annotations": { "number": number.to_string() },
    });
    manifest.to_string().into_bytes()
}

#[test]
fn an_image_comes_back_as_it_was_pushed_by_tag_and_by_digest() {
    let (registry, mut client) = started(Config::with_referrers());
    client.get("/v2/").expect(200);
    let image = image(&mut client, "acme/app");
    let digest = Digest::of(&image).to_string();
    let put = put_manifest(&mut client, "acme/app", "1.4", &image).expect(201);
    assert_eq!(put.header("docker-content-digest"), Some(digest.as_str()));
    for reference in ["1.4", &digest] {
        let found = client.get(&format!("/v2/acme/app/manifests/{reference}")).expect(200);
        assert_eq!(found.body, image);
        assert_eq!(found.header("content-type"), Some(MANIFEST));
        assert_eq!(found.header("docker-content-digest"), Some(digest.as_str()));
        let head = client.ask("HEAD", &format!("/v2/acme/app/manifests/{reference}"), &[], b"").expect(200);
        assert_eq!(head.header("content-length"), Some(image.len().to_string().as_str()));
    }
    assert_eq!(registry.tags("acme/app"), ["1.4"]);
    assert_eq!(registry.manifests("acme/app"), [Digest::of(&image)]);
    assert_eq!(registry.content("acme/app", &Digest::of(b"layer")).unwrap(), b"layer");
}

#[test]
fn a_blob_arrives_whole_in_chunks_or_from_another_repository() {
    let (_registry, mut client) = started(Config::with_referrers());
    let (bytes, digest) = (b"hello, registry", Digest::of(b"hello, registry"));
    let begun = client.ask("POST", "/v2/a/blobs/uploads/", &[], b"").expect(202);
    let place = begun.header("location").unwrap().to_owned();
    let next = client.ask("PATCH", &place, &[("Content-Range", "0-4")], &bytes[..5]).expect(202);
    assert_eq!(next.header("range"), Some("0-4"));
    client.ask("PATCH", &place, &[("Content-Range", "9-14")], &bytes[9..]).refused(416, "BLOB_UPLOAD_INVALID");
    let place = next.header("location").unwrap().to_owned();
    assert_eq!(client.get(&place).expect(204).header("range"), Some("0-4"));
    let encoded = digest.to_string().replace(':', "%3A");
    client.ask("PUT", &format!("{place}&digest={encoded}"), &[], &bytes[5..]).expect(201);
    assert_eq!(client.get(&format!("/v2/a/blobs/{digest}")).expect(200).body, bytes);

    client.ask("POST", &format!("/v2/b/blobs/uploads/?mount={digest}&from=a"), &[], b"").expect(201);
    let head = client.ask("HEAD", &format!("/v2/b/blobs/{digest}"), &[], b"").expect(200);
    assert_eq!(head.header("content-length"), Some("15"));
    client.ask("POST", &format!("/v2/c/blobs/uploads/?mount={digest}&from=nowhere"), &[], b"").expect(202);
}

#[test]
fn chunked_transfer_and_expect_continue_are_read() {
    let (_registry, mut client) = started(Config::with_referrers());
    let target = format!("/v2/a/blobs/uploads/?digest={}", Digest::of(b"hello"));
    client.raw(
        format!("POST {target} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n").as_bytes(),
    );
    assert_eq!(client.answer(true).unwrap().status, 100);
    client.raw(b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: yes\r\n\r\n");
    assert_eq!(client.answer(false).unwrap().status, 201);
}

#[test]
fn content_that_is_not_what_its_digest_says_is_not_kept() {
    let (registry, mut client) = started(Config::with_referrers());
    let wrong = Digest::of(b"other");
    client.ask("POST", &format!("/v2/a/blobs/uploads/?digest={wrong}"), &[], b"this").refused(400, "DIGEST_INVALID");
    client.get(&format!("/v2/a/blobs/{wrong}")).refused(404, "BLOB_UNKNOWN");
    let image = image(&mut client, "a");
    put_manifest(&mut client, "a", &wrong.to_string(), &image).refused(400, "DIGEST_INVALID");
    client.ask("POST", "/v2/a/blobs/uploads/?digest=sha512:00", &[], b"").refused(400, "DIGEST_INVALID");
    assert_eq!(registry.manifests("a"), []);
}

#[test]
fn a_manifest_without_its_parts_or_of_another_type_is_not_kept() {
    let (registry, mut client) = started(Config::with_referrers());
    let image = image(&mut client, "a");
    put_manifest(&mut client, "b", "1", &image).refused(400, "MANIFEST_BLOB_UNKNOWN");
    put_manifest(&mut client, "a", "1", b"[]").refused(400, "MANIFEST_INVALID");
    let index = [("Content-Type", "application/vnd.oci.image.index.v1+json")];
    client.ask("PUT", "/v2/a/manifests/1", &index, &image).refused(400, "MANIFEST_INVALID");
    assert!(registry.tags("a").is_empty() && registry.manifests("a").is_empty());
}

#[test]
fn what_is_deleted_is_gone() {
    let (registry, mut client) = started(Config::with_referrers());
    let image = image(&mut client, "a");
    let digest = Digest::of(&image);
    for tag in ["1", "2", "3"] {
        put_manifest(&mut client, "a", tag, &image).expect(201);
    }
    client.ask("DELETE", "/v2/a/manifests/1", &[], b"").expect(202);
    assert_eq!(registry.tags("a"), ["2", "3"]);
    client.ask("DELETE", &format!("/v2/a/manifests/{digest}"), &[], b"").expect(202);
    client.get("/v2/a/manifests/2").refused(404, "MANIFEST_UNKNOWN");
    client.ask("DELETE", &format!("/v2/a/blobs/{}", Digest::of(b"layer")), &[], b"").expect(202);
    client.get(&format!("/v2/a/blobs/{}", Digest::of(b"layer"))).refused(404, "BLOB_UNKNOWN");
    assert!(registry.tags("a").is_empty());
}

#[test]
fn tags_are_listed_in_order_and_in_pages() {
    let (_registry, mut client) = started(Config::with_referrers());
    let image = image(&mut client, "a");
    for tag in ["b", "a", "c"] {
        put_manifest(&mut client, "a", tag, &image).expect(201);
    }
    let first = client.get("/v2/a/tags/list?n=2").expect(200);
    assert_eq!(first.json()["tags"], json!(["a", "b"]));
    let next = first.header("link").unwrap().split(['<', '>']).nth(1).unwrap().to_owned();
    let second = client.get(&next).expect(200);
    assert_eq!(second.json()["tags"], json!(["c"]));
    assert_eq!(second.header("link"), None);
    client.get("/v2/nowhere/tags/list").refused(404, "NAME_UNKNOWN");
}

#[test]
fn referrers_are_listed_with_type_and_annotations_and_can_be_filtered() {
    let (_registry, mut client) = started(Config::with_referrers());
    let image = image(&mut client, "a");
    let (subject, bundle) = (Digest::of(&image), referrer(&image, 1));
    let listing = format!("/v2/a/referrers/{subject}");
    assert_eq!(client.get(&listing).expect(200).json()["manifests"], json!([]));
    let put = put_manifest(&mut client, "a", &Digest::of(&bundle).to_string(), &bundle).expect(201);
    assert_eq!(put.header("oci-subject"), Some(subject.to_string().as_str()));
    let mut expected = descriptor(MANIFEST, &bundle);
    expected["artifactType"] = json!(BUNDLE);
    expected["annotations"] = json!({ "number": "1" });
    assert_eq!(client.get(&listing).json()["manifests"], json!([expected]));
    let filtered = client.get(&format!("{listing}?artifactType=other"));
    assert_eq!(filtered.header("oci-filters-applied"), Some("artifactType"));
    assert_eq!(filtered.json()["manifests"], json!([]));
}

#[test]
fn referrers_come_in_pages_that_a_link_joins() {
    let (_registry, mut client) = started(Config { referrers_page: Some(2), ..Config::with_referrers() });
    let image = image(&mut client, "a");
    for number in 0..5 {
        let bundle = referrer(&image, number);
        put_manifest(&mut client, "a", &Digest::of(&bundle).to_string(), &bundle).expect(201);
    }
    let mut next = Some(format!("/v2/a/referrers/{}?artifactType={}", Digest::of(&image), BUNDLE.replace('+', "%2B")));
    let mut sizes = Vec::new();
    while let Some(target) = next {
        let page = client.get(&target).expect(200);
        sizes.push(page.json()["manifests"].as_array().unwrap().len());
        next = page.header("link").map(|link| link.split(['<', '>']).nth(1).unwrap().to_owned());
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[test]
fn without_the_referrers_api_there_is_neither_listing_nor_header() {
    let (_registry, mut client) = started(Config::without_referrers());
    let image = image(&mut client, "a");
    let bundle = referrer(&image, 1);
    let put = put_manifest(&mut client, "a", &Digest::of(&bundle).to_string(), &bundle).expect(201);
    assert_eq!(put.header("oci-subject"), None);
    client.get(&format!("/v2/a/referrers/{}", Digest::of(&image))).expect(404);
}

#[test]
fn the_quirk_lists_the_config_type_and_filters_nothing() {
    let (_registry, mut client) = started(Config::like_go_containerregistry());
    let image = image(&mut client, "a");
    let bundle = referrer(&image, 1);
    put_manifest(&mut client, "a", &Digest::of(&bundle).to_string(), &bundle).expect(201);
    let listing = client.get(&format!("/v2/a/referrers/{}?artifactType=other", Digest::of(&image))).expect(200);
    assert_eq!(listing.json()["manifests"][0]["artifactType"], "application/vnd.oci.empty.v1+json");
    assert_eq!(listing.header("oci-filters-applied"), None);
}

#[test]
fn basic_authentication_admits_the_password_only() {
    let auth = Auth::Basic { username: "hugo".into(), password: "pw".into() };
    let (registry, mut client) = started(Config { auth: Some(auth), ..Config::with_referrers() });
    let challenge = client.get("/v2/").expect(401);
    assert_eq!(challenge.header("www-authenticate"), Some("Basic realm=\"bulla-sandbox\""));
    client.ask("GET", "/v2/", &[("Authorization", "Basic aHVnbzpwdw==")], b"").expect(200);
    client.ask("GET", "/v2/", &[("Authorization", "Basic aHVnbzpwVw==")], b"").refused(401, "UNAUTHORIZED");
    assert_eq!(registry.requests().iter().map(|r| r.authorization).collect::<Vec<_>>(), [false, true, true]);
}

fn bearer(anonymous_pull: bool) -> Config {
    let auth = Auth::Bearer { username: "hugo".into(), password: "pw".into(), anonymous_pull, realm: None };
    Config { auth: Some(auth), ..Config::with_referrers() }
}

fn token(client: &mut Client, scope: &str, headers: &[(&str, &str)]) -> String {
    let answer = client.ask("GET", &format!("/token?service=bulla-sandbox&scope={scope}"), headers, b"").expect(200);
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

#[test]
fn a_token_is_good_for_its_repository_and_actions() {
    let (registry, mut client) = started(bearer(false));
    let challenge = client.get("/v2/a/tags/list").expect(401);
    let realm =
        format!("Bearer realm=\"{}/token\",service=\"bulla-sandbox\",scope=\"repository:a:pull\"", registry.url());
    assert_eq!(challenge.header("www-authenticate"), Some(realm.as_str()));
    client.get("/token?scope=repository:a:pull").refused(401, "UNAUTHORIZED");

    let pull = token(&mut client, "repository:a:pull", &[("Authorization", "Basic aHVnbzpwdw==")]);
    let with = [("Authorization", pull.as_str())];
    client.ask("GET", "/v2/a/tags/list", &with, b"").expect(404);
    let short = client.ask("POST", "/v2/a/blobs/uploads/", &with, b"").expect(401);
    assert!(short.header("www-authenticate").unwrap().ends_with("pull,push\",error=\"insufficient_scope\""));
    client.ask("GET", "/v2/b/tags/list", &with, b"").expect(401);
    client.ask("GET", "/v2/", &[("Authorization", "Bearer made-up")], b"").expect(401);

    let form =
        b"grant_type=password&username=hugo&password=pw&service=bulla-sandbox&scope=repository%3Aa%3Apull%2Cpush";
    let posted =
        client.ask("POST", "/token", &[], form).expect(200).json()["access_token"].as_str().unwrap().to_owned();
    client.ask("POST", "/v2/a/blobs/uploads/", &[("Authorization", &format!("bearer {posted}"))], b"").expect(202);
}

#[test]
fn an_anonymous_token_pulls_and_never_pushes() {
    let (_registry, mut client) = started(bearer(true));
    let anybody = token(&mut client, "repository:a:pull,push", &[]);
    client.ask("GET", "/v2/a/tags/list", &[("Authorization", &anybody)], b"").expect(404);
    client.ask("POST", "/v2/a/blobs/uploads/", &[("Authorization", &anybody)], b"").expect(401);
    let wrong = [("Authorization", "Basic aHVnbzp3cm9uZw==")];
    client.ask("GET", "/token?scope=repository:a:pull", &wrong, b"").refused(401, "UNAUTHORIZED");
}
