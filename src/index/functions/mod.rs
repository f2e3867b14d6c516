//! The stage's SQL functions: distances and directions, their certainty, chance, reach, the National Grid, H3 cells, and what is
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
mod chance;
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

use datafusion::arrow::datatypes::DataType;
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

/// One way to call a function of this stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The function.
    pub name: &'static str,
    /// Its arguments by name, each with the type that it is computed with; others are accepted and cast.
    pub arguments: Vec<(&'static str, DataType)>,
    /// The type of what it gives.
    pub result: DataType,
}

/// The ways to call the functions of this stage: two where arguments may be left out.
#[must_use]
pub fn ways() -> Vec<Way> {
    let ways = |plain: &Plain| {
        let all: Vec<_> = plain.arguments.iter().map(|argument| (argument.name, argument.kind.seen())).collect();
        let needed = all.iter().take(all.len().saturating_sub(plain.optional)).cloned().collect();
        let way = |arguments| Way { name: plain.name, arguments, result: plain.result.clone() };
        if plain.optional == 0 { vec![way(all)] } else { vec![way(needed), way(all)] }
    };
    plain().iter().flat_map(ways).collect()
}

fn plain() -> Vec<Plain> {
    let mut all = distances::functions();
    all.extend(probability::functions());
    all.extend(chance::functions());
    all.extend(reach::functions());
    all.extend(grid::functions());
    all.extend(cells::functions());
    all.extend(cell_forms::functions());
    all.extend(custody::functions());
    all
}
