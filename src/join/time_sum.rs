//! The two ends of a rearranged time bound: a sum of integers that errs only towards keeping a pair.
//!
//! `abs(s.t - v.t) <= w` is tested as written, on pairs that this sum lets through: `s.t <= v.t + w` and `v.t <= s.t + w`.
//! SQL's integers wrap around, so at the ends of their type the two are not the same. A sum that comes near such an end
//! is therefore replaced by one that no comparison rejects: `i64::MIN` where it must be low, `i64::MAX` where high.
//! With both sums away from the ends no partial sum of the condition as written can wrap, in any order of its terms.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Array};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast,
};

/// A term: an integer expression, and whether it is added (`1`) or subtracted (`-1`).
pub type Term = (Expr, i8);

/// Which end of the comparison the sum is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// It must be at most the other.
    Low,
    /// It must be at least the other.
    High,
}

/// The sum of signed terms as an `Int64` expression; `bits` is the width of the narrowest integer added.
#[must_use]
pub fn time_sum(terms: &[Term], end: End, bits: u32) -> Expr {
    let signs: Vec<i8> = terms.iter().map(|(_, sign)| *sign).collect();
    let signature = Signature::exact(vec![DataType::Int64; terms.len()], Volatility::Immutable);
    let function = ScalarUDF::from(TimeSum { end, bits, signs, signature });
    let args = terms.iter().map(|(expr, _)| cast(expr.clone(), DataType::Int64)).collect();
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), args))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TimeSum {
    end: End,
    bits: u32,
    signs: Vec<i8>,
    signature: Signature,
}

impl TimeSum {
    fn value(&self, row: usize, columns: &[&Int64Array]) -> Option<i64> {
        // Up and down apart: no partial sum lies outside `-down ..= up`.
        let (mut up, mut down) = (0i128, 0i128);
        for (column, sign) in columns.iter().zip(&self.signs) {
            if column.is_null(row) {
                return None;
            }
            let term = i128::from(column.value(row)) * i128::from(*sign);
            if term > 0 { up += term } else { down -= term }
        }
        // The other side may go down (up) by as much as `slack` more before the type ends.
        let slack = 1i128 << (self.bits - 8);
        let safe = up < (1i128 << (self.bits - 1)) - slack && down < slack;
        Some(i64::try_from(up - down).ok().filter(|_| safe).unwrap_or(match self.end {
            End::Low => i64::MIN,
            End::High => i64::MAX,
        }))
    }
}

impl ScalarUDFImpl for TimeSum {
    fn name(&self) -> &'static str {
        "time_sum"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = args.args.iter().map(|a| a.to_array(args.number_rows)).collect::<Result<Vec<ArrayRef>>>()?;
        let columns: Vec<&Int64Array> = arrays.iter().map(ArrayRef::as_primitive::<Int64Type>).collect();
        let sums: Int64Array = (0..args.number_rows).map(|row| self.value(row, &columns)).collect();
        Ok(ColumnarValue::Array(Arc::new(sums)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(end: End, bits: u32, terms: &[(i64, i8)]) -> Option<i64> {
        let signs = terms.iter().map(|t| t.1).collect();
        let function = TimeSum { end, bits, signs, signature: Signature::any(0, Volatility::Immutable) };
        let arrays: Vec<Int64Array> = terms.iter().map(|t| Int64Array::from(vec![t.0])).collect();
        function.value(0, &arrays.iter().collect::<Vec<_>>())
    }

    #[test]
    fn sums_are_exact_away_from_the_ends_and_give_way_at_them() {
        const T: i64 = 1_700_000_000_000_000;
        assert_eq!(sum(End::High, 64, &[(T, 1), (60, 1), (7, -1)]), Some(T + 53));
        assert_eq!(sum(End::Low, 64, &[(-T, 1), (60, -1)]), Some(-T - 60));
        assert_eq!(sum(End::High, 64, &[(i64::MAX - 5, 1), (10, 1), (20, -1)]), Some(i64::MAX));
        assert_eq!(sum(End::Low, 64, &[(i64::MAX, 1)]), Some(i64::MIN));
        assert_eq!(sum(End::Low, 64, &[(i64::MIN, -1), (i64::MIN, 1)]), Some(i64::MIN));
        // Epoch seconds of 2023 fit an Int32 and a window; those of 2038 do not.
        assert_eq!(sum(End::High, 32, &[(1_700_000_000, 1), (600, 1)]), Some(1_700_000_600));
        assert_eq!(sum(End::High, 32, &[(i64::from(i32::MAX) - 600, 1)]), Some(i64::MAX));
    }
}
