//! What is said of windows and contacts that were kept is what is said of all records at once.

use proptest::prelude::*;

use super::super::meeting_tests::to_and_fro;
use super::super::observed::{Contacts, contacts, stretches};
use super::super::overlap::Asked;
use super::super::sweep::Pair;
use super::super::windows::Windows;
use super::*;
use crate::encounter::Chains;
use crate::evaluate::Record;
use crate::evaluate::chunks::{Chunk, Chunked, Numbers};
use crate::evaluate::extent::reached;
use crate::evaluate::passes::Passed;
use crate::evaluate::prism::ReachParams;
use crate::model::ProximityParams;

const WHOLE: Span = Span { from_us: i64::MIN, to_us: i64::MAX };

fn asked(params: &ProximityParams, reach: &ReachParams) -> Vec<Asked> {
    let usual = Asked::of(params, reach);
    vec![usual, Asked { radius_m: 2.0 * usual.radius_m, ..usual }, Asked { speed_m_s: 2.0, ..usual }]
}

fn longest(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|s| (Reverse(s.length_us()), s.from_us));
    spans.truncate(NAMED_SPANS);
    spans
}

/// As [`Listed`] has them, to the bit.
fn listed(listed: &Listed) -> (usize, u64, Vec<Span>) {
    (listed.count, listed.total_s.to_bits(), listed.longest().collect())
}

fn of_all(spans: &[Span]) -> (usize, u64, Vec<Span>) {
    (spans.len(), total_s(spans).to_bits(), longest(spans.to_vec()))
}

/// What the windows say against what all records say at once.
fn says_the_same(
    said: &Allowed<'_>,
    (a, b): (&[Record], &[Record]),
    asked: &[Asked],
    reach: &ReachParams,
    parts: &[Span],
) {
    let pair = Pair::new(a, b, reach);
    let (coverage, all) = (pair.coverage(), pair.possible(asked));
    assert_eq!(said.coverage(), coverage);
    let never = coverage.map_or_else(Vec::new, |of| rest(of, &all[0]));
    assert_eq!(listed(said.possible()), of_all(&all[0]));
    assert_eq!(listed(said.never()), of_all(&never));
    for (question, spans) in all.iter().enumerate() {
        assert_eq!(said.is_any(question), !spans.is_empty());
        assert_eq!(said.total_s(question).to_bits(), total_s(spans).to_bits());
        assert_eq!(&said.about(question, WHOLE), spans);
        for part in parts {
            let expected = (any_shares(spans, *part), total_s(&clipped(spans, *part)));
            assert_eq!(said.during(question, *part), expected, "{part:?}");
        }
    }
    for part in parts {
        assert_eq!(said.never_s(*part).to_bits(), total_s(&clipped(&never, *part)).to_bits(), "{part:?}");
    }
}

/// Parts of the time at the ends of stretches, between them, and beyond all.
fn parts(records: &[Record], within: &[(i64, i64)]) -> Vec<Span> {
    let first_us = records.first().map_or(0, |record| record.t0_us);
    let of = |(from_s, length_s): &(i64, i64)| {
        let from_us = first_us + from_s * crate::time::US_PER_S;
        Span { from_us, to_us: from_us + length_s * crate::time::US_PER_S }
    };
    within.iter().map(of).chain([WHOLE, Span { from_us: first_us, to_us: first_us }]).collect()
}

/// A device that grows.
struct Growing {
    numbers: Numbers,
    records: Vec<Record>,
    chunks: Vec<Chunk>,
}

impl Growing {
    fn new(records: Vec<Record>) -> Self {
        let mut numbers = Numbers::default();
        let chunks = numbers.chunks(records.len(), 3);
        Self { numbers, records, chunks }
    }

    fn put(&mut self, record: Record) {
        let at = self.records.partition_point(|r| r.order(&record).is_le());
        self.records.insert(at, record);
        self.numbers.with_one(&mut self.chunks, at, 3);
    }

