//! The session's tables by their numbers, with types as they are sent and comments as the fields' metadata has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

use super::super::types;
use crate::query::COMMENT;

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DescribedColumn {
    /// `pg_type.oid`.
    pub type_oid: i32,
    /// Whether it is an array.
    pub is_array: bool,
    /// What it means.
    pub comment: Option<String>,
}

/// The session's tables by their numbers (`pg_class.oid`).
#[derive(Debug, Default)]
pub(super) struct Described {
    /// Columns in their order.
    pub columns: BTreeMap<i32, Vec<DescribedColumn>>,
    /// What a table is, where it says.
    pub comments: BTreeMap<i32, String>,
}

impl Described {
    /// Of the tables that there are; the catalog's own are left out.
    pub async fn of(
        context: &SessionContext,
        catalog: &dyn CatalogProvider,
        inner: &dyn SchemaProvider,
    ) -> Result<Self, DataFusionError> {
        let namespaces = numbered(context, inner, "pg_namespace", "nspname", None).await?;
        let names: BTreeMap<i32, String> = namespaces.into_iter().map(|(oid, name, _)| (oid, name)).collect();
        let mut described = Self::default();
        for (oid, table, namespace) in numbered(context, inner, "pg_class", "relname", Some("relnamespace")).await? {
            let schema =
                names.get(&namespace).filter(|name| !matches!(name.as_str(), "pg_catalog" | "information_schema"));
            let Some(schema) = schema.and_then(|name| catalog.schema(name)) else { continue };
            if let Some(provider) = schema.table(&table).await? {
                described.take(oid, &provider.schema());
            }
        }
        Ok(described)
    }

    fn take(&mut self, oid: i32, schema: &SchemaRef) {
        let column = |field: &Arc<Field>| {
            let wire = types::of_field(field);
            DescribedColumn {
                type_oid: i32::try_from(wire.oid()).unwrap_or(0),
                is_array: types::element_of(&wire).is_some(),
                comment: field.metadata().get(COMMENT).cloned(),
            }
        };
        self.columns.insert(oid, schema.fields().iter().map(column).collect());
        if let Some(comment) = schema.metadata().get(COMMENT) {
            self.comments.insert(oid, comment.clone());
        }
    }

    /// What a column means; columns count from 1, and 0 is the table itself.
    pub fn comment(&self, oid: i32, column: i32) -> Option<&str> {
        if column == 0 {
            return self.comments.get(&oid).map(String::as_str);
        }
        let at = usize::try_from(column).ok()?.checked_sub(1)?;
        self.columns.get(&oid)?.get(at)?.comment.as_deref()
    }

    /// As `pg_description`.
    ///
    /// # Errors
    /// None that can be: the arrays are as long as one another.
    pub fn batch(&self) -> Result<RecordBatch, DataFusionError> {
        /// `pg_class`'s own number: what is described are relations.
        const OF_RELATIONS: i32 = 1259;
        let mut rows: Vec<(i32, i32, &str)> = Vec::new();
        for (oid, columns) in &self.columns {
            let numbered = (0_i32..).take(columns.len() + 1);
            rows.extend(numbered.filter_map(|number| Some((*oid, number, self.comment(*oid, number)?))));
        }
        let fields = [("objoid", true), ("classoid", true), ("objsubid", false)].map(|(name, is_oid)| {
            let field = Field::new(name, DataType::Int32, false);
            let key = (arrow_pg::datatypes::PG_OID_ALIAS_KEY.to_owned(), "oid".to_owned());
            if is_oid { field.with_metadata([key].into()) } else { field }
        });
        let text = Field::new("description", DataType::Utf8, false);
        let schema = Arc::new(Schema::new(fields.into_iter().chain([text]).collect::<Vec<_>>()));
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int32Array>()),
            Arc::new(Int32Array::from(vec![OF_RELATIONS; rows.len()])),
            Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int32Array>()),
            Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>()),
        ];
        Ok(RecordBatch::try_new(schema, arrays)?)
    }
}

/// Number, name, and the number of what holds it.
async fn numbered(
    context: &SessionContext,
    inner: &dyn SchemaProvider,
    table: &str,
    name: &str,
    holder: Option<&str>,
) -> Result<Vec<(i32, String, i32)>, DataFusionError> {
    let mut rows = Vec::new();
    let Some(provider) = inner.table(table).await? else { return Ok(rows) };
    for batch in read(context, provider).await? {
        let oids = numbers(&batch, "oid")?;
        let names = cast(column(&batch, name)?, &DataType::Utf8)?;
        let holders = holder.map(|holder| numbers(&batch, holder)).transpose()?;
        for row in 0..batch.num_rows() {
            let held = holders.as_ref().map_or(0, |holders| holders.value(row));
            rows.push((oids.value(row), names.as_string::<i32>().value(row).to_owned(), held));
        }
    }
    Ok(rows)
}

/// All rows of a table of the catalog.
pub(super) async fn read(
    context: &SessionContext,
    table: Arc<dyn TableProvider>,
) -> Result<Vec<RecordBatch>, DataFusionError> {
    context.read_table(table)?.collect().await
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, DataFusionError> {
    batch.column_by_name(name).ok_or_else(|| DataFusionError::Internal(format!("the catalog has no column {name}")))
}

fn numbers(batch: &RecordBatch, name: &str) -> Result<Int32Array, DataFusionError> {
    Ok(cast(column(batch, name)?, &DataType::Int32)?.as_primitive::<Int32Type>().clone())
}
