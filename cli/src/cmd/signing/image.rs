//! What is in a registry or a layout: the bundle goes beside it.

use super::{
    Signer, too_many,
    work::{Beside, Destination, Work},
};
use crate::{args::Signing, budget, error::Result, input::Loaded, progress::Progress, session::Session};
use bulla_transport::{Parsed, Place, Store, bundles};
use bulla_verify::{Artifact, Digest};
use std::sync::Arc;

/// What an index holds: digests, and for which platforms.
type Children = Vec<(Digest, Option<String>)>;

impl Signer {
    /// Finds the image, everything in it if that is asked for, and what is signed already.
    pub(super) fn look_at_image(
        &self,
        place: &Place,
        args: &Signing,
        session: &Session,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Work>> {
        let store: Arc<dyn Store> = session.open(place, &args.network)?.into();
        let _progress = Progress::of(&format!("asking {}", store.name()));
        let mut queue = vec![(bulla_transport::resolve(store.as_ref(), place)?, None)];
        let mut works = Vec::new();
        while let Some((digest, platform)) = queue.get(works.len()).cloned() {
            let (work, children) = self.look_at_manifest((&store, place), &digest, platform, warnings)?;
            works.push(work);
            if !args.recursive {
                break;
            }
            for (child, platform) in children {
                if !queue.iter().any(|(known, _)| *known == child) {
                    queue.push((child, platform));
                }
            }
            if queue.len() > budget::RECURSION {
                return Err(too_many());
            }
        }
        Ok(works)
    }

    fn look_at_manifest(
        &self,
        (store, place): (&Arc<dyn Store>, &Place),
        digest: &Digest,
        platform: Option<String>,
        warnings: &mut Vec<String>,
    ) -> Result<(Work, Children)> {
        let fetched = bundles::fetch(store.as_ref(), digest)?;
        let name = store.name();
        // Where a layout lies on this machine is nobody's business.
        let repository = Some(name.as_str()).filter(|_| matches!(place, Place::Registry(_)));
        let statement = self.statement(digest, repository)?;
        let attached: Vec<_> =
            fetched.found.iter().map(|found| (found.manifest.digest.to_string(), found.bytes.as_slice())).collect();
        let artifact = Artifact::from_digest(*digest);
        let found = self.same(&attached, &artifact, Some(&statement))?;
        if let (None, Some(error)) = (&found, fetched.unavailable.first()) {
            warnings.push(format!("whether it was signed before cannot be told: {error}"));
        }
        let children = match fetched.subject.parsed {
            Parsed::Index { children } => children.into_iter().map(|child| (child.digest, child.platform)).collect(),
            _ => Vec::new(),
        };
        let (subject, place) = (fetched.subject.descriptor, place.clone());
        let destination = Destination::Beside(Box::new(Beside { store: Arc::clone(store), place, subject }));
        let loaded = Loaded::Hashed(artifact);
        Ok((Work { name, platform, loaded, statement: Some(statement), destination, found }, children))
    }
}
