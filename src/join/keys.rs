//! Equality keys as small numbers: every distinct key of the build side gets a code, and a probe row looks its code up.
//!
//! A key column read from a file is usually text that repeats: short strings are compared as the 16 bytes of their view,
//! dictionaries once per distinct value, whole numbers as they are, everything else through Arrow's row format.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::common::utils::normalize_float_zero;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// The code of a row whose key is NULL or not on the build side: it matches nothing.
pub const NO_KEY: u32 = u32::MAX;

/// Views of strings of up to 12 bytes hold the string itself: equal views are equal strings.
const INLINE_BYTES: u32 = 12;

/// Codes of the build side's keys.
#[derive(Debug)]
pub struct KeyCodes {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// No keys: every row has code 0.
    None,
    /// One string column.
    Text { short: HashMap<u128, u32, FixedState>, long: HashMap<Box<[u8]>, u32, FixedState> },
    /// One column of 64-bit whole numbers.
    Whole(HashMap<i64, u32, FixedState>),
    /// Anything else.
    Rows { converter: RowConverter, codes: HashMap<Box<[u8]>, u32, FixedState> },
}

impl KeyCodes {
    /// Gives every distinct key of the build side a code; the codes of its rows come with it.
    pub fn build(columns: &[ArrayRef], rows: usize) -> Result<(Self, Vec<u32>)> {
        let kind = match columns {
            [] => Kind::None,
            [one] if is_text(one.data_type()) => Kind::Text { short: HashMap::default(), long: HashMap::default() },
            [one] if *one.data_type() == DataType::Int64 => Kind::Whole(HashMap::default()),
            many => {
                let fields = many.iter().map(|c| SortField::new(plain_type(c.data_type()))).collect();
                Kind::Rows { converter: RowConverter::new(fields)?, codes: HashMap::default() }
            }
        };
        let mut keys = Self { kind };
        keys.learn(columns)?;
        let codes = keys.codes(columns, rows)?;
        Ok((keys, codes))
    }

    /// Gives new keys codes as well; the codes of the rows. Codes given before stay.
    pub fn learn_codes(&mut self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        self.learn(columns)?;
        self.codes(columns, rows)
    }

    fn learn(&mut self, columns: &[ArrayRef]) -> Result<()> {
        match &mut self.kind {
            Kind::None => {}
            Kind::Text { short, long } => {
                let views = text_values(&columns[0])?;
                for i in 0..views.len() {
                    let next = next_code(short.len() + long.len());
                    if views.is_null(i) {
                    } else if is_inline(views.views()[i]) {
                        short.entry(views.views()[i]).or_insert(next);
                    } else if !long.contains_key(views.value(i).as_bytes()) {
                        long.insert(views.value(i).as_bytes().into(), next);
                    }
                }
            }
            Kind::Whole(codes) => {
                for key in columns.iter().flat_map(AsArray::as_primitive::<Int64Type>).flatten() {
                    let next = next_code(codes.len());
                    codes.entry(key).or_insert(next);
                }
            }
            Kind::Rows { converter, codes } => {
                let rows = converter.convert_columns(&plain(columns)?)?;
                for row in &rows {
                    if !codes.contains_key(row.data()) {
                        codes.insert(row.data().into(), next_code(codes.len()));
                    }
                }
            }
        }
        Ok(())
    }

    /// About how many bytes are held.
    pub fn bytes(&self) -> usize {
        let texts = |codes: &HashMap<Box<[u8]>, u32, FixedState>| {
            codes.capacity() * (size_of::<(Box<[u8]>, u32)>() + 1) + codes.keys().map(|k| k.len()).sum::<usize>()
        };
        match &self.kind {
            Kind::None => 0,
            Kind::Text { short, long } => short.capacity() * (size_of::<(u128, u32)>() + 1) + texts(long),
            Kind::Whole(codes) => codes.capacity() * (size_of::<(i64, u32)>() + 1),
            Kind::Rows { converter, codes } => converter.size() + texts(codes),
        }
    }

    /// The codes of rows; [`NO_KEY`] where a key is NULL or unknown.
    pub fn codes(&self, columns: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        match &self.kind {
            Kind::None => Ok(vec![0; rows]),
            Kind::Text { .. } => self.text_codes(&columns[0]),
            Kind::Whole(codes) => Ok(whole_codes(codes, &columns[0])),
            Kind::Rows { converter, codes } => {
                let plain = plain(columns)?;
                let encoded = converter.convert_columns(&plain)?;
                let has_null = |i: usize| plain.iter().any(|c| c.is_null(i));
                let code = |(i, row): (usize, datafusion::arrow::row::Row<'_>)| {
                    if has_null(i) { NO_KEY } else { codes.get(row.data()).copied().unwrap_or(NO_KEY) }
                };
                Ok(encoded.iter().enumerate().map(code).collect())
            }
        }
    }

