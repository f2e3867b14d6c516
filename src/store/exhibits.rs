//! Returned files, as they were returned, each under the SHA-256 of its bytes.
//!
//! ```text
//!  file ─> SHA-256 ─> there already? ─> copy to a temporary name, hashed on the way ─> sync ─> its name
//! ```

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use datafusion::common::runtime::SpawnedTask;
use datafusion::object_store::path::Path;
use datafusion::object_store::{Error, ObjectStore, ObjectStoreExt as _, PutPayload};
use deltalake_core::logstore::{StorageConfig, store_for};
use futures::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::model::{Exhibit, Sha256Hex};

use super::append::broken;
use super::durable::STAGED;
use super::error::{delta, io as failed};
use super::{Store, StoreError, Table};

/// The folder of the files, in the store's.
pub(super) const FOLDER: &str = "exhibits";
/// How much is copied at a time, bytes.
const CHUNK_BYTES: usize = 8 << 20;

/// A returned file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExhibit {
    /// What it is.
    pub exhibit: Exhibit,
    /// Where it stands, from the store's root: what the column `stored_path` says.
    pub stored_path: String,
    /// Whether it was stored now; `false` if it was there.
    pub new: bool,
}

impl Store {
    /// Stores a returned file by its content; nothing happens if the same bytes are there.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be read or stored; [`StoreError::Exhibit`] if it changed while it was copied.
    pub async fn store_exhibit(&self, file: &FilePath) -> Result<StoredExhibit, StoreError> {
        let exhibit = described(file.to_owned()).await?;
        let storage = self.exhibits()?;
        let to = Path::from(exhibit.sha256.as_str());
        let stored_path = format!("{FOLDER}/{to}");
        match storage.head(&to).await {
            // A file that takes its name only when it is whole is whole if it is there.
            Ok(_) => return Ok(StoredExhibit { exhibit, stored_path, new: false }),
            Err(Error::NotFound { .. }) => {}
            Err(e) => return Err(failed(format!("looking for exhibit {to}"))(e)),
        }
        let staged = Path::from(format!("{STAGED}{:016x}", rand::random::<u64>()));
        match copy(&storage, file, &staged, &exhibit).await {
            Ok(()) => {
                let named = storage.rename(&staged, &to).await;
                named.map_err(failed(format!("storing exhibit {to}")))?;
                Ok(StoredExhibit { exhibit, stored_path, new: true })
            }
            Err(e) => {
                let _left_to_maintenance = storage.delete(&staged).await;
                Err(e)
            }
        }
    }

    /// Reads a returned file through and says its size, bytes.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it is not there or cannot be read; [`StoreError::Exhibit`] if its bytes are not those that
    /// it is named for.
    pub async fn verify_exhibit(&self, sha256: &str) -> Result<u64, StoreError> {
        let mut size = 0;
        self.read_exhibit(sha256, |chunk| size += u64::try_from(chunk.len()).unwrap_or(0)).await?;
        Ok(size)
    }

    /// A returned file whole, checked.
    ///
    /// # Errors
    /// As [`Store::verify_exhibit`].
    pub async fn exhibit(&self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.read_exhibit(sha256, |chunk| bytes.extend_from_slice(chunk)).await?;
        Ok(bytes)
    }

    /// The file of an exhibit, if the store is on a local disk; it need not exist.
    #[must_use]
    pub fn exhibit_file(&self, sha256: &str) -> Option<PathBuf> {
        let sha256 = Sha256Name::new(sha256).ok()?;
        Some(self.location.to_file_path().ok()?.join(FOLDER).join(sha256.0))
    }

    async fn read_exhibit(&self, sha256: &str, mut keep: impl FnMut(&[u8])) -> Result<(), StoreError> {
        let name = Sha256Name::new(sha256)?;
        let what = || format!("reading exhibit {sha256}");
        let got = self.exhibits()?.get(&Path::from(name.0)).await.map_err(failed(what()))?;
        let (mut hasher, mut chunks) = (Sha256::new(), got.into_stream());
        while let Some(chunk) = chunks.try_next().await.map_err(failed(what()))? {
            hasher.update(&chunk);
            keep(&chunk);
        }
        same(sha256, hasher, "its bytes are not those it is named for")
    }

