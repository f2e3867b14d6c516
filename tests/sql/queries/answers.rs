//! Questions about encounters, places, incidents and what arrived.

use locard::model::{CaseChange, CustodyChange, CustodyStep, DataRequest, Role};
use locard::store::Table;
use serde_json::Value;

use super::asked::{FAR, HOME, ask, world};
use super::world::{World, at, attributed, encounter, fix, incident, iso, place, proximity, said};

pub fn with(mut row: Value, others: &[(&str, Value)]) -> Value {
    for (name, value) in others {
        row[*name] = value.clone();
    }
    row
}

#[test]
fn encounters() {
    let weak = with(encounter("C", "car", "e2", (at(50), at(50)), 90.0), &[("p_within_max", 0.1.into())]);
    let rows =
        vec![encounter("C", "car", "e1", (at(10), at(20)), 40.0), weak, encounter("D", "car", "e3", (0, 1), 1.0)];
    let world = world(vec![(Table::Encounters, rows)]);
    let all = ask(&world, "encounters", &["case=C"]);
    assert_eq!(
        all[0],
        "car,victim_fix,phone of C,2026-03-02T00:10:00Z,2026-03-02T00:20:00Z,600.0,probable,0.9,40.0,3,false,e1"
    );
    assert_eq!(all.len(), 2);
    assert_eq!(ask(&world, "encounters", &["case=C", "least_p=0.5"]).len(), 1);
}

#[test]
fn nearest_approach_per_day_by_the_days_of_those_who_live_there() {
    let late_in_may = at(90 * 1_440 + 23 * 60 + 30);
    let rows = vec![
        proximity("C", "car", 1, at(10), 40.0),
        proximity("C", "car", 2, at(20), 30.0),
        proximity("C", "car", 3, at(1_500), 20.0),
        proximity("C", "car", 4, late_in_may, 10.0),
        proximity("D", "car", 5, at(10), 1.0),
    ];
    let world = world(vec![(Table::Proximity, rows)]);
    let expected = [
        "2026-03-02,car,place,30.0,0.9,2",
        "2026-03-03,car,place,20.0,0.9,1",
        // 23:30 UTC is half past midnight of the first of June.
        "2026-06-01,car,place,10.0,0.9,1",
    ];
    assert_eq!(ask(&world, "nearest-approach-per-day", &["case=C"]), expected);
}

#[test]
fn visits_while_she_was_away_there_or_nobody_knows() {
    let visit = |id, from, to| {
        with(
            encounter("C", "car", id, (at(from), at(to)), 20.0),
            &[("target_kind", "place".into()), ("target", "home".into())],
        )
    };
    let world = world(vec![
        (Table::Encounters, vec![visit("e1", 10, 20), visit("e2", 600, 610), visit("e3", 2_000, 2_010)]),
        (
            Table::Fixes,
            vec![
                fix("C", "hers", 1, at(15), FAR),
                fix("C", "hers", 2, at(605), HOME),
                fix("C", "car", 3, at(2_005), HOME),
            ],
        ),
        (
            Table::CaseEvents,
            vec![
                said("C", "1", 0, place("home", HOME)),
                said("C", "2", 0, attributed("a", "hers", "her", Role::Victim)),
                said("C", "3", 0, attributed("b", "car", "him", Role::Suspect)),
            ],
        ),
    ]);
    let rows = ask(&world, "visits-while-away", &["case=C"]);
    let ends: Vec<_> = rows.iter().map(|r| (r.split(',').next().unwrap(), r.rsplit(',').next().unwrap())).collect();
    assert_eq!(ends, [("e1", "away"), ("e2", "there"), ("e3", "not known")]);
    assert!(rows[0].contains(",1,55"), "5.5 km: {}", rows[0]);
}

#[test]
fn presence_absence_and_silence_are_three_things() {
    let world = world(vec![
        (
            Table::Fixes,
            vec![fix("C", "car", 1, at(40), HOME), fix("C", "car", 2, at(310), FAR), fix("C", "car", 3, at(900), HOME)],
        ),
        (
            Table::CaseEvents,
            vec![
                said("C", "1", 0, attributed("b", "car", "him", Role::Suspect)),
                said("C", "2", 0, incident("I1", (at(30), at(60)), HOME)),
                said("C", "3", 0, incident("I2", (at(300), at(330)), HOME)),
                said("C", "4", 0, incident("I3", (at(600), at(630)), HOME)),
            ],
        ),
    ]);
    let rows = ask(&world, "presence-at-incidents", &["case=C"]);
    let ends: Vec<_> = rows.iter().map(|r| (r.split(',').next().unwrap(), r.rsplit(',').next().unwrap())).collect();
    assert_eq!(ends, [("I1", "present"), ("I2", "absent"), ("I3", "silent")]);
    assert!(ask(&world, "presence-at-incidents", &["case=C", "window=5 hours"])[2].ends_with("present"));
}

