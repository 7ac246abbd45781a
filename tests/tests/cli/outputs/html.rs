//! The page, as a browser's parser reads it.

use super::{HOSTILE, SURVEY, parsed, scene};
use crate::{identity::World, manifests, shell::Shell};
use serde_json::{Value, json};

/// Every element that a page of ours may have.
const KNOWN: [&str; 36] = [
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "footer", "h1", "h2", "h3", "h4",
    "p", "span", "div", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "a", "code",
    "strong", "br", "details", "summary", "em",
];

/// The page of a command, which holds nothing but what we have put there.
#[track_caller]
fn page(shell: &Shell, line: &str, exit: i32) -> Option<Value> {
    let page = parsed("html", &shell.run(&format!("{line} -o html")).ends(exit).out)?;
    for tag in page["tags"].as_array().unwrap() {
        assert!(KNOWN.contains(&tag.as_str().unwrap()), "{tag}");
    }
    assert_eq!(page["others"], json!([]), "no comment");
    let mut ids = Vec::new();
    let mut targets = Vec::new();
    for attribute in page["attributes"].as_array().unwrap() {
        let [tag, name, value] = [0, 1, 2].map(|at| attribute[at].as_str().unwrap_or_default());
        match name {
            "href" => targets.push(value.strip_prefix('#').unwrap_or_else(|| panic!("{value} leads out")).to_owned()),
            "id" => ids.push(value.to_owned()),
            "aria-labelledby" => targets.push(value.to_owned()),
            "class" | "role" | "scope" | "aria-hidden" => {}
            "lang" | "charset" | "http-equiv" | "content" | "name" if tag == "meta" || tag == "html" => {}
            _ => panic!("{attribute}"),
        }
    }
    let mut distinct = ids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "an id is there once");
    assert!(targets.iter().all(|target| ids.contains(target)), "{targets:?} {ids:?}");
    let csp = json!([
        "meta",
        "content",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]);
    assert!(page["attributes"].as_array().unwrap().contains(&csp));
    Some(page)
}

fn text(page: &Value) -> &str {
    page["text"].as_str().unwrap()
}

#[test]
fn everything_is_told_in_words() {
    let shell = scene();
    let Some(page) = page(&shell, SURVEY, 1) else { return };
    let text = text(&page);
    for words in [
        "1 accepted, 1 refused, 2 unknown, and 1 problem besides",
        "Besides the verdicts",
        "k8s/broken.yaml:1:7: ",
        "✕ refused",
        "? unknown",
        "! accepted with a warning",
        "No signature or attestation meets a requirement.",
        "What to do: ",
        "k8s/web.yaml:12: Deployment shop/web, container app",
        "The whole decision",
        "rule enforced of the policy p, enforced",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn hostile_names_are_text() {
    let shell = scene();
    let Some(page) = page(&shell, SURVEY, 1) else { return };
    let begins = HOSTILE.split('\n').next().unwrap().replace("##", "#\\u{23}");
    assert!(text(&page).matches(&begins).count() >= 3, "its name, its heading, its container: {}", text(&page));
}

#[test]
fn a_hostile_predicate_is_a_claim_of_its_signer_and_nothing_else() {
    let shell = manifests::scene();
    let predicate = json!({
        "buildDefinition": { "buildType": format!("https://acme.dev/{HOSTILE}"), "externalParameters": { "a": HOSTILE },
            "resolvedDependencies": [{ "uri": format!("git+https://acme.dev/{HOSTILE}"), "digest": { "gitCommit": "ab" } }] },
        "runDetails": { "builder": { "id": format!("https://acme.dev/builder/{HOSTILE}") } },
    });
    shell.write("p.json", predicate.to_string());
    shell.run("attest REG/app:1.4 --key bulla.key --type slsaprovenance1 --predicate p.json").ends(0);
    let Some(page) = page(&shell, "verify REG/app:1.4 --key bulla.pub --type slsaprovenance1", 0) else { return };
    let begins = HOSTILE.split('\n').next().unwrap().replace("##", "#\\u{23}");
    let text = text(&page);
    assert!(text.contains(&format!("git+https://acme.dev/{begins}")), "{text}");
    assert!(text.contains("claimed by key sha256:"), "{text}");
    let claims = page["attributes"].as_array().unwrap().iter().filter(|it| it[2] == "node claimed").count();
    assert_eq!(claims, 2, "the source and the builder");
}

#[test]
fn what_is_proved_is_told_from_what_an_issuer_and_a_signer_say() {
    let world = World::new();
    world.sign("app").ends(0);
    let line =
        format!("verify app --identity dev@sandbox.invalid --issuer {} --trusted-root root.json", world.sandbox.url());
    let Some(page) = page(&world.shell, &line, 0) else { return };
    let text = text(&page);
    for words in ["verified", "issuer", "Log and time", "No signature that counts says what it was made from."] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn two_hundred_images_are_one_page_of_linear_size() {
    let shell = manifests::scene();
    let length = |count: usize| {
        let services: String = (0..count).map(|at| format!("  s{at}: {{ image: 'REG/gone{at}:1' }}\n")).collect();
        manifests::write(&shell, "many.yaml", &format!("services:\n  app: {{ image: 'REG/other:2' }}\n{services}"));
        let said = shell.run("verify -f many.yaml --key bulla.pub -o html");
        assert_eq!(said.out.matches("<section class=\"subject\"").count(), count + 1);
        said.out.len()
    };
    let (none, hundred, two) = (length(0), length(100), length(200));
    let (first, second) = (hundred - none, two - hundred);
    assert!(first.abs_diff(second) < first / 10, "{first} {second}");
}
