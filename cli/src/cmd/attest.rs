//! `bulla attest`

use super::{
    signing::{self, Claim, Hand},
    summary,
};
use crate::{
    args::Attest,
    error::{Failure, Result},
    git, input,
    report::Report,
    session::{self, Session},
};
use bulla_policy::{
    DocumentError,
    sbom::Sbom,
    vulnerabilities::{VULN_V1, wrap},
};
use bulla_sign::{
    PredicateType,
    provenance::{self, Build, Provenance},
};
use std::path::Path;

/// Signs a statement about the target, unless the same hand has signed the same statement before.
pub(crate) fn run(args: &Attest, session: &Session) -> Result<Report> {
    if args.summary.vsa {
        return summary::run(args, session);
    }
    let targets = core::slice::from_ref(&args.target);
    if args.provenance {
        return signing::run("attest", targets, &args.signing, built, session);
    }
    let (claim, warning) = match (&args.predicate_type, &args.predicate, &args.statement) {
        (Some(predicate_type), Some(predicate), None) => {
            let predicate_type = PredicateType::parse(predicate_type)?;
            let document = document(args, predicate, "a predicate")?;
            let (document, scanner) = as_predicate(predicate_type.uri(), document)?;
            let warning = scanner.map(|scanner| {
                let name = predicate.display();
                format!("`{name}` is a report of {scanner} as it is: it is signed inside cosign's `vuln` predicate")
            });
            (Claim::Predicate(predicate_type, document), warning)
        }
        (None, None, Some(statement)) => (Claim::Statement(document(args, statement, "a statement")?), None),
        _ => {
            return Err(Failure::usage("what is to be stated?")
                .hint("give --type and --predicate, or --statement, or --provenance, or --vsa"));
        }
    };
    let mut report = signing::run("attest", targets, &args.signing, |_| Ok(claim), session)?;
    warning.into_iter().for_each(|warning| report.warn(warning));
    Ok(report)
}

/// The predicate that a scanner's raw report becomes, with the scanner's name; everything else is one already, or the
/// check of its type says what is wrong with it.
fn as_predicate(predicate_type: &str, document: Vec<u8>) -> Result<(Vec<u8>, Option<String>)> {
    match predicate_type {
        VULN_V1 => match wrap(&document) {
            Ok(Some(wrapped)) => Ok((wrapped.predicate, Some(wrapped.scanner.name))),
            Ok(None) | Err(DocumentError::Unrecognised { .. }) => Ok((document, None)),
            Err(error) => Err(error.into()),
        },
        "https://spdx.dev/Document" | "https://cyclonedx.org/bom" => match Sbom::parse(&document) {
            Err(error @ DocumentError::NotRead { .. }) => Err(error.into()),
            _ => Ok((document, None)),
        },
        _ => Ok((document, None)),
    }
}

/// How it was built: as the pipeline says, or that nobody vouches for it.
fn built(hand: &Hand) -> Result<Claim> {
    let environment = |name: &str| std::env::var(name).ok();
    let said = provenance::from_environment(&environment, hand.token(), session::now())?;
    Ok(Claim::Provenance(Box::new(match said.build() {
        Build::Local => Provenance::local(git::here().as_ref())?,
        _ => said,
    })))
}

fn document(args: &Attest, path: &Path, what: &str) -> Result<Vec<u8>> {
    let from_stdin = path == Path::new("-");
    if from_stdin && (args.target == "-" || args.signing.password.password_fd == Some(0)) {
        return Err(Failure::usage("standard input can be read only once").hint("put one of the two into a file"));
    }
    input::read(path, bulla_sign::budget::STATEMENT_BYTES, what)
}
