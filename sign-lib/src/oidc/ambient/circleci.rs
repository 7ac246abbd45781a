//! CircleCI: the token in the environment is for the organisation alone, and Fulcio wants one that is for `sigstore`; only
//! CircleCI's own program can ask for that (circleci.com/docs/guides/permissions-authentication/oidc-tokens-with-custom-claims).

use super::{Ambient, Machine};
use crate::oidc::{IdentityToken, OidcError};
use bulla_transport::printed_by;
use bulla_verify::Time;
use serde_json::json;
use zeroize::Zeroizing;

const SOURCE: Ambient = Ambient::CircleCi;

pub(super) fn token(machine: &Machine<'_>, now: Time) -> Result<Option<Zeroizing<String>>, OidcError> {
    if !machine.is("CIRCLECI") {
        return Ok(None);
    }
    // A private authority may well be one for the organisation.
    if let Some(given) = machine.secret("CIRCLE_OIDC_TOKEN_V2")
        && IdentityToken::parse(given.clone(), machine.audience, now).is_ok()
    {
        return Ok(Some(given));
    }
    asked("circleci", machine).map(Some)
}

pub(super) fn asked(program: &str, machine: &Machine<'_>) -> Result<Zeroizing<String>, OidcError> {
    let claims = json!({ "aud": machine.audience }).to_string();
    let arguments = ["run", "oidc", "get", "--claims", &claims];
    let printed =
        printed_by(program, &arguments, &machine.options.cancel).map_err(|error| SOURCE.unavailable(error))?;
    SOURCE.text(printed)
}
