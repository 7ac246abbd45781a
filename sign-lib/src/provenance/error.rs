//! Why there is no provenance, or none that may be signed.

/// Why provenance cannot be stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceError {
    /// Neither the environment nor the token states what has to be stated.
    #[error("the pipeline does not say its {fact}: there is no {}", sources(variable, claim))]
    FactMissing {
        /// What.
        fact: &'static str,
        /// The environment's name for it.
        variable: &'static str,
        /// The token's.
        claim: &'static str,
    },
    /// It is stated, and cannot be so.
    #[error("the pipeline's {fact} is none: `{found}`: {reason}")]
    FactMalformed {
        /// What.
        fact: &'static str,
        /// What is stated.
        found: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The environment and the token disagree: one of them is somebody's invention.
    #[error(
        "the environment and the token disagree about the {fact}: `{variable}` is `{environment}`, `{claim}` is `{token}`"
    )]
    FactsDiffer {
        /// About what.
        fact: &'static str,
        /// The environment's name for it.
        variable: &'static str,
        /// What it says.
        environment: String,
        /// The token's name for it.
        claim: &'static str,
        /// What it says.
        token: String,
    },
    /// GitHub's build type is not defined for what started the run.
    #[error("GitHub defines no provenance for a run that `{event}` started")]
    EventUndefined {
        /// The event.
        event: String,
    },
    /// A pipeline whose facts are not read.
    #[error("no provenance is generated for this pipeline: `{found}` is set")]
    UnknownPipeline {
        /// The variable that it is known by.
        found: &'static str,
    },
    /// The certificate states something else.
    #[error(
        "the certificate and the provenance disagree about the {what}: expected `{certificate}`, found `{provenance}`"
    )]
    CertificateDiffers {
        /// About what.
        what: &'static str,
        /// What the certificate says.
        certificate: String,
        /// What the provenance says.
        provenance: String,
    },
}

/// Where it could have been said; one of them may have no name for it.
fn sources(variable: &str, claim: &str) -> String {
    match (variable, claim) {
        (variable, "") => format!("`{variable}`"),
        ("", claim) => format!("`{claim}` in the token"),
        (variable, claim) => format!("`{variable}`, and no `{claim}` in the token"),
    }
}

impl ProvenanceError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FactMissing { .. } => "provenance-fact-missing",
            Self::FactMalformed { .. } => "provenance-fact-malformed",
            Self::FactsDiffer { .. } => "provenance-facts-differ",
            Self::EventUndefined { .. } => "provenance-event-undefined",
            Self::UnknownPipeline { .. } => "provenance-pipeline-unknown",
            Self::CertificateDiffers { .. } => "provenance-certificate-differs",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::FactMissing { .. } => "pass the job's environment on to where this runs, or let the job have a token",
            Self::FactMalformed { .. } => "see which step of the job sets it",
            Self::FactsDiffer { .. } => "see which step of the job sets it, or use this very job's token",
            Self::EventUndefined { .. } => {
                "it is defined for `push`, `create`, `release` and `workflow_dispatch`; attest a predicate of your own"
            }
            Self::UnknownPipeline { .. } => {
                "attest a predicate of your own, as this pipeline's documentation describes it"
            }
            Self::CertificateDiffers { .. } => "sign with this very job's identity; nothing was signed",
        };
        Some(hint.to_owned())
    }
}
