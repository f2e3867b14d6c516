//! `pg_catalog` and the functions that clients ask of a PostgreSQL server.

use datafusion::config::Dialect;
use datafusion::error::DataFusionError;
use datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_pg_catalog::pg_catalog::setup_pg_catalog;

use crate::query::Session;

/// Makes a session answer what clients ask of a PostgreSQL server; `pid` is the connection's number.
///
/// # Errors
/// If the session's catalog cannot take another schema.
pub(super) fn install(session: &Session, _pid: i32) -> Result<(), DataFusionError> {
    let context = session.context();
    {
        let state = context.state_ref();
        let mut state = state.write();
        let options = state.config_mut().options_mut();
        options.sql_parser.dialect = Dialect::PostgreSQL;
        options.catalog.information_schema = true;
    }
    let catalog = context.copied_config().options().catalog.default_catalog.clone();
    setup_pg_catalog(context, &catalog, EmptyContextProvider).map_err(|e| *e)
}
