//! Merging the small files of a case into one, beside the writers.
//!
//! Files are merged with others of their order of size, so that a row is rewritten a few times at most, however long
//! the case goes on. A merge never waits in a writer's way: if a file it read is gone when it commits, it gives up.

use std::collections::BTreeMap;

use datafusion::arrow::compute::concat_batches;
use deltalake_core::kernel::Remove;

use super::StoreError;
use super::append::WrittenFile;
use super::data_file::encode;
use super::entry::{DataFile, Draft, State};
use super::error::arrow;
use super::options::Upkeep;
use super::schema::CASE_ID;
use super::table::OpenTable;

/// How many merges one commit holds at most.
const MERGES_PER_COMMIT: usize = 500;

/// Files of one case that are to become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) case_id: String,
    pub(super) files: Vec<DataFile>,
}

impl Merge {
    fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

/// What is worth merging: files of one case and one order of size (a factor of 8), at least `merge_files` of them and
/// none full, no more than `merge_bytes` at a time. One inner list is one commit.
pub(super) fn plan(state: &State, upkeep: &Upkeep) -> Vec<Vec<Merge>> {
    let mut commits: Vec<Vec<Merge>> = vec![Vec::new()];
    let mut room = upkeep.merge_bytes;
    for merge in state.files.iter().flat_map(|(case_id, files)| of_case(case_id, files.values(), upkeep)) {
        let full = merge.bytes() > room || commits.last().is_some_and(|c| c.len() >= MERGES_PER_COMMIT);
        if full && commits.last().is_some_and(|c| !c.is_empty()) {
            commits.push(Vec::new());
            room = upkeep.merge_bytes;
        }
        room = room.saturating_sub(merge.bytes());
        if let Some(last) = commits.last_mut() {
            last.push(merge);
        }
    }
    commits.retain(|c| !c.is_empty());
    commits
}

fn of_case<'a>(case_id: &str, files: impl Iterator<Item = &'a DataFile>, upkeep: &Upkeep) -> Vec<Merge> {
    let mut orders: BTreeMap<u32, Vec<DataFile>> = BTreeMap::new();
    for file in files.filter(|f| f.bytes < upkeep.full_file_bytes) {
        // Parquet's own bytes fill a file of few rows: below 32 KiB all are of one order.
        orders.entry(file.bytes.max(1).ilog2().max(12) / 3).or_default().push(file.clone());
    }
    let mut merges = Vec::new();
    for files in orders.into_values().filter(|f| f.len() >= upkeep.merge_files.max(2)) {
        let mut merge = Merge { case_id: case_id.to_owned(), files: Vec::new() };
        for file in files {
            if merge.bytes() + file.bytes > upkeep.merge_bytes && merge.files.len() > 1 {
                let next = Merge { files: Vec::new(), ..merge.clone() };
                merges.push(std::mem::replace(&mut merge, next));
            }
            merge.files.push(file);
        }
        merges.push(merge);
    }
    merges.retain(|m| m.files.len() > 1);
    merges
}

impl OpenTable {
    /// Merges what is worth merging; gives the number of files that became fewer.
    pub(super) async fn merge(&self) -> Result<usize, StoreError> {
        let mut fewer = 0;
        for merges in self.look(|state| plan(state, &self.options.upkeep)).await? {
            fewer += self.merge_in_one_commit(&merges).await?;
        }
        Ok(fewer)
    }

    async fn merge_in_one_commit(&self, merges: &[Merge]) -> Result<usize, StoreError> {
        let mut written: Vec<WrittenFile> = Vec::new();
        for merge in merges {
            match self.merged(merge).await {
                Ok(file) => written.push(file),
                Err(e) => {
                    self.discard(written.iter()).await;
                    // A case that was deleted meanwhile is no fault.
                    return if self.still_there(merges).await? { Err(e) } else { Ok(0) };
                }
            }
        }
        let now_ms = self.now_ms();
        let done = self.commit(|state| all_in(state, merges).then(|| draft(merges, &written, now_ms))).await;
        if !matches!(done, Ok(Some(_))) {
            self.discard(written.iter()).await;
        }
        let before: usize = merges.iter().map(|m| m.files.len()).sum();
        Ok(done?.map_or(0, |_| before - written.len()))
    }

