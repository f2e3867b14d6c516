//! A profile applied to one file's headings: which field is what, found once and not per row.

use crate::decode::profile::{Column, Headings, Profile};

/// The columns of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimeColumns {
    /// One column.
    Whole(Column),
    /// Date and time of day.
    Parts(Column, Column),
}

/// Which field is what.
#[derive(Debug)]
pub(super) struct Plan<'p> {
    pub(super) profile: &'p Profile,
    pub(super) width: usize,
    pub(super) headings: Headings,
    pub(super) start: TimeColumns,
    pub(super) end: Option<Column>,
    pub(super) duration: Option<Column>,
    pub(super) geographic: Option<(Column, Column)>,
    pub(super) grid: Option<(Column, Column)>,
    pub(super) named_by: Vec<Column>,
    pub(super) datum: Option<Column>,
    pub(super) radius: Option<Column>,
    pub(super) confidence: Option<Column>,
    pub(super) source: Option<Column>,
    pub(super) basis: Option<Column>,
    pub(super) azimuth: Option<Column>,
    pub(super) device: Vec<Column>,
    pub(super) owner: Option<Column>,
    pub(super) reference: Option<Column>,
    pub(super) kind: Option<Column>,
}

impl<'p> Plan<'p> {
    /// Finds the profile's columns among the headings.
    ///
    /// # Errors
    /// The names of the columns that are missing.
    pub(super) fn resolve(profile: &'p Profile, headings: Headings) -> Result<Self, Vec<String>> {
        let missing = profile.missing(&headings);
        if !missing.is_empty() {
            return Err(missing);
        }
        let find = |c| headings.find(c);
        let (t, x, u) = (&profile.time, &profile.position, &profile.uncertainty);
        let start = match (find(&t.start), find(&t.date), find(&t.clock)) {
            (Some(whole), ..) => TimeColumns::Whole(whole),
            (None, Some(date), Some(clock)) => TimeColumns::Parts(date, clock),
            _ => return Err(vec![t.start.describe()]),
        };
        Ok(Self {
            profile,
            width: headings.width(),
            start,
            end: find(&t.end),
            duration: find(&t.duration),
            geographic: find(&x.lat).zip(find(&x.lon)),
            grid: find(&x.easting).zip(find(&x.northing)),
            named_by: headings.find_all(&x.named_by),
            datum: find(&x.datum),
            radius: find(&u.column),
            confidence: find(&u.confidence_column),
            source: find(&profile.source.column),
            basis: find(&profile.basis.column),
            azimuth: find(&profile.azimuth.column),
            device: headings.find_all(&profile.device.column),
            owner: find(&profile.device.owner),
            reference: find(&profile.incident.reference),
            kind: find(&profile.incident.kind),
            headings,
        })
    }
}
