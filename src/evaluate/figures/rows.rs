//! Stretches of time as bars, a row for each kind, on one axis.

use plotters::prelude::{RGBColor, SeriesLabelPosition};

use crate::evaluate::prism::{Span, seconds};
use crate::evaluate::validation::PlotError;
use crate::evaluate::validation::plot::{Curve, Figure};

/// A named row of stretches.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) colour: RGBColor,
    pub(super) spans: Vec<Span>,
}

/// From one moment to another, hours.
pub(super) fn hours(from_us: i64, to_us: i64) -> f64 {
    seconds_between(from_us, to_us) / 3_600.0
}

/// From one moment to another, minutes.
pub(super) fn minutes(from_us: i64, to_us: i64) -> f64 {
    seconds_between(from_us, to_us) / 60.0
}

/// Seconds, with their sign.
fn seconds_between(from_us: i64, to_us: i64) -> f64 {
    seconds(from_us, to_us) - seconds(to_us, from_us)
}

/// Draws rows from above in their order; `unit` counts from `from_us`.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub(super) fn svg(
    title: &'static str,
    name: &'static str,
    unit: impl Fn(i64, i64) -> f64,
    from_us: i64,
    rows: &[Row],
) -> Result<String, PlotError> {
    let last_us = rows.iter().flat_map(|r| &r.spans).map(|s| s.to_us).max().unwrap_or(from_us);
    let to = unit(from_us, last_us).max(1.0);
    let heights = (1_u32..=u32::try_from(rows.len()).unwrap_or(1)).rev().map(f64::from);
    let mut curves = Vec::new();
    for (row, y) in rows.iter().zip(heights) {
        for (n, span) in row.spans.iter().enumerate() {
            let (start, end) = (unit(from_us, span.from_us), unit(from_us, span.to_us));
            // A moment is drawn as a mark that can be seen.
            let points = vec![(start, y), (end.max(start + to / 200.0), y)];
            curves.push(Curve { name: if n == 0 { row.name } else { "" }, colour: row.colour, width: 12, points });
        }
        if row.spans.is_empty() {
            curves.push(Curve { name: row.name, colour: row.colour, width: 12, points: Vec::new() });
        }
    }
    let tallest = f64::from(u32::try_from(rows.len()).unwrap_or(1)) * 1.7 + 0.5;
    let legend = SeriesLabelPosition::UpperRight;
    Figure { title, x: (name, 0.0..to * 1.02), y: ("", 0.0..tallest), legend, curves }.svg()
}
