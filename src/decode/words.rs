//! Dictionary columns: text that repeats, kept once.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray, StringBuilder};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::arrow::error::ArrowError;
use hashbrown::HashTable;

/// A dictionary that has grown past this many values is begun anew with the next batch: number plates can differ in
/// every row, and a dictionary is copied with each batch that adds to it.
const MAX_VALUES: usize = 16_384;

/// A column of repeating text that is filled row by row.
///
/// Batches share one dictionary as long as no value is added to it, so that what reads them can tell by the pointer.
#[derive(Debug)]
pub(super) struct Words {
    room: usize,
    keys: Vec<i32>,
    values: Vec<Box<str>>,
    index: HashTable<i32>,
    hasher: foldhash::fast::FixedState,
    array: Option<ArrayRef>,
    last_key: i32,
}

impl Words {
    /// A column with room for so many rows from the start of each batch.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            room: rows,
            keys: Vec::with_capacity(rows),
            values: Vec::new(),
            index: HashTable::new(),
            hasher: foldhash::fast::FixedState::default(),
            array: None,
            last_key: -1,
        }
    }

    /// Appends a value; the same value as in the row before costs a comparison.
    #[inline]
    pub(super) fn push(&mut self, value: &str) {
        if !self.is(self.last_key, value) {
            self.last_key = self.key_of(value);
        }
        self.keys.push(self.last_key);
    }

    /// Makes room for so many rows more.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.keys.reserve(rows);
    }

    fn value(&self, key: i32) -> Option<&str> {
        usize::try_from(key).ok().and_then(|k| self.values.get(k)).map(AsRef::as_ref)
    }

    /// Whether this is the value of a key.
    ///
    /// Empty texts are not compared: they point nowhere, and a comparison that loads from there by vector, be it of no
    /// byte, costs hundreds of cycles on some machines.
    #[inline]
    fn is(&self, key: i32, value: &str) -> bool {
        self.value(key).is_some_and(|known| known.len() == value.len() && (value.is_empty() || known == value))
    }

    fn key_of(&mut self, value: &str) -> i32 {
        let hash = self.hasher.hash_one(value);
        if let Some(key) = self.index.find(hash, |k| self.is(*k, value)) {
            return *key;
        }
        // A dictionary holds MAX_VALUES and one batch at most.
        let key = i32::try_from(self.values.len()).unwrap_or(i32::MAX);
        self.values.push(value.into());
        let (values, hasher) = (&self.values, &self.hasher);
        self.index.insert_unique(hash, key, |k| {
            let text = usize::try_from(*k).ok().and_then(|k| values.get(k));
            hasher.hash_one(text.map_or("", AsRef::as_ref))
        });
        self.array = None;
        key
    }

    /// The rows since the last call, as an array.
    pub(super) fn take(&mut self) -> Result<ArrayRef, ArrowError> {
        let keys = Int32Array::from(std::mem::replace(&mut self.keys, Vec::with_capacity(self.room)));
        let values = Arc::clone(self.array.get_or_insert_with(|| {
            let mut builder = StringBuilder::with_capacity(self.values.len(), self.values.len() * 16);
            self.values.iter().for_each(|v| builder.append_value(v));
            Arc::new(builder.finish())
        }));
        if self.values.len() > MAX_VALUES {
            self.values.clear();
            self.index.clear();
            self.array = None;
            self.last_key = -1;
        }
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?))
    }
}

/// A column whose values are known beforehand; `keys` are positions in `values`.
pub(super) fn known(keys: Vec<i32>, values: &Arc<StringArray>) -> Result<ArrayRef, ArrowError> {
    let values: ArrayRef = Arc::<StringArray>::clone(values);
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(Int32Array::from(keys), values)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::AsArray as _;

    fn texts(array: &ArrayRef) -> Vec<String> {
        let dictionary = array.as_dictionary::<Int32Type>();
        let values = dictionary.downcast_dict::<StringArray>().unwrap();
        values.into_iter().map(|v| v.unwrap().to_owned()).collect()
    }

    #[test]
    fn batches_share_a_dictionary_until_a_value_is_added() {
        let mut words = Words::new(4);
        let dictionary = |a: &ArrayRef| Arc::clone(a.as_dictionary::<Int32Type>().values());
        for word in ["a", "a", "b", "", "a"] {
            words.push(word);
        }
        let first = words.take().unwrap();
        words.push("b");
        let second = words.take().unwrap();
        words.push("c");
        words.push("a");
        let third = words.take().unwrap();
        assert_eq!(texts(&first), ["a", "a", "b", "", "a"]);
        assert_eq!((texts(&second), texts(&third)), (vec!["b".to_owned()], vec!["c".to_owned(), "a".to_owned()]));
        assert!(Arc::ptr_eq(&dictionary(&first), &dictionary(&second)));
        assert_eq!(dictionary(&third).len(), 4);
    }

    #[test]
    fn a_column_of_ever_new_values_starts_a_new_dictionary() {
        let mut words = Words::new(8192);
        let mut seen = 0_usize;
        for _batch in 0..4 {
            for _row in 0..8192 {
                words.push(&format!("plate {seen}"));
                seen += 1;
            }
            let array = words.take().unwrap();
            assert!(array.as_dictionary::<Int32Type>().values().len() <= MAX_VALUES + 8192);
            assert_eq!(texts(&array).last().unwrap(), &format!("plate {}", seen - 1));
        }
    }
}
