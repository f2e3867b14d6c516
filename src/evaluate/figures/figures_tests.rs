//! The figures of docs/evaluate, drawn again from made-up cases and compared; `LOCARD_BLESS=1` writes them anew.

use super::*;
use crate::evaluate::attribution::{AttributionParams, co_travel};
use crate::evaluate::coincidence::{CoincidenceParams, coincidence};
use crate::evaluate::following::{FollowingParams, following};
use crate::evaluate::incident::judge;
use crate::evaluate::meeting::meet;
use crate::evaluate::pattern::{CustodyMoment, timeline_svg};
use crate::evaluate::prism::ReachParams;
use crate::evaluate::scenes::{Authority, Presence, Ranking, SceneRate};
use crate::evaluate::visit::{VisitParams, place_visits};
use crate::evaluate::{Case, DEFAULT_MIN_GAP_US, Record, Recorded, Settings, VictimPlace, timeline_of};
use crate::model::ProximityParams;
use crate::time::{US_PER_S, ZoneRule, parse_utc};

const MIN_US: i64 = 60 * US_PER_S;
const HOUR_US: i64 = 60 * MIN_US;
const DAY_US: i64 = 24 * HOUR_US;
/// Degrees of latitude a kilometre, about.
const KM: f64 = 1.0 / 111.2;

/// A Monday at midnight, UTC.
fn monday_us() -> i64 {
    parse_utc("2025-11-03T00:00:00Z").unwrap()
}

/// A record so many kilometres north of a point in London.
fn north(t_us: i64, km: f64) -> Record {
    Record::at(t_us, 51.5 + km * KM, -0.1, 15.0)
}

fn device(records: Vec<Record>) -> Device {
    Device::new("d", "", records)
}

/// Compares with a figure of docs/evaluate.
fn figure(name: &str, svg: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/evaluate").join(name);
    if std::env::var_os("LOCARD_BLESS").is_some() {
        std::fs::write(&path, svg).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == svg, "docs/evaluate/{name} differs; LOCARD_BLESS=1 writes it anew");
}

#[test]
fn when_a_device_could_have_been_there() {
    // Six kilometres away ten minutes before the time alleged, nine kilometres away ten minutes after it.
    let t0_us = monday_us() + 20 * HOUR_US;
    let alleged = Allegation {
        reference: "CR/1".to_owned(),
        t0_us,
        t1_us: t0_us + HOUR_US,
        lat_deg: 51.5,
        lon_deg: -0.1,
        uncertainty_m: 0.0,
    };
    let phone = device(vec![north(t0_us - 10 * MIN_US, 6.0), north(t0_us + 70 * MIN_US, -9.0)]);
    let result = judge(&phone, &alleged, &ProximityParams::default(), &ReachParams::default());
    let svg = reach_svg(&alleged, &result).unwrap();
    assert!(svg.contains("walk") && svg.contains("motorway"));
    figure("reach.svg", &svg);
}

#[test]
fn when_two_could_have_been_near_each_other() {
    let hour = |n: i64| monday_us() + n * HOUR_US;
    let hers: Vec<Record> = (0..10).map(|n| north(hour(n), 0.0)).collect();
    // Too far at first, then near enough to have come and gone, then with her, then away.
    let away_km = [80.0, 160.0, 160.0, 40.0, 30.0, 0.02, 0.02, 90.0, 170.0, 170.0];
    let his: Vec<Record> = (0..).zip(away_km).map(|(n, km)| north(hour(n) + MIN_US, km)).collect();
    let result = meet(&his, &hers, &ProximityParams::default(), &ReachParams::default());
    assert!(!result.never.is_empty() && !result.possible.is_empty() && !result.observed.is_empty(), "{result:?}");
    figure("meeting.svg", &meeting_svg(&result).unwrap());
}

/// A fortnight in which a device, at home 4 km away otherwise, comes by on some mornings and stays on some evenings.
fn a_fortnight() -> Vec<Record> {
    let mut records = Vec::new();
    for day in 0..14 {
        for slot in 0..288_i64 {
            let (t_us, hour) = (monday_us() + day * DAY_US + slot * 5 * MIN_US, slot / 12);
            let passes = day % 3 == 0 && slot == 98;
            let stays = [1, 4, 8, 11].contains(&day) && (20..22).contains(&hour);
            records.push(north(t_us, if passes || stays { 0.02 } else { 4.0 }));
        }
    }
    records
}

