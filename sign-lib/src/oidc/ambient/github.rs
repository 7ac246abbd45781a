//! GitHub Actions: a token is asked for at an address that the runner names (docs.github.com, "OpenID Connect reference").

use super::{Ambient, Machine};
use crate::oidc::{OidcError, secret::Secret};
use bulla_transport::{Request, escaped};
use serde::Deserialize;
use zeroize::Zeroizing;

const SOURCE: Ambient = Ambient::GitHubActions;

#[derive(Deserialize)]
struct Answer {
    value: Secret,
}

pub(super) fn token(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    let address = machine.var("ACTIONS_ID_TOKEN_REQUEST_URL");
    let (address, bearer) = match (address, machine.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN")) {
        (Some(address), Some(bearer)) => (address, bearer),
        (None, None) if !machine.is("GITHUB_ACTIONS") => return Ok(None),
        // The runner sets both, and only where the job may have a token.
        _ => return Err(OidcError::SourceWithholds { from: SOURCE }),
    };
    let sign = if address.contains('?') { '&' } else { '?' };
    let authorization = Zeroizing::new(format!("Bearer {}", bearer.as_str()));
    let request = Request {
        accept: Some("application/json"),
        headers: vec![("authorization", authorization)],
        ..Request::default()
    };
    let query = format!("{sign}audience={}", escaped(machine.audience));
    let reply = machine.service(SOURCE, &address)?.get(&query, &request).map_err(|error| SOURCE.unavailable(error))?;
    if !reply.is_success() {
        return Err(SOURCE.refused(&reply));
    }
    let body = Zeroizing::new(reply.body);
    let answer: Answer = bulla_verify::json::from_slice(&body).map_err(|_| SOURCE.failed("its answer has no token"))?;
    Ok(Some(answer.value.0))
}
