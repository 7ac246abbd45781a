//! A root's name means one root, in every policy that is asked.

use bulla_policy::{Embedded, Name, Policies, TrustPolicy, Verdict, judge};
use bulla_sandbox::{Algorithm, Content, Generation, Principal, Sigstore};
use bulla_verify::{Artifact, Identity, Time};

fn policy(name: &str, root: &str, of: &Sigstore) -> TrustPolicy {
    let text = format!(
        "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {name} }}\nspec:\n  unmatched: deny\n  roots:\n    \
         {root}: {{ trustedRoot: '{}' }}\n  rules:\n    - name: r\n      files: [ app ]\n      mode: enforce\n      \
         require: {{ signed: {{ by: {{ email: {{ address: dev@acme.dev, issuer: \"https://login.acme.dev\", root: {root} }} }} }} }}\n",
        of.trusted_root()
    );
    TrustPolicy::parse(&text, &Embedded).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn together(policies: [TrustPolicy; 3]) -> Result<Policies, String> {
    let [first, second, third] = policies;
    let all = Policies::from(first).and(second).and_then(|two| two.and(third));
    all.map_err(|error| error.code().to_owned())
}

/// Each policy asks for a signature under its own root, and what the other's vouches for is none.
#[test]
fn every_policy_believes_its_own_root() {
    let instance = || Sigstore::new(&[Generation::V2], 1, Time::from_unix(crate::NOW)).expect("a Sigstore");
    let (mut ours, mut theirs) = (instance(), instance());
    let dev = Principal::new(Identity::Email("dev@acme.dev".to_owned())).vouched_for_by("https://login.acme.dev");
    let all = Policies::from(policy("a", "acme", &ours)).and(policy("b", "other", &theirs)).expect("two");
    let sign = |by: &mut Sigstore| {
        by.sign_as(&dev, Content::Artifact(crate::APP), Algorithm::EcdsaP256).expect("signed").to_string()
    };
    let [first, second] = [sign(&mut ours), sign(&mut theirs)];
    let verdict = |bundles: &[&String]| {
        let bundles = bundles.iter().enumerate().map(|(at, bundle)| (format!("bundle {at}"), bundle.as_bytes()));
        let (name, artifact) = (Name::File("app".to_owned()), Artifact::from_bytes(crate::APP));
        judge(bundles, name, &artifact, &all, Time::from_unix(crate::NOW)).verdict()
    };
    assert_eq!(verdict(&[&first, &second]), Verdict::Accepted);
    assert_eq!([verdict(&[&first]), verdict(&[&second]), verdict(&[])], [Verdict::Refused; 3]);
}

#[test]
fn two_policies_may_share_a_root_and_not_its_name_alone() {
    let instance = || Sigstore::new(&[Generation::V2], 1, Time::from_unix(crate::NOW)).expect("a Sigstore");
    let (ours, theirs) = (instance(), instance());
    let shared = together([policy("a", "acme", &ours), policy("b", "acme", &ours), policy("c", "other", &theirs)]);
    assert_eq!(shared.expect("three").to_string(), "the policies `a`, `b`, `c`");
    for (second, third) in [(&ours, &theirs), (&theirs, &ours)] {
        let conflict = together([policy("a", "acme", &ours), policy("b", "acme", second), policy("c", "acme", third)]);
        assert_eq!(conflict.err().as_deref(), Some("root-conflict"));
    }
    let twice = together([policy("a", "acme", &ours), policy("b", "acme", &ours), policy("a", "other", &theirs)]);
    assert_eq!(twice.err().as_deref(), Some("duplicate-policy"));
}
