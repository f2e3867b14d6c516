//! KML 2.2 and 2.3: what map programs write, also as an export of other formats. (A KMZ is a ZIP around one.)
//!
//! ```text
//!  Placemark + TimeStamp + Point   a position at a moment   ─> a fix
//!  Placemark + TimeSpan  + Point   a stay from ... to ...   ─> a fix over the interval, inferred
//!  gx:Track  when... gx:coord...   k-th with k-th           ─> a fix for each pair
//!  Placemark + Point, no time      a place                  ─> not a fix (Place)
//!  LineString, Polygon, MultiGeometry of Points             ─> not a fix (Plan): a shape has no moment
//!  NetworkLink                     data elsewhere           ─> not a fix (Link); never fetched
//! ```
//! - Coordinates are `longitude,latitude[,altitude]`; in `gx:coord` spaces stand for the commas.
//! - `when` and `gx:coord` are paired by count. What is left over is rejected, never paired with something else.
//! - `<when>2024-05</when>` is legal KML and no moment: it is rejected, not taken for midnight on the first.
//! - A time inside `LookAt` or `Camera` is the viewer's, not the position's.
//! - KML does not say what produced a position: the source is `unknown`, the uncertainty too.
//!
//! A row is a geometry, a pair of a track, a network link, or a Placemark without any of them.
//! Source: OGC 12-007r2 (KML 2.3); Google's `gx` extensions.

mod element;
mod pairs;
mod placemark;
mod rows;

use std::io::BufRead;

use crate::model::{NotAFix, RejectReason};

use super::fault::Fault;
use super::xml::{Document, Tag, Text, walk};
use super::{DecodeError, DecodeOptions, RowSink};
use element::{Element, Field};
use pairs::{Half, Pairs};
use placemark::{Placemark, Stamp, coordinates_of_point};
use rows::Rows;

/// Decodes a KML file: a fix for each timed point and each pair of a track.
///
/// # Errors
/// [`DecodeError::Structure`] if the XML breaks or ends early, or a track holds more than can be paired in memory
/// (rows before it were used); [`DecodeError::Io`] if reading fails; [`DecodeError::Sink`] if the rows cannot be kept.
pub fn decode(
    reader: &mut dyn BufRead,
    file: &str,
    options: &DecodeOptions,
    sink: &mut dyn RowSink,
) -> Result<(), DecodeError> {
    let rows = Rows { options, sink, last: 0 };
    let (open, field, here) = (Vec::new(), Text::default(), Here::default());
    walk(reader, file, &mut Kml { file, rows, open, field, placemarks: 0, tracks: 0, here })
}

/// What is half read: at most one of each.
#[derive(Default)]
struct Here {
    placemark: Option<Placemark>,
    /// The text of an open Point's coordinates.
    point: Option<Text>,
    track: Option<Pairs>,
}

struct Kml<'a> {
    file: &'a str,
    rows: Rows<'a>,
    open: Vec<Element>,
    /// The text of the innermost field.
    field: Text,
    placemarks: u64,
    tracks: u64,
    here: Here,
}

