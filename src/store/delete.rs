//! Deleting a case: its files, its returned files, and what the logs say of them.
//!
//! A log entry that adds a file says where and when the rows in it are (their least and greatest time and position), so
//! such lines go too. What remains until the log is cleaned (`log_retention`) or the next checkpoint after a day: that
//! the case of this name had files, with their random names and sizes. Rejects whose case could not be told stand under
//! [`UNKNOWN_CASE`](super::UNKNOWN_CASE) and are not found.

use std::collections::BTreeSet;

use datafusion::arrow::array::AsArray;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStoreExt as _, PutPayload};
use deltalake_core::logstore::commit_uri_from_version;
use futures::TryStreamExt as _;

use super::entry::{DataFile, Draft, State, without_case};
use super::error::{delta, io};
use super::folder::case_folder;
use super::merge::removal;
use super::table::OpenTable;
use super::{Store, StoreError, Table, Wanted};

/// What the deletion of a case took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Data files.
    pub files: usize,
    /// Returned files that no other case has.
    pub exhibits: usize,
    /// Log entries that spoke of the case's files.
    pub log_entries: usize,
}

impl Store {
    /// Deletes a case from every table and from the disk. Done again after it was interrupted, it finishes.
    ///
    /// Rows of the case that are appended later are new rows: stop its feed first. It reads every log entry that is
    /// left, and needs a runtime of several threads.
    ///
    /// # Errors
    /// If the storage fails; what was not deleted then is deleted by the next call.
    pub async fn delete_case(&self, case_id: &str) -> Result<Deleted, StoreError> {
        // The files first: without the rows nobody would know which they were.
        let mut sum = Deleted { exhibits: self.delete_exhibits_of(case_id).await?, ..Deleted::default() };
        for table in self.tables.values() {
            let deleted = table.delete_case(case_id).await?;
            sum.files += deleted.files;
            sum.log_entries += deleted.log_entries;
        }
        Ok(sum)
    }

    async fn delete_exhibits_of(&self, case_id: &str) -> Result<usize, StoreError> {
        let (mut of_case, mut of_others) = (BTreeSet::new(), BTreeSet::new());
        let mut rows = self.read(Table::Exhibits, Wanted::default()).await?;
        while let Some(batch) = rows.try_next().await? {
            let (cases, hashes) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            for (case, sha256) in cases.iter().flatten().zip(hashes.iter().flatten()) {
                if case == case_id { &mut of_case } else { &mut of_others }.insert(sha256.to_owned());
            }
        }
        let mut deleted = 0;
        for sha256 in of_case.difference(&of_others) {
            deleted += usize::from(self.delete_exhibit(sha256).await?);
        }
        Ok(deleted)
    }
}

impl OpenTable {
    async fn delete_case(&self, case_id: &str) -> Result<Deleted, StoreError> {
        let (folder, now_ms) = (case_folder(case_id), self.now_ms());
        if self.look(|state| !state.files.contains_key(case_id)).await? && self.listed(Some(&folder)).await?.is_empty()
        {
            return Ok(Deleted::default());
        }
        // A removal even if there is nothing to remove: writers that began before it see it, and write their files anew.
        let barrier = DataFile::new(format!("{folder}/none"), 0, None);
        let mut removed = BTreeSet::new();
        let prepare = |state: &State| {
            let files = state.files.get(case_id).into_iter().flat_map(|files| files.values());
            removed = files.clone().map(|f| f.path.clone()).collect();
            let removes = files.chain([&barrier]).map(|f| removal(case_id, f, true, now_ms)).collect();
            Some(Draft { operation: "DELETE", removes, ..Draft::default() })
        };
        let version = self.commit(prepare).await?.map_or(0, |done| done.version);
        let checkpoint = self.checkpoint().await?;
        let log_entries = self.clear_log(case_id, version, checkpoint).await?;
        // Last, since files in the folder are the sign that a deletion is not finished.
        let files = self.clear_folder(&folder, version, &removed).await?;
        Ok(Deleted { files, exhibits: 0, log_entries })
    }

    /// Deletes the files that an entry removed, and every other of the case's folder that was there before the entry:
    /// merged files, and what interrupted commits left.
    async fn clear_folder(&self, folder: &str, version: u64, removed: &BTreeSet<String>) -> Result<usize, StoreError> {
        let until_ms = self.written_ms(version).await?;
        let mut listed = self.listed(Some(folder)).await?;
        listed.retain(|m| removed.contains(m.location.as_ref()) || m.last_modified.timestamp_millis() < until_ms);
        // On a file system that takes `a` and `A` for one name, files of another case may stand here.
        let held: BTreeSet<String> =
            self.look(|state| state.files.values().flat_map(|files| files.keys().cloned()).collect()).await?;
        listed.retain(|m| !held.contains(m.location.as_ref()));
        self.delete(listed.into_iter().map(|m| m.location).collect()).await
    }

    /// Takes the lines that add files of the case out of the log before the entry that removed them, and deletes the
    /// checkpoints before the one that follows it.
    ///
    /// Readers that begin at that checkpoint never see the cleared entries; those that follow the log miss only files
    /// that it removes again. Entries after the removal stay as they are: files they add are in the table.
    async fn clear_log(&self, case_id: &str, removal: u64, checkpoint: u64) -> Result<usize, StoreError> {
        let what = |version: u64| format!("clearing entry {version} of the log of table {}", self.table());
        let fault = |version, e: serde_json::Error| {
            let detail = e.to_string();
            StoreError::Log { table: self.table(), version, detail }
        };
        let mut cleared = 0;
        for version in (0..removal).rev() {
            let read = self.log.log_store.read_commit_entry(version).await;
            // What is older was cleaned away before.
            let Some(bytes) = read.map_err(delta(what(version)))? else { break };
            if let Some(rest) = without_case(&bytes, case_id).map_err(|e| fault(version, e))? {
                let path = commit_uri_from_version(Some(version));
                let put = self.log.storage().put(&path, PutPayload::from(rest)).await;
                put.map_err(io(what(version)))?;
                cleared += 1;
            }
        }
        let older = self.log.checkpoints().await?.into_iter().filter(|(version, _)| *version < checkpoint);
        let older: Vec<Path> = older.map(|(_, path)| path).collect();
        self.delete(older).await?;
        Ok(cleared)
    }
}
