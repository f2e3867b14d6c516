//! Results as figures: one picture of each kind of answer, SVG.
//!
//! ```text
//!  IncidentResult ─> reach_svg     MeetingResult ─> meeting_svg     PlaceVisits ─> visits_svg     Following ─> lags_svg
//!  Coincidence ──> chance_svg      CoTravel ─────> travel_svg       Device ──────> silences_svg    Ranked ───> scenes_svg
//! ```
//! The same result gives the same text. Names of people, places and devices are not drawn; times are counted from the
//! first moment drawn, so that a figure by itself tells nobody's whereabouts.

#[cfg(test)]
mod figures_tests;
mod rows;
mod scenes;

use plotters::prelude::{RGBColor, SeriesLabelPosition};

use rows::{Row, hours, minutes, svg};
pub use scenes::scenes_svg;

use super::attribution::{CoTravel, HourKind};
use super::coincidence::{Coincidence, Stratum};
use super::following::Following;
use super::incident::IncidentResult;
use super::meeting::MeetingResult;
use super::prism::Span;
use super::validation::PlotError;
use super::validation::plot::{BLUE, Curve, Figure, GREY, ORANGE};
use super::visit::PlaceVisits;
use super::{Allegation, Device, gaps};

/// Colours of the ways of travelling, the slowest first (Okabe & Ito 2008).
const WAYS: [RGBColor; 4] = [BLUE, RGBColor(0, 158, 115), ORANGE, RGBColor(204, 121, 167)];

/// When a device could have been at an alleged place within the alleged time, by each way of travelling.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn reach_svg(alleged: &Allegation, result: &IncidentResult) -> Result<String, PlotError> {
    let window = Span { from_us: alleged.t0_us, to_us: alleged.t1_us };
    let from_us = result.modes.iter().flat_map(|m| &m.spans).map(|s| s.from_us).fold(window.from_us, i64::min);
    let mut all = vec![Row { name: "alleged time", colour: GREY, spans: vec![window] }];
    let colours = WAYS.into_iter().cycle();
    all.extend(result.modes.iter().zip(colours).map(|(m, colour)| Row {
        name: m.mode.name,
        colour,
        spans: m.spans.clone(),
    }));
    svg("When the device could have been there", "minutes", minutes, from_us, &all)
}

/// When two devices were near each other, could have been, and could not.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn meeting_svg(result: &MeetingResult) -> Result<String, PlotError> {
    let from_us = result.coverage.map_or(0, |c| c.from_us);
    let all = [
        Row { name: "recorded near each other", colour: BLUE, spans: result.observed.clone() },
        Row { name: "possible", colour: ORANGE, spans: result.possible.clone() },
        Row { name: "certainly not", colour: GREY, spans: result.never.clone() },
    ];
    svg("Could the two have been near each other?", "hours", hours, from_us, &all)
}

/// When a device was recorded, and when nothing was recorded of it for longer than `min_gap_us`.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn silences_svg(device: &Device, min_gap_us: i64) -> Result<String, PlotError> {
    let records = device.records();
    let silent = gaps(records.iter().map(|r| (r.t0_us, r.t1_us)), min_gap_us);
    let from_us = records.first().map_or(0, |r| r.t0_us);
    let to_us = records.iter().map(|r| r.t1_us).fold(from_us, i64::max);
    let (mut recorded, mut at_us) = (Vec::new(), from_us);
    for gap in &silent {
        recorded.push(Span { from_us: at_us, to_us: gap.from_us });
        at_us = gap.to_us;
    }
    recorded.push(Span { from_us: at_us, to_us });
    let silent = silent.iter().map(|g| Span { from_us: g.from_us, to_us: g.to_us }).collect();
    let all = [
        Row { name: "recorded", colour: BLUE, spans: recorded },
        Row { name: "silent", colour: ORANGE, spans: silent },
    ];
    svg("When there are records, and when there are none", "hours", hours, from_us, &all)
}

