//! What there is to ask: catalogs, schemas, tables with their columns; and keys, of which there are none.

use std::sync::Arc;

use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::CatalogProvider;
use datafusion::catalog::information_schema::INFORMATION_SCHEMA;
use tonic::Status;

use super::rows::portable;
use super::status::of_engine;
use crate::query::Session;

/// What all tables are to a client: something to be asked.
const TABLE: &str = "TABLE";
/// Types of tables that a client may ask for at once.
const MOST_TYPES: usize = 100;

/// The one catalog: its name and what is in it.
fn catalog(session: &Session) -> Result<(String, Arc<dyn CatalogProvider>), Status> {
    let name = session.context().copied_config().options().catalog.default_catalog.clone();
    let provider = session.context().catalog(&name).ok_or_else(|| Status::internal("the session has no catalog"))?;
    Ok((name, provider))
}

/// The schemas that hold records; what tells of them is no part of what is told.
fn schema_names(provider: &dyn CatalogProvider) -> Vec<String> {
    let names = provider.schema_names().into_iter();
    names.filter(|name| name != INFORMATION_SCHEMA).collect()
}

/// The answer to `GetCatalogs`.
pub(super) fn catalogs(session: &Session) -> Result<RecordBatch, Status> {
    let mut builder = CommandGetCatalogs {}.into_builder();
    builder.append(catalog(session)?.0);
    Ok(builder.build()?)
}

/// The answer to `GetDbSchemas`.
pub(super) fn schemas(session: &Session, asked: CommandGetDbSchemas) -> Result<RecordBatch, Status> {
    let (name, provider) = catalog(session)?;
    let mut builder = asked.into_builder();
    for schema in schema_names(provider.as_ref()) {
        builder.append(&name, schema);
    }
    Ok(builder.build()?)
}

/// The answer to `GetTableTypes`.
pub(super) fn table_types() -> Result<RecordBatch, Status> {
    let mut builder = CommandGetTableTypes {}.into_builder();
    builder.append(TABLE);
    Ok(builder.build()?)
}

/// The answer to `GetTables`; with the columns, and their comments, if they are asked for.
pub(super) async fn tables(session: &Session, mut asked: CommandGetTables) -> Result<RecordBatch, Status> {
    let (name, provider) = catalog(session)?;
    // Each is compared with every table.
    asked.table_types.sort();
    asked.table_types.dedup();
    asked.table_types.truncate(MOST_TYPES);
    let mut builder = asked.into_builder();
    for schema in schema_names(provider.as_ref()) {
        let Some(held) = provider.schema(&schema) else { continue };
        for table in held.table_names() {
            let columns = if builder.include_schema() {
                held.table(&table).await.map_err(|e| of_engine(&e))?.map(|table| portable(&table.schema()))
            } else {
                Some(Arc::new(Schema::empty()))
            };
            // One that is gone meanwhile is none.
            if let Some(columns) = columns {
                builder.append(&name, &schema, &table, TABLE, &columns)?;
            }
        }
    }
    Ok(builder.build()?)
}

/// The columns of the answer to `GetTables`.
pub(super) fn tables_schema(asked: CommandGetTables) -> SchemaRef {
    asked.into_builder().schema()
}

fn texts(fields: &[(&str, bool)]) -> Vec<Field> {
    fields.iter().map(|(name, nullable)| Field::new(*name, DataType::Utf8, *nullable)).collect()
}

/// The columns of the answer to `GetPrimaryKeys` (`FlightSql.proto`); there are no rows.
pub(super) fn primary_keys() -> SchemaRef {
    let mut fields = texts(&[
        ("catalog_name", true),
        ("db_schema_name", true),
        ("table_name", false),
        ("column_name", false),
        ("key_name", true),
    ]);
    fields.push(Field::new("key_sequence", DataType::Int32, false));
    Arc::new(Schema::new(fields))
}

/// The columns of the answers to `GetExportedKeys`, `GetImportedKeys` and `GetCrossReference`; there are no rows.
pub(super) fn foreign_keys() -> SchemaRef {
    let mut fields = texts(&[
        ("pk_catalog_name", true),
        ("pk_db_schema_name", true),
        ("pk_table_name", false),
        ("pk_column_name", false),
        ("fk_catalog_name", true),
        ("fk_db_schema_name", true),
        ("fk_table_name", false),
        ("fk_column_name", false),
    ]);
    fields.push(Field::new("key_sequence", DataType::Int32, false));
    fields.extend(texts(&[("fk_key_name", true), ("pk_key_name", true)]));
    fields.extend(["update_rule", "delete_rule"].map(|name| Field::new(name, DataType::UInt8, false)));
    Arc::new(Schema::new(fields))
}
