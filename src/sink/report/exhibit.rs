//! A file that was read: what it is, what its rows became, and where it is silent.

use serde::Serialize;

use crate::decode::Counts;
use crate::model::{Basis, SourceKind};
use crate::time::{US_PER_S, ZoneRule};

use super::Moment;
use super::written::word;

/// A device without a record for longer than this has a gap worth showing: an hour, in microseconds.
pub const LONG_GAP_US: i64 = 3_600 * US_PER_S;

/// What a file was given as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// `--suspect`.
    Suspect,
    /// `--victim`.
    Victim,
    /// `--incidents`.
    Incidents,
}

impl Role {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Victim => "victim",
            Self::Incidents => "incidents",
        }
    }
}

/// One file, as it was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExhibitRead {
    /// What it was given as.
    pub role: Role,
    /// Its name, without its folder.
    pub file: String,
    /// SHA-256 of its bytes as given, hex.
    pub sha256: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// The file itself, or the members of an archive that were read.
    pub members: Vec<Member>,
    /// What its rows became.
    pub counts: RowCounts,
    /// First to last record used; `null` if there is none.
    pub span: Option<Span>,
    /// Its devices, in order of name.
    pub devices: Vec<DeviceCount>,
    /// Times longer than an hour without a record of a device.
    pub gaps: Vec<Gap>,
    /// What produced its positions.
    pub positions: Vec<PositionCount>,
    /// How many of its fixes state an uncertainty.
    pub uncertainties: Uncertainties,
    /// How many fixes have a local time with two readings.
    pub times_ambiguous: u64,
    /// What stopped its reading; rows before that were used.
    pub errors: Vec<String>,
}

/// A member of a file: the file itself, or one file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its name in the archive; empty for the file itself.
    pub name: String,
    /// Its format; `null` if it was not recognised.
    pub format: Option<String>,
    /// What the format was recognised by.
    pub recognised_by: String,
    /// The profile its columns were read by; `null` if its format needs none.
    pub profile: Option<String>,
}

/// What became of the rows: `rows == fixes + rejects + not_fixes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// All rows.
    pub rows: u64,
    /// Rows that became fixes.
    pub fixes: u64,
    /// Fixes among these of devices that were not asked for; they were not compared.
    pub of_other_devices: u64,
    /// Rows that were not used.
    pub rejects: u64,
    /// The same by reason.
    pub rejects_by_reason: Vec<ReasonCount>,
    /// Rows that are by nature not fixes.
    pub not_fixes: u64,
    /// The same by kind.
    pub not_fixes_by_kind: Vec<KindCount>,
}

/// How many rows were not used for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// The reason, in words.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// How many rows are by nature not fixes, of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The kind, in words.
    pub kind: String,
    /// How many.
    pub rows: u64,
}

impl RowCounts {
    /// From a decoder's account; `of_other_devices` of its fixes belong to devices that were not asked for.
    #[must_use]
    pub fn new(counts: &Counts, of_other_devices: u64) -> Self {
        let by_reason = counts.rejects.iter().map(|(r, n)| ReasonCount { reason: r.as_str().to_owned(), rows: *n });
        let by_kind = counts.not_fixes.iter().map(|(k, n)| KindCount { kind: k.as_str().to_owned(), rows: *n });
        Self {
            rows: counts.rows(),
            fixes: counts.fixes,
            of_other_devices,
            rejects: counts.rejected(),
            rejects_by_reason: by_reason.collect(),
            not_fixes: counts.not_fixes_total(),
            not_fixes_by_kind: by_kind.collect(),
        }
    }
}

/// From the first record to the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Start of the first.
    pub from: Moment,
    /// End of the last.
    pub to: Moment,
}

/// A device and how many fixes it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceCount {
    /// The device; empty if the file names none.
    pub device: String,
    /// How many.
    pub fixes: u64,
}

/// What produced positions, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PositionCount {
    /// What produced them.
    #[serde(serialize_with = "word")]
    pub source: SourceKind,
    /// Measured, estimated, inferred or edited.
    #[serde(serialize_with = "word")]
    pub basis: Basis,
    /// How many.
    pub fixes: u64,
}

/// How many fixes state an uncertainty; one that states none is treated as exact, 0 m.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Uncertainties {
    /// Fixes that state one.
    pub stated: u64,
    /// Fixes that state none.
    pub not_stated: u64,
}

/// A time without a record of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The device.
    pub device: String,
    /// End of the last record before it.
    pub from: Moment,
    /// Start of the first record after it.
    pub to: Moment,
    /// How long, microseconds.
    pub gap_us: i64,
}

/// The gaps longer than `longer_than_us` between a device's records, given as `[t0_us, t1_us]` in order of `t0_us`.
///
/// A long record (a visit) covers the short ones within it: the gap begins where the latest end so far lies.
#[must_use]
pub fn gaps(device: &str, times: &[(i64, i64)], longer_than_us: i64, zone: &ZoneRule) -> Vec<Gap> {
    let mut found = Vec::new();
    let mut covered_us: Option<i64> = None;
    for &(t0_us, t1_us) in times {
        if let Some(end_us) = covered_us.filter(|end_us| t0_us.saturating_sub(*end_us) > longer_than_us) {
            let (from, to) = (Moment::new(end_us, zone), Moment::new(t0_us, zone));
            found.push(Gap { device: device.to_owned(), from, to, gap_us: t0_us.saturating_sub(end_us) });
        }
        covered_us = Some(covered_us.map_or(t1_us, |end_us| end_us.max(t1_us)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NotAFix, RejectReason};

    const H: i64 = LONG_GAP_US;

    #[test]
    fn a_gap_is_longer_than_an_hour_and_a_visit_covers_what_lies_in_it() {
        let zone = ZoneRule::utc();
        let found = gaps("H1", &[(0, 0), (H, H), (2 * H + 1, 6 * H), (3 * H, 3 * H), (7 * H, 7 * H)], H, &zone);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].from.us, found[0].to.us, found[0].gap_us), (H, 2 * H + 1, H + 1));
        assert!(gaps("H1", &[], H, &zone).is_empty());
        assert_eq!(gaps("H1", &[(i64::MIN, i64::MIN), (i64::MAX, i64::MAX)], H, &zone).len(), 1);
    }

    #[test]
    fn the_account_adds_up() {
        let mut counts = Counts { fixes: 5, ..Counts::default() };
        counts.rejects.insert(RejectReason::Missing, 2);
        counts.rejects.insert(RejectReason::NullIsland, 1);
        counts.not_fixes.insert(NotAFix::Heading, 4);
        let rows = RowCounts::new(&counts, 1);
        assert_eq!(rows.rows, rows.fixes + rows.rejects + rows.not_fixes);
        assert_eq!(rows.rejects, rows.rejects_by_reason.iter().map(|r| r.rows).sum::<u64>());
        assert_eq!(rows.not_fixes, rows.not_fixes_by_kind.iter().map(|k| k.rows).sum::<u64>());
        assert_eq!((rows.rows, rows.of_other_devices), (12, 1));
    }
}
