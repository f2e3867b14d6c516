//! Questions that compare less than all with all, against what comparing all with all gives: `visits-while-away` and
//! `presence-at-incidents` meet records by the hour, `nights-in-zone` asks what time it is in London once for the records of an hour, `impossible-speed` asks the sphere
//! first.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use locard::index::distance_m;
use locard::model::Role;
use locard::store::Table;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::answers::with;
use super::asked::{HOME, ask, world};
use super::world::{MINUTE_US, at, attributed, encounter, fix, incident, iso, place, said};

const AROUND_US: i64 = 30 * MINUTE_US;
const AWAY_M: f64 = 500.0;

/// Minutes from and to, and where: records of moments, of minutes and of many hours, some ending on the hour.
fn records(seed: u64) -> Vec<(i64, i64, (f64, f64))> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |below: u32| chance.next_u32() % below;
    let record = |n: usize| {
        let from = i64::from(draw(2_600));
        let to = from + [0, 0, 2, 60, 200][n % 5];
        (
            from,
            if n.is_multiple_of(7) { (to / 60 + 1) * 60 } else { to },
            (HOME.0 + 0.001 * f64::from(draw(12)), HOME.1),
        )
    };
    (0..24).map(record).collect()
}

#[test]
fn her_records_are_met_whatever_hours_they_and_the_visits_reach_over() {
    // Minutes from and to: of moments, of minutes and of many hours.
    let visits: Vec<(i64, i64)> =
        (0..60).zip([0, 1, 23, 60, 300].into_iter().cycle()).map(|(n, long)| (n * 37, n * 37 + long)).collect();
    let hers = records(11);
    let encounters = visits.iter().enumerate().map(|(n, (from, to))| {
        let row = encounter("C", "car", &format!("e{n:02}"), (at(*from), at(*to)), 20.0);
        with(row, &[("target_kind", "place".into()), ("target", "home".into())])
    });
    let fixes = hers.iter().zip(1..).map(|((from, to, position), id)| {
        with(fix("C", "hers", id, at(*from), *position), &[("t1", iso(at(*to)).into())])
    });
    let events =
        vec![said("C", "1", 0, place("home", HOME)), said("C", "2", 0, attributed("a", "hers", "her", Role::Victim))];
    let world = world(vec![
        (Table::Encounters, encounters.collect()),
        (Table::Fixes, fixes.collect()),
        (Table::CaseEvents, events),
    ]);
    let expected: Vec<String> = visits
        .iter()
        .enumerate()
        .map(|(n, (enter, exit))| {
            let meets =
                |r: &&(i64, i64, (f64, f64))| at(r.0) <= at(*exit) + AROUND_US && at(r.1) >= at(*enter) - AROUND_US;
            let met: Vec<_> = hers.iter().filter(meets).collect();
            let nearest = met.iter().map(|r| distance_m(r.2.0, r.2.1, HOME.0, HOME.1)).reduce(f64::min);
            let said = nearest.map_or("not known", |m| if m >= AWAY_M { "away" } else { "there" });
            let nearest = nearest.map_or(String::new(), |m| format!("{m:?}"));
            format!("e{n:02},car,home,{},{},{},{nearest},{said}", iso(at(*enter)), iso(at(*exit)), met.len())
        })
        .collect();
    assert!(["away", "there", "not known"].iter().all(|word| expected.iter().any(|row| row.ends_with(word))));
    assert_eq!(ask(&world, "visits-while-away", &["case=C"]), expected);
}

#[test]
fn his_records_are_met_whatever_hours_they_and_the_incidents_reach_over() {
    let incidents: Vec<(i64, i64)> =
        (0..40).zip([0, 1, 23, 60, 300].into_iter().cycle()).map(|(n, long)| (n * 61, n * 61 + long)).collect();
    let his: Vec<_> = ["car", "tag"].into_iter().cycle().zip(records(14)).collect();
    let fixes = his.iter().zip(1..).map(|((device, (from, to, position)), id)| {
        with(fix("C", device, id, at(*from), *position), &[("t1", iso(at(*to)).into())])
    });
    let mut events: Vec<_> = incidents
        .iter()
        .enumerate()
        .map(|(n, (from, to))| {
            said("C", &format!("i{n}"), 0, incident(&format!("I{n:02}"), (at(*from), at(*to)), HOME))
        })
        .collect();
    for device in ["car", "tag", "unheard"] {
        events.push(said("C", device, 0, attributed(device, device, "him", Role::Suspect)));
    }
    let world = world(vec![(Table::Fixes, fixes.collect()), (Table::CaseEvents, events)]);
    let mut expected = Vec::new();
    for (n, (from, to)) in incidents.iter().enumerate() {
        for device in ["car", "tag", "unheard"] {
            let of_device = his.iter().filter(|(of, _)| *of == device).map(|(_, record)| record);
            let met = of_device.filter(|r| r.0 <= to + 10 && r.1 >= from - 10);
            let metres: Vec<f64> = met.map(|r| distance_m(r.2.0, r.2.1, HOME.0, HOME.1)).collect();
            let nearest = metres.iter().copied().reduce(f64::min);
            // Ten metres are what a record of this test is unsure by.
            let said = nearest.map_or("silent", |m| if m - 10.0 <= 200.0 { "present" } else { "absent" });
            let nearest = nearest.map_or(String::new(), |m| format!("{m:?}"));
            let times = format!("{},{}", iso(at(*from)), iso(at(*to)));
            expected.push(format!("I{n:02},{times},{device},{},{nearest},{said}", metres.len()));
        }
    }
    assert!(["present", "absent", "silent"].iter().all(|word| expected.iter().any(|row| row.ends_with(word))));
    assert_eq!(ask(&world, "presence-at-incidents", &["case=C"]), expected);
}

