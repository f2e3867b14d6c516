//! What ends a query.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use futures::StreamExt as _;
use locard::access::Stretch;
use locard::query::{Limits, QueryError, Session, Stated};
use locard::store::Table;

use super::world::{World, at, batches, fix, lines, session_of};

async fn session(limits: Limits) -> (World, locard::query::Desk, Session) {
    let world = World::new();
    let rows: Vec<_> = (0..2_000).map(|n| fix("a", "phone", n, at(n), (51.5, -0.1))).collect();
    world.write(Table::Fixes, &rows).await;
    let (world, desk) = world.desk_kept();
    let session = session_of(&desk, &[("a", Stretch::default())], limits).await;
    (world, desk, session)
}

/// The limit that an error names.
fn limit(error: &QueryError) -> Option<&'static str> {
    match error {
        QueryError::Limit { limit, .. } => Some(limit),
        QueryError::Engine(e) => match e.find_root() {
            DataFusionError::External(inner) => limit(inner.downcast_ref::<QueryError>()?),
            _ => None,
        },
        _ => None,
    }
}

const SHORT: Limits = Limits { wall_time: Duration::from_secs(1), rows: 1_000_000, memory_bytes: 64 << 20, at_once: 1 };

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_end_ends_with_its_time_and_leaves_the_next_its_turn() {
    let (_world, _desk, session) = session(SHORT).await;
    for endless in [
        "SELECT count(*) FROM fixes a CROSS JOIN fixes b CROSS JOIN fixes c CROSS JOIN fixes d",
        "SELECT sum(a.fix_id * b.row) FROM fixes a JOIN fixes b ON a.fix_id <> b.fix_id JOIN fixes c ON b.row <> c.row",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
    ] {
        let error = batches(&session, endless).await.unwrap_err();
        assert!(matches!(limit(&error), Some("time" | "memory")), "{endless}: {error}");
        assert_eq!(lines(&session, "SELECT 1").await.unwrap(), ["1"], "after {endless}");
    }
}

/// How often the function `counted` was called, which a session is given.
fn counting(session: &Session) -> Arc<AtomicU64> {
    let calls = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&calls);
    let count = move |args: &[ColumnarValue]| {
        seen.fetch_add(1, Ordering::SeqCst);
        Ok(args[0].clone())
    };
    let function = create_udf("counted", vec![DataType::Int64], DataType::Int64, Volatility::Volatile, Arc::new(count));
    session.context().register_udf(function);
    calls
}