    fn chunked(&self) -> Chunked<'_> {
        Chunked::new(&self.records, self.chunks.clone().into())
    }

    /// A record like one of its own, a little later and elsewhere.
    fn like(&self, at: usize, later_s: i64, north: u8, radius_m: f64) -> Record {
        let own = self.records[at % self.records.len()];
        let later_us = later_s * crate::time::US_PER_S;
        let lat_deg = 51.5 + f64::from(north) * 3e-3;
        Record { t0_us: own.t0_us + later_us, t1_us: own.t1_us + later_us, lat_deg, uncertainty_m: radius_m, ..own }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_kept_says_what_all_records_say(
        his in prop::collection::vec((0_i64..900, 0_u8..12, 0_u8..6, 0_u8..5), 1..40),
        hers in prop::collection::vec((0_i64..900, 0_u8..12, 0_u8..6, 0_u8..5), 1..40),
        put in prop::collection::vec((any::<bool>(), any::<bool>(), 0..40_usize, -300..900_i64, 0_u8..12, 0_usize..4), 0..7),
        within in prop::collection::vec((-600..20_000_i64, 0..3_000_i64), 1..6)) {
        let (params, reach) = (ProximityParams::default(), ReachParams::default());
        let asked = asked(&params, &reach);
        let radii_m = [params.radius_m, 3.0 * params.radius_m];
        let mut devices = [Growing::new(to_and_fro(&his)), Growing::new(to_and_fro(&hers))];
        let (mut windows, mut met) = (Windows::default(), Contacts::default());
        let mut passed = [Passed::default(), Passed::default()];
        for step in std::iter::once(None).chain(put.into_iter().map(Some)) {
            if let Some((is_hers, at_end, at, later_s, north, radius)) = step {
                let device = &mut devices[usize::from(is_hers)];
                let (at, later_s) = if at_end { (device.records.len() - 1, later_s.abs()) } else { (at, later_s) };
                let record = device.like(at, later_s, north, [10.0, 35.0, 900.0, 3.0][radius]);
                device.put(record);
            }
            let [a, b] = [&devices[0], &devices[1]];
            let parts = parts(&a.records, &within);
            let (of_a, of_b) = (a.chunked(), b.chunked());
            let chunks = (reached(&of_a, &mut passed[0]), reached(&of_b, &mut passed[1]));
            let said = windows.possible([(&of_a, &chunks.0), (&of_b, &chunks.1)], &asked, &reach);
            says_the_same(&said, (&a.records, &b.records), &asked, &reach, &parts);
            let said = met.of(&chunks.0, &chunks.1, &radii_m, (params.window_us, params.gap_us));
            for (radius, radius_m) in radii_m.into_iter().enumerate() {
                let all = contacts(&a.records, &b.records, &ProximityParams { radius_m, ..params });
                let nearest = all.iter().min_by(|p, q| p.distance_m.total_cmp(&q.distance_m)).copied();
                prop_assert_eq!((said.contacts(radius), said.nearest(radius)), (all.len(), nearest));
                let observed = stretches(&all);
                for part in &parts {
                    prop_assert_eq!(said.shares(radius, *part), any_shares(&observed, *part));
                }
                let mut encounters = Chains::default();
                for span in &observed {
                    encounters.put(span.from_us, span.to_us, (), params.gap_us);
                }
                let encounters: Vec<(i64, i64)> = encounters.iter().map(|(from_us, chain)| (from_us, chain.end_us)).collect();
                prop_assert_eq!(said.encounters(radius, params.gap_us), encounters);
            }
        }
    }

    #[test]
    fn the_longest_are_those_of_a_sorted_list(raw in prop::collection::vec((1..9_i64, 0..5_i64), 0..24)) {
        let mut from_us = 0;
        let of = |(gap_us, length_us): (i64, i64)| {
            let span = Span { from_us: from_us + gap_us, to_us: from_us + gap_us + length_us };
            from_us = span.to_us;
            span
        };
        let spans: Vec<Span> = raw.into_iter().map(of).collect();
        let mut list = Listed::default();
        for span in &spans {
            list.push(*span);
        }
        prop_assert_eq!(listed(&list), of_all(&spans));
    }
}

#[test]
fn one_more_record_at_the_end_leaves_what_was_known_after_the_windows_before_it() {
    let raw: Vec<(i64, u8, u8, u8)> = (0..60).map(|n| (400, u8::try_from(n % 12).unwrap(), 1, 0)).collect();
    let (params, reach) = (ProximityParams::default(), ReachParams::default());
    let asked = asked(&params, &reach);
    let mut devices = [Growing::new(to_and_fro(&raw)), Growing::new(to_and_fro(&raw))];
    let mut windows = Windows::default();
    let mut places = Vec::new();
    for _ in 0..2 {
        let [of_a, of_b] = [devices[0].chunked(), devices[1].chunked()];
        let chunks = [&of_a, &of_b].map(|device| reached(device, &mut Passed::default()));
        let said = windows.possible([(&of_a, &chunks[0]), (&of_b, &chunks[1])], &asked, &reach);
        // A window that is found again has its stretches elsewhere.
        let stretches = said.windows.1.iter().map(|window| window.said.of(0).as_ptr()).collect::<Vec<_>>();
        places.push((stretches, said.windows.1.iter().map(|w| w.said.of(0).is_empty()).collect::<Vec<_>>()));
        for device in &mut devices {
            let more = device.like(59, 60, 3, 10.0);
            device.put(more);
        }
    }
    let same =
        places[0].0.iter().zip(&places[1].0).zip(&places[0].1).filter(|((p, q), is_empty)| p == q && !**is_empty);
    assert!(same.count() + 4 >= places[0].1.iter().filter(|is_empty| !**is_empty).count(), "{places:?}");
}
