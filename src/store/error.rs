//! Why the store could not do what it was asked, and whether trying again can help.

use datafusion::arrow::error::ArrowError;
use datafusion::object_store;
use datafusion::parquet::errors::ParquetError;
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::TransactionError;

use super::Table;

/// A failure of the store. Nothing half-written is ever visible, whatever the variant.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address cannot be a store's.
    #[error("{location} cannot hold a store: {detail}")]
    Location {
        /// The address.
        location: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A table was made by another version of Locard, or by something else.
    #[error("table {table} has schema version {found}, this version of Locard writes {wanted}")]
    SchemaVersion {
        /// The table.
        table: Table,
        /// What the table says.
        found: String,
        /// What it must say.
        wanted: String,
    },
    /// Rows were given with other columns than the table has.
    #[error("rows for table {table}: {detail}")]
    Rows {
        /// The table.
        table: Table,
        /// Which column, and what is wrong.
        detail: String,
    },
    /// Offsets that make no sense: the next is before the expected, or a partition is named twice.
    #[error("table {table}, topic {topic}, partition {partition}: {detail}")]
    Offsets {
        /// The table.
        table: Table,
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What is wrong.
        detail: String,
    },
    /// The log of a table does not hold a version: not yet, or not any more. Trying again does not help.
    #[error("table {table} has no version {version}: not yet, or its log does not reach back to it any more")]
    NoVersion {
        /// The table.
        table: Table,
        /// The version asked for.
        version: u64,
    },
    /// A table cannot be read as of a moment. Trying again does not help.
    #[error("table {table} cannot be read as of {moment}: {why}")]
    NoMoment {
        /// The table.
        table: Table,
        /// The moment, UTC.
        moment: String,
        /// Why not.
        why: &'static str,
    },
    /// Other writers were faster each time; trying again helps.
    #[error("table {table}: {attempts} attempts to commit, each time another writer was first")]
    Contended {
        /// The table.
        table: Table,
        /// How often it was tried.
        attempts: usize,
    },
    /// Disk or network: no space, no connection; trying again may help.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the storage said.
        source: object_store::Error,
    },
    /// Delta Lake could not read or write its log.
    #[error("{what}: {source}")]
    Delta {
        /// What was being done.
        what: String,
        /// What it said.
        source: Box<DeltaTableError>,
    },
    /// The log of a table holds what Locard did not write and cannot read.
    #[error("table {table}, log entry {version}: {detail}")]
    Log {
        /// The table.
        table: Table,
        /// The entry.
        version: u64,
        /// What is wrong.
        detail: String,
    },
    /// The system gives no threads that files could be made on; trying again may help.
    #[error("threads of the store: {0}")]
    Threads(#[source] std::io::Error),
    /// Arrow refused a batch.
    #[error("table {table}: {source}")]
    Arrow {
        /// The table.
        table: Table,
        /// What it said.
        source: ArrowError,
    },
    /// A data file cannot be written or read.
    #[error("table {table}: {source}")]
    Parquet {
        /// The table.
        table: Table,
        /// What it said.
        source: ParquetError,
    },
    /// The bytes of an exhibit are not those it is named for.
    #[error("exhibit {sha256}: {detail}")]
    Exhibit {
        /// Its name.
        sha256: String,
        /// What is wrong.
        detail: String,
    },
    /// A worker thread ended early: the process is shutting down, or out of memory.
    #[error("work for table {table} was broken off: {detail}")]
    Broken {
        /// The table.
        table: Table,
        /// What is known.
        detail: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later without anything being mended but the disk or the network.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Contended { .. } | Self::Broken { .. } | Self::Threads(_) => true,
            Self::Io { source, .. } => passing(source),
            Self::Delta { source, .. } => match &**source {
                DeltaTableError::ObjectStore { source }
                | DeltaTableError::Transaction { source: TransactionError::ObjectStore { source } } => passing(source),
                // The kernel hands on what the storage said as text; of its errors those of the storage are the
                // likely ones once a table has been opened.
                DeltaTableError::KernelError(_) | DeltaTableError::GenericError { .. } => true,
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether an error of the storage may pass: all but those that say that the request itself is wrong.
fn passing(e: &object_store::Error) -> bool {
    !matches!(
        e,
        object_store::Error::InvalidPath { .. }
            | object_store::Error::NotSupported { .. }
            | object_store::Error::NotImplemented { .. }
            | object_store::Error::UnknownConfigurationKey { .. }
    )
}

/// Says what was being done when the storage failed.
pub(super) fn io(what: impl Into<String>) -> impl FnOnce(object_store::Error) -> StoreError {
    |source| StoreError::Io { what: what.into(), source }
}

/// Says what was being done when Delta Lake failed.
pub(super) fn delta(what: impl Into<String>) -> impl FnOnce(DeltaTableError) -> StoreError {
    |source| StoreError::Delta { what: what.into(), source: Box::new(source) }
}

/// Says for which table Arrow failed.
pub(super) fn arrow(table: Table) -> impl FnOnce(ArrowError) -> StoreError {
    move |source| StoreError::Arrow { table, source }
}

/// Says for which table Parquet failed.
pub(super) fn parquet(table: Table) -> impl FnOnce(ParquetError) -> StoreError {
    move |source| StoreError::Parquet { table, source }
}
