//! A profile applied to one file's headings: which field is what, found once and not per row.

use crate::decode::profile::{Column, Columns, EndRule, Headings, Profile};

/// The columns of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimeColumns {
    /// One column.
    Whole(Column),
    /// Date and time of day.
    Parts(Column, Column),
}

/// Where a position stands in a row.
#[derive(Debug)]
pub(super) struct Spot {
    /// Latitude and longitude.
    pub(super) geographic: Option<(Column, Column)>,
    /// Easting and northing.
    pub(super) grid: Option<(Column, Column)>,
    /// What names the place.
    pub(super) named_by: Vec<Column>,
}

/// Where the end of a row stands in it.
#[derive(Debug)]
pub(super) struct EndPlan {
    pub(super) spot: Spot,
    /// If one of these is filled, the row has an end.
    pub(super) stated_by: Vec<Column>,
    pub(super) time: Option<Column>,
    pub(super) parts: Option<(Column, Column)>,
    pub(super) duration: Option<Column>,
    pub(super) radius: Option<Column>,
    pub(super) azimuth: Option<Column>,
}

impl EndPlan {
    /// Finds the columns of an end; `None` if the file has none that says that there is one.
    fn resolve(rule: &EndRule, headings: &Headings) -> Option<Self> {
        let find = |c: &Columns| headings.find(c);
        let spot = Spot {
            geographic: find(&rule.lat).zip(find(&rule.lon)),
            grid: find(&rule.easting).zip(find(&rule.northing)),
            named_by: headings.find_all(&rule.named_by),
        };
        let mut stated_by = spot.named_by.clone();
        stated_by.extend([&rule.easting, &rule.northing, &rule.lat, &rule.lon].into_iter().filter_map(find));
        (!stated_by.is_empty()).then(|| Self {
            spot,
            stated_by,
            time: find(&rule.time),
            parts: find(&rule.date).zip(find(&rule.clock)),
            duration: find(&rule.duration),
            radius: find(&rule.uncertainty),
            azimuth: find(&rule.azimuth),
        })
    }

    /// The file has columns for the position and the time of an end; whether a row fills them is another matter.
    pub(super) fn can_be_placed(&self) -> bool {
        let placed = self.spot.geographic.is_some() || self.spot.grid.is_some();
        placed && (self.time.is_some() || self.parts.is_some() || self.duration.is_some())
    }
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
    pub(super) spot: Spot,
    /// The end that a row tells of besides its start.
    pub(super) other_end: Option<EndPlan>,
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
            spot: Spot {
                geographic: find(&x.lat).zip(find(&x.lon)),
                grid: find(&x.easting).zip(find(&x.northing)),
                named_by: headings.find_all(&x.named_by),
            },
            other_end: EndPlan::resolve(&profile.end, &headings),
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
