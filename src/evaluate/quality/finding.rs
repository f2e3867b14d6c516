//! From what is found about records to findings.

use std::collections::BTreeMap;

use super::QualityParams;
use super::authority;
use super::clock::{ClockOffset, ClockRefused, Known};
use super::movement::{Moved, Tracking, moved};
use super::moving::Moving;
use super::sources::{Count, Numbered, Source, sources};
use crate::evaluate::case::{Case, Device, Record};
use crate::evaluate::chunks::Chunked;
use crate::evaluate::finding::{Cited, Figure, Finding, Topic, Varied};
use crate::evaluate::gaps::{Gap, Silences};
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::{ReachParams, seconds};
use crate::evaluate::words::quality as words;
use crate::evaluate::words::{Phrase, Sentence, speed};

/// No more records or stretches than this are named in a finding: the most telling.
const NAMED: usize = 5;

/// What the answer would be at other limits of speed, metres per second.
const OTHER_SPEEDS: [f64; 3] = [50.0, 100.0, 300.0];

/// Clocks are also compared at shifts up to ten minutes only, microseconds.
const NARROW_OFFSET_US: i64 = 600 * crate::time::US_PER_S;

/// Of every device, the suspects' first: its silences, its movement, and the clock of each further source against its
/// largest; then, if authorities are given, what was set aside.
#[must_use]
pub fn findings(case: &Case, params: &QualityParams, reach: &ReachParams) -> Vec<Finding> {
    let devices = case.suspects.iter().chain(&case.victims);
    devices.flat_map(|device| device_findings(case, device, params, reach)).chain(authority::findings(case)).collect()
}

/// The silences, the movement and the clocks of one device.
#[must_use]
pub fn device_findings(case: &Case, device: &Device, params: &QualityParams, reach: &ReachParams) -> Vec<Finding> {
    changed_findings(case, (device, &Chunked::anew(device.records())), params, reach, &mut Passes::default())
}

/// What is kept of a device between evaluations.
#[derive(Debug, Default)]
pub(in crate::evaluate) struct Passes {
    silences: Passed<Silences>,
    movement: Passed<Tracking>,
    other_speeds: [Passed<Tracking>; OTHER_SPEEDS.len()],
    sources: Passed<Count>,
    moving: BTreeMap<Numbered, Passed<Moving>>,
    /// Of each two sources, as far as is asked usually and in the narrow.
    clocks: BTreeMap<(Numbered, Numbered), [Known; 2]>,
}

/// As [`device_findings`], reading again only what has changed of the device.
pub(in crate::evaluate) fn changed_findings(
    case: &Case,
    (device, records): (&Device, &Chunked<'_>),
    params: &QualityParams,
    reach: &ReachParams,
    passes: &mut Passes,
) -> Vec<Finding> {
    let about = About { device, records, case, params, reach };
    let mut found = vec![about.silences(passes), about.movement(passes)];
    found.extend(about.clocks(passes));
    found
}

fn texts(phrases: &[Phrase]) -> Vec<&'static str> {
    phrases.iter().map(|p| p.text()).collect()
}

fn hours(us: i64) -> String {
    format!("{:.1}", seconds(0, us) / 3_600.0)
}

fn minutes(us: i64) -> String {
    format!("{:.0}", seconds(0, us) / 60.0)
}

#[derive(Clone, Copy)]
struct About<'a> {
    device: &'a Device,
    records: &'a Chunked<'a>,
    case: &'a Case,
    params: &'a QualityParams,
    reach: &'a ReachParams,
}