#[test]
fn each_record_is_of_its_own_night_also_when_the_clocks_change() {
    let mut chance = ChaCha8Rng::seed_from_u64(13);
    let mut draw = |below: u32| chance.next_u32() % below;
    let london = jiff::tz::TimeZone::get("Europe/London").unwrap();
    // Two days about each of the nights of 29 March and 25 October 2026, on the hour and beside it among them.
    let minutes = (0..600).map(|n| {
        let day = if n % 2 == 0 { 26 } else { 236 };
        let minute = i64::from(draw(48 * 60));
        day * 1_440 + if n % 5 == 0 { minute / 60 * 60 - i64::from(n % 3) } else { minute }
    });
    let minutes: std::collections::BTreeSet<i64> = minutes.collect();
    let (mut fixes, mut nights) = (Vec::new(), BTreeMap::<String, (i64, i64, i64)>::new());
    for (id, minute) in (1..).zip(minutes) {
        let here = (HOME.0 + 0.001 * f64::from(draw(14)), HOME.1);
        fixes.push(fix("C", "car", id, at(minute), here));
        let away_m = distance_m(here.0, here.1, HOME.0, HOME.1);
        let local = london.to_datetime(jiff::Timestamp::from_microsecond(at(minute)).unwrap());
        if away_m > 1_000.0 || (6..22).contains(&local.hour()) {
            continue;
        }
        let evening = if local.hour() < 22 { local.date() - 1.day() } else { local.date() };
        let night = nights.entry(evening.to_string()).or_insert((at(minute), 0, 0));
        // Ten metres are what a record of this test is unsure by.
        (night.1, night.2) = (night.1 + 1, night.2 + i64::from(away_m + 10.0 <= 1_000.0));
    }
    let home = said("C", "1", 0, place("home", HOME));
    let world = world(vec![(Table::Fixes, fixes), (Table::CaseEvents, vec![home])]);
    let rows = ask(&world, "nights-in-zone", &["case=C", "place=home"]);
    let found: Vec<String> = rows
        .iter()
        .map(|row| {
            let values: Vec<_> = row.split(',').collect();
            [values[1], values[2], values[5], values[6]].join(",")
        })
        .collect();
    let expected =
        nights.into_iter().map(|(night, (first, all, surely))| format!("{night},{},{all},{surely}", iso(first)));
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert!(found.len() >= 5, "{found:?}");
}

#[test]
fn no_speed_is_lost_for_asking_the_sphere_first() {
    let mut chance = ChaCha8Rng::seed_from_u64(12);
    let mut draw = |below: u32| chance.next_u32() % below;
    // About 250 km/h along meridians and parallels, where sphere and ellipsoid differ by up to half of a hundredth.
    let (mut fixes, mut expected) = (Vec::new(), Vec::new());
    for device in 0..9_i32 {
        let name = format!("car {device}");
        let mut before: Option<(f64, f64)> = None;
        for n in 0..50_i64 {
            let (id, share) = (i64::from(device) * 100 + n, 0.98 + 0.0001 * f64::from(draw(400)));
            let step_deg = share * 250.0 / 60.0 / 111.2;
            let now = match before {
                None => (-80.0 + 20.0 * f64::from(device), 20.0),
                Some((lat, lon)) if n % 2 == 0 => (lat + step_deg, lon),
                Some((lat, lon)) => (lat, lon + step_deg / lat.to_radians().cos()),
            };
            let moved_m = before.map_or(0.0, |(lat, lon)| distance_m(lat, lon, now.0, now.1));
            if moved_m / 60.0 * 3.6 > 250.0 {
                expected.push(format!("{},{id}", id - 1));
            }
            fixes.push(with(fix("C", &name, id, at(n), now), &[("uncertainty_m", 0.0.into())]));
            before = Some(now);
        }
    }
    let world = world(vec![(Table::Fixes, fixes)]);
    let rows = ask(&world, "impossible-speed", &["case=C"]);
    let found: Vec<String> = rows.iter().map(|r| r.split(',').skip(3).take(2).collect::<Vec<_>>().join(",")).collect();
    assert!(expected.len() > 100 && expected.len() < 350, "{}", expected.len());
    assert_eq!(found, expected);
}
