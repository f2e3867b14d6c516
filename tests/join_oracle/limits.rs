//! Memory: a pool that is too small is an error that names the join, and one that is large enough is enough.

use datafusion::common::DataFusionError;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt as _;
use locard::join::SessionOptions;

use super::engine::{open, pairs, plain_options, rows, run, wait};
use super::world::Row;

const SQL: &str = "SELECT count(*) FROM l JOIN r ON l.k = r.k AND distance_m(l.lat, l.lon, r.lat, r.lon) <= 50 \
                   AND l.t0 <= r.t1 + 1000000 AND l.t1 >= r.t0 - 1000000";

fn line(n: i32) -> Vec<Row> {
    (0..n).map(|i| Row::at(i64::from(i), 51.5 + 1e-5 * f64::from(i), -0.1, i64::from(i) * 1_000_000)).collect()
}

#[test]
fn a_small_pool_is_an_error_that_names_the_join() {
    let (left, right) = (line(20_000), line(30_000));
    let (mut refused, mut answered) = (0, 0);
    for kib in [1, 100, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 5_000, 6_000, 8_000, 64_000] {
        let options = SessionOptions { memory_bytes: kib << 10, partitions: 2, ..plain_options() };
        match run(&open(&options, &left, &right), SQL) {
            Ok(_) => answered += 1,
            Err(e) => {
                assert!(matches!(e.find_root(), DataFusionError::ResourcesExhausted(_)), "{e}");
                assert!(e.to_string().contains("ProximityJoin"), "{e}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 4 && answered >= 2, "{refused} refused, {answered} answered");
}

/// Tables of the index are dropped and made anew where memory is short: the answer is the same, whatever the order.
#[test]
fn a_pool_too_small_for_all_tables_gives_the_same_count() {
    let (left, right) = (line(20_000), line(20_000));
    // Neighbours lie in other buckets: 7 919 is prime.
    let mixed: Vec<Row> = (0..20_000).map(|i| right[i * 7_919 % 20_000].clone()).collect();
    let all = rows(&open(&plain_options(), &left, &right), SQL);
    for (right, partitions) in [(&right, 1), (&right, 2), (&mixed, 1), (&mixed, 2)] {
        let options = SessionOptions { partitions, batch_size: 512, memory_bytes: TIGHT_BYTES, ..plain_options() };
        assert_eq!(rows(&open(&options, &left, right), SQL), all, "{partitions} partitions");
    }
}

/// Enough for the rows, the items and a few tables, not for all tables.
const TIGHT_BYTES: usize = 3 << 20;

/// Tables of one large batch reach the join as many slices of one buffer: it is held once, so it counts once.
#[test]
fn slices_of_one_buffer_count_once() {
    let (left, right) = (line(40_000), line(60_000));
    // The build side's columns are under 2 MB, its index under 8 MB.
    let options = SessionOptions { memory_bytes: 16 << 20, batch_size: 256, ..plain_options() };
    let context = locard::join::session(&options).unwrap();
    for (name, rows) in [("l", &left), ("r", &right)] {
        let table = super::world::table(rows, 1, usize::MAX);
        context.register_table(name, std::sync::Arc::new(table)).unwrap();
    }
    assert!(run(&context, SQL).is_ok(), "{:?}", run(&context, SQL).err());
}

/// One row that meets everything does not make one batch of everything.
#[test]
fn batches_of_pairs_keep_to_the_batch_size() {
    let (few, many) = (line(3), line(5_000));
    let options = SessionOptions { batch_size: 100, ..plain_options() };
    for (l, r) in [(&few, &many), (&many, &few)] {
        let context = open(&options, l, r);
        // The text of a plan with the large side built, and with the small one built: a filter hides the sizes.
        for hidden in ["", " AND l.id >= 0 AND r.id + l.id >= 0"] {
            let sql =
                format!("SELECT l.id, r.id FROM l JOIN r ON distance_m(l.lat, l.lon, r.lat, r.lon) <= 1e9{hidden}");
            let sizes: Vec<usize> = wait(async {
                let plan = context.sql(&sql).await.unwrap().create_physical_plan().await.unwrap();
                let stream = execute_stream(plan, context.task_ctx()).unwrap();
                stream.map(|batch| batch.unwrap().num_rows()).collect().await
            });
            assert_eq!(sizes.iter().sum::<usize>(), 15_000);
            assert!(sizes.iter().all(|n| *n <= 100), "a batch of {} pairs", sizes.iter().max().unwrap());
            assert_eq!(pairs(&context, &sql).len(), 15_000);
        }
    }
}
