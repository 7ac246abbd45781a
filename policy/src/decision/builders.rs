//! Builders that are known, as data: what each is called, who may sign in its name, and how far it can be trusted.

macro_rules! workflow {
    ($file:literal) => {
        concat!("https://github.com/slsa-framework/slsa-github-generator/.github/workflows/", $file)
    };
}

/// A builder whose id is the address of a reusable workflow.
pub(super) struct Known {
    /// The address in the provenance, without the ref.
    pub(super) id: &'static str,
    /// The address in the certificate of who signs for it, without the ref, which is the same.
    pub(super) signer: &'static str,
    /// The SLSA build level that it reaches.
    pub(super) level: u8,
}

/// What a platform's own machines are at, where a job of the source repository writes and signs its provenance itself: it is signed in
/// the name of that job (SLSA v1.0, "Provenance is Authentic"), and the job that builds could have forged it ("Unforgeable", level 3).
pub(super) const HOSTED: u8 = 2;

/// What the SLSA project's workflows for GitHub are at (slsa-framework/slsa-github-generator, README: "SLSA Build Level 3"). Those
/// that are made with the "build your own builder" framework are signed for by its delegator.
pub(super) const SLSA_GITHUB_GENERATOR: [Known; 10] = {
    const fn itself(id: &'static str) -> Known {
        Known { id, signer: id, level: 3 }
    }
    const fn delegated(id: &'static str, signer: &'static str) -> Known {
        Known { id, signer, level: 3 }
    }
    const GENERIC: &str = workflow!("delegator_generic_slsa3.yml");
    const LOW_PERMISSIONS: &str = workflow!("delegator_lowperms-generic_slsa3.yml");
    [
        itself(workflow!("builder_go_slsa3.yml")),
        itself(workflow!("builder_container-based_slsa3.yml")),
        itself(workflow!("generator_generic_slsa3.yml")),
        itself(workflow!("generator_container_slsa3.yml")),
        delegated(workflow!("builder_nodejs_slsa3.yml"), GENERIC),
        delegated(workflow!("builder_nodejs_slsa3.yml"), LOW_PERMISSIONS),
        delegated(workflow!("builder_maven_slsa3.yml"), GENERIC),
        delegated(workflow!("builder_maven_slsa3.yml"), LOW_PERMISSIONS),
        delegated(workflow!("builder_gradle_slsa3.yml"), LOW_PERMISSIONS),
        delegated(workflow!("builder_gradle_slsa3.yml"), GENERIC),
    ]
};
