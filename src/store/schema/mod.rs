//! What each table holds: one file per table, with its columns.
//!
//! All tables are partitioned by `case_id`, so that deleting a case deletes files, and are only ever appended to. The
//! column `stored_at` is filled by the store: rows are given to it without that column.

mod case_events;
mod encounters;
mod exhibits;
mod fixes;
mod proximity;
mod rejects;

use std::fmt;
use std::sync::LazyLock;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The partition column of every table.
pub const CASE_ID: &str = "case_id";
/// When the store committed the row, UTC microseconds; filled by the store.
pub const STORED_AT: &str = "stored_at";
/// The case of rejects whose case is not known. Delta takes an empty partition value for null, so it needs a name.
pub const UNKNOWN_CASE: &str = "_unknown";

/// A table of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Location records: truth.
    Fixes,
    /// What people say about cases: truth.
    CaseEvents,
    /// Fixes near targets: derived from the truth.
    Proximity,
    /// Runs of proximities: derived from the truth.
    Encounters,
    /// What could not be used, with the reason.
    Rejects,
    /// Returned files.
    Exhibits,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 6] =
        [Self::Fixes, Self::CaseEvents, Self::Proximity, Self::Encounters, Self::Rejects, Self::Exhibits];

    /// The name of the table and of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixes => "fixes",
            Self::CaseEvents => "case_events",
            Self::Proximity => "proximity",
            Self::Encounters => "encounters",
            Self::Rejects => "rejects",
            Self::Exhibits => "exhibits",
        }
    }

    /// Its columns on disk, `case_id` first.
    #[must_use]
    pub fn schema(self) -> SchemaRef {
        SchemaRef::clone(&self.layout().schema)
    }

    pub(super) fn layout(self) -> &'static Layout {
        static LAYOUTS: LazyLock<[Layout; 6]> = LazyLock::new(|| {
            [
                fixes::layout(),
                case_events::layout(),
                proximity::layout(),
                encounters::layout(),
                rejects::layout(),
                exhibits::layout(),
            ]
        });
        let [fixes, case_events, proximity, encounters, rejects, exhibits] = &*LAYOUTS;
        match self {
            Self::Fixes => fixes,
            Self::CaseEvents => case_events,
            Self::Proximity => proximity,
            Self::Encounters => encounters,
            Self::Rejects => rejects,
            Self::Exhibits => exhibits,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a table lies on disk.
#[derive(Debug)]
pub(super) struct Layout {
    /// The columns, `case_id` first.
    pub(super) schema: SchemaRef,
    /// Raised by every change of the columns; kept in the table's configuration.
    pub(super) version: u32,
    /// The order of rows in a file.
    pub(super) order: &'static [&'static str],
    /// Columns whose least and greatest values stand in the log, so that files can be left out.
    pub(super) stats: &'static [&'static str],
    /// Columns of few different values, written through a dictionary.
    pub(super) words: &'static [&'static str],
}

impl Layout {
    fn new(version: u32, columns: Vec<Field>) -> Self {
        Self { schema: Schema::new(columns).into(), version, order: &[], stats: &[], words: &[] }
    }
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

fn whole(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}

fn small(name: &str) -> Field {
    Field::new(name, DataType::Int32, false)
}

fn float(name: &str) -> Field {
    Field::new(name, DataType::Float64, false)
}

fn truth(name: &str) -> Field {
    Field::new(name, DataType::Boolean, false)
}

fn moment(name: &str) -> Field {
    Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false)
}

fn or_null(field: Field) -> Field {
    field.with_nullable(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_names_columns_it_has() {
        for table in Table::ALL {
            let layout = table.layout();
            assert_eq!(layout.schema.field(0).name(), CASE_ID, "{table}");
            for name in layout.order.iter().chain(layout.stats).chain(layout.words) {
                let field = layout.schema.field_with_name(name);
                assert!(field.is_ok(), "{table}: {name}");
                assert_ne!(*name, CASE_ID, "{table}: the case is in no file");
            }
        }
    }
}
