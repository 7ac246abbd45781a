//! What a policy says and hardly means. It parses and decides all the same.
//!
//! Only what is certain is told: a rule that no name can ever fall under, a signer whom more people can be than it looks,
//! what has ended. A policy that is strict gets no lint.

use super::{
    by::{By, GITLAB_ISSUER, GitHub, GitLab, Patterns},
    document::Unmatched,
    error::{Fault, PolicyError},
    glob::Glob,
    moment::Moment,
    position::At,
    provenance::{Builder, Provenance},
    require::{Attested, Require, Signed},
    resolve::TrustPolicy,
    rule::{Mode, MultiArch, Rule},
};
use bulla_verify::Time;

/// An exception that ends later than this is one for good.
const YEAR: i64 = 366 * 86_400;

impl TrustPolicy {
    /// What its maintainer may want to know, in the order of the text that it was parsed from. `now` is for what ends.
    pub fn lints(&self, text: &str, now: Time) -> Vec<PolicyError> {
        let spec = &self.document().spec;
        let mut lints: Vec<_> = open_to_all(&spec.unmatched).into_iter().collect();
        if spec.rules.iter().all(|rule| rule.mode != Mode::Enforce) {
            let hint = "set `mode: enforce` once the warnings have ended";
            lints.push(lint("enforces-nothing", "no rule is enforced: nothing is refused by one", hint, &spec.rules));
        }
        for rule in spec.rules.iter() {
            lints.extend(about_nothing(rule));
            lints.extend(open_index(rule, &spec.rules));
            let mut leaves = Vec::new();
            rule.require.leaves(&mut leaves);
            lints.extend(leaves.into_iter().flat_map(|leaf| loosely_demanded(leaf, now)));
        }
        lints.extend(spec.exceptions.iter().filter_map(|exception| badly_bounded(&exception.expires, now)));
        lints.sort_by_key(PolicyError::position);
        lints.into_iter().map(|lint| lint.within(text)).collect()
    }
}

fn lint<T>(code: &'static str, message: impl Into<String>, hint: &'static str, at: &At<T>) -> PolicyError {
    Fault::new(code, message, hint).at(at.position())
}

fn open_to_all(unmatched: &At<Unmatched>) -> Option<PolicyError> {
    let message = match **unmatched {
        Unmatched::Deny => return None,
        Unmatched::Warn => "what no enforced rule is about is accepted, with a warning",
        Unmatched::Allow => "what no enforced rule is about is accepted, and nobody is told",
    };
    let hint = "write `deny` once every artifact that you run has a rule";
    Some(lint("unmatched-accepted", message, hint, unmatched))
}

/// Names that no artifact has.
fn about_nothing(rule: &Rule) -> Vec<PolicyError> {
    let images = rule.images.iter().filter_map(|glob| {
        let (why, hint) = no_image(glob)?;
        Some(lint("matches-nothing", format!("`{}` matches no image: {why}", **glob), hint, glob))
    });
    let files = rule.files.iter().filter(|glob| parts_of_its_own(glob) > 1).map(|glob| {
        let message = format!("`{}` matches no file: files go by their names without folders", **glob);
        lint("matches-nothing", message, "write what stands behind the last slash", glob)
    });
    images.chain(files).collect()
}

/// Images that somebody vouches for, in an index for which nobody does.
fn open_index(rule: &Rule, all: &[Rule]) -> Option<PolicyError> {
    let multi_arch = rule.multi_arch.as_ref().filter(|found| ***found == MultiArch::Children)?;
    let demands_index = |other: &Rule| {
        let covers = rule.images.iter().all(|glob| other.images.contains(glob));
        other.mode == Mode::Enforce && other.multi_arch() != MultiArch::Children && covers
    };
    if rule.mode != Mode::Enforce || all.iter().any(demands_index) {
        return None;
    }
    let message =
        "nobody has to vouch for which images an index holds: an old one that is signed may stand in for the new one";
    Some(lint(
        "index-open",
        message,
        "write `multiArch: both`, or demand something of the index in a rule of its own",
        multi_arch,
    ))
}

/// How many parts a name has at least that matches.
fn parts_of_its_own(glob: &Glob) -> usize {
    glob.as_str().split('/').filter(|part| *part != "**").count()
}

/// Images go by their registry, which has a dot, a port, or is `localhost`, and by their repository.
fn no_image(glob: &Glob) -> Option<(&'static str, &'static str)> {
    let (registry, repository) = match glob.as_str().split_once('/') {
        None if glob.as_str() == "**" => return None,
        None => (glob.as_str(), ""),
        Some(parts) => parts,
    };
    if repository.contains([':', '@']) {
        return Some(("rules are about repositories, without tag or digest", "leave out what stands behind the name"));
    }
    let names_a_host = registry.contains(['.', ':', '*']) || registry == "localhost";
    match names_a_host && !repository.is_empty() {
        true => None,
        false => Some(("it names no registry", "write the whole name: `registry.acme.dev/services/app`")),
    }
}

