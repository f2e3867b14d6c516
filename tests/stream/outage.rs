//! The brokers are killed in the middle of a feed and come back: it is waited for, said, and changes nothing.

use std::sync::Arc;

use locard::simulate::feed::{FeedParams, FeedWriter as _, KafkaWriter};
use locard::source::kafka::{Health, Link};

use super::broker::on;
use super::harness::{Running, assert_equal, feed, options, reference_and_fixes, runtime};
use super::victim::Victim;

#[test]
fn brokers_killed_and_restarted_in_the_middle_of_a_feed_change_nothing() {
    let Some((victim, servers)) = Victim::start("stream-outage") else { return };
    let broker = on("stream-outage", servers, 4);
    let mut params = FeedParams { cases: 8, days: 1, seed: 12, ..FeedParams::default() };
    params.sampling.spacing = 2.0;
    let items = feed(&params);
    let (expected, fixes) = reference_and_fixes(&items);
    let data = tempfile::tempdir().unwrap();
    let mut writer = KafkaWriter::new(Arc::new(broker.output()));
    runtime().block_on(async {
        let mut running = Running::start(options(broker.config.clone(), data.path()), None).await;
        let (before, after) = items.split_at(items.len() / 2);
        for item in before {
            writer.write(item).unwrap();
        }
        running.until_stored(1).await;
        // Half of what was sent is on its way, in one direction or the other.
        victim.order("kill");
        for item in after {
            writer.write(item).unwrap();
        }
        let down = running.until(|h| h.kafka.as_ref().is_some_and(|k| k.link == Link::Down)).await;
        println!("stream-outage: {down:?}");
        assert!(!down.kafka.unwrap().reason.is_empty(), "it says why");
        assert!(running.waits());

        victim.order("restart");
        running.until(|h| h.kafka.as_ref().is_some_and(Health::is_ready)).await;
        tokio::task::block_in_place(|| writer.finish()).unwrap();
        running.until_stored(i64::try_from(items.len()).unwrap()).await;
        running.stop().await;
        assert_equal(data.path(), &expected, fixes).await;
    });
}
