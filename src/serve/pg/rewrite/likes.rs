//! `LIKE ... ESCAPE '/'` for the engine, which knows the backslash alone.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Statement, Value, VisitMut, VisitorMut};

use super::call;

/// Writes the pattern with backslashes in place of another character.
pub(super) fn write_in(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Likes);
}

struct Likes;

impl VisitorMut for Likes {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let (Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. }) = expr else {
            return ControlFlow::Continue(());
        };
        let other = match escape_char.as_ref().map(|escape| &escape.value) {
            Some(Value::SingleQuotedString(escape)) if escape.chars().count() == 1 && escape != "\\" => escape.clone(),
            _ => return ControlFlow::Continue(()),
        };
        let text = |text: &str| Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span());
        let doubled = call("replace", vec![(**pattern).clone(), text("\\"), text("\\\\")]);
        **pattern = call("replace", vec![doubled, text(&other), text("\\")]);
        *escape_char = None;
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn another_character_becomes_the_backslash() {
        for (sql, wanted) in [
            (
                "SELECT a NOT LIKE $1 || '%' ESCAPE '/'",
                "SELECT a NOT LIKE replace(replace($1 || '%', '\\', '\\\\'), '/', '\\')",
            ),
            ("SELECT a LIKE 'b%'", "SELECT a LIKE 'b%'"),
            ("SELECT a LIKE 'b%' ESCAPE '\\'", "SELECT a LIKE 'b%' ESCAPE '\\'"),
        ] {
            let mut statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
            write_in(&mut statement);
            assert_eq!(statement.to_string(), wanted);
        }
    }
}
