//! The columns that are kept: which, how many, and for how long.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, StringViewBuilder};
use datafusion::common::TableReference;
use datafusion::execution::cache::default_cache::DefaultCache;
use datafusion::execution::cache::{Cache, CacheKey, CacheValue};

use crate::time::Stopwatch;

/// The names of files that were asked for take no more than this, bytes: some ten thousand of them.
const MET_BYTES: usize = 1 << 20;
/// So often, at most, columns of files that are not there any more are let go of, seconds.
const SWEEP_S: f64 = 60.0;

/// Columns of data files, decoded once and kept for the next question; in the extensions of a session's settings.
///
/// A data file never changes, and its name is never used again, so that a column that is kept is what the file says. A file's
/// columns are kept from the second question on that asks for it: what is read once, as a search through everything is, takes
/// no room. When there is none the columns go that were not asked for longest.
pub struct KeptColumns {
    columns: DefaultCache<Key, Column>,
    /// The files that were asked for.
    met: DefaultCache<File, Met>,
    swept: Mutex<Stopwatch>,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    file: Arc<str>,
    column: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct File(Arc<str>);

/// A column as it is kept: all its rows in one array.
#[derive(Clone)]
struct Column(ArrayRef);

#[derive(Debug, Clone, Copy)]
struct Met;

impl CacheKey for Key {
    fn size(&self) -> usize {
        self.file.len() + self.column.len()
    }

    fn table_ref(&self) -> Option<&TableReference> {
        None
    }
}

impl CacheKey for File {
    fn size(&self) -> usize {
        self.0.len()
    }

    fn table_ref(&self) -> Option<&TableReference> {
        None
    }
}

impl CacheValue for Column {
    fn size(&self) -> usize {
        self.0.get_array_memory_size()
    }
}

impl CacheValue for Met {
    fn size(&self) -> usize {
        // What takes nothing is not kept.
        1
    }
}

impl fmt::Debug for KeptColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (columns, bytes) = (self.columns.len(), self.columns.memory_used());
        f.debug_struct("KeptColumns").field("columns", &columns).field("bytes", &bytes).finish_non_exhaustive()
    }
}

impl KeptColumns {
    /// Room for columns of so many bytes as they are in memory; of none, nothing is kept.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let columns = DefaultCache::new(bytes).with_name("columns of data files");
        Self { columns, met: DefaultCache::new(MET_BYTES), swept: Mutex::new(Stopwatch::start()) }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// How many bytes may be kept.
    pub(in crate::store) fn most_bytes(&self) -> usize {
        self.columns.cache_limit()
    }

    /// Whether a file was asked for before; from now on it was.
    pub(in crate::store) fn meets(&self, file: &Arc<str>) -> bool {
        let file = File(Arc::clone(file));
        self.met.get(&file).is_some() || self.met.put(&file, Met).is_some()
    }

    /// A column of a file, if it is kept.
    pub(super) fn get(&self, file: &Arc<str>, column: &str) -> Option<ArrayRef> {
        self.columns.get(&Key { file: Arc::clone(file), column: Arc::from(column) }).map(|c| c.0)
    }

    /// Keeps all rows of a column of a file, and gives them as they are kept.
    pub(super) fn keep(&self, file: &Arc<str>, column: &str, rows: ArrayRef) -> ArrayRef {
        let rows = compact(rows);
        let key = Key { file: Arc::clone(file), column: Arc::from(column) };
        self.columns.put(&key, Column(Arc::clone(&rows)));
        rows
    }

    /// Lets go of the columns of files that are not there any more, once in a while.
    pub(in crate::store) fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.seconds() > SWEEP_S {
            *swept = Stopwatch::start();
            self.sweep_now();
        }
    }

    pub(super) fn sweep_now(&self) {
        self.sweep_where(|file| FilePath::new("/").join(file).exists());
    }

    fn sweep_where(&self, is_there: impl Fn(&str) -> bool) {
        let kept = self.columns.list_entries();
        let files: BTreeSet<&Arc<str>> = kept.keys().map(|k| &k.file).collect();
        let gone: BTreeSet<&Arc<str>> = files.into_iter().filter(|f| !is_there(f)).collect();
        for key in kept.keys().filter(|k| gone.contains(&k.file)) {
            self.columns.remove(key);
        }
    }
}

