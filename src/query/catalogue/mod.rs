//! What can be asked: every table of a session with its columns, their units and what they mean.
//!
//! The one list that tables, comments in catalogs and documents are made from.

mod derived;
mod stated;
mod stored;

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The key of a field's metadata that holds its comment.
pub const COMMENT: &str = "comment";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Whole,
    /// A whole number of 32 bits.
    Small,
    /// A floating-point number of 64 bits.
    Float,
    /// True or false.
    Truth,
    /// A moment: UTC microseconds.
    Moment,
    /// Bytes.
    Bytes,
}

impl Kind {
    fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8View,
            Self::Whole => DataType::Int64,
            Self::Small => DataType::Int32,
            Self::Float => DataType::Float64,
            Self::Truth => DataType::Boolean,
            Self::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Bytes => DataType::BinaryView,
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnDoc {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// The unit, empty if there is none.
    pub unit: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl ColumnDoc {
    /// The comment shown in catalogs: what it means, and the unit in brackets.
    #[must_use]
    pub fn comment(&self) -> String {
        if self.unit.is_empty() { self.meaning.to_owned() } else { format!("{} [{}]", self.meaning, self.unit) }
    }
}

/// What decides whether a row of a table may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The row's case: it tells of the case and not of a moment.
    ByCase,
    /// The row's case and time, from the one column to the other; a row without a time tells of the case.
    ByTime(&'static str, &'static str),
    /// The row's case, of which the whole time must be open: when it was cannot be known.
    WholeCase,
}

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDoc {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// What decides whether a row may be seen.
    pub judged: Judged,
    /// Its columns; the first is the case.
    pub columns: &'static [ColumnDoc],
}

impl TableDoc {
    /// Its columns with their comments.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|c| {
            let comment = (COMMENT.to_owned(), c.comment());
            Field::new(c.name, c.kind.arrow(), c.nullable).with_metadata([comment].into())
        });
        let fields: Vec<Field> = fields.collect();
        // What a table is stands in the catalogue only: a schema's metadata is lost or mixed up where tables are joined.
        Arc::new(Schema::new(fields))
    }
}

/// Every table of a session, in the order in which they are explained.
#[must_use]
pub fn catalogue() -> &'static [TableDoc] {
    static ALL: LazyLock<Vec<TableDoc>> = LazyLock::new(|| [stated::TABLES, stored::TABLES, derived::TABLES].concat());
    &ALL
}

/// What the table function `scene_search` gives.
#[must_use]
pub const fn scene_search_doc() -> &'static TableDoc {
    &derived::SCENE_SEARCH
}

/// What the table function `findings` gives.
#[must_use]
pub const fn findings_doc() -> &'static TableDoc {
    &derived::FINDINGS
}

/// A table by its name.
#[must_use]
pub fn table_doc(name: &str) -> Option<&'static TableDoc> {
    catalogue().iter().find(|t| t.name == name)
}

const fn column(name: &'static str, kind: Kind, unit: &'static str, meaning: &'static str) -> ColumnDoc {
    ColumnDoc { name, kind, nullable: false, unit, meaning }
}

const fn text(name: &'static str, meaning: &'static str) -> ColumnDoc {
    column(name, Kind::Text, "", meaning)
}

const fn whole(name: &'static str, meaning: &'static str) -> ColumnDoc {
    column(name, Kind::Whole, "", meaning)
}

const fn small(name: &'static str, meaning: &'static str) -> ColumnDoc {
    column(name, Kind::Small, "", meaning)
}

const fn float(name: &'static str, unit: &'static str, meaning: &'static str) -> ColumnDoc {
    column(name, Kind::Float, unit, meaning)
}

const fn truth(name: &'static str, meaning: &'static str) -> ColumnDoc {
    column(name, Kind::Truth, "", meaning)
}

const fn moment(name: &'static str, meaning: &'static str) -> ColumnDoc {
    column(name, Kind::Moment, "UTC", meaning)
}

const fn or_null(column: ColumnDoc) -> ColumnDoc {
    ColumnDoc { nullable: true, ..column }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Table;

    #[test]
    fn every_table_begins_with_its_case_and_names_columns_it_has() {
        for table in catalogue() {
            assert_eq!(table.columns.first().map(|c| c.name), Some("case_id"), "{}", table.name);
            assert!(table.columns.iter().all(|c| !c.meaning.is_empty()), "{}", table.name);
            if let Judged::ByTime(from, to) = table.judged {
                for name in [from, to] {
                    let column = table.columns.iter().find(|c| c.name == name);
                    assert_eq!(column.map(|c| c.kind), Some(Kind::Moment), "{}", table.name);
                }
            }
        }
    }

    #[test]
    fn a_stored_table_is_described_column_by_column() {
        let pairs = [
            ("fixes", Table::Fixes),
            ("proximity", Table::Proximity),
            ("proximity_revisions", Table::Proximity),
            ("encounters", Table::Encounters),
            ("encounter_revisions", Table::Encounters),
            ("exhibits", Table::Exhibits),
            ("rejects", Table::Rejects),
        ];
        for (name, table) in pairs {
            let described = table_doc(name).unwrap().columns.iter().map(|c| (c.name.to_owned(), c.nullable));
            let stored = table.schema();
            let stored = stored.fields().iter().map(|f| (f.name().clone(), f.is_nullable()));
            assert_eq!(described.collect::<Vec<_>>(), stored.collect::<Vec<_>>(), "{name}");
        }
    }
}
