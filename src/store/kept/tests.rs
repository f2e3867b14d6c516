use std::sync::Arc;

use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::physical_plan::displayable;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::KeptColumns;
use crate::store::sample::{address, fixes, of, open};
use crate::store::{Options, Store, Table, tables_at};

/// Questions of every form: no column, the log's column alone, conditions on either, an order, texts and numbers.
const ASKED: &[&str] = &[
    "SELECT count(*) FROM fixes",
    "SELECT case_id, count(*) FROM fixes GROUP BY 1 ORDER BY 1",
    "SELECT * FROM fixes ORDER BY origin_offset",
    "SELECT lon_deg, origin_offset, case_id FROM fixes WHERE case_id = 'A' ORDER BY 2",
    "SELECT device_id, t0, fix_id FROM fixes WHERE case_id = 'B' AND origin_offset BETWEEN 5 AND 33 ORDER BY fix_id",
    "SELECT fix_id FROM fixes WHERE case_id > 'A' AND lat_deg > 51.000007 ORDER BY 1",
    "SELECT fix_id FROM fixes WHERE case_id = 'A' OR origin_offset < 6 ORDER BY 1",
    "SELECT file, max(t1) FROM fixes WHERE source <> 'source 1' AND uncertainty_m IS NOT NULL GROUP BY 1 ORDER BY 1",
    "SELECT fix_id FROM fixes WHERE case_id = 'nobody'",
    "SELECT fix_id FROM fixes WHERE origin_offset < 0",
];

async fn stored(folder: &tempfile::TempDir, files: i64) -> Store {
    let store = open(folder, Options::default()).await;
    for i in 0..files {
        store.append(of(Table::Fixes, vec![fixes(0, i * 9, i * 9 + 9)])).await.unwrap();
    }
    store
}

/// The answer to a question, and whether what is kept was asked for it.
async fn asked(folder: &tempfile::TempDir, config: &SessionConfig, sql: &str) -> (String, bool) {
    let context = SessionContext::new_with_config(config.clone());
    for (table, rows) in tables_at(&address(folder)).await.unwrap() {
        context.register_table(table.name(), rows).unwrap();
    }
    let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
    let from_kept = displayable(plan.as_ref()).indent(false).to_string().contains("KeptExec");
    let rows = datafusion::physical_plan::collect(plan, context.task_ctx()).await.unwrap();
    (pretty_format_batches(&rows).unwrap().to_string(), from_kept)
}

fn config(parts: usize, batch_rows: usize, kept: Option<&Arc<KeptColumns>>) -> SessionConfig {
    let config = SessionConfig::new().with_target_partitions(parts).with_batch_size(batch_rows);
    match kept {
        Some(kept) => config.with_extension(Arc::clone(kept)),
        None => config,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_the_same_whether_columns_are_kept_or_not() {
    let folder = tempfile::tempdir().unwrap();
    stored(&folder, 5).await;
    for (parts, batch_rows) in [(1, 8_192), (2, 7), (3, 1), (64, 4)] {
        let kept = Arc::new(KeptColumns::new(1 << 20));
        let mut were_kept = Vec::new();
        for sql in ASKED {
            let (plain, _) = asked(&folder, &config(parts, batch_rows, None), sql).await;
            // The third time nothing is decoded any more.
            for _ in 0..3 {
                let (rows, from_kept) = asked(&folder, &config(parts, batch_rows, Some(&kept)), sql).await;
                assert_eq!(rows, plain, "{sql} in {parts} parts, {batch_rows} rows at once");
                were_kept.push(from_kept);
            }
        }
        // The very first reads all files as Parquet; of the last two questions no file is left to be read.
        assert_eq!(were_kept.first(), Some(&false));
        assert!(were_kept.iter().skip(1).take(3 * (ASKED.len() - 2) - 1).all(|kept| *kept), "{were_kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_meanwhile_is_read_and_a_deleted_case_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&folder, 4).await;
    let kept = Arc::new(KeptColumns::new(1 << 20));
    let config = config(2, 16, Some(&kept));
    let sql = "SELECT case_id, count(*) AS n, sum(origin_offset) AS s FROM fixes GROUP BY 1 ORDER BY 1";
    for from_kept in [false, true, true] {
        assert_eq!(asked(&folder, &config, sql).await.1, from_kept);
    }
    store.append(of(Table::Fixes, vec![fixes(0, 36, 50)])).await.unwrap();
    let (rows, from_kept) = asked(&folder, &config, sql).await;
    assert!(from_kept && rows.contains("| A       | 25 | 600 |") && rows.contains("| B       | 25 | 625 |"), "{rows}");
    store.delete_case("A").await.unwrap();
    let (rows, _) = asked(&folder, &config, sql).await;
    assert!(rows.contains("| B       | 25 | 625 |") && !rows.contains("| A "), "{rows}");
    // Once its files are gone, so is what was kept of them.
    let before = kept.len();
    kept.sweep_now();
    assert_eq!((before, kept.len()), (10, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_more_than_half_of_the_room_is_read_as_parquet() {
    let folder = tempfile::tempdir().unwrap();
    stored(&folder, 4).await;
    // 36 rows of eight bytes.
    for (bytes, expected) in [(2 * 36 * 8 - 1, false), (2 * 36 * 8, true), (0, false)] {
        let kept = Arc::new(KeptColumns::new(bytes));
        let config = config(2, 16, Some(&kept));
        asked(&folder, &config, "SELECT sum(origin_offset) FROM fixes").await;
        let (rows, from_kept) = asked(&folder, &config, "SELECT sum(origin_offset) FROM fixes").await;
        assert!(rows.contains("630"), "{rows}");
        assert_eq!(from_kept, expected, "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_not_the_rows_that_its_log_says_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    stored(&folder, 2).await;
    let kept = Arc::new(KeptColumns::new(1 << 20));
    let config = config(1, 16, Some(&kept));
    asked(&folder, &config, "SELECT count(*) FROM fixes").await;
    // The log says of files of five rows that they have six.
    let log = crate::store::sample::files_below(&folder.path().join("fixes/_delta_log"));
    for entry in log.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let said = std::fs::read_to_string(entry).unwrap();
        std::fs::write(entry, said.replace(r#"\"numRecords\":5"#, r#"\"numRecords\":6"#)).unwrap();
    }
    let context = SessionContext::new_with_config(config);
    for (table, rows) in tables_at(&address(&folder)).await.unwrap() {
        context.register_table(table.name(), rows).unwrap();
    }
    let error = context.sql("SELECT sum(origin_offset) FROM fixes").await.unwrap().collect().await.unwrap_err();
    assert!(error.to_string().contains("where its log says"), "{error}");
}
