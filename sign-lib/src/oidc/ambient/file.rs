//! A token in a file: Kubernetes' service accounts and SPIFFE ids, where somebody has seen to it that they are there.
//!
//! cosign looks in one place (`pkg/providers/filesystem`): a Kubernetes volume of the kind `projected` with a
//! `serviceAccountToken` for the audience is mounted there, or a program such as spiffe-helper writes there. The token that
//! every pod has (`/var/run/secrets/kubernetes.io/serviceaccount/token`) is for the cluster's own API, and no authority's.

use super::{Ambient, Machine};
use crate::{
    budget,
    oidc::{IdentityToken, OidcError},
};
use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
};
use zeroize::Zeroizing;

/// Where cosign looks.
pub(super) const PATH: &str = "/var/run/sigstore/cosign/oidc-token";

pub(super) fn token(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    let failed = |why: String| Ambient::File.failed(format!("`{}`: {why}", machine.token_file.display()));
    // A pipe that nobody writes to would hold us past every deadline.
    if fs::metadata(machine.token_file).is_ok_and(|found| !found.is_file()) {
        return Err(failed("not an ordinary file".to_owned()));
    }
    let file = match File::open(machine.token_file) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    let mut text = Zeroizing::new(String::new());
    let most = u64::try_from(budget::IDENTITY_TOKEN_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
    Ok(Some(text))
}

/// Whose token it is, by what it says.
pub(super) fn kind(token: &IdentityToken) -> Ambient {
    match token.claims().contains_key("kubernetes.io") {
        true => Ambient::Kubernetes,
        false if token.subject().starts_with("spiffe://") => Ambient::Spiffe,
        false => Ambient::File,
    }
}

/// cosign asks the socket of a SPIFFE agent, which speaks gRPC; we do not. Where one is named, there is an identity.
pub(super) fn no_socket(machine: &Machine<'_>) -> Result<(), OidcError> {
    match machine.var("SPIFFE_ENDPOINT_SOCKET") {
        Some(_) => Err(OidcError::SourceWithholds { from: Ambient::Spiffe }),
        None => Ok(()),
    }
}
