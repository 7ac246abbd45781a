//! `bulla trust create`: a trusted root made of keys, chains and addresses.

use crate::{
    args::TrustCreate,
    budget,
    error::{Failure, Result},
    input, output,
    report::{Outcome, Page, Report},
    signers,
};
use bulla_sign::trusted_root::{Draft, NewAuthority, NewLog, Trusted};
use bulla_verify::Time;
use std::path::Path;

/// Writes it, once the verifier has read it.
pub(super) fn run(args: &TrustCreate) -> Result<Report> {
    let mut draft = Draft::new();
    for text in &args.fulcio {
        draft = authority(text, |one| draft.clone().with_authority(one))?;
    }
    for text in &args.rekor {
        draft = draft.with_log(&log(text)?)?;
    }
    for text in &args.ctfe {
        draft = draft.with_certificate_log(&log(text)?)?;
    }
    for text in &args.tsa {
        draft = authority(text, |one| draft.clone().with_timestamp_authority(one))?;
    }
    let json = draft.to_json()?;
    let (text, files) = match &args.out {
        Some(path) => {
            output::write_new(path, &json)?;
            (String::new(), vec![path.display().to_string()])
        }
        None => (String::from_utf8_lossy(&json).into_owned(), Vec::new()),
    };
    Ok(Report::done("trust", Outcome::Page(Page { text, files })))
}

/// A service, as it is written: `url=…,key=…`. cosign's names of the fields are known too.
#[derive(Default)]
struct Spec<'a> {
    url: Option<&'a str>,
    key: Option<&'a str>,
    chain: Option<&'a str>,
    origin: Option<&'a str>,
    operator: Option<&'a str>,
    from: Option<&'a str>,
    until: Option<&'a str>,
}

/// How a service is written.
const WRITTEN: &str = "a service is written `url=URL,key=FILE` (a log) or `url=URL,chain=FILE` (an authority), and may have \
    `from=TIME`, `until=TIME`, `operator=NAME` and, a log of Rekor v2, `origin=NAME`";

impl<'a> Spec<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let mut spec = Self::default();
        for field in text.split(',') {
            let wrong = || Failure::usage(format!("not a field of a service: `{field}`")).hint(WRITTEN);
            let (name, value) = field.split_once('=').ok_or_else(wrong)?;
            let place = match name {
                "url" => &mut spec.url,
                "key" | "public-key" => &mut spec.key,
                "chain" | "certificate-chain" => &mut spec.chain,
                "origin" => &mut spec.origin,
                "operator" => &mut spec.operator,
                "from" | "start-time" => &mut spec.from,
                "until" | "end-time" => &mut spec.until,
                _ => return Err(wrong()),
            };
            if place.replace(value).is_some() {
                return Err(Failure::usage(format!("`{name}` is there twice: `{text}`")).hint(WRITTEN));
            }
        }
        Ok(spec)
    }
}

fn log(text: &str) -> Result<NewLog> {
    let spec = Spec::parse(text)?;
    forbidden(spec.chain, "chain", text)?;
    Ok(NewLog {
        url: needed(spec.url, "url", text)?.to_owned(),
        key: signers::public_key(Path::new(needed(spec.key, "key", text)?))?,
        origin: spec.origin.map(str::to_owned),
        operator: spec.operator.map(str::to_owned),
        from: time(needed(spec.from, "from", text)?)?,
        until: spec.until.map(time).transpose()?,
    })
}

fn authority<E: Into<Failure>>(text: &str, add: impl FnOnce(&NewAuthority<'_>) -> Result<Draft, E>) -> Result<Draft> {
    let spec = Spec::parse(text)?;
    forbidden(spec.key, "key", text)?;
    forbidden(spec.origin, "origin", text)?;
    let path = Path::new(needed(spec.chain, "chain", text)?);
    let chain = input::read(path, budget::TRUST_BYTES, "a chain of certificates")?;
    let trusted = Trusted { from: spec.from.map(time).transpose()?, until: spec.until.map(time).transpose()? };
    let (url, operator) = (needed(spec.url, "url", text)?.to_owned(), spec.operator.map(str::to_owned));
    add(&NewAuthority { url, chain: &chain, operator, trusted }).map_err(Into::into)
}

fn needed<'a>(value: Option<&'a str>, name: &str, text: &str) -> Result<&'a str> {
    let there = value.filter(|value| !value.is_empty());
    there.ok_or_else(|| Failure::usage(format!("`{name}` is missing: `{text}`")).hint(WRITTEN))
}

fn forbidden(value: Option<&str>, name: &str, text: &str) -> Result<()> {
    match value {
        Some(_) => Err(Failure::usage(format!("`{name}` has no place here: `{text}`")).hint(WRITTEN)),
        None => Ok(()),
    }
}

fn time(text: &str) -> Result<Time> {
    Time::parse_rfc3339(text).ok_or_else(|| {
        Failure::usage(format!("not a time: `{text}`")).hint("a time is written as in 2026-01-01T00:00:00Z")
    })
}
