//! The stage's SQL functions: distances, their certainty, and H3 cells.
//!
//! A function is a row of data (name, arguments, result, kernel); one implementation serves DataFusion for all of them.
//! Arguments are latitude first. An H3 cell is an `Int64` (its top bit is never set), because neither Delta nor PostgreSQL
//! has an unsigned type. A position outside the Earth, or an argument that is NULL, gives NULL.

mod cells;
mod distances;
mod probability;
mod scalar;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

/// All functions of this stage.
#[must_use]
pub fn all() -> Vec<Arc<ScalarUDF>> {
    let functions = distances::functions().into_iter().chain(probability::functions()).chain(cells::functions());
    functions.map(|f| Arc::new(ScalarUDF::from(f))).collect()
}
