//! `information_schema` of a session: the engine's, with the arguments of Locard's functions.
//!
//! The engine lists arguments only of functions whose signature names their types. Ours accept more types than a
//! signature says, so that they are missing from its `parameters`, and with that from `SHOW FUNCTIONS`; they are put in.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt8Array, UInt64Array};
use datafusion::catalog::information_schema::{INFORMATION_SCHEMA, InformationSchemaProvider};
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::SessionContext;

use crate::index::functions::{Way, ways};

/// The table that is added to.
const PARAMETERS: &str = "parameters";

/// Puts the schema into a session's catalog.
pub(super) fn register(context: &SessionContext) {
    let catalog = context.copied_config().options().catalog.default_catalog.clone();
    if let Some(catalog) = context.catalog(&catalog) {
        // The engine's own catalog takes any schema.
        drop(catalog.register_schema(INFORMATION_SCHEMA, information_schema(context)));
    }
}

/// What a session's `information_schema` is.
#[must_use]
pub fn information_schema(context: &SessionContext) -> Arc<dyn SchemaProvider> {
    let state = context.state_weak_ref();
    Arc::new(Information { state: Box::new(move || Some(state.upgrade()?.read().clone())) })
}

/// The schema. It does not hold the session, which holds it.
struct Information {
    state: Box<dyn Fn() -> Option<SessionState> + Send + Sync>,
}

impl fmt::Debug for Information {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Information").finish_non_exhaustive()
    }
}

impl Information {
    fn state(&self) -> Result<SessionState> {
        let gone = || DataFusionError::Internal("the session has ended".to_owned());
        (self.state)().ok_or_else(gone)
    }
}

fn of_engine(state: &SessionState) -> InformationSchemaProvider {
    InformationSchemaProvider::new(Arc::clone(state.catalog_list()))
        .with_table_functions(state.table_functions().clone())
}

#[async_trait]
impl SchemaProvider for Information {
    fn table_names(&self) -> Vec<String> {
        self.state().map(|state| of_engine(&state).table_names()).unwrap_or_default()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let state = self.state()?;
        let engines = of_engine(&state).table(name).await?;
        match engines {
            Some(engines) if name.eq_ignore_ascii_case(PARAMETERS) => parameters(&state, engines).map(Some),
            other => Ok(other),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.state().is_ok_and(|state| of_engine(&state).table_exist(name))
    }
}

/// The engine's rows, then ours.
fn parameters(state: &SessionState, engines: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let schema = engines.schema();
    let known: Vec<Way> = ways().into_iter().filter(|way| state.scalar_functions().contains_key(way.name)).collect();
    let options = state.config().options();
    let place = (options.catalog.default_catalog.as_str(), options.catalog.default_schema.as_str());
    let columns = schema.fields().iter().map(|field| column(field.name(), place, &rows(&known)));
    let ours = RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_>>()?)?;
    let ours = Arc::new(MemTable::try_new(schema, vec![vec![ours]])?);
    let ours = LogicalPlanBuilder::scan("of_locard", provider_as_source(ours), None)?.build()?;
    let both = LogicalPlanBuilder::scan("of_engine", provider_as_source(engines), None)?.union(ours)?.build()?;
    Ok(Arc::new(ViewTable::new(both, None)))
}

/// A row of `parameters`.
struct Row {
    function: &'static str,
    /// Its place among the arguments, from 1.
    place: u64,
    /// The argument's name; `None` is of what the function gives.
    argument: Option<&'static str>,
    data_type: String,
    /// Which of a function's ways it is of.
    way: u8,
}

fn rows(ways: &[Way]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut last = ("", 0);
    for Way { name, arguments, result } in ways {
        let way = if last.0 == *name { last.1 + 1 } else { 0 };
        last = (name, way);
        let arguments = (1_u64..).zip(arguments);
        rows.extend(arguments.map(|(place, (argument, data_type))| Row {
            function: name,
            place,
            argument: Some(*argument),
            data_type: data_type.to_string(),
            way,
        }));
        rows.push(Row { function: name, place: 1, argument: None, data_type: result.to_string(), way });
    }
    rows
}

/// A column of the engine's table.
fn column(name: &str, (catalog, schema): (&str, &str), rows: &[Row]) -> Result<ArrayRef> {
    let text =
        |of: &dyn Fn(&Row) -> Option<String>| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<StringArray>()) };
    Ok(match name {
        "specific_catalog" => text(&|_| Some(catalog.to_owned())),
        "specific_schema" => text(&|_| Some(schema.to_owned())),
        "specific_name" => text(&|row| Some(row.function.to_owned())),
        "ordinal_position" => Arc::new(rows.iter().map(|row| Some(row.place)).collect::<UInt64Array>()),
        "parameter_mode" => text(&|row| Some(if row.argument.is_some() { "IN" } else { "OUT" }.to_owned())),
        "parameter_name" => text(&|row| row.argument.map(ToOwned::to_owned)),
        "data_type" => text(&|row| Some(row.data_type.clone())),
        "parameter_default" => text(&|_| None),
        "is_variadic" => Arc::new(rows.iter().map(|_| Some(false)).collect::<BooleanArray>()),
        "rid" => Arc::new(rows.iter().map(|row| Some(row.way)).collect::<UInt8Array>()),
        other => return Err(DataFusionError::Internal(format!("the engine's parameters have a column {other}"))),
    })
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::util::pretty::pretty_format_batches;

    use crate::index::functions::all;
    use crate::join::{SessionOptions, session};

    async fn shown(sql: &str) -> String {
        let context = session(&SessionOptions::default()).unwrap();
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        pretty_format_batches(&batches).unwrap().to_string()
    }

    #[tokio::test]
    async fn each_function_of_ours_is_listed_with_its_arguments_and_the_engines_still_are() {
        let listed = shown("SHOW FUNCTIONS").await;
        for function in all() {
            assert!(listed.contains(&format!("| {} ", function.name())), "{}", function.name());
        }
        assert!(listed.contains("| date_trunc "));
        let arguments = shown(
            "SELECT ordinal_position, parameter_name, data_type FROM information_schema.parameters \
             WHERE specific_name = 'p_within' ORDER BY parameter_mode, ordinal_position",
        )
        .await;
        assert!(arguments.contains("| 3                | radius_m       | Float64   |"), "{arguments}");
    }

    #[tokio::test]
    async fn what_may_be_left_out_makes_a_second_way() {
        let ways = shown(
            "SELECT rid, count(*) FROM information_schema.parameters WHERE specific_name = 'reachable' \
             AND parameter_mode = 'IN' GROUP BY rid ORDER BY rid",
        )
        .await;
        let counts: Vec<&str> = ways.lines().filter(|line| line.starts_with("| ") && !line.contains("rid")).collect();
        assert_eq!(counts.len(), 2, "{ways}");
    }

    #[tokio::test]
    async fn the_schema_does_not_keep_its_session() {
        let context = session(&SessionOptions::default()).unwrap();
        let state = context.state_weak_ref();
        drop(context);
        assert!(state.upgrade().is_none());
    }
}
