//! The timeline as a drawing: one lane for each kind of row, one axis of UTC days.
//!
//! The same rows give the same text to the byte. Names of people, places and devices are not drawn: who reads the drawing
//! beside the table of rows knows them, and who finds it without learns none.

use plotters::prelude::{BLACK, Circle, IntoDrawingArea, PathElement, RGBColor, Rectangle, SVGBackend, WHITE};
use plotters::style::{Color, TextStyle};

use super::{Lane, TimelineRow};
use crate::time::{US_PER_S, utc_text};

/// A drawing that could not be made; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// The drawing has no room for its lanes.
    #[error(
        "a drawing of {width_px} x {height_px} px is too small for a timeline: at least {MIN_WIDTH} x {MIN_HEIGHT} px are needed"
    )]
    TooSmall {
        /// Its width, pixels.
        width_px: u32,
        /// Its height, pixels.
        height_px: u32,
    },
    /// The library that writes it failed.
    #[error("the timeline of {rows} rows could not be drawn: {reason}")]
    Backend {
        /// How many rows it has.
        rows: usize,
        /// What the library said.
        reason: String,
    },
}

const MIN_WIDTH: u32 = 300;
const MIN_HEIGHT: u32 = 180;
/// Room for the names of the lanes, pixels.
const LEFT: i32 = 90;
const RIGHT: i32 = 20;
const TOP: i32 = 10;
/// Room for the axis, pixels.
const BOTTOM: i32 = 40;
/// The least room between two marks of the axis, pixels.
const MARK_EVERY: i32 = 90;
const DAY_US: i64 = 86_400 * US_PER_S;

const fn colour(lane: Lane) -> RGBColor {
    match lane {
        Lane::Report => RGBColor(0, 90, 160),
        Lane::Allegation => RGBColor(90, 60, 140),
        Lane::Encounter => RGBColor(180, 60, 0),
        Lane::Visit => RGBColor(200, 130, 0),
        Lane::Move => RGBColor(0, 120, 80),
        Lane::Custody => RGBColor(60, 60, 60),
    }
}

/// From time to pixels.
#[derive(Clone, Copy)]
struct Axis {
    from_us: i64,
    to_us: i64,
    width_px: i32,
    height_px: i32,
}

impl Axis {
    /// Whole UTC days that hold all rows.
    fn of(rows: &[TimelineRow], width_px: i32, height_px: i32) -> Self {
        let first_us = rows.iter().map(|row| row.t0_us).min().unwrap_or(0);
        let last_us = rows.iter().map(|row| row.t1_us).max().unwrap_or(0);
        let day = |us: i64| us.div_euclid(DAY_US);
        let from_us = day(first_us).saturating_mul(DAY_US);
        Self { from_us, to_us: (day(last_us) + 1).saturating_mul(DAY_US), width_px, height_px }
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "pixels need no more")]
    fn x(&self, us: i64) -> i32 {
        let span = (self.to_us as f64 - self.from_us as f64).max(1.0);
        let share = (us as f64 - self.from_us as f64) / span;
        let room = f64::from(self.width_px - LEFT - RIGHT);
        LEFT + (share.clamp(0.0, 1.0) * room).round() as i32
    }

    fn y(&self, lane: Lane) -> i32 {
        let at = Lane::ALL.iter().position(|other| *other == lane).unwrap_or(0);
        let lanes = i32::try_from(Lane::ALL.len()).unwrap_or(1);
        let step = (self.height_px - TOP - BOTTOM) / lanes;
        TOP + step / 2 + step * i32::try_from(at).unwrap_or(0)
    }

    /// The moments that are marked: midnights, so many days apart that their dates do not touch.
    fn marks_us(&self) -> Vec<i64> {
        let days = self.to_us.saturating_sub(self.from_us) / DAY_US;
        let most = i64::from(((self.width_px - LEFT - RIGHT) / MARK_EVERY).max(1));
        let every = (days + most - 1) / most.max(1);
        let every = every.max(1);
        (0..=most).map(|n| self.from_us.saturating_add(n * every * DAY_US)).filter(|us| *us <= self.to_us).collect()
    }
}

/// Draws a timeline as SVG text of a size in pixels.
///
/// # Errors
/// [`DrawError`] if the size is too small, or if the drawing library fails.
pub fn timeline_svg(rows: &[TimelineRow], (width_px, height_px): (u32, u32)) -> Result<String, DrawError> {
    let too_small = DrawError::TooSmall { width_px, height_px };
    let (Ok(width), Ok(height)) = (i32::try_from(width_px), i32::try_from(height_px)) else { return Err(too_small) };
    if width_px < MIN_WIDTH || height_px < MIN_HEIGHT {
        return Err(too_small);
    }
    let mut svg = String::new();
    draw(rows, Axis::of(rows, width, height), (width_px, height_px), &mut svg)
        .map_err(|reason| DrawError::Backend { rows: rows.len(), reason })?;
    Ok(svg)
}

fn draw(rows: &[TimelineRow], axis: Axis, size: (u32, u32), svg: &mut String) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let area = SVGBackend::with_string(svg, size).into_drawing_area();
    area.fill(&WHITE).map_err(|e| said(&e))?;
    let text = TextStyle::from(("sans-serif", 12)).color(&BLACK);
    let grey = RGBColor(200, 200, 200);
    let bottom = axis.height_px - BOTTOM;
    for us in axis.marks_us() {
        let x = axis.x(us);
        area.draw(&PathElement::new(vec![(x, TOP), (x, bottom)], grey)).map_err(|e| said(&e))?;
        let date: String = utc_text(us).chars().take_while(|c| *c != 'T').collect();
        area.draw_text(&date, &text, (x - 30, bottom + 8)).map_err(|e| said(&e))?;
    }
    area.draw_text("UTC", &text, (8, bottom + 8)).map_err(|e| said(&e))?;
    for lane in Lane::ALL {
        let y = axis.y(lane);
        let line = PathElement::new(vec![(LEFT, y), (axis.width_px - RIGHT, y)], grey);
        area.draw(&line).map_err(|e| said(&e))?;
        area.draw_text(lane.as_str(), &text, (8, y - 6)).map_err(|e| said(&e))?;
    }
    for row in rows {
        let (y, style) = (axis.y(row.lane), colour(row.lane).filled());
        let (from, to) = (axis.x(row.t0_us), axis.x(row.t1_us));
        if to - from < 4 {
            area.draw(&Circle::new((from, y), 4, style)).map_err(|e| said(&e))?;
        } else {
            area.draw(&Rectangle::new([(from, y - 5), (to, y + 5)], style)).map_err(|e| said(&e))?;
        }
    }
    area.present().map_err(|e| said(&e))
}
