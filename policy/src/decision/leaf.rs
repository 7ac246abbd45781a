//! A requirement that one bundle meets, or none does.

use super::{Judge, Reason, Step, Verdict, provenance, signer, trace::Telling};
use crate::{
    Verified,
    language::{Age, Attested, By, Provenance, Require, Signed, Witnessed},
};
use bulla_verify::Time;
use std::collections::BTreeSet;

/// What is asked of one bundle, whatever kind of requirement it is.
struct Asked<'a> {
    kind: Kind<'a>,
    max_age: Option<&'a Age>,
    witnessed: Option<&'a Witnessed>,
}

/// What it has to be, and whose.
enum Kind<'a> {
    Signature(&'a By),
    Attestation(&'a str, &'a By),
    Provenance(&'a Provenance),
}

impl<'a> Asked<'a> {
    /// Nothing for what is made of other requirements.
    fn of(require: &'a Require) -> Option<Self> {
        match require {
            Require::All(_) | Require::Any(_) | Require::AtLeast(_) => None,
            Require::Signed(Signed { by, max_age, witnessed }) => {
                Some(Self { kind: Kind::Signature(by), max_age: max_age.as_ref(), witnessed: witnessed.as_deref() })
            }
            Require::Attested(Attested { predicate_type, by, max_age, witnessed }) => Some(Self {
                kind: Kind::Attestation(predicate_type.uri(), by),
                max_age: max_age.as_ref(),
                witnessed: witnessed.as_deref(),
            }),
            Require::Provenance(provenance) => Some(Self {
                kind: Kind::Provenance(provenance),
                max_age: provenance.max_age.as_ref(),
                witnessed: provenance.witnessed.as_deref(),
            }),
        }
    }

    /// Whether it matters when it was signed, and so which root says so.
    fn is_timed(&self) -> bool {
        self.max_age.is_some() || self.witnessed.is_some()
    }
}

impl Judge<'_> {
    /// Judges it, and tells who meets it.
    pub(super) fn leaf(&self, require: &Require, met: &mut BTreeSet<usize>) -> (Step, BTreeSet<String>) {
        let (mut signers, mut met_by, mut reasons) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        // The parts of a threshold are leaves: its language has nothing else.
        let asked = Asked::of(require);
        for (at, verified) in self.evidence.verified.iter().enumerate() {
            match asked.as_ref().map(|asked| self.miss(asked, verified)) {
                Some(None) => {
                    met.insert(at);
                    met_by.insert(verified.origin.clone());
                    signers.insert(signer::name(verified.bundle.signer()));
                }
                Some(Some(reason)) => reasons.push(reason.of(&verified.origin)),
                None => {}
            }
        }
        let verdict = match (met_by.is_empty(), self.evidence.unavailable.is_empty()) {
            (false, _) => Verdict::Accepted,
            (true, false) => Verdict::Unknown,
            (true, true) => Verdict::Refused,
        };
        if verdict == Verdict::Accepted {
            reasons.clear();
        } else if reasons.is_empty() {
            reasons.extend(asked.as_ref().map(nothing));
        }
        Reason::sort(&mut reasons);
        let met_by = met_by.into_iter().collect();
        (Step { demanded: require.to_string(), verdict, met_by, reasons, parts: Vec::new() }, signers)
    }

    /// Why this bundle, true as it is, does not meet it; nothing if it does. In the order in which a person would look.
    fn miss(&self, asked: &Asked<'_>, verified: &Verified) -> Option<Reason> {
        let by = |by: &By| signer::mismatch(by, asked.is_timed(), verified);
        let mismatch = match &asked.kind {
            Kind::Signature(signer) => self.other_kind(None, verified).or_else(|| by(signer)),
            Kind::Attestation(kind, signer) => self.other_kind(Some(kind), verified).or_else(|| by(signer)),
            Kind::Provenance(provenance) => provenance::mismatch(provenance, verified),
        };
        mismatch
            .or_else(|| self.revoked(verified))
            .or_else(|| self.too_old(asked, verified))
            .or_else(|| unwitnessed(asked, verified))
    }

    fn other_kind(&self, asked: Option<&str>, verified: &Verified) -> Option<Reason> {
        let found = predicate_type(verified);
        if asked == found {
            return None;
        }
        let show = |predicate_type: Option<&str>| match predicate_type {
            None => "a signature".to_owned(),
            Some(predicate_type) => format!("an attestation of type `{predicate_type}`"),
        };
        let (code, hint) = match asked {
            None => ("not-a-signature", "an attestation is not a signature: demand it by its type".to_owned()),
            Some(_) => ("not-that-type", self.what_there_is()),
        };
        let message = format!("found {}, expected {}", show(found), show(asked));
        Some(Reason::new(Telling::OtherKind, code, message, hint))
    }

    fn what_there_is(&self) -> String {
        let attested: BTreeSet<_> = self.evidence.verified.iter().filter_map(predicate_type).collect();
        let mut told: Vec<_> = attested.iter().take(TYPES_TOLD).map(|found| format!("`{found}`")).collect();
        if attested.len() > TYPES_TOLD {
            told.push("…".to_owned());
        }
        match told.as_slice() {
            [] => "only signatures are there: demand one, and no type".to_owned(),
            [only] => format!("the only attestation that is there has the type {only}"),
            several => format!("attestations of these types are there: {}", several.join(", ")),
        }
    }

    /// Whether its signer was trusted no longer when it signed: only a *verified* time before proves that it was.
    fn revoked(&self, verified: &Verified) -> Option<Reason> {
        let signed = earliest(verified);
        let after = |since: Time| signed.is_none_or(|signed| signed >= since);
        let mut of_signer = self
            .revoked
            .iter()
            .filter(|revoked| revoked.by.as_ref().is_some_and(|by| signer::is(by, verified.bundle.signer())));
        let revoked = of_signer.find(|revoked| after(revoked.since.time()))?;
        let who = signer::name(verified.bundle.signer());
        let when =
            signed.map_or_else(|| "at a time that nobody vouches for".to_owned(), |signed| format!("at {signed}"));
        let because = revoked.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let message = format!("signed {when} by {who}, which is revoked since {}{because}", *revoked.since);
        Some(Reason::new(Telling::Revoked, "signer-revoked", message, "have it signed again, by who is trusted now"))
    }

    fn too_old(&self, asked: &Asked<'_>, verified: &Verified) -> Option<Reason> {
        let max_age = asked.max_age?;
        let Some(signed) = earliest(verified) else {
            let message = format!("nobody vouches for when it was signed, and it may be {max_age} old");
            let hint = "have it stamped (RFC 3161), or log it where the log signs the time (SET)";
            return Some(Reason::new(Telling::Nearly, "age-unknown", message, hint));
        };
        if max_age.covers(signed, self.now) {
            return None;
        }
        let message = format!("signed at {signed}, and it may be {max_age} old");
        let hint = "have it made afresh: an old statement says nothing of what is known by now";
        Some(
            Reason::new(Telling::Nearly, "too-old", message, hint)
                .comparing(max_age.to_string(), Some(&signed.to_string())),
        )
    }
}

