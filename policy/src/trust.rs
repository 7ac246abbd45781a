//! Whom a policy believes while finding out who signed.

use bulla_verify::{Artifact, Bundle, Time, Trust, TrustedRoot, VerifiedBundle, VerifyError, VerifyingKey, verify};

/// Keys, and trusted roots of different names.
#[derive(Debug, Clone)]
pub struct Believed {
    keys: Vec<VerifyingKey>,
    roots: Vec<TrustedRoot>,
    /// Everything at once.
    all: Trust,
    /// One for each root.
    each: Vec<(String, Trust)>,
}

impl Believed {
    /// Believes these.
    pub fn new(keys: Vec<VerifyingKey>, roots: Vec<TrustedRoot>) -> Self {
        let with_keys = keys.iter().cloned().fold(Trust::nobody(), Trust::with_key);
        let all = roots.iter().cloned().fold(with_keys.clone(), Trust::with_root);
        let each =
            roots.iter().map(|root| (root.name().to_owned(), with_keys.clone().with_root(root.clone()))).collect();
        Self { keys, roots, all, each }
    }

    /// Believes those of both; of roots of the same name, there is one.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        let known = |root: &&TrustedRoot| self.roots.iter().any(|own| own.name() == root.name());
        let roots = self.roots.iter().chain(other.roots.iter().filter(|root| !known(root))).cloned().collect();
        Self::new(self.keys.iter().chain(&other.keys).cloned().collect(), roots)
    }

    /// The names of the roots.
    pub(crate) fn root_names(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(TrustedRoot::name)
    }

    /// The roots themselves.
    pub(crate) fn roots(&self) -> &[TrustedRoot] {
        &self.roots
    }

    /// The keys, whose algorithms say which hashes of the artifact are needed.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// What is true of a bundle, under each root under which anything is: what one root vouches for, a time or a name, is not
    /// what another one does.
    pub(crate) fn verify(
        &self,
        bundle: &Bundle,
        artifact: &Artifact<'_>,
        now: Time,
    ) -> Result<Vec<(Option<String>, VerifiedBundle)>, VerifyError> {
        let root = |name: &String| Some(name.clone());
        match self.each.as_slice() {
            [] => Ok(vec![(None, verify(bundle, artifact, &self.all, now)?)]),
            [(name, trust)] => Ok(vec![(root(name), verify(bundle, artifact, trust, now)?)]),
            several => {
                let under =
                    |(name, trust): &(String, Trust)| Some((root(name), verify(bundle, artifact, trust, now).ok()?));
                let verified: Vec<_> = several.iter().filter_map(under).collect();
                match verified.is_empty() {
                    false => Ok(verified),
                    // Nothing is under any; which refusal tells most is known where all are asked at once.
                    true => Ok(vec![(None, verify(bundle, artifact, &self.all, now)?)]),
                }
            }
        }
    }
}
