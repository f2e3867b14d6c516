//! A ratio, or the reason why there is none, as a finding.

use super::answer::{Habits, Refusal, Routines, Settings, Stated, apply, covered, records_in_time, weighed};
use super::kept::Passes;
use super::prior::{Environment, Prior};
use super::routine::Basis;
use super::scale::{grouped, said};
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::{Reached, reached};
use crate::evaluate::finding::{Cited, Figure, Finding, Topic, Varied};
use crate::evaluate::passes::Passed;
use crate::evaluate::validation::{DataType, NotCovered};
use crate::evaluate::words::{Sentence, strength as words, validation as about_validation};
use crate::model::SourceKind;

/// The answer where the ratio is above 1.
pub const MORE_LIKELY_NEAR: &str = "more_likely_near";
/// The answer where the ratio is below 1.
pub const MORE_LIKELY_ROUTINE: &str = "more_likely_routine";
/// The answer where the ratio is 1 as far as may be said.
pub const NEITHER: &str = "neither";
/// The answer where no ratio may be stated.
pub const REFUSED: &str = "refused";
/// The answer where nothing was recorded.
pub const NO_DATA: &str = "no_data";

/// One finding for each suspect device, each allegation and each source recorded in its time.
///
/// In the order of the case's devices and allegations, then of the sources.
#[must_use]
pub fn findings(case: &Case, settings: &Settings<'_>) -> Vec<Finding> {
    case.suspects.iter().flat_map(|device| device_findings(case, device, settings)).collect()
}

/// The findings about one of the suspect's devices, for each incident.
#[must_use]
pub fn device_findings(case: &Case, device: &Device, settings: &Settings<'_>) -> Vec<Finding> {
    let chunks = reached(&Chunked::anew(device.records()), &mut Passed::default());
    let routines = settings.validation.map(|_| Routines::new(device, settings));
    let about = |allegation| About { case, device, allegation, settings }.findings(&chunks, routines.as_ref());
    case.incidents.iter().flat_map(about).collect()
}

/// The findings about one of the suspect's devices and one incident, with what is kept of its routine: of a device's records they
/// hang on those that [`bear_on`](super::answer::bear_on) names, and no others.
pub(in crate::evaluate) fn changed_findings(
    case: &Case,
    (device, records, chunks): (&Device, &Chunked<'_>, &[Reached<'_>]),
    allegation: &Allegation,
    settings: &Settings<'_>,
    passes: &mut Passes,
) -> Vec<Finding> {
    let routines = settings.validation.map(|_| passes.of(records, settings));
    About { case, device, allegation, settings }.findings(chunks, routines)
}

#[derive(Clone, Copy)]
struct About<'a> {
    case: &'a Case,
    device: &'a Device,
    allegation: &'a Allegation,
    settings: &'a Settings<'a>,
}

