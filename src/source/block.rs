//! A block of messages of one partition: their bytes in one buffer, so that a message costs no allocation.

/// Which of the two topics that Locard reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Location records.
    Fixes,
    /// Case events.
    Cases,
}

impl Topic {
    /// The word in tables and application transactions, whatever the topic is called on the broker.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixes => "fixes",
            Self::Cases => "cases",
        }
    }
}

/// Messages of one topic and partition, in the order of their offsets.
#[derive(Debug, Clone)]
pub struct Block {
    topic: Topic,
    partition: i32,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    offset: i64,
    appended_us: Option<i64>,
    /// Lengths in `bytes`, one after the other; `None` if the message has none.
    key: Option<usize>,
    content_type: Option<usize>,
    payload: Option<usize>,
    start: usize,
}

/// One message, borrowed from its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its offset in the partition.
    pub offset: i64,
    /// When the broker appended it (or the producer made it, as the topic is set), UTC microseconds.
    pub appended_us: Option<i64>,
    /// The key: the case.
    pub key: Option<&'a [u8]>,
    /// The header `content-type`.
    pub content_type: Option<&'a [u8]>,
    /// The payload; `None` for a tombstone.
    pub payload: Option<&'a [u8]>,
}

impl Block {
    /// An empty block.
    #[must_use]
    pub fn new(topic: Topic, partition: i32) -> Self {
        Self { topic, partition, bytes: Vec::new(), entries: Vec::new() }
    }

    /// The topic.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        self.topic
    }

    /// The partition.
    #[must_use]
    pub const fn partition(&self) -> i32 {
        self.partition
    }

    /// How many messages there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes of all messages.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The offset after the last message; `None` if there are no messages.
    #[must_use]
    pub fn next_offset(&self) -> Option<i64> {
        self.entries.last().map(|e| e.offset.saturating_add(1))
    }

    /// Adds a message after the others.
    pub fn push(&mut self, m: &Message<'_>) {
        let start = self.bytes.len();
        let mut keep = |part: Option<&[u8]>| {
            part.map(|part| {
                self.bytes.extend_from_slice(part);
                part.len()
            })
        };
        let (key, content_type, payload) = (keep(m.key), keep(m.content_type), keep(m.payload));
        self.entries.push(Entry { offset: m.offset, appended_us: m.appended_us, key, content_type, payload, start });
    }

    /// The messages in order.
    pub fn messages(&self) -> impl Iterator<Item = Message<'_>> {
        self.entries.iter().map(|e| {
            let mut at = e.start;
            let mut part = |length: Option<usize>| {
                let length = length?;
                let part = self.bytes.get(at..at + length);
                at += length;
                part
            };
            Message {
                offset: e.offset,
                appended_us: e.appended_us,
                key: part(e.key),
                content_type: part(e.content_type),
                payload: part(e.payload),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_out_as_they_went_in() {
        let whole = Message {
            offset: 7,
            appended_us: Some(1),
            key: Some(b"case"),
            content_type: Some(b"application/json"),
            payload: Some(b"{}"),
        };
        let bare = Message { offset: 9, appended_us: None, key: None, content_type: None, payload: None };
        let empty = Message { offset: 12, key: Some(b""), payload: Some(b""), ..bare };
        let mut block = Block::new(Topic::Fixes, 3);
        for m in [&whole, &bare, &empty, &whole] {
            block.push(m);
        }
        assert_eq!(block.messages().collect::<Vec<_>>(), [whole, bare, empty, whole]);
        assert_eq!((block.len(), block.next_offset()), (4, Some(8)));
    }
}