fn home() -> VictimPlace {
    VictimPlace {
        name: "home".to_owned(),
        lat_deg: 51.5,
        lon_deg: -0.1,
        radius_m: 50.0,
        from_us: Some(monday_us() + DAY_US),
        to_us: None,
    }
}

#[test]
fn at_which_hours_visits_were() {
    let params = VisitParams::of(&ProximityParams::default(), ZoneRule::utc());
    let found = place_visits(&device(a_fortnight()), &[], &[home()], &params);
    assert_eq!((found[0].hours[8], found[0].hours[20], found[0].hours[3]), (4, 4, 0));
    figure("visits.svg", &visits_svg(&found[0]).unwrap());
}

/// Twelve days on which she cycles a winding way at eight; on the third he is ninety seconds behind, on the others elsewhere.
fn rides() -> (Device, Device) {
    let way = |step: i32| -> (f64, f64) {
        // Legs of 300 m, by turns north and east.
        let (leg, along) = (step / 6, 50.0 * f64::from(step % 6));
        let (north, east) = (f64::from((leg + 1) / 2) * 300.0, f64::from(leg / 2) * 300.0);
        if leg % 2 == 0 { (north + along, east) } else { (north, east + along) }
    };
    let ride = |from_us: i64, off_km: f64| -> Vec<Record> {
        let at = |step: i32| {
            let (north_m, east_m) = way(step);
            let (lat, lon) = (51.5 + (off_km + north_m / 1e3) * KM, -0.1 + east_m / 1e3 * KM / 0.6225);
            Record::at(from_us + i64::from(step) * 10 * US_PER_S, lat, lon, 9.0)
        };
        (0..90).map(at).collect()
    };
    let (mut his, mut hers) = (Vec::new(), Vec::new());
    for day in 0..12 {
        let from_us = monday_us() + day * DAY_US + 8 * HOUR_US;
        hers.extend(ride(from_us, 0.0));
        his.extend(if day == 2 { ride(from_us + 90 * US_PER_S, 0.0) } else { ride(from_us, 30.0) });
    }
    (device(his), device(hers))
}

#[test]
fn at_which_lag_a_device_was_on_the_path() {
    let (his, hers) = rides();
    let found = following(&his, &hers, &FollowingParams::default());
    let at = |lag_s: i64| found.curve.iter().find(|at| at.lag_us == lag_s * US_PER_S).unwrap().share;
    assert!(at(90) > 0.0 && Some(at(90)) == found.best_lag().map(|best| best.share), "{:?}", found.refusal);
    assert_eq!((at(-90), at(300)), (0.0, 0.0));
    figure("lags.svg", &lags_svg(&found).unwrap());
}

#[test]
fn how_many_encounters_chance_would_give() {
    // One of seven places, without a rhythm of weeks.
    let evening = |day: u32, of: u32| 3.0 + f64::from((day.wrapping_mul(of) >> 13) % 7);
    let (mut his, mut hers) = (Vec::new(), Vec::new());
    for day in 0..(7 * 45) {
        for hour in 0..24 {
            let t_us = monday_us() + i64::from(day) * DAY_US + hour * HOUR_US;
            let out = (18..21).contains(&hour);
            let hers_km = if out { evening(day, 2_654_435_761) } else { 0.0 };
            // Every other evening he is where she is.
            let with_her = day % 2 == 0;
            let his_km = match (out, with_her) {
                (false, _) => 20.0,
                (true, true) => hers_km,
                (true, false) => evening(day, 2_246_822_519),
            };
            hers.push(north(t_us, hers_km));
            his.push(north(t_us, his_km));
        }
    }
    let (params, how) = (ProximityParams::default(), CoincidenceParams::default());
    let found = coincidence(&device(his), &device(hers), &ZoneRule::utc(), &params, &how);
    assert_eq!(found.refusal, None);
    assert!(found.together.p_more() < 0.05, "{:?}", found.together);
    figure("chance.svg", &chance_svg(&found).unwrap());
}

