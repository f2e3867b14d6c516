//! What questions about the catalogue need besides, for the engine to plan them.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArguments, GroupByExpr, Ident, ObjectName, ObjectNamePart, Query,
    SelectItem, SetExpr, Statement, TableFactor, Value, VisitMut, VisitorMut,
};

use super::super::names;
use super::{call, parsed};

/// Writes it in.
pub(super) fn write_in(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Mending);
}

struct Mending;

impl VisitorMut for Mending {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name: ObjectName(parts), args: None, .. } = factor
            && let [one] = parts.as_slice()
            && one.as_ident().is_some_and(|name| name.value.to_lowercase().starts_with("pg_"))
        {
            parts.insert(0, ObjectNamePart::Identifier(Ident::new("pg_catalog")));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            // The engine cannot make an array of a subquery that has rows.
            Expr::Function(function) if matches!(function.args, FunctionArguments::Subquery(_)) => {
                *expr = parsed("CAST(NULL AS TEXT[])").unwrap_or_else(null);
            }
            // Privileges of what is PostgreSQL's own stand as text, and are none.
            Expr::Function(function) if is_array_of_none(&function.to_string()) => {
                *expr = parsed("CAST(NULL AS TEXT)").unwrap_or_else(null);
            }
            // Only relations and functions are described, and none of those is asked for in this way.
            Expr::CompoundIdentifier(names) if names.last().is_some_and(|name| name.value == "tableoid") => {
                *expr = Expr::Value(Value::Number("0".to_owned(), false).with_empty_span());
            }
            // No column has a collation that is not its type's.
            Expr::Subquery(query) if is_of_collations(&query.to_string()) => *expr = null(),
            // No table has options of storage.
            Expr::Function(function) if function.to_string().contains("reloptions") => *expr = null(),
            // Functions stand in the catalogue by name, and "none" as `-`.
            Expr::BinaryOp { left, right, .. } if is_function_column(left) && is_zero(right) => {
                **right = Expr::Value(Value::SingleQuotedString("-".to_owned()).with_empty_span());
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                match (is_function_column(left), is_function_column(right)) {
                    (true, false) => by_name(right),
                    (false, true) => by_name(left),
                    _ => {}
                }
            }
            // The schemas of search_path, as Grafana takes the setting apart.
            Expr::InSubquery { expr: inner, subquery, negated: false } if takes_search_path(subquery) => {
                let schemas = parsed("current_schemas(false)").unwrap_or_else(null);
                *expr = call("array_contains", vec![schemas, (**inner).clone()]);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        // The engine wants to be told that a subquery gives one row at most.
        if let Expr::Subquery(query) = expr {
            at_most_one(query);
        }
        ControlFlow::Continue(())
    }
}

fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

/// `array_to_string` of a column that is an array in PostgreSQL and a text here.
fn is_array_of_none(text: &str) -> bool {
    let columns = ["typacl", "proacl", "lanacl", "spcacl", "proconfig", "spcoptions"];
    text.starts_with("array_to_string(") && columns.iter().any(|column| text.contains(column))
}

fn is_of_collations(text: &str) -> bool {
    ["pg_collation", "typcollation"].iter().any(|word| text.contains(word))
}

fn takes_search_path(query: &Query) -> bool {
    let text = query.to_string();
    text.contains("generate_series") && text.contains("current_setting('search_path')")
}

fn last_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    }
}

fn is_function_column(expr: &Expr) -> bool {
    let columns = ["typreceive", "typsend", "typinput", "typoutput", "typmodin", "typmodout", "typanalyze"];
    last_name(expr).is_some_and(|name| columns.contains(&name.value.as_str()))
}

/// A function that is compared by its number with one that stands by its name.
fn by_name(expr: &mut Expr) {
    if let Expr::CompoundIdentifier(names) = expr
        && let Some(last) = names.last_mut()
        && last.value == "oid"
    {
        *last = Ident::new("proname");
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Number(digits, _) if digits == "0"))
}

/// `(SELECT x FROM t WHERE ...)` as `(SELECT min(x) ...)`: the same value, as there is one row or none.
fn at_most_one(query: &mut Query) {
    let plain = query.with.is_none() && query.limit_clause.is_none() && query.fetch.is_none();
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    if !plain || grouped || select.from.is_empty() || select.distinct.is_some() {
        return;
    }
    let [item] = select.projection.as_mut_slice() else { return };
    let (expr, alias) = match item {
        SelectItem::UnnamedExpr(expr) => (expr.clone(), Ident::with_quote('"', names::own(expr, 0))),
        SelectItem::ExprWithAlias { expr, alias } => (expr.clone(), alias.clone()),
        _ => return,
    };
    if matches!(&expr, Expr::Function(Function { name, .. }) if is_aggregate(name)) {
        return;
    }
    query.order_by = None;
    *item = SelectItem::ExprWithAlias { expr: call("min", vec![expr]), alias };
}

fn is_aggregate(name: &ObjectName) -> bool {
    let name = name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_lowercase());
    name.is_some_and(|name| {
        matches!(
            name.as_str(),
            "count" | "sum" | "min" | "max" | "avg" | "array_agg" | "string_agg" | "bool_and" | "bool_or"
        )
    })
}
