//! The brokers are killed in the middle of a feed and come back: it is waited for, said, and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use locard::simulate::feed::{FeedParams, FeedWriter as _, KafkaWriter};
use locard::source::kafka::Link;
use locard::stream::Instance;
use locard::time::SystemClock;
use tokio::sync::watch;

use super::broker::on;
use super::harness::{assert_equal, feed, options, reference_and_fixes, runtime, until_stored};
use super::victim::Victim;

const PATIENCE: Duration = Duration::from_mins(2);

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
        let options = options(broker.config.clone(), data.path());
        let instance = Instance::open(options, Arc::new(SystemClock), None).await.unwrap();
        let (store, mut health) = (instance.store(), instance.health());
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(instance.run(stopped));

        let (before, after) = items.split_at(items.len() / 2);
        before.iter().for_each(|item| writer.write(item).unwrap());
        tokio::time::timeout(PATIENCE, until_stored(&store, 1)).await.unwrap();
        // Half of what was sent is on its way, in one direction or the other.
        victim.order("kill");
        after.iter().for_each(|item| writer.write(item).unwrap());
        let down = health.wait_for(|h| h.kafka.as_ref().is_some_and(|k| k.link == Link::Down));
        let down = tokio::time::timeout(PATIENCE, down).await.unwrap().unwrap().clone();
        println!("stream-outage: {down:?}");
        assert!(!down.kafka.unwrap().reason.is_empty(), "it says why");
        assert!(!running.is_finished(), "it waits");

        victim.order("restart");
        let up = health.wait_for(|h| h.kafka.as_ref().is_some_and(locard::source::kafka::Health::is_ready));
        tokio::time::timeout(PATIENCE, up).await.unwrap().unwrap();
        tokio::task::block_in_place(|| writer.finish()).unwrap();
        let all = i64::try_from(items.len()).unwrap();
        tokio::time::timeout(PATIENCE, until_stored(&store, all)).await.unwrap();
        stop.send_replace(true);
        running.await.unwrap().unwrap();
        assert_equal(data.path(), &expected, fixes).await;
    });
}
