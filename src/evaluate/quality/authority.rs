//! Records outside the authorised identifier or period: split off, with the reason, and not analysed.
//!
//! Source: Investigatory Powers Act 2016, Part 3, and the Communications Data Code of Practice: data beyond what was
//! authorised is excess data.

use crate::evaluate::case::Record;

/// What one authority covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its reference (URN).
    pub reference: String,
    /// The identifier that it names, as the files write devices.
    pub identifier: String,
    /// Start of the authorised period, UTC microseconds, included.
    pub from_us: i64,
    /// End of the authorised period, UTC microseconds, included.
    pub to_us: i64,
}

/// Why a record is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// No authority names the identifier.
    Identifier,
    /// Its time lies in no authorised period.
    Period,
    /// Part of its interval lies in no authorised period.
    PartOfPeriod,
}

impl Outside {
    /// The word used in tables and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier_not_authorised",
            Self::Period => "outside_period",
            Self::PartOfPeriod => "partly_outside_period",
        }
    }
}

/// A record that is not to be analysed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quarantined {
    /// The record.
    pub record: Record,
    /// Why.
    pub why: Outside,
}

/// Records split by authority; both parts in the order given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Split {
    /// Records wholly within the authorised periods.
    pub kept: Vec<Record>,
    /// The others.
    pub quarantined: Vec<Quarantined>,
}

/// Splits the records of one identifier by the authorities under which they were obtained.
///
/// A record is kept if its interval, both ends included, lies in the union of the periods authorised for the identifier.
#[must_use]
pub fn split(identifier: &str, records: &[Record], authorities: &[Authority]) -> Split {
    let mut periods: Vec<(i64, i64)> = authorities
        .iter()
        .filter(|a| a.identifier == identifier && a.from_us <= a.to_us)
        .map(|a| (a.from_us, a.to_us))
        .collect();
    periods.sort_unstable();
    let mut union: Vec<(i64, i64)> = Vec::new();
    for (from_us, to_us) in periods {
        // Periods that follow each other without a microsecond between are one.
        match union.last_mut().filter(|last| from_us <= last.1.saturating_add(1)) {
            Some(last) => last.1 = last.1.max(to_us),
            None => union.push((from_us, to_us)),
        }
    }
    let mut split = Split::default();
    for record in records {
        match outside(record, &union) {
            None => split.kept.push(*record),
            Some(why) => split.quarantined.push(Quarantined { record: *record, why }),
        }
    }
    split
}

fn outside(record: &Record, union: &[(i64, i64)]) -> Option<Outside> {
    if union.is_empty() {
        return Some(Outside::Identifier);
    }
    // Of the periods that begin before the record ends, the last.
    let begun = union.partition_point(|p| p.0 <= record.t1_us);
    match begun.checked_sub(1).and_then(|last| union.get(last)) {
        Some(p) if p.0 <= record.t0_us && record.t1_us <= p.1 => None,
        Some(p) if record.t0_us <= p.1 => Some(Outside::PartOfPeriod),
        _ => Some(Outside::Period),
    }
}
