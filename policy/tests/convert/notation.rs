//! Notation's trustpolicy.json.

use crate::refuses;

#[test]
fn every_policy_of_it_is_refused_by_name() {
    let text = r#"{
  "version": "1.0",
  "trustPolicies": [
    { "name": "images", "registryScopes": [ "*" ], "signatureVerification": { "level": "strict" },
      "trustStores": [ "ca:acme" ], "trustedIdentities": [ "*" ] },
    { "name": "tools", "registryScopes": [ "a.dev/tools" ], "signatureVerification": { "level": "skip" } }
  ]
}"#;
    let errors = refuses(text, &["notary-signature", "accepts-unsigned"]);
    assert!(
        errors.iter().zip(["`images`", "`tools`"]).all(|(error, name)| error.to_string().contains(name)),
        "{errors:?}"
    );
    refuses(&text.replace("1.0", "2.0"), &["source-value", "notary-signature", "accepts-unsigned"]);
    refuses("{ \"version\": \"1.0\", \"trustPolicies\": [] }", &["demands-nothing"]);
}
