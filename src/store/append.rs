//! Appending: one file per case, all of them in one commit.
//!
//! ```text
//!  parts ─> taken already? ─> rows by case ─> files, several at once ─> log entry: files and next offsets
//!                                              └ not visible before ────┘
//! ```

use std::sync::Arc;

use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStoreExt as _, PutPayload};
use deltalake_core::kernel::Add;
use futures::StreamExt as _;

use super::commit::{Commit, Committed, Offsets, Part, check, is_left_out, late};
use super::data_file::{Encoded, encode_ordered, stamped};
use super::entry::{Draft, State};
use super::error::io;
use super::folder::case_folder;
use super::rows::Rows;
use super::schema::CASE_ID;
use super::table::OpenTable;
use super::{StoreError, Table};

/// A part whose rows are in files that nobody sees yet.
#[derive(Debug)]
struct WrittenPart {
    offsets: Option<Offsets>,
    files: Vec<WrittenFile>,
}

/// A file that nobody sees yet.
#[derive(Debug)]
pub(super) struct WrittenFile {
    pub(super) add: Add,
    case_id: String,
    rows: usize,
}

impl OpenTable {
    /// See [`Store::append`](super::Store::append).
    pub(super) async fn append(&self, commit: Commit) -> Result<Committed, StoreError> {
        check(&commit)?;
        for _ in 0..self.options.attempts {
            if let Some(committed) = self.try_append(commit.clone()).await? {
                return Ok(committed);
            }
        }
        Err(StoreError::Contended { table: self.table(), attempts: self.options.attempts })
    }

    /// `None` if a case was deleted while its rows were being written, and with it perhaps their files.
    async fn try_append(&self, commit: Commit) -> Result<Option<Committed>, StoreError> {
        let mut committed = Committed::default();
        let (start, stored) = self.look(|state| (state.version, state.next_offsets.clone())).await?;
        let mut parts = commit.parts;
        committed.taken = late(parts.iter().map(|p| p.offsets.as_ref()), &stored);
        parts.retain(|part| !is_left_out(part.offsets.as_ref(), &committed.taken));
        if parts.is_empty() {
            return Ok(Some(committed));
        }
        let written = match self.write_parts(parts).await {
            Ok(written) => written,
            // A file that was being written may have been deleted with its case.
            Err(e) => {
                let deleted = self.look(|state| state.deleted.values().any(|version| *version > start)).await?;
                return if deleted { Ok(None) } else { Err(e) };
            }
        };
        let done = self.commit_parts(start, &written, &mut committed).await;
        if matches!(done, Ok(true)) {
            self.discard_taken(&written, &committed).await;
        } else {
            self.discard(written.iter().flat_map(|p| &p.files)).await;
        }
        Ok(done?.then_some(committed))
    }

    /// Puts the parts into the log that the table still stands ready for; `false` if a case of theirs was deleted after
    /// the entry `start`.
    async fn commit_parts(
        &self,
        start: u64,
        written: &[WrittenPart],
        committed: &mut Committed,
    ) -> Result<bool, StoreError> {
        let before = committed.taken.clone();
        let mut sound = true;
        let prepare = |state: &State| {
            let deleted = |f: &WrittenFile| state.deleted.get(&f.case_id).is_some_and(|version| *version > start);
            sound = !written.iter().flat_map(|p| &p.files).any(deleted);
            let mut draft = Draft { operation: "WRITE", ..Draft::default() };
            *committed = Committed { taken: before.clone(), ..Committed::default() };
            committed.taken.extend(late(written.iter().map(|p| p.offsets.as_ref()), &state.next_offsets));
            for part in written {
                if is_left_out(part.offsets.as_ref(), &committed.taken) {
                    continue;
                }
                draft.next_offsets.extend(part.offsets.as_ref().map(|o| (o.app_id(), o.next)));
                draft.adds.extend(part.files.iter().map(|f| f.add.clone()));
                committed.rows += part.files.iter().map(|f| count(f.rows)).sum::<u64>();
            }
            committed.files = draft.adds.len();
            committed.bytes = draft.adds.iter().map(|a| u64::try_from(a.size).unwrap_or(0)).sum();
            (sound && (!draft.adds.is_empty() || !draft.next_offsets.is_empty())).then_some(draft)
        };
        let done = self.commit(prepare).await?;
        committed.version = done.map(|d| d.version);
        committed.attempts = done.map_or(0, |d| d.attempts);
        Ok(sound)
    }

