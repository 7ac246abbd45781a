//! Evidence before anything of it is proved.

use crate::{Believed, Children, Evidence, Unavailable};
use bulla_verify::{Artifact, Time};

/// What was found of one artifact, as it came. A decision that is made of it can be made of it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnverifiedEvidence {
    /// Bundles, each with where it came from.
    pub bundles: Vec<(String, Vec<u8>)>,
    /// What could not be asked or fetched.
    pub unavailable: Vec<Unavailable>,
    /// What it holds, if it is an index.
    pub children: Children<Self>,
}

impl UnverifiedEvidence {
    /// What it proves of the artifact, and of what that holds.
    pub fn verify(&self, artifact: &Artifact<'_>, believed: &Believed, now: Time) -> Evidence {
        let bundles = self.bundles.iter().map(|(origin, bytes)| (origin.clone(), bytes.as_slice()));
        let children =
            self.children.map(|digest, evidence| evidence.verify(&Artifact::from_digest(*digest), believed, now));
        let gathered = Evidence::gather(bundles, artifact, believed, now);
        Evidence { unavailable: self.unavailable.clone(), children, ..gathered }
    }
}
