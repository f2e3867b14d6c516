//! What of the catalogue is the same for all connections of a server: made once, at the first, and shared.
//!
//! ```text
//!  files of datafusion-pg-catalog ─> Files (types, collations, functions, columns) ─┬─> connection 1 ─> its own tables
//!                                                                                    └─> connection 2 ─> its own tables
//! ```
//! Nothing here says what anybody may see: it is PostgreSQL's own, and the names of functions that all sessions have.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList, SchemaProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;
use datafusion_pg_catalog::pg_catalog::generate_series_arg_coercion::CoerceIntArgsToBigInt;
use datafusion_pg_catalog::pg_catalog::oid_type_planner::PgOidTypePlanner;
use datafusion_pg_catalog::pg_catalog::{
    self as theirs, PgCatalogSchemaProvider, PgCatalogStaticTables, array_bounds_udf, format_type, has_privilege_udf,
    pg_get_expr_udf, quote_ident_udf,
};

use super::procs::{self, Described};
use super::{Me, nothing};

/// What is the same for all connections.
#[derive(Debug)]
pub(in super::super) struct Files {
    tables: Arc<PgCatalogStaticTables>,
    /// Those of the crate; ours take the place of some.
    functions: Vec<ScalarUDF>,
    pub(super) types: Vec<RecordBatch>,
    pub(super) types_by_name: Arc<BTreeMap<String, i32>>,
    pub(super) collations: Vec<RecordBatch>,
    of_sessions: OnceLock<OfSessions>,
}

/// What is the same for all sessions, as the first had it.
#[derive(Debug, Clone)]
pub(super) struct OfSessions {
    pub(super) functions: Arc<Vec<Described>>,
    pub(super) procs: Vec<RecordBatch>,
    pub(super) procs_by_number: Arc<BTreeMap<i32, String>>,
    /// Columns of the tables that never have rows.
    pub(super) nothing: BTreeMap<String, SchemaRef>,
    /// Columns of all tables of the crate.
    pub(super) theirs: BTreeMap<String, SchemaRef>,
}

impl Files {
    /// Reads the files; `database` is what `current_database()` says.
    ///
    /// # Errors
    /// If they have not the columns that PostgreSQL's have.
    pub(in super::super) fn read(database: &str) -> Result<Self, DataFusionError> {
        let tables = Arc::new(PgCatalogStaticTables::try_new()?);
        let types = procs::types_of(tables.pg_type.data())?;
        let privilege = has_privilege_udf::create_has_privilege_udf;
        let functions = vec![
            theirs::create_current_database_udf(database),
            theirs::create_current_schema_udf(),
            theirs::create_current_schemas_udf(),
            theirs::create_pg_get_userbyid_udf(),
            privilege("has_table_privilege"),
            privilege("has_schema_privilege"),
            privilege("has_database_privilege"),
            privilege("has_any_column_privilege"),
            theirs::create_pg_table_is_visible(),
            format_type::create_format_type_udf(),
            theirs::create_session_user_udf(),
            pg_get_expr_udf::create_pg_get_expr_udf(),
            theirs::create_pg_get_partkeydef_udf(),
            theirs::create_pg_relation_is_publishable_udf(),
            theirs::create_pg_get_statisticsobjdef_columns_udf(),
            theirs::create_pg_encoding_to_char_udf(),
            theirs::create_pg_backend_pid_udf(),
            theirs::create_pg_relation_size_udf(),
            theirs::create_pg_total_relation_size_udf(),
            theirs::create_pg_stat_get_numscans(),
            theirs::create_pg_get_constraintdef(),
            theirs::create_pg_get_partition_ancestors_udf(),
            quote_ident_udf::create_quote_ident_udf(),
            quote_ident_udf::create_parse_ident_udf(),
            array_bounds_udf::create_array_upper_udf(),
            array_bounds_udf::create_array_lower_udf(),
        ];
        Ok(Self {
            functions,
            types_by_name: Arc::new(procs::named_types(&types)?.into_iter().collect()),
            types,
            collations: procs::collations_of(tables.pg_collation.data())?,
            tables,
            of_sessions: OnceLock::new(),
        })
    }

