//! The order of rows in a file. Where the columns are numbers, times and words, as they mostly are, rows are compared as
//! a few numbers each; anything else goes through Arrow's row format, which gives the same order.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::row::{RowConverter, Rows, SortField};

/// The most columns that are compared as numbers.
const MOST: usize = 4;

/// What rows are compared by.
#[derive(Debug)]
pub(super) enum Keys {
    /// A few numbers each.
    Numbers(Vec<[i64; MOST]>),
    /// Arrow's row format.
    Rows(Rows),
}

impl Keys {
    /// The keys of rows by these columns, the first counting most.
    ///
    /// # Errors
    /// If Arrow knows no order of a column's type.
    pub(super) fn of(columns: &[ArrayRef]) -> Result<Self, ArrowError> {
        let rows = columns.first().map_or(0, Array::len);
        let numbers: Option<Vec<Vec<i64>>> = columns.iter().map(numbers).collect();
        match numbers {
            Some(columns) if columns.len() <= MOST => Ok(Self::Numbers(by_numbers(&columns, rows))),
            _ => Ok(Self::Rows(by_rows(columns)?)),
        }
    }

    /// These rows, which are given from the first to the last, in the order of their keys; those that are equal stay as
    /// they stand. `None` if they stand so already.
    pub(super) fn in_order(&self, picked: &[u32]) -> Option<Vec<u32>> {
        match self {
            Self::Numbers(keys) => sorted_by(picked, |row| keys.get(row)),
            Self::Rows(keys) => sorted_by(picked, |row| (row < keys.num_rows()).then(|| keys.row(row))),
        }
    }
}

fn sorted_by<K: Ord>(picked: &[u32], key: impl Fn(usize) -> Option<K>) -> Option<Vec<u32>> {
    // No two are equal, for each holds its place.
    let mut keyed: Vec<(Option<K>, u32)> =
        picked.iter().map(|row| (usize::try_from(*row).ok().and_then(&key), *row)).collect();
    if keyed.is_sorted() {
        return None;
    }
    keyed.sort_unstable();
    Some(keyed.into_iter().map(|(_, row)| row).collect())
}

/// Where the rows must come from to stand in the order of the columns; those that are equal stay as they stand. `None` if
/// they stand so already.
///
/// # Errors
/// If Arrow knows no order of a column's type.
pub(super) fn in_order(columns: &[ArrayRef]) -> Result<Option<Vec<u32>>, ArrowError> {
    let all: Vec<u32> = (0..).take(columns.first().map_or(0, Array::len)).collect();
    Ok(Keys::of(columns)?.in_order(&all))
}

fn by_numbers(columns: &[Vec<i64>], rows: usize) -> Vec<[i64; MOST]> {
    let mut keys = vec![[0; MOST]; rows];
    for (place, column) in columns.iter().enumerate() {
        for (key, value) in keys.iter_mut().zip(column) {
            if let Some(part) = key.get_mut(place) {
                *part = *value;
            }
        }
    }
    keys
}

fn by_rows(columns: &[ArrayRef]) -> Result<Rows, ArrowError> {
    let fields = columns.iter().map(|c| SortField::new(c.data_type().clone())).collect();
    RowConverter::new(fields)?.convert_columns(columns)
}

/// Numbers that stand in the order of the values; `None` if there are nulls, or no numbers do.
fn numbers(column: &ArrayRef) -> Option<Vec<i64>> {
    if column.logical_null_count() > 0 {
        return None;
    }
    match column.data_type() {
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().values().to_vec()),
        DataType::Int32 => Some(column.as_primitive::<Int32Type>().values().iter().map(|v| i64::from(*v)).collect()),
        DataType::Timestamp(_, _) => Some(column.as_primitive_opt::<TimestampMicrosecondType>()?.values().to_vec()),
        DataType::Dictionary(_, _) => {
            let words = column.as_dictionary_opt::<Int32Type>()?;
            let ranks = ranks(words.values().as_string_opt::<i32>()?.iter().map(Option::unwrap_or_default));
            let rank = |key: &i32| usize::try_from(*key).ok().and_then(|key| ranks.get(key)).copied();
            words.keys().values().iter().map(rank).collect()
        }
        _ => None,
    }
}

/// For each word the number of distinct words before it in the order of their bytes.
fn ranks<'a>(words: impl Iterator<Item = &'a str>) -> Vec<i64> {
    let words: Vec<&str> = words.collect();
    let mut distinct = words.clone();
    distinct.sort_unstable();
    distinct.dedup();
    words.iter().map(|w| i64::try_from(distinct.partition_point(|d| d < w)).unwrap_or(i64::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{DictionaryArray, Int32Array, Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn texts(v: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(v.to_vec()))
    }

    #[test]
    fn rows_are_ordered_by_the_columns_and_otherwise_stay() {
        let t: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 0, 2]));
        assert_eq!(in_order(&[texts(&["b", "a", "b", "a"]), t.clone()]).unwrap(), Some(vec![1, 3, 2, 0]));
        assert_eq!(in_order(&[texts(&["a", "a", "b", "b"])]).unwrap(), None);
    }

    proptest! {
        #[test]
        fn numbers_and_rows_give_one_order(
            raw in prop::collection::vec((0..5_i32, -3..3_i64, -3..3_i32), 0..60),
            words in prop::collection::vec("[a-c]{0,2}|é", 5),
        ) {
            let keys = Int32Array::from(raw.iter().map(|r| r.0).collect::<Vec<_>>());
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let columns: [ArrayRef; 3] = [
                Arc::new(DictionaryArray::new(keys, texts(&words))),
                Arc::new(Int64Array::from(raw.iter().map(|r| r.1).collect::<Vec<_>>())),
                Arc::new(Int32Array::from(raw.iter().map(|r| r.2).collect::<Vec<_>>())),
            ];
            prop_assert!(columns.iter().all(|c| numbers(c).is_some()));
            let rows = Keys::Rows(by_rows(&columns).unwrap());
            let all: Vec<u32> = (0..).take(raw.len()).collect();
            prop_assert_eq!(in_order(&columns).unwrap(), rows.in_order(&all));
            // Some of them stand among themselves as they do among all.
            let some: Vec<u32> = all.iter().copied().filter(|row| row % 3 != 1).collect();
            let whole = rows.in_order(&all).unwrap_or(all);
            let expected: Vec<u32> = whole.into_iter().filter(|row| row % 3 != 1).collect();
            let found = Keys::of(&columns).unwrap().in_order(&some).unwrap_or(some);
            prop_assert_eq!(found, expected);
        }
    }
}
