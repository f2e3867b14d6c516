//! The same files through `locard check` and through imports: the same encounters and proximities.

use std::collections::BTreeSet;

use locard::model::ProximityParams;
use locard::store::{Options, Store};
use locard::stream::hold_to_params;
use serde_json::Value;

use super::run::{Place, check, walk};

/// What an encounter of the report and a row of the table have in common.
pub fn of_report(report: &Value) -> BTreeSet<String> {
    let each = report["encounters"].as_array().unwrap().iter();
    each.map(|e| format!("{} {} {}", e["id"].as_str().unwrap(), e["device"].as_str().unwrap(), e["grade"])).collect()
}

pub fn of_store(place: &Place, case: &str) -> BTreeSet<String> {
    let query = format!("SELECT content_id, device_id, grade FROM current_encounters WHERE case_id = '{case}'");
    let row = |e: &Value| {
        format!("{} {} {}", e["content_id"].as_str().unwrap(), e["device_id"].as_str().unwrap(), e["grade"])
    };
    place.sql(&query).iter().map(row).collect()
}

/// The pairs of all encounters: the suspect's row, the distance and the grade of each.
fn pairs_of_report(report: &Value) -> Vec<String> {
    let encounters = report["encounters"].as_array().unwrap().iter();
    let rows = encounters.flat_map(|e| e["rows"].as_array().unwrap());
    let pair = |r: &Value| {
        let s = &r["suspect"];
        let row = (&s["exhibit"], &s["row"], &s["path"].as_str().unwrap());
        format!("{row:?} {} {} {}", r["distance_m"], r["grade"], r["p_within"])
    };
    let mut pairs: Vec<String> = rows.map(pair).collect();
    pairs.sort();
    pairs
}

fn pairs_of_store(place: &Place) -> Vec<String> {
    let query = "SELECT f.exhibit, f.\"row\", coalesce(f.path, '') AS path, p.distance_m, p.grade, p.p_within
        FROM current_proximity p JOIN fixes f ON f.fix_id = p.fix_id AND f.case_id = p.case_id";
    let pair = |r: &Value| {
        let row = (&r["exhibit"], &r["row"], &r["path"].as_str().unwrap());
        format!("{row:?} {} {} {}", r["distance_m"], r["grade"], r["p_within"])
    };
    let mut pairs: Vec<String> = place.sql(query).iter().map(pair).collect();
    pairs.sort();
    pairs
}

/// The demo's case: handset, call data, number plates, a victim's phone, two places, two incidents.
#[test]
fn the_encounters_of_a_case_are_those_of_a_check_of_its_files() {
    let place = Place::new();
    let folder = place.name("demo");
    let demo = locard::cli::demo::prepare(folder.as_ref(), locard::simulate::DEMO_SEED).unwrap();
    let mut args: Vec<String> = demo.arguments.iter().map(|a| a.to_str().unwrap().to_owned()).collect();
    args.remove(0);
    let all: Vec<&str> = args.iter().map(String::as_str).collect();
    let report = check(&all);
    let expected = of_report(&report);
    assert!(expected.len() > 3, "{expected:?}");

    let given = |option: &str| -> Vec<&str> { all.windows(2).filter(|w| w[0] == option).map(|w| w[1]).collect() };
    let zone = given("--zone")[0];
    // The victim last of all, and after the incidents: every order gives the same.
    place.imported(&[&["--case", "C", "--subject", "suspect", "--zone", zone][..], &given("--suspect")].concat());
    place.imported(&[&["--case", "C", "--subject", "unknown", "--zone", zone][..], &given("--incidents")].concat());
    for home in given("--place") {
        place.imported(&["--case", "C", "--place", home]);
    }
    let last =
        place.imported(&[&["--case", "C", "--subject", "victim", "--zone", zone][..], &given("--victim")].concat());
    assert_eq!(of_store(&place, "C"), expected);
    assert!(last.contains("opened"), "{last}");

    let expected = pairs_of_report(&report);
    assert!(expected.len() > 1_000 && pairs_of_store(&place) == expected, "{:?}", expected.first());
    // Each fix once, and each incident.
    let fixes: u64 =
        report["exhibits"].as_array().unwrap().iter().map(|e| e["counts"]["fixes"].as_u64().unwrap()).sum();
    assert_eq!(place.count("SELECT count(DISTINCT fix_id) AS n FROM fixes"), i64::try_from(fixes).unwrap());
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes"), i64::try_from(fixes).unwrap());
}

