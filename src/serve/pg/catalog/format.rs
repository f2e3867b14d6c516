//! `format(text, values...)`, with what clients use of it: `%s`, `%I`, `%L` and `%%` (PostgreSQL's documentation, 9.4.1).

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::functions::any;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Format(Signature);

impl Format {
    /// It takes any number of any values.
    pub fn new() -> Self {
        Self(any(Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Format {
    fn name(&self) -> &'static str {
        "format"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let rows = args.number_rows;
        let texts = args.args.into_iter().map(|arg| Ok(cast(&arg.into_array(rows)?, &DataType::Utf8)?));
        let texts = texts.collect::<Result<Vec<_>, DataFusionError>>()?;
        let columns: Vec<&StringArray> = texts.iter().map(AsArray::as_string::<i32>).collect();
        let at = |column: &&StringArray, row: usize| (!column.is_null(row)).then(|| column.value(row).to_owned());
        let row = |row: usize| {
            let mut values = columns.iter().map(|column| at(column, row));
            let form = values.next().flatten()?;
            Some(formatted(&form, values))
        };
        let all = (0..rows).map(|number| row(number).transpose()).collect::<Result<StringArray, _>>()?;
        Ok(ColumnarValue::Array(Arc::new(all)))
    }
}

/// One row; NULL is nothing as `%s`, and `NULL` as `%L`.
fn formatted(form: &str, mut values: impl Iterator<Item = Option<String>>) -> Result<String, DataFusionError> {
    let mut out = String::with_capacity(form.len());
    let mut letters = form.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let kind = letters.next();
        if kind == Some('%') {
            out.push('%');
            continue;
        }
        let few = || DataFusionError::Plan("too few arguments for format()".to_owned());
        let value = values.next().ok_or_else(few)?;
        match (kind, value) {
            (Some('s'), value) => out.push_str(&value.unwrap_or_default()),
            (Some('I'), Some(name)) => out.push_str(&identifier(&name)),
            (Some('L'), value) => out.push_str(&value.map_or_else(|| "NULL".to_owned(), |text| literal(&text))),
            _ => return Err(DataFusionError::Plan(format!("format() cannot write \"{form}\""))),
        }
    }
    Ok(out)
}

/// A name as it is written in a statement: in double quotes where it must be.
fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_postgresql_writes_them() {
        let all = |form: &str, values: &[Option<&str>]| {
            formatted(form, values.iter().map(|value| value.map(ToOwned::to_owned))).unwrap()
        };
        // What PostgreSQL 15.18 says to the same.
        assert_eq!(all("%I.%I", &[Some("public"), Some("Fixes of \"A\"")]), "public.\"Fixes of \"\"A\"\"\"");
        assert_eq!(all("%s is 100%% of %L, %L", &[None, Some("o'clock"), None]), " is 100% of 'o''clock', NULL");
        assert!(formatted("%s %s", [Some("a".to_owned())].into_iter()).is_err());
        assert!(formatted("%I", [None].into_iter()).is_err());
        assert!(formatted("%", [Some("a".to_owned())].into_iter()).is_err());
    }
}
