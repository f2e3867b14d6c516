//! The figures of a validation as SVG: the same cases give the same text on every machine.

use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, LineSeries, PathElement, RGBColor, SVGBackend, SeriesLabelPosition, WHITE,
};

use super::cost::cross_entropy;
use super::labelled::{Labelled, real};
use super::pav::pav;
use super::reliability::Decile;

/// A figure could not be drawn; retrying does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the figure {figure:?} could not be drawn: {reason}")]
pub struct PlotError {
    /// Which figure.
    pub figure: &'static str,
    /// What the drawing library says.
    pub reason: String,
}

/// A named line.
pub(in crate::evaluate) struct Curve {
    pub(in crate::evaluate) name: &'static str,
    pub(in crate::evaluate) colour: RGBColor,
    pub(in crate::evaluate) width: u32,
    pub(in crate::evaluate) points: Vec<(f64, f64)>,
}

/// What is drawn: the axes with their ranges (no numbers on the second if it has no name), and the lines.
pub(in crate::evaluate) struct Figure {
    pub(in crate::evaluate) title: &'static str,
    pub(in crate::evaluate) x: (&'static str, std::ops::Range<f64>),
    pub(in crate::evaluate) y: (&'static str, std::ops::Range<f64>),
    pub(in crate::evaluate) legend: SeriesLabelPosition,
    pub(in crate::evaluate) curves: Vec<Curve>,
}

/// Colours that most people can tell apart (Okabe & Ito 2008).
pub(in crate::evaluate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(in crate::evaluate) const ORANGE: RGBColor = RGBColor(213, 94, 0);
pub(in crate::evaluate) const GREY: RGBColor = RGBColor(120, 120, 120);

/// The size of a figure, pixels.
const SIZE: (u32, u32) = (640, 420);

impl Figure {
    pub(in crate::evaluate) fn svg(&self) -> Result<String, PlotError> {
        let mut text = String::new();
        self.draw(&mut text).map_err(|reason| PlotError { figure: self.title, reason })?;
        Ok(text)
    }

    fn draw(&self, text: &mut String) -> Result<(), String> {
        let said = |e: &dyn std::error::Error| e.to_string();
        let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(|e| said(&e))?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(52)
            .build_cartesian_2d(self.x.1.clone(), self.y.1.clone())
            .map_err(|e| said(&e))?;
        let named = if self.y.0.is_empty() { 0 } else { 11 };
        chart
            .configure_mesh()
            .max_light_lines(1)
            .x_desc(self.x.0)
            .y_desc(self.y.0)
            .y_labels(named)
            .draw()
            .map_err(|e| said(&e))?;
        for curve in &self.curves {
            let colour = curve.colour;
            let line = LineSeries::new(curve.points.iter().copied(), colour.stroke_width(curve.width));
            let drawn = chart.draw_series(line).map_err(|e| said(&e))?;
            if curve.name.is_empty() {
                continue;
            }
            drawn
                .label(curve.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        }
        let labels = &mut chart.configure_series_labels();
        labels.position(self.legend.clone()).background_style(WHITE).border_style(GREY).draw().map_err(|e| said(&e))?;
        area.present().map_err(|e| said(&e))
    }
}

/// The Tippett plot: for each ratio, the share of cases of either label whose ratio is greater.
///
/// Where the line of the routine is above 0 right of 0, and that of near below 1 left of it, ratios mislead.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn tippett(set: &Labelled) -> Result<String, PlotError> {
    let ends = [set.near(), set.routine()];
    let finite = || ends.iter().flat_map(|l| [l.first(), l.last()]).flatten().filter(|x| x.is_finite());
    let low = finite().copied().fold(-1.0, f64::min).floor();
    let high = finite().copied().fold(1.0, f64::max).ceil();
    let steps = 320_u32;
    let line = |list: &[f64]| {
        let share = |n: u32| {
            let x = low + (high - low) * f64::from(n) / f64::from(steps);
            (x, real(list.len() - list.partition_point(|v| *v <= x)) / real(list.len()))
        };
        (0..=steps).map(share).collect()
    };
    let curves = vec![
        Curve { name: "device was near", colour: BLUE, width: 2, points: line(set.near()) },
        Curve { name: "device kept its routine", colour: ORANGE, width: 2, points: line(set.routine()) },
        Curve { name: "LR = 1", colour: GREY, width: 1, points: vec![(0.0, 0.0), (0.0, 1.0)] },
    ];
    let y = ("share of cases with a greater ratio", 0.0..1.02);
    Figure {
        title: "Tippett plot",
        x: ("log10 of the likelihood ratio", low..high),
        y,
        legend: SeriesLabelPosition::UpperRight,
        curves,
    }
    .svg()
}

/// The cost at all prior odds: of the ratios, of the same after the best monotone recalibration, and of saying nothing.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn entropy(set: &Labelled) -> Result<String, PlotError> {
    let steps = 120_u32;
    let odds = |n: u32| -3.0 + 6.0 * f64::from(n) / f64::from(steps);
    let line = |set: &Labelled| {
        let cost = |n: u32| (odds(n), cross_entropy(set, odds(n)));
        (0..=steps).map(cost).filter(|p| p.1.is_finite()).map(|(x, y)| (x, y.min(1.2))).collect()
    };
    let fit = pav(set);
    let neutral = set.map(|_| 0.0);
    let best = set.map(|x| fit.log10_lr(x).clamp(-9.0, 9.0));
    let curves = vec![
        Curve { name: "ratios as stated", colour: BLUE, width: 2, points: line(set) },
        Curve { name: "best recalibration", colour: ORANGE, width: 2, points: line(&best) },
        Curve { name: "no ratios", colour: GREY, width: 1, points: line(&neutral) },
    ];
    let x = ("log10 of the prior odds", -3.0..3.0);
    Figure {
        title: "Empirical cross-entropy",
        x,
        y: ("bits", 0.0..1.2),
        legend: SeriesLabelPosition::UpperRight,
        curves,
    }
    .svg()
}

/// The calibration of stated probabilities: the share that came true in each tenth, against the stated one.
///
/// # Errors
/// [`PlotError`] if the drawing library refuses.
pub fn calibration(deciles: &[Decile]) -> Result<String, PlotError> {
    let point = |d: &Decile| {
        let cases = real(usize::try_from(d.cases).ok().filter(|n| *n > 0)?);
        Some((d.expected / cases, real(usize::try_from(d.came_true).ok()?) / cases))
    };
    let limit = |sign: f64| {
        let at = |d: &Decile| {
            let cases = real(usize::try_from(d.cases).ok().filter(|n| *n > 0)?);
            Some((d.expected / cases, ((d.expected + sign * d.deviation) / cases).clamp(0.0, 1.0)))
        };
        deciles.iter().filter_map(at).collect()
    };
    let curves = vec![
        Curve { name: "two deviations more", colour: GREY, width: 1, points: limit(2.0) },
        Curve { name: "two deviations less", colour: GREY, width: 1, points: limit(-2.0) },
        Curve { name: "came true", colour: BLUE, width: 2, points: deciles.iter().filter_map(point).collect() },
        Curve { name: "as stated", colour: ORANGE, width: 1, points: vec![(0.0, 0.0), (1.0, 1.0)] },
    ];
    let (x, y) = (("probability stated", 0.0..1.0), ("share that came true", 0.0..1.02));
    Figure { title: "Calibration of probabilities", x, y, legend: SeriesLabelPosition::LowerRight, curves }.svg()
}

#[cfg(test)]
pub(in crate::evaluate) mod tests {
    use super::super::reliability::reliability;
    use super::*;

    fn set() -> Labelled {
        let near = (0..40).map(|n| f64::from(n) / 20.0 - 0.4).collect();
        Labelled::new(near, (0..50).map(|n| 0.5 - f64::from(n) / 20.0).collect()).unwrap()
    }

    /// Compares with a file of the repository; `LOCARD_BLESS=1` writes it instead.
    pub(in crate::evaluate) fn golden(name: &str, svg: &str) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/validation").join(name);
        if std::env::var_os("LOCARD_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, svg).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap() == svg, "{name} differs; LOCARD_BLESS=1 writes it anew");
    }

    #[test]
    fn the_figures_are_those_of_the_repository() {
        golden("tippett.svg", &tippett(&set()).unwrap());
        golden("entropy.svg", &entropy(&set()).unwrap());
        let stated: Vec<(f64, bool)> = (0..200).map(|n| (f64::from(n) / 200.0, n * 7 % 200 < n)).collect();
        golden("calibration.svg", &calibration(&reliability(stated)).unwrap());
    }

    #[test]
    fn infinite_ratios_and_empty_tenths_can_be_drawn() {
        let ends = Labelled::new(vec![f64::INFINITY, 0.1], vec![f64::NEG_INFINITY]).unwrap();
        assert!(tippett(&ends).unwrap().contains("device kept its routine"));
        assert!(entropy(&ends).unwrap().ends_with("</svg>\n"));
        assert!(calibration(&reliability([])).unwrap().contains("as stated"));
    }
}