#[test]
fn first_time_near_an_address() {
    let fixes = vec![
        fix("C", "car", 1, at(10), FAR),
        fix("C", "car", 2, at(20), HOME),
        fix("C", "car", 3, at(1_500), HOME),
        fix("C", "tag", 4, at(5), FAR),
    ];
    let world = world(vec![(Table::Fixes, fixes), (Table::CaseEvents, vec![said("C", "1", 0, place("home", HOME))])]);
    let expected = format!("car,{},{},2,2", iso(at(20)), iso(at(1_500)));
    assert_eq!(ask(&world, "first-near-address", &["case=C", "place=home"]), [expected]);
}

#[test]
fn devices_at_several_scenes_and_how_many_by_chance() {
    let scene = |n: i64| (51.5 + 0.1 * f64::from(i32::try_from(n).unwrap()), -0.1);
    let mut fixes: Vec<_> = (0..3).map(|n| fix("C", "x", n, at(n * 600), scene(n))).collect();
    fixes.extend((0..3).map(|n| fix("C", &format!("other{n}"), 10 + n, at(n * 600), scene(n))));
    fixes.push(fix("C", "nowhere", 20, at(0), (50.0, 1.0)));
    let events = (0..3)
        .map(|n| said("C", &n.to_string(), 0, incident(&format!("I{n}"), (at(n * 600), at(n * 600 + 5)), scene(n))));
    let world = world(vec![(Table::Fixes, fixes), (Table::CaseEvents, events.collect())]);
    // No other days: one half at each scene. All three with an eighth: five eighths of a device of five.
    assert_eq!(ask(&world, "present-at-scenes", &["case=C"]), ["x,3,3,5,0.625"]);
    assert_eq!(ask(&world, "present-at-scenes", &["case=C", "least=1"]).len(), 4);
}

#[test]
fn places_again_and_again_before_the_report() {
    let times = [at(10), at(1_450), at(2_900), at(15)];
    let there = [HOME, HOME, HOME, FAR];
    let rows = |of: fn(i64, i64, (f64, f64)) -> Value| -> Vec<Value> {
        (0..4_i64).zip(times).zip(there).map(|((n, t), here)| of(n, t, here)).collect()
    };
    let world = world(vec![
        (Table::Fixes, rows(|n, t, here| fix("C", "car", n, t, here))),
        (Table::Proximity, rows(|n, t, _| proximity("C", "car", n, t, 10.0))),
    ]);
    let reported = format!("reported={}", iso(at(2_000)));
    let rows = ask(&world, "repeat-locations-before-report", &["case=C", &reported]);
    let cell = h3o::LatLng::new(HOME.0, HOME.1).unwrap().to_cell(h3o::Resolution::Nine);
    assert_eq!(rows, [format!("car,{cell},2,{},{},2", iso(at(10)), iso(at(1_450)))]);
}

#[test]
fn nights_in_a_zone_are_named_by_their_evening_and_the_edge_is_told_apart() {
    let hour = |day: i64, hour: i64| at(day * 1_440 + hour * 60);
    let edge = (HOME.0 + 0.008_95, HOME.1);
    let fixes = vec![
        fix("C", "car", 1, hour(0, 23), HOME),
        fix("C", "car", 2, hour(1, 2), HOME),
        fix("C", "car", 3, hour(1, 12), HOME),
        fix("C", "car", 4, hour(3, 23), edge),
        fix("C", "car", 5, hour(4, 23), FAR),
    ];
    let world = world(vec![(Table::Fixes, fixes), (Table::CaseEvents, vec![said("C", "1", 0, place("home", HOME))])]);
    let rows = ask(&world, "nights-in-zone", &["case=C", "place=home"]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].starts_with("car,2026-03-02,") && rows[0].ends_with(",2,2"), "{rows:?}");
    assert!(rows[1].starts_with("car,2026-03-05,") && rows[1].ends_with(",1,0"), "{rows:?}");
}

