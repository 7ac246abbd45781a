//! `bulla policy`: policies as such, and no artifact.

mod diff;
mod suggest;
mod test;

use crate::{
    args::{
        Network,
        policy::{Bundle, Check, Convert, PolicyCommand},
    },
    error::{Failure, Result},
    policy_file,
    report::{Checked, CheckedPolicy, ConvertedPolicy, Outcome, Page, Report},
    session::{self, Session},
};
use bulla_policy::{
    Embedded, TrustPolicy,
    convert::{self, SignedNames},
    schema,
};
use std::path::Path;

pub(crate) fn run(command: &PolicyCommand, session: &Session) -> Result<Report> {
    match command {
        PolicyCommand::Check(args) => Ok(check(args, session)),
        PolicyCommand::Bundle(args) => bundle(args, session),
        PolicyCommand::Test(args) => test::run(args),
        PolicyCommand::Suggest(args) => suggest::run(args, session),
        PolicyCommand::Diff(args) => diff::run(args, session),
        PolicyCommand::Convert(args) => convert(args),
        PolicyCommand::Schema => Ok(page(pretty(&schema::of_policies()))),
    }
}

/// Each by itself: whether they combine depends on which are given together.
fn check(args: &Check, session: &Session) -> Report {
    let (mut policies, mut failures) = (Vec::new(), Vec::new());
    for path in &args.files {
        match check_one(path, &args.network, session) {
            Ok(checked) => policies.push(checked),
            Err(failure) => failures.push(failure),
        }
    }
    let lints: usize = policies.iter().map(|policy| policy.lints.len()).sum();
    let report = Report::done("policy", Outcome::Checked(Checked { policies }));
    let report = failures.into_iter().fold(report, Report::but);
    if lints == 0 || !args.strict {
        return report;
    }
    let message = format!("{lints} {}, and `--strict` lets none pass", if lints == 1 { "lint" } else { "lints" });
    report.but(Failure::refused("policy-lints", message).hint("mend them: each says above what to do"))
}

fn check_one(path: &Path, network: &Network, session: &Session) -> Result<CheckedPolicy> {
    let text = policy_file::text(path)?;
    let policy = policy_file::parse(path, &text, network, session)?;
    let lints = policy.lints(&text, session::now());
    Ok(CheckedPolicy::new(path, &policy, &lints))
}

/// Nothing is printed that would not be read where no files are.
fn bundle(args: &Bundle, session: &Session) -> Result<Report> {
    let policy = policy_file::read(&args.file, &args.network, session)?;
    let text = policy.to_string();
    TrustPolicy::parse(&text, &Embedded).map_err(|error| {
        Failure::from(error)
            .about(args.file.display())
            .hint("a root that this machine knows is unknown elsewhere: put its `trusted_root.json` under `roots`")
    })?;
    Ok(page(text))
}

/// Whole or not at all; everything that stands against it is said at once.
fn convert(args: &Convert) -> Result<Report> {
    let text = policy_file::text(&args.file)?;
    let names = if args.any_signed_name { SignedNames::Ignored } else { SignedNames::Refused };
    let keys = policy_file::Keys::beside(&args.file);
    match convert::convert(&text, args.from.map(Into::into), names, &keys) {
        Ok(converted) => Ok(Report::done("policy", Outcome::Converted(ConvertedPolicy::new(&args.file, &converted)))),
        Err(errors) => {
            let mut failures = errors.iter().map(|error| policy_file::in_file(&args.file, error));
            let first = failures.next().unwrap_or_else(|| Failure::usage("nothing could be converted"));
            Ok(failures.fold(Report::failed("policy", first), Report::but))
        }
    }
}

fn page(text: String) -> Report {
    Report::done("policy", Outcome::Page(Page { text, files: Vec::new() }))
}

fn pretty(schema: &impl serde::Serialize) -> String {
    // A schema holds nothing but JSON: it always has a form.
    format!("{}\n", serde_json::to_string_pretty(schema).unwrap_or_default())
}
