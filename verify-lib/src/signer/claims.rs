//! What Fulcio's extensions say of a signer (sigstore/fulcio, `docs/oid-info.md`).

use crate::{VerifyError, der, oid, x509::Certificate};

/// A fact about the build or the token behind a certificate, by its extension: 1.3.6.1.4.1.57264.1.N.
///
/// It is as true as the OIDC issuer is honest: Fulcio copies it from the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// N = 9: the workflow or builder that ran, such as a reusable workflow.
    BuildSignerUri,
    /// N = 10: its immutable version.
    BuildSignerDigest,
    /// N = 11: `github-hosted`, `gitlab-hosted` or `self-hosted`.
    RunnerEnvironment,
    /// N = 12: the repository that the build was of.
    SourceRepositoryUri,
    /// N = 13: the commit.
    SourceRepositoryDigest,
    /// N = 14: the ref, such as `refs/tags/v1.2.3`.
    SourceRepositoryRef,
    /// N = 15: the repository's id, which a rename does not change.
    SourceRepositoryIdentifier,
    /// N = 16: its owner.
    SourceRepositoryOwnerUri,
    /// N = 17: the owner's id, which a rename does not change.
    SourceRepositoryOwnerIdentifier,
    /// N = 18: the workflow that was started, which may have called another.
    BuildConfigUri,
    /// N = 19: its immutable version.
    BuildConfigDigest,
    /// N = 20: what started it, such as `push`.
    BuildTrigger,
    /// N = 21: the run.
    RunInvocationUri,
    /// N = 22: `public` or `private`, when it was signed.
    SourceRepositoryVisibility,
    /// N = 23: the deployment environment.
    DeploymentEnvironment,
    /// N = 24: the token's `sub`, as it was.
    TokenSubject,
}

impl Claim {
    const ALL: [Self; 16] = [
        Self::BuildSignerUri,
        Self::BuildSignerDigest,
        Self::RunnerEnvironment,
        Self::SourceRepositoryUri,
        Self::SourceRepositoryDigest,
        Self::SourceRepositoryRef,
        Self::SourceRepositoryIdentifier,
        Self::SourceRepositoryOwnerUri,
        Self::SourceRepositoryOwnerIdentifier,
        Self::BuildConfigUri,
        Self::BuildConfigDigest,
        Self::BuildTrigger,
        Self::RunInvocationUri,
        Self::SourceRepositoryVisibility,
        Self::DeploymentEnvironment,
        Self::TokenSubject,
    ];

    /// Fulcio's first claim in this form, and one for each after it.
    const FIRST: u8 = 9;

    fn of(kind: &[u8]) -> Option<Self> {
        let [arc] = kind.strip_prefix(oid::FULCIO)? else { return None };
        Self::ALL.get(usize::from(arc.checked_sub(Self::FIRST)?)).copied()
    }

    /// Its place among all.
    fn number(self) -> usize {
        Self::ALL.iter().take_while(|other| **other != self).count()
    }
}

/// Whether each claim that the certificate makes is there once, and a DER UTF8String. One that cannot be read is not one
/// that is not there (sigstore-rust#108).
pub(super) fn check(leaf: &Certificate<'_>) -> Result<(), VerifyError> {
    let malformed = || VerifyError::CertificateMalformed { reason: "one of Fulcio's extensions" };
    let mut found = 0u32;
    for extension in leaf.extensions() {
        let Some(claim) = Claim::of(extension.kind) else { continue };
        text(extension.value).ok_or_else(malformed)?;
        let bit = 1 << claim.number();
        if found & bit != 0 {
            return Err(malformed());
        }
        found |= bit;
    }
    Ok(())
}

/// What the certificate claims, if it does.
pub(super) fn find<'a>(leaf: &Certificate<'a>, claim: Claim) -> Option<&'a str> {
    leaf.extensions().find(|extension| Claim::of(extension.kind) == Some(claim)).and_then(|it| text(it.value))
}

fn text(value: &[u8]) -> Option<&str> {
    der::only(der::UTF8_STRING, value).and_then(|text| core::str::from_utf8(text).ok())
}
