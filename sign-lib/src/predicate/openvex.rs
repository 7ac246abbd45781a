//! OpenVEX documents (github.com/openvex/spec, OPENVEX-SPEC.md, v0.2.0; in v0.0.1 a vulnerability is a mere text).

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://openvex.dev/ns";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.field("@context").begins_with(TYPE)?;
    predicate.field("@id").text()?;
    predicate.field("author").text()?;
    predicate.field("timestamp").timestamp()?;
    predicate.field("version").positive()?;
    let statements = predicate.field("statements");
    if statements.items()?.next().is_none() {
        return Err(statements.expected("at least one statement"));
    }
    statements.items()?.try_for_each(|statement| of_statement(&statement))
}

fn of_statement(statement: &At<'_>) -> Result<(), Mismatch> {
    statement.object()?;
    let vulnerability = statement.field("vulnerability");
    if !vulnerability.is_text() {
        vulnerability.object()?;
        vulnerability.field("name").text()?;
    }
    let status = statement.field("status");
    status.one_of(&["not_affected", "affected", "fixed", "under_investigation"])?;
    if status.is("not_affected") && statement.optional("impact_statement").is_none() {
        statement.field("justification").one_of(&JUSTIFICATIONS)?;
    }
    if status.is("affected") {
        statement.field("action_statement").text()?;
    }
    Ok(())
}

/// "Status Justifications" of the specification.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];
