//! Annotations, as the runner of GitHub Actions finds them.

use super::{HOSTILE, SURVEY, scene};
use crate::{manifests, shell::Shell};

/// Name, properties and message of a command.
type Command = (String, String, String);

/// What the runner (actions/runner, `ActionCommand.cs`) takes for commands: a line that begins with `::` once it is trimmed; and, in the
/// older form, one that has `##[` anywhere.
fn commands(said: &str) -> Vec<Command> {
    let lines = said.split(['\n', '\r']).map(str::trim);
    let found = lines.filter_map(|line| match line.strip_prefix("::") {
        Some(command) => {
            let (head, message) = command.split_once("::")?;
            let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
            Some((name.to_owned(), properties.to_owned(), unescaped(message)))
        }
        None => line.contains("##[").then(|| ("older".to_owned(), String::new(), line.to_owned())),
    });
    found.collect()
}

fn unescaped(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

#[test]
fn each_subject_is_annotated_once_where_it_stands() {
    let shell = scene();
    let said = shell.run(&format!("{SURVEY} -o github")).ends(1).err("");
    let found = commands(&said.out);
    let heads: Vec<_> = found.iter().map(|(name, properties, _)| format!("{name} {properties}")).collect();
    let expected = [
        "warning file=k8s/gone.yaml,line=1,col=28,title=bulla%3A could not tell",
        "warning file=k8s/hostile.json,line=1,col=HERE,title=bulla%3A could not tell",
        "error file=k8s/jobs/nightly.yml,line=4,col=63,title=bulla%3A refused",
        "warning file=k8s/web.yaml,line=9,col=16,title=bulla%3A accepted with a warning",
        "warning file=k8s/broken.yaml,line=1,col=7,title=bulla%3A could not tell",
    ];
    let column = heads[1].split("col=").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let expected = expected.map(|head| head.replace("HERE", column));
    assert_eq!(heads, expected);
    let refused = &found[2].2;
    assert!(
        refused.starts_with("REG/other@sha256:")
            && refused.contains("\nno signature is attached [no-signature]\nhint: "),
        "{refused}"
    );
    assert!(refused.contains("\nalso used by k8s/jobs/nightly.yml:9: Job nightly, container main"), "{refused}");
    assert!(
        said.out.ends_with("bulla verify: 1 accepted, 1 refused, 2 unknown, and 1 problem besides\n"),
        "{}",
        said.out
    );
}

#[test]
fn hostile_text_begins_no_command() {
    let shell = scene();
    let said = shell.run(&format!("{SURVEY} -o github")).ends(1);
    let found = commands(&said.out);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found.iter().all(|(name, ..)| name == "error" || name == "warning"), "{found:?}");
    let begins = HOSTILE.split('\n').next().unwrap();
    assert!(found[1].2.starts_with(&begins.replace("##", "#\\u{23}")), "{found:?}");
    // A file's name is a property, which ends sooner.
    let name = "k8s/a,line=7::error::%0A.yaml";
    manifests::write(&shell, name, "services: { other: { image: 'REG/other:2' } }\n");
    let mut command = shell.command("verify --key bulla.pub -o github -f");
    let said = shell.said(command.arg(name).output().unwrap()).ends(1);
    let [(kind, properties, _)] = &commands(&said.out)[..] else { panic!("{said:?}") };
    assert_eq!(kind, "error");
    assert!(properties.starts_with("file=k8s/a%2Cline=7%3A%3Aerror%3A%3A%250A.yaml,line=1,"), "{properties}");
}

#[test]
fn in_no_other_format_either() {
    let shell = scene();
    shell.write("bad.yaml", "::stop-commands::a: ##[set-output name=b]c\n");
    for line in
        [format!("{SURVEY} --explain"), format!("{SURVEY} -o json"), "verify -f k8s --policy bad.yaml".to_owned()]
    {
        let said = shell.run(&line);
        assert_eq!(commands(&format!("{}\n{}", said.out, said.err)), [], "{line}");
    }
}

#[test]
fn the_summary_of_the_step_gets_the_markdown() {
    let shell = scene();
    let summary = |line: &str| {
        shell.write("summary", "before\n");
        let mut command = shell.command(line);
        let said = shell.said(command.env("GITHUB_STEP_SUMMARY", shell.path("summary")).output().unwrap());
        (said, shell.read("summary"))
    };
    let markdown = shell.run(&format!("{SURVEY} -o markdown")).out.replace("REG", &shell.registry.host());
    assert_eq!(summary(&format!("{SURVEY} -o github")).1, format!("before\n{markdown}"));
    assert_eq!(summary(&format!("{SURVEY} -o github=a.gh")).1, format!("before\n{markdown}"));
    assert_eq!(summary(SURVEY).1, "before\n", "only who asks for it");
    let mut command = shell.command("verify REG/app:1.4 --key bulla.pub -o github");
    let said = shell.said(command.env("GITHUB_STEP_SUMMARY", shell.path("none/summary")).output().unwrap()).ends(2);
    assert!(said.out.contains("[cannot-write]") && said.out.contains("bulla verify: 1 accepted"), "{said:?}");
}

#[test]
fn a_summary_is_no_longer_than_github_takes() {
    let shell = manifests::scene();
    let services: String =
        (0..2_000).map(|at| format!("  s{at}: {{ image: 'acme/{}{at}:${{TAG}}' }}\n", "x".repeat(300))).collect();
    shell.write(
        "many.yaml",
        format!("services:\n  refused: {{ image: '{}/other:2' }}\n{services}", shell.registry.host()),
    );
    let mut command = shell.command("verify -f many.yaml --key bulla.pub -o github");
    let said = shell.said(command.env("GITHUB_STEP_SUMMARY", shell.path("summary")).output().unwrap()).ends(1);
    assert_eq!(commands(&said.out).len(), 2_001);
    let summary = shell.read("summary");
    assert!((400 << 10..900 << 10).contains(&summary.len()), "{}", summary.len());
    assert!(
        summary.contains("\nThere is no room for ") && summary.contains("| ❌ refused | "),
        "what is refused stays"
    );
    assert!(summary.ends_with("</details>\n\n"), "nothing is cut in two");
}

#[test]
fn a_file_is_named_from_the_top_of_the_checkout() {
    let shell: Shell = scene();
    let mut command = shell.command("verify --key bulla.pub -o github -f jobs");
    command.current_dir(shell.path("k8s")).env("GITHUB_WORKSPACE", shell.path(""));
    let mut command = shell.said(command.arg("--key").arg(shell.path("other.pub")).output().unwrap());
    command.out.truncate(200);
    assert!(command.out.contains("no such file: `bulla.pub`"), "{command:?}");
    let mut command = shell.command("verify --key ../bulla.pub -o github -f jobs");
    command.current_dir(shell.path("k8s")).env("GITHUB_WORKSPACE", shell.path(""));
    let said = shell.said(command.output().unwrap()).ends(1);
    assert!(said.out.starts_with("::error file=k8s/jobs/nightly.yml,line=4,"), "{said:?}");
}
