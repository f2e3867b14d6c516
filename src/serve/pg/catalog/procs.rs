//! `pg_proc` and `pg_type` without what is not here: functions that the engine has not, and row types of tables that are
//! no part of Locard. Locard's own functions are put in, in the schema `public`.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float32Array, Int16Array, Int32Array, RecordBatch, StringArray,
};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use super::super::types;
use super::relations::{PG_CATALOG, PUBLIC};
use crate::index::functions;
use crate::query::table_functions;

/// The first number of a function of Locard's.
const FIRST: i32 = 20_000;
/// Columns of `pg_type` that name functions.
const OF_TYPES: [&str; 7] = ["typinput", "typoutput", "typreceive", "typsend", "typmodin", "typmodout", "typanalyze"];

/// A function of Locard's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Described {
    /// `pg_proc.oid`.
    pub oid: i32,
    pub name: String,
    /// The type that it gives, as `\df` shows it.
    pub result: String,
    /// What it takes.
    pub arguments: String,
    /// What it means.
    pub words: String,
    /// `pg_type.oid` of what it gives.
    result_oid: i32,
    takes: i16,
    gives_rows: bool,
}

/// Locard's functions, with their words, and the session's table functions.
pub(super) fn described(context: &SessionContext) -> Vec<Described> {
    let state = context.state();
    let scalar = functions::all().into_iter().filter_map(|function| {
        let words = function.documentation().filter(|_| state.scalar_functions().contains_key(function.name()))?;
        let wire = types::of_column(&function.return_type(&[]).unwrap_or(DataType::Utf8));
        let arguments = words.syntax_example.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        Some(Described {
            oid: 0,
            name: function.name().to_owned(),
            result: types::displayed(&wire),
            arguments: arguments.unwrap_or_default().to_owned(),
            words: words.description.clone(),
            result_oid: i32::try_from(wire.oid()).unwrap_or(0),
            takes: words.arguments.as_ref().map_or(0, |all| i16::try_from(all.len()).unwrap_or(0)),
            gives_rows: false,
        })
    });
    // What the engine and the catalogue bring is PostgreSQL's by name.
    let theirs = ["generate_series", "range", "pg_get_keywords"];
    let docs = table_functions();
    let tables = state.table_functions().keys().filter(|name| !theirs.contains(&name.as_str())).map(|name| {
        let doc = docs.iter().find(|doc| doc.name == name);
        Described {
            oid: 0,
            name: name.clone(),
            result: "SETOF record".to_owned(),
            arguments: doc.map(|doc| doc.arguments.clone()).unwrap_or_default(),
            words: doc.map(|doc| format!("{}.", doc.words)).unwrap_or_default(),
            result_oid: 2249,
            takes: doc.map_or(0, |doc| i16::try_from(doc.takes).unwrap_or(0)),
            gives_rows: true,
        }
    });
    let mut all: Vec<Described> = scalar.chain(tables).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    for (oid, function) in (FIRST..).zip(&mut all) {
        function.oid = oid;
    }
    all
}

