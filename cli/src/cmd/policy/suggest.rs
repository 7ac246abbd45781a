//! `bulla policy suggest`: a policy that what is signed today meets.

use crate::{
    args::{Network, policy::Suggest},
    bundle_file,
    error::{Failure, Result},
    input::{self, Wanted},
    policy_file,
    progress::Progress,
    report::{Outcome, Page, Report, printable},
    roots::Roots,
    session::{self, Session},
    signers,
    target::{self, Target},
};
use bulla_policy::{Believed, Evidence, Refused, Subject, Suggestion, UnverifiedEvidence, language::Root, suggest};
use bulla_transport::Place;
use bulla_verify::TrustedRoot;
use std::collections::BTreeMap;

/// How a policy calls the root that is a file.
const IN_A_FILE: &str = "own";

pub(super) fn run(args: &Suggest, session: &Session) -> Result<Report> {
    let target = Target::parse(&args.target)?;
    let (believed, own) = believed(args, session)?;
    let (subject, evidence) = match &target {
        Target::Image(place) if args.bundle.is_empty() => image(place, args, &believed, session)?,
        _ => bytes(&target, args, &believed)?,
    };
    let failures: Vec<_> = evidence.unavailable.iter().map(unavailable).collect();
    let here = policy_file::Here { network: &args.network, session };
    match suggest(&subject, &evidence, &own, &here, session::now()) {
        Ok(suggestion) => Ok(Report::done("policy", Outcome::Page(page(&target, &suggestion)))),
        Err(why) => {
            let failure = Failure::from(why).about(&target);
            let refused = evidence.refused.iter().map(refused);
            let report = Report::failed("policy", failure);
            Ok(failures.into_iter().chain(refused).fold(report, Report::but))
        }
    }
}

/// Keys that were given, and the roots that were named; without any, every root that is known here.
fn believed(args: &Suggest, session: &Session) -> Result<(Believed, BTreeMap<String, Root>)> {
    let keys = args.key.iter().map(|path| signers::public_key(path)).collect::<Result<Vec<_>>>()?;
    let mut own = BTreeMap::new();
    let file = match &args.trusted_root {
        Some(path) => Some(path.clone()),
        None => session.file_named_by(signers::TRUSTED_ROOT)?.filter(|_| args.root.is_empty()),
    };
    let roots = match file {
        Some(path) => {
            let root = signers::root(&path)?.named(IN_A_FILE);
            own.insert(IN_A_FILE.to_owned(), Root::of(&root));
            vec![root]
        }
        None => by_name(&args.root, &args.network, session)?,
    };
    Ok((Believed::new(keys, roots), own))
}

fn by_name(names: &[String], network: &Network, session: &Session) -> Result<Vec<TrustedRoot>> {
    let roots = Roots::expected()?;
    if !names.is_empty() {
        return names.iter().map(|name| roots.trusted_root(name, network, session)).collect();
    }
    let known = roots.repositories().all()?;
    known.iter().map(|repository| roots.trusted_root(repository.name(), network, session)).collect()
}

fn image(place: &Place, args: &Suggest, believed: &Believed, session: &Session) -> Result<(Subject, Evidence)> {
    let store = session.open(place, &args.network)?;
    let _progress = Progress::of(&format!("asking {}", store.name()));
    let digest = bulla_transport::resolve(store.as_ref(), place)?;
    let fetched = bulla_gate::fetch(store.as_ref(), &digest, None, true)?;
    let name = target::image_name(place, args.called.as_deref())?;
    Ok((Subject { name, digest }, fetched.verify(believed, session::now())))
}

fn bytes(target: &Target, args: &Suggest, believed: &Believed) -> Result<(Subject, Evidence)> {
    let bundle_file::Beside { bundles, missing } = bundle_file::find(&args.bundle, target)?;
    if let Some(missing) = missing {
        let failure = Failure::refused("no-bundle", format!("{target}: there is no bundle beside it"));
        return Err(failure.hint(format!("no such file: `{}`; name another with `--bundle`", missing.display())));
    }
    let loaded = input::load(target, &Wanted::by(&bundles, believed))?;
    let artifact = loaded.artifact();
    let evidence = UnverifiedEvidence { bundles, ..UnverifiedEvidence::default() };
    let subject = Subject { name: target.name(args.called.as_deref())?, digest: *artifact.digest() };
    Ok((subject, evidence.verify(&artifact, believed, session::now())))
}

/// A bundle that does not verify.
fn refused(refused: &Refused) -> Failure {
    let Refused { origin, error } = refused;
    Failure::refused(error.code(), format!("{origin}: {error}")).hint(error.hint())
}

fn unavailable(unavailable: &bulla_policy::Unavailable) -> Failure {
    let message = format!("{}: {}", unavailable.origin, unavailable.reason);
    Failure::unknown(unavailable.code.clone(), message).maybe_hint(unavailable.hint.as_ref())
}

/// The policy, under what to look at before it is used.
fn page(target: &Target, suggestion: &Suggestion) -> Page {
    let shown = target.to_string();
    let mut text = format!(
        "# What {} is signed with today. It says who has signed, and not whether they should have:\n# read it before you \
         use it.\n",
        printable(&shown)
    );
    for note in &suggestion.notes {
        text.push_str(&format!("# - {}\n", printable(note)));
    }
    text.push_str(&suggestion.policy.to_string());
    Page { text, files: Vec::new() }
}
