//! A statement in PostgreSQL's words as text that the engine reads.
//!
//! A question about the catalog alone (psql's `\d`, drivers) goes through all rules of `datafusion-pg-catalog`. Some of
//! them answer what the engine cannot do with NULL, so a question that names any other table only goes through those
//! that keep its meaning.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArguments, ObjectName, Statement, Value, VisitMut, VisitorMut, visit_relations,
};
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use datafusion_pg_catalog::sql::rules::{
    CurrentUserVariableToSessionUserFunctionCall, FixArrayLiteral, RewriteArrayAnyAllOperation,
    RewritePgCatalogOperator, SqlStatementRewriteRule, StripCallableQualifier, StripCollate,
};

use super::names;

/// The text for the engine.
pub(super) fn for_engine(statement: Statement) -> String {
    if of_catalog_alone(&statement)
        && let Some(text) = of_catalog_text(&statement.to_string())
    {
        return text;
    }
    let mut statement = meaning_kept(statement);
    names::write_in(&mut statement);
    statement.to_string()
}

fn meaning_kept(statement: Statement) -> Statement {
    let rules: [&dyn SqlStatementRewriteRule; 6] = [
        &RewriteArrayAnyAllOperation,
        &StripCallableQualifier,
        &FixArrayLiteral,
        &CurrentUserVariableToSessionUserFunctionCall,
        &StripCollate,
        &RewritePgCatalogOperator,
    ];
    rules.into_iter().fold(statement, |statement, rule| rule.rewrite(statement))
}

/// One question about the catalog, as a client wrote it, for the engine.
pub(super) fn of_catalog_text(text: &str) -> Option<String> {
    let mut statement = PostgresCompatibilityParser::new().parse(text).ok()?.pop()?;
    let _ = VisitMut::visit(&mut statement, &mut Mending);
    names::write_in(&mut statement);
    Some(statement.to_string())
}

/// What the catalog's questions need besides.
struct Mending;

impl VisitorMut for Mending {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            // The engine cannot make an array of a subquery: psql's lists of roles and members stay empty.
            Expr::Function(function) if matches!(function.args, FunctionArguments::Subquery(_)) => {
                *expr = Expr::Value(Value::Null.with_empty_span());
            }
            // No column has a default, a sequence or a collation of its own.
            Expr::Subquery(query) if is_of_what_there_is_none(&query.to_string()) => {
                *expr = Expr::Value(Value::Null.with_empty_span());
            }
            // No table has options of storage, and the catalog no column for them.
            Expr::Function(function) if function.to_string().contains("reloptions") => {
                *expr = Expr::Value(Value::Null.with_empty_span());
            }
            // Functions stand in the catalog by name, and "none" as `-`.
            Expr::BinaryOp { left, right, .. } if is_function_column(left) && is_zero(right) => {
                **right = Expr::Value(Value::SingleQuotedString("-".to_owned()).with_empty_span());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn is_of_what_there_is_none(text: &str) -> bool {
    ["pg_attrdef", "pg_sequence", "pg_collation", "typcollation"].iter().any(|table| text.contains(table))
}

fn is_function_column(expr: &Expr) -> bool {
    let name = match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    };
    let columns = ["typreceive", "typsend", "typinput", "typoutput", "typmodin", "typmodout", "typanalyze"];
    name.is_some_and(|name| columns.contains(&name.value.as_str()))
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Number(digits, _) if digits == "0"))
}

/// Whether there are tables, and all of them the catalog's.
pub(super) fn of_catalog_alone(statement: &Statement) -> bool {
    let (mut of_catalog, mut others) = (0_usize, 0_usize);
    let _ = visit_relations(statement, |name| {
        if is_catalog(name) {
            of_catalog += 1;
        } else {
            others += 1;
        }
        ControlFlow::<()>::Continue(())
    });
    of_catalog > 0 && others == 0
}

fn is_catalog(name: &ObjectName) -> bool {
    let parts: Vec<String> =
        name.0.iter().filter_map(|part| part.as_ident().map(|ident| ident.value.to_lowercase())).collect();
    match parts.as_slice() {
        [name] => name.starts_with("pg_"),
        [.., schema, _] => matches!(schema.as_str(), "pg_catalog" | "information_schema"),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn text(sql: &str) -> String {
        for_engine(Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0))
    }

    #[test]
    fn a_question_about_records_keeps_its_subqueries() {
        let sql = "SELECT (SELECT max(b.x) FROM b WHERE b.id = a.id) AS m FROM a";
        assert!(text(sql).contains("max(b.x)"), "{}", text(sql));
        let mixed = "SELECT (SELECT max(b.x) FROM b WHERE b.id = a.oid) AS m FROM pg_class a";
        assert!(text(mixed).contains("max(b.x)"), "{}", text(mixed));
    }

    #[test]
    fn a_question_about_the_catalog_is_mended() {
        assert!(text("SELECT oid FROM pg_class").contains("pg_catalog.pg_class"));
        assert!(text("SELECT relname FROM pg_class WHERE relname COLLATE \"C\" = 'a'").contains("relname = 'a'"));
    }

    #[test]
    fn what_drivers_ask_of_the_catalog_is_written_for_the_engine() {
        assert!(text("SELECT oid FROM pg_type WHERE (typreceive != 0 OR typsend != 0)").contains("typreceive <> '-'"));
        let roles =
            text("SELECT r.rolname, ARRAY(SELECT b.rolname FROM pg_catalog.pg_roles b) AS memberof FROM pg_roles r");
        assert!(roles.contains("NULL AS memberof"), "{roles}");
    }

    #[test]
    fn membership_in_an_array_is_written_for_the_engine() {
        assert!(text("SELECT x FROM t WHERE x = ANY($1)").contains("array_contains($1, x)"));
    }
}
