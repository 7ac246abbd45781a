//! Signing what is in a registry or a layout: the bundle goes beside it.

use super::{Done, Signer, too_many};
use crate::{
    args::Signing,
    budget,
    error::Result,
    progress::Progress,
    report::{SignedSubject, State},
    session::Session,
};
use bulla_transport::{Parsed, Place, Store, bundles};
use bulla_verify::{Artifact, Digest};

impl Signer<'_> {
    pub(super) fn sign_image(&self, place: &Place, args: &Signing, session: &Session, done: &mut Done) -> Result<()> {
        let store = session.open(place, &args.network)?;
        let _progress = Progress::of(&format!("signing in {}", store.name()));
        let digest = bulla_transport::resolve(store.as_ref(), place)?;
        let mut queue = vec![(digest, None)];
        let mut next = 0;
        while let Some((digest, platform)) = queue.get(next).cloned() {
            next += 1;
            let children = self.sign_manifest(store.as_ref(), &digest, platform, done)?;
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
        Ok(())
    }

    /// Signs one manifest, and gives what it holds, if it is an index.
    fn sign_manifest(
        &self,
        store: &dyn Store,
        digest: &Digest,
        platform: Option<String>,
        done: &mut Done,
    ) -> Result<Vec<(Digest, Option<String>)>> {
        let fetched = bundles::fetch(store, digest)?;
        let statement = self.statement(digest)?;
        let found: Vec<_> =
            fetched.found.iter().map(|found| (found.manifest.digest.to_string(), found.bytes.as_slice())).collect();
        let artifact = Artifact::from_digest(*digest);
        let (state, bundle) = match self.same(&found, &artifact, Some(&statement))? {
            Some(origin) => (State::AlreadySigned, origin),
            None => {
                if let Some(error) = fetched.unavailable.first() {
                    done.warnings.push(format!("whether it was signed before cannot be told: {error}"));
                }
                let bundle = self.hand.sign_statement(&statement)?;
                let created = self.now.to_string();
                let subject = &fetched.subject.descriptor;
                let attached = bundles::attach(store, subject, &bundle, statement.predicate_type(), &created)?;
                (State::Signed, attached.digest.to_string())
            }
        };
        let (name, digest) = (store.name(), digest.to_string());
        let predicate_type = self.shown_type(&statement);
        done.subjects.push(SignedSubject { name, digest, platform, state, bundle, predicate_type });
        Ok(match fetched.subject.parsed {
            Parsed::Index { children } => children.into_iter().map(|child| (child.digest, child.platform)).collect(),
            _ => Vec::new(),
        })
    }
}
