//! Every limit on what an attacker may send, with its source. Each has a test one past it.

// Conditions. The text is the policy's; what it runs over is whoever attests's. CEL's specification ("Syntax") asks for at least 32
// terms of `||`, 24 operators in a row and 12 levels of whatever nests; cel-go reads 250 levels and 100,000 characters.

/// A condition's text: 100 alternatives of 80 bytes, each with an identity in it.
pub const CONDITION_BYTES: usize = 8 << 10;

/// Operators, names and literals in a condition: four for each of 256 alternatives such as `signer.identity == "…"`.
pub const CONDITION_NODES: usize = 1024;

/// How deep a condition nests: 24 operators in a row inside 24 others. Reading it and asking it fit into 512 kB of stack without
/// optimisation; a thread has 2 MB.
pub const CONDITION_NESTING: usize = 48;

/// A pattern's text: four times that of `^https://github\.com/…/release\.yml@refs/tags/v[0-9]+\.[0-9]+\.[0-9]+$`.
pub const CONDITION_PATTERN_BYTES: usize = 512;

/// A pattern's automaton, and as much again to build it: four times what that pattern takes. The slowest of those tried, read or
/// refused, took 12 ms, where the policy is read and nowhere else.
pub const CONDITION_PATTERN_STATES: usize = 128 << 10;

/// Steps of one evaluation, of 20 ns each: measured over some 40 conditions that each do one thing as often as they can, the
/// longest took 2.4 ms. Kubernetes allows 1,000,000 of its own for an expression (`PerCallLimit`), 0.1 s. Enough for 10,000
/// packages of an SBOM at one comparison each, or 500 dependencies at 20.
pub const CONDITION_STEPS: usize = 100_000;

/// A text that a condition puts together or converts: what 100 identities take; patterns and searches are counted as steps.
pub const CONDITION_STRING_BYTES: usize = 16 << 10;

/// A list that a condition puts together: as many items as are reached within [`CONDITION_STEPS`].
pub const CONDITION_ITEMS: usize = 10_000;

/// How deep values that are compared nest: what `serde_json` reads at most.
pub const CONDITION_VALUE_NESTING: usize = 128;