    /// Puts into a session what the crate's own setting up puts in, and gives the schema of its tables.
    ///
    /// # Errors
    /// None that can be: the crate makes nothing of its arguments.
    pub(super) fn set_up(&self, context: &SessionContext, me: Me) -> Result<Arc<dyn SchemaProvider>, DataFusionError> {
        // What it would make of the session's own catalogs is ours; and who holds those, and is held by them, never ends.
        let none: Arc<dyn CatalogProviderList> = Arc::new(MemoryCatalogProviderList::new());
        let schema = PgCatalogSchemaProvider::try_new(none, Arc::clone(&self.tables), me)?;
        for function in &self.functions {
            context.register_udf(function.clone());
        }
        context.register_udtf("pg_get_keywords", Arc::clone(&self.tables.pg_get_keywords) as _);
        let state = context.state_ref();
        let existing = state.read().clone();
        let planning = SessionStateBuilder::new_from_existing(existing).with_type_planner(Arc::new(PgOidTypePlanner));
        *state.write() = planning.build();
        CoerceIntArgsToBigInt::widen(context);
        Ok(Arc::new(schema))
    }

    /// What is the same for all sessions.
    ///
    /// # Errors
    /// If the tables have not the columns that PostgreSQL's have.
    pub(super) async fn of_sessions(
        &self,
        context: &SessionContext,
        inner: &dyn SchemaProvider,
    ) -> Result<OfSessions, DataFusionError> {
        if let Some(made) = self.of_sessions.get() {
            return Ok(made.clone());
        }
        let functions = Arc::new(procs::described(context));
        let procs = procs::procs_of(self.tables.pg_proc.data(), &self.types, context, &functions)?;
        let numbered = procs::named_procs(&procs)?.into_iter().map(|(name, oid)| (oid, name)).collect();
        let mut theirs = BTreeMap::new();
        for name in inner.table_names() {
            if let Some(table) = inner.table(&name).await? {
                theirs.insert(name, table.schema());
            }
        }
        let mut empty = BTreeMap::new();
        for (name, columns) in nothing::PG_CATALOG {
            let of_crate = theirs.get(*name).filter(|_| columns.is_empty()).cloned();
            empty.insert((*name).to_owned(), of_crate.unwrap_or_else(|| nothing::texts(columns)));
        }
        let made = OfSessions { functions, procs, procs_by_number: Arc::new(numbered), nothing: empty, theirs };
        // Of two that were first, one is kept: they are the same.
        Ok(self.of_sessions.get_or_init(|| made).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::install;
    use super::*;
    use crate::access::{Role, Scope, Viewer};
    use crate::join::{SessionOptions, session};
    use crate::query::{Limits, Session};
    use crate::time::Stopwatch;

    fn a_session() -> Session {
        let viewer = Viewer { account: "ann".to_owned(), role: Role::Analyst, scope: Scope::default() };
        Session::new(session(&SessionOptions::default()).unwrap(), viewer, Limits::default())
    }

    #[tokio::test]
    async fn what_a_connection_had_ends_with_it() {
        let (session, files) = (a_session(), Files::read("datafusion").unwrap());
        install(&session, &files, 1, Arc::default()).await.unwrap();
        let catalogs = Arc::downgrade(session.context().state().catalog_list());
        drop(session);
        assert!(catalogs.upgrade().is_none());
    }

    #[tokio::test]
    #[ignore = "it measures what coming in costs, and asserts nothing"]
    async fn what_coming_in_costs_with_files_of_its_own_and_with_shared_ones() {
        const TIMES: u32 = 20;
        let shared = Files::read("datafusion").unwrap();
        let (mut own_s, mut shared_s) = (0.0, 0.0);
        for pid in 0..2 * TIMES {
            let session = a_session();
            let watch = Stopwatch::start();
            if pid % 2 == 0 {
                let files = Files::read("datafusion").unwrap();
                install(&session, &files, 1, Arc::default()).await.unwrap();
                own_s += watch.seconds();
            } else {
                install(&session, &shared, 1, Arc::default()).await.unwrap();
                shared_s += watch.seconds();
            }
        }
        let ms = |s: f64| s * 1_000.0 / f64::from(TIMES);
        println!("{:.1} ms, {:.1} ms, {:.2} times", ms(own_s), ms(shared_s), own_s / shared_s);
    }
}
