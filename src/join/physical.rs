//! A proximity predicate ready to run: physical expressions, and the columns they give for a batch.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, PrimitiveArray, RecordBatch};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef};
use datafusion::common::{Result, exec_err};
use datafusion::physical_expr::PhysicalExpr;

use crate::index::Metric;

use super::predicate::Side;
use super::shift::shifted;

/// The physical expressions of one side.
#[derive(Debug, Clone)]
pub struct SidePhysical {
    /// Latitude, degrees.
    pub lat: Arc<dyn PhysicalExpr>,
    /// Longitude, degrees.
    pub lon: Arc<dyn PhysicalExpr>,
    /// Start of the interval.
    pub lo: Option<Arc<dyn PhysicalExpr>>,
    /// End of the interval.
    pub hi: Option<Arc<dyn PhysicalExpr>>,
    /// Equality keys.
    pub keys: Vec<Arc<dyn PhysicalExpr>>,
}

impl SidePhysical {
    fn exprs(&self) -> impl Iterator<Item = &Arc<dyn PhysicalExpr>> {
        [&self.lat, &self.lon].into_iter().chain(&self.lo).chain(&self.hi).chain(&self.keys)
    }
}

/// A term of the radius.
#[derive(Debug, Clone)]
pub struct RadiusPhysical {
    /// The side it reads; `None` for a constant.
    pub side: Option<Side>,
    /// The term.
    pub expr: Arc<dyn PhysicalExpr>,
}

/// What is left of the predicate, over a batch of chosen columns.
#[derive(Debug, Clone)]
pub struct Residual {
    /// The condition.
    pub expr: Arc<dyn PhysicalExpr>,
    /// Where each column of its batch comes from.
    pub columns: Vec<(Side, usize)>,
    /// Its batch's schema.
    pub schema: SchemaRef,
}

/// A predicate ready to run; see [`super::predicate::ProximityPredicate`] for its meaning.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is the strictness of one comparison, or the order of a call")]
pub struct JoinSpec {
    /// Which distance.
    pub metric: Metric,
    /// The right side's position comes first in the call.
    pub right_first: bool,
    /// `<` for the distance.
    pub strict: bool,
    /// `left.lo < right.hi`.
    pub strict_lo: bool,
    /// `right.lo < left.hi`.
    pub strict_hi: bool,
    /// The left side.
    pub left: SidePhysical,
    /// The right side.
    pub right: SidePhysical,
    /// The radius: terms in the order they are added.
    pub radius: Vec<RadiusPhysical>,
    /// Everything else.
    pub residual: Option<Residual>,
    /// The predicate in words, for EXPLAIN.
    pub text: String,
}

/// The columns of one side for one batch.
#[derive(Debug)]
pub struct SideColumns {
    /// Latitude, degrees.
    pub lat: Float64Array,
    /// Longitude, degrees.
    pub lon: Float64Array,
    /// Start of the interval.
    pub lo: Option<Int64Array>,
    /// End of the interval.
    pub hi: Option<Int64Array>,
    /// Equality keys.
    pub keys: Vec<ArrayRef>,
    /// The radius terms that read this side, at their place in the sum.
    pub radius: Vec<(usize, Float64Array)>,
    /// Rows in which nothing that a match needs is NULL; `None` if that is all of them.
    pub valid: Option<NullBuffer>,
}

impl JoinSpec {
    /// One side's expressions.
    pub const fn side(&self, side: Side) -> &SidePhysical {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    /// Evaluates one side's expressions over a batch of it.
    pub fn columns(&self, side: Side, batch: &RecordBatch) -> Result<SideColumns> {
        let exprs = self.side(side);
        let array = |e: &Arc<dyn PhysicalExpr>| e.evaluate(batch)?.into_array(batch.num_rows());
        let lat = floats(&array(&exprs.lat)?)?;
        let lon = floats(&array(&exprs.lon)?)?;
        let times = |e: &Arc<dyn PhysicalExpr>| match shifted(e.as_ref(), batch)? {
            Some(times) => Ok(times),
            None => integers(&array(e)?),
        };
        let lo = exprs.lo.as_ref().map(times).transpose()?;
        let hi = exprs.hi.as_ref().map(times).transpose()?;
        let keys = exprs.keys.iter().map(array).collect::<Result<Vec<_>>>()?;
        let mut radius = Vec::new();
        for (place, term) in self.radius.iter().enumerate().filter(|(_, t)| t.side == Some(side)) {
            radius.push((place, floats(&array(&term.expr)?)?));
        }
        let valid = [lat.nulls(), lon.nulls()]
            .into_iter()
            .chain([&lo, &hi].map(|c| c.as_ref().and_then(|c| c.nulls())))
            .chain(radius.iter().map(|(_, c)| c.nulls()))
            .fold(None, |all, one| NullBuffer::union(all.as_ref(), one));
        Ok(SideColumns { lat, lon, lo, hi, keys, radius, valid })
    }

    /// The constant terms of the radius at their places, `None` elsewhere; nothing if one is NULL, for then no pair is
    /// within it.
    pub fn constants(&self) -> Result<Option<Vec<Option<f64>>>> {
        let one = RecordBatch::try_new_with_options(
            Arc::new(datafusion::arrow::datatypes::Schema::empty()),
            vec![],
            &datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(1)),
        )?;
        let mut constants = Vec::with_capacity(self.radius.len());
        for term in &self.radius {
            if term.side.is_some() {
                constants.push(None);
                continue;
            }
            let array = floats(&term.expr.evaluate(&one)?.into_array(1)?)?;
            if array.is_null(0) {
                return Ok(None);
            }
            constants.push(Some(array.value(0)));
        }
        Ok(Some(constants))
    }

    /// All expressions that are evaluated.
    pub fn exprs(&self) -> impl Iterator<Item = &Arc<dyn PhysicalExpr>> {
        let sides = self.left.exprs().chain(self.right.exprs());
        sides.chain(self.radius.iter().map(|t| &t.expr)).chain(self.residual.iter().map(|r| &r.expr))
    }
}

fn floats(array: &ArrayRef) -> Result<Float64Array> {
    let Some(floats) = array.as_primitive_opt::<Float64Type>() else {
        return exec_err!("ProximityJoin: expected Float64, found {}", array.data_type());
    };
    Ok(floats.clone())
}

/// Times as the integers they are stored as: both sides have one type, so their order is that of the integers.
fn integers(array: &ArrayRef) -> Result<Int64Array> {
    let widened: ArrayRef = match array.data_type() {
        DataType::Int64 => Arc::clone(array),
        DataType::Date32 => cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?,
        _ => cast(array, &DataType::Int64)?,
    };
    let integers: &PrimitiveArray<Int64Type> = widened.as_primitive();
    Ok(integers.clone())
}
