//! The head: how far the chain goes, in a file of its own, so that a tail that was cut off is missed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::super::whole_file;
use super::ChainHash;

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of its last entry; 0 if there is none.
    pub sequence: u64,
    /// That entry's hash; zeros if there is none.
    pub hash: ChainHash,
}

impl Head {
    /// A chain without entries.
    pub const NONE: Self = Self { sequence: 0, hash: ChainHash::ZERO };
}

/// What the head's file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stated {
    /// There is no such file.
    Nothing,
    /// It does not hold a head.
    Nonsense,
    /// A head.
    Head(Head),
}

pub(super) fn head_path(folder: &Path) -> PathBuf {
    folder.join("head")
}

/// Reads the head's file.
pub(super) fn read_head(folder: &Path) -> io::Result<Stated> {
    match fs::read(head_path(folder)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Stated::Nothing),
        read => Ok(parse(&read?).map_or(Stated::Nonsense, Stated::Head)),
    }
}

/// Writes the head in place: always the same number of bytes, in one sector of the disk. It is not synced: after a power
/// cut it may be behind the chain, which is seen and harms nothing; it is never before it.
pub(super) fn write_head(folder: &Path, head: Head) -> io::Result<()> {
    let mut file = whole_file::private().create(true).write(true).open(head_path(folder))?;
    let text = format!("{:020} {}\n", head.sequence, head.hash);
    file.write_all(text.as_bytes())?;
    // Only what somebody else left there can be longer.
    file.set_len(u64::try_from(text.len()).unwrap_or(u64::MAX))
}

fn parse(bytes: &[u8]) -> Option<Head> {
    let (sequence, hash) = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split_once(' ')?;
    let digits = sequence.len() == 20 && sequence.bytes().all(|b| b.is_ascii_digit());
    let head = Head { sequence: sequence.parse().ok()?, hash: hash.parse().ok()? };
    digits.then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_and_nothing_else_is_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_head(folder.path()).unwrap(), Stated::Nothing);
        for sequence in [u64::MAX, 3] {
            let head = Head { sequence, hash: ChainHash([0xab; 32]) };
            write_head(folder.path(), head).unwrap();
            assert_eq!(read_head(folder.path()).unwrap(), Stated::Head(head));
        }
        let text = fs::read_to_string(head_path(folder.path())).unwrap();
        for bad in ["", &text[1..], text.trim_end(), &text.to_uppercase(), &text.replacen('0', "+", 1)] {
            fs::write(head_path(folder.path()), bad).unwrap();
            assert_eq!(read_head(folder.path()).unwrap(), Stated::Nonsense, "{bad}");
        }
    }
}
