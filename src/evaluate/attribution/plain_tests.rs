//! What two devices say in the plain way: everything is looked through, nothing is remembered, nothing is cut in chunks.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::changed_tests::{MINUTE_US, dense, device, params, rows};
use super::places::cell;
use super::stretch::Cut;
use super::switches::{Switch, gap_us};
use super::two::Two;
use super::*;
use crate::evaluate::{Device, Record};
use crate::index::distance_m;
use crate::time::ZoneRule;

/// The switches: both lists are walked through together.
fn walked<'a>(a: &'a [Record], b: &'a [Record], max_us: i64) -> Vec<Switch<'a>> {
    let all = a.iter().map(|a| (a, true)).chain(b.iter().map(|b| (b, false)));
    let mut all: Vec<(&Record, bool)> = all.collect();
    all.sort_by_key(|(record, is_a)| (record.t0_us, !is_a));
    let neighbours = all.windows(2).filter(|two| two[0].1 != two[1].1);
    let switch = |two: &[(&'a Record, bool)]| {
        let (a, b) = if two[0].1 { (two[0].0, two[1].0) } else { (two[1].0, two[0].0) };
        Switch { a, b, gap_us: gap_us(a, b) }
    };
    neighbours.map(switch).filter(|switch| switch.gap_us <= max_us).collect()
}

/// The stretches with what they are and the pair that stands for each, as text: positions may be no numbers.
fn hours(a: &Device, b: &Device, zone: &ZoneRule, params: &AttributionParams, apart: &[Separation]) -> Vec<String> {
    let AttributionParams { interval_us, interval_start_us, .. } = *params;
    let cut = Cut { zone: zone.clone(), interval_us, interval_start_us };
    let number = |record: &Record| cut.stretches().of(record);
    let mut stretches: BTreeMap<i64, (Vec<Switch<'_>>, bool)> = BTreeMap::new();
    for switch in walked(a.records(), b.records(), params.max_delay_us) {
        if number(switch.a) == number(switch.b) {
            stretches.entry(number(switch.a)).or_default().0.push(switch);
        }
    }
    for separation in apart {
        stretches.entry(number(&separation.a)).or_default().1 = true;
    }
    let elsewhen = |stretch: i64, record: &Record| {
        let there = b.records().iter().filter(|other| cell(other) == cell(record) && number(other) != stretch);
        cell(record).map(|_| there.count())
    };
    let away_m = |s: &Switch<'_>| distance_m(s.a.lat_deg, s.a.lon_deg, s.b.lat_deg, s.b.lon_deg);
    let near = |s: &Switch<'_>| {
        let radii_m = s.a.radius_at_m(params.percentile) + s.b.radius_at_m(params.percentile);
        away_m(s) <= params.radius_m + radii_m
    };
    let hour = |(stretch, (switches, apart)): (&i64, &(Vec<Switch<'_>>, bool))| {
        let kind = match (apart, switches.iter().any(near)) {
            (true, _) => HourKind::Apart,
            (false, true) => HourKind::Near,
            (false, false) => HourKind::Undecided,
        };
        let seen = switches.iter().filter_map(|s| Some((elsewhen(*stretch, s.b)?, s)));
        let order = |s: &Switch<'_>, t: &Switch<'_>| s.gap_us.cmp(&t.gap_us).then(s.a.order(t.a)).then(s.b.order(t.b));
        let rarest = seen.min_by(|(m, s), (n, t)| m.cmp(n).then(order(s, t)));
        let pair = rarest.map(|(seen, s)| (s.a, s.b, s.gap_us, away_m(s), seen));
        format!("{:?}", (cut.wall_us(*stretch), kind, pair))
    };
    stretches.iter().map(hour).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn switches_are_those_of_walking_through_both(
        a in prop_oneof![rows(40), dense(12)], b in prop_oneof![rows(40), dense(30)], max in 0..60_i64) {
        let (a, b) = (device("a", &a), device("b", &b));
        let two = Two::of(a.records(), b.records());
        let found: Vec<Switch<'_>> = (0..two.few.len()).flat_map(|at| two.switches(at, max * MINUTE_US)).collect();
        let pointers = |switches: &[Switch<'_>]| {
            switches.iter().map(|s| (std::ptr::from_ref(s.a), std::ptr::from_ref(s.b), s.gap_us)).collect::<Vec<_>>()
        };
        let expected = walked(a.records(), b.records(), max * MINUTE_US);
        prop_assert_eq!(pointers(&found), pointers(&expected));
    }

    #[test]
    fn hours_are_those_of_looking_through_everything(
        a in prop_oneof![rows(60), dense(12)], b in prop_oneof![rows(60), rows(10), dense(30)],
        minutes in prop_oneof![Just(60), Just(20), Just(7)], validated in any::<bool>()) {
        let (a, b) = (device("a", &a), device("b", &b));
        let (zone, params) = (ZoneRule::parse("Europe/London").unwrap(), params(minutes, validated));
        let found = co_travel(&a, &b, &zone, &params);
        let text = |hour: &Hour| {
            let pair = hour.pair.as_ref().map(|p| (p.a, p.b, p.gap_us, p.distance_m, p.seen_there));
            format!("{:?}", (hour.wall_us, hour.kind, pair))
        };
        let expected = hours(&a, &b, &zone, &params, &found.separations);
        prop_assert_eq!(found.hours.iter().map(text).collect::<Vec<_>>(), expected);
        let few = |s: &Separation| if a.records().len() <= b.records().len() { s.a } else { s.b };
        prop_assert!(found.separations.is_sorted_by(|s, t| few(s).order(&few(t)).is_le()), "in order of time");
        prop_assert!(found.ratios().is_empty() || validated);
    }
}