impl About<'_> {
    fn finding(&self, about: &str, question: &Sentence, answer: &'static str, says: &Sentence) -> Finding {
        let mut finding = Finding::new(Topic::Quality, about, question, answer, says);
        finding.device = Some(self.device.name.clone());
        finding
    }

    fn cited(&self, part: &'static str, record: &Record) -> Cited {
        Cited::of(&self.device.name, part, record, &self.case.exhibits)
    }

    fn silences(&self, passes: &mut Passes) -> Finding {
        let (name, records, limit) = (&self.device.name, self.device.records(), minutes(self.params.min_gap_us));
        let limits_us = [self.params.min_gap_us, self.params.min_gap_us / 2, self.params.min_gap_us.saturating_mul(2)];
        let least_us = limits_us.into_iter().min().unwrap_or(self.params.min_gap_us);
        let chunks = passes.silences.of(&Silences(least_us), self.records).chunks;
        let all: Vec<Gap> = chunks.into_iter().flat_map(|(_, gaps)| gaps).copied().collect();
        let found = |min_us: i64| all.iter().filter(|gap| gap.length_us() > min_us).copied().collect::<Vec<Gap>>();
        let silences = found(self.params.min_gap_us);
        let total_us = total_us(&silences);
        let longest = longest(&silences);
        let longest_us = longest.first().map_or(0, Gap::length_us);
        let question = words::QUESTION_SILENCE.fill(&[name, &limit]);
        let (answer, says) = match (records.is_empty(), silences.is_empty()) {
            (true, _) => ("no_data", words::NO_RECORDS.fill(&[name])),
            (false, true) => ("no_silence", words::NOT_SILENT.fill(&[&limit, name])),
            (false, false) => {
                let fillings: [&dyn std::fmt::Display; 5] =
                    [&silences.len(), &limit, name, &hours(total_us), &hours(longest_us)];
                ("silent", words::SILENT.fill(&fillings))
            }
        };
        let mut finding = self.finding("silences", &question, answer, &says);
        finding.figures = vec![
            Figure::count("records", records.len()),
            Figure::count("silences", silences.len()),
            Figure::real("silent_s", seconds(0, total_us)),
            Figure::real("longest_s", seconds(0, longest_us)),
        ];
        for gap in &longest {
            finding.figures.push(Figure::moment("silent_from_us", gap.from_us));
            finding.figures.push(Figure::moment("silent_to_us", gap.to_us));
            finding.fixes.extend(self.after(gap).map(|r| self.cited("after", r)));
        }
        finding.parameters = vec![Figure::real("min_gap_s", seconds(0, self.params.min_gap_us))];
        finding.sensitivity = limits_us
            .into_iter()
            .skip(1)
            .map(|min_us| {
                let silences = found(min_us);
                Varied {
                    changed: Figure::real("min_gap_s", seconds(0, min_us)),
                    answer: if records.is_empty() {
                        "no_data"
                    } else if silences.is_empty() {
                        "no_silence"
                    } else {
                        "silent"
                    },
                    figure: Figure::count("silences", silences.len()),
                }
            })
            .collect();
        finding.alternatives = texts(&[words::ALT_OFF, words::ALT_AT_REST, words::ALT_NOT_ASKED]);
        finding.limits = texts(&[words::LIMIT_ENDS]);
        finding
    }

    /// The first record after a silence.
    fn after(&self, gap: &Gap) -> Option<&Record> {
        let records = self.device.records();
        records.get(records.partition_point(|r| r.t0_us < gap.to_us))
    }

    fn moved(&self, max_speed_m_s: f64, passed: &mut Passed<Tracking>) -> Moved {
        let params = QualityParams { max_speed_m_s, ..*self.params };
        moved(passed, &Tracking { params, reach: self.reach.clone(), told: NAMED }, self.records)
    }

    fn movement(&self, passes: &mut Passes) -> Finding {
        let (name, limit) = (&self.device.name, speed(self.params.max_speed_m_s));
        let m = self.moved(self.params.max_speed_m_s, &mut passes.movement);
        let answer = moved_answer(&m);
        let says = match (answer, &m.alternation) {
            ("alternating", Some(a)) => words::ALTERNATING.fill(&[name, &a.switches, &a.smaller, &limit]),
            ("impossible_speed", _) => words::JUMPS.fill(&[&m.jumps, name, &limit, &speed(m.greatest_m_s)]),
            ("no_data", _) => words::NO_RECORDS.fill(&[name]),
            _ => words::NO_JUMPS.fill(&[name, &limit, &m.records]),
        };
        let mut finding = self.finding("movement", &words::QUESTION_MOVEMENT.fill(&[name, &limit]), answer, &says);
        finding.figures = vec![
            Figure::count("records", m.records),
            Figure::count("jumps", m.jumps),
            Figure::count("jumps_between_sources", m.between_sources),
            Figure::real("greatest_speed_m_s", m.greatest_m_s),
            Figure::count("stray_positions", m.strays),
            Figure::count("switches", m.alternation.map_or(0, |a| a.switches)),
            Figure::count("smaller_track_records", m.alternation.map_or(0, |a| a.smaller)),
        ];
        let mut fastest: Vec<_> = m.fastest.iter().collect();
        fastest.sort_by(|p, q| p.faster_first(q));
        for jump in fastest.into_iter().take(NAMED) {
            finding.fixes.extend([self.cited("before", &jump.from), self.cited("after", &jump.to)]);
        }
        finding.parameters = vec![
            Figure::real("max_speed_m_s", self.params.max_speed_m_s),
            Figure::real("clock_slop_s", seconds(0, self.params.clock_slop_us)),
            Figure::real("percentile", self.params.percentile),
            Figure::count("min_switches", self.params.min_switches),
            Figure::real("unstated_m", self.reach.unstated_m),
            Figure::real("unstated_cell_m", self.reach.unstated_cell_m),
        ];
        finding.sensitivity = self.other_speeds(&m, &mut passes.other_speeds);
        finding.alternatives = texts(&[words::ALT_STRAY, words::ALT_CLOCK, words::ALT_FLIGHT, words::ALT_CLONE]);
        finding.limits = texts(&[words::LIMIT_CONSECUTIVE, words::LIMIT_MARKED]);
        finding
    }

    fn other_speeds(&self, now: &Moved, passed: &mut [Passed<Tracking>]) -> Vec<Varied> {
        let speeds = OTHER_SPEEDS.into_iter().zip(passed).filter(|(v, _)| *v != self.params.max_speed_m_s);
        let varied = speeds.map(|(max_speed_m_s, passed)| {
            // What asks for no more than a speed asks for no more than a higher one.
            let settled = now.jumps == 0 && max_speed_m_s > self.params.max_speed_m_s;
            let m = if settled { now.clone() } else { self.moved(max_speed_m_s, passed) };
            Varied {
                changed: Figure::real("max_speed_m_s", max_speed_m_s),
                answer: moved_answer(&m),
                figure: Figure::count("jumps", m.jumps),
            }
        });
        varied.collect()
    }

    fn clocks(&self, passes: &mut Passes) -> Vec<Finding> {
        let sources = sources(&mut passes.sources, self.records, &self.case.exhibits);
        passes.moving.retain(|number, _| sources.iter().any(|source| source.number == *number));
        let Some((first, others)) = sources.split_first().filter(|(_, others)| !others.is_empty()) else {
            passes.clocks.clear();
            return Vec::new();
        };
        let moving = Moving(first.number).of(self.records, passes.moving.entry(first.number).or_default());
        let moving: Vec<&[Record]> = moving.iter().map(AsRef::as_ref).collect();
        passes.clocks.retain(|(a, b), _| *a == first.number && others.iter().any(|other| other.number == *b));
        let clock = |other: &Source| {
            let known = passes.clocks.entry((first.number, other.number)).or_default();
            self.clock((first, &moving), other, known)
        };
        others.iter().map(clock).collect()
    }

    /// A source's records that can be compared and begin in a time, in order.
    fn during(&self, source: &Source, from_us: i64, to_us: i64) -> Vec<&Record> {
        let records = self.records.records();
        let from = records.partition_point(|r| r.t0_us < from_us);
        let begun = records.iter().skip(from).take_while(|r| r.t0_us <= to_us);
        begun.filter(|r| Moving(source.number).is_of(r)).collect()
    }

    fn clock(&self, (a, moving): (&Source, &[&[Record]]), b: &Source, [usual, narrow]: &mut [Known; 2]) -> Finding {
        let max_interpolation_us = self.case.params.max_interpolation_us;
        let during = |from_us, to_us| self.during(b, from_us, to_us);
        let result = usual.offset(moving, during, self.params, max_interpolation_us);
        let (p, q, name) = (a.name(), b.name(), &self.device.name);
        let (answer, says) = (clock_answer(&result), self.clock_says(&result, &p, &q));
        let question = words::QUESTION_CLOCK.fill(&[&p, &q, name]);
        let mut finding = self.finding(&format!("{p}, {q}"), &question, answer, &says);
        let offset = result.ok();
        let s = |us: fn(&ClockOffset) -> i64| offset.as_ref().map(|o| signed_s(us(o)));
        finding.figures = vec![
            Figure::maybe_real("offset_s", s(|o| o.offset_us)),
            Figure::maybe_real("offset_low_s", s(|o| o.low_us)),
            Figure::maybe_real("offset_high_s", s(|o| o.high_us)),
            Figure::maybe_real("confidence", offset.map(|o| o.confidence)),
            Figure::count("stretches", offset.map_or(0, |o| o.stretches)),
            Figure::word("first_exhibit", &*a.exhibit),
            Figure::word("second_exhibit", &*b.exhibit),
            Figure::count("first_records", a.records),
            Figure::count("second_records", b.records),
        ];
        let first = |source: &Source| self.records.records().get(source.first);
        finding.fixes.extend([a, b].into_iter().filter_map(first).map(|r| self.cited("first", r)));
        finding.parameters = vec![
            Figure::real("max_offset_s", seconds(0, self.params.max_offset_us)),
            Figure::real("max_interpolation_s", seconds(0, max_interpolation_us)),
        ];
        let params = QualityParams { max_offset_us: NARROW_OFFSET_US, ..*self.params };
        let narrow = narrow.offset(moving, during, &params, max_interpolation_us);
        finding.sensitivity = vec![Varied {
            changed: Figure::real("max_offset_s", seconds(0, NARROW_OFFSET_US)),
            answer: clock_answer(&narrow),
            figure: Figure::maybe_real("offset_s", narrow.ok().map(|o| signed_s(o.offset_us))),
        }];
        finding.alternatives = texts(&[words::ALT_DELAY]);
        finding.limits = texts(&[words::LIMIT_ONE_OFFSET, words::LIMIT_RELATIVE]);
        finding
    }

    fn clock_says(&self, result: &Result<ClockOffset, ClockRefused>, p: &str, q: &str) -> Sentence {
        let name = &self.device.name;
        let said = |us: i64| format!("{:.1}", signed_s(us));
        match result {
            Err(refused) => words::REFUSED_CLOCK.fill(&[&p, &q, name, refused]),
            Ok(o) => {
                let percent = format!("{:.1}", 100.0 * o.confidence);
                let (low, high) = (said(o.low_us), said(o.high_us));
                if o.may_agree() {
                    words::AGREE.fill(&[&p, &q, name, &low, &high, &percent, &o.stretches])
                } else {
                    let offset = format!("{:.1}", signed_s(o.offset_us).abs());
                    let way = if o.offset_us > 0 { "later" } else { "earlier" };
                    let fillings: [&dyn std::fmt::Display; 9] =
                        [&q, &offset, &way, &p, name, &low, &high, &percent, &o.stretches];
                    words::OFFSET.fill(&fillings)
                }
            }
        }
    }
}

const fn clock_answer(result: &Result<ClockOffset, ClockRefused>) -> &'static str {
    match result {
        Ok(offset) if offset.may_agree() => "agree",
        Ok(_) => "offset",
        Err(_) => "refused",
    }
}

/// Seconds, with their sign.
fn signed_s(us: i64) -> f64 {
    seconds(0, us) - seconds(us, 0)
}

const fn moved_answer(m: &Moved) -> &'static str {
    match (m.records, m.alternation, m.jumps == 0) {
        (0, _, _) => "no_data",
        (_, Some(_), _) => "alternating",
        (_, None, false) => "impossible_speed",
        (_, None, true) => "no_impossible_speed",
    }
}

fn total_us(silences: &[Gap]) -> i64 {
    silences.iter().map(Gap::length_us).fold(0, i64::saturating_add)
}

/// The longest silences, the longest first.
fn longest(silences: &[Gap]) -> Vec<Gap> {
    let mut sorted = silences.to_vec();
    sorted.sort_by_key(|g| (std::cmp::Reverse(g.length_us()), g.from_us));
    sorted.truncate(NAMED);
    sorted
}
