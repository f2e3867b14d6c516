//! `[end]`: where and when a row ended, for files that tell it beside the start.

use serde::Deserialize;

use super::columns::Columns;
use super::schema::TimeRule;
use super::{Profile, RowKind};

/// `[end]`: the columns of a row's end. A row that fills them gives a second fix.
///
/// How times, coordinates and durations are written is what `[time]` and `[position]` say; the uncertainty where no
/// column states one is the default of `[uncertainty]`, never the radius of the start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndRule {
    /// The column of the whole end time.
    pub time: Columns,
    /// The column of the end's date, where date and clock stand apart.
    pub date: Columns,
    /// The column of the end's time of day.
    pub clock: Columns,
    /// The column of how long it lasted, used where no end time is given: a number, or `h:mm:ss`.
    pub duration: Columns,
    /// WGS84 latitude.
    pub lat: Columns,
    /// WGS84 longitude.
    pub lon: Columns,
    /// OSGB36 National Grid easting, metres.
    pub easting: Columns,
    /// OSGB36 National Grid northing, metres.
    pub northing: Columns,
    /// If one of these is filled, the row has an end, though its coordinates be blank.
    pub named_by: Columns,
    /// The column of the radius.
    pub uncertainty: Columns,
    /// The column of the direction, degrees clockwise from north.
    pub azimuth: Columns,
}

impl EndRule {
    /// The profile says nothing of an end.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns().into_iter().all(Columns::is_empty)
    }

    /// All columns it names.
    pub(super) fn columns(&self) -> [&Columns; 11] {
        [
            &self.time,
            &self.date,
            &self.clock,
            &self.duration,
            &self.lat,
            &self.lon,
            &self.easting,
            &self.northing,
            &self.named_by,
            &self.uncertainty,
            &self.azimuth,
        ]
    }
}

/// What an `[end]` must say before it can be used.
pub(super) fn check(p: &Profile) -> Result<(), String> {
    let e = &p.end;
    if e.is_empty() {
        return Ok(());
    }
    if p.kind == RowKind::Incidents {
        return Err("[end] is for fixes: an incident has one place".to_owned());
    }
    let timed = !e.time.is_empty() || (!e.date.is_empty() && !e.clock.is_empty()) || !e.duration.is_empty();
    if !timed {
        return Err("[end] needs time, or date and clock, or duration".to_owned());
    }
    let geographic = !e.lat.is_empty() && !e.lon.is_empty();
    let grid = !e.easting.is_empty() && !e.northing.is_empty();
    if !geographic && !grid {
        return Err("[end] needs lat and lon, or easting and northing".to_owned());
    }
    let TimeRule { end, duration, .. } = &p.time;
    if !end.is_empty() || !duration.is_empty() {
        return Err(
            "[end] cannot go with [time] end or duration: these hold the device at its start until then".to_owned()
        );
    }
    Ok(())
}
