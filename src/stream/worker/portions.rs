//! What was read, cut so that each portion's cases fit in memory together.
//!
//! ```text
//!  read:      A1 B1 A2 C1 B2 A3        of an order that brings every case again and again
//!  portions:  A1 A2 A3 | B1 B2 | C1    each case is taken into memory once
//! ```
//! What is said does not depend on the order of messages, so that they may be put together by case. All of a case's are in
//! one portion: it may leave memory when that is done.

use std::collections::BTreeMap;

use crate::source::{Block, Message, Topic};

/// The messages of one case, in their order.
#[derive(Default)]
struct OfCase<'a> {
    events: Vec<Message<'a>>,
    fixes: Vec<Message<'a>>,
}

impl OfCase<'_> {
    const fn len(&self) -> usize {
        self.events.len() + self.fixes.len()
    }
}

/// Portions of whole cases, each of at most so many messages and so many cases, or of one case. Messages without a key may
/// be of any case: where there are some, everything is one portion.
pub(super) fn portions(blocks: Vec<Block>, messages: usize, cases: usize) -> Vec<Vec<Block>> {
    if blocks.iter().flat_map(Block::messages).any(|m| m.key.is_none()) {
        return vec![blocks];
    }
    let Some(partition) = blocks.first().map(Block::partition) else { return Vec::new() };
    let mut by_case: BTreeMap<&[u8], OfCase<'_>> = BTreeMap::new();
    for block in &blocks {
        for message in block.messages() {
            let case = by_case.entry(message.key.unwrap_or_default()).or_default();
            match block.topic() {
                Topic::Cases => case.events.push(message),
                Topic::Fixes => case.fixes.push(message),
            }
        }
    }
    let mut all = Vec::new();
    let (mut portion, mut held): (Vec<OfCase<'_>>, usize) = (Vec::new(), 0);
    for case in by_case.into_values() {
        if !portion.is_empty() && (portion.len() >= cases || held + case.len() > messages) {
            all.push(gathered(partition, &portion));
            (portion, held) = (Vec::new(), 0);
        }
        held += case.len();
        portion.push(case);
    }
    all.extend((!portion.is_empty()).then(|| gathered(partition, &portion)));
    all
}

fn gathered(partition: i32, portion: &[OfCase<'_>]) -> Vec<Block> {
    let block = |topic, of: for<'a, 'b> fn(&'b OfCase<'a>) -> &'b [Message<'a>]| {
        let mut block = Block::new(topic, partition);
        portion.iter().flat_map(of).for_each(|message| block.push(message));
        block
    };
    let both = [block(Topic::Cases, |case| &case.events), block(Topic::Fixes, |case| &case.fixes)];
    both.into_iter().filter(|block| !block.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(topic: Topic, keys: &str) -> Block {
        let mut block = Block::new(topic, 3);
        for (offset, key) in (0..).zip(keys.as_bytes().chunks(1)) {
            let key = Some(key).filter(|key| *key != b"-");
            block.push(&Message { offset, appended_us: None, key, content_type: None, payload: Some(b"x") });
        }
        block
    }

    /// Of each portion the topics, and of each of their messages the key and the offset.
    fn shown(portions: &[Vec<Block>]) -> Vec<String> {
        let of = |block: &Block| {
            let each =
                block.messages().map(|m| format!("{}{}", String::from_utf8_lossy(m.key.unwrap_or(b"-")), m.offset));
            format!("{}:{}", block.topic().as_str(), each.collect::<Vec<_>>().join(","))
        };
        portions.iter().map(|p| p.iter().map(of).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn each_case_is_in_one_portion_its_events_first_and_in_order() {
        let read = || vec![block(Topic::Fixes, "abacba"), block(Topic::Cases, "ba")];
        assert_eq!(shown(&portions(read(), 100, 1)), ["cases:a1 fixes:a0,a2,a5", "cases:b0 fixes:b1,b4", "fixes:c3"]);
        assert_eq!(shown(&portions(read(), 100, 2)), ["cases:a1,b0 fixes:a0,a2,a5,b1,b4", "fixes:c3"]);
        assert_eq!(shown(&portions(read(), 4, 9)), ["cases:a1 fixes:a0,a2,a5", "cases:b0 fixes:b1,b4,c3"]);
        // One case is never cut, and one is always taken.
        assert_eq!(portions(read(), 0, 0).len(), 3);
        assert!(portions(Vec::new(), 1, 1).is_empty());
    }

    #[test]
    fn a_message_without_a_key_may_be_of_any_case() {
        let read = vec![block(Topic::Fixes, "ab-")];
        assert_eq!(shown(&portions(read, 1, 1)), ["fixes:a0,b1,-2"]);
    }
}