#[test]
fn records_outside_the_period() {
    let fixes = [0, 100, 149, 150, 200].iter().zip(1..).map(|(minute, id)| fix("C", "car", id, at(*minute), HOME));
    let world = world(vec![(Table::Fixes, fixes.collect())]);
    let (from, to) = (format!("from={}", iso(at(50))), format!("to={}", iso(at(150))));
    let rows = ask(&world, "outside-authorised-period", &["case=C", "device=car", &from, &to]);
    let row = |lies, n, first, last| format!("exhibit of C,car.csv,{lies},{n},{},{}", iso(at(first)), iso(at(last)));
    assert_eq!(rows, [row("after", 2, 150, 200), row("before", 1, 0, 0)]);
}

#[test]
fn requests_with_what_is_due_and_what_lies_outside() {
    let request = |id: &str, device: &str, (from, to): (i64, i64), due: Option<i64>| {
        CaseChange::Requested(DataRequest {
            request_id: id.to_owned(),
            holder: "an operator".to_owned(),
            authority: "URN 1".to_owned(),
            device_id: device.to_owned(),
            from_us: at(from),
            to_us: at(to),
            requested_us: at(0),
            due_us: due.map(at),
        })
    };
    let back = CaseChange::RequestReturned { request_id: "r1".to_owned(), at_us: at(70), exhibit: String::new() };
    let events = vec![
        said("C", "1", 0, request("r1", "car", (0, 100), Some(90))),
        said("C", "2", 1, request("r2", "car", (100, 150), Some(95))),
        said("C", "3", 1, request("r3", "phone", (0, 10), None)),
        said("C", "4", 70, back),
        said("D", "5", 0, request("r4", "car", (0, 1_000), None)),
        said("C", "6", 1, request("r5", "tag", (0, 10), Some(80))),
        said("C", "7", 2, CaseChange::RequestWithdrawn { request_id: "r5".to_owned() }),
    ];
    let fixes = [0, 99, 100, 149, 150, 200].iter().zip(1..).map(|(minute, id)| fix("C", "car", id, at(*minute), HOME));
    let world = world(vec![(Table::Fixes, fixes.collect()), (Table::CaseEvents, events)]);
    let rows = ask(&world, "requests-and-records", &["case=C"]);
    let ends: Vec<_> = rows.iter().map(|r| (&r[..2], r.rsplit(',').take(2).collect::<Vec<_>>())).collect();
    assert_eq!(ends, [("r2", vec!["2", "2"]), ("r3", vec!["0", "0"]), ("r1", vec!["2", "2"])], "{rows:?}");
}

#[test]
fn what_arrived_since() {
    let mut world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    world.now_us = at(5_000);
    runtime.block_on(world.write(Table::Fixes, &[fix("C", "car", 1, at(100), HOME)]));
    world.now_us = at(6_000);
    runtime.block_on(world.write(Table::Fixes, &[fix("C", "car", 2, at(50), HOME), fix("D", "car", 3, at(50), HOME)]));
    let since = format!("since={}", iso(at(5_000)));
    let row = format!("car,exhibit of C,1,{0},{0},{1},{1}", iso(at(50)), iso(at(6_000)));
    assert_eq!(ask(&world, "arrived-since", &["case=C", &since]), [row]);
}

#[test]
fn custody_clocks() {
    let step = |id: &str, event: &str, step| {
        let change = CustodyChange { custody_id: id.to_owned(), subject_id: "him".to_owned(), step };
        said("C", event, 0, CaseChange::Custody(change))
    };
    let started = |us| CustodyStep::Started { relevant_us: us, authorised_us: None, indictable: true };
    let events = vec![
        step("old", "1", started(at(0))),
        step("old", "2", CustodyStep::Released { at_us: at(60) }),
        step("new", "3", started(at(100))),
        step("new", "4", CustodyStep::Extended { at_us: at(200) }),
    ];
    let world = world(vec![(Table::CaseEvents, events)]);
    let rows = ask(&world, "custody-clocks", &[]);
    let extended = format!("C,new,him,{},superintendent's extension,{}", iso(at(100)), iso(at(100 + 36 * 60)));
    assert!(rows[0].starts_with(&extended), "{rows:?}");
    assert!(rows.len() == 2 && rows[1].starts_with("C,old,him,"), "who is still detained comes first: {rows:?}");
}
