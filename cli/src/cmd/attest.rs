//! `bulla attest`

use super::signing::{self, Claim};
use crate::{
    args::Attest,
    error::{Failure, Result},
    input,
    report::Report,
    session::Session,
};
use bulla_sign::PredicateType;
use std::path::Path;

/// Signs a statement about the target, unless the same key has signed the same statement before.
pub(crate) fn run(args: &Attest, session: &Session) -> Result<Report> {
    let claim = match (&args.predicate_type, &args.predicate, &args.statement) {
        (Some(predicate_type), Some(predicate), None) => {
            let predicate_type = PredicateType::parse(predicate_type)?;
            Claim::Predicate(predicate_type, document(args, predicate, "a predicate")?)
        }
        (None, None, Some(statement)) => Claim::Statement(document(args, statement, "a statement")?),
        _ => return Err(Failure::usage("what is to be stated?").hint("give --type and --predicate, or --statement")),
    };
    signing::run("attest", core::slice::from_ref(&args.target), &args.signing, &claim, session)
}

fn document(args: &Attest, path: &Path, what: &str) -> Result<Vec<u8>> {
    let from_stdin = path == Path::new("-");
    if from_stdin && (args.target == "-" || args.signing.password.password_fd == Some(0)) {
        return Err(Failure::usage("standard input can be read only once").hint("put one of the two into a file"));
    }
    input::read(path, bulla_sign::budget::STATEMENT_BYTES, what)
}
