//! Buildkite: its agent's program asks for a token (buildkite.com/docs/agent/cli/reference/oidc).

use super::{Ambient, Machine};
use crate::oidc::OidcError;
use bulla_transport::printed_by;
use std::path::Path;
use zeroize::Zeroizing;

const SOURCE: Ambient = Ambient::Buildkite;

pub(super) fn token(machine: &Machine<'_>) -> Result<Option<Zeroizing<String>>, OidcError> {
    if !machine.is("BUILDKITE") {
        return Ok(None);
    }
    // The agent says where its program is, since it need not be on the job's path.
    let name = "buildkite-agent";
    let program = machine.var("BUILDKITE_BIN_PATH").map(|folder| Path::new(&folder).join(name));
    let program = program.as_deref().and_then(Path::to_str).unwrap_or(name);
    let arguments = ["oidc", "request-token", "--audience", machine.audience];
    let printed =
        printed_by(program, &arguments, &machine.options.cancel).map_err(|error| SOURCE.unavailable(error))?;
    SOURCE.text(printed).map(Some)
}
