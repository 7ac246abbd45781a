//! Images for several platforms: `--platform`, and rules about what of an index has to be signed.

use crate::{manifests::write, report::of_the_schema, shell::Shell};

/// `index.yaml`, `children.yaml` and `both.yaml` demand `bulla.pub` of that; the index is `REG/app:1.4`. Gives the digests: its
/// own, that of the image for `linux/amd64`, and that of the other one, for `linux/arm64`.
fn scene() -> (Shell, [String; 3]) {
    let shell = Shell::new();
    let digests = shell.push_index("app", "1.4");
    for multi_arch in ["index", "children", "both"] {
        let host = shell.registry.host();
        let policy = format!(
            "apiVersion: bulla.dev/v1\nkind: TrustPolicy\nmetadata: {{ name: {multi_arch} }}\nspec:\n  unmatched: deny\n  rules:\n    \
             - name: all\n      images: [ \"{host}/**\" ]\n      mode: enforce\n      multiArch: {multi_arch}\n      \
             require: {{ signed: {{ by: {{ key: ./bulla.pub }} }} }}\n"
        );
        shell.write(&format!("{multi_arch}.yaml"), policy);
    }
    (shell, digests)
}

#[test]
fn the_index_every_image_in_it_or_both_have_to_be_signed() {
    let (shell, [_, amd64, arm64]) = scene();
    let sign = |line: &str| shell.run(&format!("sign {line} --key bulla.key")).ends(0);
    let verify = |rule: &str| shell.run(&format!("verify REG/app:1.4 --policy {rule}.yaml"));
    sign("REG/app:1.4");
    verify("index").ends(0);
    let unsigned = |platform: &str| {
        format!(
            "error: REG/app:1.4: linux/{platform} sha256:…: no signature is attached [no-signature]\n\
             hint: sign it (`bulla sign`); if it was signed elsewhere, copy its signatures along with it\n"
        )
    };
    for rule in ["children", "both"] {
        verify(rule).fails(1, "no-signature").err(&format!("{}{}", unsigned("amd64"), unsigned("arm64")));
    }
    sign(&format!("REG/app@{amd64}"));
    verify("children").fails(1, "no-signature").err(&unsigned("arm64"));
    let explained = shell.run("verify REG/app:1.4 --policy both.yaml --explain").ends(1);
    assert_eq!(
        crate::shell::without_digests(&explained.out),
        "decision  refused: REG/app@sha256:…\n  \
         rule  `all` of the policy `both`, enforced\n    \
         refused  the index, and every image in it\n      \
         accepted  the index itself\n        \
         accepted  signed by the key sha256:…\n          met by  sha256:…\n      \
         refused  every image in it\n        \
         accepted  linux/amd64 sha256:…\n          \
         accepted  signed by the key sha256:…\n            met by  sha256:…\n        \
         refused  linux/arm64 sha256:…\n          \
         refused  signed by the key sha256:…\n            \
         why  no signature is attached [no-signature]\n              \
         hint  sign it (`bulla sign`); if it was signed elsewhere, copy its signatures along with it\n"
    );
    let report = of_the_schema(&shell, "verify REG/app:1.4 --policy both.yaml", 1);
    let reason = &report["result"]["subjects"][0]["reasons"][0];
    assert_eq!((&reason["child"]["platform"], &reason["child"]["digest"]), (&"linux/arm64".into(), &arm64.into()));
    sign("REG/app:1.4 --recursive");
    let accepted = verify("both").ends(0).err("");
    assert_eq!(accepted.out.matches("signer     key sha256:").count(), 3, "{accepted:?}");
    // What every image is judged by, nobody judges a second time: `--recursive` asks the same of each.
    shell.run("verify REG/app:1.4 --policy both.yaml --recursive").ends(0);
}

