//! From what two devices' records allow to findings.

use super::Answer;
use super::account::Allowed;
use super::observed::{Contacts, Met};
use super::overlap::Asked;
use super::windows::Windows;
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::{Reached, reached};
use crate::evaluate::finding::{Cited, Figure, Finding, Topic, Varied};
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::{ReachParams, Span, seconds};
use crate::evaluate::words::meeting as words;
use crate::evaluate::words::{Phrase, Sentence, metres, speed};
use crate::model::ProximityParams;

/// For each suspect device and each victim device: a finding over all their time, and one for each incident.
#[must_use]
pub fn findings(case: &Case, reach: &ReachParams) -> Vec<Finding> {
    let pairs = case.suspects.iter().flat_map(|a| case.victims.iter().map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| pair_findings(case, a, b, reach)).collect()
}

/// The findings for one of the suspect's devices and one of the victim's.
#[must_use]
pub fn pair_findings(case: &Case, a: &Device, b: &Device, reach: &ReachParams) -> Vec<Finding> {
    let records = [a, b].map(|device| Chunked::anew(device.records()));
    let chunks = [&records[0], &records[1]].map(|records| reached(records, &mut Passed::default()));
    let [a, b] = [(a, &records[0], &*chunks[0]), (b, &records[1], &*chunks[1])];
    changed_findings(case, a, b, reach, &mut Passes::default())
}

/// What is kept of one of the suspect's devices and one of the victim's between evaluations.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Passes {
    windows: Windows,
    contacts: Contacts,
}

/// The radii that findings ask about, metres; at first that of the case.
fn radii_m(case: &Case) -> Vec<f64> {
    let radius_m = case.params.radius_m;
    [radius_m].into_iter().chain(other_radii_m(radius_m)).collect()
}

/// When two devices were near each other by their records: stretches no further apart than the gap are one; `kept` says whether
/// what is read is to serve [`changed_findings`] too.
pub(in crate::evaluate) fn encounters(
    case: &Case,
    a: &[Reached<'_>],
    b: &[Reached<'_>],
    kept: bool,
    passes: &mut Passes,
) -> Vec<(i64, i64)> {
    let ProximityParams { window_us, gap_us, .. } = case.params;
    let radii_m = if kept { radii_m(case) } else { vec![case.params.radius_m] };
    passes.contacts.of(a, b, &radii_m, (window_us, gap_us)).encounters(0, gap_us)
}

/// A device, its records in chunks, and from when until when these reach.
type Chunks<'a> = (&'a Device, &'a Chunked<'a>, &'a [Reached<'a>]);

/// As [`pair_findings`], finding again only what has changed of the devices.
pub(in crate::evaluate) fn changed_findings<'a>(
    case: &'a Case,
    a: Chunks<'a>,
    b: Chunks<'a>,
    reach: &'a ReachParams,
    passes: &mut Passes,
) -> Vec<Finding> {
    Report { a: a.0, b: b.0, case, reach }.findings([(a.1, a.2), (b.1, b.2)], passes)
}

/// What the records of two devices allow and say: the first question is that of the case, and so is the first radius.
struct Result<'k> {
    allowed: Allowed<'k>,
    met: Met<'k>,
}

impl Result<'_> {
    fn answer(&self, question: usize, radius: usize) -> Answer {
        Answer::overall(self.allowed.coverage(), self.met.contacts(radius) > 0, self.allowed.is_any(question))
    }
}

/// The other radii that are tried, metres.
fn other_radii_m(radius_m: f64) -> impl Iterator<Item = f64> {
    [0.5, 2.0].into_iter().map(move |k| k * radius_m)
}

/// One pair of devices of a case.
#[derive(Clone, Copy)]
struct Report<'a> {
    a: &'a Device,
    b: &'a Device,
    case: &'a Case,
    reach: &'a ReachParams,
}

