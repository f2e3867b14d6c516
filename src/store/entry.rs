//! One entry of a table's log: what a commit added, removed, and how far it brought each partition. Pure.

use std::collections::BTreeMap;

use deltalake_core::kernel::{Action, Add, Remove, Transaction};
use serde::Deserialize;

use super::schema::CASE_ID;

/// A data file, as the log tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataFile {
    /// From the table's root.
    pub(super) path: String,
    /// Its size.
    pub(super) bytes: u64,
    /// Rows in it.
    pub(super) rows: u64,
    /// Least and greatest partition its rows come from, if they come from a topic.
    pub(super) partitions: Option<(i64, i64)>,
    /// Greatest offset of its rows, if they come from a topic.
    pub(super) last_offset: Option<i64>,
}

/// What one commit did to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Case and file.
    pub(super) added: Vec<(String, DataFile)>,
    /// What is no part of the table any more.
    pub(super) removed: Vec<Removed>,
    /// Application transactions: name and version.
    pub(super) next_offsets: Vec<(String, i64)>,
    /// It changed the table's columns or protocol.
    pub(super) changes_table: bool,
}

/// A file that is no part of the table any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Removed {
    /// Its case, if the log says it.
    case: Option<String>,
    path: String,
    /// Its rows are gone, and not in another file.
    deleted: bool,
}

impl From<&Remove> for Removed {
    fn from(r: &Remove) -> Self {
        let case = r.partition_values.as_ref().and_then(|values| values.get(CASE_ID).cloned().flatten());
        Self { case, path: r.path.clone(), deleted: r.data_change }
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    num_records: Option<u64>,
    min_values: Origin,
    max_values: Origin,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Origin {
    origin_partition: Option<i64>,
    origin_offset: Option<i64>,
}

impl DataFile {
    /// From what the log says of it; statistics that cannot be read count as none.
    pub(super) fn new(path: String, bytes: i64, stats: Option<&str>) -> Self {
        let stats: Stats = stats.and_then(|s| serde_json::from_str(s).ok()).unwrap_or_default();
        Self {
            path,
            bytes: u64::try_from(bytes).unwrap_or(0),
            rows: stats.num_records.unwrap_or(0),
            partitions: stats.min_values.origin_partition.zip(stats.max_values.origin_partition),
            last_offset: stats.max_values.origin_offset,
        }
    }

    /// Whether it may hold rows of a partition; a file that says nothing may.
    pub(super) fn may_hold(&self, partition: i32) -> bool {
        self.partitions.is_none_or(|(least, greatest)| (least..=greatest).contains(&i64::from(partition)))
    }

    /// Whether it may hold rows from an offset on; a file that says nothing may.
    pub(super) fn may_reach(&self, offset: i64) -> bool {
        self.last_offset.is_none_or(|last| last >= offset)
    }
}

impl Entry {
    /// Reads the lines of a log entry.
    ///
    /// # Errors
    /// What is wrong with the first line that is no action of Delta Lake.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut entry = Self::default();
        for action in serde_json::Deserializer::from_slice(bytes).into_iter::<Action>() {
            match action? {
                Action::Add(add) => entry.added.push((case_of(&add), file_of(&add))),
                Action::Remove(remove) => entry.removed.push(Removed::from(&remove)),
                Action::Txn(txn) => entry.next_offsets.push((txn.app_id, txn.version)),
                Action::Metadata(_) | Action::Protocol(_) => entry.changes_table = true,
                _ => {}
            }
        }
        Ok(entry)
    }
}

fn case_of(add: &Add) -> String {
    add.partition_values.get(CASE_ID).cloned().flatten().unwrap_or_default()
}

/// The file that an action adds.
pub(super) fn file_of(add: &Add) -> DataFile {
    DataFile::new(add.path.clone(), add.size, add.stats.as_deref())
}

/// A commit that is ready to be written as a log entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// Files to add.
    pub(super) adds: Vec<Add>,
    /// Files to remove.
    pub(super) removes: Vec<Remove>,
    /// Application transactions: name and version.
    pub(super) next_offsets: Vec<(String, i64)>,
    /// What was done, for those who read the log.
    pub(super) operation: &'static str,
    /// Makes the entry unlike every other, so that a writer can tell whether an entry is its own.
    pub(super) nonce: u64,
}

impl Draft {
    /// The lines of the log entry; `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// If an action cannot be written as JSON, which none of ours does.
    pub(super) fn lines(&self, now_ms: i64) -> Result<Vec<u8>, serde_json::Error> {
        let info = serde_json::json!({"commitInfo": {
            "timestamp": now_ms,
            "operation": self.operation,
            "operationParameters": {},
            "isBlindAppend": self.removes.is_empty(),
            "engineInfo": concat!("locard:", env!("CARGO_PKG_VERSION")),
            "locardCommit": format!("{:016x}", self.nonce),
        }});
        let mut lines = serde_json::to_vec(&info)?;
        let mut push = |action: Action| {
            lines.push(b'\n');
            serde_json::to_writer(&mut lines, &action)
        };
        for (app_id, version) in &self.next_offsets {
            push(Action::Txn(Transaction::new(app_id, *version)))?;
        }
        for remove in &self.removes {
            push(Action::Remove(remove.clone()))?;
        }
        for add in &self.adds {
            push(Action::Add(add.clone()))?;
        }
        Ok(lines)
    }

