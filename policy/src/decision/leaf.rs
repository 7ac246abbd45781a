//! A requirement that one bundle meets, or none does.

use super::{
    Judge, Reason, Step, Verdict,
    contents::{self, Predicate},
    provenance, signer,
    trace::Telling,
};
use crate::{
    Verified,
    language::{Age, Attested, By, Provenance, Require, Sbom, Signed, Vsa, Vulnerabilities, When, Witnessed},
    vulnerabilities::VULN_V1,
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
    Attestation(&'a Attested),
    Provenance(&'a Provenance),
    Vulnerabilities(&'a Vulnerabilities),
    Sbom(&'a Sbom),
    Vsa(&'a Vsa),
}

impl<'a> Asked<'a> {
    /// Nothing for what is made of other requirements.
    fn of(require: &'a Require) -> Option<Self> {
        let (kind, max_age, witnessed) = match require {
            Require::All(_) | Require::Any(_) | Require::AtLeast(_) => return None,
            Require::Signed(Signed { by, max_age, witnessed }) => (Kind::Signature(by), max_age, witnessed),
            Require::Attested(it) => (Kind::Attestation(it), &it.max_age, &it.witnessed),
            Require::Provenance(it) => (Kind::Provenance(it), &it.max_age, &it.witnessed),
            Require::Vulnerabilities(it) => (Kind::Vulnerabilities(it), &it.max_age, &it.witnessed),
            Require::Sbom(it) => (Kind::Sbom(it), &it.max_age, &it.witnessed),
            Require::Vsa(it) => (Kind::Vsa(it), &it.max_age, &it.witnessed),
        };
        Some(Self { kind, max_age: max_age.as_ref(), witnessed: witnessed.as_deref() })
    }

    /// Whether a later one takes the place of an earlier one: a scan that found nothing is no answer to one that has, since.
    fn is_renewed(&self) -> bool {
        matches!(self.kind, Kind::Vulnerabilities(_) | Kind::Sbom(_))
    }

    /// The build level that a bundle proves which meets it.
    fn level(&self, verified: &Verified) -> Option<u8> {
        match &self.kind {
            Kind::Provenance(it) => provenance::proved(it, verified),
            _ => None,
        }
    }

    /// Whether conditions are asked, which takes its time.
    fn is_conditional(&self) -> bool {
        match &self.kind {
            Kind::Attestation(it) => it.when.is_some(),
            Kind::Provenance(it) => it.when.is_some(),
            Kind::Signature(_) | Kind::Vulnerabilities(_) | Kind::Sbom(_) | Kind::Vsa(_) => false,
        }
    }

    /// Whether it matters when it was signed, and so which root says so.
    fn is_timed(&self) -> bool {
        self.max_age.is_some() || self.witnessed.is_some()
    }
}

/// What comes of a bundle.
enum Finding {
    /// It meets what is asked.
    Meets,
    /// It does not.
    Misses(Box<Reason>),
    /// Another one was enough.
    Unasked,
}

impl Finding {
    fn misses(reason: Reason) -> Self {
        Self::Misses(Box::new(reason))
    }
}

impl Judge<'_> {
    /// Judges it, and tells who meets it: all of them, unless one will do.
    pub(super) fn leaf(
        &self,
        require: &Require,
        one_will_do: bool,
        met: &mut BTreeSet<usize>,
    ) -> (Step, BTreeSet<String>) {
        let (mut signers, mut met_by, mut reasons) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut level = None;
        // The parts of a threshold are leaves: its language has nothing else.
        let asked = Asked::of(require);
        let findings = asked.as_ref().map(|asked| self.findings(asked, one_will_do)).unwrap_or_default();
        for (at, (verified, finding)) in self.evidence.verified.iter().zip(findings).enumerate() {
            match finding {
                Finding::Unasked => {}
                Finding::Meets => {
                    met.insert(at);
                    met_by.insert(verified.origin.clone());
                    signers.insert(signer::name(verified.bundle.signer()));
                    level = level.max(asked.as_ref().and_then(|asked| asked.level(verified)));
                }
                Finding::Misses(reason) => {
                    let origin = reason.origin.clone().or_else(|| Some(verified.origin.clone()));
                    reasons.push(Reason { origin, ..*reason });
                }
            }
        }
        let verdict = match (met_by.is_empty(), self.evidence.unavailable.is_empty()) {
            (false, _) => Verdict::Accepted,
            (true, false) => Verdict::Unknown,
            (true, true) => Verdict::Refused,
        };
        // What is another thing altogether tells nothing where the thing itself was looked at.
        let is_beside_it = |reason: &Reason| reason.telling == Telling::OtherKind && reason.code != OUTDATED;
        if reasons.iter().any(|reason| !is_beside_it(reason)) {
            reasons.retain(|reason| !is_beside_it(reason));
        }
        if verdict == Verdict::Accepted {
            reasons.clear();
        } else if reasons.is_empty() {
            reasons.extend(asked.as_ref().map(nothing));
        }
        Reason::sort(&mut reasons);
        let met_by = met_by.into_iter().collect();
        (Step { met_by, reasons, level, ..Step::new(require.to_string(), verdict) }, signers)
    }

    /// What comes of each bundle. Where `one_will_do`, conditions are asked until one bundle meets them, in the order of where
    /// the bundles came from: whatever order the evidence is in, it is the same one.
    fn findings(&self, asked: &Asked<'_>, one_will_do: bool) -> Vec<Finding> {
        let verified = &self.evidence.verified;
        let of_kind = |verified: &Verified| self.other(asked, verified).map_or(Finding::Unasked, Finding::misses);
        let mut findings: Vec<_> = verified.iter().map(of_kind).collect();
        let mut fitting: Vec<_> = verified.iter().zip(&self.predicates).zip(&mut findings).collect();
        fitting.retain(|(_, finding)| matches!(finding, Finding::Unasked));
        fitting.sort_by_key(|((verified, _), _)| (&verified.origin, &verified.root));
        let newest = fitting.iter().filter_map(|((verified, _), _)| earliest(verified)).max();
        let mut says_otherwise = false;
        for ((verified, predicate), finding) in fitting {
            // One that nobody has timed may be the newest.
            let is_newest = earliest(verified).is_none_or(|made| newest.is_none_or(|newest| made >= newest));
            let miss = match asked.is_renewed() && !is_newest {
                true => Some(outdated()),
                false => self.says_otherwise(asked, verified, predicate),
            };
            says_otherwise |= is_newest && miss.is_some();
            *finding = miss.map_or(Finding::Meets, Finding::misses);
            if one_will_do && asked.is_conditional() && matches!(finding, Finding::Meets) {
                break;
            }
        }
        if asked.is_renewed() && says_otherwise {
            // Of several that may be the newest, each has to be as demanded.
            let met = findings.iter_mut().filter(|finding| matches!(finding, Finding::Meets));
            met.for_each(|finding| *finding = Finding::misses(outdated()));
        }
        findings
    }

    /// Whether it is another thing, another's, or does not count any more. In the order in which a person would look.
    fn other(&self, asked: &Asked<'_>, verified: &Verified) -> Option<Reason> {
        let by = |by: &By| signer::mismatch(by, asked.is_timed(), verified);
        let one_of = |types: &[&str]| {
            let is_one = predicate_type(verified).is_some_and(|found| contents::is_of(types, found));
            if is_one { None } else { self.other_kind(types.first().copied(), verified) }
        };
        let mismatch = match &asked.kind {
            Kind::Signature(signer) => self.other_kind(None, verified).or_else(|| by(signer)),
            Kind::Attestation(it) => self.other_kind(Some(it.predicate_type.uri()), verified).or_else(|| by(&it.by)),
            Kind::Provenance(it) => provenance::mismatch(it, verified),
            Kind::Vulnerabilities(it) => one_of(&[VULN_V1]).or_else(|| by(&it.by)),
            Kind::Sbom(it) => one_of(&contents::SBOM_TYPES).or_else(|| by(&it.by)),
            Kind::Vsa(it) => one_of(&contents::VSA_TYPES).or_else(|| by(&it.by)),
        };
        mismatch
            .or_else(|| self.revoked(verified))
            .or_else(|| self.too_old(asked, verified))
            .or_else(|| unwitnessed(asked, verified))
    }

    /// Whether it is all of that, and says something else than what is demanded.
    fn says_otherwise(&self, asked: &Asked<'_>, verified: &Verified, predicate: &Predicate) -> Option<Reason> {
        let unmet = |when: &Option<When>| contents::unmet(when.as_ref()?, verified, predicate);
        match &asked.kind {
            Kind::Signature(_) => None,
            Kind::Attestation(it) => unmet(&it.when),
            Kind::Provenance(it) => unmet(&it.when),
            Kind::Vulnerabilities(it) => self.vulnerable(it, verified),
            Kind::Sbom(it) => contents::contains_denied(it, verified),
            Kind::Vsa(it) => contents::not_passed(it, self.name, verified),
        }
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
            None => (
                "not-a-signature",
                "demand it by its type, or have it signed as well: an attestation is not a signature".to_owned(),
            ),
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
            [] => "only signatures are there: have it attested (`bulla attest`), or demand a signature if that is what is meant".to_owned(),
            [only] => {
                format!("have it attested; the only attestation that is there has the type {only}, if that is what is meant")
            }
            several => {
                format!(
                    "attestations of these types are there: {}; demand one, or have the other made",
                    several.join(", ")
                )
            }
        }
    }

    /// Whether its signer was trusted no longer when it signed: only a *verified* time before proves that it was.
    pub(super) fn revoked(&self, verified: &Verified) -> Option<Reason> {
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
            let message = format!("nobody vouches for when it was signed, and it may be no older than {max_age}");
            let hint = "have it stamped (RFC 3161), or log it where the log signs the time (SET)";
            return Some(Reason::new(Telling::Nearly, "age-unknown", message, hint));
        };
        if max_age.covers(signed, self.now) {
            return None;
        }
        let message = format!("signed at {signed}, and it may be no older than {max_age}");
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
pub(crate) fn predicate_type(verified: &Verified) -> Option<&str> {
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

const OUTDATED: &str = "outdated";

fn outdated() -> Reason {
    let hint = "the newest one counts: look at what that says";
    Reason::new(Telling::OtherKind, OUTDATED, "another one that counts may be newer", hint)
}

fn nothing(asked: &Asked<'_>) -> Reason {
    let (code, message) = match &asked.kind {
        Kind::Signature(_) => ("no-signature", "no signature is attached".to_owned()),
        Kind::Provenance(_) => ("no-provenance", "no provenance is attached".to_owned()),
        Kind::Attestation(it) => {
            ("no-attestation", format!("no attestation of type `{}` is attached", it.predicate_type.uri()))
        }
        Kind::Vulnerabilities(_) => ("no-report", "no scan report is attached".to_owned()),
        Kind::Sbom(_) => ("no-sbom", "no SBOM is attached".to_owned()),
        Kind::Vsa(_) => ("no-summary", "no verification summary is attached".to_owned()),
    };
    let hint = match &asked.kind {
        Kind::Signature(_) => "sign it (`bulla sign`); if it was signed elsewhere, copy its signatures along with it",
        _ => "have it attested (`bulla attest`); if it was attested elsewhere, copy its attestations along with it",
    };
    Reason::new(Telling::Nothing, code, message, hint)
}
