//! Predicate types that are checked before they are signed: one file each. Others are signed as they are.

mod cyclonedx;
mod link;
mod openvex;
mod shape;
mod slsa_v02;
mod slsa_v1;
mod spdx;
mod test_result;
mod vsa;
mod vuln;

use crate::{StatementError, budget};
use bulla_verify::SIGN_V1;
use core::fmt;
use serde_json::Value;
use shape::{At, Mismatch};

/// The type of a predicate: a URI, and what a predicate of it must look like.
#[derive(Clone)]
pub struct PredicateType {
    uri: String,
    check: Option<Check>,
}

type Check = fn(&At<'_>) -> Result<(), Mismatch>;

/// A type that is known: the names that it goes by, cosign's among them, its URI and its check.
struct Known {
    names: &'static [&'static str],
    uri: &'static str,
    check: Check,
}

/// cosign's names and URIs (`cmd/cosign/cli/options/predicate.go`), and in-toto's of the types that cosign has no name for.
/// `slsaprovenance` means version 0.2, as it does there.
const KNOWN: [Known; 9] = [
    Known { names: &["slsaprovenance1"], uri: slsa_v1::TYPE, check: slsa_v1::check },
    Known { names: &["slsaprovenance02", "slsaprovenance"], uri: slsa_v02::TYPE, check: slsa_v02::check },
    Known { names: &["spdx", "spdxjson"], uri: spdx::TYPE, check: spdx::check },
    Known { names: &["cyclonedx"], uri: cyclonedx::TYPE, check: cyclonedx::check },
    Known { names: &["vuln"], uri: vuln::TYPE, check: vuln::check },
    Known { names: &["openvex"], uri: openvex::TYPE, check: openvex::check },
    Known { names: &["vsa"], uri: vsa::TYPE, check: vsa::check },
    Known { names: &["link"], uri: link::TYPE, check: link::check },
    Known { names: &["test-result"], uri: test_result::TYPE, check: test_result::check },
];

/// Neither a name nor a URI.
pub(crate) struct UnknownType(pub(crate) String);

impl PredicateType {
    /// A type by its name, such as `slsaprovenance1`, or by its URI.
    ///
    /// # Errors
    /// [`StatementError::UnknownType`] if it is neither; [`StatementError::Reserved`] for cosign's type of signatures.
    pub fn parse(text: &str) -> Result<Self, StatementError> {
        match KNOWN.iter().find(|known| known.names.contains(&text)) {
            Some(known) => Ok(known.into()),
            None => Self::from_uri(text),
        }
    }

    /// SLSA provenance v1, which is generated here too.
    pub(crate) fn slsa_provenance_v1() -> Self {
        Self { uri: slsa_v1::TYPE.to_owned(), check: Some(slsa_v1::check) }
    }

    /// A type by its URI, as it stands in a statement.
    pub(crate) fn from_uri(uri: &str) -> Result<Self, StatementError> {
        if uri == SIGN_V1 {
            return Err(StatementError::Reserved);
        }
        if let Some(known) = KNOWN.iter().find(|known| known.uri == uri) {
            return Ok(known.into());
        }
        if is_uri(uri) {
            return Ok(Self { uri: uri.to_owned(), check: None });
        }
        let found = uri.chars().filter(|character| !character.is_control()).take(100).collect();
        Err(UnknownType(found).into())
    }

    /// Its URI, as it stands in a statement.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Every name that [`PredicateType::parse`] knows, one for each type.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().filter_map(|known| known.names.first().copied())
    }

    /// Whether a predicate has the shape that the type demands; any predicate is an object (in-toto Statement v1).
    pub(crate) fn check(&self, predicate: Option<&Value>) -> Result<(), StatementError> {
        let at = At::root(predicate);
        let checked = match self.check {
            Some(check) => at.object().and_then(|()| check(&at)),
            None if predicate.is_none() => Ok(()),
            None => at.object(),
        };
        checked.map_err(|Mismatch { path, expected, found }| StatementError::Shape {
            predicate_type: self.uri.clone(),
            path,
            expected,
            found,
        })
    }
}

/// A scheme and something behind it, without white space or control characters (RFC 3986, section 3).
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let well_formed = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
    let printable = text.chars().all(|character| character.is_ascii_graphic() && !"\"<>\\^`{|}".contains(character));
    well_formed && printable && !rest.is_empty() && text.len() <= budget::PREDICATE_TYPE_BYTES
}

impl From<&Known> for PredicateType {
    fn from(known: &Known) -> Self {
        Self { uri: known.uri.to_owned(), check: Some(known.check) }
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

impl fmt::Debug for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PredicateType({})", self.uri)
    }
}

#[cfg(test)]
mod tests;