impl About<'_> {
    fn findings(&self, chunks: &[Reached<'_>], routines: Option<&Routines>) -> Vec<Finding> {
        let sources = records_in_time(chunks, self.allegation, self.case.params.window_us);
        if sources.is_empty() {
            return vec![self.nothing_recorded()];
        }
        sources.into_iter().map(|(source, records)| self.finding(source, &records, routines)).collect()
    }

    fn nothing_recorded(&self) -> Finding {
        let says = words::NO_RECORD.fill(&[&self.device.name, &self.allegation.reference]);
        let mut finding = self.empty("recorded", NO_DATA, &says);
        finding.parameters = self.parameters("none");
        finding
    }

    fn finding(&self, source: SourceKind, records: &[Record], routines: Option<&Routines>) -> Finding {
        let radius_m = self.case.params.radius_m;
        let mut habits = Habits::new();
        let stated = routines.map_or(Err(Refusal::NoValidation), |routines| {
            covered(records, (self.allegation, radius_m), routines, self.settings, &mut habits)
        });
        let mut finding = match (&stated, routines) {
            (Ok(stated), Some(routines)) => self.of_ratio(source, stated, records, (routines, &mut habits)),
            (Err(refusal), _) => self.empty(source.as_str(), REFUSED, &self.refusal(source, refusal)),
            (Ok(_), None) => self.empty(source.as_str(), REFUSED, &self.refusal(source, &Refusal::NoValidation)),
        };
        finding.parameters = self.parameters(source.as_str());
        finding
    }

    /// A finding with its question, answer and alternatives.
    fn empty(&self, source: &str, answer: &'static str, says: &Sentence) -> Finding {
        let reach_m = self.case.params.radius_m;
        let name = &self.allegation.reference;
        let question = words::QUESTION.fill(&[&source, &self.device.name, name, &reach_m]);
        let mut finding = Finding::new(Topic::Strength, name.clone(), &question, answer, says);
        finding.device = Some(self.device.name.clone());
        finding.alternatives =
            [words::CARRIED_BY_ANOTHER, words::ROUTINE_NEARBY, words::WRONG_POSITION, words::WRONG_TIME]
                .map(super::super::words::Phrase::text)
                .to_vec();
        finding
    }

    fn refusal(&self, source: SourceKind, refusal: &Refusal) -> Sentence {
        let (device, about) = (&self.device.name, &self.allegation.reference);
        match refusal {
            Refusal::NoValidation => about_validation::NO_FILE.fill(&[device, about, &source]),
            Refusal::NotCovered(NotCovered::Method) => about_validation::OTHER_METHOD.fill(&[device, about, &source]),
            Refusal::NotCovered(NotCovered::Radius(radius_m)) => {
                about_validation::OTHER_RADIUS.fill(&[device, about, &source, radius_m])
            }
            Refusal::NotCovered(NotCovered::Sigma(sigma_m)) => {
                about_validation::OTHER_SIGMA.fill(&[device, about, &source, &format!("{sigma_m:.1}")])
            }
            Refusal::NotCovered(NotCovered::Uninformative(_)) => {
                about_validation::USELESS.fill(&[device, about, &source])
            }
            Refusal::NoModel => words::NO_MODEL.fill(&[device, about, &source]),
            Refusal::NoRoutine => words::NO_ROUTINE.fill(&[device, about, &source, &self.settings.prior.min_days]),
            Refusal::NoUncertainty => words::NO_UNCERTAINTY.fill(&[device, about, &source]),
            Refusal::Prior(error) => words::BAD_PRIOR.fill(&[device, about, &source, error]),
        }
    }

    fn of_ratio(
        &self,
        source: SourceKind,
        stated: &Stated,
        records: &[Record],
        routines: (&Routines, &mut Habits),
    ) -> Finding {
        let (answer, word) = self.answer(stated.log10_lr);
        let ratio = grouped(said(libm::exp10(stated.log10_lr.abs())));
        let (about, days) = (&self.allegation.reference, &stated.computed.days);
        let (radius_m, scale) = (&self.case.params.radius_m, &self.settings.scale.name);
        let says = match answer {
            MORE_LIKELY_NEAR => words::NEAR.fill(&[&ratio, radius_m, about, days, scale, &word]),
            MORE_LIKELY_ROUTINE => words::ROUTINE.fill(&[&ratio, days, radius_m, about, scale, &word]),
            _ => words::NEITHER.fill(&[radius_m, about, days, scale]),
        };
        let mut finding = self.empty(source.as_str(), answer, &says);
        let data_type = self.settings.validation.and_then(|v| v.of(source.as_str()));
        finding.figures = figures(stated, data_type, word);
        let c = &stated.computed;
        let part = |r: &Record| {
            if *r == c.most {
                "most"
            } else if *r == c.least {
                "least"
            } else {
                "used"
            }
        };
        let cited = |r: &Record| Cited::of(&self.device.name, part(r), r, &self.case.exhibits);
        finding.fixes = c.used.iter().map(cited).collect();
        if let Some(data_type) = data_type {
            finding.sensitivity = self.sensitivity(source, records, routines, data_type);
        }
        finding.limits = limits(source, stated);
        finding
    }

    /// The answer's word, and the scale's.
    fn answer(&self, log10_lr: f64) -> (&'static str, &'static str) {
        let word = self.settings.scale.word(log10_lr).filter(|_| said(libm::exp10(log10_lr.abs())) > 1.0);
        match word {
            Some(word) if log10_lr > 0.0 => (MORE_LIKELY_NEAR, word),
            Some(word) => (MORE_LIKELY_ROUTINE, word),
            None => (NEITHER, "no"),
        }
    }

    fn parameters(&self, source: &str) -> Vec<Figure> {
        let Settings { prior, zone, scale, .. } = self.settings;
        vec![
            Figure::word("source", source),
            Figure::real("radius_m", self.case.params.radius_m),
            Figure::real("place_radius_m", self.allegation.uncertainty_m),
            Figure::count("window_s", usize::try_from(self.case.params.window_us / 1_000_000).unwrap_or(0)),
            Figure::word("zone", zone.name()),
            Figure::word("assumptions", prior.text()),
            Figure::word("scale", scale.source),
            Figure::word("scale_bands", scale.table()),
        ]
    }

    /// What the ratio would have been with half and twice the radius, twice the uncertainties, and other assumptions; each by
    /// the same line and bounds, though the validation was not made with them.
    fn sensitivity(
        &self,
        source: SourceKind,
        records: &[Record],
        (routines, habits): (&Routines, &mut Habits),
        data_type: &DataType,
    ) -> Vec<Varied> {
        let (radius_m, prior) = (self.case.params.radius_m, *self.settings.prior);
        let mut vary = |changed, records: &[Record], radius_m, prior: &Prior| {
            let settings = Settings { prior, ..*self.settings };
            // Only what a day is compared with changes where the device is expected.
            let mut other = Habits::new();
            let habits = if prior.same_class == self.settings.prior.same_class { &mut *habits } else { &mut other };
            let ratio = weighed(records, (self.allegation, radius_m), routines, &settings, habits);
            let log10_lr = ratio.ok().map(|c| apply(c, data_type).log10_lr);
            let answer = log10_lr.map_or(REFUSED, |x| self.answer(x).0);
            Varied { changed, answer, figure: Figure::maybe_real("likelihood_ratio", log10_lr.map(libm::exp10)) }
        };
        let mut rows: Vec<Varied> =
            [radius_m / 2.0, radius_m * 2.0].map(|r| vary(Figure::real("radius_m", r), records, r, &prior)).to_vec();
        let other = Prior { same_class: !prior.same_class, ..prior };
        rows.push(vary(Figure::flag("same_class_of_day", other.same_class), records, radius_m, &other));
        if source == SourceKind::Cell {
            for beam_deg in [120.0, 180.0, 240.0, 360.0].into_iter().filter(|b| *b != prior.sector.beam_deg) {
                let mut other = prior;
                other.sector.beam_deg = beam_deg;
                rows.push(vary(Figure::real("beam_deg", beam_deg), records, radius_m, &other));
            }
            for environment in [Environment::Urban, Environment::Rural, Environment::Unknown] {
                if environment != prior.sector.environment {
                    let mut other = prior;
                    other.sector.environment = environment;
                    rows.push(vary(Figure::word("environment", environment.as_str()), records, radius_m, &other));
                }
            }
        } else {
            for times in [0.5, 2.0] {
                let scaled = |r: &Record| Record { uncertainty_m: r.uncertainty_m * times, ..*r };
                let records: Vec<Record> = records.iter().map(scaled).collect();
                rows.push(vary(Figure::real("uncertainty_times", times), &records, radius_m, &prior));
            }
        }
        rows
    }
}

