//! The feed: all cases' messages in the order of their delivery.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use super::case_feed::{CaseFeed, CaseStory};
use super::feed_error::FeedError;
use super::params::FeedParams;
use super::record::{FeedBody, FeedItem};

/// How many cases are counted to know how many records a feed holds.
const COUNTED_CASES: u32 = 8;

/// A generated feed: an iterator of messages in the order of delivery; at the same moment, by case.
#[derive(Debug)]
pub struct Feed {
    cases: Vec<CaseFeed>,
    /// When each case's next message is delivered, and the case's number.
    due: BinaryHeap<Reverse<(i64, usize)>>,
}

impl Feed {
    /// Begins a feed.
    ///
    /// # Errors
    /// [`FeedError`] if the parameters cannot be used.
    pub fn new(params: &FeedParams) -> Result<Self, FeedError> {
        params.validate()?;
        let mut feed = Self { cases: Vec::new(), due: BinaryHeap::new() };
        for case in (0..params.cases).filter_map(|n| usize::try_from(n).ok()) {
            let mut made = CaseStory::tell(params, case)?.deliver(params);
            feed.due.extend(made.due_us().map(|us| Reverse((us, case))));
            feed.cases.push(made);
        }
        Ok(feed)
    }
}

impl Iterator for Feed {
    type Item = FeedItem;

    fn next(&mut self) -> Option<FeedItem> {
        let mut top = self.due.peek_mut()?;
        let Reverse((_, number)) = *top;
        let case = self.cases.get_mut(number)?;
        let (deliver_us, body) = case.take()?;
        let case_id = Arc::clone(&case.case_id);
        match case.due_us() {
            Some(us) => *top = Reverse((us, number)),
            None => _ = PeekMut::pop(top),
        }
        Some(FeedItem { deliver_us, case: number, case_id, body })
    }
}

/// About how many records a feed of these parameters would hold in a day at a spacing of 1, duplicates included: counted
/// in a few of its cases.
///
/// # Errors
/// [`FeedError`] if the parameters cannot be used.
pub fn records_a_day(params: &FeedParams) -> Result<u64, FeedError> {
    let mut few = FeedParams { cases: params.cases.min(COUNTED_CASES), days: params.days.min(3), ..params.clone() };
    few.sampling.spacing = 1.0;
    let (cases, days) = (u64::from(few.cases), u64::from(few.days));
    let records = Feed::new(&few)?.filter(|item| matches!(item.body, FeedBody::Fix(_))).count();
    let records = u64::try_from(records).unwrap_or(u64::MAX);
    Ok(records.saturating_mul(u64::from(params.cases)) / cases / days)
}
