//! The candidates of a search against the scenes: who was recorded where, and which scenes speak against whom.

use plotters::prelude::{RGBColor, SeriesLabelPosition};

use super::WAYS;
use crate::evaluate::scenes::{Presence, Ranked};
use crate::evaluate::validation::PlotError;
use crate::evaluate::validation::plot::{BLUE, Curve, Figure, GREY, ORANGE};

/// No more candidates than these are drawn: the best.
const DRAWN: usize = 20;

/// What each kind of presence is called and drawn as, the strongest first.
const KINDS: [(Presence, &str, RGBColor, u32); 4] = [
    (Presence::Hit, "recorded there", BLUE, 12),
    (Presence::Excluded, "could not have been there", ORANGE, 12),
    (Presence::Elsewhere, "recorded elsewhere", WAYS[1], 5),
    (Presence::NoData, "not recorded", GREY, 1),
];

/// What the records of the best candidates say of each scene: a row for each candidate, the best at the top, and a column for
/// each scene in the order of time.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn scenes_svg(ranked: &Ranked) -> Result<String, PlotError> {
    let candidates = ranked.candidates.get(..DRAWN.min(ranked.candidates.len())).unwrap_or_default();
    let real = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let rows = real(candidates.len());
    let mut curves = Vec::new();
    for (kind, name, colour, width) in KINDS {
        // Named once, whether or not there is one of it.
        curves.push(Curve { name, colour, width, points: Vec::new() });
        for (row, candidate) in candidates.iter().enumerate() {
            let of_kind = candidate.presences.iter().enumerate().filter(|(_, presence)| **presence == kind);
            curves.extend(of_kind.map(|(scene, _)| {
                let (x, y) = (real(scene) + 1.0, rows - real(row));
                Curve { name: "", colour, width, points: vec![(x - 0.35, y), (x + 0.35, y)] }
            }));
        }
    }
    let x = ("scene, in the order of time", 0.5..real(ranked.rates.len()) + 0.5);
    // Room for the legend above the rows.
    let (y, legend) = (("", 0.5..rows * 1.4 + 2.0), SeriesLabelPosition::UpperRight);
    Figure { title: "Candidates, the best at the top, and what speaks against them", x, y, legend, curves }.svg()
}
