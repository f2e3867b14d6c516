//! Files on a local disk that are whole and on the disk before anybody can see them.
//!
//! `object_store`'s own local files are written to a temporary name and then linked, which holds against a killed
//! process but not against a power cut: the name can reach the disk before the bytes. A log entry of no bytes would
//! make a table unreadable. Here the bytes are synced first, then linked, and for log entries the folder is synced too.
//! A data file is written under its own name: nobody looks for it before a log entry names it, and one that a crash left is
//! deleted as any file that no entry names. A commit writes hundreds of them, and each name costs the file system a turn.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};

use async_trait::async_trait;
use datafusion::common::runtime::SpawnedTask;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use futures::stream::BoxStream;

use super::log::LOG_FOLDER;

/// The local file system, from its root.
#[derive(Debug)]
pub(super) struct DurableFiles {
    inner: LocalFileSystem,
}

impl DurableFiles {
    pub(super) fn new() -> Self {
        Self { inner: LocalFileSystem::new() }
    }
}

impl fmt::Display for DurableFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DurableFiles")
    }
}

/// How a finished file takes its name.
#[derive(Debug, Clone, Copy)]
enum Naming {
    /// The name must be free.
    New,
    /// What had the name before is replaced.
    Replace,
}

#[async_trait]
impl ObjectStore for DurableFiles {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let naming = match opts.mode {
            PutMode::Create => Naming::New,
            PutMode::Overwrite => Naming::Replace,
            PutMode::Update(_) => return self.inner.put_opts(location, payload, opts).await,
        };
        let path = self.inner.path_to_filesystem(location)?;
        let shown = location.to_string();
        let written = SpawnedTask::spawn_blocking(move || write_whole(&path, &payload, naming)).await;
        match written {
            Ok(Ok(())) => Ok(PutResult { e_tag: None, version: None }),
            Ok(Err(e)) if e.kind() == io::ErrorKind::AlreadyExists => {
                Err(Error::AlreadyExists { path: shown, source: e.into() })
            }
            Ok(Err(e)) => Err(Error::Generic { store: "DurableFiles", source: e.into() }),
            Err(e) => Err(Error::Generic { store: "DurableFiles", source: e.into() }),
        }
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let (old, new) = (self.inner.path_to_filesystem(from)?, self.inner.path_to_filesystem(to)?);
        blocking(move || File::open(old)?.sync_all()).await?;
        self.inner.rename_opts(from, to, options).await?;
        blocking(move || File::open(folder_of(&new))?.sync_all()).await
    }
}

async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<()> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| Error::Generic { store: "DurableFiles", source };
    match SpawnedTask::spawn_blocking(work).await {
        Ok(done) => done.map_err(|e| failed(e.into())),
        Err(e) => Err(failed(e.into())),
    }
}

fn folder_of(path: &FilePath) -> &FilePath {
    path.parent().unwrap_or(FilePath::new("/"))
}

/// Writes a file so that it is whole and on the disk before it is found.
fn write_whole(path: &FilePath, payload: &PutPayload, naming: Naming) -> io::Result<()> {
    match naming {
        // A new data file is found by nobody before a log entry names it.
        Naming::Replace if is_data(path) => match write_new(path, payload) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => write_staged(path, payload, naming),
            done => done,
        },
        _ => write_staged(path, payload, naming),
    }
}

/// Whether a file is one that a log entry has to name.
fn is_data(path: &FilePath) -> bool {
    path.extension().is_some_and(|e| e == "parquet") && !folder_of(path).ends_with(LOG_FOLDER)
}

/// Writes a file under its name, which must be free, and syncs it. What could not be written whole is taken away.
fn write_new(path: &FilePath, payload: &PutPayload) -> io::Result<()> {
    let file = match File::create_new(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder_of(path))?;
            File::create_new(path)?
        }
        made => made?,
    };
    let written = write_all(file, payload);
    if written.is_err() {
        let _gone = fs::remove_file(path);
    }
    written
}

fn write_all(mut file: File, payload: &PutPayload) -> io::Result<()> {
    for part in payload {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Writes a file under a temporary name, syncs it, and gives it its name.
fn write_staged(path: &FilePath, payload: &PutPayload, naming: Naming) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let staged = staged_name(path);
    let done = (|| {
        write_all(File::create_new(&staged)?, payload)?;
        match naming {
            Naming::New => fs::hard_link(&staged, path),
            Naming::Replace => fs::rename(&staged, path),
        }
    })();
    // After a rename there is nothing left to remove; after a failure what is left is of no use.
    let _gone = fs::remove_file(&staged);
    done?;
    // The names of data files reach the disk with the log entry that refers to them, whose folder is synced after them:
    // journals keep the order.
    if folder.ends_with(LOG_FOLDER) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// How the names of files begin that are still being written. What a crash leaves of them maintenance deletes.
pub(super) const STAGED: &str = "_staged_";

/// A name in the same folder that nobody else uses.
fn staged_name(path: &FilePath) -> PathBuf {
    path.with_file_name(format!("{STAGED}{:016x}", rand::random::<u64>()))
}

#[cfg(test)]
mod tests {
    use datafusion::object_store::ObjectStoreExt as _;

    use super::*;

    fn at(folder: &tempfile::TempDir, name: &str) -> Path {
        Path::from_absolute_path(folder.path()).unwrap().join(name)
    }

    #[tokio::test]
    async fn a_name_is_given_once_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableFiles::new();
        let (a, create) = (at(&folder, "a"), PutOptions::from(PutMode::Create));
        store.put_opts(&a, "one".into(), create.clone()).await.unwrap();
        let second = store.put_opts(&a, "two".into(), create).await.unwrap_err();
        assert!(matches!(second, Error::AlreadyExists { .. }), "{second}");
        assert_eq!(store.get(&a).await.unwrap().bytes().await.unwrap(), "one");
        store.put(&a, "three".into()).await.unwrap();
        assert_eq!(store.get(&a).await.unwrap().bytes().await.unwrap(), "three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_data_file_makes_its_folder_and_takes_the_place_of_another_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableFiles::new();
        let data = at(&folder, "case_id=C").join("part-1.parquet");
        for text in ["one", "two and more", "3"] {
            store.put(&data, text.into()).await.unwrap();
            assert_eq!(store.get(&data).await.unwrap().bytes().await.unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path().join("case_id=C")).unwrap().count(), 1);
        // A folder has the name: nothing is left of what could not be written.
        let taken = at(&folder, "case_id=C").join("part-2.parquet");
        fs::create_dir(folder.path().join("case_id=C/part-2.parquet")).unwrap();
        store.put(&taken, "two".into()).await.unwrap_err();
        assert_eq!(fs::read_dir(folder.path().join("case_id=C")).unwrap().count(), 2);
    }

    #[tokio::test]
    async fn a_renamed_file_is_whole_and_the_old_name_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableFiles::new();
        store.put(&at(&folder, "a"), "one".into()).await.unwrap();
        store.rename(&at(&folder, "a"), &at(&folder, "b")).await.unwrap();
        assert_eq!(store.get(&at(&folder, "b")).await.unwrap().bytes().await.unwrap(), "one");
        assert!(matches!(store.head(&at(&folder, "a")).await, Err(Error::NotFound { .. })));
    }
}
