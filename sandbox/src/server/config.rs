//! What a sandbox is to be like.

use crate::registry;
use std::{path::PathBuf, time::Duration};

/// A part of a Sigstore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The issuer of identity tokens.
    Oidc,
    /// The certificate authority.
    Fulcio,
    /// The certificate log; without it, certificates carry no promise.
    Ct,
    /// The transparency log, version 2.
    Rekor,
    /// The transparency log, version 1.
    RekorV1,
    /// The timestamp authority.
    Tsa,
    /// The OCI registry.
    Registry,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 7] =
        [Self::Oidc, Self::Fulcio, Self::Ct, Self::Rekor, Self::RekorV1, Self::Tsa, Self::Registry];

    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Fulcio => "fulcio",
            Self::Ct => "ct",
            Self::Rekor => "rekor",
            Self::RekorV1 => "rekor-v1",
            Self::Tsa => "tsa",
            Self::Registry => "registry",
        }
    }

    /// The part of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// When the transparency logs show a new checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointPolicy {
    /// With every entry, at once.
    EachEntry,
    /// At this interval; who adds an entry waits for the next, as with the real one.
    Every(Duration),
}

/// A sandbox's port, folder and parts.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// The port on the loopback interface; where 0, the folder's last one, or a free one.
    pub port: u16,
    /// Where its state, and what clients need, is kept; nowhere where `None`.
    pub dir: Option<PathBuf>,
    /// The parts that are there; to the others there is no path.
    pub parts: Vec<Part>,
    /// When the transparency logs show a new checkpoint.
    pub checkpoints: CheckpointPolicy,
    /// The registry. Its port is not looked at; its capacity is that of all parts together.
    pub registry: registry::Config,
}

impl Default for SandboxConfig {
    /// All parts, in memory, on a free port.
    fn default() -> Self {
        Self {
            port: 0,
            dir: None,
            parts: Part::ALL.to_vec(),
            checkpoints: CheckpointPolicy::EachEntry,
            registry: registry::Config::with_referrers(),
        }
    }
}

impl SandboxConfig {
    /// Only these parts.
    pub fn only(parts: &[Part]) -> Self {
        Self { parts: parts.to_vec(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_found_by_its_name() {
        for part in Part::ALL {
            assert_eq!(Part::parse(part.name()), Some(part));
        }
        assert_eq!(Part::parse("Rekor"), None);
    }
}
