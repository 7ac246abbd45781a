//! GitLab CI: the job asks for a token in its configuration, under the name that Sigstore's tools read
//! (docs.gitlab.com, "Use Sigstore for keyless signing and verification").

use super::{Ambient, Machine, variable};
use crate::oidc::OidcError;
use zeroize::Zeroizing;

pub(super) fn token(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    if !machine.is("GITLAB_CI") {
        return Ok(None);
    }
    let withheld = OidcError::SourceWithholds { from: Ambient::GitLab };
    variable::token(machine)?.map(Some).ok_or(withheld)
}
