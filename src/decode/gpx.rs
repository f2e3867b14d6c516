//! GPX 1.0 and 1.1: the tracks that satellite receivers and sports apps write.
//!
//! ```text
//!  trk[1]/trkseg[2]/trkpt[5]   where the receiver was  ─> a fix, if it has a time
//!  rte[1]/rtept[3], wpt[7]     where someone meant to go, or marked ─> not a fix (Plan)
//! ```
//! - A waypoint is a plan even if it has a time: that is when the mark was saved or edited, at home as well as on site.
//! - `hdop` is a factor without a unit, not metres: the uncertainty stays unknown.
//! - Neither `creator` nor a track's name says which device it was: only the options do.
//! - Times are UTC by the standard. One without a zone breaks it, and is read by `--zone` or not at all.
//!
//! A row is a point element; rows count from 1 through the file. What stands inside `extensions` is not looked at.
//! Source: GPX 1.1 schema (topografix.com/GPX/1/1).

use std::io::BufRead;

use crate::model::{Basis, FixRow, NotAFix, RejectReason, SourceKind};

use super::fault::{Fault, iso_time, number};
use super::xml::{Document, Tag, Text, walk};
use super::{DecodeError, DecodeOptions, RowSink};

/// Decodes a GPX file: a fix for each point of a track that has a time.
///
/// # Errors
/// [`DecodeError::Structure`] if the XML breaks or ends early (rows before it were used), [`DecodeError::Io`] if
/// reading fails, [`DecodeError::Sink`] if the rows cannot be kept.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let ordinals = Ordinals::default();
    walk(reader, file, &mut Gpx { options, sink, open: Vec::new(), ordinals, row: 0, point: None })
}

/// What an open element is to this decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Point,
    Time,
    FixKind,
    Extensions,
    Other,
}

/// What a point element stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PointKind {
    Track,
    Route,
    Waypoint,
}

impl PointKind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "trkpt" => Some(Self::Track),
            "rtept" => Some(Self::Route),
            "wpt" => Some(Self::Waypoint),
            _ => None,
        }
    }
}

/// Where we are in the file, each counted from 1; 0 before the first.
#[derive(Debug, Default)]
struct Ordinals {
    track: u64,
    segment: u64,
    in_segment: u64,
    route: u64,
    in_route: u64,
    waypoint: u64,
}

impl Ordinals {
    /// Counts an element that groups points.
    fn enter(&mut self, name: &str) {
        match name {
            "trk" => (self.track, self.segment, self.in_segment) = (self.track + 1, 0, 0),
            "trkseg" => (self.segment, self.in_segment) = (self.segment + 1, 0),
            "rte" => (self.route, self.in_route) = (self.route + 1, 0),
            _ => {}
        }
    }

    /// Counts a point and gives its path.
    fn path(&mut self, kind: PointKind) -> String {
        match kind {
            PointKind::Track => {
                self.in_segment += 1;
                format!("trk[{}]/trkseg[{}]/trkpt[{}]", self.track, self.segment, self.in_segment)
            }
            PointKind::Route => {
                self.in_route += 1;
                format!("rte[{}]/rtept[{}]", self.route, self.in_route)
            }
            PointKind::Waypoint => {
                self.waypoint += 1;
                format!("wpt[{}]", self.waypoint)
            }
        }
    }
}

/// A point whose element is open.
struct Point {
    kind: PointKind,
    row: u64,
    path: String,
    lat: Option<String>,
    lon: Option<String>,
    time: Text,
    fix_kind: Text,
}

impl Point {
    fn fix<'a>(&'a self, options: &'a DecodeOptions) -> Result<FixRow<'a>, Fault> {
        let lat_deg = number("lat", self.lat.as_deref().unwrap_or_default())?;
        let lon_deg = number("lon", self.lon.as_deref().unwrap_or_default())?;
        // GPX 1.1 `fixType`: the receiver itself says that it had no position.
        if self.fix_kind.as_str() == "none" {
            return Err(Fault::new("fix", "none", RejectReason::NotAllowed));
        }
        let time = iso_time("time", self.time.as_str(), options.zone.as_ref())?;
        Ok(FixRow {
            device: options.device.as_deref().unwrap_or_default(),
            source: SourceKind::Gps,
            basis: Basis::Measured,
            t0_us: time.t0_us,
            t1_us: time.t1_us,
            time_ambiguous: time.ambiguous,
            time_text: self.time.as_str(),
            lat_deg,
            lon_deg,
            row: self.row,
            path: &self.path,
            ..FixRow::default()
        })
    }
}

struct Gpx<'a> {
    options: &'a DecodeOptions,
    sink: &'a mut dyn RowSink,
    open: Vec<Element>,
    ordinals: Ordinals,
    row: u64,
    point: Option<Point>,
}

impl Gpx<'_> {
    fn begin_point(&mut self, kind: PointKind, tag: &Tag<'_>) -> Result<Element, DecodeError> {
        self.row += 1;
        let path = self.ordinals.path(kind);
        if self.point.is_some() {
            // No schema allows it, and its time could be either's.
            Fault::new("", tag.name(), RejectReason::Syntax).reject(self.row, &path, self.sink)?;
            return Ok(Element::Other);
        }
        let (lat, lon) = (tag.attribute("lat"), tag.attribute("lon"));
        self.point =
            Some(Point { kind, row: self.row, path, lat, lon, time: Text::default(), fix_kind: Text::default() });
        Ok(Element::Point)
    }

    fn end_point(&mut self, point: &Point) -> Result<(), DecodeError> {
        if point.kind != PointKind::Track {
            self.sink.not_a_fix(NotAFix::Plan, 1);
            return Ok(());
        }
        match point.fix(self.options) {
            Ok(fix) => self.sink.fix(&fix),
            Err(fault) => fault.reject(point.row, &point.path, self.sink),
        }
    }
}

impl Document for Gpx<'_> {
    const ROOT: &'static str = "gpx";

    fn open(&mut self, tag: &Tag<'_>) -> Result<(), DecodeError> {
        let name = tag.name();
        let element = match (self.open.last(), name) {
            (Some(Element::Extensions), _) | (_, "extensions") => Element::Extensions,
            (Some(Element::Point), "time") => Element::Time,
            (Some(Element::Point), "fix") => Element::FixKind,
            _ => {
                if let Some(kind) = PointKind::of(name) {
                    self.begin_point(kind, tag)?
                } else {
                    self.ordinals.enter(name);
                    Element::Other
                }
            }
        };
        self.open.push(element);
        Ok(())
    }

    fn text(&mut self, part: &str) {
        if let Some(point) = &mut self.point {
            match self.open.last() {
                Some(Element::Time) => point.time.push(part),
                Some(Element::FixKind) => point.fix_kind.push(part),
                _ => {}
            }
        }
    }

    fn close(&mut self) -> Result<(), DecodeError> {
        if self.open.pop() == Some(Element::Point)
            && let Some(point) = self.point.take()
        {
            return self.end_point(&point);
        }
        Ok(())
    }

    fn broken(&mut self) -> Result<(), DecodeError> {
        match self.point.take() {
            Some(point) => Fault::new("", "the file breaks off here", RejectReason::Syntax).reject(
                point.row,
                &point.path,
                self.sink,
            ),
            None => Ok(()),
        }
    }

    fn row(&self) -> u64 {
        self.row
    }
}

#[cfg(test)]
#[path = "gpx_tests.rs"]
mod tests;
