//! A session in which moments are those of a zone. Pure.
//!
//! ```text
//!  a table's moments, Timestamp(UTC)  ──view──>  CAST(t0 AS Timestamp(zone))  ──>  what the question sees
//! ```
//! The moments are the same. Where one is cut (days, hours), moved by days, or written or read without an offset, it is by the
//! clock of that zone: the engine does so by the type of a column. Conditions go through the view to the table as they would
//! without it.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::{
    CatalogProvider as _, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, SchemaProvider,
    TableFunction, TableFunctionArgs, TableFunctionImpl, TableProvider,
};
use datafusion::common::{Column, Result, TableReference};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableType, cast};

/// The zone that tables' moments are of.
pub(super) const UTC: &str = "UTC";
/// Schemas that tell of tables, and have no moments of people's.
const OF_CATALOGUE: [&str; 2] = ["pg_catalog", "information_schema"];

/// The state of a session in a zone, which the engine must know by that name: of the IANA's, or an offset such as `+01:00`.
///
/// # Errors
/// If the engine cannot make it.
pub(super) fn in_zone(state: &SessionState, zone: &str) -> Result<SessionState> {
    let mut config = state.config().clone().with_create_default_catalog_and_schema(false);
    config.options_mut().execution.time_zone = Some(zone.to_owned());
    let zone = Arc::from(zone);
    let functions = state.table_functions().iter().map(|(name, function)| {
        let zoned = ZonedFunction { name: name.clone(), zone: Arc::clone(&zone), of: Arc::clone(function.function()) };
        (name.clone(), Arc::new(TableFunction::new(name.clone(), Arc::new(zoned))))
    });
    let builder = SessionStateBuilder::new_from_existing(state.clone()).with_config(config);
    let catalogs = catalogs(state.catalog_list().as_ref(), &zone)?;
    Ok(builder.with_catalog_list(catalogs).with_table_functions(functions.collect()).build())
}

/// The same catalogs, with tables as views in the zone.
fn catalogs(list: &dyn CatalogProviderList, zone: &Arc<str>) -> Result<Arc<dyn CatalogProviderList>> {
    let zoned = MemoryCatalogProviderList::new();
    for name in list.catalog_names() {
        let Some(catalog) = list.catalog(&name) else { continue };
        let of_zone = MemoryCatalogProvider::new();
        for name in catalog.schema_names() {
            let Some(schema) = catalog.schema(&name) else { continue };
            let is_catalogue = OF_CATALOGUE.contains(&name.as_str());
            let schema =
                if is_catalogue { schema } else { Arc::new(ZonedSchema { zone: Arc::clone(zone), of: schema }) };
            of_zone.register_schema(&name, schema)?;
        }
        zoned.register_catalog(name, Arc::new(of_zone));
    }
    Ok(Arc::new(zoned))
}

/// A schema whose tables are seen in a zone.
#[derive(Debug)]
struct ZonedSchema {
    zone: Arc<str>,
    of: Arc<dyn SchemaProvider>,
}

#[async_trait]
impl SchemaProvider for ZonedSchema {
    fn table_names(&self) -> Vec<String> {
        self.of.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let table = self.of.table(name).await?;
        table.map(|table| seen(table, name, &self.zone)).transpose()
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        self.of.table_type(name).await
    }

    fn table_exist(&self, name: &str) -> bool {
        self.of.table_exist(name)
    }
}

/// A table function whose rows are seen in a zone.
#[derive(Debug)]
struct ZonedFunction {
    name: String,
    zone: Arc<str>,
    of: Arc<dyn TableFunctionImpl>,
}

impl TableFunctionImpl for ZonedFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        seen(self.of.call_with_args(args)?, &self.name, &self.zone)
    }
}

/// A table with its moments in a zone; the table itself if it has none.
fn seen(table: Arc<dyn TableProvider>, name: &str, zone: &Arc<str>) -> Result<Arc<dyn TableProvider>> {
    let schema = table.schema();
    let has_moments = schema.fields().iter().any(|f| in_its_zone(f.data_type(), zone).is_some());
    if !has_moments {
        return Ok(table);
    }
    let name = TableReference::bare(name);
    let columns = schema.fields().iter().map(|field| {
        let column = Expr::Column(Column::new(Some(name.clone()), field.name()));
        match in_its_zone(field.data_type(), zone) {
            Some(kind) => cast(column, kind).alias(field.name()),
            None => column,
        }
    });
    let rows = LogicalPlanBuilder::scan(name.clone(), provider_as_source(table), None)?.project(columns)?;
    Ok(Arc::new(ViewTable::new(rows.build()?, None)))
}

/// The type of a moment in a zone; none if it is of no moment.
fn in_its_zone(kind: &DataType, zone: &Arc<str>) -> Option<DataType> {
    match kind {
        DataType::Timestamp(unit, Some(of)) if of.as_ref() == UTC => {
            Some(DataType::Timestamp(*unit, Some(Arc::clone(zone))))
        }
        _ => None,
    }
}
