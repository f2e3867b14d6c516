//! The join inside larger queries: self-joins, three tables, aggregates, subqueries, limits, unions, recursion.

use datafusion::prelude::SessionContext;
use locard::join::SessionOptions;

use super::engine::{fires, open, plain_options, plan, rows, same_as_plain, set_rule};
use super::world::Row;

/// Two walks of different length that cross each other again and again.
fn context(partitions: usize) -> SessionContext {
    let walk = |n: i32, phase: f64| -> Vec<Row> {
        let row = |i: i32| {
            let turn = f64::from(i) * 0.7 + phase;
            Row {
                key: Some(if i % 3 == 0 { "a" } else { "b" }),
                u_m: (i % 7 != 0).then_some(f64::from(i % 5)),
                ..Row::at(i64::from(i), 51.5 + 5e-4 * turn.sin(), -0.1 + 8e-4 * turn.cos(), i64::from(i) * 30_000_000)
            }
        };
        (0..n).map(row).collect()
    };
    let options = SessionOptions { partitions, batch_size: 16, ..plain_options() };
    open(&options, &walk(120, 0.0), &walk(50, 0.3))
}

fn on(a: &str, b: &str, radius_m: u32) -> String {
    format!(
        "distance_m({a}.lat, {a}.lon, {b}.lat, {b}.lon) <= {radius_m} AND {a}.t0 <= {b}.t1 + 120000000 \
         AND {a}.t1 >= {b}.t0 - 120000000"
    )
}

#[test]
fn larger_queries_are_those_of_the_plain_plan() {
    let lr = on("l", "r", 60);
    let queries = [
        format!("SELECT a.id, b.id FROM l a JOIN l b ON a.k = b.k AND a.id < b.id AND {}", on("a", "b", 60)),
        format!("SELECT a.id, b.id, a.id AS again FROM l a, l b WHERE {}", on("a", "b", 30)),
        format!("SELECT l.id, r.id, c.id FROM l JOIN r ON {lr} JOIN l c ON {} AND c.id > l.id", on("r", "c", 40)),
        format!("SELECT l.id, r.id, c.id FROM l, r, l c WHERE {lr} AND {} AND l.k = c.k", on("l", "c", 20)),
        format!("SELECT l.id, count(*), min(r.id), max(r.t0) FROM l JOIN r ON {lr} GROUP BY l.id HAVING count(*) > 1"),
        format!("SELECT count(*) FROM l JOIN r ON {lr}"),
        format!("SELECT count(DISTINCT l.k) FROM l JOIN r ON {lr} AND l.k = r.k"),
        format!("SELECT 7 FROM l JOIN r ON {lr}"),
        format!("SELECT r.id, r.t1 + l.t0, l.id, r.u, l.u, l.id AS again FROM l JOIN r ON {lr}"),
        format!("SELECT r.id AS l, l.id AS r FROM l JOIN r ON {lr} WHERE r.id % 2 = 0 AND l.u + r.u > 2"),
        format!(
            "SELECT x.id, y.id FROM (SELECT id, lat + 0.0001 AS lat, lon, t0, t1 FROM l WHERE id > 10) x \
                 JOIN (SELECT max(id) AS id, lat, lon, t0, t1 FROM r GROUP BY lat, lon, t0, t1) y ON {}",
            on("x", "y", 50)
        ),
        format!("SELECT id FROM l WHERE id IN (SELECT l.id FROM l JOIN r ON {lr})"),
        format!("SELECT id, (SELECT count(*) FROM l JOIN r ON {lr}) FROM r"),
        format!("SELECT l.id, r.id FROM l JOIN r ON {lr} AND l.id > (SELECT min(id) + 5 FROM r)"),
        format!(
            "WITH p AS (SELECT l.id AS a, r.id AS b FROM l JOIN r ON {lr}) \
                 SELECT p.a, q.b FROM p JOIN p q ON p.b = q.b AND p.a < q.a"
        ),
        format!("SELECT l.id, r.id FROM l JOIN r ON {lr} UNION ALL SELECT r.id, l.id FROM r JOIN l ON {lr}"),
        format!(
            "SELECT l.id, r.id FROM l JOIN r ON {lr} UNION SELECT l.id, r.id FROM l JOIN r ON {}",
            on("l", "r", 30)
        ),
        format!(
            "SELECT l.id, r.id FROM l JOIN r ON {lr} ORDER BY distance_m(l.lat, l.lon, r.lat, r.lon), l.id, r.id LIMIT 9"
        ),
        format!(
            "SELECT l.id, r.id FROM l JOIN r ON {lr} EXCEPT SELECT l.id, r.id FROM l JOIN r ON {}",
            on("l", "r", 30)
        ),
        format!("SELECT l.id, r.id, row_number() OVER (PARTITION BY l.id ORDER BY r.id) FROM l JOIN r ON {lr}"),
        format!(
            "SELECT l.id, r.id FROM l JOIN r ON {lr} LEFT JOIN l c ON c.id = r.id AND c.k = l.k WHERE c.id IS NULL"
        ),
    ];
    for partitions in [1, 3] {
        let context = context(partitions);
        for sql in &queries {
            assert!(!same_as_plain(&context, sql).is_empty(), "{sql} finds nothing");
        }
    }
}

