//! A file that was read: what it is, what its rows became, and where it is silent.

use serde::Serialize;

use crate::decode::Counts;
use crate::evaluate;
use crate::model::{Basis, SourceKind};
use crate::time::ZoneRule;

use super::Moment;
use super::written::word;

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

/// What became of the rows: `rows + row_ends == fixes + rejects + not_fixes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// All rows.
    pub rows: u64,
    /// Ends of rows that were told apart from their starts (call data with an end cell): what became of them is counted
    /// below besides what became of the rows.
    pub row_ends: u64,
    /// Rows, and ends of rows, that became fixes.
    pub fixes: u64,
    /// Fixes among these of devices that were not asked for; they were not compared.
    pub of_other_devices: u64,
    /// Rows, and ends of rows, that were not used.
    pub rejects: u64,
    /// The same by reason.
    pub rejects_by_reason: Vec<ReasonCount>,
    /// Rows, and ends of rows, that are by nature not fixes.
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
    /// From a decoder's account, where fixes of devices that were not asked for are counted apart.
    #[must_use]
    pub fn new(counts: &Counts) -> Self {
        let by_reason = counts.rejects.iter().map(|(r, n)| ReasonCount { reason: r.as_str().to_owned(), rows: *n });
        let by_kind = counts.not_fixes.iter().map(|(k, n)| KindCount { kind: k.as_str().to_owned(), rows: *n });
        Self {
            rows: counts.rows(),
            row_ends: counts.ends,
            fixes: counts.fixes + counts.other_devices,
            of_other_devices: counts.other_devices,
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

impl Gap {
    /// A silence of a device, its times shown in the given zone.
    #[must_use]
    pub fn new(device: &str, gap: &evaluate::Gap, zone: &ZoneRule) -> Self {
        let (from, to) = (Moment::new(gap.from_us, zone), Moment::new(gap.to_us, zone));
        Self { device: device.to_owned(), from, to, gap_us: gap.length_us() }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NotAFix, RejectReason};

    #[test]
    fn the_account_adds_up() {
        let mut counts = Counts { fixes: 4, other_devices: 1, ends: 3, ..Counts::default() };
        counts.rejects.insert(RejectReason::Missing, 2);
        counts.rejects.insert(RejectReason::NullIsland, 1);
        counts.not_fixes.insert(NotAFix::Heading, 4);
        let rows = RowCounts::new(&counts);
        assert_eq!(rows.rows + rows.row_ends, rows.fixes + rows.rejects + rows.not_fixes);
        assert_eq!(rows.rejects, rows.rejects_by_reason.iter().map(|r| r.rows).sum::<u64>());
        assert_eq!(rows.not_fixes, rows.not_fixes_by_kind.iter().map(|k| k.rows).sum::<u64>());
        assert_eq!((rows.rows, rows.row_ends, rows.of_other_devices), (9, 3, 1));
    }
}
