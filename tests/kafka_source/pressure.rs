//! A slow reader holds up its own partition and nobody else, and the scheduler's word is followed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use locard::source::Topic;
use locard::source::kafka::{BlockLimits, KafkaConfig, NextOffset, OutputTopic, Permit, partition_of};

use crate::broker::{PATIENCE, broker, send};
use crate::owner::{Held, Member, Store};

const PARTITIONS: i32 = 4;

/// How many of the numbers below `n` lie in a partition, by the rule of `send`.
fn expected(n: usize, partition: i32) -> usize {
    (0..n).filter(|i| partition_of(format!("case-{}", i % 100).as_bytes(), PARTITIONS) == partition).count()
}

fn stored(held: &Held, partition: i32) -> usize {
    held.rows.iter().filter(|r| r.topic == Topic::Fixes && r.partition == partition).count()
}

#[test]
fn a_slow_reader_pauses_its_partition_and_keeps_its_membership() {
    const ALL: usize = 20_000;
    let broker = broker("pressure", PARTITIONS);
    let blocks = BlockLimits { messages: 50, waiting: 2, ..BlockLimits::default() };
    let mut config = KafkaConfig { blocks, ..broker.config.clone() };
    // A member that stopped polling would be out after six seconds.
    config.librdkafka.insert("max.poll.interval.ms", "6000");
    let store = Arc::new(Store::default());
    store.change(|held| held.blocked.insert(0));
    let member = Member::start("slow", &config, &store);
    let output = broker.output();
    send(&output, OutputTopic::Fixes, 0..ALL);
    store.wait("the others go on", |held| (1..PARTITIONS).all(|p| stored(held, p) == expected(ALL, p)));

    // The wait is the test: longer than a member may stop polling.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::sleep(Duration::from_secs(8)).await });
    let lag = member.source.lag(PATIENCE).unwrap();
    let unread = |p: i32| lag.iter().find(|l| l.topic == Topic::Fixes && l.partition == p).map(|l| l.unread);
    assert_eq!((unread(1), unread(2), unread(3)), (Some(0), Some(0), Some(0)));
    let waiting = usize::try_from(unread(0).unwrap()).unwrap();
    let taken = expected(ALL, 0) - waiting;
    assert!(waiting > 0 && taken <= 50 * 40, "of {} only a few are in memory, not {taken}", expected(ALL, 0));
    assert_eq!(stored(&store.lock(), 0), 0);

    store.change(|held| held.blocked.clear());
    store.wait("all rows", |held| held.rows.len() >= ALL);
    send(&output, OutputTopic::Fixes, ALL..ALL + 100);
    store.wait("it goes on", |held| held.rows.len() >= ALL + 100);
    member.stop();
    assert_eq!(store.numbers(Topic::Fixes), (0..ALL + 100).collect::<Vec<_>>());
    let held = store.lock();
    assert!(held.told.is_empty() && held.faults.is_empty(), "{:?} {:?}", held.told, held.faults);
}

#[test]
fn only_what_is_permitted_is_read_and_case_events_always() {
    const ALL: usize = 2_000;
    let broker = broker("throttle", PARTITIONS);
    let output = broker.output();
    send(&output, OutputTopic::Fixes, 0..ALL);
    send(&output, OutputTopic::Cases, 0..ALL);
    let store = Arc::new(Store::default());
    // Paused before its first message, a partition must still begin where the store says.
    store.change(|held| held.next.insert((Topic::Fixes, 0), NextOffset::after(4)));
    let member = Member::start("throttled", &broker.alone(), &store);
    let throttle = member.source.throttle();
    throttle.set(Permit::Only(BTreeSet::from([2])));
    store.wait("all events", |held| held.rows.iter().filter(|r| r.topic == Topic::Cases).count() == ALL);
    store.wait("the permitted one", |held| stored(held, 2) == expected(ALL, 2));
    assert_eq!([0, 1, 3].map(|p| stored(&store.lock(), p)), [0, 0, 0]);
    throttle.set(Permit::All);
    store.wait("the rest", |held| held.rows.len() >= 2 * ALL - 5);
    member.stop();
    let held = store.lock();
    assert_eq!(
        [0, 1, 2, 3].map(|p| stored(&held, p)),
        [0, 1, 2, 3].map(|p| expected(ALL, p) - if p == 0 { 5 } else { 0 })
    );
    assert!(held.told.is_empty(), "{:?}", held.told);
}