    async fn still_there(&self, merges: &[Merge]) -> Result<bool, StoreError> {
        self.look(|state| all_in(state, merges)).await
    }

    /// Writes the rows of the files as one file, which is no part of the table yet.
    async fn merged(&self, merge: &Merge) -> Result<WrittenFile, StoreError> {
        let mut batches = Vec::new();
        for file in &merge.files {
            batches.extend(self.read_file(&merge.case_id, file).await?);
        }
        let table = self.table();
        let encoded = self.makers.run(table, move || {
            let rows = concat_batches(&table.schema(), &batches).map_err(arrow(table))?;
            let but_case: Vec<usize> = (1..rows.num_columns()).collect();
            encode(table, &rows.project(&but_case).map_err(arrow(table))?)
        });
        let mut file = self.write_file(&merge.case_id, encoded.await?).await?;
        file.add.data_change = false;
        Ok(file)
    }
}

/// Whether every file is still part of the table: neither merged by another nor deleted with its case.
fn all_in(state: &State, merges: &[Merge]) -> bool {
    merges.iter().all(|merge| {
        let held = state.files.get(&merge.case_id);
        held.is_some_and(|held| merge.files.iter().all(|f| held.contains_key(&f.path)))
    })
}

fn draft(merges: &[Merge], written: &[WrittenFile], now_ms: i64) -> Draft {
    let gone = merges.iter().flat_map(|m| m.files.iter().map(|f| removal(&m.case_id, f, false, now_ms)));
    let adds = written.iter().map(|f| f.add.clone()).collect();
    Draft { operation: "OPTIMIZE", adds, removes: gone.collect(), ..Draft::default() }
}

/// Says that a file is no part of the table any more; `data_change` if its rows are not either.
pub(super) fn removal(case_id: &str, file: &DataFile, data_change: bool, now_ms: i64) -> Remove {
    Remove {
        path: file.path.clone(),
        data_change,
        deletion_timestamp: Some(now_ms),
        extended_file_metadata: Some(true),
        partition_values: Some([(CASE_ID.to_owned(), Some(case_id.to_owned()))].into()),
        size: i64::try_from(file.bytes).ok(),
        ..Remove::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(sizes: &[(&str, u64)], merge_bytes: u64) -> Vec<Vec<Vec<String>>> {
        let mut state = State::default();
        for (i, (case, bytes)) in sizes.iter().enumerate() {
            let file = DataFile { bytes: *bytes, ..DataFile::new(format!("{i}"), 0, None) };
            state.files.entry((*case).to_owned()).or_default().insert(file.path.clone(), file);
        }
        let upkeep = Upkeep { merge_files: 3, full_file_bytes: 4 << 20, merge_bytes, ..Upkeep::default() };
        let paths = |m: &Merge| m.files.iter().map(|f| f.path.clone()).collect();
        plan(&state, &upkeep).iter().map(|c| c.iter().map(paths).collect()).collect()
    }

    #[test]
    fn files_of_one_order_of_size_are_merged_and_others_wait() {
        let big = 1 << 20;
        let none: [[[&str; 0]; 0]; 0] = [];
        assert_eq!(planned(&[("A", 10), ("A", 20), ("B", 10), ("A", big)], 8 << 20), none);
        assert_eq!(planned(&[("A", 10), ("A", 20), ("A", 9_000), ("A", big)], 8 << 20), [[["0", "1", "2"]]]);
        assert_eq!(planned(&[("A", 5 << 20), ("A", 5 << 20), ("A", 5 << 20)], 8 << 20), none, "all are full");
    }

    #[test]
    fn a_commit_holds_no_more_than_memory_does() {
        let mb = 1 << 20;
        let files: Vec<(&str, u64)> = ["A", "B"].iter().flat_map(|case| [(*case, mb); 4]).collect();
        assert_eq!(planned(&files, 8 * mb), [[["0", "1", "2", "3"], ["4", "5", "6", "7"]]]);
        assert_eq!(planned(&files, 4 * mb), [[["0", "1", "2", "3"]], [["4", "5", "6", "7"]]]);
        assert_eq!(planned(&files, 2 * mb).len(), 4);
        assert_eq!(planned(&files, 1).len(), 4, "less than two files are no merge");
    }
}
