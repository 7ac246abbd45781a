//! Platforms: what an index says that its images are for, and which of them a runtime picks.

use crate::annotations::REFERENCE_TYPE;
use crate::error::{Error, shown};
use crate::manifest::{Descriptor, Manifest, Parsed};
use crate::store::Store;
use bulla_verify::json;
use serde::Deserialize;
use std::fmt;

/// An operating system and a processor, `linux/arm64/v8`, in the one spelling that each has for containerd (containerd/platforms,
/// `Normalize`): two spellings of a platform are equal here if they are the same to a runtime.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// A text that names no platform.
#[derive(Debug, thiserror::Error)]
#[error("a platform is written `linux/amd64`, or `linux/arm/v7`")]
pub struct NotAPlatform;

impl Platform {
    /// Reads `os/architecture` or `os/architecture/variant`.
    ///
    /// # Errors
    /// [`NotAPlatform`].
    pub fn parse(text: &str) -> Result<Self, NotAPlatform> {
        let text = text.to_ascii_lowercase();
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [os, architecture] => Self::of(os, architecture, ""),
            [os, architecture, variant] => Self::of(os, architecture, variant),
            _ => return Err(NotAPlatform),
        }
        .ok_or(NotAPlatform)
    }

    fn of(os: &str, architecture: &str, variant: &str) -> Option<Self> {
        let is_word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !is_word(os) || !is_word(architecture) || !(variant.is_empty() || is_word(variant)) {
            return None;
        }
        let os = if os == "macos" { "darwin" } else { os };
        let (architecture, variant) = match (architecture, variant) {
            ("i386", _) => ("386", ""),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8") => ("arm64", ""),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "8") => ("arm", "v8"),
            other => other,
        };
        let variant = Some(variant).filter(|variant| !variant.is_empty()).map(str::to_owned);
        Some(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

impl Descriptor {
    /// Whether an index lists it as attestations about another of its images: marked so by `BuildKit`, *and* for no platform. Either
    /// mark is whoever's who wrote the index; with the second, no runtime picks it.
    pub fn is_attestation(&self) -> bool {
        self.platform.as_deref() == Some("unknown/unknown")
            && self.annotations.get(REFERENCE_TYPE) == Some("attestation-manifest")
    }

    fn runs_on(&self, platform: &Platform) -> bool {
        let own = self.platform.as_deref().and_then(|own| Platform::parse(own).ok());
        own.as_ref() == Some(platform) && !self.is_attestation()
    }
}

/// What of it runs on a platform: of an index, every image that it lists for exactly that (several, if it does so twice: which of
/// them is run is the runtime's to say); an image itself, if its configuration says so, which takes one more round trip.
///
/// # Errors
/// [`Error::NoSuchPlatform`], which names what is there, or what kept the configuration from being read.
pub fn pick(store: &dyn Store, manifest: &Manifest, platform: &Platform) -> Result<Vec<Descriptor>, Error> {
    let nothing = |there: String| Error::NoSuchPlatform { place: store.name(), asked: platform.to_string(), there };
    match &manifest.parsed {
        Parsed::Index { children } => {
            let picked: Vec<_> = children.iter().filter(|child| child.runs_on(platform)).cloned().collect();
            if picked.is_empty() { Err(nothing(listed(children))) } else { Ok(picked) }
        }
        Parsed::Image { config, .. } => match stated(&store.blob(config)?) {
            Some(own) if own == *platform => Ok(vec![manifest.descriptor.clone()]),
            Some(own) => Err(nothing(format!("it is for `{own}`"))),
            None => Err(nothing("it does not say what it is for".to_owned())),
        },
    }
}

/// What an image's configuration says that it is for (OCI image specification, "Image Configuration"); nothing, if it is none.
fn stated(config: &[u8]) -> Option<Platform> {
    #[derive(Deserialize)]
    struct Config {
        os: String,
        architecture: String,
        #[serde(default)]
        variant: String,
    }
    let Config { os, architecture, variant } = json::from_slice(config).ok()?;
    let [os, architecture, variant] = [os, architecture, variant].map(|text| text.to_ascii_lowercase());
    Platform::of(&os, &architecture, &variant)
}

/// How many platforms are named: more than any image of Docker's library is for.
const NAMED: usize = 16;

fn listed(children: &[Descriptor]) -> String {
    let mut named: Vec<_> = children.iter().filter(|child| !child.is_attestation()).collect();
    named.dedup_by(|a, b| a.platform == b.platform);
    let shown = |child: &&Descriptor| {
        child.platform.as_deref().map_or_else(|| "one for no platform".to_owned(), |own| format!("`{}`", shown(own)))
    };
    let mut told: Vec<_> = named.iter().take(NAMED).map(shown).collect();
    if named.len() > NAMED {
        told.push("…".to_owned());
    }
    match told.is_empty() {
        true => "it lists no image".to_owned(),
        false => format!("it lists {}", told.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Platform::parse(text).ok().map(|platform| platform.to_string())
    }

    /// The pairs are those of containerd/platforms (`TestParseSelector`, `TestNormalize`).
    #[test]
    fn what_is_the_same_to_a_runtime_is_equal() {
        for (text, same) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/amd64/", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("Linux/x86_64", "linux/amd64"),
            ("linux/x86-64/v1", "linux/amd64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/aarch64/8", "linux/arm64"),
            ("linux/arm64/v9", "linux/arm64/v9"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/armhf", "linux/arm/v7"),
            ("linux/arm/7", "linux/arm/v7"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/arm/6", "linux/arm/v6"),
            ("linux/arm/v5", "linux/arm/v5"),
            ("linux/i386", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
            ("windows/amd64", "windows/amd64"),
        ] {
            assert_eq!(read(text).as_deref(), Some(same), "{text}");
        }
    }

    #[test]
    fn what_names_no_platform_is_none() {
        for text in ["", "linux", "linux/", "/amd64", "linux/amd64/v1/x", "linux/amd 64", "linux/\u{1b}", "linux/*"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_no_runtime_picks_is_an_attestation() {
        let child = |platform: Option<&str>, kind: &str| {
            let mut child = Descriptor::of(crate::OCI_MANIFEST, b"");
            child.platform = platform.map(str::to_owned);
            child.annotations = child.annotations.with(REFERENCE_TYPE, kind);
            child.is_attestation()
        };
        assert!(child(Some("unknown/unknown"), "attestation-manifest"));
        for (platform, kind) in [
            (Some("linux/amd64"), "attestation-manifest"),
            (None, "attestation-manifest"),
            (Some("unknown/amd64"), "attestation-manifest"),
            (Some("unknown/unknown/v1"), "attestation-manifest"),
            (Some("unknown/unknown"), "image"),
            (Some("unknown/unknown"), ""),
        ] {
            assert!(!child(platform, kind), "{platform:?} {kind}");
        }
    }
}