impl Report<'_> {
    fn findings(self, devices: [(&Chunked<'_>, &[Reached<'_>]); 2], passes: &mut Passes) -> Vec<Finding> {
        let now = Asked::of(&self.case.params, self.reach);
        let (changed, mut asked) = self.variations(&now);
        asked.insert(0, now);
        let Passes { windows, contacts } = passes;
        let allowed = windows.possible(devices, &asked, self.reach);
        // Contacts change with the radius alone.
        let radii_m = radii_m(self.case);
        let ProximityParams { window_us, gap_us, .. } = self.case.params;
        let met = contacts.of(devices[0].1, devices[1].1, &radii_m, (window_us, gap_us));
        let r = Result { allowed, met };
        let radius = |asked: &Asked| radii_m.iter().position(|r| *r == asked.radius_m).unwrap_or(0);
        let others = changed.into_iter().zip(asked.iter().enumerate().skip(1));
        let others: Vec<Other> =
            others.map(|(changed, (question, asked))| Other { changed, question, radius: radius(asked) }).collect();
        let mut findings = vec![self.overall(&r, &others)];
        findings.extend(self.case.incidents.iter().map(|incident| self.during(&r, &others, incident)));
        findings
    }

    /// Names and quantities that every sentence may need.
    fn said(&self) -> (&str, &str, String, String, String) {
        let percent = format!("{}", (self.reach.percentile * 1e4).round() / 100.0);
        let fastest = speed(self.reach.fastest().speed_m_s);
        (&self.a.name, &self.b.name, metres(self.case.params.radius_m), fastest, percent)
    }

    fn overall(&self, r: &Result<'_>, others: &[Other]) -> Finding {
        let (a, b, radius, _, _) = self.said();
        let answer = r.answer(0, 0);
        let question = words::QUESTION.fill(&[&a, &b, &radius]);
        let mut finding = Finding::new(Topic::Meeting, b, &question, answer.as_str(), &self.says(r));
        finding.figures = figures(r);
        finding.fixes = self.cited(r);
        finding.sensitivity =
            others.iter().map(|o| o.varied(r.answer(o.question, o.radius), r.allowed.total_s(o.question))).collect();
        self.finish(finding, answer)
    }

    fn says(&self, r: &Result<'_>) -> Sentence {
        let (a, b, radius, fastest, percent) = self.said();
        match r.answer(0, 0) {
            Answer::Observed => {
                let least = metres(r.met.nearest(0).map_or(f64::NAN, |c| c.distance_m));
                words::OBSERVED.fill(&[&r.met.contacts(0), &a, &b, &radius, &least])
            }
            Answer::Possible => {
                let share = 100.0 * r.allowed.total_s(0) / r.allowed.coverage().map_or(f64::NAN, |c| length_s(&c));
                let share = if share.is_finite() { format!("{share:.1}") } else { "100".to_owned() };
                words::POSSIBLE.fill(&[&a, &b, &radius, &share, &fastest])
            }
            Answer::CertainlyNot => words::NEVER.fill(&[&a, &b, &radius, &fastest, &percent]),
            Answer::NoData => words::NO_DATA.fill(&[&a, &b]),
        }
    }

    fn during(&self, r: &Result<'_>, others: &[Other], incident: &Allegation) -> Finding {
        let (a, b, radius, fastest, percent) = self.said();
        let about = &incident.reference;
        let window_us = self.case.params.window_us;
        let part =
            Span { from_us: incident.t0_us.saturating_sub(window_us), to_us: incident.t1_us.saturating_add(window_us) };
        let (possible, possible_s) = r.allowed.during(0, part);
        let within =
            |radius, possible| Answer::within(part, r.allowed.coverage(), r.met.shares(radius, part), possible);
        let answer = within(0, possible);
        let says = match answer {
            Answer::Observed => words::OBSERVED_THEN.fill(&[&a, &b, &radius, about]),
            Answer::Possible => words::POSSIBLE_THEN.fill(&[&a, &b, &radius, about]),
            Answer::CertainlyNot => words::NEVER_THEN.fill(&[about, &a, &b, &radius, &fastest, &percent]),
            Answer::NoData => words::NO_DATA_THEN.fill(&[about, &a, &b]),
        };
        let question = words::QUESTION_INCIDENT.fill(&[&a, &b, &radius, about]);
        let name = format!("{b}, {about}");
        let mut finding = Finding::new(Topic::Meeting, name, &question, answer.as_str(), &says);
        finding.figures = vec![
            Figure::moment("window_from_us", part.from_us),
            Figure::moment("window_to_us", part.to_us),
            Figure::real("possible_s", possible_s),
            Figure::real("certainly_not_s", r.allowed.never_s(part)),
        ];
        finding.fixes = self.around(part);
        let varied = |other: &Other| {
            let (possible, possible_s) = r.allowed.during(other.question, part);
            other.varied(within(other.radius, possible), possible_s)
        };
        finding.sensitivity = others.iter().map(varied).collect();
        self.finish(finding, answer)
    }

    fn finish(&self, mut finding: Finding, answer: Answer) -> Finding {
        finding.device = Some(self.a.name.clone());
        let params = &self.case.params;
        finding.parameters = vec![
            Figure::real("radius_m", params.radius_m),
            Figure::real("window_s", seconds(0, params.window_us)),
            Figure::real("speed_m_s", self.reach.fastest().speed_m_s),
            Figure::real("percentile", self.reach.percentile),
            Figure::real("clock_slop_s", seconds(0, self.reach.clock_slop_us)),
            Figure::real("unstated_m", self.reach.unstated_m),
            Figure::real("unstated_cell_m", self.reach.unstated_cell_m),
            Figure::real("max_interpolation_s", seconds(0, params.max_interpolation_us)),
        ];
        finding.alternatives = alternatives(answer).iter().map(|p| p.text()).collect();
        finding.limits = limits(answer).iter().map(|p| p.text()).collect();
        finding
    }

    /// The nearest two records that were near each other; else the records about the longest stretch that decides.
    fn cited(&self, r: &Result<'_>) -> Vec<Cited> {
        let exhibits = &self.case.exhibits;
        if let Some(c) = r.met.nearest(0) {
            let sides = [(self.a, c.a), (self.b, c.b)].into_iter();
            let cite = |(device, index): (&Device, u32)| {
                let record = device.records().get(index as usize)?;
                Some(Cited::of(&device.name, "nearest", record, exhibits))
            };
            return sides.filter_map(cite).collect();
        }
        let decides = if r.allowed.is_any(0) { r.allowed.possible() } else { r.allowed.never() };
        decides.longest().next().map_or_else(Vec::new, |span| self.around(span))
    }

    /// The last record of each device before a stretch of time and the first after it.
    fn around(&self, part: Span) -> Vec<Cited> {
        let mut fixes = Vec::new();
        for device in [self.a, self.b] {
            let records = device.records();
            let begun = records.partition_point(|r| r.t0_us <= part.from_us);
            let first = records.partition_point(|r| r.t0_us < part.to_us);
            let before = begun.checked_sub(1).and_then(|n| records.get(n));
            // A stay that covers the stretch is both.
            let after = records.get(first);
            let mut cite = |name: &'static str, record: Option<&Record>| {
                fixes.extend(record.map(|r| Cited::of(&device.name, name, r, &self.case.exhibits)));
            };
            cite("before", before);
            cite("after", after.filter(|r| Some(*r) != before));
        }
        fixes
    }

    /// The questions with another radius, percentile or speed, and what was changed.
    fn variations(&self, now: &Asked) -> (Vec<Figure>, Vec<Asked>) {
        let radii = other_radii_m(now.radius_m);
        let percentiles = [0.68, 0.95, 0.99].into_iter().filter(|p| *p != now.percentile);
        let speeds = self.reach.modes.iter().map(|m| m.speed_m_s).filter(|v| *v != now.speed_m_s);
        let mut rows: Vec<(Figure, Asked)> = Vec::new();
        rows.extend(radii.map(|radius_m| (Figure::real("radius_m", radius_m), Asked { radius_m, ..*now })));
        rows.extend(
            percentiles.map(|percentile| (Figure::real("percentile", percentile), Asked { percentile, ..*now })),
        );
        rows.extend(speeds.map(|speed_m_s| (Figure::real("speed_m_s", speed_m_s), Asked { speed_m_s, ..*now })));
        rows.into_iter().unzip()
    }
}

