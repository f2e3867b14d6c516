//! Questions about where a device went.

use locard::store::Table;

use super::asked::{FAR, HOME, ask, world};
use super::world::{at, fix, iso};

fn cell((lat, lon): (f64, f64)) -> String {
    h3o::LatLng::new(lat, lon).unwrap().to_cell(h3o::Resolution::Nine).to_string()
}

#[test]
fn dwell_by_cell_and_hour() {
    let fixes = [(0, HOME), (10, HOME), (20, HOME), (60, FAR), (70, FAR)].iter().zip(1..);
    let world = world(vec![(Table::Fixes, fixes.map(|((m, here), id)| fix("C", "car", id, at(*m), *here)).collect())]);
    let rows = ask(&world, "dwell-heat-map", &["case=C", "device=car"]);
    // Twice ten minutes, and of forty minutes the fifteen that a record may stand for; the last record stands for none.
    assert_eq!(rows, [format!("{},0,2100.0,3", cell(HOME)), format!("{},1,600.0,1", cell(FAR))]);
}

#[test]
fn routine_places_by_hour() {
    let nine = |day: i64| at(day * 1_440 + 9 * 60);
    let fixes = vec![
        fix("C", "car", 1, nine(0), HOME),
        fix("C", "car", 2, nine(1), HOME),
        fix("C", "car", 3, nine(2), FAR),
        fix("C", "car", 4, nine(2) + 1, FAR),
        fix("C", "car", 5, at(15 * 60), FAR),
    ];
    let world = world(vec![(Table::Fixes, fixes)]);
    assert_eq!(ask(&world, "routine-places", &["case=C", "device=car"]), [format!("9,{},2,3,2", cell(HOME))]);
}

#[test]
fn gaps_run_from_the_end_of_what_was_recorded() {
    let mut long = fix("C", "car", 2, at(30), HOME);
    long["t1"] = iso(at(100)).into();
    let fixes = vec![
        fix("C", "car", 1, at(0), HOME),
        long,
        // Within the long record: the silence begins with the end of that.
        fix("C", "car", 3, at(40), HOME),
        fix("C", "car", 4, at(200), FAR),
        fix("C", "other", 5, at(150), HOME),
    ];
    let world = world(vec![(Table::Fixes, fixes)]);
    let rows = ask(&world, "gaps", &["case=C", "device=car"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].starts_with(&format!("{},{},6000.0,55", iso(at(100)), iso(at(200)))), "{rows:?}");
}

#[test]
fn speed_that_is_not_possible() {
    let fixes = vec![
        fix("C", "car", 1, at(0), HOME),
        fix("C", "car", 2, at(5), FAR),
        fix("C", "car", 3, at(6), HOME),
        // 11 m in no time are within the uncertainties.
        fix("C", "tag", 4, at(0), HOME),
        fix("C", "tag", 5, at(0), (HOME.0 + 0.000_1, HOME.1)),
    ];
    let world = world(vec![(Table::Fixes, fixes)]);
    let rows = ask(&world, "impossible-speed", &["case=C"]);
    // 5.5 km in a minute are 330 km/h; in five they are not.
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].starts_with(&format!("car,{},{},2,3,", iso(at(5)), iso(at(6)))), "{rows:?}");
    assert!(rows[0].rsplit(',').next().unwrap().starts_with("33"), "{rows:?}");
}

#[test]
fn devices_that_travel_together() {
    let along = |n: i64| (51.5 + 0.01 * f64::from(i32::try_from(n).unwrap()), -0.1);
    let mut fixes = Vec::new();
    for n in 0..4 {
        fixes.push(fix("C", "phone", n, at(n * 60), along(n)));
        fixes.push(fix("C", "tag", 10 + n, at(n * 60 + 1), along(n)));
        fixes.push(fix("C", "bus", 20 + n, at(n * 60 + 1), if n == 0 { along(0) } else { FAR }));
    }
    let world = world(vec![(Table::Fixes, fixes)]);
    assert_eq!(ask(&world, "travel-together", &["case=C"]), ["phone,tag,4,4,4"]);
    assert_eq!(ask(&world, "travel-together", &["case=C", "places=1"]).len(), 3);
}
