//! A vulnerability scan (cosign, `specs/COSIGN_VULN_ATTESTATION_SPEC.md`). Trivy leaves most of its texts
//! empty; who scanned is demanded although the specification lets it be left out.

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.optional("invocation").map_or(Ok(()), |at| at.object())?;
    let scanner = predicate.field("scanner");
    scanner.object()?;
    scanner.field("uri").text()?;
    scanner.optional("version").map_or(Ok(()), |at| at.any_text())?;
    scanner.optional("db").map_or(Ok(()), |at| at.object())?;
    scanner.field("result").object()?;
    let metadata = predicate.field("metadata");
    metadata.object()?;
    metadata.field("scanStartedOn").timestamp()?;
    metadata.field("scanFinishedOn").timestamp()
}
