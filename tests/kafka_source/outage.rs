//! Brokers go away and come back: it is waited for, shown, and nothing is lost.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use locard::source::Topic;
use locard::source::kafka::{Link, OutputTopic};

use crate::broker::{PATIENCE, mock, numbered, on, send};
use crate::owner::{Member, Store};

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

/// A broker that is this test's own to kill; ends with it.
struct Victim {
    script: String,
    dir: PathBuf,
}

impl Victim {
    fn order(&self, verb: &str) -> String {
        let out = Command::new(&self.script).args([verb, "--dir"]).arg(&self.dir).output().unwrap();
        assert!(out.status.success(), "{verb}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = Command::new(&self.script).args(["kill", "--dir"]).arg(&self.dir).status();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[test]
fn a_broker_killed_and_restarted_costs_nothing() {
    let Ok(script) = std::env::var("LOCARD_TEST_KAFKA_SCRIPT") else {
        println!("killed: skipped: needs a real broker of its own (LOCARD_TEST_KAFKA_SCRIPT, set by broker.sh run)");
        return;
    };
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("kafka-killed-{}", std::process::id()));
    let victim = Victim { script, dir };
    let started = victim.order("start");
    let servers = started.trim().strip_prefix("LOCARD_TEST_KAFKA=").unwrap().to_owned();
    println!("killed: a broker of its own at {servers}");
    let broker = on("killed", servers, 4);
    let output = broker.output();
    let store = Arc::new(Store::default());
    let member = Member::start("survivor", &broker.config, &store);
    send(&output, OutputTopic::Fixes, 0..5_000);
    send(&output, OutputTopic::Cases, 0..500);

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
