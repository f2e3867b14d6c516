//! The stage's SQL functions: distances and directions, their certainty, reach, the National Grid, H3 cells, and what is
//! left of the custody clock.
//!
//! ```text
//!  Plain: name, arguments, result, kernel, words ──> Function (DataFusion's) ──> SQL, and the tables of docs/sql.md
//! ```
//! A function is a row of data; one implementation serves DataFusion for all of them, and its words are its
//! documentation. Arguments are latitude first. An H3 cell is an `Int64` (its top bit is never set), because neither Delta
//! nor PostgreSQL has an unsigned type. A position outside the Earth, or an argument that is NULL, gives NULL.

mod argument;
mod cell_forms;
mod cells;
mod custody;
mod distances;
mod grid;
mod probability;
mod reach;
mod rows;
mod scalar;
#[cfg(test)]
mod scalar_tests;

use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::ScalarUDF;

use scalar::{Function, Plain};

static ALL: LazyLock<Vec<Arc<ScalarUDF>>> = LazyLock::new(|| {
    let functions = plain().into_iter().map(Function::from);
    functions.map(|function| Arc::new(ScalarUDF::from(function))).collect()
});

/// All functions of this stage, in the order of their documentation.
#[must_use]
pub fn all() -> Vec<Arc<ScalarUDF>> {
    ALL.clone()
}

fn plain() -> Vec<Plain> {
    let mut all = distances::functions();
    all.extend(probability::functions());
    all.extend(reach::functions());
    all.extend(grid::functions());
    all.extend(cells::functions());
    all.extend(cell_forms::functions());
    all.extend(custody::functions());
    all
}
