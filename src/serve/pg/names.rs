//! Names of columns as PostgreSQL gives them: `count`, not `count(*)`.
//!
//! The rule is PostgreSQL's `FigureColname`: a column's own name, a function's name, a cast's operand, else `?column?`.
//! Below the top, where a query can refer to such a name, it is written into the query as an alias.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, DataType, Expr, Ident, OrderByExpr, OrderByKind, Query, SelectItem, SetExpr, Statement, TrimWhereField,
    Value, VisitMut, VisitorMut,
};

/// What PostgreSQL calls a column that has no name.
const NAMELESS: &str = "?column?";

/// The names of a result's columns; where there is a `*`, the engine's names stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Names {
    /// Of the columns before the first `*`; `None` is the engine's name.
    head: Vec<Option<String>>,
    /// Of the columns after the last `*`; `None` if there is no `*`.
    tail: Option<Vec<Option<String>>>,
}

impl Names {
    /// The engine's names with ours in place.
    pub fn apply(&self, engine: &mut [String]) {
        let count = engine.len();
        let tail = self.tail.as_deref().unwrap_or_default();
        if self.head.len() + tail.len() > count {
            return;
        }
        let ours = self.head.iter().enumerate();
        let ours = ours.chain(tail.iter().enumerate().map(|(i, name)| (count - tail.len() + i, name)));
        for (at, name) in ours {
            if let (Some(name), Some(slot)) = (name, engine.get_mut(at)) {
                slot.clone_from(name);
            }
        }
    }
}

/// The names of a query's columns.
pub(super) fn of_query(query: &Query) -> Names {
    let Some(items) = select_list(&query.body) else { return Names::default() };
    let mut names = Names::default();
    for item in items {
        match item {
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => names.tail = Some(Vec::new()),
            SelectItem::UnnamedExpr(expr) => names.push(Some(figured(expr))),
            SelectItem::ExprWithAlias { alias, .. } => names.push(Some(written(alias))),
            SelectItem::ExprWithAliases { .. } => names.push(None),
        }
    }
    names
}

impl Names {
    fn push(&mut self, name: Option<String>) {
        self.tail.as_mut().unwrap_or(&mut self.head).push(name);
    }
}

fn select_list(body: &SetExpr) -> Option<&[SelectItem]> {
    match body {
        SetExpr::Select(select) => Some(&select.projection),
        SetExpr::Query(query) => select_list(&query.body),
        SetExpr::SetOperation { left, .. } => select_list(left),
        _ => None,
    }
}

/// The name as PostgreSQL folds it.
fn written(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }
}

fn figured(expr: &Expr) -> String {
    figure(expr).0.unwrap_or_else(|| NAMELESS.to_owned())
}

/// The name that PostgreSQL gives a column, told apart from others by its place if that is none.
pub(super) fn own(expr: &Expr, place: usize) -> String {
    figure(expr).0.unwrap_or_else(|| format!("{NAMELESS} {place}"))
}

/// A name, and whether it is a strong one: a weak one (of a type, of `case`) gives way to what is around it.
fn figure(expr: &Expr) -> (Option<String>, bool) {
    let strong = |name: &str| (Some(name.to_owned()), true);
    match expr {
        Expr::Identifier(name) => (Some(written(name)), true),
        Expr::CompoundIdentifier(names) => (names.last().map(written), true),
        Expr::Function(function) => (function.name.0.last().and_then(|part| part.as_ident()).map(written), true),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figure(inner),
        Expr::Cast { expr: inner, data_type, .. } => match figure(inner) {
            (Some(name), true) => (Some(name), true),
            _ => (Some(type_name(data_type)), false),
        },
        Expr::TypedString(typed) => (Some(type_name(&typed.data_type)), false),
        Expr::Interval(_) => (Some("interval".to_owned()), false),
        Expr::Case { else_result, .. } => match else_result.as_deref().map(figure) {
            Some((Some(name), true)) => (Some(name), true),
            _ => (Some("case".to_owned()), false),
        },
        // The last field that is named, whatever is taken out of it by number.
        Expr::CompoundFieldAccess { root, access_chain } => {
            let field = access_chain.iter().rev().find_map(|access| match access {
                AccessExpr::Dot(Expr::Identifier(field)) => Some(written(field)),
                _ => None,
            });
            field.map_or_else(|| figure(root), |field| (Some(field), true))
        }
        Expr::Value(value) if matches!(value.value, Value::Boolean(_)) => (Some("bool".to_owned()), false),
        Expr::Subquery(query) => match select_list(&query.body).and_then(<[_]>::first) {
            Some(SelectItem::UnnamedExpr(inner)) => (Some(figured(inner)), true),
            Some(SelectItem::ExprWithAlias { alias, .. }) => (Some(written(alias)), true),
            _ => (None, false),
        },
        Expr::Exists { .. } => strong("exists"),
        Expr::Array(_) => strong("array"),
        Expr::Tuple(_) => strong("row"),
        Expr::AtTimeZone { .. } => strong("timezone"),
        Expr::Extract { .. } => strong("extract"),
        Expr::Ceil { .. } => strong("ceil"),
        Expr::Floor { .. } => strong("floor"),
        Expr::Position { .. } => strong("position"),
        Expr::Substring { .. } => strong("substring"),
        Expr::Overlay { .. } => strong("overlay"),
        Expr::Trim { trim_where, .. } => strong(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        _ => (None, false),
    }
}

/// The name of a type in `pg_type`.
fn type_name(data_type: &DataType) -> String {
    let text = data_type.to_string().to_lowercase();
    let bare = text.split('(').next().unwrap_or(&text).trim();
    let bare = bare.rsplit('.').next().unwrap_or(bare);
    let name = match bare {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "double" | "double precision" | "float" => "float8",
        "real" => "float4",
        "boolean" => "bool",
        "decimal" | "dec" => "numeric",
        "char" | "character" => "bpchar",
        "character varying" => "varchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        other => other,
    };
    if text.starts_with("timestamp") && text.ends_with("with time zone") {
        "timestamptz".to_owned()
    } else {
        name.to_owned()
    }
}

/// The statement with names written in: below the top as aliases, and at the top so that equal columns are told apart
/// (the engine takes no two of one name).
pub(super) fn write_in(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Aliases { depth: 0 });
}