#[test]
fn two_distances_are_two_proximity_joins() {
    let context = context(2);
    let sql = format!("SELECT l.id FROM l JOIN r ON {} JOIN l c ON {}", on("l", "r", 60), on("r", "c", 40));
    assert_eq!(plan(&context, &sql).matches("ProximityJoinExec").count(), 2);
}

/// Any rows will do for a LIMIT, but as many as asked for and all of them pairs.
#[test]
fn a_limit_gives_pairs_and_stops() {
    let context = context(3);
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {}", on("l", "r", 60));
    let all = rows(&context, &sql);
    for limit in [0, 1, 5, 40, 100_000] {
        let some = rows(&context, &format!("{sql} LIMIT {limit}"));
        assert_eq!(some.len(), limit.min(all.len()));
        assert!(some.iter().all(|pair| all.contains(pair)));
    }
    assert_eq!(rows(&context, &format!("{sql} OFFSET 5")).len(), all.len() - 5);
}

/// Every round of a recursive query runs the join anew, on the rows of the round before.
#[test]
fn a_recursive_query_joins_anew_in_every_round() {
    let context = context(2);
    let step =
        "distance_m(chain.lat, chain.lon, l.lat, l.lon) <= 70 AND l.t0 > chain.t0 AND l.t0 <= chain.t0 + 90000000";
    let sql = format!(
        "WITH RECURSIVE chain AS (SELECT id, lat, lon, t0, 0 AS hop FROM l WHERE id = 0 UNION ALL \
         SELECT l.id, l.lat, l.lon, l.t0, hop + 1 FROM chain JOIN l ON {step} WHERE hop < 6) SELECT hop, id FROM chain"
    );
    let found = same_as_plain(&context, &sql);
    assert!(found.last().unwrap()[0] == Some(6), "{found:?}");
}

/// A plan that is run twice reads both sides anew.
#[test]
fn a_plan_can_run_again() {
    let context = context(2);
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {}", on("l", "r", 60));
    let frame = super::engine::wait(context.sql(&sql)).unwrap();
    let count = || super::engine::wait(frame.clone().count()).unwrap();
    assert_eq!(count(), rows(&context, &sql).len());
    assert_eq!(count(), count());
}

#[test]
fn empty_sides_give_no_pairs() {
    let one = [Row::at(1, 51.5, -0.1, 0)];
    let sql = format!("SELECT l.id, r.id FROM l JOIN r ON {}", on("l", "r", 60));
    let count = format!("SELECT count(*) FROM l JOIN r ON {}", on("l", "r", 60));
    for (l, r) in [(&one[..], &[][..]), (&[][..], &one[..]), (&[][..], &[][..])] {
        let context = open(&plain_options(), l, r);
        assert_eq!(rows(&context, &sql), Vec::<Vec<Option<i64>>>::new());
        assert_eq!(rows(&context, &count), vec![vec![Some(0)]]);
    }
    // Empty only once it runs: the planner cannot know.
    let context = context(2);
    let late = format!("SELECT x.id, r.id FROM (SELECT * FROM l WHERE id * 2 = 7) x JOIN r ON {}", on("x", "r", 60));
    assert!(fires(&context, &late));
    assert!(rows(&context, &late).is_empty());
    set_rule(&context, false);
    assert!(rows(&context, &late).is_empty());
}
