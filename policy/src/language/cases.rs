//! Cases that a policy is tried out on: what was recorded, and what it is to say of it.

use super::{
    error::{Fault, PolicyError},
    moment::Moment,
    position::At,
    rule::Sha256,
    yaml,
};
use crate::{Verdict, budget};
use core::fmt;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{borrow::Cow, collections::BTreeSet};

/// Policies, and cases that they are tried out on: one YAML document. Paths are taken from where it stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cases {
    /// The policies that are tried out, all of them together.
    #[schemars(length(min = 1))]
    pub policies: At<Vec<String>>,
    /// The cases.
    #[schemars(length(min = 1))]
    pub cases: At<Vec<Case>>,
}

/// One case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    /// What it shows, as a sentence.
    #[schemars(length(min = 1))]
    pub name: At<String>,
    /// The recording, as `bulla verify --record` writes it. Everything in it is meant, unless `digest` says otherwise.
    #[schemars(length(min = 1))]
    pub evidence: At<String>,
    /// The one thing in it that is meant.
    pub digest: Option<Sha256>,
    /// What the rules call it, if not as it was called.
    #[serde(rename = "as")]
    pub called: Option<At<String>>,
    /// When, if not when it was recorded.
    pub at: Option<Moment>,
    /// What is to be decided.
    pub expect: At<Expected>,
}

/// What is to be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The verdict.
    pub verdict: Verdict,
    /// Codes that all have to be among the reasons.
    pub reasons: Vec<String>,
}

impl Cases {
    /// Reads cases.
    ///
    /// # Errors
    /// [`PolicyError`], with the line and the column.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let read = || {
            let cases: Self = yaml::read(text).map_err(in_our_words)?;
            cases.check()?;
            Ok(cases)
        };
        read().map_err(|error: PolicyError| error.within(text))
    }

    fn check(&self) -> Result<(), PolicyError> {
        if self.policies.is_empty() {
            let hint = "name the files of the policies that are tried out";
            return Err(Fault::new("no-policy", "no policy is tried out", hint).at(self.policies.position()));
        }
        if self.cases.is_empty() {
            let hint = "what is never asked is never surprising: add a case, or take the file away";
            return Err(Fault::new("no-cases", "no case is in here", hint).at(self.cases.position()));
        }
        if self.cases.len() > budget::CASES {
            let message = format!("{} cases are in here, and at most {} are read", self.cases.len(), budget::CASES);
            return Err(
                Fault::new("too-many-cases", message, "split it: files are read one by one").at(self.cases.position())
            );
        }
        let mut names = BTreeSet::new();
        self.cases.iter().try_for_each(|case| case.check(&mut names))
    }
}

impl Case {
    fn check<'c>(&'c self, names: &mut BTreeSet<&'c str>) -> Result<(), PolicyError> {
        let named = [Some(&self.name), Some(&self.evidence), self.called.as_ref()];
        if let Some(empty) = named.into_iter().flatten().find(|text| text.trim().is_empty()) {
            return Err(Fault::new("empty-value", "nothing stands here", "give it a value").at(empty.position()));
        }
        if !names.insert(self.name.as_str()) {
            let message = format!("two cases are called `{}`", *self.name);
            return Err(Fault::new(
                "duplicate-name",
                message,
                "give one of them another name: reports tell cases apart by it",
            )
            .at(self.name.position()));
        }
        Ok(())
    }
}

/// What is wrong with the form of a policy, said of cases.
fn in_our_words(error: PolicyError) -> PolicyError {
    match error.code() {
        "policy-malformed" => error.recoded("cases-malformed", "`bulla policy test --help` shows what may stand here"),
        "policy-too-large" | "policy-over-budget" => {
            error.recoded("cases-over-budget", "split it: files are read one by one")
        }
        "several-documents" => error.recoded("several-documents", "one file holds one list of cases"),
        _ => error,
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VerdictOrBoth)
    }
}

/// The verdict alone, or with reasons.
struct VerdictOrBoth;

impl<'de> Visitor<'de> for VerdictOrBoth {
    type Value = Expected;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`accepted`, `refused` or `unknown`, or `{ verdict, reasons }`")
    }

    fn visit_str<E: de::Error>(self, written: &str) -> Result<Expected, E> {
        Ok(Expected { verdict: verdict(written).map_err(E::custom)?, reasons: Vec::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expected, A::Error> {
        let Wire { verdict: written, reasons } = Wire::deserialize(MapAccessDeserializer::new(map))?;
        if reasons.is_empty() {
            let hint = "name codes as reports have them, or write the verdict alone";
            return Err(de::Error::custom(Fault::new("no-reasons", "no reason is named here", hint)));
        }
        Ok(Expected { verdict: verdict(&written).map_err(de::Error::custom)?, reasons })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    verdict: String,
    reasons: Vec<String>,
}

fn verdict(written: &str) -> Result<Verdict, Fault> {
    Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == written).ok_or_else(|| {
        let message = format!("`{written}` is no verdict");
        Fault::new("verdict-unknown", message, "write `accepted`, `refused` or `unknown`")
    })
}

impl JsonSchema for Expected {
    fn schema_name() -> Cow<'static, str> {
        "Expected".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let verdict = json_schema!({ "enum": Verdict::ALL.map(Verdict::as_str) });
        json_schema!({
            "description": "The verdict; with `reasons`, codes that all have to be among its reasons.",
            "anyOf": [
                verdict,
                {
                    "type": "object",
                    "required": ["verdict", "reasons"],
                    "additionalProperties": false,
                    "properties": {
                        "verdict": verdict,
                        "reasons": { "type": "array", "minItems": 1, "items": { "type": "string" } },
                    },
                },
            ],
        })
    }
}
