//! The pure front door: bytes, trust and what is demanded in, decision out.

use crate::{Decision, Evidence, Refused, Require, Verified, decide};
use bulla_verify::{Artifact, Bundle, Time, Trust, VerifiedBundle, VerifyError, verify};

/// What is demanded, and whom to believe while finding out.
#[derive(Debug, Clone)]
pub struct Demand {
    require: Require,
    trust: Trust,
}

impl Demand {
    /// Demands `require`; its keys are believed as well as `trust`.
    pub fn new(require: Require, trust: Trust) -> Self {
        let trust = require.extend(trust);
        Self { require, trust }
    }

    /// What is demanded.
    pub fn require(&self) -> &Require {
        &self.require
    }
}

/// Decides about an artifact whose bundles are at hand: each with the name of where it came from.
///
/// Nothing is fetched, and no clock is read. A bundle that cannot be parsed or does not verify is evidence like any other.
pub fn judge<'a>(
    bundles: impl IntoIterator<Item = (String, &'a [u8])>,
    artifact: &Artifact<'_>,
    demand: &Demand,
    now: Time,
) -> Decision {
    decide(&demand.require, &Evidence::gather(bundles, artifact, demand, now))
}

impl Evidence {
    /// What the bundles prove of the artifact: each is verified on its own, and all of what comes of it is kept.
    pub fn gather<'a>(
        bundles: impl IntoIterator<Item = (String, &'a [u8])>,
        artifact: &Artifact<'_>,
        demand: &Demand,
        now: Time,
    ) -> Self {
        let mut evidence = Self::default();
        for (origin, bytes) in bundles {
            match verified(bytes, artifact, demand, now) {
                Ok(bundle) => evidence.verified.push(Verified { origin, bundle }),
                Err(error) => evidence.refused.push(Refused { origin, error }),
            }
        }
        evidence
    }
}

fn verified(bytes: &[u8], artifact: &Artifact<'_>, demand: &Demand, now: Time) -> Result<VerifiedBundle, VerifyError> {
    verify(&Bundle::parse(bytes)?, artifact, &demand.trust, now)
}