/// A column whose texts stand in memory once each: those of a file are many times the same.
fn compact(column: ArrayRef) -> ArrayRef {
    let Some(texts) = column.as_string_view_opt() else { return column };
    let mut once = StringViewBuilder::with_capacity(texts.len()).with_deduplicate_strings();
    for text in texts {
        once.append_option(text);
    }
    Arc::new(once.finish())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{Int64Array, StringViewArray};
    use datafusion::arrow::buffer::Buffer;

    use super::*;

    fn file(name: &str) -> Arc<str> {
        Arc::from(name)
    }

    fn numbers(rows: usize) -> ArrayRef {
        Arc::new(Int64Array::from(vec![7; rows]))
    }

    #[test]
    fn a_file_is_met_once_and_known_then() {
        let kept = KeptColumns::new(1 << 20);
        assert!(!kept.meets(&file("a")));
        assert!(!kept.meets(&file("b")));
        assert!(kept.meets(&file("a")) && kept.meets(&file("b")));
    }

    #[test]
    fn a_column_is_of_its_file_and_its_name() {
        let kept = KeptColumns::new(1 << 20);
        let rows = kept.keep(&file("a"), "t0", numbers(3));
        assert_eq!(kept.get(&file("a"), "t0").as_ref(), Some(&rows));
        assert_eq!(kept.get(&file("a"), "t1"), None);
        assert_eq!(kept.get(&file("b"), "t0"), None);
    }

    #[test]
    fn the_column_that_was_not_asked_for_longest_makes_room_for_another() {
        let room = 2 * (numbers(100).get_array_memory_size() + 8);
        let kept = KeptColumns::new(room);
        kept.keep(&file("a"), "t0", numbers(100));
        kept.keep(&file("b"), "t0", numbers(100));
        assert!(kept.get(&file("a"), "t0").is_some());
        kept.keep(&file("c"), "t0", numbers(100));
        let held = ["a", "b", "c"].map(|f| kept.get(&file(f), "t0").is_some());
        assert_eq!(held, [true, false, true]);
        assert!(kept.columns.memory_used() <= room);
        // More than all the room: it is given and not kept.
        assert_eq!(kept.keep(&file("d"), "t0", numbers(10_000)).len(), 10_000);
        assert!(kept.get(&file("d"), "t0").is_none() && kept.get(&file("a"), "t0").is_some());
    }

    #[test]
    fn columns_of_files_that_were_deleted_go() {
        let kept = KeptColumns::new(1 << 20);
        for (name, column) in [("a", "t0"), ("a", "t1"), ("b", "t0")] {
            kept.keep(&file(name), column, numbers(2));
        }
        kept.sweep_where(|name| name != "a");
        let held = [("a", "t0"), ("a", "t1"), ("b", "t0")].map(|(f, c)| kept.get(&file(f), c).is_some());
        assert_eq!(held, [false, false, true]);
    }

    #[test]
    fn texts_stand_in_memory_once_and_say_the_same() {
        let long = "a text that is longer than twelve bytes";
        let texts = (0..1_000).map(|n| match n % 3 {
            0 => None,
            1 => Some(format!("{long} {}", n % 7)),
            _ => Some("short".to_owned()),
        });
        let texts: ArrayRef = Arc::new(texts.collect::<StringViewArray>());
        let kept = compact(Arc::clone(&texts));
        assert_eq!(&kept, &texts);
        let bytes = |a: &ArrayRef| a.as_string_view().data_buffers().iter().map(Buffer::len).sum::<usize>();
        assert_eq!(bytes(&kept), 7 * (long.len() + 2));
    }
}
