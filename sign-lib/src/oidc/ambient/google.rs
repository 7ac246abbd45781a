//! Google Cloud: the metadata server beside a machine or workload, and accounts that it may act as
//! (cloud.google.com/docs/authentication/get-id-token).

use super::{Ambient, Machine};
use crate::{
    budget,
    oidc::{OidcError, secret::Secret},
};
use bulla_transport::{Error, Options, Reply, Request, Service, escaped};
use serde::Deserialize;
use serde_json::json;
use std::fs;
use zeroize::Zeroizing;

/// Where Linux says what a machine is; Google's own clients look there too (cloud.google.com/go, `compute/metadata`).
pub(super) const PRODUCT_NAME: &str = "/sys/class/dmi/id/product_name";
/// The metadata server, which answers only from beside: no router passes this address on.
const METADATA: &str = "169.254.169.254";
const ACCOUNT: &str = "/computeMetadata/v1/instance/service-accounts/default";
const CREDENTIALS: &str = "https://iamcredentials.googleapis.com";

/// The token of the machine or workload itself.
pub(super) fn token(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    const SOURCE: Ambient = Ambient::GoogleCloud;
    if !is_there(machine) {
        return Ok(None);
    }
    let path = format!("{ACCOUNT}/identity?audience={}&format=full", escaped(machine.audience));
    let reply = match metadata(machine, SOURCE, &path) {
        // By its hardware it may be a machine of Google's; without the server it is one that is shut off from it.
        Err(OidcError::SourceUnavailable { error, .. }) if is_absent(machine, &error) => return Ok(None),
        reply => reply?,
    };
    match reply.status {
        200 => SOURCE.text(Zeroizing::new(reply.body)).map(Some),
        // The machine has no account.
        404 => Ok(None),
        _ => Err(SOURCE.refused(&reply)),
    }
}

/// The token of an account that the machine's own may act as: cosign's variable names it.
pub(super) fn impersonated(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    match machine.var("GOOGLE_SERVICE_ACCOUNT_NAME") {
        Some(account) => impersonated_at(CREDENTIALS, &account, machine).map(Some),
        None => Ok(None),
    }
}

#[derive(Deserialize)]
struct Access {
    access_token: Secret,
}

#[derive(Deserialize)]
struct Identity {
    token: Secret,
}

pub(super) fn impersonated_at(url: &str, account: &str, machine: &Machine<'_>) -> Result<Zeroizing<String>, OidcError> {
    const SOURCE: Ambient = Ambient::GoogleImpersonation;
    let reply = metadata(machine, SOURCE, &format!("{ACCOUNT}/token"))?;
    let access: Access = answer(SOURCE, reply)?;
    let authorization = Zeroizing::new(format!("Bearer {}", access.access_token.0.as_str()));
    let request = Request {
        content_type: Some("application/json"),
        body: Zeroizing::new(json!({ "audience": machine.audience, "includeEmail": true }).to_string().into_bytes()),
        headers: vec![("authorization", authorization)],
        ..Request::default()
    };
    let path = format!("/v1/projects/-/serviceAccounts/{}:generateIdToken", escaped(account));
    let reply = machine.service(SOURCE, url)?.post(&path, &request).map_err(|error| SOURCE.unavailable(error))?;
    answer::<Identity>(SOURCE, reply).map(|identity| identity.token.0)
}

fn answer<T: for<'de> Deserialize<'de>>(source: Ambient, reply: Reply) -> Result<T, OidcError> {
    if !reply.is_success() {
        return Err(source.refused(&reply));
    }
    let body = Zeroizing::new(reply.body);
    bulla_verify::json::from_slice(&body).map_err(|_| source.failed("its answer has no token"))
}

/// Whether the metadata server is named, or this is Cloud Run, or the machine is Google's.
pub(super) fn is_there(machine: &Machine<'_>) -> bool {
    let made_by_google = || fs::read_to_string(machine.product_name).is_ok_and(|name| name.starts_with("Google"));
    ["GCE_METADATA_HOST", "K_SERVICE", "CLOUD_RUN_JOB"].iter().any(|name| machine.var(name).is_some())
        || made_by_google()
}

fn is_absent(machine: &Machine<'_>, error: &Error) -> bool {
    let silent = matches!(error, Error::Unreachable { .. } | Error::DeadlineExceeded { .. });
    silent && machine.var("GCE_METADATA_HOST").is_none()
}

/// Asks the metadata server. It has no certificate; nothing secret is sent to it, and its header keeps redirects and
/// foreign servers from being taken for it.
fn metadata(machine: &Machine<'_>, source: Ambient, path: &str) -> Result<Reply, OidcError> {
    let host = machine.var("GCE_METADATA_HOST").unwrap_or_else(|| METADATA.to_owned());
    let options = Options { plain_http: true, ..machine.options.clone() };
    let request = Request {
        headers: vec![("metadata-flavor", Zeroizing::new("Google".to_owned()))],
        within: Some(budget::METADATA_SERVER),
        ..Request::default()
    };
    let asked = Service::new(&format!("http://{host}"), &options).and_then(|service| service.get(path, &request));
    let reply = asked.map_err(|error| source.unavailable(error))?;
    match reply.header("metadata-flavor") {
        Some("Google") => Ok(reply),
        _ => Err(source.failed("what answers is not its metadata server")),
    }
}
