//! A process that stops and starts again: its open cases are in memory before the next message about them.

use std::collections::BTreeMap;
use std::time::Duration;

use locard::join::{SessionOptions, session};
use locard::model::ProximityParams;
use locard::stream::Pipeline;

use super::broker::broker;
use super::harness::{Running, assert_equal, options, runtime};
use super::memory::{Size, case_id, reference, send_burst};

const PATIENCE: Duration = Duration::from_mins(1);
const SIZE: Size = Size { cases: 12, bursts: 2, fixes: 60, memory_bytes: 64 << 20, patience: PATIENCE };

#[test]
fn open_cases_are_in_memory_again_before_anything_is_said_of_them() {
    let broker = broker("restart", 4);
    let data = tempfile::tempdir().unwrap();
    let output = broker.output();
    let fixes = usize::try_from(SIZE.cases * SIZE.bursts * SIZE.fixes).unwrap();
    runtime().block_on(async {
        let context = session(&SessionOptions { partitions: 1, ..SessionOptions::default() }).unwrap();
        let mut pipeline = Pipeline::start(&context, ProximityParams::default()).await.unwrap();
        let mut expected = BTreeMap::new();
        for case in 0..SIZE.cases {
            expected.insert(case_id(case), reference(&mut pipeline, case, SIZE).await);
        }
        let first = Running::start(options(broker.alone(), data.path()), None).await;
        send_burst(&output, 0..SIZE.cases, SIZE.fixes, 0);
        first.until_stored(SIZE.messages() - i64::from(SIZE.cases * SIZE.fixes)).await;
        assert_eq!(first.metric("locard_cases_restored_total"), 0, "what it has taken in itself it need not read");
        first.stop().await;

        let second = Running::start(options(broker.alone(), data.path()), None).await;
        let all = u64::from(SIZE.cases);
        let back = async {
            while second.metric("locard_cases_in_memory") < all {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, back).await.unwrap();
        send_burst(&output, 0..SIZE.cases, SIZE.fixes, 1);
        second.until_stored(SIZE.messages()).await;
        assert_eq!(second.metric("locard_cases_restored_total"), all, "no message had to wait for its case");
        second.stop().await;
        assert_equal(data.path(), &expected, fixes).await;
    });
}