/// How many types are told: a person chooses among them.
const TYPES_TOLD: usize = 5;

/// When it is proved to have been there already. A later time proves nothing of when it was made: anybody can have it stamped again.
fn earliest(verified: &Verified) -> Option<Time> {
    verified.bundle.times().iter().map(|established| established.time()).min()
}

/// The type of an attestation; nothing for a signature, whatever dress it comes in.
pub(super) fn predicate_type(verified: &Verified) -> Option<&str> {
    let statement = verified.bundle.statement().filter(|_| !verified.bundle.is_signature());
    statement.map(|statement| statement.predicate_type())
}

fn unwitnessed(asked: &Asked<'_>, verified: &Verified) -> Option<Reason> {
    let Witnessed { logs, times, names } = asked.witnessed?;
    let in_logs: BTreeSet<_> = verified.bundle.entries().iter().map(|entry| entry.log()).collect();
    let timed_by: BTreeSet<_> = verified.bundle.times().iter().map(|time| time.source()).collect();
    let hint = "sign it with services that do, or demand fewer";
    let too_few = |found: usize, needed: usize, what: &str| {
        let message = format!("{found} of {needed} demanded {what} vouch for it");
        let reason = Reason::new(Telling::Nearly, "witness-threshold", message, hint);
        Some(reason.comparing(needed.to_string(), Some(&found.to_string())))
    };
    match (logs, times) {
        (Some(logs), _) if in_logs.len() < logs.get() => return too_few(in_logs.len(), logs.get(), "logs"),
        (_, Some(times)) if timed_by.len() < times.get() => {
            return too_few(timed_by.len(), times.get(), "authorities for its time");
        }
        _ => {}
    }
    let missing = names.iter().find(|name| !in_logs.contains(name.as_str()) && !timed_by.contains(name.as_str()))?;
    let found: Vec<_> = in_logs.union(&timed_by).copied().collect();
    let message = format!("`{missing}` does not vouch for it");
    Some(
        Reason::new(Telling::Nearly, "witness-missing", message, hint)
            .comparing(missing.as_str(), Some(&found.join(", "))),
    )
}

fn nothing(asked: &Asked<'_>) -> Reason {
    let (code, message) = match asked.kind {
        Kind::Signature(_) => ("no-signature", "no signature is attached".to_owned()),
        Kind::Provenance(_) => ("no-provenance", "no provenance is attached".to_owned()),
        Kind::Attestation(predicate_type, _) => {
            ("no-attestation", format!("no attestation of type `{predicate_type}` is attached"))
        }
    };
    Reason::new(Telling::Nothing, code, message, "either it was never signed, or the signature was not copied with it")
}
