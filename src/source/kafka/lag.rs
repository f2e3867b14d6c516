//! How far behind each topic and partition is.

use std::time::Duration;

use super::offset::NextOffset;
use crate::source::Topic;

/// How far a topic and partition has come, as the poll thread knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) topic: Topic,
    pub(super) partition: i32,
    pub(super) read: Option<NextOffset>,
    pub(super) committed: Option<NextOffset>,
}

/// How far behind a topic and partition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// Messages that have not been taken from the broker.
    pub unread: i64,
    /// Messages that the store does not include, the unread among them.
    pub uncommitted: i64,
}

/// The lag for the broker's low and high watermarks: its first offset, and the next that it will give.
pub(super) fn lag(progress: &Progress, (low, high): (i64, i64)) -> Lag {
    // What retention has deleted is not waited for.
    let behind = |next: Option<NextOffset>| (high - next.map_or(low, NextOffset::get).max(low)).max(0);
    let uncommitted = behind(progress.committed.or(progress.read));
    let unread = behind(progress.read);
    Lag { topic: progress.topic, partition: progress.partition, unread, uncommitted: uncommitted.max(unread) }
}

/// What is left of a deadline after some seconds, for the next of several calls.
pub(super) fn left(deadline: Duration, spent_s: f64) -> Duration {
    deadline.saturating_sub(Duration::try_from_secs_f64(spent_s).unwrap_or(deadline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_counted_from_the_next_message() {
        let p = |read, committed| Progress {
            topic: Topic::Fixes,
            partition: 0,
            read: NextOffset::new(read),
            committed: NextOffset::new(committed),
        };
        let of = |progress, marks| {
            let lag = lag(&progress, marks);
            (lag.unread, lag.uncommitted)
        };
        assert_eq!(of(p(10, 4), (0, 10)), (0, 6), "read to the end, six of them not stored");
        assert_eq!(of(p(-1, -1), (3, 10)), (7, 7), "nothing read: what is there");
        assert_eq!(of(p(1, 1), (5, 10)), (5, 5), "what is deleted is not waited for");
        assert_eq!(of(p(10, 10), (0, 8)), (0, 0), "a broker that lost its tail");
    }
}
