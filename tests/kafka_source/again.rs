//! A partition that its reader has failed on is read again from where the store stands, and nothing is left out or mixed up.

use std::sync::Arc;
use std::time::Duration;

use locard::source::kafka::{
    Assigned, BlockLimits, Event, KafkaConfig, KafkaSource, NextOffset, OutputTopic, Position,
};
use locard::source::{Block, Topic};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

use crate::broker::{PATIENCE, broker, send};

async fn assigned(events: &mut UnboundedReceiver<Event>) -> Assigned {
    loop {
        if let Event::Assign { mut partitions, reply } = events.recv().await.unwrap() {
            reply.send(Vec::new());
            return partitions.remove(0);
        }
    }
}

/// The offsets of so many messages.
async fn take(channel: &mut Receiver<Block>, count: usize) -> Vec<i64> {
    let mut offsets = Vec::new();
    while offsets.len() < count {
        let block = tokio::time::timeout(PATIENCE, channel.recv()).await.unwrap().unwrap();
        offsets.extend(block.messages().map(|m| m.offset));
    }
    offsets
}

fn at(topic: Topic, next: i64) -> Position {
    Position { topic, partition: 0, next: NextOffset::new(next).unwrap() }
}

#[test]
fn a_partition_is_read_again_from_where_its_next_reader_says() {
    let broker = broker("again", 1);
    let output = broker.output();
    send(&output, OutputTopic::Fixes, 0..2_000);
    send(&output, OutputTopic::Cases, 0..20);
    // Small blocks and few, so that the partition is paused in the middle.
    let blocks = BlockLimits { messages: 50, waiting: 2, ..BlockLimits::default() };
    let config = KafkaConfig { blocks, ..broker.config.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (source, mut events) = KafkaSource::start(&config).unwrap();
        let source = Arc::new(source);
        let mut first = assigned(&mut events).await;
        assert_eq!(take(&mut first.fixes, 100).await[..3], [0, 1, 2]);

        // Back, forward, and back again while it is read.
        for from in [60, 500, 0, 1_000] {
            let positions = vec![at(Topic::Fixes, from), at(Topic::Cases, 5)];
            let mut next = source.reopen(0, positions).await.unwrap().unwrap();
            let expected: Vec<i64> = (from..from + 400).collect();
            let found = take(&mut next.fixes, 400).await;
            assert_eq!(found[..400], expected[..], "from {from}");
            assert_eq!(take(&mut next.cases, 15).await, (5..20).collect::<Vec<_>>());
            // Whoever fails leaves what is fetched where it is.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // A topic that is not named is read from its beginning; the channels before that have ended.
        let mut last = source.reopen(0, Vec::new()).await.unwrap().unwrap();
        let mut newest = source.reopen(0, Vec::new()).await.unwrap().unwrap();
        while last.fixes.recv().await.is_some() {}
        assert_eq!(take(&mut newest.cases, 20).await, (0..20).collect::<Vec<_>>());
        assert_eq!(take(&mut newest.fixes, 2_000).await, (0..2_000).collect::<Vec<_>>());
        assert!(source.reopen(7, Vec::new()).await.unwrap().is_none(), "it was never ours");

        let stopping = Arc::clone(&source);
        let (asked, ()) = tokio::join!(
            async {
                while let Some(event) = events.recv().await {
                    if let Event::Revoke { reply, .. } = event {
                        let gone = source.reopen(0, Vec::new()).await.unwrap();
                        reply.send(());
                        return gone.is_none();
                    }
                }
                false
            },
            async move { stopping.stop().await }
        );
        assert!(asked, "what is asked back is not begun again");
    });
}