    /// What the entry will say once it is committed.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            added: self.adds.iter().map(|a| (case_of(a), file_of(a))).collect(),
            removed: self.removes.iter().map(Removed::from).collect(),
            next_offsets: self.next_offsets.clone(),
            changes_table: false,
        }
    }
}

/// A log entry without the lines that add files of a case; `None` if it has no such lines.
///
/// # Errors
/// If a line is no JSON.
pub(super) fn without_case(bytes: &[u8], case_id: &str) -> Result<Option<Vec<u8>>, serde_json::Error> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut found = false;
    for line in bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let action: serde_json::Value = serde_json::from_slice(line)?;
        let case = action.get("add").and_then(|add| add.get("partitionValues")?.get(CASE_ID)?.as_str());
        if case == Some(case_id) {
            found = true;
        } else {
            kept.push(line);
        }
    }
    Ok(found.then(|| kept.join(&b'\n')))
}

/// The state of a table as its log tells it: which files hold which case, and how far each partition has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The last entry that is in it.
    pub(super) version: u64,
    /// Application transactions by name.
    pub(super) next_offsets: BTreeMap<String, i64>,
    /// Files by case and path.
    pub(super) files: BTreeMap<String, BTreeMap<String, DataFile>>,
    /// Cases that were deleted since the state was first read, with the last entry that did so.
    pub(super) deleted: BTreeMap<String, u64>,
}

impl State {
    /// Takes the next entry in.
    pub(super) fn apply(&mut self, version: u64, entry: Entry) {
        for removed in entry.removed {
            let Some(case) = removed.case.or_else(|| self.case_holding(&removed.path)) else { continue };
            if let Some(files) = self.files.get_mut(&case) {
                files.remove(&removed.path);
            }
            if removed.deleted {
                self.deleted.insert(case, version);
            }
        }
        self.files.retain(|_, files| !files.is_empty());
        for (case, file) in entry.added {
            self.files.entry(case).or_default().insert(file.path.clone(), file);
        }
        self.next_offsets.extend(entry.next_offsets);
        self.version = version;
    }

    fn case_holding(&self, path: &str) -> Option<String> {
        self.files.iter().find(|(_, files)| files.contains_key(path)).map(|(case, _)| case.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(case: &str, path: &str, stats: Option<&str>) -> Add {
        Add {
            path: path.to_owned(),
            partition_values: [(CASE_ID.to_owned(), Some(case.to_owned()))].into(),
            size: 10,
            stats: stats.map(str::to_owned),
            ..Add::default()
        }
    }

    fn draft() -> Draft {
        let stats = r#"{"numRecords":3,"minValues":{"origin_partition":1,"t0":"x"},"maxValues":{"origin_partition":2,"origin_offset":41}}"#;
        Draft {
            adds: vec![add("A", "case_id=A/a%b.parquet", Some(stats)), add("B", "case_id=B/b.parquet", None)],
            removes: vec![Remove { path: "case_id=A/old.parquet".to_owned(), data_change: true, ..Remove::default() }],
            next_offsets: vec![("locard-fixes-1".to_owned(), 42)],
            operation: "WRITE",
            nonce: 7,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let draft = draft();
        let entry = Entry::read(&draft.lines(1_700_000_000_000).unwrap()).unwrap();
        assert_eq!(entry, draft.entry());
        let (_, file) = &entry.added[0];
        assert_eq!((file.rows, file.partitions, file.last_offset), (3, Some((1, 2)), Some(41)));
        assert!(file.may_hold(2) && !file.may_hold(3) && file.may_reach(41) && !file.may_reach(42));
        let (_, silent) = &entry.added[1];
        assert!(silent.may_hold(9) && silent.may_reach(i64::MAX), "a file without statistics is never left out");
    }

    #[test]
    fn the_state_follows_the_log_whether_or_not_a_removal_names_its_case() {
        let mut state = State::default();
        let old = |case: &str| Draft { adds: vec![add(case, "case_id=A/old.parquet", None)], ..Draft::default() };
        state.apply(1, old("A").entry());
        state.apply(2, draft().entry());
        assert_eq!(state.files["A"].keys().collect::<Vec<_>>(), ["case_id=A/a%b.parquet"]);
        assert_eq!((state.version, state.next_offsets["locard-fixes-1"]), (2, 42));
        assert_eq!(state.deleted, BTreeMap::from([("A".to_owned(), 2)]));
        let partition_values = Some([(CASE_ID.to_owned(), Some("B".to_owned()))].into());
        let remove = Remove { path: "case_id=B/b.parquet".to_owned(), partition_values, ..Remove::default() };
        state.apply(3, Draft { removes: vec![remove], ..Draft::default() }.entry());
        assert_eq!(state.files.keys().collect::<Vec<_>>(), ["A"]);
        assert!(!state.deleted.contains_key("B"), "merged, not deleted");
    }

    #[test]
    fn a_case_is_taken_out_of_an_entry_and_the_rest_stays() {
        let lines = draft().lines(0).unwrap();
        let rest = without_case(&lines, "A").unwrap().unwrap();
        let entry = Entry::read(&rest).unwrap();
        assert_eq!(entry.added.iter().map(|(case, _)| case.as_str()).collect::<Vec<_>>(), ["B"]);
        assert_eq!((entry.removed.len(), entry.next_offsets.len()), (1, 1));
        assert_eq!(without_case(&rest, "A").unwrap(), None);
    }
}
