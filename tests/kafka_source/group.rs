//! Members come and go, and nothing is lost, doubled or held by two.

use std::collections::BTreeSet;
use std::sync::Arc;

use locard::source::Topic;
use locard::source::kafka::{Output, OutputTopic};

use crate::broker::{broker, send};
use crate::owner::{Held, Member, Store};

const PARTITIONS: i32 = 8;

fn members(held: &Held) -> BTreeSet<&str> {
    held.owners.values().map(String::as_str).collect()
}

fn all_held_by(held: &Held, wanted: &[&str]) -> bool {
    held.owners.len() == PARTITIONS as usize && members(held) == wanted.iter().copied().collect()
}

/// Sends to both topics, so that both must follow.
fn wave(output: &Output, from: usize) {
    send(output, OutputTopic::Fixes, from..from + 1_000);
    send(output, OutputTopic::Cases, from..from + 1_000);
}

#[test]
fn joining_and_leaving_loses_nothing_and_no_partition_has_two_owners() {
    let broker = broker("joining", PARTITIONS);
    let output = broker.output();
    let store = Arc::new(Store::default());
    wave(&output, 0);
    let first = Member::start("first", &broker.config, &store);
    store.wait("the first has all", |held| all_held_by(held, &["first"]));
    wave(&output, 1_000);
    let second = Member::start("second", &broker.config, &store);
    store.wait("both have some", |held| all_held_by(held, &["first", "second"]));
    wave(&output, 2_000);
    store.wait("three waves", |held| held.rows.len() == 6_000);
    first.stop();
    store.wait("the second has all", |held| all_held_by(held, &["second"]));
    wave(&output, 3_000);
    let third = Member::start("third", &broker.config, &store);
    store.wait("both have some again", |held| all_held_by(held, &["second", "third"]));
    wave(&output, 4_000);
    store.wait("all rows", |held| held.rows.len() >= 10_000);
    second.stop();
    third.stop();

    let all: Vec<usize> = (0..5_000).collect();
    assert_eq!(store.numbers(Topic::Fixes), all);
    assert_eq!(store.numbers(Topic::Cases), all, "events follow their fixes to whoever reads them");
    let held = store.lock();
    assert!(held.faults.is_empty(), "{:?}", held.faults);
    assert!(held.told.is_empty(), "nobody was thrown out, nothing was skipped: {:?}", held.told);
}
