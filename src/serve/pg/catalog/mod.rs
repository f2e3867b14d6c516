//! `pg_catalog` and the functions that clients ask of a PostgreSQL server: those of `datafusion-pg-catalog`, and what it
//! lacks or answers for another server.
//!
//! All of it is made from what the session itself shows: a table that the viewer cannot see is not in it.

mod described;
mod functions;
mod mended;

use std::sync::Arc;

use datafusion::config::Dialect;
use datafusion::error::DataFusionError;
use datafusion_pg_catalog::pg_catalog::context::{PgCatalogContextProvider, Role};
use datafusion_pg_catalog::pg_catalog::setup_pg_catalog;

use self::described::Described;
use self::mended::Mended;
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

/// Makes a session answer what clients ask of a PostgreSQL server; `pid` is the connection's number.
///
/// # Errors
/// If the session's catalog cannot take another schema.
pub(super) async fn install(session: &Session, pid: i32, shown: Shown) -> Result<(), DataFusionError> {
    let context = session.context();
    {
        let state = context.state_ref();
        let mut state = state.write();
        let options = state.config_mut().options_mut();
        options.sql_parser.dialect = Dialect::PostgreSQL;
        options.catalog.information_schema = true;
    }
    let account = session.viewer().account.clone();
    let name = context.copied_config().options().catalog.default_catalog.clone();
    setup_pg_catalog(context, &name, Me(account.clone())).map_err(|e| *e)?;
    let missing = || DataFusionError::Configuration(format!("the session has no catalog {name}"));
    let catalog = context.catalog(&name).ok_or_else(missing)?;
    let inner = catalog.schema(SCHEMA).ok_or_else(missing)?;
    let described = Arc::new(Described::of(context, catalog.as_ref(), inner.as_ref()).await?);
    functions::register(context, &account, pid, shown, &described);
    catalog.register_schema(SCHEMA, Arc::new(Mended::new(inner, &described, &account)?))?;
    Ok(())
}