    fn text_codes(&self, column: &ArrayRef) -> Result<Vec<u32>> {
        let values = self.codes_of_views(&text_values(column)?);
        let Some(dictionary) = column.as_any_dictionary_opt() else { return Ok(values) };
        let keys = cast(dictionary.keys(), &DataType::Int32)?;
        let code = |k: Option<i32>| k.and_then(|k| values.get(usize::try_from(k).ok()?)).copied().unwrap_or(NO_KEY);
        Ok(keys.as_primitive::<Int32Type>().iter().map(code).collect())
    }

    fn codes_of_views(&self, views: &StringViewArray) -> Vec<u32> {
        let Kind::Text { short, long } = &self.kind else { return Vec::new() };
        // The view of the empty string is 0.
        let mut last = (0u128, short.get(&0).copied().unwrap_or(NO_KEY));
        let code = |(i, view): (usize, &u128)| {
            if views.is_null(i) {
                NO_KEY
            } else if is_inline(*view) {
                // Rows of one case often come together.
                if *view != last.0 {
                    last = (*view, short.get(view).copied().unwrap_or(NO_KEY));
                }
                last.1
            } else {
                long.get(views.value(i).as_bytes()).copied().unwrap_or(NO_KEY)
            }
        };
        views.views().iter().enumerate().map(code).collect()
    }
}

fn whole_codes(codes: &HashMap<i64, u32, FixedState>, column: &ArrayRef) -> Vec<u32> {
    let code = |key: Option<i64>| key.and_then(|key| codes.get(&key)).copied().unwrap_or(NO_KEY);
    column.as_primitive::<Int64Type>().iter().map(code).collect()
}

fn next_code(known: usize) -> u32 {
    // A build side is indexed by u32, so it has fewer distinct keys than NO_KEY.
    u32::try_from(known).unwrap_or(NO_KEY - 1)
}

#[expect(clippy::cast_possible_truncation, reason = "the low 32 bits of a view are its length")]
const fn is_inline(view: u128) -> bool {
    view as u32 <= INLINE_BYTES
}

fn is_text(data_type: &DataType) -> bool {
    matches!(plain_type(data_type), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        other => other.clone(),
    }
}

/// Columns without dictionaries, and with one zero: SQL's -0.0 equals 0.0, the row format's does not.
fn plain(columns: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
    columns.iter().map(|c| Ok(normalize_float_zero(&cast(c, &plain_type(c.data_type()))?))).collect()
}

/// The strings of a column as views; of a dictionary, its distinct values.
fn text_values(column: &ArrayRef) -> Result<StringViewArray> {
    let values = column.as_any_dictionary_opt().map_or(column, |d| d.values());
    Ok(cast(values, &DataType::Utf8View)?.as_string_view().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{DictionaryArray, Int64Array, StringArray};
    use std::sync::Arc;

    #[test]
    fn equal_keys_have_equal_codes_in_every_encoding() {
        let long = "a string of more than twelve bytes";
        let texts = vec![Some("C1"), Some(long), None, Some("C2"), Some("C1"), Some("")];
        let plain: ArrayRef = Arc::new(StringArray::from(texts.clone()));
        let view = cast(&plain, &DataType::Utf8View).unwrap();
        let dictionary: ArrayRef = Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>());
        let (keys, codes) = KeyCodes::build(std::slice::from_ref(&view), 6).unwrap();
        assert_eq!(codes[0], codes[4]);
        assert_eq!(codes[2], NO_KEY);
        assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
        for other in [plain, dictionary] {
            assert_eq!(keys.codes(&[other], 6).unwrap(), codes);
        }
        let unknown: ArrayRef = Arc::new(StringArray::from(vec!["C9", "another string that is not known"]));
        assert_eq!(keys.codes(&[unknown], 2).unwrap(), vec![NO_KEY, NO_KEY]);
    }

    #[test]
    fn whole_numbers_keep_their_codes_as_more_are_learnt() {
        let column = |values: Vec<Option<i64>>| [Arc::new(Int64Array::from(values)) as ArrayRef];
        let (mut keys, codes) = KeyCodes::build(&column(vec![Some(7), None, Some(-1), Some(7)]), 4).unwrap();
        assert_eq!(codes, [0, NO_KEY, 1, 0]);
        assert_eq!(keys.codes(&column(vec![Some(i64::MAX), Some(-1)]), 2).unwrap(), [NO_KEY, 1]);
        let more = column(vec![Some(i64::MAX), Some(-1), Some(i64::MIN)]);
        assert_eq!(keys.learn_codes(&more, 3).unwrap(), [2, 1, 3]);
    }

    #[test]
    fn several_columns_and_nulls() {
        let a: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), Some("x"), None]));
        let b: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 1]));
        let (keys, codes) = KeyCodes::build(&[a.clone(), b.clone()], 3).unwrap();
        assert_ne!(codes[0], codes[1]);
        assert_eq!(codes[2], NO_KEY);
        assert_eq!(keys.codes(&[a, b], 3).unwrap(), codes);
        assert_eq!(KeyCodes::build(&[], 3).unwrap().1, vec![0, 0, 0]);
    }
}