/// Waits until nothing calls the function any more, while other queries are answered; false if that never comes.
async fn falls_silent(session: &Session, calls: &AtomicU64) -> bool {
    for _ in 0..200 {
        let before = calls.load(Ordering::SeqCst);
        for _ in 0..5 {
            assert_eq!(lines(session, "SELECT 1").await.unwrap(), ["1"]);
        }
        if calls.load(Ordering::SeqCst) == before {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_stops_when_rows_are_let_go_of_and_when_time_is_up() {
    let (_world, _desk, session) = session(Limits { at_once: 2, ..SHORT }).await;
    let calls = counting(&session);
    let pairs = "fixes a CROSS JOIN fixes b CROSS JOIN fixes c";
    let plan = session.plan(&format!("SELECT counted(a.fix_id + c.row) FROM {pairs}")).await.unwrap();
    let mut rows = session.run(plan).await.unwrap();
    assert!(rows.next().await.unwrap().is_ok());
    drop(rows);
    assert!(falls_silent(&session, &calls).await, "it goes on though nobody reads it");
    assert!(calls.load(Ordering::SeqCst) > 0, "it had begun");
    // It gives no row before its end, so that only its own yielding lets it be stopped.
    let error = batches(&session, &format!("SELECT sum(counted(a.fix_id + c.row)) FROM {pairs}")).await.unwrap_err();
    assert_eq!(limit(&error), Some("time"), "{error}");
    assert!(falls_silent(&session, &calls).await, "it goes on though its time is up");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_past_the_limit_are_not_given() {
    let (_world, _desk, session) = session(Limits { rows: 1_999, wall_time: Duration::from_mins(5), ..SHORT }).await;
    assert_eq!(limit(&batches(&session, "SELECT * FROM fixes").await.unwrap_err()), Some("rows"));
    assert_eq!(lines(&session, "SELECT fix_id FROM fixes LIMIT 1999").await.unwrap().len(), 1_999);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_past_the_limit_is_not_taken() {
    let small = Limits { wall_time: Duration::from_mins(5), memory_bytes: 16 << 20, ..SHORT };
    let (_world, _desk, session) = session(small).await;
    let pairs = "(SELECT a.fix_id * 2000 + b.fix_id AS k FROM fixes a CROSS JOIN fixes b)";
    let sql = format!("SELECT count(*) FROM {pairs} x JOIN {pairs} y ON x.k = y.k");
    let error = batches(&session, &sql).await.unwrap_err();
    assert_eq!(limit(&error), Some("memory"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_its_turns_in_all_its_sessions_and_rows_let_go_of_give_one_back() {
    let (_world, desk, first) = session(Limits { wall_time: Duration::from_mins(5), ..SHORT }).await;
    let second = session_of(&desk, &[("a", Stretch::default())], *first.limits()).await;
    let endless = "SELECT a.fix_id FROM fixes a CROSS JOIN fixes b CROSS JOIN fixes c";
    let mut rows = first.run(first.plan(endless).await.unwrap()).await.unwrap();
    assert!(rows.next().await.unwrap().is_ok());
    let error = second.run(second.plan("SELECT 1").await.unwrap()).await.err().unwrap();
    assert_eq!(limit(&error), Some("queries at once"));
    drop(rows);
    assert_eq!(lines(&second, "SELECT 1").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_be_planned_is_refused_and_what_is_just_small_enough_is_planned() {
    let (_world, _desk, session) = session(Limits { wall_time: Duration::from_mins(5), ..SHORT }).await;
    let million = format!("SELECT 1 FROM fixes WHERE fix_id IN ({})", vec!["7"; 1_000_000].join(","));
    assert_eq!(limit(&session.plan(&million).await.unwrap_err()), Some("size"));
    let deep = format!("SELECT {}", vec!["1"; 600].join("+"));
    assert_eq!(limit(&session.plan(&deep).await.unwrap_err()), Some("size"));
    let fits = [
        (format!("SELECT {}", vec!["1"; 500].join("+")), "500"),
        (format!("SELECT {}", vec!["true"; 500].join(" and ")), "true"),
        (format!("SELECT count(*) FROM fixes WHERE {}", vec!["fix_id = 7"; 200].join(" or ")), "1"),
    ];
    for (deep, expected) in fits {
        assert_eq!(lines(&session, &deep).await.unwrap(), [expected]);
    }
    // Deeper than the parser goes is an error of the parser, and nothing breaks.
    assert!(session.plan(&format!("SELECT {}1{}", "(".repeat(4_000), ")".repeat(4_000))).await.is_err());
    let wide = format!(
        "SELECT count(*) FROM fixes WHERE fix_id IN ({})",
        (0..4_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
    );
    assert_eq!(lines(&session, &wide).await.unwrap(), ["2000"]);
}

/// Tables that are never found, as in a store that does not answer.
#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl SchemaProvider for Silent {
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, _name: &str) -> datafusion::error::Result<Option<Arc<dyn TableProvider>>> {
        std::future::pending().await
    }

    fn table_exist(&self, _name: &str) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planning_without_end_ends_with_its_time_and_leaves_the_next_its_turn() {
    let (_world, _desk, session) = session(SHORT).await;
    let catalog = session.context().catalog(&session.context().catalog_names()[0]).unwrap();
    catalog.register_schema("silent", Arc::new(Silent)).unwrap();
    for asked in [session.clone(), session.stating(Stated::default())] {
        let error = asked.plan("SELECT * FROM silent.x").await.unwrap_err();
        assert_eq!(limit(&error), Some("time"), "{error}");
    }
    assert_eq!(lines(&session, "SELECT 1").await.unwrap(), ["1"]);
    // What planning took is not there for running: nothing is left.
    let spent = session.stating(Stated::default());
    let plan = spent.plan("SELECT count(*) FROM fixes").await.unwrap();
    assert_eq!(limit(&spent.plan("SELECT * FROM silent.x").await.unwrap_err()), Some("time"));
    let ended = match spent.run(plan).await {
        Ok(mut rows) => QueryError::Engine(rows.next().await.unwrap().unwrap_err()),
        Err(error) => error,
    };
    assert_eq!(limit(&ended), Some("time"), "{ended}");
}