#[test]
fn a_platform_is_what_runs_there() {
    let (shell, [index, amd64, arm64]) = scene();
    shell.run(&format!("sign REG/app@{amd64} --key bulla.key")).ends(0);
    let said = shell.run("verify REG/app:1.4 --policy children.yaml --platform linux/amd64/v1").ends(0).err("");
    assert!(
        said.out
            .starts_with(&format!("accepted   REG/app@{index}\nplatform   linux/amd64\nimage      {amd64}\nsigner ")),
        "{said:?}"
    );
    let report = of_the_schema(&shell, "verify REG/app:1.4 --policy children.yaml --platform linux/amd64", 0);
    let subject = &report["result"]["subjects"][0];
    assert_eq!((&subject["digest"], &subject["platform"]), (&index.as_str().into(), &"linux/amd64".into()));
    assert_eq!(subject["runs"], serde_json::json!([{ "digest": amd64, "platform": "linux/amd64" }]));
    shell.run("verify REG/app:1.4 --policy children.yaml --platform linux/arm64").fails(1, "no-signature");
    // What a rule asks of the index, it asks of the index.
    shell.run("verify REG/app:1.4 --policy both.yaml --platform linux/amd64").fails(1, "no-signature");
    shell.run("verify REG/app:1.4 --key bulla.pub --platform linux/amd64").fails(1, "no-signature");
    shell.run("sign REG/app:1.4 --key bulla.key").ends(0);
    shell
        .run("verify REG/app:1.4 --key bulla.pub --platform linux/arm64")
        .ends(0)
        .out("accepted   REG/app@sha256:…\nplatform   linux/arm64\nimage      sha256:…\nsigner     key sha256:…\n");
    shell.run("verify REG/app:1.4 --policy both.yaml --platform linux/amd64").ends(0);
    // The other image is revoked, and is not what runs there.
    let revoked = format!("{}  revoked: [ {{ digest: \"{arm64}\", since: 2026-01-01 }} ]\n", shell.read("both.yaml"));
    shell.write("revoked.yaml", revoked);
    shell.run("verify REG/app:1.4 --policy revoked.yaml --platform linux/amd64").ends(0);
    let said = shell.run("verify REG/app:1.4 --policy revoked.yaml").fails(1, "artifact-revoked");
    assert!(
        said.err.starts_with(&format!("error: REG/app:1.4: linux/arm64 {arm64}: {arm64} is revoked since")),
        "{said:?}"
    );
}

#[test]
fn a_platform_that_is_not_there_is_no_answer() {
    let (shell, _) = scene();
    shell.run("sign REG/app:1.4 --key bulla.key --recursive").ends(0);
    shell.push_image("plain", "1.4", "clay");
    shell.run("sign REG/plain:1.4 --key bulla.key").ends(0);
    shell.run("verify REG/app:1.4 --key bulla.pub --platform linux/s390x").fails(2, "no-such-platform").err(
        "error: nothing in REG/app is for `linux/s390x`: it lists `linux/amd64`, `linux/arm64` [no-such-platform]\n\
         hint: name one that is there, or leave out `--platform`\n",
    );
    shell.run("verify REG/plain:1.4 --key bulla.pub --platform linux/amd64").fails(2, "no-such-platform").err(
        "error: nothing in REG/plain is for `linux/amd64`: it does not say what it is for [no-such-platform]\n\
         hint: name one that is there, or leave out `--platform`\n",
    );
    shell.write("app", "bytes");
    for (line, error) in [
        (
            "verify REG/app:1.4 --key k --platform linux",
            "invalid value `linux` for `--platform <OS/ARCH>`: a platform is written `linux/amd64`, or `linux/arm/v7`",
        ),
        (
            "verify REG/app:1.4 --key k --platform a/b -r",
            "`--platform <OS/ARCH>` cannot be given together with `--recursive`",
        ),
        (
            "verify REG/app:1.4 --key k --platform a/b --bundle b",
            "`--platform <OS/ARCH>` cannot be given together with `--bundle <FILE>`",
        ),
        ("verify app --key bulla.pub --platform linux/amd64", "`--platform` is for images, and `app` is none"),
        ("pin -f k8s --key k --platform linux/amd64", "unexpected argument `--platform`"),
    ] {
        let said = shell.run(line).ends(2);
        assert!(said.err.starts_with(&format!("error: {error} [usage]\nhint: ")), "{line}: {said:?}");
    }
    shell.run("pin -f k8s --key k --platform linux/amd64").fails(2, "usage").hints("writes the digest of the index");
}