/// A requirement that more meets than it looks.
fn loosely_demanded(leaf: &Require, now: Time) -> Vec<PolicyError> {
    match leaf {
        Require::All(_) | Require::Any(_) | Require::AtLeast(_) => Vec::new(),
        Require::Signed(Signed { by, .. }) | Require::Attested(Attested { by, .. }) => loosely_named(by),
        Require::Sbom(sbom) => loosely_named(&sbom.by),
        Require::Vsa(vsa) => {
            let any_resource = vsa.resource.is_none().then(|| any_resource(&vsa.by));
            loosely_named(&vsa.by).into_iter().chain(any_resource).collect()
        }
        Require::Vulnerabilities(report) => {
            let by = [Some(&report.by), report.vex.as_ref()].into_iter().flatten().flat_map(loosely_named);
            by.chain(report.ignore.iter().filter_map(|ignored| badly_bounded(&ignored.expires, now))).collect()
        }
        Require::Provenance(provenance) => {
            let Provenance { builder, source, git_ref, version, workflow, .. } = &***provenance;
            let own = *builder == Builder::GitHubHosted && workflow.is_none();
            let unbound = git_ref.is_none() && version.is_none();
            let hint = "name the `ref`: `refs/heads/main`, `refs/tags/v*`; or the `version`";
            let any_ref = unbound.then(|| any_ref(source, hint, provenance));
            let own = own.then(|| any_workflow(source, provenance));
            let elsewhere = (source.as_str().split('/').next() != Some(builder.host())).then(|| {
                let message = format!("`{source}` is not on {}, where {builder} builds: nothing will meet this", builder.host());
                let hint = "name another builder; where none is known, demand an attestation: `attested`, with its signer in `by`";
                lint("source-elsewhere", message, hint, provenance)
            });
            own.into_iter().chain(any_ref).chain(elsewhere).collect()
        }
    }
}

fn any_ref<T>(name: &Glob, hint: &'static str, at: &At<T>) -> PolicyError {
    lint("any-ref", format!("a build of any branch of `{name}` will do, and of any tag"), hint, at)
}

fn any_resource<T>(at: &At<T>) -> PolicyError {
    let message = "it may have been verified as anything: a summary for a trial will do, too";
    lint("any-resource", message, "name what it has to be verified as: `resource: \"oci://{name}\"`", at)
}

fn any_workflow<T>(name: &Glob, at: &At<T>) -> PolicyError {
    let hint = "name the one that releases: `workflow: release.yml`";
    lint("any-workflow", format!("any workflow of `{name}` will do"), hint, at)
}

/// Signers of whom there are more than it looks.
fn loosely_named(by: &At<By>) -> Vec<PolicyError> {
    let any_ref = |name: &Glob| {
        let hint = "name the `ref`: `refs/heads/main`, `refs/tags/v*`; or an `environment` that only those reach";
        any_ref(name, hint, by)
    };
    match &**by {
        By::GitHub(github) => {
            let GitHub { repository, workflow, git_ref, reusable_workflow, environment, .. } = &**github;
            let unnamed = workflow.is_none() && reusable_workflow.is_none();
            let unbound = git_ref.is_none() && environment.is_none();
            let any_ref = unbound.then(|| any_ref(repository));
            unnamed.then(|| any_workflow(repository, by)).into_iter().chain(any_ref).collect()
        }
        By::GitLab(gitlab) => {
            let GitLab { project, git_ref, environment, .. } = &**gitlab;
            let unbound = git_ref.is_none() && environment.is_none();
            unbound.then(|| any_ref(project)).into_iter().collect()
        }
        By::Pattern(patterns) => {
            let Patterns { subject, issuer, .. } = &**patterns;
            let loose = [subject, issuer].into_iter().filter_map(|pattern| loose_dot(pattern.as_str()));
            let told = loose.map(|around| {
                let message =
                    format!("the dot of `{around}` stands for any character: somebody else's name matches, too");
                lint("pattern-dot", message, "write `\\.` for a dot", by)
            });
            told.collect()
        }
        By::Certificate(certificate) if certificate.issuer.as_str() == GITLAB_ISSUER => {
            let message = "of a pipeline of GitLab the name alone says where it ran, and not whose branch was built";
            let hint = "write `gitlab: { project: … }`, which asks for both";
            vec![lint("pipeline-by-name", message, hint, by)]
        }
        By::Key(_) | By::Email(_) | By::Spiffe(_) | By::Certificate(_) => Vec::new(),
    }
}

/// What stands around a dot that means any character and stands as in a name, between letters: `github.com`.
fn loose_dot(pattern: &str) -> Option<String> {
    let letters: Vec<char> = pattern.chars().collect();
    let is_of_a_name = |at: usize| letters.get(at).is_some_and(|letter| letter.is_ascii_alphanumeric());
    let (mut escaped, mut in_class) = (false, false);
    for (at, letter) in letters.iter().enumerate() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '.' if !in_class && at > 0 && is_of_a_name(at - 1) && is_of_a_name(at + 1) => {
                let from = (0..at).rev().take_while(|before| is_of_a_name(*before)).last().unwrap_or(at);
                let after = (at + 1..letters.len()).take_while(|after| is_of_a_name(*after)).count();
                return Some(letters.iter().skip(from).take(at + 1 + after - from).collect());
            }
            _ => {}
        }
    }
    None
}

/// The end of what is excused for a while.
fn badly_bounded(expires: &At<Moment>, now: Time) -> Option<PolicyError> {
    match expires.time().unix().saturating_sub(now.unix()) {
        ..=0 => {
            let message = format!("this exception has ended at {}, and excuses nothing", **expires);
            Some(lint("exception-expired", message, "take it out", expires))
        }
        1..=YEAR => None,
        _ => {
            let message = format!("this exception lasts until {}, for more than a year", **expires);
            Some(lint(
                "exception-long",
                message,
                "let it end sooner: whoever wants it longer looks at it again",
                expires,
            ))
        }
    }
}
