//! Whether lines are a chain, and if not, where and how it is broken. Knows nothing of files but their names.
//!
//! ```text
//!  expected 5:  5 ok   7 removed, or reordered if 6 comes later   3 repeated   not sealed: changed
//! ```
//! After a fault the chain is taken up again, so that one fault is told once and the next is still found.

use std::collections::BTreeSet;
use std::fmt;

use super::line::{Link, read_link};
use super::{ChainHash, Head};

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The line is not what was written: its bytes do not fit its hash.
    Changed,
    /// The line fits its own hash, but was not written after the line before it: one of the two was put there later.
    Unchained,
    /// Entries are missing before this line.
    Removed {
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The line stands before others that were written earlier.
    Reordered,
    /// The entry was there before.
    Repeated,
    /// Entries are missing at the end, by what is known of the chain's head.
    Cut {
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The last line was not written to its end, as after a crash. It had not counted as written; the next entry that is
    /// written sets it aside.
    Torn,
    /// The file is not named for the first entry in it.
    Misnamed,
    /// The head is missing or not what it should be, in these words.
    Head(&'static str),
    /// The log itself said so when it was written: what it found broken.
    Said(String),
    /// The chain does not go through the head that was written down elsewhere.
    NotWitnessed,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("changed: the line is not what was written"),
            Self::Unchained => f.write_str("changed: this entry was not written after the one that stands before it"),
            Self::Removed { from, to } if from == to => write!(f, "removed: entry {from} is missing before this line"),
            Self::Removed { from, to } => write!(f, "removed: entries {from} to {to} are missing before this line"),
            Self::Reordered => f.write_str("reordered: entries that were written earlier come after this line"),
            Self::Repeated => f.write_str("repeated: the entry was there before"),
            Self::Cut { from, to } if from == to => write!(f, "cut: entry {from} is missing at the end"),
            Self::Cut { from, to } => write!(f, "cut: entries {from} to {to} are missing at the end"),
            Self::Torn => f.write_str("torn: the last line was not written to its end, and had not counted as written"),
            Self::Misnamed => f.write_str("moved: the file is not named for the first entry in it"),
            Self::Head(what) => f.write_str(what),
            Self::Said(what) => write!(f, "broken before: when this entry was written, {what}"),
            Self::NotWitnessed => f.write_str("not the chain whose head was written down"),
        }
    }
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What.
    pub what: Wrong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A gap in the numbers, and which of them came later.
struct Gap {
    fault: usize,
    from: u64,
    to: u64,
    late: BTreeSet<u64>,
}

/// A chain as it is read, line by line.
pub(super) struct Chain {
    /// The last sound entry in its place.
    last: Head,
    /// Lines since then that hold no entry.
    unsound: u64,
    gaps: Vec<Gap>,
    faults: Vec<Fault>,
    entries: u64,
}

impl Chain {
    pub(super) fn new() -> Self {
        Self { last: Head::NONE, unsound: 0, gaps: Vec::new(), faults: Vec::new(), entries: 0 }
    }

    /// The number that the next line should have.
    pub(super) fn expected(&self) -> u64 {
        self.last.sequence.saturating_add(self.unsound).saturating_add(1)
    }

    /// Takes the next line, without its newline; says what link it is if it is sound.
    pub(super) fn take(&mut self, file: &str, line: u64, bytes: &[u8], whole: bool) -> Option<Link> {
        self.entries += 1;
        let link = read_link(bytes).filter(|_| whole);
        let what = if let Some(link) = link {
            self.judge(link)
        } else {
            self.unsound += 1;
            Some(Wrong::Changed)
        };
        if let Some(what) = what {
            if let (Wrong::Removed { from, to }, fault) = (&what, self.faults.len()) {
                self.gaps.push(Gap { fault, from: *from, to: *to, late: BTreeSet::new() });
            }
            self.fault(file, line, what);
        }
        link
    }

    fn judge(&mut self, link: Link) -> Option<Wrong> {
        let (first, expected) = (self.last.sequence.saturating_add(1), self.expected());
        if link.sequence < first {
            return self.late(link.sequence);
        }
        // Lines that hold no entry may have stood for one each, or for none: then the chain goes on as if they were not.
        let follows = link.previous == self.last.hash;
        let unchained = link.sequence == first && !follows;
        self.last = Head { sequence: link.sequence, hash: link.hash };
        self.unsound = 0;
        if link.sequence > expected {
            return Some(Wrong::Removed { from: expected, to: link.sequence - 1 });
        }
        unchained.then_some(Wrong::Unchained)
    }

    /// An entry that comes after one with a higher number.
    fn late(&mut self, sequence: u64) -> Option<Wrong> {
        let gap = self.gaps.iter_mut().rev().find(|g| (g.from..=g.to).contains(&sequence));
        let Some(gap) = gap else { return Some(Wrong::Repeated) };
        if !gap.late.insert(sequence) {
            return Some(Wrong::Repeated);
        }
        let full = u64::try_from(gap.late.len()).is_ok_and(|n| n == gap.to - gap.from + 1);
        match self.faults.get_mut(gap.fault) {
            Some(fault) if full => fault.what = Wrong::Reordered,
            _ => {}
        }
        None
    }

    /// Adds a fault that was found outside of the lines' order.
    pub(super) fn fault(&mut self, file: &str, line: u64, what: Wrong) {
        self.faults.push(Fault { file: file.to_owned(), line, what });
    }

    /// Where the chain stands.
    pub(super) fn last(&self) -> Head {
        self.last
    }

    /// Whether the last line that was taken was sound.
    pub(super) fn is_sound(&self) -> bool {
        self.unsound == 0
    }

    /// Lines that were taken, and what is wrong with them in the order it was found.
    pub(super) fn ended(self) -> (u64, Vec<Fault>) {
        (self.entries, self.faults)
    }

    /// How many faults were found up to now.
    pub(super) fn fault_count(&self) -> usize {
        self.faults.len()
    }
}

/// The hash that a head should have if the chain went through it: kept while the lines go by.
pub(super) struct Passing {
    pub(super) head: Head,
    /// The hash of the chain's entry of that number, if it was sound.
    pub(super) seen: Option<ChainHash>,
}

impl Passing {
    pub(super) fn look(&mut self, link: &Link) {
        if link.sequence == self.head.sequence {
            self.seen = Some(link.hash);
        }
    }
}
