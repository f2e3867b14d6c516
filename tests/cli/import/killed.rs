//! Imports that are killed anywhere and given again: everything is there once.

use std::time::Duration;

use super::equal::{of_report, of_store};
use super::run::{Place, check, walk};

const FIXES: u32 = 20_000;

/// Waits without a timer: until a child has ended or so long has passed.
fn wait(child: &mut std::process::Child, most: Duration) -> bool {
    let (_bell, timer) = std::sync::mpsc::channel::<()>();
    _ = timer.recv_timeout(most);
    child.try_wait().unwrap().is_some()
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let place = Place::new();
    let s = place.write("s.csv", walk("S", FIXES, 51.5) + "S,gps,2025-06-20T00:00:00Z,,91,0,,\n");
    let v = place.write("v.csv", walk("V", 600, 51.5003));
    place.imported(&["--case", "C", "--subject", "victim", &v]);
    let suspect = ["--case", "C", "--subject", "suspect", &s];
    let mut killed = 0;
    for millis in (60..).step_by(150).take(12) {
        let mut child = place.command("import", &suspect).stdout(std::process::Stdio::null()).spawn().unwrap();
        if wait(&mut child, Duration::from_millis(millis)) {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
    }
    assert!(killed > 1, "it ended before it was killed");
    place.imported(&suspect);

    let fresh = Place::new();
    fresh.imported(&["--case", "C", "--subject", "victim", &v]);
    fresh.imported(&suspect);
    for query in [
        "SELECT count(*) AS n, count(DISTINCT fix_id) AS d, sum(\"row\") AS s FROM fixes",
        "SELECT count(*) AS n FROM rejects",
        "SELECT kind, count(*) AS n FROM case_events GROUP BY kind ORDER BY kind",
        "SELECT name, finished, count(*) AS n FROM exhibits GROUP BY name, finished ORDER BY name, finished",
        "SELECT content_id, encounter_id, enter, \"exit\" FROM current_encounters ORDER BY content_id",
        "SELECT proximity_id, distance_m, p_within FROM current_proximity ORDER BY proximity_id",
    ] {
        assert_eq!(place.sql(query), fresh.sql(query), "{query}");
    }
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes"), i64::from(FIXES) + 600);
    assert!(place.count("SELECT count(*) AS n FROM current_encounters") > 0);
}

#[test]
fn two_imports_at_once_both_succeed() {
    let place = Place::new();
    let (s, v) = (place.write("s.csv", walk("S", 3_000, 51.5)), place.write("v.csv", walk("V", 3_000, 51.5003)));
    let start = |role, file: &str| {
        let mut command = place.command("import", &["--case", "C", "--subject", role, file]);
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut both = [start("suspect", &s), start("victim", &v)];
    let ended = both.each_mut().map(|child| child.wait().unwrap().code());
    assert_eq!(ended, [Some(0), Some(0)]);
    assert_eq!(of_store(&place, "C"), of_report(&check(&["--suspect", &s, "--victim", &v])));
    assert_eq!(place.count("SELECT count(*) AS n FROM fixes"), 6_000);
}
