//! Kubernetes' own libraries: no text that we read may run an image for `kubectl` that we did not find. `tests/peers/run` builds
//! what asks them.

use bulla_gate::workloads::{Paths, images, images_of};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// What all others are made of, by changing them at random.
const SEEDS: [&str; 5] = [
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n  - image: 'r.io/a:1'\n  containers: # c\n  - name: b\n    image: >-\n      r.io/b\n  - {image: \"r.io\\x2fc\", name: d}\n",
    "x: &x\n  kind: Pod\n  apiVersion: v1\n---\n<<: {kind: Pod, apiVersion: v1}\nspec: {containers: &c [&i {image: &a a/b}, *i, {image: *a}, {<<: *i, name: b}]}\n",
    "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    kind: Pod\n  b: \"x\n    y\"\n---\nkind: Pod\napiVersion: v1\nspec: {containers: [{image: a}]}\n...\n---\n# end\n",
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"a\\/b:1\"}]}}}}",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: d}]}}}}}\n",
];

/// What YAML gives a meaning to, and what images are made of.
const PIECES: [&str; 48] = [
    "'",
    "\"",
    "\\",
    "\n",
    "\r",
    "\r\n",
    "  ",
    " ",
    "- ",
    ": ",
    ":",
    "#",
    " #",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "<<: ",
    "|",
    ">-",
    ">",
    "|2",
    "---",
    "---\n",
    "...\n",
    "? ",
    "!",
    "!!str ",
    "!!binary ",
    "\t",
    "\u{feff}",
    "é",
    "image",
    "image: ",
    "a/b:1",
    "kind: Pod\n",
    "\\x2f",
    "\\\n",
    "null",
    "~",
    "%YAML 1.1\n",
    "@",
    "\u{85}",
    "\u{2028}",
    "''",
];

struct Kubectl {
    process: Child,
    texts: ChildStdin,
    objects: BufReader<ChildStdout>,
}

impl Kubectl {
    /// Nothing, and a line that says so, where it is not built.
    #[expect(clippy::print_stdout, reason = "a skipped test says that it is")]
    fn start() -> Option<Self> {
        let program = env::var_os("BULLA_KUBERNETES_YAML").map(PathBuf::from);
        assert!(program.is_some() || env::var_os("BULLA_PEERS").is_none(), "the peers run, and this one is not built");
        let Some(program) = program else {
            println!("skipped: Kubernetes' reader is not built (tests/peers/run builds it), and was not asked");
            return None;
        };
        let mut process = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
        let texts = process.stdin.take().expect("its input");
        let objects = BufReader::new(process.stdout.take().expect("its output"));
        Some(Self { process, texts, objects })
    }

    fn objects(&mut self, text: &str) -> Vec<Value> {
        writeln!(self.texts, "{}", Value::from(text)).expect("it reads");
        let mut line = String::new();
        self.objects.read_line(&mut line).expect("it writes");
        serde_json::from_str(&line).expect("objects")
    }
}

impl Drop for Kubectl {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).expect("it ends");
    }
}

/// Numbers that look random and are the same each time (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit.max(1)).expect("a small number");
        usize::try_from(self.0 % limit).expect("a small number")
    }

    fn one_of(&mut self, texts: &[&str]) -> Vec<char> {
        let index = self.below(texts.len());
        texts.get(index).expect("below the number of them").chars().collect()
    }

    /// One of the seeds with a few changes: a piece put in, some of it taken out, some of it repeated elsewhere.
    fn text(&mut self) -> String {
        let mut text = self.one_of(&SEEDS);
        for _ in 0..1 + self.below(5) {
            let from = self.below(text.len() + 1);
            let to = (from + self.below(30)).min(text.len());
            let at = self.below(text.len() + 1);
            let new = match self.below(4) {
                0 | 1 => self.one_of(&PIECES),
                2 => text.get(from..to).expect("within the text").to_vec(),
                _ => {
                    text.drain(from..to.min(from + 4));
                    continue;
                }
            };
            text.splice(at..at, new);
        }
        text.into_iter().collect()
    }
}

/// Each runs `evil` for `kubectl`, and something else, or nothing, for a reader of YAML 1.2 that is not as strict as ours.
#[test]
fn what_is_refused_would_have_hidden_an_image() {
    let Some(mut kubectl) = Kubectl::start() else { return };
    let spec = "spec: {containers: [{image: evil}]}\n";
    for (text, code) in [
        (format!("apiVersion: v1\nkind: Pod\nkind: ConfigMap\nkind: Pod\n{spec}"), "manifest-duplicate-key"),
        (format!("apiVersion: v1\nkind: ConfigMap\n<<: {{kind: Pod}}\n{spec}"), "manifest-merge-order"),
        (format!("apiVersion: v1\nkind: !!binary UG9k\n{spec}"), "manifest-unknown-tag"),
        (format!("apiVersion: v1\n# \u{2028}kind: Pod\n{spec}"), "manifest-ambiguous-line-break"),
        (format!("apiVersion: v1\n# \u{2029}kind: Pod\n{spec}"), "manifest-ambiguous-line-break"),
        (format!("apiVersion: v1\n# \u{85}kind: Pod\n{spec}"), "manifest-ambiguous-line-break"),
    ] {
        assert_eq!(images(&text, &Paths::known()).expect_err(code).code(), code);
        let run = kubectl
            .objects(&text)
            .iter()
            .map(|object| images_of(object, &Paths::known()).expect("an object"))
            .collect::<Vec<_>>();
        let [found] = &run[..] else { panic!("{code}: {run:?}") };
        let [image] = &found.images[..] else { panic!("{code}: {found:?}") };
        assert_eq!(image.image, "evil", "{code}");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts belong to the report")]
fn what_kubectl_would_run_is_found() {
    let Some(mut kubectl) = Kubectl::start() else { return };
    let (paths, mut dice) = (Paths::known(), Dice(88_172_645_463_325_252));
    let (mut read, mut run) = (0, 0);
    for _ in 0..20_000 {
        let text = dice.text();
        let Ok(found) = images(&text, &paths) else { continue };
        let ours: BTreeSet<_> = found.images.iter().map(|image| (&*image.path, &*image.image)).collect();
        let objects = kubectl.objects(&text);
        read += usize::from(!objects.is_empty());
        for object in objects {
            // What is no object is run by nobody.
            let Ok(theirs) = images_of(&object, &paths) else { continue };
            for image in &theirs.images {
                // A number is written otherwise after it was read, and refused by the API server anyway.
                let number = image.image.parse::<f64>().is_ok() || ["true", "false"].contains(&&*image.image);
                assert!(
                    number || ours.contains(&(&*image.path, &*image.image)),
                    "{image:?} is not in {ours:?}: {text:?}"
                );
                run += 1;
            }
        }
    }
    println!("{read} texts that both read, {run} images in them");
    assert!(read > 2000 && run > 2000, "{read}, {run}");
}
