//! Every question of `queries/`, asked of one process and of a cluster.

use std::process::Stdio;

use locard::query::questions;

use super::made_up::world;
use super::processes::{Cluster, locard, tenth, told};
use super::world::{at, iso};

/// Sums of fractions depend on their order in the last bits, in one process as in several.
const SAME: f64 = 1e-9;

/// What to ask of each question, so that there is something to say.
fn parameters(name: &str) -> Vec<String> {
    let given: Vec<(&str, String)> = match name {
        "custody-clocks" => vec![],
        "arrived-since" => vec![("case", "C 1".into()), ("since", iso(at(20_000)))],
        "dwell-heat-map" | "gaps" | "routine-places" => vec![("case", "C 1".into()), ("device", "device-01".into())],
        "first-near-address" | "nights-in-zone" => vec![("case", "C 1".into()), ("place", "home".into())],
        "impossible-speed" => vec![("case", "C 1".into()), ("fastest_kmh", "1".into())],
        "outside-authorised-period" => {
            vec![("case", "C 1".into()), ("device", "device-01".into()), ("from", iso(at(100))), ("to", iso(at(1_000)))]
        }
        "repeat-locations-before-report" => {
            vec![("case", "C 1".into()), ("reported", iso(at(50_000))), ("least_days", "1".into())]
        }
        "travel-together" => vec![("case", "C 1".into()), ("places", "1".into())],
        _ => vec![("case", "C 1".into())],
    };
    given.into_iter().flat_map(|(name, value)| ["-p".to_owned(), format!("{name}={value}")]).collect()
}

fn same(one: &str, several: &str) -> bool {
    match (one.parse::<f64>(), several.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= SAME * a.abs().max(1.0),
        _ => one == several,
    }
}

fn assert_same(name: &str, one: &str, several: &str) {
    let (one, several): (Vec<_>, Vec<_>) = (one.lines().collect(), several.lines().collect());
    assert!(one.len() > 1, "{name}: a question without an answer proves nothing");
    assert_eq!(one.len(), several.len(), "{name}: {one:#?} {several:#?}");
    for (a, b) in one.iter().zip(&several) {
        let (l, r): (Vec<_>, Vec<_>) = (a.split(',').collect(), b.split(',').collect());
        assert!(l.len() == r.len() && l.iter().zip(&r).all(|(l, r)| same(l, r)), "{name}:\n{a}\n{b}");
    }
}

#[test]
fn every_question_has_the_rows_of_one_process() {
    let (world, cluster) = (world(9, 200), Cluster::of(2));
    let data = world.folder().to_str().unwrap();
    assert!(questions().len() >= 17);
    for question in questions() {
        let given = parameters(&question.name);
        let mut words = vec!["query", &question.name, "--data", data, "--output", "csv"];
        words.extend(given.iter().map(String::as_str));
        let one = told(&words);
        words.extend(["--cluster", &cluster.address]);
        assert_same(&question.name, &one, &told(&words));
    }
    assert!(cluster.executors.iter().all(|e| e.holds_rows()), "both took part");
}