/// Another question: what was changed, its number and that of its radius.
struct Other {
    changed: Figure,
    question: usize,
    radius: usize,
}

impl Other {
    fn varied(&self, answer: Answer, possible_s: f64) -> Varied {
        let figure = Figure::real("possible_s", possible_s);
        Varied { changed: self.changed.clone(), answer: answer.as_str(), figure }
    }
}

fn length_s(span: &Span) -> f64 {
    seconds(span.from_us, span.to_us)
}

fn figures(r: &Result<'_>) -> Vec<Figure> {
    let (coverage, possible, never) = (r.allowed.coverage(), r.allowed.possible(), r.allowed.never());
    let mut figures = vec![
        Figure::count("contacts", r.met.contacts(0)),
        Figure::maybe_real("least_distance_m", r.met.nearest(0).map(|c| c.distance_m)),
        Figure::maybe_moment("coverage_from_us", coverage.map(|c| c.from_us)),
        Figure::maybe_moment("coverage_to_us", coverage.map(|c| c.to_us)),
        Figure::maybe_real("coverage_s", coverage.map(|c| length_s(&c))),
        Figure::real("possible_s", possible.total_s),
        Figure::count("possible_stretches", possible.count),
        Figure::real("certainly_not_s", never.total_s),
        Figure::count("certainly_not_stretches", never.count),
    ];
    for span in possible.longest() {
        figures
            .extend([Figure::moment("possible_from_us", span.from_us), Figure::moment("possible_to_us", span.to_us)]);
    }
    for span in never.longest() {
        figures.push(Figure::moment("certainly_not_from_us", span.from_us));
        figures.push(Figure::moment("certainly_not_to_us", span.to_us));
    }
    figures
}

const fn alternatives(answer: Answer) -> &'static [Phrase] {
    match answer {
        Answer::Observed => &[words::ALT_BY_CHANCE, words::ALT_CARRIED, words::ALT_ERROR],
        Answer::Possible => &[words::ALT_APART, words::ALT_BY_CHANCE, words::ALT_CARRIED],
        Answer::CertainlyNot => &[words::ALT_CARRIED, words::ALT_ERROR, words::ALT_FASTER],
        Answer::NoData => &[words::ALT_NOT_RETURNED],
    }
}

const fn limits(answer: Answer) -> &'static [Phrase] {
    match answer {
        Answer::Possible => {
            &[words::LIMIT_DEVICES, words::LIMIT_POSSIBLE, words::LIMIT_STRAIGHT, words::LIMIT_COVERAGE]
        }
        Answer::NoData => &[words::LIMIT_DEVICES, words::LIMIT_COVERAGE],
        _ => &[words::LIMIT_DEVICES, words::LIMIT_STRAIGHT, words::LIMIT_COVERAGE, words::LIMIT_GAUSS],
    }
}
