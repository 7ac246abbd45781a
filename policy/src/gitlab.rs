//! What a certificate says of the pipeline of GitLab CI that signs.

use bulla_verify::{Claim, SignerCertificate};

/// The file that a project's pipeline is, unless the project has named another.
pub(crate) const PIPELINE: &str = ".gitlab-ci.yml";

/// The pipeline's file, if it is one of the source project: `.gitlab-ci.yml` of
/// `https://gitlab.com/acme/app//.gitlab-ci.yml@refs/heads/main`.
///
/// That name is GitLab's `ci_config_ref_uri` (fulcio, `pkg/identity/gitlabcom`): the project in which it runs, the project's
/// setting "CI/CD configuration file", and the ref. The setting may name a file of another project, `ci.yml@acme/ci`, or a URL:
/// so what stands behind the file has to be the source's own ref, and the file a path. Not stated anywhere, and so not checked,
/// is what the file includes, and whether it is a child pipeline or a policy of the group that ran in its name.
pub(crate) fn pipeline_file(certificate: &SignerCertificate) -> Option<&str> {
    let name = certificate.identity().as_str();
    let beneath = name.strip_prefix(certificate.claim(Claim::SourceRepositoryUri)?)?.strip_prefix("//")?;
    let file = beneath.strip_suffix(certificate.claim(Claim::SourceRepositoryRef)?)?.strip_suffix('@')?;
    (!file.contains('@') && !file.contains("://")).then_some(file)
}

/// Whether a merge request started it. Its ref is the name of a branch that may be a fork's, and before GitLab 18.2.2 the project
/// was said to be the one that the fork is of (gitlab-org/gitlab#548165).
pub(crate) fn is_of_merge_request(certificate: &SignerCertificate) -> bool {
    certificate.claim(Claim::BuildTrigger) == Some("merge_request_event")
}
