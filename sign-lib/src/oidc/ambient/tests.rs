use super::*;
use crate::budget;
use crate::oidc::{
    SIGSTORE,
    samples::{jwt, now},
    stub::Stub,
};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// A machine with these variables, and files of its own.
struct World {
    vars: Vec<(&'static str, String)>,
    dir: tempfile::TempDir,
}

impl World {
    fn new(vars: &[(&'static str, &str)]) -> Self {
        let vars = vars.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { vars, dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Written by another process: a file that a forked child of ours still has open cannot be run.
    fn program(&self, name: &str, script: &str) {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod 755 "$2""#, "sh", script]);
        assert!(shell.arg(self.path(name)).status().unwrap().success());
    }

    fn on<T>(&self, act: impl FnOnce(&Machine<'_>) -> T) -> T {
        let env = |name: &str| self.vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let (token_file, product_name) = (self.path("oidc-token"), self.path("product_name"));
        let options = Options { deadline: Duration::from_secs(10), ..Options::default() };
        act(&Machine { token_file: &token_file, product_name: &product_name, ..Machine::of(&env, SIGSTORE, &options) })
    }

    fn identity(&self) -> Result<Option<IdentityToken>, OidcError> {
        self.on(|machine| machine.identity(now()))
    }

    #[track_caller]
    fn finds(&self, source: Ambient) -> IdentityToken {
        let token = self.identity().unwrap().expect("an identity");
        assert_eq!(token.source(), Some(source));
        token
    }

    #[track_caller]
    fn refuses(&self, code: &str) -> OidcError {
        let error = self.identity().expect_err("this must be refused");
        assert_eq!(error.code(), code, "{error}");
        error
    }
}

fn token_of(more: Value) -> String {
    jwt(more).to_string()
}

#[test]
fn a_machine_without_an_identity_has_none() {
    assert!(World::new(&[]).identity().unwrap().is_none());
    let unset = [("SIGSTORE_ID_TOKEN", ""), ("GITHUB_ACTIONS", "false"), ("GITLAB_CI", ""), ("CIRCLECI", "no")];
    assert!(World::new(&unset).identity().unwrap().is_none());
}

#[test]
fn a_variable_gives_a_token_and_it_is_checked() {
    let token = token_of(json!({}));
    World::new(&[("SIGSTORE_ID_TOKEN", &token)]).finds(Ambient::Variable);
    World::new(&[("SIGSTORE_ID_TOKEN", "x")]).refuses("identity-token-malformed");
    let other = token_of(json!({ "aud": "vault" }));
    World::new(&[("SIGSTORE_ID_TOKEN", &other)]).refuses("identity-token-audience");
}

fn github(stub: &Stub, query: &str) -> World {
    let url = format!("{}/token{query}", stub.url);
    World::new(&[
        ("GITHUB_ACTIONS", "true"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hush"),
    ])
}

#[test]
fn github_is_asked_for_a_token_with_our_audience() {
    let body = json!({ "count": 1, "value": token_of(json!({})) }).to_string();
    let stub = Stub::start(move |_| ("200 OK", body.clone()));
    github(&stub, "?api-version=2.0").finds(Ambient::GitHubActions);
    github(&stub, "").finds(Ambient::GitHubActions);
    let asked = stub.asked();
    assert!(asked[0].starts_with("GET /token?api-version=2.0&audience=sigstore HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked[0].contains("authorization: Bearer hush\r\n"), "{asked:?}");
    assert!(asked[1].starts_with("GET /token?audience=sigstore HTTP/1.1\r\n"), "{asked:?}");
}

#[test]
fn a_job_on_github_without_the_permission_is_told_which() {
    for vars in [
        &[("GITHUB_ACTIONS", "true")][..],
        &[("GITHUB_ACTIONS", "true"), ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://x.test")][..],
        &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hush")][..],
    ] {
        let error = World::new(vars).refuses("identity-withheld");
        assert_eq!(error.to_string(), "GitHub Actions gives this job no identity token");
        assert_eq!(error.hint().unwrap(), "give the job the permission: `permissions: { id-token: write }`");
    }
}

#[test]
fn github_refusing_is_an_error_with_its_words_and_without_the_secret() {
    let stub = Stub::start(|_| ("403 Forbidden", r#"{"message":"no\u0007 way"}"#.to_owned()));
    let error = github(&stub, "").refuses("identity-source-failed");
    assert_eq!(error.to_string(), "GitHub Actions gives no identity token: status 403: no way");
    for body in ["", "{}", r#"["x"]"#, r#"{"value":7}"#, r#"{"Value":"x"}"#, r#"{"value":"x","value":"y"}"#] {
        let stub = Stub::start(move |_| ("200 OK", body.to_owned()));
        let error = github(&stub, "").refuses("identity-source-failed");
        assert!(!format!("{error:?}").contains("hush"));
    }
}

#[test]
fn the_bearer_stays_with_the_address_that_it_is_for() {
    let body = json!({ "value": token_of(json!({})) }).to_string();
    let elsewhere = Stub::start(move |_| ("200 OK", body.clone()));
    let location: &'static str = format!("302 Found\r\nlocation: {}/x", elsewhere.url).leak();
    github(&Stub::start(move |_| (location, String::new())), "").finds(Ambient::GitHubActions);
    assert!(!elsewhere.asked()[0].contains("hush"), "{:?}", elsewhere.asked());
    let plain =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", "http://192.0.2.1/token?x=1"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hush")];
    let error = World::new(&plain).refuses("identity-source-unavailable");
    assert!(error.to_string().contains("plain HTTP to http://192.0.2.1"), "{error}");
}

#[test]
fn plain_http_to_registries_is_no_leave_to_send_a_bearer_so() {
    let env = |name: &str| match name {
        "ACTIONS_ID_TOKEN_REQUEST_URL" => Some("http://192.0.2.1/".to_owned()),
        name => (name == "ACTIONS_ID_TOKEN_REQUEST_TOKEN").then(|| "hush".to_owned()),
    };
    let options = Options { plain_http: true, deadline: Duration::from_secs(1), ..Options::default() };
    let error = ambient(&env, SIGSTORE, &options, now()).unwrap_err();
    assert!(error.to_string().contains("plain HTTP"), "{error}");
}

#[test]
fn gitlab_gives_what_the_job_asks_for() {
    let token = token_of(json!({}));
    World::new(&[("GITLAB_CI", "true"), ("SIGSTORE_ID_TOKEN", &token)]).finds(Ambient::GitLab);
    let error = World::new(&[("GITLAB_CI", "true")]).refuses("identity-withheld");
    assert!(error.hint().unwrap().contains("id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }"));
}

#[test]
fn buildkites_agent_is_asked_by_its_program() {
    let mut world = World::new(&[("BUILDKITE", "true")]);
    world.vars.push(("BUILDKITE_BIN_PATH", world.dir.path().to_str().unwrap().to_owned()));
    let answer = |args: &str| format!("[ \"$*\" = '{args}' ] && echo {}", token_of(json!({})));
    world.program("buildkite-agent", &answer("oidc request-token --audience sigstore"));
    world.finds(Ambient::Buildkite);
    world.program("buildkite-agent", "echo secret; exit 1");
    let error = world.refuses("identity-source-unavailable");
    assert!(error.to_string().ends_with("buildkite-agent` failed: it ended with an error"), "{error}");
    world.program("buildkite-agent", "printf '\\377'");
    world.refuses("identity-source-failed");
    std::fs::remove_file(world.path("buildkite-agent")).unwrap();
    world.refuses("identity-source-unavailable");
}

#[test]
fn circlecis_own_token_will_do_where_it_is_for_the_authority() {
    let token = token_of(json!({}));
    World::new(&[("CIRCLECI", "true"), ("CIRCLE_OIDC_TOKEN_V2", &token)]).finds(Ambient::CircleCi);
}

#[test]
fn circlecis_program_is_asked_for_one_that_is() {
    let world = World::new(&[("CIRCLECI", "true")]);
    let args = r#"run oidc get --claims {"aud":"sigstore"}"#;
    world.program("circleci", &format!("[ \"$*\" = '{args}' ] && echo a.b.c"));
    let program = world.path("circleci");
    let asked = |world: &World| world.on(|machine| circleci::asked(program.to_str().unwrap(), machine));
    assert_eq!(asked(&world).unwrap().as_str(), "a.b.c");
    world.program("circleci", "exit 1");
    assert_eq!(asked(&world).unwrap_err().code(), "identity-source-unavailable");
}

#[test]
fn a_file_gives_the_token_of_whoever_it_is_about() {
    let world = World::new(&[]);
    let kubernetes = json!({ "kubernetes.io": { "namespace": "ci", "serviceaccount": { "name": "signer" } } });
    for (claims, source) in [
        (kubernetes, Ambient::Kubernetes),
        (json!({ "sub": "spiffe://acme.test/build" }), Ambient::Spiffe),
        (json!({}), Ambient::File),
    ] {
        world.write("oidc-token", &format!("{}\n", token_of(claims)));
        world.finds(source);
    }
}

#[test]
fn a_file_that_is_there_and_no_good_is_an_error() {
    let world = World::new(&[]);
    world.write("oidc-token", "");
    world.refuses("identity-token-malformed");
    world.write("oidc-token", &token_of(json!({ "aud": "https://kubernetes.default.svc" })));
    world.refuses("identity-token-audience");
    world.write("oidc-token", &"x".repeat(budget::IDENTITY_TOKEN_BYTES + 1));
    world.refuses("identity-token-too-large");
    std::fs::remove_file(world.path("oidc-token")).unwrap();
    std::fs::create_dir(world.path("oidc-token")).unwrap();
    world.refuses("identity-source-failed");
    std::fs::remove_dir(world.path("oidc-token")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(world.path("oidc-token")).status().unwrap();
    assert!(pipe.success());
    world.refuses("identity-source-failed");
}

#[test]
fn an_agents_socket_without_a_file_says_what_is_missing() {
    let error = World::new(&[("SPIFFE_ENDPOINT_SOCKET", "unix:///run/spire.sock")]).refuses("identity-withheld");
    assert!(error.hint().unwrap().contains("spiffe-helper"), "{error}");
}

fn google(stub: &Stub) -> World {
    World::new(&[("GCE_METADATA_HOST", stub.url.strip_prefix("http://").unwrap())])
}

const FLAVOR: &str = "200 OK\r\nMetadata-Flavor: Google";

#[test]
fn googles_metadata_server_gives_the_machines_token() {
    let token = token_of(json!({ "email": "robot@acme.test", "email_verified": true }));
    let stub = Stub::start(move |_| (FLAVOR, token.clone()));
    assert_eq!(google(&stub).finds(Ambient::GoogleCloud).identity(), "robot@acme.test");
    let asked = &stub.asked()[0];
    let path = "GET /computeMetadata/v1/instance/service-accounts/default/identity?audience=sigstore&format=full ";
    assert!(asked.starts_with(path) && asked.contains("metadata-flavor: Google"), "{asked}");
}

#[test]
fn a_machine_is_googles_by_its_maker_or_by_what_runs_on_it() {
    let is_there = |world: &World| world.on(google::is_there);
    let world = World::new(&[]);
    assert!(!is_there(&world));
    world.write("product_name", "Standard PC (Q35 + ICH9, 2009)\n");
    assert!(!is_there(&world));
    world.write("product_name", "Google Compute Engine\n");
    assert!(is_there(&world) && is_there(&World::new(&[("K_SERVICE", "app")])));
}

#[test]
fn a_machine_of_googles_may_have_no_account() {
    let stub = Stub::start(|_| ("404 Not Found\r\nmetadata-flavor: Google", String::new()));
    assert!(google(&stub).identity().unwrap().is_none());
}

#[test]
fn what_is_not_googles_metadata_server_is_not_believed() {
    let token = token_of(json!({}));
    let stub = Stub::start(move |_| ("200 OK", token.clone()));
    google(&stub).refuses("identity-source-failed");
    let stub = Stub::start(|_| ("403 Forbidden\r\nmetadata-flavor: Google", String::new()));
    google(&stub).refuses("identity-source-failed");
    World::new(&[("GCE_METADATA_HOST", "127.0.0.1:1")]).refuses("identity-source-unavailable");
}

#[test]
fn googles_impersonation_asks_for_the_accounts_token() {
    let access =
        Stub::start(|_| (FLAVOR, r#"{"access_token":"hush","expires_in":3599,"token_type":"Bearer"}"#.to_owned()));
    let body = json!({ "token": token_of(json!({})) }).to_string();
    let credentials = Stub::start(move |_| ("200 OK", body.clone()));
    let token = google(&access)
        .on(|machine| google::impersonated_at(&credentials.url, "ci@acme.iam.gserviceaccount.com", machine))
        .unwrap();
    assert_eq!(token.as_str(), token_of(json!({})));
    let asked = &credentials.asked()[0];
    let path = "POST /v1/projects/-/serviceAccounts/ci%40acme.iam.gserviceaccount.com:generateIdToken HTTP/1.1\r\n";
    assert!(asked.starts_with(path) && asked.contains("authorization: Bearer hush"), "{asked}");
    assert!(asked.ends_with(r#"{"audience":"sigstore","includeEmail":true}"#), "{asked}");
}

#[test]
fn googles_impersonation_without_leave_is_an_error() {
    let access = Stub::start(|_| (FLAVOR, r#"{"access_token":"hush"}"#.to_owned()));
    let denied = Stub::start(|_| ("403 Forbidden", r#"{"error":{"message":"denied"}}"#.to_owned()));
    let error = google(&access).on(|machine| google::impersonated_at(&denied.url, "x", machine)).unwrap_err();
    assert_eq!(error.code(), "identity-source-failed");
    assert!(!format!("{error:?}").contains("hush"));
    let broken = Stub::start(|_| (FLAVOR, r#"{"access_token":7}"#.to_owned()));
    let error = google(&broken).on(|machine| google::impersonated_at(&denied.url, "x", machine)).unwrap_err();
    assert_eq!(error.code(), "identity-source-failed");
}

#[test]
fn a_pipeline_goes_before_the_machine_that_it_runs_on() {
    let body = json!({ "value": token_of(json!({ "sub": "job" })) }).to_string();
    let stub = Stub::start(move |_| ("200 OK", body.clone()));
    let mut world = github(&stub, "");
    world.vars.push(("SIGSTORE_ID_TOKEN", token_of(json!({ "sub": "variable" }))));
    world.write("oidc-token", &token_of(json!({ "sub": "file" })));
    assert_eq!(world.finds(Ambient::GitHubActions).subject(), "job");
}
