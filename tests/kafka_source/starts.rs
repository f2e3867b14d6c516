//! Where reading starts is the store's word, and nothing is read before it is given.

use std::sync::Arc;

use locard::source::Topic;
use locard::source::kafka::{
    Assigned, Event, KafkaConfig, KafkaSource, Link, NextOffset, OutputTopic, Position, Reply,
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::broker::{broker, send};
use crate::owner::{Member, Store};

fn offsets(store: &Store, topic: Topic) -> Vec<i64> {
    store.lock().rows.iter().filter(|r| r.topic == topic).map(|r| r.offset).collect()
}

#[test]
fn reading_starts_where_the_store_says() {
    let broker = broker("stored", 1);
    let output = broker.output();
    send(&output, OutputTopic::Fixes, 0..100);
    send(&output, OutputTopic::Cases, 0..10);
    let store = Arc::new(Store::default());
    store.change(|held| held.next.insert((Topic::Fixes, 0), NextOffset::after(39)));
    let member = Member::start("stored", &broker.alone(), &store);
    store.wait("the rest", |held| held.rows.len() >= 70);
    member.stop();
    assert_eq!(offsets(&store, Topic::Fixes), (40..100).collect::<Vec<_>>(), "40 is the first not included");
    assert_eq!(offsets(&store, Topic::Cases), (0..10).collect::<Vec<_>>(), "of which the store knows nothing");
    assert!(store.lock().told.is_empty());
}

#[test]
fn what_the_group_has_committed_does_not_count() {
    let broker = broker("committed", 1);
    send(&broker.output(), OutputTopic::Fixes, 0..50);
    let full = Arc::new(Store::default());
    let member = Member::start("before", &broker.config, &full);
    full.wait("all", |held| held.rows.len() >= 50);
    member.source.committed(vec![Position { topic: Topic::Fixes, partition: 0, next: NextOffset::after(49) }]);
    member.stop();
    let empty = Arc::new(Store::default());
    let member = Member::start("after", &broker.config, &empty);
    empty.wait("all again, because the store was emptied", |held| held.rows.len() >= 50);
    member.stop();
}

#[test]
fn a_topic_made_anew_is_not_taken_for_the_old_one() {
    let broker = broker("anew", 1);
    send(&broker.output(), OutputTopic::Fixes, 0..10);
    let store = Arc::new(Store::default());
    store.change(|held| held.next.insert((Topic::Fixes, 0), NextOffset::after(999)));
    let member = Member::start("anew", &broker.alone(), &store);
    store.wait("the gap is told", |held| held.told.contains(&"gap Fixes-0 1000 0".to_owned()));
    member.wait_for(|health| health.reason.contains("made anew"));
    member.stop();
    assert!(store.lock().rows.is_empty(), "rows would be dropped as included already, without a word");
}

/// The question where to start, which must come next.
fn asked_for_starts(events: &mut UnboundedReceiver<Event>) -> (Vec<Assigned>, Reply<Vec<Position>>) {
    match events.blocking_recv() {
        Some(Event::Assign { partitions, reply }) => Some((partitions, reply)),
        _ => None,
    }
    .unwrap()
}

#[test]
fn an_owner_that_is_late_shows_and_one_that_is_gone_ends_the_source() {
    let broker = broker("late", 2);
    send(&broker.output(), OutputTopic::Fixes, 0..20);
    let config = KafkaConfig { answer_timeout_ms: 50, ..broker.alone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();

    let (source, mut events) = KafkaSource::start(&config).unwrap();
    let (mut partitions, reply) = asked_for_starts(&mut events);
    runtime.block_on(source.health().wait_for(|h| h.owner_late)).unwrap();
    assert!(partitions.iter_mut().all(|p| p.fixes.try_recv().is_err()), "nothing is read before the answer");
    reply.send(Vec::new());
    runtime.block_on(source.health().wait_for(|h| !h.owner_late)).unwrap();
    assert!(partitions.iter_mut().all(|p| p.fixes.blocking_recv().is_some()));
    // It stops although nobody answers that it may.
    runtime.block_on(source.stop());
    let asked_back = events.blocking_recv();
    assert!(
        matches!(asked_back, Some(Event::Revoke { ref partitions, .. }) if *partitions == [0, 1]),
        "{asked_back:?}"
    );

    let (source, mut events) = KafkaSource::start(&config).unwrap();
    drop(asked_for_starts(&mut events));
    let failed = runtime.block_on(async { source.health().wait_for(|h| h.link == Link::Failed).await.is_ok() });
    assert!(failed && events.blocking_recv().is_none(), "the events end with the source");
}

#[test]
fn a_source_stops_while_its_question_is_open() {
    let broker = broker("open", 2);
    let (source, mut events) = KafkaSource::start(&broker.config).unwrap();
    let (_partitions, reply) = asked_for_starts(&mut events);
    // The group waits for this member's word: it must be given, or closing waits for ever.
    futures::executor::block_on(source.stop());
    reply.send(Vec::new());
    assert!(events.blocking_recv().is_none(), "nothing was held, so nothing is asked back");

    let store = Arc::new(Store::default());
    let next_member = Member::start("next", &broker.config, &store);
    store.wait("the next member has all", |held| held.owners.len() == 2);
    next_member.stop();
}
