//! From a function of one row to a column: what is not known in a row gives NULL there.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Builder, ListBuilder};
use datafusion::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use datafusion::common::Result;
use h3o::CellIndex;

use super::argument::to_i64;

/// One row of a call: its arguments by place, `None` where they are NULL.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    args: &'a [ArrayRef],
    row: usize,
}

impl<'a> Call<'a> {
    /// A [`Kind::Number`](super::argument::Kind::Number).
    pub fn number(&self, place: usize) -> Option<f64> {
        let column = self.args[place].as_primitive::<Float64Type>();
        column.is_valid(self.row).then(|| column.value(self.row))
    }

    /// A [`Kind::Numbers`](super::argument::Kind::Numbers); not known if one of them is not.
    pub fn numbers(&self, place: usize) -> Option<Vec<f64>> {
        let lists = self.args[place].as_list::<i32>();
        let list = lists.is_valid(self.row).then(|| lists.value(self.row))?;
        list.as_primitive::<Float64Type>().iter().collect()
    }

    /// A [`Kind::Whole`](super::argument::Kind::Whole).
    pub fn whole(&self, place: usize) -> Option<i64> {
        let column = self.args[place].as_primitive::<Int64Type>();
        column.is_valid(self.row).then(|| column.value(self.row))
    }

    /// A [`Kind::Cell`](super::argument::Kind::Cell); a number that is no cell is not known.
    pub fn cell(&self, place: usize) -> Option<CellIndex> {
        CellIndex::try_from(self.whole(place)?.cast_unsigned()).ok()
    }

    /// A [`Kind::Text`](super::argument::Kind::Text).
    pub fn text(&self, place: usize) -> Option<&'a str> {
        let column = self.args[place].as_string::<i32>();
        column.is_valid(self.row).then(|| column.value(self.row))
    }

    /// A [`Kind::Time`](super::argument::Kind::Time), UTC microseconds.
    pub fn time_us(&self, place: usize) -> Option<i64> {
        let column = self.args[place].as_primitive::<TimestampMicrosecondType>();
        column.is_valid(self.row).then(|| column.value(self.row))
    }

    /// Whether the call has an argument at this place at all.
    pub fn has(&self, place: usize) -> bool {
        place < self.args.len()
    }
}

fn calls(args: &[ArrayRef]) -> impl Iterator<Item = Call<'_>> {
    (0..args.first().map_or(0, Array::len)).map(|row| Call { args, row })
}

/// The column `C` of what `f` gives for each row.
///
/// # Errors
/// The first that `f` gives.
pub fn each<T, C>(args: &[ArrayRef], f: impl Fn(Call<'_>) -> Result<Option<T>>) -> Result<ArrayRef>
where
    C: FromIterator<Option<T>> + Array + 'static,
{
    Ok(Arc::new(calls(args).map(f).collect::<Result<C>>()?))
}

/// As [`each`], for lists of cells.
///
/// # Errors
/// The first that `f` gives.
pub fn each_list<I>(args: &[ArrayRef], f: impl Fn(Call<'_>) -> Result<Option<I>>) -> Result<ArrayRef>
where
    I: IntoIterator<Item = CellIndex>,
{
    let mut out = ListBuilder::new(Int64Builder::new());
    for call in calls(args) {
        match f(call)? {
            Some(cells) => out.append_value(cells.into_iter().map(|c| Some(to_i64(c)))),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

/// The column of `f` over rows of `N` numbers: NULL where one is NULL, and where `f` is not a number.
pub fn numbers<const N: usize>(args: &[ArrayRef], f: impl Fn([f64; N]) -> f64) -> ArrayRef {
    let columns: [&Float64Array; N] = std::array::from_fn(|place| args[place].as_primitive());
    let of_row = |row: usize| {
        let mut known = [0.0; N];
        for (value, column) in known.iter_mut().zip(columns) {
            *value = column.is_valid(row).then(|| column.value(row))?;
        }
        Some(f(known)).filter(|result| !result.is_nan())
    };
    Arc::new((0..args.first().map_or(0, Array::len)).map(of_row).collect::<Float64Array>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Int64Array, StringArray};
    use datafusion::common::exec_err;

    fn column(values: &[Option<f64>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<Float64Array>())
    }

    #[test]
    fn null_in_any_place_and_not_a_number_give_null() {
        let a = column(&[Some(1.0), None, Some(3.0), Some(0.0)]);
        let b = column(&[Some(2.0), Some(2.0), None, Some(0.0)]);
        let result = numbers(&[a, b], |[a, b]| a / b);
        assert_eq!(result.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(0.5), None, None, None]);
        assert_eq!(numbers(&[column(&[]), column(&[])], |[a, b]| a / b).len(), 0);
    }

    #[test]
    fn the_first_error_ends_a_column() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(-1)]));
        let text = |call: Call<'_>| match call.whole(0) {
            Some(n) if n < 0 => exec_err!("{n} is below 0"),
            n => Ok(n.map(|n| n.to_string())),
        };
        let good = each::<_, StringArray>(&[numbers.slice(0, 2)], text).unwrap();
        assert_eq!(good.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("1"), None]);
        assert!(each::<_, StringArray>(&[numbers], text).unwrap_err().to_string().contains("-1 is below 0"));
    }
}
