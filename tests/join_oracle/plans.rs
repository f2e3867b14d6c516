//! What EXPLAIN shows when the rule fired, and what `refusals` says when it did not.

use datafusion::prelude::SessionContext;
use locard::join::{Refusal, refusals};

use super::engine::{fires, open, plain_options, rows, run, set_rule, wait};
use super::world::Row;

fn context() -> SessionContext {
    let few: Vec<Row> = (0..5).map(|i| Row::at(i, 51.5, -0.1, i)).collect();
    let many: Vec<Row> = (0..30).map(|i| Row::at(i, 51.5, -0.1, i)).collect();
    open(&plain_options(), &few, &many)
}

const CALL: &str = "distance_m(l.lat, l.lon, r.lat, r.lon)";

fn refused(context: &SessionContext, sql: &str) -> Vec<Refusal> {
    assert!(!fires(context, sql), "{sql}");
    wait(async { refusals(&context.sql(sql).await.unwrap().into_optimized_plan().unwrap()) })
}

fn explained(context: &SessionContext, sql: &str) -> String {
    let batches = run(context, sql).unwrap();
    datafusion::arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string()
}

#[test]
fn explain_shows_the_join_and_its_predicate() {
    let sql = format!("EXPLAIN SELECT l.id, r.id FROM l JOIN r ON l.k = r.k AND {CALL} <= 100 + r.u AND l.t0 < r.t1");
    let text = explained(&context(), &sql);
    for part in ["ProximityJoin: distance_m <=", "ProximityJoinExec: build=left", "r.u", "l.t0 < r.t1", "l.k = r.k"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("NestedLoopJoinExec") && !text.contains("HashJoinExec"), "{text}");
}

/// The smaller input is read whole, on whichever side of the SQL it stands.
#[test]
fn the_smaller_side_is_built() {
    let context = context();
    let text = |from: &str| super::engine::plan(&context, &format!("SELECT l.id, r.id FROM {from} ON {CALL} <= 100"));
    assert!(text("l JOIN r").contains("build=left"));
    assert!(text("r JOIN l").contains("build=right"));
}

#[test]
fn explain_analyze_counts_by_stage() {
    let sql = format!("EXPLAIN ANALYZE SELECT l.id, r.id FROM l JOIN r ON {CALL} <= 100 AND l.id <> r.id");
    let text = explained(&context(), &sql);
    for part in ["build_rows=5", "input_rows=30", "matched=150", "output_rows=145"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn refusals_say_why() {
    let context = context();
    let why = |sql: &str| match refused(&context, sql).as_slice() {
        [one] => one.clone(),
        other => panic!("{sql}: {other:?}"),
    };
    for (join, name) in [("LEFT", "Left"), ("RIGHT", "Right"), ("FULL", "Full")] {
        let sql = format!("SELECT l.id, r.id FROM l {join} JOIN r ON {CALL} <= 100");
        assert_eq!(why(&sql), Refusal::JoinType(name.to_owned()));
    }
    let exists = format!("SELECT l.id FROM l WHERE EXISTS (SELECT 1 FROM r WHERE {CALL} <= 100)");
    assert!(matches!(why(&exists), Refusal::JoinType(kind) if kind.contains("Semi")));
    for bound in [
        format!("{CALL} > 100"),
        format!("{CALL} >= 100"),
        format!("{CALL} = 100"),
        format!("{CALL} <= 100 OR l.id = r.id"),
        format!("{CALL} * 2 <= 100"),
        format!("{CALL} <= 100 AND {CALL} * 2 <= 100 OR l.id + r.id = 3"),
        format!("NOT ({CALL} <= 100)"),
    ] {
        let refusal = why(&format!("SELECT l.id, r.id FROM l JOIN r ON {bound}"));
        assert!(matches!(refusal, Refusal::Unbounded(_)), "{bound}: {refusal}");
    }
    for radius in ["greatest(l.u, r.u)", "l.u * r.u", "l.u + (r.u + l.u)", "100 - (l.u + r.u)"] {
        let refusal = why(&format!("SELECT l.id, r.id FROM l JOIN r ON {CALL} <= {radius}"));
        assert!(matches!(refusal, Refusal::Radius(_)), "{radius}: {refusal}");
    }
    for arguments in ["l.lat, r.lon, r.lat, l.lon", "l.lat, l.lon, l.lat, l.lon + r.lon", "l.lat, 0, r.lat, r.lon"] {
        let refusal = why(&format!("SELECT l.id, r.id FROM l JOIN r ON distance_m({arguments}) <= 1"));
        assert!(matches!(refusal, Refusal::Arguments(_)), "{arguments}: {refusal}");
    }
    let volatile = format!("SELECT l.id, r.id FROM l JOIN r ON {CALL} <= 100 * random()");
    assert!(matches!(why(&volatile), Refusal::Volatile(_)), "one draw a pair is not one draw a query");
}

#[test]
fn switched_off_says_so_and_switched_on_fires() {
    let context = context();
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {CALL} <= 100");
    set_rule(&context, false);
    assert_eq!(refused(&context, &sql), vec![Refusal::Off]);
    set_rule(&context, true);
    assert!(fires(&context, &sql));
    let mut options = plain_options();
    options.proximity_join = false;
    let off = open(&options, &[Row::at(1, 0.0, 0.0, 0)], &[Row::at(2, 0.0, 0.0, 0)]);
    assert_eq!(refused(&off, &sql), vec![Refusal::Off]);
}

/// No refusal where nothing is refused, and none of a distance that joins nothing.
#[test]
fn a_distance_elsewhere_is_not_a_refusal() {
    let context = context();
    for sql in [
        "SELECT distance_m(lat, lon, 51.0, 0.0) FROM l WHERE distance_m(lat, lon, 51.0, 0.0) > 5".to_owned(),
        format!("SELECT {CALL} FROM l JOIN r ON l.id = r.id"),
        "SELECT l.id FROM l JOIN r ON l.id = r.id AND distance_m(l.lat, l.lon, 51.0, 0.0) < 5".to_owned(),
    ] {
        assert_eq!(refused(&context, &sql), Vec::new(), "{sql}");
    }
    let above = format!("SELECT id FROM (SELECT l.id AS id, {CALL} AS d FROM l JOIN r ON {CALL} <= 100) WHERE d >= 0");
    assert!(fires(&context, &above));
    assert_eq!(rows(&context, &above).len(), 150);
}
