//! Whose the records of a batch are.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array as _, AsArray as _, Int32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::Int32Type;

use crate::decode::message::CASE_ID;
use crate::model::CaseEvent;

/// How many records there are of each case.
pub(super) type PerCase = BTreeMap<String, u64>;

/// The column of the case: the words' positions, and the words.
pub(super) fn case_column(batch: &RecordBatch) -> Option<(&Int32Array, &StringArray)> {
    let column = batch.column_by_name(CASE_ID)?.as_dictionary_opt::<Int32Type>()?;
    Some((column.keys(), column.values().as_string_opt()?))
}

/// Which words are of rows of this batch: batches that follow each other share a dictionary, which names the cases of all
/// of them.
pub(super) fn used_words(keys: &Int32Array, words: usize) -> Vec<bool> {
    counts(keys, words).into_iter().map(|count| count > 0).collect()
}

/// How many rows each word has.
fn counts(keys: &Int32Array, words: usize) -> Vec<u64> {
    let mut counts = vec![0; words];
    for run in keys.values().chunk_by(|a, b| a == b) {
        let word = run.first().and_then(|key| usize::try_from(*key).ok());
        if let Some(count) = word.and_then(|word| counts.get_mut(word)) {
            *count += run.len() as u64;
        }
    }
    counts
}

/// The fixes of each case.
pub(super) fn fixes_per_case(batches: &[RecordBatch]) -> PerCase {
    let mut all = PerCase::new();
    for (keys, names) in batches.iter().filter_map(case_column) {
        let of = names.iter().zip(counts(keys, names.len()));
        for (name, count) in of.filter(|(_, count)| *count > 0) {
            add(&mut all, name.unwrap_or_default(), count);
        }
    }
    all
}

/// The statements about each case.
pub(super) fn events_per_case(events: &[(i64, CaseEvent)]) -> PerCase {
    let mut all = PerCase::new();
    for (_, event) in events {
        add(&mut all, &event.case_id, 1);
    }
    all
}

/// Counts more records.
pub(super) fn add_all(all: &mut PerCase, more: &PerCase) {
    for (case, count) in more {
        add(all, case, *count);
    }
}

fn add(all: &mut PerCase, case: &str, count: u64) {
    match all.get_mut(case) {
        Some(sum) => *sum = sum.saturating_add(count),
        None => _ = all.insert(case.to_owned(), count),
    }
}

/// Counts fewer; a case that has none left is forgotten.
pub(super) fn subtract(all: &mut PerCase, less: &PerCase) {
    for (case, count) in less {
        if let Some(sum) = all.get_mut(case) {
            *sum = sum.saturating_sub(*count);
        }
    }
    all.retain(|_, sum| *sum > 0);
}
