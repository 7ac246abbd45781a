//! Who speaks for a target: the delegations, searched depth first and in order (specification 5.6.7).

use super::TufError;
use super::metadata::{Delegation, Document, Targets};
use super::pin::Pin;
use crate::budget;
use std::collections::BTreeSet;

/// What the first role that names `path` says about it. `load` fetches and verifies a role for whoever delegates to it: the
/// same role may be reached through another with other keys, and is verified anew then.
pub(super) fn find(
    repository: &str,
    path: &str,
    top: Document<Targets>,
    load: &mut dyn FnMut(&Delegation) -> Result<Document<Targets>, TufError>,
) -> Result<Option<Pin>, TufError> {
    let mut visited = BTreeSet::new();
    let mut ahead: Vec<Delegation> = Vec::new();
    let mut current = top;
    loop {
        if let Some(pin) = current.body.files.remove(path) {
            return Ok(Some(pin));
        }
        let mut children = Vec::new();
        for delegation in current.body.delegations {
            if delegation.paths.hold(&delegation.role, path)? {
                let last = delegation.terminating;
                children.push(delegation);
                if last {
                    ahead.clear();
                    break;
                }
            }
        }
        ahead.extend(children.into_iter().rev());
        let next = loop {
            match ahead.pop() {
                None => return Ok(None),
                Some(next) if visited.insert(next.role.clone()) => break next,
                Some(_) => {}
            }
        };
        if visited.len() > budget::TUF_DELEGATIONS {
            let limit = budget::TUF_DELEGATIONS;
            return Err(TufError::TooMuch { repository: repository.to_owned(), what: "roles for one target", limit });
        }
        current = load(&next)?;
    }
}
