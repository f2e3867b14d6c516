//! What a viewer may see is the same, wherever the question is answered.

use std::sync::Arc;

use locard::access::Stretch;
use locard::cluster::{Cluster as Remote, Share};
use locard::query::Limits;

use super::made_up::world;
use super::processes::Cluster;
use super::world::{at, lines, session_of};

const QUESTIONS: [&str; 7] = [
    "SELECT case_id, count(*), count(DISTINCT device_id), min(t0), max(t1) FROM fixes GROUP BY 1 ORDER BY 1",
    "SELECT case_id, device_id, fixes FROM devices ORDER BY 1, 2",
    "SELECT case_id, encounter_id FROM encounters ORDER BY 1, 2",
    "SELECT t.case_id, t.name, count(*) FROM targets t JOIN fixes f ON f.t0 >= t.t0 GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT count(*) FROM fixes f JOIN fixes g ON f.fix_id <= g.fix_id
       AND distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg) <= 100",
    // A condition that fails on rows of the other case must not be asked of them.
    "SELECT count(*) FROM fixes WHERE 1 / CASE WHEN case_id = 'C 1' THEN 0 ELSE 1 END = 1",
    // Stays here: it cannot be carried.
    "WITH RECURSIVE r AS (SELECT count(*) AS n FROM fixes UNION ALL SELECT n - 7 FROM r WHERE n > 7) SELECT min(n) FROM r",
];

#[test]
fn a_viewer_sees_the_same_rows_and_no_others() {
    let (world, cluster) = (world(4, 60), Cluster::of(2));
    let part = Stretch { from_us: Some(at(60)), until_us: Some(at(400)) };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let elsewhere = Arc::new(Remote::new(cluster.address.parse().unwrap(), Share::From(0)));
        let (here, there) = (world.desk(), world.desk().with_elsewhere(elsewhere));
        for cases in [vec![("D/2", part)], vec![("D/2", Stretch::default())], vec![]] {
            let one = session_of(&here, &cases, Limits::default()).await;
            let several = session_of(&there, &cases, Limits::default()).await;
            for sql in QUESTIONS {
                let rows = lines(&several, sql).await.unwrap();
                assert_eq!(rows, lines(&one, sql).await.unwrap(), "{cases:?} {sql}");
                assert!(rows.iter().all(|r| !r.contains("C 1")), "{rows:?}");
            }
        }
    });
    assert!(cluster.executors.iter().any(|e| e.holds_rows()), "the cluster took part");
}
