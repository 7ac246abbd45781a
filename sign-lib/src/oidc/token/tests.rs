use super::*;
use crate::oidc::samples::{claims, jwt, jwt_of, now, parse, token};
use serde_json::json;

const HEADER: &str = r#"{"alg":"RS256"}"#;

#[track_caller]
fn refuses(text: Zeroizing<String>, code: &str) -> OidcError {
    let error = parse(text).expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
    assert!(error.hint().is_some());
    error
}

#[track_caller]
fn is_malformed(text: &str) {
    refuses(Zeroizing::new(text.to_owned()), "identity-token-malformed");
}

#[test]
fn a_token_says_who_issued_it_for_whom_and_until_when() {
    let token = token(json!({ "x": [1] }));
    assert_eq!((token.issuer(), token.subject(), token.identity()), ("https://issuer.test", "robot", "robot"));
    assert_eq!(token.expires(), Time::from_unix(now().unix() + 600));
    assert_eq!(token.claims().get("x"), Some(&json!([1])), "what is not known is kept");
    assert_eq!(token.federated_issuer(), None);
}

#[test]
fn a_line_ending_belongs_to_the_file_and_not_to_the_token() {
    let text = jwt(json!({}));
    let token = parse(Zeroizing::new(format!("{}\r\n", text.as_str()))).unwrap();
    assert_eq!(token.as_str(), text.as_str());
}

#[test]
fn a_token_is_never_shown() {
    let token = token(json!({}));
    assert_eq!(format!("{token:?}"), "IdentityToken(..)");
    let secret = token.as_str().to_owned();
    for bad in [secret.replace('.', "!"), format!("{secret}.x"), format!("{secret}=")] {
        let error = refuses(Zeroizing::new(bad), "identity-token-malformed");
        assert!(!format!("{error} {error:?}").contains(&secret[..20]), "{error:?}");
    }
}

#[test]
fn an_audience_may_be_one_of_several() {
    assert!(parse(jwt(json!({ "aud": ["a", "sigstore"] }))).is_ok());
    let many = |count| (0..count).map(|_| "sigstore").collect::<Vec<_>>();
    assert!(parse(jwt(json!({ "aud": many(budget::AUDIENCES) }))).is_ok());
    refuses(jwt(json!({ "aud": many(budget::AUDIENCES + 1) })), "identity-token-malformed");
}

#[test]
fn a_token_for_somebody_else_is_not_sent() {
    let error = refuses(jwt(json!({ "aud": "sts.example\u{1b}[2J" })), "identity-token-audience");
    assert_eq!(
        error.to_string(),
        "the identity token is for another audience: expected `sigstore`, found `sts.example[2J`"
    );
    refuses(jwt(json!({ "aud": ["a", "b"] })), "identity-token-audience");
    refuses(jwt(json!({ "aud": [] })), "identity-token-audience");
    refuses(jwt(json!({ "aud": "Sigstore" })), "identity-token-audience");
    for aud in [json!(7), json!([7]), json!({ "sigstore": 1 }), json!(null)] {
        refuses(jwt(json!({ "aud": aud })), "identity-token-malformed");
    }
}

#[test]
fn an_expired_token_says_since_when() {
    let error = refuses(jwt(json!({ "exp": now().unix() - 60 })), "identity-token-expired");
    assert_eq!(error.to_string(), "the identity token expired at 2026-11-25T11:59:00Z, 60 s ago");
    refuses(jwt(json!({ "exp": now().unix() })), "identity-token-expired");
    refuses(jwt(json!({ "exp": -1 })), "identity-token-expired");
    assert!(parse(jwt(json!({ "exp": now().unix() + 1 }))).is_ok());
}

#[test]
fn a_token_from_the_future_names_the_skew() {
    for claim in ["nbf", "iat"] {
        assert!(parse(jwt(json!({ claim: now().unix() + budget::CLOCK_SKEW }))).is_ok());
        let error = refuses(jwt(json!({ claim: now().unix() + 301 })), "identity-token-not-yet-valid");
        assert!(error.to_string().contains(&format!("its `{claim}` is 2026-11-25T12:05:01Z, 301 s from now")));
        assert!(error.hint().unwrap().contains("301 s or more behind"));
    }
}

#[test]
fn a_time_may_have_a_fraction_and_must_be_a_number() {
    assert!(parse(jwt_of(HEADER, &claims(json!({})).to_string().replace("1795608600", "1795608600.5"), b"s")).is_ok());
    for exp in [json!("1795608600"), json!(null), json!(1e300), json!(true), json!([])] {
        refuses(jwt(json!({ "exp": exp })), "identity-token-malformed");
    }
}

