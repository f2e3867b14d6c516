//! A store as tables, and views of what holds now.

use datafusion::common::TableReference;
use datafusion::prelude::SessionContext;

use crate::cli::parse_data;
use crate::store::{Table, table_at, tables_at};

use super::{NamedFile, SqlError};

/// Views, each with its table and what a row of it is a revision of.
const VIEWS: [(&str, Table, &str); 2] = [
    ("current_proximity", Table::Proximity, "proximity_id"),
    ("current_encounters", Table::Encounters, "encounter_id"),
];

/// Whether a store has a table or view of this name.
pub fn is_of_store(name: &str) -> bool {
    Table::ALL.iter().any(|t| t.name() == name) || VIEWS.iter().any(|(view, ..)| *view == name)
}

/// Makes the tables of a store, as they are now, tables of the session, with the views beside them.
///
/// # Errors
/// [`SqlError::Usage`] if it is no address; [`SqlError::Input`] if there is no store or it cannot be read.
pub async fn register(context: &SessionContext, data: &str) -> Result<(), SqlError> {
    let location = parse_data(data).map_err(SqlError::Usage)?;
    let fault = |detail: String| SqlError::Input { file: data.to_owned(), detail };
    let tables = tables_at(&location).await.map_err(|e| fault(e.to_string()))?;
    if tables.is_empty() {
        return Err(fault("there is no store: locard import and locard serve make one".to_owned()));
    }
    for (table, provider) in &tables {
        context.register_table(TableReference::bare(table.name()), provider.clone())?;
    }
    for (view, table, id) in VIEWS {
        if tables.iter().any(|(t, _)| *t == table) {
            let rows = context.sql(&current(table, id)).await?;
            context.register_table(TableReference::bare(view), rows.into_view())?;
        }
    }
    Ok(())
}

/// Of each thing the row of the greatest revision, if it says that the thing holds.
fn current(table: Table, id: &str) -> String {
    let columns: Vec<String> = table.schema().fields().iter().map(|f| format!("\"{}\"", f.name())).collect();
    let columns = columns.join(", ");
    // Rows of one revision say the same: which of them is shown must not change from one query to the next.
    format!(
        "SELECT {columns} FROM (SELECT {columns}, row_number() OVER
           (PARTITION BY case_id, {id} ORDER BY revision DESC, stored_at) AS nth FROM {table}) AS revisions
         WHERE nth = 1 AND status = 'current'"
    )
}

/// Makes a folder of a Delta table a table of the session.
///
/// # Errors
/// [`SqlError::Input`] if it cannot be read.
pub async fn register_folder(context: &SessionContext, named: &NamedFile) -> Result<(), SqlError> {
    let folder = named.file.to_string_lossy();
    let location = parse_data(&folder).map_err(SqlError::Usage)?;
    let provider = table_at(&location).await.map_err(|e| SqlError::input(&named.file, e.to_string()))?;
    context.register_table(TableReference::bare(named.name.as_str()), provider)?;
    Ok(())
}
