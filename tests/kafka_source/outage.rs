//! Brokers go away and come back: it is waited for, shown, and nothing is lost.

use std::sync::Arc;

use locard::source::Topic;
use locard::source::kafka::{Link, OutputTopic};

use crate::broker::{PATIENCE, mock, numbered, on, send};
use crate::owner::{Member, Store};
use crate::victim::Victim;

#[test]
fn a_broker_that_cannot_be_reached_is_waited_for() {
    let broker = mock("unreachable", 2);
    let embedded = broker.embedded.as_ref().unwrap();
    let output = broker.output();
    let store = Arc::new(Store::default());
    let member = Member::start("waits", &broker.alone(), &store);
    send(&output, OutputTopic::Fixes, 0..100);
    store.wait("the first hundred", |held| held.rows.len() >= 100);
    member.wait_for(locard::source::kafka::Health::is_ready);

    embedded.set_reachable(false);
    member.wait_for(|health| health.link == Link::Down);
    for n in 100..200 {
        output.send(&numbered(OutputTopic::Fixes, "case", &n.to_string())).unwrap();
    }
    embedded.set_reachable(true);
    member.wait_for(|health| health.link == Link::Up);
    assert_eq!(output.flush(PATIENCE).unwrap().delivered, 100, "what was sent meanwhile is delivered");
    store.wait("the second hundred", |held| held.rows.len() >= 200);
    member.stop();
    assert_eq!(store.numbers(Topic::Fixes), (0..200).collect::<Vec<_>>());
}

#[test]
fn a_broker_killed_and_restarted_costs_nothing() {
    let Some((victim, servers)) = Victim::start("killed") else { return };
    let broker = on("killed", servers, 4);
    let output = broker.output();
    let store = Arc::new(Store::default());
    let member = Member::start("survivor", &broker.config, &store);
    send(&output, OutputTopic::Fixes, 0..5_000);
    send(&output, OutputTopic::Cases, 0..500);
    // A link that was never up does not go down.
    member.wait_for(|health| health.link == Link::Up);

    // In the middle of sending and reading.
    let ticket = |n: usize| locard::source::kafka::Record { ticket: n, ..numbered(OutputTopic::Fixes, "case-1", "") };
    for n in 5_000..7_000 {
        let payload = n.to_string();
        let record = locard::source::kafka::Record { payload: Some(payload.as_bytes()), ..ticket(n) };
        output.send_waiting(&record, PATIENCE).unwrap();
    }
    victim.order("kill");
    member.wait_for(|health| health.link == Link::Down);
    for n in 7_000..8_000 {
        let payload = n.to_string();
        let record = locard::source::kafka::Record { payload: Some(payload.as_bytes()), ..ticket(n) };
        output.send_waiting(&record, PATIENCE).unwrap();
    }
    victim.order("restart");
    member.wait_for(|health| health.link == Link::Up);
    let flushed = output.flush(PATIENCE).unwrap();
    assert_eq!((flushed.delivered, flushed.failed.as_slice()), (3_000, [].as_slice()));
    store.wait("all rows", |held| held.rows.len() >= 8_500);
    member.stop();
    assert_eq!(store.numbers(Topic::Fixes), (0..8_000).collect::<Vec<_>>(), "each once");
    assert_eq!(store.numbers(Topic::Cases), (0..500).collect::<Vec<_>>());
    assert!(store.lock().faults.is_empty());
}