#[test]
fn a_token_that_nobody_signed_is_refused() {
    let claims = claims(json!({})).to_string();
    refuses(jwt_of(r#"{"alg":"none"}"#, &claims, b"x"), "identity-token-unsigned");
    refuses(jwt_of(r#"{"alg":"NoNe"}"#, &claims, b""), "identity-token-unsigned");
    refuses(jwt_of(HEADER, &claims, b""), "identity-token-unsigned");
}

#[test]
fn what_is_not_three_parts_of_strict_base64url_is_refused() {
    let text = jwt(json!({}));
    let [header, claims, signature] = text.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for bad in [
        String::new(),
        "x".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{signature}\0"),
        format!(" {header}.{claims}.{signature}"),
        format!("{header}.{claims}.YR"),
        format!("{header}.{claims}.+w"),
        format!("{claims}.{header}.{signature}"),
    ] {
        is_malformed(&bad);
    }
}

#[test]
fn claims_mean_one_thing() {
    let json = claims(json!({})).to_string();
    for more in [r#""aud":"other""#, r#""Aud":"other""#, r#""x":{"y":1,"y":2}"#, r#""x":1,"x":2"#, r#""iss":"b""#] {
        let twice = format!("{},{more}}}", json.trim_end_matches('}'));
        refuses(jwt_of(HEADER, &twice, b"s"), "identity-token-malformed");
    }
    for json in ["[]", "null", "{}", "", "\"x\"", r#"["https://issuer.test","robot","sigstore",9999999999]"#] {
        refuses(jwt_of(HEADER, json, b"s"), "identity-token-malformed");
    }
    refuses(jwt_of(r#"["RS256"]"#, &json, b"s"), "identity-token-malformed");
    refuses(jwt_of(r#"{"alg":"RS256","alg":"none"}"#, &json, b"s"), "identity-token-malformed");
    refuses(jwt_of("{}", &json, b"s"), "identity-token-malformed");
    refuses(jwt(json!({ "iss": null })), "identity-token-malformed");
}

#[test]
fn one_byte_past_the_limit_is_refused() {
    let longest = |more: usize| {
        let short = jwt(json!({ "pad": "" })).len();
        let pad = "x".repeat((budget::IDENTITY_TOKEN_BYTES - short) / 4 * 3 - 3 + more);
        jwt(json!({ "pad": pad }))
    };
    let fits = longest(0);
    assert!(fits.len() <= budget::IDENTITY_TOKEN_BYTES && fits.len() + 8 > budget::IDENTITY_TOKEN_BYTES);
    assert!(parse(fits).is_ok());
    let error = parse(Zeroizing::new("x".repeat(budget::IDENTITY_TOKEN_BYTES + 1))).unwrap_err();
    assert_eq!(error.code(), "identity-token-too-large");
    refuses(longest(9), "identity-token-too-large");
}

#[test]
fn a_verified_email_address_is_the_identity_and_what_is_signed() {
    for verified in [json!(true), json!("true")] {
        let token = token(json!({ "email": "dev@example.com", "email_verified": verified, "sub": "id-7" }));
        assert_eq!((token.identity(), token.subject()), ("dev@example.com", "id-7"));
        assert_eq!(token.proof_of_possession_subject(), "dev@example.com");
    }
}

#[test]
fn an_email_address_that_nobody_verified_is_no_identity() {
    for verified in [json!(false), json!(null), json!("false"), json!(1), json!("True")] {
        let claims = json!({ "email": "dev@example.com", "email_verified": verified });
        refuses(jwt(claims), "identity-token-no-identity");
    }
    refuses(jwt(json!({ "sub": null })), "identity-token-no-identity");
    refuses(jwt(json!({ "sub": "" })), "identity-token-no-identity");
}

#[test]
fn behind_a_login_service_stands_the_issuer_that_the_certificate_will_name() {
    let dex = json!({
        "iss": "https://oauth2.sigstore.dev/auth", "email": "dev@example.com", "email_verified": true,
        "federated_claims": { "connector_id": "https://github.com/login/oauth", "user_id": "1" },
    });
    assert_eq!(token(dex).federated_issuer(), Some("https://github.com/login/oauth"));
}

#[test]
fn a_job_is_named_by_its_uri_and_proves_its_key_by_its_subject() {
    let github = "https://token.actions.githubusercontent.com";
    let cases = [
        (
            json!({ "iss": github, "job_workflow_ref": "a/b/.github/workflows/r.yml@refs/heads/main" }),
            "https://github.com/a/b/.github/workflows/r.yml@refs/heads/main",
        ),
        (json!({ "iss": format!("{github}/acme"), "job_workflow_ref": "a/b/w@r" }), "https://github.com/a/b/w@r"),
        (json!({ "iss": format!("{github}.evil.test"), "job_workflow_ref": "a/b/w@r" }), "robot"),
        (
            json!({ "iss": "https://gitlab.com", "ci_config_ref_uri": "gitlab.com/a/b//.gitlab-ci.yml@refs/tags/v1" }),
            "https://gitlab.com/a/b//.gitlab-ci.yml@refs/tags/v1",
        ),
        (
            json!({ "iss": "https://agent.buildkite.com", "organization_slug": "acme", "pipeline_slug": "app" }),
            "https://buildkite.com/acme/app",
        ),
        (
            json!({ "iss": "https://oidc.circleci.com/org/1", "oidc.circleci.com/project-id": "p",
                 "oidc.circleci.com/pipeline-definition-id": "d" }),
            "https://circleci.com/api/v2/projects/p/pipeline-definitions/d",
        ),
        (
            json!({ "kubernetes.io": { "namespace": "ci", "serviceaccount": { "name": "signer", "uid": "1" } } }),
            "https://kubernetes.io/namespaces/ci/serviceaccounts/signer",
        ),
        (json!({ "sub": "spiffe://acme.test/builder" }), "spiffe://acme.test/builder"),
    ];
    for (claims, identity) in cases {
        let token = token(claims);
        assert_eq!(token.identity(), identity);
        assert_eq!(token.proof_of_possession_subject(), token.subject());
    }
}
