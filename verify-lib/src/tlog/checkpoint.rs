//! Checkpoints: a log's signed statement of its size and root (C2SP tlog-checkpoint and signed-note).

use crate::{VerifyError, budget, bundle::InclusionProof, encoding, trust::Log};

/// The signature line of a signed note begins with an em dash and a space.
const SIGNATURE: &str = "\u{2014} ";

/// Proves that `log` has signed the tree that the proof is of.
///
/// The signature line has to be in the name of the origin, which is signed: Rekor v1 writes `<name> - <shard>` there. Which
/// shard it is does not matter, since one key signs for all of them.
pub(crate) fn verify(proof: &InclusionProof, log: &Log) -> Result<(), VerifyError> {
    let note = Note::parse(&proof.checkpoint)?;
    if note.size != proof.tree_size || note.root != proof.root_hash {
        return Err(VerifyError::CheckpointMismatch);
    }
    let name = note.origin.split(" - ").next();
    // One line for each key, as in sumdb's notes: whoever adds others of the same name and hint buys no checks with them.
    let line = note.signatures.iter().find(|line| name == Some(line.name) && line.has_hint_of(log));
    let by_log = line.is_some_and(|line| log.has_signed(&|say| say(note.text.as_bytes()), line.signature()));
    if by_log { Ok(()) } else { Err(VerifyError::CheckpointSignature { log: log.name().to_owned() }) }
}

struct Note<'a> {
    /// What is signed: up to and with the newline before the empty line.
    text: &'a str,
    origin: &'a str,
    size: u64,
    root: [u8; 32],
    signatures: Vec<SignatureLine<'a>>,
}

struct SignatureLine<'a> {
    name: &'a str,
    /// Four bytes of hint, and the signature.
    hint_and_signature: Vec<u8>,
}

impl<'a> Note<'a> {
    fn parse(note: &'a str) -> Result<Self, VerifyError> {
        let malformed = |reason| VerifyError::CheckpointMalformed { reason };
        let end = note.rfind("\n\n").ok_or(malformed("no signatures"))?;
        let (text, signatures) = note.split_at_checked(end + 1).ok_or(malformed("no signatures"))?;
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty()).ok_or(malformed("no origin"))?;
        let size = lines.next().and_then(decimal).ok_or(malformed("no tree size"))?;
        let root = lines.next().and_then(encoding::from_base64_exact).ok_or(malformed("no root hash"))?;
        Ok(Self { text, origin, size, root, signatures: signature_lines(signatures)? })
    }
}

fn signature_lines(block: &str) -> Result<Vec<SignatureLine<'_>>, VerifyError> {
    let malformed = || VerifyError::CheckpointMalformed { reason: "a signature line is malformed" };
    let lines = block.strip_prefix('\n').and_then(|block| block.strip_suffix('\n')).ok_or_else(malformed)?;
    let count = lines.split('\n').count();
    budget::within("checkpoint signatures", budget::CHECKPOINT_SIGNATURES, count)?;
    let mut signatures = Vec::with_capacity(count);
    for line in lines.split('\n') {
        signatures.push(SignatureLine::parse(line).ok_or_else(malformed)?);
    }
    Ok(signatures)
}

impl<'a> SignatureLine<'a> {
    /// `— <name> <base64 of the key hint and the signature>`.
    fn parse(line: &'a str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
        let hint_and_signature = encoding::from_base64(signature)?;
        let whole = !name.is_empty() && hint_and_signature.len() >= 4;
        whole.then_some(Self { name, hint_and_signature })
    }

    fn has_hint_of(&self, log: &Log) -> bool {
        self.hint_and_signature.first_chunk::<4>().is_some_and(|hint| log.has_key_hint(*hint))
    }

    fn signature(&self) -> &[u8] {
        self.hint_and_signature.get(4..).unwrap_or_default()
    }
}

fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || text.starts_with(|first| ('1'..='9').contains(&first));
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const LINE: &str = "\u{2014} log AAAAAAAA\n";

    fn note(text: &str, signatures: &str) -> Result<usize, &'static str> {
        let note = format!("{text}\n{signatures}");
        Note::parse(&note).map(|note| note.signatures.len()).map_err(|error| error.code())
    }

    #[test]
    fn a_note_with_witnesses_and_further_lines_is_read() {
        assert_eq!(note(&format!("log\n7\n{ROOT}\n"), LINE), Ok(1));
        assert_eq!(note(&format!("log\n7\n{ROOT}\nTimestamp: 1\n"), &LINE.repeat(3)), Ok(3));
    }

    #[test]
    fn a_note_without_one_of_its_parts_is_refused() {
        let whole = format!("log\n7\n{ROOT}\n");
        for text in ["log\n7\n", "log\nx\n", "\n7\n", "log\n07\n"] {
            assert_eq!(note(&format!("{text}{ROOT}\n"), LINE).is_ok(), text == "log\n7\n", "{text:?}");
        }
        for signatures in ["", "\n", "log AAAAAAAA\n", "\u{2014} log AAAA\n", "\u{2014} AAAAAAAA\n"] {
            assert_eq!(note(&whole, signatures), Err("checkpoint-malformed"), "{signatures:?}");
        }
        assert_eq!(note("log\n7\n", LINE), Err("checkpoint-malformed"));
        assert_eq!(note("log\n7\nAAAA\n", LINE), Err("checkpoint-malformed"));
    }

    #[test]
    fn one_signature_too_many_is_over_budget() {
        let text = format!("log\n7\n{ROOT}\n");
        let limit = budget::CHECKPOINT_SIGNATURES;
        assert_eq!(note(&text, &LINE.repeat(limit)), Ok(limit));
        assert_eq!(note(&text, &LINE.repeat(limit + 1)), Err("over-budget"));
    }

    /// sigstore-java's: the valid ones are read, and the malformed ones refused.
    #[test]
    fn the_checkpoints_of_others_are_judged_as_they_say() {
        let (mut accepts, mut refusals) = (0, 0);
        for (name, note) in crate::vectors::named("checkpoints") {
            let parsed = Note::parse(core::str::from_utf8(&note).expect("text"));
            assert_eq!(parsed.is_ok(), name.starts_with("valid"), "{name}");
            if parsed.is_ok() { accepts += 1 } else { refusals += 1 }
        }
        crate::vectors::counted("checkpoints", (accepts, refusals), (2, 7));
    }
}
