//! `bulla inspect`

use crate::{
    args::Inspect,
    bundle_file,
    error::{Failure, Result},
    input::{self, Wanted},
    progress::Progress,
    report::{Attached, Child, Outcome, Report, Seen, SeenSubject, Why},
    session::Session,
    target::Target,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bulla_policy::Reason;
use bulla_transport::{Parsed, Place, bundles};
use bulla_verify::{Bundle, Digest};

/// Shows what is attached. It proves nothing, and says so.
pub(crate) fn run(args: &Inspect, session: &Session) -> Result<Report> {
    let target = Target::parse(&args.target)?;
    match &target {
        Target::Image(place) if args.bundle.is_empty() => image(place, args, session),
        Target::Image(_) => {
            Err(Failure::usage("`--bundle` is for files and digests").hint("inspect the bundle's file by its digest"))
        }
        _ => bytes(&target, args),
    }
}

fn image(place: &Place, args: &Inspect, session: &Session) -> Result<Report> {
    let store = session.open(place, &args.network)?;
    let _progress = Progress::of(&format!("asking {}", store.name()));
    let digest = bulla_transport::resolve(store.as_ref(), place)?;
    let fetched = bundles::fetch(store.as_ref(), &digest)?;
    let attached = fetched
        .found
        .iter()
        .map(|found| Attached {
            created: found.unverified_created.clone(),
            ..look(found.manifest.digest.to_string(), &found.bytes)
        })
        .collect();
    let children = match fetched.subject.parsed {
        Parsed::Index { children } => children,
        _ => Vec::new(),
    };
    let child = |child: bulla_transport::Descriptor| Child {
        digest: child.digest.to_string(),
        platform: child.platform,
        size: child.size,
    };
    let subject = SeenSubject {
        name: store.name(),
        digest: digest.to_string(),
        media_type: Some(fetched.subject.descriptor.media_type),
        size: Some(fetched.subject.descriptor.size),
        attached,
        children: children.into_iter().map(child).collect(),
    };
    // What could not be fetched is said, and keeps "nothing" from being believed.
    Ok(fetched.unavailable.into_iter().fold(seen(subject), |report, error| report.but(error.into())))
}

fn bytes(target: &Target, args: &Inspect) -> Result<Report> {
    let found = bundle_file::find(&args.bundle, target)?;
    let loaded = input::load(target, &Wanted::default())?;
    Ok(seen(SeenSubject {
        name: target.to_string(),
        digest: loaded.artifact().digest().to_string(),
        media_type: None,
        size: target.file().and_then(|path| path.metadata().ok()).map(|metadata| metadata.len()),
        attached: found.bundles.iter().map(|(name, bytes)| look(name.clone(), bytes)).collect(),
        children: Vec::new(),
    }))
}

fn seen(subject: SeenSubject) -> Report {
    Report::done("inspect", Outcome::Seen(Seen { verified: false, subjects: vec![subject] }))
}

/// What a bundle says of itself.
fn look(origin: String, bytes: &[u8]) -> Attached {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let nothing = Attached {
        origin,
        size,
        created: None,
        predicate_type: None,
        claimed_signer: None,
        log_entries: 0,
        timestamps: 0,
        problem: None,
    };
    match Bundle::parse(bytes) {
        Ok(bundle) => Attached {
            predicate_type: bundle.unverified_predicate_type(),
            claimed_signer: claimed_signer(&bundle),
            log_entries: bundle.unverified_log_entries(),
            timestamps: bundle.unverified_timestamps(),
            ..nothing
        },
        Err(error) => Attached { problem: Some(Why::from(&Reason::from(&error))), ..nothing },
    }
}

fn claimed_signer(bundle: &Bundle) -> Option<String> {
    if let Some((identity, issuer)) = bundle.unverified_identity() {
        return Some(format!("{identity} ({issuer})"));
    }
    let hint = bundle.unverified_key_hint().filter(|hint| !hint.is_empty());
    match (hint, bundle.unverified_certificate()) {
        (Some(hint), _) => Some(format!("the key {}", key_id(hint))),
        (None, Some(_)) => Some("a certificate without a name".to_owned()),
        (None, None) => None,
    }
}

/// Hints are base64 of the key's SHA-256 as a rule; everything else here is called by the digest itself.
fn key_id(hint: &str) -> String {
    let bytes = STANDARD.decode(hint).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map_or_else(|| hint.to_owned(), |bytes| Digest::from_bytes(bytes).to_string())
}
