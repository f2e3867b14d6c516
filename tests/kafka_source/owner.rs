//! An owner as the stream will be: it answers the source from a store that holds rows and next offsets as one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

use futures::executor::block_on;
use locard::source::kafka::{Assigned, Event, KafkaConfig, KafkaSource, NextOffset, Position};
use locard::source::{Block, Topic};
use tokio::sync::mpsc;

use crate::broker::PATIENCE;

/// A message as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub topic: Topic,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub content_type: Option<String>,
    pub payload: Option<String>,
}

#[derive(Default)]
pub struct Held {
    pub rows: Vec<Row>,
    pub next: BTreeMap<(Topic, i32), NextOffset>,
    /// Which member holds which partition now.
    pub owners: BTreeMap<i32, String>,
    /// Partitions held by two, and commits for a partition that is another's.
    pub faults: Vec<String>,
    /// What was told besides: gaps and losses.
    pub told: Vec<String>,
    /// Readers of these wait.
    pub blocked: BTreeSet<i32>,
}

/// Shared by the members, as tables are; wakes whoever waits for a change.
#[derive(Default)]
pub struct Store {
    held: Mutex<Held>,
    changed: Condvar,
}

impl Store {
    pub fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut Held) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until something holds; fails the test if it never does.
    pub fn wait(&self, what: &str, holds: impl Fn(&Held) -> bool) {
        let (held, timeout) = self.changed.wait_timeout_while(self.lock(), PATIENCE, |h| !holds(h)).unwrap();
        let rows = held.rows.len();
        assert!(!timeout.timed_out(), "{what}: {rows} rows, owners {:?}, {:?}", held.owners, held.told);
    }

    /// Rows and next offset in one commit; what is there already is dropped.
    fn commit(&self, member: &str, block: &Block) {
        let (topic, partition) = (block.topic(), block.partition());
        self.change(|held| {
            if held.owners.get(&partition).is_none_or(|owner| owner != member) {
                held.faults.push(format!("{member} commits {partition} of {:?}", held.owners.get(&partition)));
            }
            let from = held.next.get(&(topic, partition)).map_or(0, |n| n.get());
            let text = |bytes: Option<&[u8]>| bytes.map(|b| String::from_utf8_lossy(b).into_owned());
            held.rows.extend(block.messages().filter(|m| m.offset >= from).map(|m| Row {
                topic,
                partition,
                offset: m.offset,
                key: text(m.key),
                content_type: text(m.content_type),
                payload: text(m.payload),
            }));
            if let Some(next) = block.next_offset().and_then(NextOffset::new) {
                held.next.insert((topic, partition), next);
            }
        });
    }

    /// The numbers stored of a topic, in order.
    pub fn numbers(&self, topic: Topic) -> Vec<usize> {
        let held = self.lock();
        let payloads = held.rows.iter().filter(|r| r.topic == topic).filter_map(|r| r.payload.as_deref());
        let mut numbers: Vec<usize> = payloads.map(|p| p.parse().unwrap()).collect();
        numbers.sort_unstable();
        numbers
    }
}

/// A source with its owner.
pub struct Member {
    pub source: Arc<KafkaSource>,
    store: Arc<Store>,
    owner: JoinHandle<()>,
}

impl Member {
    pub fn start(name: &str, config: &KafkaConfig, store: &Arc<Store>) -> Self {
        let config = KafkaConfig { instance: name.to_owned(), ..config.clone() };
        let (source, events) = KafkaSource::start(&config).unwrap();
        let source = Arc::new(source);
        let owner = Owner { name: name.to_owned(), store: Arc::clone(store), readers: BTreeMap::new() };
        let committed = Arc::downgrade(&source);
        let owner = std::thread::spawn(move || owner.run(events, &committed));
        Self { source, store: Arc::clone(store), owner }
    }

    pub fn stop(self) {
        // The owner's readers hold it for as long as they say what is stored.
        let (mut held, store) = (self.source, self.store);
        let source = loop {
            store.wait("nobody else holds the source", |_| Arc::strong_count(&held) == 1);
            match Arc::try_unwrap(held) {
                Ok(source) => break source,
                Err(still) => held = still,
            }
        };
        block_on(source.stop());
        self.owner.join().unwrap();
    }

    /// Waits until the health is as wanted.
    pub fn wait_for(&self, wanted: impl Fn(&locard::source::kafka::Health) -> bool) {
        let mut health = self.source.health();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, health.wait_for(wanted)).await.is_ok() });
        assert!(found, "the health stays {:?}", *self.source.health().borrow());
    }
}

struct Owner {
    name: String,
    store: Arc<Store>,
    readers: BTreeMap<i32, Vec<JoinHandle<()>>>,
}

impl Owner {
    fn run(mut self, mut events: mpsc::UnboundedReceiver<Event>, source: &std::sync::Weak<KafkaSource>) {
        while let Some(event) = events.blocking_recv() {
            match event {
                Event::Assign { partitions, reply } => {
                    let numbers: Vec<i32> = partitions.iter().map(|p| p.partition).collect();
                    let positions = self.store.change(|held| claim(held, &self.name, &numbers));
                    for assigned in partitions {
                        self.read(assigned, source);
                    }
                    reply.send(positions);
                }
                Event::Revoke { partitions, reply } => {
                    self.let_go(&partitions);
                    reply.send(());
                }
                Event::Lost { partitions } => {
                    self.let_go(&partitions);
                    self.store.change(|held| held.told.push(format!("{} lost {partitions:?}", self.name)));
                }
                Event::Gap { topic, partition, expected, found } => {
                    let gap = format!("gap {topic:?}-{partition} {} {found}", expected.get());
                    self.store.change(|held| held.told.push(gap));
                }
            }
        }
    }

    fn read(&mut self, assigned: Assigned, source: &std::sync::Weak<KafkaSource>) {
        let partition = assigned.partition;
        let reader = |mut blocks: mpsc::Receiver<Block>, waits: bool| {
            let (store, name, source) = (Arc::clone(&self.store), self.name.clone(), source.clone());
            std::thread::spawn(move || {
                while let Some(block) = blocks.blocking_recv() {
                    if waits {
                        store.wait("a blocked reader", |held| !held.blocked.contains(&partition));
                    }
                    store.commit(&name, &block);
                    let next = block.next_offset().and_then(NextOffset::new);
                    if let Some(next) = next
                        && let Some(source) = source.upgrade()
                    {
                        source.committed(vec![Position { topic: block.topic(), partition, next }]);
                        drop(source);
                        store.change(|_| ()); // who waits to hold it alone looks again
                    }
                }
            })
        };
        self.readers.insert(partition, vec![reader(assigned.fixes, true), reader(assigned.cases, false)]);
    }

    /// The channels have ended: the readers end when they have stored what was in them.
    fn let_go(&mut self, partitions: &[i32]) {
        for partition in partitions {
            for reader in self.readers.remove(partition).into_iter().flatten() {
                reader.join().unwrap();
            }
            self.store.change(|held| held.owners.remove(partition));
        }
    }
}

fn claim(held: &mut Held, member: &str, partitions: &[i32]) -> Vec<Position> {
    for &partition in partitions {
        if let Some(other) = held.owners.insert(partition, member.to_owned()) {
            held.faults.push(format!("{partition} is given to {member} while {other} holds it"));
        }
    }
    let ours = held.next.iter().filter(|((_, partition), _)| partitions.contains(partition));
    ours.map(|(&(topic, partition), &next)| Position { topic, partition, next }).collect()
}
