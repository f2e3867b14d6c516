//! A stated ratio as a picture: what was computed, what calibration made of it, and where the bounds hold it.
//!
//! ```text
//!         second proposition  │  first proposition
//!                     ┊       ├───────┊──────────     computed
//!                     ┊       ├───────┊────           calibrated
//!                     ┊       ├───────┊               stated
//!              lower bound    0     upper bound       log10
//! ```

use plotters::prelude::SeriesLabelPosition;

use super::answer::Stated;
use crate::evaluate::validation::plot::{BLUE, Curve, Figure, GREY, ORANGE};
use crate::evaluate::validation::{Bounds, PlotError};

/// Draws a stated ratio and the bounds that hold it; SVG, the same text for the same figures.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn ratio_svg(stated: &Stated, bounds: &Bounds) -> Result<String, PlotError> {
    let shown = [stated.computed.log10_lr, stated.calibrated_log10, bounds.lower_log10, bounds.upper_log10];
    let low = shown.into_iter().fold(-1.0, f64::min).floor() - 0.5;
    let high = shown.into_iter().fold(1.0, f64::max).ceil() + 0.5;
    let bar = |y: f64, to: f64| vec![(0.0, y), (to, y)];
    let upright = |x: f64| vec![(x, 0.0), (x, 3.6)];
    let curves = vec![
        Curve { name: "computed", colour: ORANGE, width: 3, points: bar(3.0, stated.computed.log10_lr) },
        Curve { name: "calibrated", colour: GREY, width: 3, points: bar(2.0, stated.calibrated_log10) },
        Curve { name: "stated", colour: BLUE, width: 6, points: bar(1.0, stated.log10_lr) },
        Curve { name: "bounds, and a ratio of 1", colour: GREY, width: 1, points: upright(bounds.lower_log10) },
        Curve { name: "", colour: GREY, width: 1, points: upright(bounds.upper_log10) },
        Curve { name: "", colour: GREY, width: 1, points: upright(0.0) },
    ];
    let x = ("log10 of the likelihood ratio: left for the second proposition, right for the first", low..high);
    let legend = SeriesLabelPosition::UpperLeft;
    Figure { title: "Strength of the records", x, y: ("", 0.0..4.6), legend, curves }.svg()
}

#[cfg(test)]
mod tests {
    use super::super::answer::Computed;
    use super::super::routine::Basis;
    use super::*;
    use crate::evaluate::case::Record;
    use crate::evaluate::validation::plot::tests::golden;

    #[test]
    fn the_figure_is_that_of_the_repository() {
        let record = Record::at(0, 51.5, -0.1, 15.0);
        let computed = Computed {
            log10_lr: 3.4,
            records: 1,
            without_uncertainty: 0,
            days: 20,
            basis: Basis::Positions,
            novelty: 0.1,
            most: record,
            least: record,
            without_azimuth: 0,
            used: vec![record],
        };
        let stated = Stated { computed, calibrated_log10: 3.1, log10_lr: 2.6 };
        let svg = ratio_svg(&stated, &Bounds { lower_log10: -2.9, upper_log10: 2.6 }).unwrap();
        golden("ratio.svg", &svg);
        crate::evaluate::validation::figure_of_docs("evaluate/ratio.svg", &svg);
    }
}
