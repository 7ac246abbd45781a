//! The page in the documentation is what is written today: `BULLA_WRITE_EXAMPLE=1 cargo test -p bulla-tests --test cli example` makes it
//! anew, of a sandbox.

use crate::{
    identity::{SERVICES, World},
    manifests,
};
use bulla_verify::Digest;
use serde_json::json;

const EXAMPLE: &str = "cli/docs/report.html";

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: shop }
spec:
  template:
    spec:
      initContainers:
      - name: migrate
        image: REG/shop/web:1.4
      containers:
      - name: web
        image: REG/shop/web:1.4
      - name: search
        image: REG/shop/search:7
      - name: cart
        image: REG/shop/cart:2
";

const POLICY: &str = "\
apiVersion: bulla.dev/v1
kind: TrustPolicy
metadata: { name: production }
spec:
  unmatched: deny
  roots: { acme: { trustedRoot: ./root.json } }
  rules:
    - name: built-by-us
      images: [ \"REG/shop/*\" ]
      mode: enforce
      require: { attested: { type: slsaprovenance1, by: { email: { address: dev@sandbox.invalid, issuer: \"ISSUER\", root: acme } } } }
";

/// One image that is attested, one that is not, and one that is not there.
fn world() -> World {
    let world = World::new();
    let shell = &world.shell;
    for (name, tag) in [("shop/web", "1.4"), ("shop/search", "7")] {
        shell.push_image(name, tag, name);
    }
    let predicate = json!({
        "buildDefinition": {
            "buildType": "https://acme.dev/build/v1",
            "externalParameters": { "source": "git+https://github.com/acme/shop@refs/tags/v1.4" },
            "resolvedDependencies": [{ "uri": "git+https://github.com/acme/shop@refs/tags/v1.4",
                "digest": { "gitCommit": "7d2c0f6f3c1d4b0c9f5b0a3f8f5f8a0c4e1d2b3a" } }],
        },
        "runDetails": { "builder": { "id": "https://acme.dev/builder" }, "metadata": { "invocationId": "https://acme.dev/runs/4711" } },
    });
    shell.write("p.json", predicate.to_string());
    let attest = "attest REG/shop/web:1.4 --type slsaprovenance1 --predicate p.json --identity-token token";
    shell.run(&format!("{attest} {SERVICES}")).ends(0);
    std::fs::create_dir(shell.path("k8s")).unwrap();
    manifests::write(shell, "k8s/shop.yaml", SHOP);
    manifests::write(shell, "trust.yaml", &POLICY.replace("ISSUER", world.sandbox.url()));
    world
}

/// What differs from run to run is as it was in the first one: digests by their order, times, ports.
fn settled(page: &str, world: &World) -> String {
    let page = page.replace("REG", "registry.acme.dev").replace(world.sandbox.url(), "https://sigstore.acme.dev");
    let page = page.replace(&format!("bulla {} (", env!("CARGO_PKG_VERSION")), "bulla (");
    let mut parts = page.split("sha256:");
    let mut settled = parts.next().unwrap_or_default().to_owned();
    let mut known = Vec::new();
    for part in parts {
        let (digest, rest) = part.split_at(64);
        let at = known.iter().position(|other| *other == digest).unwrap_or_else(|| {
            known.push(digest);
            known.len() - 1
        });
        settled.push_str(&format!("{}{rest}", Digest::of(format!("example {at}").as_bytes())));
    }
    // A time is taken as a whole: there may be a `20` in its middle.
    let is_time = |text: &str| {
        let form = |bytes: &[u8]| {
            bytes.iter().map(|byte| if byte.is_ascii_digit() { b'0' } else { *byte }).collect::<Vec<_>>()
        };
        let found = text.as_bytes().get(..20)?;
        (form(found) == form(b"2026-11-28T12:00:00Z")).then_some(20)
    };
    let (mut timed, mut rest) = (String::new(), settled.as_str());
    while let Some(at) = rest.find("20") {
        let (before, from) = rest.split_at(at);
        let length = is_time(from).unwrap_or(2);
        timed.push_str(before);
        timed.push_str(if length == 20 { "2026-11-28T12:00:00Z" } else { "20" });
        rest = from.split_at(length).1;
    }
    timed.push_str(rest);
    timed
}

#[test]
fn the_example_is_what_is_written() {
    let world = world();
    let said = world.shell.run("verify -f k8s --policy trust.yaml --output html").ends(1);
    let page = settled(&said.out, &world);
    let path = bulla_tests::root().join(EXAMPLE);
    if std::env::var_os("BULLA_WRITE_EXAMPLE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        page,
        "{EXAMPLE} is another page: see the documentation of this test"
    );
}
