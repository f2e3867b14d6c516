//! From what two devices' records allow to findings.

use super::Answer;
use super::observed;
use super::overlap::Asked;
use super::sweep::{MeetingResult, Pair, View};
use crate::evaluate::case::{Allegation, Case, Device, Record};
use crate::evaluate::finding::{Cited, Figure, Finding, Topic, Varied};
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
    Report { a, b, case, reach }.findings()
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
    fn findings(self) -> Vec<Finding> {
        let (a, b) = (self.a.records(), self.b.records());
        let pair = Pair::new(a, b, self.reach);
        let now = Asked::of(&self.case.params, self.reach);
        let (changed, mut asked) = self.variations(&now);
        asked.insert(0, now);
        let mut possible = pair.possible(&asked).into_iter();
        let own = possible.next().unwrap_or_default();
        // Contacts change with the radius alone.
        let mut radii_m = vec![now.radius_m];
        radii_m.extend(asked.iter().map(|a| a.radius_m).filter(|r| *r != now.radius_m));
        let mut near = observed::contacts_at(a, b, &radii_m, self.case.params.window_us).into_iter();
        let r = MeetingResult::new(pair.coverage(), own, near.next().unwrap_or_default());
        let near: Vec<Vec<Span>> = near.map(|contacts| observed::stretches(&contacts)).collect();
        let known = |asked: &Asked| {
            let at = radii_m.iter().skip(1).position(|r| *r == asked.radius_m);
            at.and_then(|at| near.get(at)).unwrap_or(&r.observed).clone()
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

    fn overall(&self, r: &MeetingResult, others: &[Other]) -> Finding {
        let (a, b, radius, _, _) = self.said();
        let answer = r.answer();
        let question = words::QUESTION.fill(&[&a, &b, &radius]);
        let mut finding = Finding::new(Topic::Meeting, b, &question, answer.as_str(), &self.says(r));
        finding.figures = figures(r);
        finding.fixes = self.cited(r);
        finding.sensitivity = others.iter().map(|o| o.varied(o.view(r).answer(), total_s(&o.possible))).collect();
        self.finish(finding, answer)
    }

    fn says(&self, r: &MeetingResult) -> Sentence {
        let (a, b, radius, fastest, percent) = self.said();
        match r.answer() {
            Answer::Observed => {
                let least = r.contacts.iter().map(|c| c.distance_m).reduce(f64::min);
                let least = metres(least.unwrap_or(f64::NAN));
                words::OBSERVED.fill(&[&r.contacts.len(), &a, &b, &radius, &least])
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

    fn during(&self, r: &MeetingResult, others: &[Other], incident: &Allegation) -> Finding {
        let (a, b, radius, fastest, percent) = self.said();
        let about = &incident.reference;
        let window_us = self.case.params.window_us;
        let part =
            Span { from_us: incident.t0_us.saturating_sub(window_us), to_us: incident.t1_us.saturating_add(window_us) };
        let answer = r.during(part);
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
    fn cited(&self, r: &MeetingResult) -> Vec<Cited> {
        let exhibits = &self.case.exhibits;
        let nearest = r.contacts.iter().min_by(|p, q| p.distance_m.total_cmp(&q.distance_m));
        if let Some(c) = nearest {
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
        let radii = [0.5, 2.0].map(|k| k * now.radius_m);
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
    fn view<'r>(&'r self, r: &'r MeetingResult) -> View<'r> {
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

fn clipped(spans: &[Span], part: Span) -> Vec<Span> {
    let inside = spans.iter().filter(|s| s.from_us <= part.to_us && s.to_us >= part.from_us);
    inside.map(|s| Span { from_us: s.from_us.max(part.from_us), to_us: s.to_us.min(part.to_us) }).collect()
}

/// The longest stretches, the longest first, the earlier first of two as long.
fn longest(spans: &[Span]) -> Vec<Span> {
    let mut sorted = spans.to_vec();
    sorted.sort_by_key(|s| (std::cmp::Reverse(s.length_us()), s.from_us));
    sorted.truncate(NAMED_SPANS);
    sorted
}

fn figures(r: &MeetingResult) -> Vec<Figure> {
    let mut figures = vec![
        Figure::count("contacts", r.contacts.len()),
        Figure::maybe_real("least_distance_m", r.contacts.iter().map(|c| c.distance_m).reduce(f64::min)),
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
