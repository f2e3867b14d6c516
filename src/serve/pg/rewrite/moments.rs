//! Moments written in a statement, in the form that the engine reads: it wants seconds, and PostgreSQL does not.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Statement, TimezoneInfo, TypedString, Value, ValueWithSpan, VisitMut, VisitorMut,
};

use crate::time::moment_text;

/// Writes them in; what cannot be read is left for the engine to complain of.
pub(super) fn write_in(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Moments);
}

struct Moments;

impl VisitorMut for Moments {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Cast { expr: inner, data_type, .. } => {
                if let Expr::Value(value) = inner.as_mut() {
                    rewrite(value, data_type);
                }
            }
            Expr::TypedString(TypedString { data_type, value, .. }) => rewrite(value, data_type),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn rewrite(value: &mut ValueWithSpan, data_type: &DataType) {
    let Value::SingleQuotedString(text) = &mut value.value else { return };
    let with_zone = match data_type {
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => true,
        DataType::Timestamp(..) => false,
        _ => return,
    };
    if let Some(written) = moment_text::iso(text, with_zone) {
        *text = written;
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn moments_get_their_seconds_and_nothing_else_changes() {
        for (sql, wanted) in [
            ("SELECT '2026-06-15 12:00+00'::timestamptz", "SELECT '2026-06-15T12:00:00.000000Z'::TIMESTAMPTZ"),
            ("SELECT timestamptz '2026-06-15 12:00+01'", "SELECT TIMESTAMPTZ '2026-06-15T11:00:00.000000Z'"),
            ("SELECT timestamp '2026-06-15 12:00'", "SELECT TIMESTAMP '2026-06-15T12:00:00.000000'"),
            (
                "SELECT '2026-06-15 12:00'::text, 'soon'::timestamp",
                "SELECT '2026-06-15 12:00'::TEXT, 'soon'::TIMESTAMP",
            ),
        ] {
            let mut statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
            write_in(&mut statement);
            assert_eq!(statement.to_string(), wanted);
        }
    }
}
