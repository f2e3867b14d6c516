//! One Placemark: its time, and its point once that is known to be the only one.

use crate::decode::RowSink;
use crate::decode::fault::{Fault, iso_time, number};
use crate::decode::xml::Text;
use crate::model::{Basis, FixRow, NotAFix, RejectReason};
use crate::time::{Reading, ZoneRule};

/// A position as written, unchecked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Position {
    pub(super) lat_deg: f64,
    pub(super) lon_deg: f64,
}

/// A fix of this file; device, row and path are the teller's.
pub(super) fn fix(position: Position, time: Reading, basis: Basis, time_text: &str) -> FixRow<'_> {
    FixRow {
        lat_deg: position.lat_deg,
        lon_deg: position.lon_deg,
        t0_us: time.t0_us,
        t1_us: time.t1_us,
        time_ambiguous: time.ambiguous,
        basis,
        time_text,
        ..FixRow::default()
    }
}

/// Reads `longitude,latitude[,altitude]`; blanks around the commas are tolerated, a second position is not.
pub(super) fn coordinates_of_point(text: &str) -> Result<Position, Fault> {
    if text.is_empty() {
        return Err(Fault::missing("coordinates"));
    }
    let mut parts = text.split(',').map(str::trim);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(lon), Some(lat), altitude, None) if ![lon, lat, altitude.unwrap_or_default()].into_iter().any(is_two) => {
            Ok(Position { lat_deg: number("coordinates", lat)?, lon_deg: number("coordinates", lon)? })
        }
        _ => Err(Fault::new("coordinates", text, RejectReason::FieldCount)),
    }
}

/// `0 -0.1`: the end of one position and the start of the next.
fn is_two(part: &str) -> bool {
    part.contains(char::is_whitespace)
}

/// The time of a Placemark, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stamp {
    /// `TimeStamp/when`.
    At(Text),
    /// `TimeSpan/begin` and `TimeSpan/end`.
    Span(Text, Text),
}

impl Stamp {
    /// Adds the text of a `when`; a second one makes the time unreadable, as it should.
    pub(super) fn with_when(mut self, text: &Text) -> Self {
        if let Self::At(when) = &mut self {
            when.push(text.as_str());
        }
        self
    }

    /// Adds the text of a `begin`.
    pub(super) fn with_begin(mut self, text: &Text) -> Self {
        if let Self::Span(begin, _) = &mut self {
            begin.push(text.as_str());
        }
        self
    }

    /// Adds the text of an `end`.
    pub(super) fn with_end(mut self, text: &Text) -> Self {
        if let Self::Span(_, end) = &mut self {
            end.push(text.as_str());
        }
        self
    }

    /// The time as written; a span's ends with a `/` between, as ISO 8601 does.
    pub(super) fn text(&self) -> String {
        match self {
            Self::At(when) => when.as_str().to_owned(),
            Self::Span(begin, end) => format!("{}/{}", begin.as_str(), end.as_str()),
        }
    }

    /// Reads the time. A span that is open at one end is legal KML, and says too little for an interval: it is missing.
    pub(super) fn read(&self, zone: Option<&ZoneRule>) -> Result<Reading, Fault> {
        match self {
            Self::At(when) => iso_time("when", when.as_str(), zone),
            Self::Span(begin, end) => {
                let begin = iso_time("begin", begin.as_str(), zone)?;
                let end = iso_time("end", end.as_str(), zone)?;
                Ok(Reading { t0_us: begin.t0_us, t1_us: end.t1_us, ambiguous: begin.ambiguous || end.ambiguous })
            }
        }
    }

    /// A stay is worked out from several positions; a moment may be a measurement.
    pub(super) fn basis(&self) -> Basis {
        match self {
            Self::At(_) => Basis::Measured,
            Self::Span(..) => Basis::Inferred,
        }
    }
}

/// What is known of the points of a Placemark so far.
#[derive(Debug, Default)]
enum Points {
    #[default]
    None,
    /// The only one so far: its row and its coordinates.
    One(u64, Text),
    /// Several, which are a shape: a device is not at several places at one moment.
    Many,
}

/// A Placemark whose element is open.
#[derive(Debug, Default)]
pub(super) struct Placemark {
    pub(super) stamp: Option<Stamp>,
    pub(super) geometries: u64,
    points: Points,
}

impl Placemark {
    /// Takes a point; as soon as there are several, they are told as parts of a shape.
    pub(super) fn add_point(&mut self, row: u64, coordinates: Text, sink: &mut dyn RowSink) {
        self.geometries += 1;
        self.points = match self.points {
            Points::None => Points::One(row, coordinates),
            Points::One(..) => {
                sink.not_a_fix(NotAFix::Plan, 2);
                Points::Many
            }
            Points::Many => {
                sink.not_a_fix(NotAFix::Plan, 1);
                Points::Many
            }
        };
    }

    /// The point, if there is one and no other: its row and its coordinates.
    pub(super) fn single_point(&self) -> Option<(u64, &Text)> {
        match &self.points {
            Points::One(row, text) => Some((*row, text)),
            _ => None,
        }
    }
}
