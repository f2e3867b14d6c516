//! The feed: all cases' messages in the order of their delivery.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use super::case_feed::{CaseFeed, CaseStory};
use super::feed_error::FeedError;
use super::params::{DENSEST, FeedParams, SPARSEST};
use super::record::{FeedBody, FeedItem};

/// How many cases are counted to know how many records a feed holds.
const COUNTED_CASES: u32 = 24;
/// How many days of cases are counted in all.
const COUNTED_CASE_DAYS: u32 = 48;
/// Records are not counted denser than this: how many there are goes with the spacing, once it is small.
const DENSEST_COUNTED: f64 = 0.5;

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

/// Spaces a feed's records so that there are about `records` of them, duplicates included, and with `free_days` chooses
/// the number of days too. Records are counted in a few of the cases, so that a few in a hundred may be missing.
///
/// # Errors
/// [`FeedError::Records`] says between what numbers the count must lie; others if the parameters cannot be used.
pub fn fit_records(params: &FeedParams, records: u64, free_days: bool) -> Result<FeedParams, FeedError> {
    let mut plain = params.clone();
    plain.sampling.spacing = 1.0;
    let fitted = plain.clone().fit(records, records_a_day(&plain)?, free_days)?;
    // The last day differs from the others, and sparse records from dense ones: counted again nearly as it will be.
    let mut counted = fitted.clone();
    counted.sampling.spacing = fitted.sampling.spacing.max(DENSEST_COUNTED);
    let made = records_a_day(&counted)?.saturating_mul(fitted.days.into()).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a number of records is far below 2^53")]
    let spacing = made as f64 * counted.sampling.spacing / records.max(1) as f64;
    let mut corrected = fitted;
    corrected.sampling.spacing = spacing.clamp(DENSEST, SPARSEST);
    Ok(corrected)
}

/// About how many records a feed of these parameters holds in a day, duplicates included.
fn records_a_day(params: &FeedParams) -> Result<u64, FeedError> {
    let cases = params.cases.clamp(1, COUNTED_CASES);
    let days = params.days.clamp(1, (COUNTED_CASE_DAYS / cases).max(1));
    let few = FeedParams { cases, days, ..params.clone() };
    let records = Feed::new(&few)?.filter(|item| matches!(item.body, FeedBody::Fix(_))).count();
    let records = u64::try_from(records).unwrap_or(u64::MAX);
    Ok(records.saturating_mul(u64::from(params.cases)) / u64::from(cases) / u64::from(days))
}
