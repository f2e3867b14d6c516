//! `information_schema`: the SQL standard's views of what there is, with PostgreSQL's columns and its names of types.
//!
//! Two columns more than the standard's say what a table and a column mean: `table_comment` and `column_comment`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use pgwire::api::Type;

use super::super::types;
use super::columns::Columns;
use super::relations::{Relation, RelationColumn, Relations};
use super::tables::Place;

type Made = Result<RecordBatch, DataFusionError>;

/// `tables`.
pub(super) fn tables(relations: &Relations, place: &Place) -> Made {
    let all = relations.all();
    let kind = |relation: &Relation| Some(if relation.kind() == "r" { "BASE TABLE" } else { "VIEW" });
    Columns::of(all.len())
        .same_text("table_catalog", &place.database)
        .text("table_schema", all.iter().map(|relation| relations.schema_name(relation.schema)))
        .text("table_name", all.iter().map(|relation| Some(&relation.name)))
        .text("table_type", all.iter().map(kind))
        .no_text("self_referencing_column_name")
        .no_text("reference_generation")
        .no_text("user_defined_type_catalog")
        .no_text("user_defined_type_schema")
        .no_text("user_defined_type_name")
        .same_text("is_insertable_into", "NO")
        .same_text("is_typed", "NO")
        .no_text("commit_action")
        .text("table_comment", all.iter().map(|relation| relation.comment.as_deref()))
        .batch()
}

/// `columns`.
pub(super) fn columns(relations: &Relations, place: &Place) -> Made {
    let numbered = relations.all().iter().flat_map(|relation| {
        relation.columns.iter().zip(1_i32..).map(move |(column, number)| (relation, number, column))
    });
    let all: Vec<(&Relation, i32, &RelationColumn)> = numbered.collect();
    Columns::of(all.len())
        .same_text("table_catalog", &place.database)
        .text("table_schema", all.iter().map(|column| relations.schema_name(column.0.schema)))
        .text("table_name", all.iter().map(|column| Some(&column.0.name)))
        .text("column_name", all.iter().map(|column| Some(&column.2.name)))
        .int("ordinal_position", all.iter().map(|column| Some(column.1)))
        .no_text("column_default")
        .text("is_nullable", all.iter().map(|column| Some(if column.2.nullable { "YES" } else { "NO" })))
        .text("data_type", all.iter().map(|column| Some(types::sql_name(&column.2.wire))))
        .same_int("character_maximum_length", None)
        .same_int("character_octet_length", None)
        .int("numeric_precision", all.iter().map(|column| precision(&column.2.wire)))
        .int("numeric_precision_radix", all.iter().map(|column| precision(&column.2.wire).map(|_| 2)))
        .int("numeric_scale", all.iter().map(|column| is_whole(&column.2.wire).then_some(0)))
        .int("datetime_precision", all.iter().map(|column| datetime_precision(&column.2.wire)))
        .no_text("interval_type")
        .same_int("interval_precision", None)
        .no_text("character_set_catalog")
        .no_text("character_set_schema")
        .no_text("character_set_name")
        .no_text("collation_catalog")
        .no_text("collation_schema")
        .no_text("collation_name")
        .no_text("domain_catalog")
        .no_text("domain_schema")
        .no_text("domain_name")
        .same_text("udt_catalog", &place.database)
        .same_text("udt_schema", "pg_catalog")
        .text("udt_name", all.iter().map(|column| Some(column.2.wire.name())))
        .no_text("scope_catalog")
        .no_text("scope_schema")
        .no_text("scope_name")
        .same_int("maximum_cardinality", None)
        .text("dtd_identifier", all.iter().map(|column| Some(column.1.to_string())))
        .same_text("is_self_referencing", "NO")
        .same_text("is_identity", "NO")
        .no_text("identity_generation")
        .no_text("identity_start")
        .no_text("identity_increment")
        .no_text("identity_maximum")
        .no_text("identity_minimum")
        .same_text("identity_cycle", "NO")
        .same_text("is_generated", "NEVER")
        .no_text("generation_expression")
        .same_text("is_updatable", "NO")
        .text("column_comment", all.iter().map(|column| column.2.comment.as_deref()))
        .batch()
}

/// Bits of a number, as PostgreSQL counts them.
const fn precision(wire: &Type) -> Option<i32> {
    match *wire {
        Type::INT2 => Some(16),
        Type::INT4 => Some(32),
        Type::INT8 => Some(64),
        Type::FLOAT4 => Some(24),
        Type::FLOAT8 => Some(53),
        _ => None,
    }
}

const fn is_whole(wire: &Type) -> bool {
    matches!(*wire, Type::INT2 | Type::INT4 | Type::INT8)
}

/// Digits of a second's fraction.
const fn datetime_precision(wire: &Type) -> Option<i32> {
    match *wire {
        Type::DATE => Some(0),
        Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL => Some(6),
        _ => None,
    }
}

/// `schemata`.
pub(super) fn schemata(relations: &Relations, place: &Place) -> Made {
    let all = relations.schemas();
    Columns::of(all.len())
        .same_text("catalog_name", &place.database)
        .text("schema_name", all.iter().map(|(name, _)| Some(*name)))
        .same_text("schema_owner", &place.account)
        .no_text("default_character_set_catalog")
        .no_text("default_character_set_schema")
        .no_text("default_character_set_name")
        .no_text("sql_path")
        .batch()
}

/// `table_privileges`: what may be read.
pub(super) fn privileges(relations: &Relations, place: &Place) -> Made {
    let all: Vec<&Relation> = relations.own().collect();
    Columns::of(all.len())
        .same_text("grantor", &place.account)
        .same_text("grantee", &place.account)
        .same_text("table_catalog", &place.database)
        .text("table_schema", all.iter().map(|relation| relations.schema_name(relation.schema)))
        .text("table_name", all.iter().map(|relation| Some(&relation.name)))
        .same_text("privilege_type", "SELECT")
        .same_text("is_grantable", "NO")
        .same_text("with_hierarchy", "YES")
        .batch()
}

/// `information_schema_catalog_name`.
pub(super) fn catalog_name(place: &Place) -> Made {
    Columns::of(1).same_text("catalog_name", &place.database).batch()
}

/// The schema: tables of ours, and the engine's for what its own statements ask (`SHOW FUNCTIONS`).
#[derive(Debug)]
pub(super) struct Information {
    ours: BTreeMap<String, Arc<MemTable>>,
    engine: Arc<dyn SchemaProvider>,
}

impl Information {
    /// Of these tables.
    pub const fn new(ours: BTreeMap<String, Arc<MemTable>>, engine: Arc<dyn SchemaProvider>) -> Self {
        Self { ours, engine }
    }
}

/// What the engine's own statements ask of its own `information_schema`.
const OF_ENGINE: [&str; 2] = ["routines", "parameters"];

#[async_trait]
impl SchemaProvider for Information {
    fn table_names(&self) -> Vec<String> {
        self.ours.keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if let Some(ours) = self.ours.get(name) {
            return Ok(Some(Arc::clone(ours) as Arc<dyn TableProvider>));
        }
        if OF_ENGINE.contains(&name) { self.engine.table(name).await } else { Ok(None) }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.ours.contains_key(name) || OF_ENGINE.contains(&name)
    }
}