    /// Deletes a returned file; says whether it was there.
    pub(super) async fn delete_exhibit(&self, sha256: &str) -> Result<bool, StoreError> {
        let name = Sha256Name::new(sha256)?;
        match self.exhibits()?.delete(&Path::from(name.0)).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(e) => Err(failed(format!("deleting exhibit {sha256}"))(e)),
        }
    }

    /// Deletes what interrupted copies left.
    pub(super) async fn clean_exhibits(&self) -> Result<usize, StoreError> {
        let storage = self.exhibits()?;
        let what = || "cleaning the folder of exhibits".to_owned();
        let retention = i64::try_from(self.options.upkeep.file_retention.as_millis()).unwrap_or(i64::MAX);
        let old = self.options.clock.now_us().div_euclid(1000).saturating_sub(retention);
        let mut listed: Vec<_> = storage.list(None).try_collect().await.map_err(failed(what()))?;
        listed.retain(|m| m.last_modified.timestamp_millis() < old && m.location.as_ref().starts_with(STAGED));
        for meta in &listed {
            storage.delete(&meta.location).await.map_err(failed(what()))?;
        }
        Ok(listed.len())
    }

    /// The storage of the exhibits; its root is their folder.
    fn exhibits(&self) -> Result<Arc<dyn ObjectStore>, StoreError> {
        let bad = |detail: String| StoreError::Location { location: self.location.to_string(), detail };
        let url = self.location.join(&format!("{FOLDER}/")).map_err(|e| bad(e.to_string()))?;
        match &self.storage {
            Some(storage) => {
                let decorated = StorageConfig::default().decorate_store(Arc::clone(storage), &url);
                Ok(Arc::from(decorated.map_err(delta("opening the folder of exhibits"))?))
            }
            None => store_for(&url, [] as [(String, String); 0]).map_err(delta("opening the folder of exhibits")),
        }
    }
}

/// A name that is a SHA-256 and can be no other path.
struct Sha256Name<'a>(&'a str);

impl<'a> Sha256Name<'a> {
    fn new(sha256: &'a str) -> Result<Self, StoreError> {
        let sound = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let fault = || StoreError::Exhibit { sha256: sha256.to_owned(), detail: "this is no SHA-256".to_owned() };
        sound.then_some(Self(sha256)).ok_or_else(fault)
    }
}

fn same(sha256: &str, hasher: Sha256, fault: &str) -> Result<(), StoreError> {
    let found = Sha256Hex::from_bytes(&hasher.finalize().into());
    if found.as_str() == sha256 {
        return Ok(());
    }
    Err(StoreError::Exhibit { sha256: sha256.to_owned(), detail: fault.to_owned() })
}

fn unread(file: &FilePath, e: io::Error) -> StoreError {
    let source = Error::Generic { store: "file", source: e.into() };
    failed(format!("reading {}", file.display()))(source)
}

/// Name, SHA-256 and size of a file.
async fn described(file: PathBuf) -> Result<Exhibit, StoreError> {
    let read = SpawnedTask::spawn_blocking(move || {
        let hashed = (|| {
            let (mut hasher, mut bytes) = (Sha256::new(), 0_u64);
            let mut open = File::open(&file)?;
            let mut buffer = vec![0; 1 << 18];
            loop {
                let n = open.read(&mut buffer)?;
                if n == 0 {
                    return Ok((hasher, bytes));
                }
                hasher.update(buffer.get(..n).unwrap_or_default());
                bytes += u64::try_from(n).unwrap_or(0);
            }
        })();
        let (hasher, bytes) = hashed.map_err(|e| unread(&file, e))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Exhibit { name, sha256: Sha256Hex::from_bytes(&hasher.finalize().into()), bytes })
    });
    read.await.map_err(|e| broken(Table::Exhibits, &e))?
}

/// Copies a file to a temporary name; fails if its bytes are no longer those that were described.
async fn copy(storage: &Arc<dyn ObjectStore>, file: &FilePath, to: &Path, exhibit: &Exhibit) -> Result<(), StoreError> {
    let what = || format!("copying {}", file.display());
    let mut open = File::open(file).map_err(|e| unread(file, e))?;
    let mut upload = storage.put_multipart(to).await.map_err(failed(what()))?;
    let mut hasher = Sha256::new();
    loop {
        let read = SpawnedTask::spawn_blocking(move || {
            let mut chunk = Vec::new();
            open.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk).map(|_| (open, chunk))
        });
        let read = read.await.map_err(|e| broken(Table::Exhibits, &e))?;
        let (again, chunk) = read.map_err(|e| unread(file, e))?;
        open = again;
        if chunk.is_empty() {
            break;
        }
        hasher.update(&chunk);
        upload.put_part(PutPayload::from(chunk)).await.map_err(failed(what()))?;
    }
    upload.complete().await.map_err(failed(what()))?;
    same(exhibit.sha256.as_str(), hasher, "the file changed while it was copied")
}
