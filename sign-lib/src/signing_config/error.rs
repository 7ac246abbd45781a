//! Why a signing configuration names no service to ask.

use crate::budget;
use bulla_verify::Time;

/// Why a signing configuration cannot be read, or names too few services.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningConfigError {
    /// More bytes than any has.
    #[error("too big for a signing configuration: at most {limit} bytes are read", limit = budget::SIGNING_CONFIG_BYTES)]
    TooLarge,
    /// Not the JSON of a signing configuration.
    #[error("not a signing configuration: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// A signing configuration of another version.
    #[error("unsupported signing configuration: expected v0.2, found `{found}`")]
    Version {
        /// The media type.
        found: String,
    },
    /// A list that is longer than any honest one.
    #[error("too many services in `{field}`: at most {limit} are read", limit = budget::SERVICES)]
    TooManyServices {
        /// The list.
        field: &'static str,
    },
    /// No service of the kind is listed that is valid now and of a version that is spoken here.
    #[error("the signing configuration lists no {what} for {now}")]
    NoService {
        /// Which kind.
        what: &'static str,
        /// Now.
        now: Time,
    },
    /// There are services, but it is not said how many of them to ask.
    #[error("the signing configuration does not say how to select a {what}")]
    SelectorMissing {
        /// Which kind.
        what: &'static str,
    },
    /// Fewer operators than have to vouch.
    #[error("the signing configuration selects {needed} of each {what}, and lists {found} operators")]
    TooFewServices {
        /// Which kind.
        what: &'static str,
        /// As many.
        needed: usize,
        /// How many there are.
        found: usize,
    },
}

impl SigningConfigError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "signing-config-too-large",
            Self::Malformed { .. } => "signing-config-malformed",
            Self::Version { .. } => "signing-config-version",
            Self::TooManyServices { .. } => "signing-config-too-many-services",
            Self::NoService { .. } => "signing-config-no-service",
            Self::SelectorMissing { .. } => "signing-config-selector-missing",
            Self::TooFewServices { .. } => "signing-config-too-few-services",
        }
    }

    /// What to do next, where there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooLarge | Self::Malformed { .. } | Self::TooManyServices { .. } => {
                "`cosign signing-config create` writes one"
            }
            Self::Version { .. } => "ask whoever runs the services for `signing_config.v0.2.json`",
            Self::NoService { .. } => "update it: services move, and new ones are listed before old ones end",
            Self::SelectorMissing { .. } => "its `rekorTlogConfig` and `tsaConfig` say ANY, ALL or EXACT",
            Self::TooFewServices { .. } => "each operator counts once; select fewer, or list another operator",
        };
        Some(hint.to_owned())
    }
}
