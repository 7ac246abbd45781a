//! `bulla sign`

use super::signing::{self, Claim};
use crate::{args::Sign, error::Result, report::Report, session::Session};

/// Signs, unless the same hand has signed the same thing before.
pub(crate) fn run(args: &Sign, session: &Session) -> Result<Report> {
    signing::run("sign", &args.targets, &args.signing, |_| Ok(Claim::Signature), session)
}
