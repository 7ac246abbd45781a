//! `bulla trust doctor`: asks every service of a trusted root how it is.

use crate::{
    args::TrustDoctor,
    budget,
    error::{Failure, Result},
    input,
    report::{Examined, Outcome, Report, ServiceHealth},
    roots::{self, Roots},
    session::{self, Session},
    signers,
};
use bulla_sign::trusted_root::{Listed, LogIdOf, Probe, Role, list, probe};
use bulla_transport::{Error, parallel};

/// Clocks further apart than this make good signatures fail: tokens and certificates live for ten minutes.
const SKEW: i64 = 60;
/// How many days before its end something is worth a warning.
const SOON: i64 = 30;

pub(super) fn run(args: &TrustDoctor, session: &Session) -> Result<Report> {
    // What is typed is what is meant, whatever the environment says.
    let named = match (&args.name, &args.trusted_root) {
        (Some(_), _) => None,
        (None, Some(path)) => Some(path.clone()),
        (None, None) => session.file_named_by(signers::TRUSTED_ROOT)?,
    };
    let json = match named {
        Some(path) => input::read(&path, budget::TRUST_BYTES, "a trusted root")?,
        None => Roots::expected()?.trusted_root_json(args.name.as_deref().unwrap_or(roots::PUBLIC_GOOD))?,
    };
    let listed: Vec<Listed> =
        list(&json)?.into_iter().filter(|service| args.all || service.is_current(session::now())).collect();
    let answers: Vec<Option<Result<Probe, Error>>> = match args.network.offline {
        true => listed.iter().map(|_| None).collect(),
        false => {
            let options = session.options(&args.network)?;
            parallel::each(&listed, |service| match service.url.is_empty() {
                true => None,
                false => Some(probe(service, &options, &session::now)),
            })
        }
    };
    let services: Vec<ServiceHealth> =
        listed.iter().zip(&answers).map(|(service, answer)| health(service, answer.as_ref())).collect();
    let (all, troubled) = (services.len(), services.iter().filter(|service| !service.problems.is_empty()).count());
    let report = Report::done("trust", Outcome::Examined(Examined { services }));
    match troubled {
        0 => Ok(report),
        _ => Ok(report.but(
            Failure::unknown("services-in-trouble", format!("{troubled} of {all} services are in trouble"))
                .hint("why is said beside each of them; what was signed before still verifies"),
        )),
    }
}

fn health(service: &Listed, answer: Option<&Result<Probe, Error>>) -> ServiceHealth {
    let mut problems: Vec<String> = Vec::new();
    let probe = answer.and_then(|answer| answer.as_ref().ok());
    problems.extend(answer.and_then(|answer| answer.as_ref().err()).map(Error::to_string));
    let now = session::now();
    for (what, end) in [("it is trusted", service.until), ("its certificates are valid", service.certificates_end)] {
        match end.map(|end| (end, roots::days_until(end, now))) {
            Some((end, ..0)) => problems.push(format!("{what} only until {end}, which is over")),
            Some((end, days @ ..SOON)) => problems.push(format!("{what} only until {end}: {days} days")),
            _ => {}
        }
    }
    if let Some(ahead) = probe.and_then(|probe| probe.clock_ahead).filter(|ahead| ahead.abs() > SKEW) {
        let which = if ahead > 0 { "ahead of" } else { "behind" };
        problems.push(format!("its clock is {} seconds {which} this machine's", ahead.abs()));
    }
    let wrong_id = match probe.and_then(|probe| probe.log_id.as_ref()) {
        Some(found) => *found == LogIdOf::Unknown,
        // A log of signatures may have another origin than its address, which nobody knows before it was asked.
        None => service.log_id == Some(LogIdOf::Unknown) && (probe.is_some() || service.role == Role::CertificateLog),
    };
    if wrong_id {
        problems.push("its id is not that of its key, and nothing that it signs will be found: a log of Rekor v2 is listed with its `origin`, the \
                       first line of its checkpoint".to_owned());
    }
    if let Some(status) = probe.map(|probe| probe.status).filter(|status| *status >= 500) {
        problems.push(format!("it answers with status {status}"));
    }
    ServiceHealth {
        role: role(service.role).to_owned(),
        url: service.url.clone(),
        milliseconds: probe.map(|probe| u64::try_from(probe.took.as_millis()).unwrap_or(u64::MAX)),
        clock_ahead: probe.and_then(|probe| probe.clock_ahead),
        problems,
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::CertificateAuthority => "certificate authority",
        Role::Log => "log",
        Role::CertificateLog => "certificate log",
        Role::TimestampAuthority => "timestamp authority",
    }
}
