//! `p_at_least`: how likely so many of several independent chances come true.

use datafusion::arrow::array::Float64Array;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};

use crate::index::at_least;

use super::argument::{Argument, Kind};
use super::rows::{Call, each};
use super::scalar::Plain;

/// The most chances: the work grows with the square of their number, and nothing can end it half way.
const MOST: usize = 10_000;

const P_AT_LEAST: [Argument; 2] = [
    Argument::new("hits", Kind::Whole, "so many or more come true"),
    Argument::new("chances", Kind::Numbers, "the chance of each, 0 to 1: at most 10,000"),
];

/// The functions of chance.
pub fn functions() -> Vec<Plain> {
    vec![Plain {
        section: "Chance",
        name: "p_at_least",
        arguments: &P_AT_LEAST,
        optional: 0,
        result: DataType::Float64,
        meaning: "probability that at least `hits` of independent `chances` come true (Poisson-binomial distribution), 0 to 1",
        null: "NULL if a chance is NULL or not from 0 to 1.",
        example: "SELECT p_at_least(2, make_array(0.5, 0.1, 0.02))",
        kernel: |a| each::<_, Float64Array>(a, p_at_least),
    }]
}

fn p_at_least(call: Call<'_>) -> Result<Option<f64>> {
    let (Some(hits), Some(chances)) = (call.whole(0), call.numbers(1)) else { return Ok(None) };
    if chances.len() > MOST {
        return exec_err!("p_at_least: {} chances, at most {MOST}", chances.len());
    }
    if !chances.iter().all(|chance| (0.0..=1.0).contains(chance)) {
        return Ok(None);
    }
    let hits = usize::try_from(hits.max(0)).unwrap_or(usize::MAX);
    // More than there are never come true.
    Ok(Some(at_least(&chances).get(hits).copied().unwrap_or(0.0)))
}