#[test]
fn in_which_hours_two_devices_travel_together() {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for n in 0..(3 * 24 * 4_i32) {
        let t_us = monday_us() + i64::from(n) * 15 * MIN_US;
        let km = f64::from(n % 96) / 8.0;
        one.push(north(t_us, km));
        // On the third day the second stays behind.
        other.push(north(t_us + MIN_US, if n >= 192 { -60.0 } else { km }));
    }
    let params = AttributionParams::default();
    let found = co_travel(&device(one), &device(other), &ZoneRule::utc(), &params);
    assert!(
        found.hours_of(HourKind::Near) > 20 && found.hours_of(HourKind::Apart) > 10,
        "{:?}",
        found.separations.len()
    );
    figure("travel.svg", &travel_svg(&found, params.interval_us).unwrap());
}

#[test]
fn when_nothing_was_recorded() {
    let recorded = [(0, 9), (14, 22), (30, 31), (40, 52)];
    let records = recorded.iter().flat_map(|&(from, to)| (from * 6..=to * 6).map(|n| n * 10 * MIN_US));
    let phone = device(records.map(|us| north(monday_us() + us, 0.0)).collect());
    figure("silences.svg", &silences_svg(&phone, DEFAULT_MIN_GAP_US).unwrap());
}

#[test]
fn everything_on_one_axis() {
    let at = |text: &str| parse_utc(text).unwrap();
    let case = Case {
        suspects: vec![device(a_fortnight())],
        places: vec![home()],
        incidents: vec![Allegation {
            reference: "CR/1".to_owned(),
            t0_us: at("2025-11-07T20:00:00Z"),
            t1_us: at("2025-11-07T22:00:00Z"),
            lat_deg: 51.5,
            lon_deg: -0.1,
            uncertainty_m: 0.0,
        }],
        reports_us: vec![at("2025-11-08T09:00:00Z")],
        recorded: vec![Recorded { at_us: at("2025-11-10T11:00:00Z"), reference: "CR/1".to_owned() }],
        custody: vec![
            CustodyMoment { at_us: at("2025-11-16T07:30:00Z"), kind: "custody_started" },
            CustodyMoment { at_us: at("2025-11-16T19:00:00Z"), kind: "custody_released" },
        ],
        ..Case::default()
    };
    let rows = timeline_of(&case, &Settings::default());
    figure("timeline.svg", &timeline_svg(&rows, (1_000, 320)).unwrap());
}

#[test]
fn who_was_recorded_at_which_scenes() {
    use Presence::{Elsewhere, Excluded, Hit, NoData};
    let rates: Vec<SceneRate> = (0..5).map(|n| SceneRate { present: n, of: 1_000 }).collect();
    let authority = Authority { reference: "URN 1".to_owned(), reason: "five assaults".to_owned() };
    let mut ranking = Ranking::new(rates, authority, 2, 50).unwrap();
    let heard = [
        [Hit, NoData, Hit, Hit, Hit],
        [Hit, Excluded, Hit, Elsewhere, NoData],
        [Excluded, Hit, Hit, Excluded, Elsewhere],
        [NoData, NoData, Elsewhere, Hit, Hit],
    ];
    for (n, presences) in heard.iter().enumerate() {
        ranking.hear(&format!("device-{n}"), presences).unwrap();
    }
    let svg = scenes_svg(&ranking.finish()).unwrap();
    assert!(!svg.contains("device-"), "identifiers are not drawn");
    figure("scenes.svg", &svg);
}

#[test]
fn nothing_can_be_drawn_too() {
    let none = device(vec![]);
    assert!(silences_svg(&none, DEFAULT_MIN_GAP_US).unwrap().ends_with("</svg>\n"));
    let result = meet(&[], &[], &ProximityParams::default(), &ReachParams::default());
    assert!(meeting_svg(&result).unwrap().ends_with("</svg>\n"));
    let found = following(&none, &none, &FollowingParams::default());
    assert!(lags_svg(&found).unwrap().ends_with("</svg>\n"));
    let rates = vec![SceneRate { present: 0, of: 10 }];
    let authority = Authority { reference: "URN 1".to_owned(), reason: "an assault".to_owned() };
    let none = Ranking::new(rates, authority, 2, 50).unwrap().finish();
    assert!(scenes_svg(&none).unwrap().ends_with("</svg>\n"));
}
