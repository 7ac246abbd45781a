//! A token in the environment, whoever has put it there: the name is that of Sigstore's tools (cosign, `pkg/cosign/env`).

use super::Machine;
use crate::oidc::OidcError;
use zeroize::Zeroizing;

pub(super) fn token(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    Ok(machine.secret("SIGSTORE_ID_TOKEN"))
}