struct Aliases {
    depth: usize,
}

impl VisitorMut for Aliases {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let top = self.depth == 0;
        self.depth += 1;
        if let SetExpr::Select(select) = query.body.as_mut() {
            if top {
                let order = query.order_by.as_mut().map(|order| &mut order.kind);
                let renamed = tell_apart(&mut select.projection, order.is_some());
                if let Some(OrderByKind::Expressions(order)) = order {
                    order_by(order, &renamed);
                }
            } else {
                alias(&mut select.projection);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

/// Gives each computed column the name that PostgreSQL gives it, if no other has it.
fn alias(items: &mut [SelectItem]) {
    let names: Vec<_> = items.iter().map(name_of).collect();
    for (at, item) in items.iter_mut().enumerate() {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let Some(Some(name)) = names.get(at) else { continue };
        let plain = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
        let taken = names.iter().enumerate().any(|(i, other)| i != at && other.as_ref() == Some(name));
        if !plain && !taken && name != NAMELESS {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', name.clone()) };
        }
    }
}

fn name_of(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some(figured(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(written(alias)),
        _ => None,
    }
}

/// Gives each column that is written like one before it a name of its own, and each cast if rows are ordered, perhaps by what
/// is cast; the client sees what `of_query` said. Returns the names under which others see what has another one now.
fn tell_apart(items: &mut [SelectItem], ordered: bool) -> Vec<(String, Ident)> {
    let names: Vec<_> = items.iter().map(name_of).collect();
    let (mut seen, mut renamed): (Vec<String>, _) = (Vec::new(), Vec::new());
    for (at, (item, name)) in items.iter_mut().zip(&names).enumerate() {
        let (key, expr, is_cast) = match &*item {
            SelectItem::UnnamedExpr(expr) => {
                let inner = without_casts(expr);
                (inner.to_string(), expr, inner != expr)
            }
            SelectItem::ExprWithAlias { expr, alias } => (written(alias), expr, false),
            _ => continue,
        };
        let stays = !seen.contains(&key) && (!is_cast || !ordered);
        if stays {
            seen.push(key);
            continue;
        }
        let alias = Ident::with_quote('"', format!("{key} {at}"));
        if let Some(name) = name.as_ref().filter(|name| names.iter().flatten().filter(|n| n == name).count() == 1) {
            renamed.push((name.clone(), alias.clone()));
        }
        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
    }
    renamed
}

/// Rows are ordered by a column of the result before one of a table that has its name.
fn order_by(order: &mut [OrderByExpr], renamed: &[(String, Ident)]) {
    for by in order {
        let Expr::Identifier(name) = &by.expr else { continue };
        let name = written(name);
        if let Some((_, alias)) = renamed.iter().find(|(known, _)| *known == name) {
            by.expr = Expr::Identifier(alias.clone());
        }
    }
}

/// The engine gives a cast the name of what is cast.
fn without_casts(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => without_casts(inner),
        Expr::AtTimeZone { timestamp, .. } => without_casts(timestamp),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn parsed(sql: &str) -> Statement {
        Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0)
    }

    fn names(sql: &str, engine: &[&str]) -> Vec<String> {
        let Statement::Query(query) = parsed(sql) else { return Vec::new() };
        let mut names: Vec<String> = engine.iter().map(|s| (*s).to_owned()).collect();
        of_query(&query).apply(&mut names);
        names
    }

    #[test]
    fn columns_are_named_as_postgresql_names_them() {
        for (expr, name) in [
            ("count(*)", "count"),
            ("avg(p.lat)", "avg"),
            ("pg_catalog.lower(x)", "lower"),
            ("1", "?column?"),
            ("1 + 1", "?column?"),
            ("-x", "?column?"),
            ("'a'", "?column?"),
            ("NULL", "?column?"),
            ("true", "bool"),
            ("x", "x"),
            ("X", "x"),
            ("\"X\"", "X"),
            ("t.x", "x"),
            ("x::text", "x"),
            ("1::int", "int4"),
            ("'1'::bigint", "int8"),
            ("cast(1 as double precision)", "float8"),
            ("'a'::varchar(3)", "varchar"),
            ("now()::date", "now"),
            ("date '2026-01-01'", "date"),
            ("interval '1 day'", "interval"),
            ("case when a then 1 end", "case"),
            ("case when a then 1 else b end", "b"),
            ("case when a then 1 else 2 end", "case"),
            ("(x)", "x"),
            ("a[1]", "a"),
            ("t.a[1]", "a"),
            ("ARRAY[1,2]", "array"),
            ("exists (select 1)", "exists"),
            ("(select max(y) from t)", "max"),
            ("coalesce(a, b)", "coalesce"),
            ("extract(hour from t)", "extract"),
            ("t at time zone 'UTC'", "timezone"),
            ("trim(a)", "btrim"),
            ("substring(a from 1 for 2)", "substring"),
            ("a is null", "?column?"),
            ("current_user", "current_user"),
            ("count(*) AS n", "n"),
        ] {
            assert_eq!(names(&format!("SELECT {expr}"), &["engine"]), [name], "{expr}");
        }
    }

    #[test]
    fn stars_keep_the_engines_names() {
        assert_eq!(names("SELECT *, count(*) OVER () FROM t", &["a", "b", "e"]), ["a", "b", "count"]);
        assert_eq!(names("SELECT 1, * FROM t", &["Int64(1)", "a"]), ["?column?", "a"]);
        assert_eq!(names("SELECT max(a) FROM t UNION SELECT 2", &["m"]), ["max"]);
        assert_eq!(names("VALUES (1)", &["column1"]), ["column1"]);
    }

    #[test]
    fn below_the_top_names_can_be_referred_to() {
        let mut statement = parsed("SELECT x.count FROM (SELECT count(*), lat, 1, max(a), max(b) FROM t) x");
        write_in(&mut statement);
        assert_eq!(
            statement.to_string(),
            "SELECT x.count FROM (SELECT count(*) AS \"count\", lat, 1, max(a), max(b) FROM t) x"
        );
    }

    #[test]
    fn equal_columns_are_told_apart_for_the_engine_only() {
        let mut casts = parsed("SELECT ts, ts::date, ts AT TIME ZONE 'UTC'");
        write_in(&mut casts);
        assert_eq!(casts.to_string(), "SELECT ts, ts::DATE AS \"ts 1\", ts AT TIME ZONE 'UTC' AS \"ts 2\"");
        let sql = "SELECT 1, 1, a AS x, b AS x";
        let mut statement = parsed(sql);
        write_in(&mut statement);
        assert_eq!(statement.to_string(), "SELECT 1, 1 AS \"1 1\", a AS x, b AS \"x 3\"");
        assert_eq!(names(sql, &["e", "f", "x", "x 3"]), ["?column?", "?column?", "x", "x"]);
    }

    #[test]
    fn rows_are_ordered_by_a_cast_that_has_its_columns_name() {
        for (sql, wanted) in [
            (
                "SELECT ts::date FROM t ORDER BY ts DESC, id",
                "SELECT ts::DATE AS \"ts 0\" FROM t ORDER BY \"ts 0\" DESC, id",
            ),
            (
                "SELECT ts AT TIME ZONE 'UTC' FROM t ORDER BY ts",
                "SELECT ts AT TIME ZONE 'UTC' AS \"ts 0\" FROM t ORDER BY ts",
            ),
            ("SELECT ts, ts::date FROM t ORDER BY ts", "SELECT ts, ts::DATE AS \"ts 1\" FROM t ORDER BY ts"),
            ("SELECT ts::date FROM t", "SELECT ts::DATE FROM t"),
        ] {
            let mut statement = parsed(sql);
            write_in(&mut statement);
            assert_eq!(statement.to_string(), wanted);
        }
    }
}