fn figures(stated: &Stated, data_type: Option<&DataType>, word: &'static str) -> Vec<Figure> {
    let c = &stated.computed;
    let basis = match c.basis {
        Basis::Positions => "positions",
        Basis::Sectors => "sectors",
    };
    let mut figures = vec![
        Figure::real("likelihood_ratio", libm::exp10(stated.log10_lr)),
        Figure::real("reciprocal", libm::exp10(-stated.log10_lr)),
        Figure::real("log10_likelihood_ratio", stated.log10_lr),
        Figure::word("support", word),
        Figure::real("log10_computed", c.log10_lr),
        Figure::real("log10_calibrated", stated.calibrated_log10),
        Figure::flag("held_at_bound", stated.log10_lr != stated.calibrated_log10),
        Figure::count("records", c.records),
        Figure::count("records_used", c.used.len()),
        Figure::count("records_without_uncertainty", c.without_uncertainty),
        Figure::count("routine_days", c.days),
        Figure::word("routine_of", basis),
        Figure::real("share_at_new_places", c.novelty),
    ];
    if let Some(data_type) = data_type {
        figures.extend([
            Figure::real("least_ratio", libm::exp10(data_type.bounds.lower_log10)),
            Figure::real("greatest_ratio", libm::exp10(data_type.bounds.upper_log10)),
            Figure::real("validation_cllr", data_type.cllr.value),
            Figure::real("validation_cllr_low", data_type.cllr.low),
            Figure::real("validation_cllr_high", data_type.cllr.high),
            Figure::count("validation_near", usize::try_from(data_type.near).unwrap_or(usize::MAX)),
            Figure::count("validation_routine", usize::try_from(data_type.routine).unwrap_or(usize::MAX)),
            Figure::word("validation_made_from", data_type.made_from.clone()),
        ]);
    }
    figures
}

fn limits(source: SourceKind, stated: &Stated) -> Vec<&'static str> {
    let mut limits = vec![words::NOT_A_PROBABILITY.text(), words::OTHER_PROPOSITIONS.text()];
    if stated.log10_lr != stated.calibrated_log10 {
        limits.push(words::HELD.text());
    }
    if stated.computed.used.len() > 1 {
        limits.push(words::AVERAGED.text());
    }
    limits.push(words::OTHER_DAYS.text());
    if source == SourceKind::Cell {
        limits.push(words::CELLS.text());
        if stated.computed.without_azimuth > 0 {
            limits.push(words::NO_AZIMUTH.text());
        }
    } else {
        limits.push(words::EVENLY.text());
    }
    limits
}