/// `pg_type` without row types and what is no part of `pg_catalog`.
///
/// # Errors
/// If the table has not the columns that PostgreSQL's has.
pub(super) fn types_of(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, DataFusionError> {
    let mut dropped: BTreeSet<i32> = BTreeSet::new();
    for batch in batches {
        let (oids, of) = (numbers(batch, "oid")?, numbers(batch, "typrelid")?);
        dropped.extend((0..batch.num_rows()).filter(|row| of.value(*row) != 0).map(|row| oids.value(row)));
    }
    let kept = |batch: &RecordBatch| {
        let (of, elements) = (numbers(batch, "typrelid")?, numbers(batch, "typelem")?);
        let schemas = numbers(batch, "typnamespace")?;
        let rows = (0..batch.num_rows()).map(|row| {
            Some(of.value(row) == 0 && !dropped.contains(&elements.value(row)) && schemas.value(row) == PG_CATALOG)
        });
        Ok(filter_record_batch(batch, &rows.collect::<BooleanArray>())?)
    };
    batches.iter().map(kept).collect()
}

/// `pg_proc` of the session's functions and of those that `pg_type` names, and ours.
///
/// # Errors
/// If the tables have not the columns that PostgreSQL's have.
pub(super) fn procs_of(
    batches: &[RecordBatch],
    types: &[RecordBatch],
    context: &SessionContext,
    ours: &[Described],
) -> Result<Vec<RecordBatch>, DataFusionError> {
    let state = context.state();
    let mut known: BTreeSet<String> = state.scalar_functions().keys().cloned().collect();
    known.extend(state.aggregate_functions().keys().cloned());
    known.extend(state.window_functions().keys().cloned());
    for batch in types {
        for column in OF_TYPES {
            known.extend(texts(batch, column)?.iter().flatten().map(ToOwned::to_owned));
        }
    }
    let mut all = Vec::new();
    for batch in batches {
        let names = texts(batch, "proname")?;
        let rows = names.iter().map(|name| Some(name.is_some_and(|name| known.contains(name))));
        all.push(filter_record_batch(batch, &rows.collect::<BooleanArray>())?);
    }
    if let Some(batch) = batches.first() {
        let columns = batch.schema().fields().iter().map(|field| column_of(field, ours)).collect();
        all.push(RecordBatch::try_new(batch.schema(), columns)?);
    }
    Ok(all)
}

/// A column of `pg_proc` for our functions.
fn column_of(field: &Field, ours: &[Described]) -> ArrayRef {
    let number =
        |of: fn(&Described) -> i32| -> ArrayRef { Arc::new(ours.iter().map(of).map(Some).collect::<Int32Array>()) };
    let text = |of: fn(&Described) -> &str| -> ArrayRef {
        Arc::new(ours.iter().map(|f| Some(of(f))).collect::<StringArray>())
    };
    match (field.name().as_str(), field.data_type()) {
        ("oid", _) => number(|f| f.oid),
        ("proname", _) => text(|f| &f.name),
        ("pronamespace", _) => number(|_| PUBLIC),
        ("proowner", _) => number(|_| super::tables::ROLE),
        ("prolang", _) => number(|_| 12),
        ("prorettype", _) => number(|f| f.result_oid),
        ("prokind", _) => text(|_| "f"),
        ("provolatile", _) => text(|f| if f.gives_rows { "s" } else { "i" }),
        ("proparallel", _) => text(|_| "s"),
        ("pronargs", _) => Arc::new(ours.iter().map(|f| Some(f.takes)).collect::<Int16Array>()),
        ("proretset", _) => Arc::new(ours.iter().map(|f| Some(f.gives_rows)).collect::<BooleanArray>()),
        ("proisstrict", _) => Arc::new(BooleanArray::from(vec![true; ours.len()])),
        ("proargtypes", _) => text(|_| ""),
        ("prosupport", _) => text(|_| "-"),
        (_, DataType::Boolean) => Arc::new(BooleanArray::from(vec![false; ours.len()])),
        (_, DataType::Int16) => Arc::new(Int16Array::from(vec![0; ours.len()])),
        (_, DataType::Int32) => number(|_| 0),
        (_, DataType::Float32) => Arc::new(Float32Array::from(vec![1.0; ours.len()])),
        (_, DataType::Utf8) if !field.is_nullable() => text(|_| ""),
        (_, other) => datafusion::arrow::array::new_null_array(other, ours.len()),
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, DataFusionError> {
    batch.column_by_name(name).ok_or_else(|| DataFusionError::Internal(format!("the catalog has no column {name}")))
}

fn numbers<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int32Array, DataFusionError> {
    let wrong = || DataFusionError::Internal(format!("the catalog's column {name} holds no numbers"));
    column(batch, name)?.as_primitive_opt::<Int32Type>().ok_or_else(wrong)
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, DataFusionError> {
    let wrong = || DataFusionError::Internal(format!("the catalog's column {name} holds no texts"));
    column(batch, name)?.as_string_opt::<i32>().ok_or_else(wrong)
}

/// `pg_collation` with a column under the name that it has in PostgreSQL 16: the crate's is of a later one.
///
/// # Errors
/// If the table has not that column.
pub(super) fn collations_of(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, DataFusionError> {
    let named = |batch: &RecordBatch| {
        let locale = Arc::clone(column(batch, "colllocale")?);
        let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new("colliculocale", DataType::Utf8, true)));
        let columns = batch.columns().iter().cloned().chain([locale]).collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    };
    batches.iter().map(named).collect()
}

/// Numbers and names of types, as `pg_type` has them.
///
/// # Errors
/// If the table has not the columns that PostgreSQL's has.
pub(super) fn named_types(types: &[RecordBatch]) -> Result<Vec<(String, i32)>, DataFusionError> {
    pairs(types, "typname")
}

/// Numbers and names of functions.
///
/// # Errors
/// If the table has not the columns that PostgreSQL's has.
pub(super) fn named_procs(procs: &[RecordBatch]) -> Result<Vec<(String, i32)>, DataFusionError> {
    pairs(procs, "proname")
}

fn pairs(batches: &[RecordBatch], name: &str) -> Result<Vec<(String, i32)>, DataFusionError> {
    let mut all = Vec::new();
    for batch in batches {
        let (oids, names) = (numbers(batch, "oid")?, texts(batch, name)?);
        let rows = (0..batch.num_rows()).filter(|row| names.is_valid(*row));
        all.extend(rows.map(|row| (names.value(row).to_owned(), oids.value(row))));
    }
    Ok(all)
}
