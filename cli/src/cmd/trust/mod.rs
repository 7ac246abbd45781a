//! `bulla trust`: the roots that certificates, logs and timestamps are verified under.

mod create;
mod doctor;
mod init;

use crate::{
    args::{TrustCommand, TrustNames},
    error::{Failure, Result},
    progress::Progress,
    report::{KnownRoot, KnownRoots, Outcome, Report},
    roots::{self, Roots},
    session::{self, Session},
};
use bulla_transport::tuf::{Repository, SIGNING_CONFIG, Status, TRUSTED_ROOT, TufError};

pub(crate) fn run(command: &TrustCommand, session: &Session) -> Result<Report> {
    match command {
        TrustCommand::Init(args) => init::run(args, &Roots::expected()?, session),
        TrustCommand::Update(args) => update(args, &Roots::expected()?, session),
        TrustCommand::Show(args) => show(args, &Roots::expected()?),
        TrustCommand::Doctor(args) => doctor::run(args, session),
        TrustCommand::Create(args) => create::run(args),
    }
}

/// Asks for what is new. One that fails keeps none of the others from being asked.
fn update(args: &TrustNames, roots: &Roots, session: &Session) -> Result<Report> {
    let (mut known, mut failures) = (Vec::new(), Vec::new());
    for repository in named(args, roots)? {
        let _progress = Progress::of(&format!("asking {}", repository.url()));
        match roots.update(&repository, &[TRUSTED_ROOT, SIGNING_CONFIG], &args.network, session) {
            Ok(verified) => known.push(shown(&repository, Some(verified.status()))),
            Err(failure) => failures.push(failure.about(format!("the root `{}`", repository.name())).hint(KEPT)),
        }
    }
    let report = Report::done("trust", Outcome::Roots(KnownRoots { roots: known }));
    Ok(failures.into_iter().fold(report, Report::but))
}

/// What to know of an update that failed.
const KEPT: &str =
    "what was cached before is kept, and is good until `bulla trust show` says; check the network and the proxy";

fn show(args: &TrustNames, roots: &Roots) -> Result<Report> {
    let (mut known, mut failures) = (Vec::new(), Vec::new());
    for repository in named(args, roots)? {
        match roots.client(&repository).status() {
            Ok(status) => known.push(shown(&repository, Some(&status))),
            Err(TufError::NotCached { .. }) => known.push(shown(&repository, None)),
            Err(error) => failures.push(Failure::from(error).about(format!("the root `{}`", repository.name()))),
        }
    }
    let report = Report::done("trust", Outcome::Roots(KnownRoots { roots: known }));
    Ok(failures.into_iter().fold(report, Report::but))
}

/// Those that were named, or all.
fn named(args: &TrustNames, roots: &Roots) -> Result<Vec<Repository>> {
    if args.names.is_empty() {
        return Ok(roots.repositories().all()?);
    }
    args.names.iter().map(|name| Ok(roots.repositories().find(name)?)).collect()
}

fn shown(repository: &Repository, status: Option<&Status>) -> KnownRoot {
    let versions = |status: &Status| {
        status.roles.iter().map(|role| format!("{} {}", role.role, role.version)).collect::<Vec<_>>().join(", ")
    };
    KnownRoot {
        name: repository.name().to_owned(),
        url: repository.url().to_owned(),
        built_in: repository.is_built_in(),
        versions: status.map(versions),
        checked: status.map(|status| status.checked.to_string()),
        expires: status.map(|status| status.expires().to_string()),
        days_left: status.map(|status| roots::days_until(status.expires(), session::now())),
    }
}