/// The hours in which two devices were recorded near each other, apart, and neither.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn travel_svg(travel: &CoTravel, interval_us: i64) -> Result<String, PlotError> {
    let from_us = travel.hours.first().map_or(0, |h| h.wall_us);
    let of = |kind: HourKind| -> Vec<Span> {
        let hours = travel.hours.iter().filter(|h| h.kind == kind);
        hours.map(|h| Span { from_us: h.wall_us, to_us: h.wall_us.saturating_add(interval_us) }).collect()
    };
    let all = [
        Row { name: "near", colour: BLUE, spans: of(HourKind::Near) },
        Row { name: "apart", colour: ORANGE, spans: of(HourKind::Apart) },
        Row { name: "undecided", colour: GREY, spans: of(HourKind::Undecided) },
    ];
    svg("Do the two travel together? Hour by hour", "hours", hours, from_us, &all)
}

/// At which hours of the day visits to a place were.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn visits_svg(visits: &PlaceVisits) -> Result<String, PlotError> {
    let counted = visits.hours.iter().map(|n| f64::from(u32::try_from(*n).unwrap_or(u32::MAX)));
    let mut curves: Vec<Curve> = (0_u32..)
        .zip(counted)
        .filter(|(_, n)| *n > 0.0)
        .map(|(hour, n)| {
            let x = f64::from(hour) + 0.5;
            Curve { name: "", colour: BLUE, width: 18, points: vec![(x, 0.0), (x, n)] }
        })
        .collect();
    let most = curves.iter().flat_map(|c| &c.points).map(|p| p.1).fold(1.0, f64::max);
    if let Some(first) = curves.first_mut() {
        first.name = "visits that touch the hour";
    }
    let (x, y) = (("local hour of the day", 0.0..24.0), ("visits", 0.0..most * 1.3));
    Figure { title: "Visits by hour of the day", x, y, legend: SeriesLabelPosition::UpperLeft, curves }.svg()
}

/// The share of a device's moving fixes that are on another's path, lag by lag.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn lags_svg(following: &Following) -> Result<String, PlotError> {
    let points: Vec<(f64, f64)> = following.curve.iter().map(|at| (minutes(0, at.lag_us), at.share)).collect();
    let most = points.iter().map(|p| p.1).fold(0.05, f64::max) * 1.25;
    let curves = vec![
        Curve { name: "moving fixes on her path", colour: BLUE, width: 2, points },
        Curve { name: "no lag", colour: GREY, width: 1, points: vec![(0.0, 0.0), (0.0, most)] },
    ];
    let x = ("lag, minutes: right of 0 the suspect's device comes later", -30.0..30.0);
    let (y, legend) = (("share", 0.0..most), SeriesLabelPosition::UpperRight);
    Figure { title: "On the same path, a while later", x, y, legend, curves }.svg()
}

/// The encounters observed, among the numbers that chance gives.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn chance_svg(found: &Coincidence) -> Result<String, PlotError> {
    let strata = [
        ("all", &found.together, BLUE),
        ("at places in common", &found.in_common, ORANGE),
        ("elsewhere", &found.elsewhere, GREY),
    ];
    let most = strata.iter().map(|(_, s, _)| f64::from(s.observed).max(s.quantiles[3])).fold(1.0, f64::max) * 1.1;
    let mut curves = Vec::new();
    for ((name, s, colour), y) in strata.into_iter().zip([3.0, 2.0, 1.0]) {
        curves.extend(stratum(name, s, (colour, y)));
    }
    let x = (
        "encounters: the bar holds 90 of 100 shifts, the short line their middle, the long line what was observed",
        0.0..most,
    );
    let (y, legend) = (("", 0.0..4.6), SeriesLabelPosition::UpperRight);
    Figure { title: "Encounters observed and by chance", x, y, legend, curves }.svg()
}

fn stratum(name: &'static str, s: &Stratum, (colour, y): (RGBColor, f64)) -> [Curve; 3] {
    let [low, middle, high, _] = s.quantiles;
    let observed = f64::from(s.observed);
    let upright = |x: f64, reach: f64| vec![(x, y - reach), (x, y + reach)];
    [
        Curve { name, colour, width: 8, points: vec![(low, y), (high, y)] },
        Curve { name: "", colour, width: 2, points: upright(middle, 0.2) },
        Curve { name: "", colour, width: 4, points: upright(observed, 0.42) },
    ]
}
