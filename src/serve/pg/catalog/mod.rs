//! `pg_catalog` and the functions that clients ask of a PostgreSQL server: those of `datafusion-pg-catalog`, and what it
//! lacks or answers for another server.
//!
//! All of it is made from what the session itself shows: a table that the viewer cannot see is not in it.

mod columns;
mod configured;
mod files;
mod format;
mod functions;
mod information;
mod mended;
mod nothing;
mod procs;
mod regs;
mod relations;
mod tables;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::MemTable;
use datafusion::config::Dialect;
use datafusion::error::DataFusionError;
use datafusion_pg_catalog::pg_catalog::context::{PgCatalogContextProvider, Role};

pub(super) use self::files::Files;
use self::files::OfSessions;
use self::information::Information;
use self::mended::Mended;
pub(super) use self::nothing::never_has_rows;
use self::procs::Described;
use self::regs::Known;
pub(super) use self::regs::Reg;
use self::relations::{INFORMATION, PG_CATALOG, Relations};
use self::tables::Place;
use super::settings::Shown;
use crate::query::Session;

const SCHEMA: &str = "pg_catalog";

/// The one role that a viewer is shown: themselves.
#[derive(Debug, Clone)]
struct Me(String);

#[async_trait::async_trait]
impl PgCatalogContextProvider for Me {
    async fn roles(&self) -> Vec<String> {
        vec![self.0.clone()]
    }

    async fn role(&self, name: &str) -> Option<Role> {
        (name == self.0).then(|| Role {
            name: self.0.clone(),
            is_superuser: false,
            can_login: true,
            can_create_db: false,
            can_create_role: false,
            can_create_user: false,
            can_replication: false,
            grants: Vec::new(),
            inherited_roles: Vec::new(),
        })
    }
}

/// Tables of ours by name.
type Made = BTreeMap<String, RecordBatch>;

/// Makes a session answer what clients ask of a PostgreSQL server; `files` are the server's, `pid` is the connection's number.
///
/// # Errors
/// If the session's catalog cannot take another schema.
pub(super) async fn install(session: &Session, files: &Files, pid: i32, shown: Shown) -> Result<(), DataFusionError> {
    let context = session.context();
    {
        let state = context.state_ref();
        let mut state = state.write();
        let options = state.config_mut().options_mut();
        options.sql_parser.dialect = Dialect::PostgreSQL;
        // Without it the engine's `timestamptz` has no zone.
        options.execution.time_zone = Some("UTC".to_owned());
        // Ours is in its place.
        options.catalog.information_schema = false;
    }
    let account = session.viewer().account.clone();
    let database = context.copied_config().options().catalog.default_catalog.clone();
    let inner = files.set_up(context, Me(account.clone()))?;
    let missing = || DataFusionError::Configuration(format!("the session has no catalog {database}"));
    let catalog = context.catalog(&database).ok_or_else(missing)?;
    let place = Place { account: account.clone(), database: database.clone(), pid };

    let OfSessions { functions, procs, procs_by_number, nothing, theirs } =
        files.of_sessions(context, inner.as_ref()).await?;
    let mut relations = Relations::of(catalog.as_ref()).await?;
    take_own(&mut relations, &nothing, theirs, &place, &functions)?;

    let mut ours = mem_tables(pg_catalog(&relations, &place, &functions)?)?;
    let (types, collations) = (files.types.clone(), files.collations.clone());
    for (name, batches) in [("pg_type", types), ("pg_proc", procs), ("pg_collation", collations)] {
        let schema = batches.first().map(RecordBatch::schema).ok_or_else(missing)?;
        ours.insert(name.to_owned(), Arc::new(MemTable::try_new(schema, vec![batches])?));
    }
    for (name, schema) in nothing {
        ours.insert(name, Arc::new(MemTable::try_new(schema, vec![Vec::new()])?));
    }
    let mended = Mended::new(inner, ours).with_settings(Arc::clone(&shown))?;
    catalog.register_schema(SCHEMA, Arc::new(mended))?;

    let mut information = mem_tables(information_schema(&relations, &place)?)?;
    for (name, columns) in nothing::INFORMATION {
        let table = MemTable::try_new(nothing::texts(columns), vec![Vec::new()])?;
        information.insert((*name).to_owned(), Arc::new(table));
    }
    // What the engine's `SHOW FUNCTIONS` asks is the session's own.
    let of_engine = crate::join::information_schema(context);
    catalog.register_schema("information_schema", Arc::new(Information::new(information, of_engine)))?;

    let types = Arc::clone(&files.types_by_name);
    let known = Arc::new(Known { relations, account, types, procs: procs_by_number });
    regs::register(context, &known);
    functions::register(context, &place, shown, &known, &functions);
    Ok(())
}

/// Takes in the relations of the catalogue itself: their columns are the same whatever the session sees.
fn take_own(
    relations: &mut Relations,
    nothing: &BTreeMap<String, SchemaRef>,
    theirs: BTreeMap<String, SchemaRef>,
    place: &Place,
    functions: &[Described],
) -> Result<(), DataFusionError> {
    let ours = pg_catalog(&Relations::default(), place, functions)?;
    let information = information_schema(&Relations::default(), place)?;
    let mut schemas = theirs;
    schemas.extend(nothing.clone());
    schemas.extend(ours.into_iter().map(|(name, batch)| (name, batch.schema())));
    relations.take(PG_CATALOG, schemas);
    let nothing = nothing::INFORMATION.iter().map(|(name, columns)| ((*name).to_owned(), nothing::texts(columns)));
    let information = information.into_iter().map(|(name, batch)| (name, batch.schema()));
    relations.take(INFORMATION, information.chain(nothing));
    Ok(())
}

fn pg_catalog(relations: &Relations, place: &Place, functions: &[Described]) -> Result<Made, DataFusionError> {
    let all = [
        ("pg_attribute", tables::attributes(relations)?),
        ("pg_class", tables::classes(relations, place)?),
        ("pg_database", tables::databases(place)?),
        ("pg_description", tables::descriptions(relations, functions)?),
        ("pg_namespace", tables::namespaces(relations, place)?),
        ("pg_roles", tables::roles(place)?),
        ("pg_stat_activity", tables::activity(place)?),
        ("pg_tables", tables::tables(relations, place)?),
        ("pg_user", tables::users(place)?),
    ];
    Ok(all.map(|(name, batch)| (name.to_owned(), batch)).into())
}

fn information_schema(relations: &Relations, place: &Place) -> Result<Made, DataFusionError> {
    let all = [
        ("columns", information::columns(relations, place)?),
        ("information_schema_catalog_name", information::catalog_name(place)?),
        ("role_table_grants", information::privileges(relations, place)?),
        ("schemata", information::schemata(relations, place)?),
        ("table_privileges", information::privileges(relations, place)?),
        ("tables", information::tables(relations, place)?),
    ];
    Ok(all.map(|(name, batch)| (name.to_owned(), batch)).into())
}

fn mem_tables(made: Made) -> Result<BTreeMap<String, Arc<MemTable>>, DataFusionError> {
    let table = |batch: RecordBatch| MemTable::try_new(batch.schema(), vec![vec![batch]]).map(Arc::new);
    made.into_iter().map(|(name, batch)| Ok((name, table(batch)?))).collect()
}
