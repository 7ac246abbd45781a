//! What a tiled log is read by (C2SP tlog-tiles).

use crate::server::ledger::Ledger;

/// What a path below `tile/` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tile {
    Hashes { level: usize, index: usize, width: usize },
    Entries { index: usize, width: usize },
}

/// Hashes, or entries, in a whole tile.
const WIDTH: usize = 256;

impl Tile {
    /// Reads `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let (kind, rest) = path.split_once('/')?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, Some(number(width, 3)?).filter(|width| (1..WIDTH).contains(width))?),
            None => (rest, WIDTH),
        };
        let index = tile_index(index)?;
        match kind {
            "entries" => Some(Self::Entries { index, width }),
            level => Some(Self::Hashes { level: number(level, 2).filter(|level| *level < 8)?, index, width }),
        }
    }

    /// Its bytes; nothing where the log is not as large.
    pub(super) fn read(&self, ledger: &Ledger) -> Option<Vec<u8>> {
        match *self {
            Self::Hashes { level, index, width } => ledger.tile(level, index, width),
            Self::Entries { index, width } => {
                let start = index.checked_mul(WIDTH)?;
                let end = start.checked_add(width).filter(|end| *end <= ledger.size())?;
                let mut bundle = Vec::new();
                for index in start..end {
                    let body = ledger.entry(index)?.body;
                    bundle.extend(u16::try_from(body.len()).ok()?.to_be_bytes());
                    bundle.extend(body);
                }
                Some(bundle)
            }
        }
    }
}

/// `x001/x234/067` is 1234067.
fn tile_index(path: &str) -> Option<usize> {
    let parts: Vec<_> = path.split('/').collect();
    let (last, before) = parts.split_last()?;
    let mut index = 0_usize;
    for part in before {
        index = index.checked_mul(1000)?.checked_add(three(part.strip_prefix('x')?)?)?;
    }
    let leading_zeros = before.first().is_some_and(|part| *part == "x000");
    index = index.checked_mul(1000)?.checked_add(three(last)?)?;
    (!leading_zeros).then_some(index)
}

fn three(text: &str) -> Option<usize> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A number of so many digits at most, without zeros before it.
fn number(text: &str, digits: usize) -> Option<usize> {
    let proper = text.len() <= digits
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if proper { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_one_path() {
        assert_eq!(Tile::parse("0/x001/x234/067"), Some(Tile::Hashes { level: 0, index: 1_234_067, width: 256 }));
        assert_eq!(Tile::parse("entries/000.p/7"), Some(Tile::Entries { index: 0, width: 7 }));
        for path in [
            "00/000",
            "0/0",
            "0/000.p/256",
            "0/000.p/0",
            "0/000.p/01",
            "0/001/002",
            "0/x000/001",
            "64/000",
            "0/",
            "entries",
        ] {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }
}