    async fn write_parts(&self, parts: Vec<Part>) -> Result<Vec<WrittenPart>, StoreError> {
        let (table, stored_us) = (self.table(), self.options.clock.now_us());
        let grouped = self.makers.run(table, move || {
            let rows = |p: Part| Ok((p.offsets, Arc::new(Rows::new(table, &p.rows)?)));
            parts.into_iter().map(rows).collect::<Result<Vec<_>, StoreError>>()
        });
        let grouped = grouped.await?;
        let jobs = grouped.iter().enumerate().flat_map(|(part, (_, rows))| {
            rows.cases.iter().map(move |(case, picked)| (part, case.clone(), picked.clone(), Arc::clone(rows)))
        });
        let files = futures::stream::iter(jobs.collect::<Vec<_>>()).map(|(part, case, picked, rows)| async move {
            let encoded = self
                .makers
                .run(table, move || encode_ordered(table, &stamped(table, &rows.of(table, &picked)?, stored_us)?));
            Ok((part, self.write_file(&case, encoded.await?).await?))
        });
        let files: Vec<Result<_, StoreError>> =
            files.buffer_unordered(self.options.files_at_once.max(1)).collect().await;
        let mut written: Vec<WrittenPart> =
            grouped.into_iter().map(|(offsets, _)| WrittenPart { offsets, files: Vec::new() }).collect();
        let mut failed = None;
        for file in files {
            match file {
                Ok((part, file)) => written.get_mut(part).map_or((), |p| p.files.push(file)),
                Err(e) if failed.is_none() => failed = Some(e),
                Err(_) => {}
            }
        }
        if let Some(e) = failed {
            // What did get written is in the way of the next attempt if the disk is full.
            self.discard(written.iter().flat_map(|p| &p.files)).await;
            return Err(e);
        }
        for part in &mut written {
            part.files.sort_by(|a, b| a.add.path.cmp(&b.add.path));
        }
        Ok(written)
    }

    /// Writes a data file of a case. It is no part of the table before a commit says so.
    pub(super) async fn write_file(&self, case_id: &str, encoded: Encoded) -> Result<WrittenFile, StoreError> {
        let name = format!("part-{:032x}.parquet", rand::random::<u128>());
        let path = format!("{}/{name}", case_folder(case_id));
        let size = i64::try_from(encoded.bytes.len()).unwrap_or(i64::MAX);
        let payload = PutPayload::from(encoded.bytes);
        let put = self.log.storage().put(&Path::from(path.as_str()), payload).await;
        put.map_err(io(format!("writing {path} of table {}", self.table())))?;
        let add = Add {
            path,
            partition_values: [(CASE_ID.to_owned(), Some(case_id.to_owned()))].into(),
            size,
            modification_time: self.now_ms(),
            data_change: true,
            stats: Some(encoded.stats),
            ..Add::default()
        };
        Ok(WrittenFile { add, case_id: case_id.to_owned(), rows: encoded.rows })
    }

    async fn discard_taken(&self, written: &[WrittenPart], committed: &Committed) {
        let late = |o: &Offsets| committed.taken.iter().any(|t| t.topic == o.topic && t.partition == o.partition);
        let late = written.iter().filter(|p| p.offsets.as_ref().is_some_and(late));
        self.discard(late.flat_map(|p| &p.files)).await;
    }

    /// Deletes files that were never part of the table. What cannot be deleted is left to maintenance.
    pub(super) async fn discard(&self, files: impl Iterator<Item = &WrittenFile>) {
        let paths: Vec<_> = files.map(|f| Ok(Path::from(f.add.path.as_str()))).collect();
        let _left_to_maintenance: Vec<_> =
            self.log.storage().delete_stream(futures::stream::iter(paths).boxed()).collect().await;
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// A worker thread ended early.
pub(super) fn broken(table: Table, e: &dyn std::error::Error) -> StoreError {
    StoreError::Broken { table, detail: e.to_string() }
}
