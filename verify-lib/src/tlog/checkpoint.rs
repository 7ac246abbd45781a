//! Checkpoints: a log's signed statement of its size and root (C2SP tlog-checkpoint and signed-note).

use crate::{VerifyError, budget, bundle::InclusionProof, bundle::within, encoding, trust::Log};

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
    let by_log = note.signatures.iter().any(|line| {
        let of_origin = note.origin.split(" - ").next() == Some(line.name);
        of_origin && log.has_key_hint(line.key_hint) && log.has_signed(note.text.as_bytes(), &line.signature)
    });
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
    key_hint: [u8; 4],
    signature: Vec<u8>,
}

impl<'a> Note<'a> {
    fn parse(note: &'a str) -> Result<Self, VerifyError> {
        let malformed = |reason| VerifyError::CheckpointMalformed { reason };
        let end = note.rfind("\n\n").ok_or(malformed("no signatures"))?;
        let (text, signatures) = note.split_at_checked(end + 1).ok_or(malformed("no signatures"))?;
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty()).ok_or(malformed("no origin"))?;
        let size = lines.next().and_then(decimal).ok_or(malformed("no tree size"))?;
        let root = lines.next().and_then(encoding::from_base64).and_then(|root| root.try_into().ok());
        let root = root.ok_or(malformed("no root hash"))?;
        Ok(Self { text, origin, size, root, signatures: signature_lines(signatures)? })
    }
}

fn signature_lines(block: &str) -> Result<Vec<SignatureLine<'_>>, VerifyError> {
    let malformed = VerifyError::CheckpointMalformed { reason: "a signature line is malformed" };
    let lines = block.strip_prefix('\n').and_then(|block| block.strip_suffix('\n')).ok_or(malformed.clone())?;
    within("checkpoint signatures", budget::CHECKPOINT_SIGNATURES, lines.split('\n').count())?;
    lines.split('\n').map(|line| signature_line(line).ok_or(malformed.clone())).collect()
}

/// `— <name> <base64 of the key hint and the signature>`.
fn signature_line(line: &str) -> Option<SignatureLine<'_>> {
    let (name, signature) = line.strip_prefix(SIGNATURE)?.split_once(' ')?;
    let bytes = encoding::from_base64(signature)?;
    let (&key_hint, signature) = bytes.split_first_chunk::<4>()?;
    (!name.is_empty()).then(|| SignatureLine { name, key_hint, signature: signature.to_vec() })
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
