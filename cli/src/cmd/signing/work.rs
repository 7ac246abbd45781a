//! One thing to sign: found first, said of it what is to be said, and then signed.

use super::{Claim, Signer};
use crate::{
    args::Signing,
    error::Result,
    input::Loaded,
    output,
    report::{SignedSubject, State},
    session::Session,
};
use bulla_sign::Statement;
use bulla_transport::{Descriptor, Place, Store, bundles};
use bulla_verify::Bundle;
use std::{path::PathBuf, sync::Arc};

/// One thing, what is to be said of it, and where that goes.
pub(super) struct Work {
    pub(super) name: String,
    pub(super) platform: Option<String>,
    pub(super) loaded: Loaded,
    /// Nothing for a signature over the thing itself.
    pub(super) statement: Option<Statement>,
    pub(super) destination: Destination,
    /// Where the same hand has said the same before.
    pub(super) found: Option<String>,
}

/// Where a bundle goes.
pub(super) enum Destination {
    /// Into a new file.
    File(PathBuf),
    /// Beside an image.
    Beside(Box<Beside>),
}

/// An image in its place, which is open.
pub(super) struct Beside {
    pub(super) store: Arc<dyn Store>,
    pub(super) place: Place,
    pub(super) subject: Descriptor,
}

impl Work {
    /// The thing and its digest, for people.
    pub(super) fn title(&self) -> String {
        format!("{}@{}", self.name, self.loaded.artifact().digest())
    }

    /// Opens its place again: what was opened before has waited for a person, and its deadline with it.
    pub(super) fn reopen(&mut self, args: &Signing, session: &Session) -> Result<()> {
        if let Destination::Beside(image) = &mut self.destination {
            image.store = session.open(&image.place, &args.network)?.into();
        }
        Ok(())
    }
}

impl Signer {
    /// Signs it, unless the same was said before.
    pub(super) fn finish(&self, work: &Work) -> Result<SignedSubject> {
        let artifact = work.loaded.artifact();
        let (state, bundle) = match &work.found {
            Some(origin) => (State::AlreadySigned, origin.clone()),
            None => {
                let bundle = match &work.statement {
                    Some(statement) => self.hand.sign_statement(statement)?,
                    None => self.hand.sign_message(&artifact)?,
                };
                let logged = Bundle::parse(&bundle)?.unverified_log_entries() > 0 || !self.hand.may_log_later();
                (if logged { State::Signed } else { State::ToBeLogged }, self.deliver(&bundle, work)?)
            }
        };
        Ok(SignedSubject {
            name: work.name.clone(),
            digest: artifact.digest().to_string(),
            platform: work.platform.clone(),
            state,
            bundle,
            predicate_type: work.statement.as_ref().and_then(|statement| self.shown_type(statement)),
        })
    }

    /// Puts the bundle where it belongs, and says where that is.
    fn deliver(&self, bundle: &[u8], work: &Work) -> Result<String> {
        match &work.destination {
            Destination::File(path) => {
                output::write_new(path, bundle)?;
                Ok(path.display().to_string())
            }
            Destination::Beside(image) => {
                let predicate_type = work.statement.as_ref().map(Statement::predicate_type).unwrap_or_default();
                let created = self.now.to_string();
                let attached = bundles::attach(image.store.as_ref(), &image.subject, bundle, predicate_type, &created)?;
                Ok(attached.digest.to_string())
            }
        }
    }

    /// A signature has no type that tells anybody anything.
    fn shown_type(&self, statement: &Statement) -> Option<String> {
        match self.claim {
            Claim::Signature => None,
            _ => Some(statement.predicate_type().to_owned()),
        }
    }
}