#[test]
fn an_import_takes_the_parameters_that_the_store_was_begun_with() {
    let place = Place::new();
    let (s, v) = (place.write("s.csv", walk("S", 400, 51.5)), place.write("v.csv", walk("V", 400, 51.5006)));
    let params = ProximityParams { radius_m: 50.0, exit_radius_m: 50.0, gap_us: 30_000_000, ..Default::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = url::Url::from_directory_path(place.data()).unwrap();
        let store = Store::open(&url, Options::default()).await.unwrap();
        hold_to_params(&store, &params).await.unwrap();
    });
    place.imported(&["--case", "C", "--subject", "suspect", &s]);
    place.imported(&["--case", "C", "--subject", "victim", &v]);
    let files = ["--suspect", &s, "--victim", &v];
    let expected = of_report(&check(&[&files[..], &["--radius-m", "50", "--gap-s", "30"]].concat()));
    assert_eq!((of_store(&place, "C"), expected.is_empty()), (expected.clone(), false));
    assert_ne!(of_report(&check(&files)), expected, "the usual parameters say something else");
}

#[test]
fn an_import_given_again_adds_nothing_and_says_so() {
    let place = Place::new();
    let (s, v) = (place.write("s.csv", walk("S", 400, 51.5)), place.write("v.csv", walk("V", 400, 51.5005)));
    let suspect = ["--case", "C", "--subject", "suspect", &s];
    place.imported(&suspect);
    let opened = place.imported(&["--case", "C", "--subject", "victim", &v]);
    assert!(opened.contains("encounters: 1 opened"), "{opened}");
    let tables = ["fixes", "case_events", "proximity", "encounters", "rejects", "exhibits"];
    let counts = || tables.map(|t| place.count(&format!("SELECT count(*) AS n FROM {t}")));
    let before = counts();
    let again = place.imported(&suspect);
    assert!(again.contains("imported already: nothing is added") && again.contains("none changed"), "{again}");
    // The same bytes under another name are the same exhibit, and read in another way add no record.
    let renamed = place.write("copy of s.csv", walk("S", 400, 51.5));
    place.imported(&["--case", "C", "--subject", "suspect", &renamed]);
    let zoned = place.imported(&["--case", "C", "--subject", "suspect", "--zone", "Europe/London", &s]);
    assert!(zoned.contains("fixes: 0 new, 400 already there"), "{zoned}");
    assert_eq!(&counts()[..5], &before[..5]);
    // In another case it is another matter.
    place.imported(&["--case", "D", "--subject", "suspect", &s]);
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes WHERE case_id = 'D'"), 400);
    assert_eq!(of_store(&place, "D").len(), 0);
    assert_eq!(std::fs::read_dir(place.path().join("data/exhibits")).unwrap().count(), 2);
}

#[test]
fn only_the_device_that_was_asked_for_is_taken_as_a_check_does() {
    let place = Place::new();
    let both = walk("S1", 300, 51.5) + walk("S2", 300, 51.5).split_once('\n').unwrap().1;
    let (s, v) = (place.write("s.csv", both), place.write("v.csv", walk("V", 300, 51.5003)));
    let expected = of_report(&check(&["--suspect", &s, "--victim", &v, "--suspect-device", "S2"]));
    assert_eq!(expected.len(), 1);
    place.imported(&["--case", "C", "--subject", "suspect", "--device", "S2", &s]);
    place.imported(&["--case", "C", "--subject", "victim", &v]);
    assert_eq!(of_store(&place, "C"), expected);
    let missing = place.import(&["--case", "C", "--subject", "suspect", "--device", "S9", &s]);
    assert_eq!(missing.code, 1);
    assert!(missing.notes.contains("--device S9: s.csv has no fix of it"), "{missing:?}");
    assert_eq!(place.count("SELECT count(*) AS n FROM case_events WHERE body LIKE '%S9%'"), 0);
}