#[test]
fn the_images_of_manifests_are_asked_for_their_platform_too() {
    let (shell, [_, amd64, _]) = scene();
    shell.run(&format!("sign REG/app@{amd64} --key bulla.key")).ends(0);
    write(
        &shell,
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec: { containers: [ { name: a, image: \"REG/app:1.4\" } ] }\n",
    );
    let verify = |platform: &str| shell.run(&format!("verify -f pod.yaml --policy children.yaml{platform}"));
    let fails = |platform: &str, exit: i32, code: &str| {
        let said = verify(platform).ends(exit);
        assert!(said.err.contains(&format!(" [{code}]\n")), "{said:?}");
    };
    fails("", 1, "no-signature");
    let said = verify(" --platform linux/amd64").ends(0);
    assert!(said.out.contains(&format!("platform   linux/amd64\nimage      {amd64}\n")), "{said:?}");
    fails(" --platform linux/arm64", 1, "no-signature");
    fails(" --platform linux/s390x", 2, "no-such-platform");
    of_the_schema(&shell, "verify -f pod.yaml --policy children.yaml --platform linux/amd64", 0);
}

#[test]
fn a_digest_whose_kind_nobody_has_seen_is_unknown() {
    let (shell, [index, ..]) = scene();
    let layout = "oci:layout:1.4";
    let place = bulla_transport::Place::parse(&format!("oci:{}:1.4", shell.path("layout").display())).unwrap();
    let store = bulla_transport::open(&place, &bulla_transport::Options::default()).unwrap();
    crate::shell::push_index(store.as_ref(), "1.4");
    for rule in ["index", "both"] {
        shell.write(
            &format!("any-{rule}.yaml"),
            shell.read(&format!("{rule}.yaml")).replace(&shell.registry.host(), "**").replace("**/**", "**"),
        );
    }
    shell.run(&format!("sign {layout} --key bulla.key --recursive")).ends(0);
    shell.run(&format!("verify {layout} --policy any-both.yaml")).ends(0);
    shell.run(&format!("verify {layout} --policy any-both.yaml --platform linux/arm64")).ends(0);
    shell.run(&format!("sign {index} --key bulla.key --bundle b.json")).ends(0);
    shell.run(&format!("verify {index} --bundle b.json --policy any-index.yaml")).ends(0);
    shell.run(&format!("verify {index} --bundle b.json --policy any-both.yaml")).fails(2, "index-unseen");
    shell
        .run(&format!("verify REG/app@{index} --bundle b.json --policy both.yaml"))
        .fails(2, "index-unseen")
        .hints("leave out `--bundle`");
}

/// What is said of one image of an index is said of that one, in whatever form.
#[test]
fn every_format_tells_the_images_of_an_index_apart() {
    let (shell, [_, amd64, arm64]) = scene();
    let formats = ["text", "json", "sarif", "junit", "github", "markdown", "html"];
    for format in formats {
        let said = shell.run(&format!("verify REG/app:1.4 --policy children.yaml -o {format}")).ends(1);
        let said = format!("{}{}", said.out, said.err).replace('\\', "");
        assert!(said.contains("linux/amd64") && said.contains("linux/arm64"), "{format}: {said}");
        assert!(!said.contains("one more bundle"), "{format}: {said}");
    }
    shell.run(&format!("sign REG/app@{amd64} --key bulla.key")).ends(0);
    let exception = format!(
        "  exceptions: [ {{ digest: \"{arm64}\", reason: built before, owner: platform, expires: 2099-01-31 }} ]\n"
    );
    shell.write("excused.yaml", format!("{}{exception}", shell.read("children.yaml")));
    for format in formats.into_iter().filter(|format| *format != "json") {
        let said = shell.run(&format!("verify REG/app:1.4 --policy excused.yaml --explain -o {format}")).ends(0);
        let said = format!("{}{}", said.out, said.err).replace('\\', "");
        assert!(said.contains(&format!("{arm64} in it is accepted by an exception of platform")), "{format}: {said}");
    }
}

/// The verdict is about what runs there, and says so.
#[test]
fn every_format_names_the_platform_that_was_asked_for() {
    let (shell, [_, amd64, _]) = scene();
    shell.run(&format!("sign REG/app@{amd64} --key bulla.key")).ends(0);
    let line = "verify REG/app:1.4 --policy children.yaml --platform linux/amd64";
    for format in ["text", "json", "junit", "markdown", "html"] {
        let said = shell.run(&format!("{line} -o {format}")).ends(0).out;
        assert!(said.contains("linux/amd64"), "{format}: {said}");
    }
    shell.run(&format!("{line} --record it.json")).ends(0);
    assert!(shell.run("replay it.json").ends(0).out.contains("linux/amd64"));
}
