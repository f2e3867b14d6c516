//! Restarts, repeats and other orders change nothing.

use std::time::Duration;

use locard::simulate::feed::{FeedItem, FeedParams};
use locard::store::{Options, Store};
use url::Url;

use super::broker::broker;
use super::harness::{Said, feed, options, reference, run_until, runtime, send, stored, tables};

fn params(cases: u32) -> FeedParams {
    let mut params = FeedParams { cases, days: 1, seed: 11, ..FeedParams::default() };
    params.sampling.spacing = 3.0;
    params
}

fn count(said: &Said) -> (usize, usize) {
    said.values().fold((0, 0), |(p, e), (ps, es)| (p + ps.len(), e + es.len()))
}

async fn now(data: &std::path::Path, expected: &Said) -> Said {
    let url = Url::from_directory_path(data).unwrap();
    let store = Store::open(&url, Options::default()).await.unwrap();
    tables(&store, expected.keys().cloned()).await
}

#[test]
fn a_feed_read_whole_gives_what_one_step_gives() {
    let broker = broker("whole", 4);
    let items = feed(&params(8));
    let expected = reference(&items);
    let (proximities, encounters) = count(&expected);
    assert!(proximities > 100 && encounters > 8, "{proximities} {encounters}: a feed worth reading");
    send(&broker, &items);
    let data = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let all = i64::try_from(items.len()).unwrap();
        run_until(options(broker.config.clone(), data.path()), all, Duration::from_mins(1)).await;
        let found = now(data.path(), &expected).await;
        assert_eq!(count(&found), (proximities, encounters));
        assert!(found == expected);
    });
}

#[test]
fn instances_that_stop_and_start_and_messages_that_come_again_change_nothing() {
    let broker = broker("again", 4);
    let items = feed(&params(6));
    let expected = reference(&items);
    // Backwards, and a third of it twice.
    let mut sent: Vec<FeedItem> = items.iter().rev().cloned().collect();
    sent.extend(items.iter().step_by(3).cloned());
    send(&broker, &sent);
    let data = tempfile::tempdir().unwrap();
    runtime().block_on(async {
        let all = i64::try_from(sent.len()).unwrap();
        for round in 1..6 {
            run_until(options(broker.config.clone(), data.path()), all * round / 6, Duration::from_secs(20)).await;
        }
        run_until(options(broker.config.clone(), data.path()), all, Duration::from_mins(1)).await;
        let store = Store::open(&Url::from_directory_path(data.path()).unwrap(), Options::default()).await.unwrap();
        assert_eq!(stored(&store).await, all);
        assert!(now(data.path(), &expected).await == expected);
    });
}