#[test]
fn sql_over_a_store_has_the_rows_of_one_process() {
    let (world, cluster) = (world(6, 100), Cluster::of(2));
    let data = world.folder().to_str().unwrap();
    for sql in [
        "SELECT count(*) AS n FROM fixes",
        "SELECT case_id, device_id, min(t0), max(h3_text(h3)) FROM fixes GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT f.fix_id, g.fix_id AS other FROM fixes f JOIN fixes g ON f.case_id = g.case_id AND f.fix_id < g.fix_id
           AND distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg) <= 50
           AND f.t0 <= g.t1 + INTERVAL '5 minutes' AND f.t1 >= g.t0 - INTERVAL '5 minutes' ORDER BY 1, 2",
        // The same join without its operator: as joins by equality and a filter.
        "SET locard.proximity_join = false; SELECT f.fix_id, g.fix_id AS other FROM fixes f JOIN fixes g
           ON f.case_id = g.case_id AND f.device_id < g.device_id AND f.t0 <= g.t1 AND f.t1 >= g.t0
           AND distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg) <= 2000 ORDER BY 1, 2",
        // Rows without a partner, by a condition that is no equality: what each task knows of them it knows alone.
        "SELECT e.encounter_id, count(f.fix_id) FROM encounters e LEFT JOIN fixes f ON f.t0 > e.enter AND f.lat_deg > 51.52
           GROUP BY 1 ORDER BY 1",
        "SELECT device_id FROM fixes f WHERE NOT EXISTS (SELECT 1 FROM encounters e WHERE e.enter < f.t0)
           GROUP BY 1 ORDER BY 1",
        "SELECT device_id, count(*) FROM fixes WHERE fix_id NOT IN (SELECT fix_id FROM proximity) GROUP BY 1 ORDER BY 1",
        // Joined by sorting there: hours without a partner beside hours with one, and a condition on columns that may not
        // be missing.
        "SELECT f.case_id, f.fix_id, e.encounter_id FROM fixes f LEFT JOIN encounters e
           ON date_trunc('hour', f.t0) = date_trunc('hour', e.enter) AND f.t0 > e.enter AND f.t1 < e.exit ORDER BY 1, 2, 3",
        "SELECT f.case_id, f.fix_id, e.encounter_id FROM encounters e RIGHT JOIN fixes f
           ON date_trunc('hour', f.t0) = date_trunc('hour', e.enter) AND f.t0 > e.enter AND f.t1 < e.exit ORDER BY 1, 2, 3",
        "SELECT f.case_id, f.fix_id, e.encounter_id FROM fixes f FULL JOIN encounters e
           ON date_trunc('hour', f.t0) = date_trunc('hour', e.enter) AND f.t0 > e.enter AND f.t1 < e.exit ORDER BY 1, 2, 3",
        "SELECT f.case_id, f.fix_id FROM fixes f WHERE NOT EXISTS (SELECT 1 FROM encounters e
           WHERE date_trunc('hour', f.t0) = date_trunc('hour', e.enter) AND f.t0 > e.enter AND f.t1 < e.exit) ORDER BY 1, 2",
        "SELECT encounter_id, rank() OVER (PARTITION BY case_id ORDER BY min_distance_m, encounter_id) AS nth,
           sum(suspect_fixes) OVER (PARTITION BY case_id, device_id) AS n FROM current_encounters WHERE case_id = 'D/2'
           ORDER BY 1",
        "SELECT fix_id, device_id, path FROM fixes WHERE case_id = 'D/2' ORDER BY t0, fix_id LIMIT 7 OFFSET 2",
        "SELECT case_id, count(*) FROM current_encounters GROUP BY 1 UNION ALL
           SELECT case_id, count(*) FROM fixes WHERE t0 > (SELECT min(enter) FROM encounters) GROUP BY 1 ORDER BY 1, 2",
    ] {
        for form in ["csv", "json"] {
            let mut words = vec!["sql", "--data", data, "--output", form, "-c", sql];
            let one = told(&words);
            words.extend(["--cluster", &cluster.address]);
            if form == "csv" { assert_same(sql, &one, &told(&words)) } else { assert_eq!(one, told(&words), "{sql}") }
        }
    }
}

#[test]
fn an_executor_that_is_killed_half_way_changes_nothing() {
    let (world, mut cluster) = (world(16, 400), Cluster::of(2));
    let data = world.folder().to_str().unwrap();
    let mut words = vec!["query", "travel-together", "-p", "case=C 1", "-p", "places=1", "-p", "radius_m=3000"];
    words.extend(["-p", "window=2 hours", "--data", data, "--output", "csv"]);
    let one = told(&words);
    words.extend(["--cluster", &cluster.address]);
    let mut asking = locard(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !cluster.executors[0].holds_rows() {
        assert!(asking.try_wait().unwrap().is_none(), "it ended before the executor had computed anything");
        tenth();
    }
    cluster.executors[0].kill();
    assert!(asking.try_wait().unwrap().is_none(), "it ended before the executor was killed");
    let ended = asking.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_same("travel-together", &one, &String::from_utf8(ended.stdout).unwrap());
}
