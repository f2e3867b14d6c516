//! From what two devices' records allow to findings.

use super::Answer;
use super::observed::{Contacts, Near};
use super::overlap::Asked;
use super::sweep::{View, rest};
use super::windows::Windows;
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::extent::{Reached, reached};
use crate::evaluate::finding::{Cited, Figure, Finding, Topic, Varied};
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::{ReachParams, Span, seconds};
use crate::evaluate::words::meeting as words;
use crate::evaluate::words::{Phrase, Sentence, metres, speed};

/// No more stretches than this are named in a finding: the longest.
const NAMED_SPANS: usize = 5;

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

impl Passes {
    /// When the devices were near each other, as maximal stretches in order, for each radius that findings ask about; at
    /// first that of the case.
    fn near(&mut self, a: &[Reached<'_>], b: &[Reached<'_>], case: &Case) -> (Vec<f64>, Vec<Near>) {
        let radius_m = case.params.radius_m;
        let mut radii_m = vec![radius_m];
        radii_m.extend(other_radii_m(radius_m));
        let near = self.contacts.of(a, b, &radii_m, case.params.window_us);
        (radii_m, near)
    }
}

/// When two devices were near each other by their records, as maximal stretches in order; `kept` says whether what is read is
/// to serve [`changed_findings`] too.
pub(in crate::evaluate) fn observed(
    case: &Case,
    a: &[Reached<'_>],
    b: &[Reached<'_>],
    kept: bool,
    passes: &mut Passes,
) -> Vec<Span> {
    let mut near = if kept {
        passes.near(a, b, case).1
    } else {
        passes.contacts.of(a, b, &[case.params.radius_m], case.params.window_us)
    };
    if near.is_empty() { Vec::new() } else { near.swap_remove(0).observed }
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

/// What the records of two devices allow and say.
struct Result {
    coverage: Option<Span>,
    near: Near,
    possible: Vec<Span>,
    never: Vec<Span>,
}

impl Result {
    fn view(&self) -> View<'_> {
        View { coverage: self.coverage, observed: &self.near.observed, possible: &self.possible }
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
        let (coverage, possible) = passes.windows.possible(devices, &asked, self.reach);
        let mut possible = possible.into_iter();
        let own = possible.next().unwrap_or_default();
        // Contacts change with the radius alone.
        let (radii_m, near) = passes.near(devices[0].1, devices[1].1, self.case);
        let mut near = near.into_iter();
        let never = coverage.map_or_else(Vec::new, |c| rest(c, &own));
        let r = Result { coverage, near: near.next().unwrap_or_default(), possible: own, never };
        let near: Vec<Vec<Span>> = near.map(|near| near.observed).collect();
        let known = |asked: &Asked| {
            let at = radii_m.iter().skip(1).position(|r| *r == asked.radius_m);
            at.filter(|_| asked.radius_m != now.radius_m)
                .and_then(|at| near.get(at))
                .unwrap_or(&r.near.observed)
                .clone()
        };
        let others: Vec<Other> = changed
            .into_iter()
            .zip(asked.iter().skip(1))
            .zip(possible)
            .map(|((changed, asked), possible)| Other { changed, observed: known(asked), possible })
            .collect();
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

    fn overall(&self, r: &Result, others: &[Other]) -> Finding {
        let (a, b, radius, _, _) = self.said();
        let answer = r.view().answer();
        let question = words::QUESTION.fill(&[&a, &b, &radius]);
        let mut finding = Finding::new(Topic::Meeting, b, &question, answer.as_str(), &self.says(r));
        finding.figures = figures(r);
        finding.fixes = self.cited(r);
        finding.sensitivity = others.iter().map(|o| o.varied(o.view(r).answer(), total_s(&o.possible))).collect();
        self.finish(finding, answer)
    }

    fn says(&self, r: &Result) -> Sentence {
        let (a, b, radius, fastest, percent) = self.said();
        match r.view().answer() {
            Answer::Observed => {
                let least = metres(r.near.nearest.map_or(f64::NAN, |c| c.distance_m));
                words::OBSERVED.fill(&[&r.near.contacts, &a, &b, &radius, &least])
            }
            Answer::Possible => {
                let share = 100.0 * total_s(&r.possible) / r.coverage.map_or(f64::NAN, |c| length_s(&c));
                let share = if share.is_finite() { format!("{share:.1}") } else { "100".to_owned() };
                words::POSSIBLE.fill(&[&a, &b, &radius, &share, &fastest])
            }
            Answer::CertainlyNot => words::NEVER.fill(&[&a, &b, &radius, &fastest, &percent]),
            Answer::NoData => words::NO_DATA.fill(&[&a, &b]),
        }
    }

    fn during(&self, r: &Result, others: &[Other], incident: &Allegation) -> Finding {
        let (a, b, radius, fastest, percent) = self.said();
        let about = &incident.reference;
        let window_us = self.case.params.window_us;
        let part =
            Span { from_us: incident.t0_us.saturating_sub(window_us), to_us: incident.t1_us.saturating_add(window_us) };
        let answer = r.view().during(part);
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
            Figure::real("possible_s", total_s(&clipped(&r.possible, part))),
            Figure::real("certainly_not_s", total_s(&clipped(&r.never, part))),
        ];
        finding.fixes = self.around(part);
        let varied = others.iter().map(|o| o.varied(o.view(r).during(part), total_s(&clipped(&o.possible, part))));
        finding.sensitivity = varied.collect();
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
    fn cited(&self, r: &Result) -> Vec<Cited> {
        let exhibits = &self.case.exhibits;
        if let Some(c) = r.near.nearest {
            let sides = [(self.a, c.a), (self.b, c.b)].into_iter();
            let cite = |(device, index): (&Device, u32)| {
                let record = device.records().get(index as usize)?;
                Some(Cited::of(&device.name, "nearest", record, exhibits))
            };
            return sides.filter_map(cite).collect();
        }
        let decides = if r.possible.is_empty() { &r.never } else { &r.possible };
        longest(decides).first().map_or_else(Vec::new, |span| self.around(*span))
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

/// What another question found.
struct Other {
    changed: Figure,
    observed: Vec<Span>,
    possible: Vec<Span>,
}

impl Other {
    fn view<'r>(&'r self, r: &'r Result) -> View<'r> {
        View { coverage: r.coverage, observed: &self.observed, possible: &self.possible }
    }

    fn varied(&self, answer: Answer, possible_s: f64) -> Varied {
        let figure = Figure::real("possible_s", possible_s);
        Varied { changed: self.changed.clone(), answer: answer.as_str(), figure }
    }
}

fn length_s(span: &Span) -> f64 {
    seconds(span.from_us, span.to_us)
}

fn total_s(spans: &[Span]) -> f64 {
    // Not `sum`: of nothing that is minus zero.
    spans.iter().map(length_s).fold(0.0, |total, s| total + s)
}

/// The parts of stretches, in order and apart, that lie in a part of the time.
fn clipped(spans: &[Span], part: Span) -> Vec<Span> {
    let ended = spans.partition_point(|s| s.to_us < part.from_us);
    let inside = spans.iter().skip(ended).take_while(|s| s.from_us <= part.to_us);
    inside.map(|s| Span { from_us: s.from_us.max(part.from_us), to_us: s.to_us.min(part.to_us) }).collect()
}

/// The longest stretches, the longest first, the earlier first of two as long.
fn longest(spans: &[Span]) -> Vec<Span> {
    let longer = |s: &Span| (std::cmp::Reverse(s.length_us()), s.from_us);
    let mut sorted = spans.to_vec();
    if sorted.len() > NAMED_SPANS {
        sorted.select_nth_unstable_by_key(NAMED_SPANS, longer);
        sorted.truncate(NAMED_SPANS);
    }
    sorted.sort_by_key(longer);
    sorted
}

fn figures(r: &Result) -> Vec<Figure> {
    let mut figures = vec![
        Figure::count("contacts", r.near.contacts),
        Figure::maybe_real("least_distance_m", r.near.nearest.map(|c| c.distance_m)),
        Figure::maybe_moment("coverage_from_us", r.coverage.map(|c| c.from_us)),
        Figure::maybe_moment("coverage_to_us", r.coverage.map(|c| c.to_us)),
        Figure::maybe_real("coverage_s", r.coverage.map(|c| length_s(&c))),
        Figure::real("possible_s", total_s(&r.possible)),
        Figure::count("possible_stretches", r.possible.len()),
        Figure::real("certainly_not_s", total_s(&r.never)),
        Figure::count("certainly_not_stretches", r.never.len()),
    ];
    for span in longest(&r.possible) {
        figures
            .extend([Figure::moment("possible_from_us", span.from_us), Figure::moment("possible_to_us", span.to_us)]);
    }
    for span in longest(&r.never) {
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