impl Kml<'_> {
    fn path(&self, inside: &str) -> String {
        format!("Placemark[{}]/{inside}", self.placemarks)
    }

    fn begin(&mut self, element: Element) -> Result<(), DecodeError> {
        match element {
            Element::Placemark => {
                self.end_placemark()?;
                self.placemarks += 1;
                self.tracks = 0;
                self.here.placemark = Some(Placemark::default());
            }
            Element::TimeStamp => self.stamp(|_| Some(Stamp::At(Text::default()))),
            Element::TimeSpan => self.stamp(|_| Some(Stamp::Span(Text::default(), Text::default()))),
            Element::Point => {
                self.end_point();
                self.here.point = Some(Text::default());
            }
            Element::Track => self.begin_track()?,
            Element::Shape if self.open.last() != Some(&Element::Shape) => {
                self.rows.not_a_fix(NotAFix::Plan);
                self.mark_geometry();
            }
            Element::Field(_) => self.field = Text::default(),
            _ => {}
        }
        Ok(())
    }

    fn stamp(&mut self, change: impl FnOnce(Option<Stamp>) -> Option<Stamp>) {
        if let Some(placemark) = &mut self.here.placemark {
            placemark.stamp = change(placemark.stamp.take());
        }
    }

    fn mark_geometry(&mut self) {
        if let Some(placemark) = &mut self.here.placemark {
            placemark.geometries += 1;
        }
    }

    fn end_field(&mut self, field: Field) -> Result<(), DecodeError> {
        let text = std::mem::take(&mut self.field);
        match field {
            Field::When => self.stamp(|s| s.map(|s| s.with_when(&text))),
            Field::Begin => self.stamp(|s| s.map(|s| s.with_begin(&text))),
            Field::End => self.stamp(|s| s.map(|s| s.with_end(&text))),
            Field::Coordinates => {
                if let Some(point) = &mut self.here.point {
                    point.push(text.as_str());
                }
            }
            Field::TrackWhen => self.half(Half::When, text.as_str())?,
            Field::TrackCoord => self.half(Half::Coord, text.as_str())?,
        }
        Ok(())
    }

    fn end_point(&mut self) {
        let Some(text) = self.here.point.take() else { return };
        let row = self.rows.next();
        match &mut self.here.placemark {
            Some(placemark) => placemark.add_point(row, text, self.rows.sink),
            None => self.rows.sink.not_a_fix(NotAFix::Place, 1),
        }
    }

    fn end_placemark(&mut self) -> Result<(), DecodeError> {
        let Some(placemark) = self.here.placemark.take() else { return Ok(()) };
        if placemark.geometries == 0 {
            self.rows.not_a_fix(NotAFix::NoPosition);
        }
        let Some((row, text)) = placemark.single_point() else { return Ok(()) };
        let Some(stamp) = &placemark.stamp else {
            self.rows.sink.not_a_fix(NotAFix::Place, 1);
            return Ok(());
        };
        let path = self.path("Point");
        let time_text = stamp.text();
        let read = coordinates_of_point(text.as_str())
            .and_then(|position| Ok((position, stamp.read(self.rows.options.zone.as_ref())?)))
            .map(|(position, time)| placemark::fix(position, time, stamp.basis(), &time_text));
        self.rows.tell(row, &path, read)
    }

    fn begin_track(&mut self) -> Result<(), DecodeError> {
        self.end_track()?;
        self.tracks += 1;
        self.mark_geometry();
        let path = self.path(&format!("gx:Track[{}]", self.tracks));
        self.here.track = Some(Pairs::new(path));
        Ok(())
    }

    fn half(&mut self, half: Half, text: &str) -> Result<(), DecodeError> {
        if self.here.track.is_none() {
            // A track inside a track ended before: what follows is still counted.
            self.begin_track()?;
        }
        let Some(track) = &mut self.here.track else { return Ok(()) };
        if let Some(pair) = track.add(half, text) {
            let row = self.rows.next();
            let (path, zone) = (track.path_of_last(), self.rows.options.zone.as_ref());
            return self.rows.tell(row, &path, pair.read(zone));
        }
        if track.is_too_long() {
            let detail = "a track holds more than 64 MiB of times before its coordinates".to_owned();
            return Err(DecodeError::Structure { file: self.file.to_owned(), row: self.rows.last, detail });
        }
        Ok(())
    }

    /// Rejects what has no counterpart.
    fn end_track(&mut self) -> Result<(), DecodeError> {
        self.drop_track(Fault::missing)
    }

    fn drop_track(&mut self, fault: impl Fn(&'static str) -> Fault) -> Result<(), DecodeError> {
        let Some(mut track) = self.here.track.take() else { return Ok(()) };
        while let Some(missing) = track.pop_unpaired() {
            let row = self.rows.next();
            fault(missing).reject(row, &track.path_of_last(), self.rows.sink)?;
        }
        Ok(())
    }
}

/// The fault of a row that the file's break cut in two.
fn cut(field: &'static str) -> Fault {
    Fault::new(field, "the file breaks off here", RejectReason::Syntax)
}

impl Document for Kml<'_> {
    const ROOT: &'static str = "kml";

    fn open(&mut self, tag: &Tag<'_>) -> Result<(), DecodeError> {
        let parent = self.open.last().copied().unwrap_or(Element::Other);
        let element = Element::of(tag.name(), parent);
        if tag.name() == "NetworkLink" {
            self.rows.not_a_fix(NotAFix::Link);
        }
        self.begin(element)?;
        self.open.push(element);
        Ok(())
    }

    fn text(&mut self, part: &str) {
        if let Some(Element::Field(_)) = self.open.last() {
            self.field.push(part);
        }
    }

    fn close(&mut self) -> Result<(), DecodeError> {
        match self.open.pop() {
            Some(Element::Field(field)) => self.end_field(field),
            Some(Element::Point) => {
                self.end_point();
                Ok(())
            }
            Some(Element::Track) => self.end_track(),
            Some(Element::Placemark) => self.end_placemark(),
            _ => Ok(()),
        }
    }

    fn broken(&mut self) -> Result<(), DecodeError> {
        self.drop_track(cut)?;
        if self.here.point.take().is_some() {
            let (row, path) = (self.rows.next(), self.path("Point"));
            cut("Point").reject(row, &path, self.rows.sink)?;
            self.mark_geometry();
        }
        let Some(placemark) = self.here.placemark.take() else { return Ok(()) };
        let path = self.path("Point");
        match placemark.single_point() {
            Some((row, _)) => cut("Placemark").reject(row, &path, self.rows.sink),
            None if placemark.geometries == 0 => {
                let row = self.rows.next();
                cut("Placemark").reject(row, &path, self.rows.sink)
            }
            None => Ok(()),
        }
    }

    fn row(&self) -> u64 {
        self.rows.last
    }
}

#[cfg(test)]
mod tests;
