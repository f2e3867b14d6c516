//! PostgreSQL's types that are numbers and show names (`regclass`, `regtype`, ...) as functions of ours.
//!
//! ```text
//!  'fixes'::regclass        to_regclass('fixes')        name to number
//!  c.oid::regclass::text    regclass_name(c.oid)        number to name, and so at the top of a select list
//!  'FIXES'::regclass::text  regclass_name(to_regclass('FIXES'))   the name as it is; so in the list of the whole question
//!  'array_in'::regproc      'array_in'                  functions stand in the catalogue by their names
//! ```

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Function, Ident, ObjectName, Query, Select, SelectItem, Statement, Value, ValueWithSpan, VisitMut,
    VisitorMut,
};

use super::super::catalog::Reg;
use super::super::names;
use super::call;

/// Writes the functions in place of the casts.
pub(super) fn write_in(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Regs::default());
}

/// How deep in queries.
#[derive(Default)]
struct Regs(usize);

impl VisitorMut for Regs {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.0 += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.0 -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let Expr::Cast { expr: inner, data_type, .. } = expr else { return ControlFlow::Continue(()) };
        if let Some(reg) = reg_of(data_type) {
            if is_given(inner) {
                *expr = number_of(reg, inner);
            }
        } else if is_text(data_type)
            && let Some(name) = name_of(inner).or_else(|| name_of_given(inner))
        {
            *expr = name;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let shown = self.0 == 1;
        for item in &mut select.projection {
            let (SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) = item else { continue };
            let Some(name) = name_of(expr).or_else(|| name_of_given(expr).filter(|_| shown)) else { continue };
            match item {
                SelectItem::ExprWithAlias { expr, .. } => *expr = name,
                SelectItem::UnnamedExpr(expr) => {
                    let alias = Ident::with_quote('"', names::own(expr, 0));
                    *item = SelectItem::ExprWithAlias { expr: name, alias };
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}

/// The type by its name, with or without its schema.
fn reg_of(data_type: &DataType) -> Option<Reg> {
    match data_type {
        DataType::Regclass => Some(Reg::Class),
        DataType::Custom(ObjectName(parts), _) => {
            let name = parts.last()?.as_ident()?.value.to_lowercase();
            Reg::named(&name)
        }
        _ => None,
    }
}

fn is_text(data_type: &DataType) -> bool {
    let name = data_type.to_string().to_lowercase();
    matches!(name.rsplit('.').next(), Some("text" | "varchar" | "name" | "character varying"))
}

/// A name that the client gives: a text, or a parameter.
fn is_given(expr: &Expr) -> bool {
    let Expr::Value(ValueWithSpan { value, .. }) = expr else { return false };
    matches!(value, Value::SingleQuotedString(_) | Value::Placeholder(_) | Value::EscapedStringLiteral(_))
}

fn number_of(reg: Reg, given: &Expr) -> Expr {
    match (reg, given) {
        (Reg::Proc, Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(name), .. })) => {
            let bare = name.rsplit('.').next().unwrap_or(name);
            Expr::Value(Value::SingleQuotedString(bare.to_owned()).with_empty_span())
        }
        _ => call(reg.to_number(), vec![given.clone()]),
    }
}

/// The name of what a cast column's number is of.
fn name_of(expr: &Expr) -> Option<Expr> {
    let Expr::Cast { expr: inner, data_type, .. } = expr else { return None };
    let reg = reg_of(data_type)?;
    Some(call(reg.to_name(), vec![(**inner).clone()]))
}

/// The name of what a given name stands for, which is its number by then: `'FIXES'::regclass::text` is `fixes`.
fn name_of_given(expr: &Expr) -> Option<Expr> {
    let Expr::Function(Function { name: ObjectName(parts), .. }) = expr else { return None };
    let reg = Reg::from_number_function(&parts.last()?.as_ident()?.value)?;
    Some(call(reg.to_name(), vec![expr.clone()]))
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    #[test]
    fn names_and_numbers_are_told_apart_by_which_way_they_are_cast() {
        for (sql, wanted) in [
            ("SELECT 1 WHERE a = 'pg_class'::regclass", "SELECT 1 WHERE a = to_regclass('pg_class')"),
            ("SELECT 1 WHERE a = CAST($1 AS REGCLASS)", "SELECT 1 WHERE a = to_regclass($1)"),
            ("SELECT 1 WHERE a = $1::regclass::oid", "SELECT 1 WHERE a = to_regclass($1)::oid"),
            ("SELECT oid::regtype::text AS t FROM x", "SELECT regtype_name(oid) AS t FROM x"),
            ("SELECT c.oid::pg_catalog.regclass FROM c", "SELECT regclass_name(c.oid) AS \"oid\" FROM c"),
            ("SELECT 1 WHERE a = b::regclass", "SELECT 1 WHERE a = b::REGCLASS"),
            ("SELECT 1 WHERE t = 'pg_catalog.array_in'::regproc", "SELECT 1 WHERE t = 'array_in'"),
            ("SELECT 'x'::text", "SELECT 'x'::TEXT"),
            ("SELECT 'x'::regclass::text AS n", "SELECT regclass_name(to_regclass('x')) AS n"),
            ("SELECT 'x'::regclass", "SELECT regclass_name(to_regclass('x')) AS \"to_regclass\""),
            ("SELECT 'int4'::regtype::text AS n", "SELECT regtype_name(to_regtype('int4')) AS n"),
            ("SELECT 1 WHERE a = (SELECT 'x'::regclass)", "SELECT 1 WHERE a = (SELECT to_regclass('x'))"),
        ] {
            let mut statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
            write_in(&mut statement);
            assert_eq!(statement.to_string(), wanted, "{sql}");
        }
    }
}
