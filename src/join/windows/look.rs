//! The windows that look back, recognised among the engine's.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, StandardWindowExpr, WindowExpr};
use datafusion::physical_plan::windows::WindowUDFExpr;

/// A row so far down that what goes by rows does not look back from it to the first.
const FAR: usize = 1 << 40;

/// A window that looks back.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// The one column that it is about.
    pub(super) of: Arc<dyn PhysicalExpr>,
    /// How many rows before a row its value hangs on besides what was seen before those.
    pub(super) rows: usize,
    pub(super) what: What,
}

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The value so many rows before; null where there is none.
    Lag,
    /// The greatest of all values up to so many rows before.
    Greatest,
    /// The least of them.
    Least,
}

impl Look {
    /// `None` for any other window.
    pub(super) fn of(window: &Arc<dyn WindowExpr>) -> Option<Self> {
        let (rows, what) = lag(window).or_else(|| running(window))?;
        Some(Self { of: window.expressions().first().map(Arc::clone)?, rows, what })
    }
}

/// A lag by a number of rows that does not hang on them, and without a value of its own where there is no row.
fn lag(window: &Arc<dyn WindowExpr>) -> Option<(usize, What)> {
    let standard = window.as_any().downcast_ref::<StandardWindowExpr>()?;
    let function = standard.get_standard_func_expr();
    let named = function.as_any().downcast_ref::<WindowUDFExpr>()?;
    if named.fun().name() != "lag" || named.args().len() > 2 {
        return None;
    }
    let evaluator = function.create_evaluator().ok()?;
    // One that passes over nulls begins with the first row, and one by fewer than one row is none that looks back.
    let from = evaluator.get_range(FAR, FAR + 1).ok()?.start;
    let rows = FAR.checked_sub(from).filter(|_| from > 0 && evaluator.is_causal())?;
    Some((rows, What::Lag))
}

/// The greatest or least so far, of whole numbers and moments, and of all rows.
fn running(window: &Arc<dyn WindowExpr>) -> Option<(usize, What)> {
    let plain = window.as_any().downcast_ref::<PlainAggregateWindowExpr>()?;
    let what = match plain.get_aggregate_expr().fun().name() {
        "max" => What::Greatest,
        "min" => What::Least,
        _ => return None,
    };
    let field = window.field().ok()?;
    let ordered = matches!(field.data_type(), DataType::Int64 | DataType::Timestamp(TimeUnit::Microsecond, _));
    // Its condition cannot be asked for; it is the last that is written of it.
    let of_all = format!("{plain:?}").ends_with("filter: None }");
    Some((rows_before(window.get_window_frame())?, what)).filter(|_| ordered && of_all)
}

/// By how many rows a frame ends before its row, if it begins with the first of all and goes by rows.
fn rows_before(frame: &WindowFrame) -> Option<usize> {
    if frame.units != WindowFrameUnits::Rows || !frame.start_bound.is_unbounded() {
        return None;
    }
    match frame.end_bound {
        WindowFrameBound::CurrentRow => Some(0),
        WindowFrameBound::Preceding(ScalarValue::UInt64(Some(rows))) => usize::try_from(rows).ok(),
        _ => None,
    }
}
