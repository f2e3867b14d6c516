//! A question over a table of the catalogue that never has rows (there are no constraints, indexes, triggers, ...) has
//! none either, whatever it computes from them.
//!
//! Clients take keys and indexes apart with what the engine cannot plan: `unnest(conkey)`, `generate_subscripts`, arrays
//! of subqueries. Such a select becomes one of the same columns `WHERE false`, an `EXISTS` over it false, and a subquery
//! of it NULL. A select is such if a table without rows stands in it where a row of it is needed: listed in `FROM`, joined
//! by an inner join, or on the kept side of an outer one. `SELECT count(*)` over it gives a row all the same, and is left.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArguments, GroupByExpr, Ident, Join, JoinOperator, ObjectName,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator, Statement, TableFactor,
    TableWithJoins, Value, Visit, VisitMut, Visitor, VisitorMut,
};

use super::super::catalog;
use super::super::names;
use super::parsed;

/// Writes into a question about the catalogue what of it has no rows.
pub(super) fn write_in(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Void::default());
}

/// Names of the `WITH` queries that have no rows.
#[derive(Default)]
struct Void(Vec<String>);

impl VisitorMut for Void {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            if self.query(&table.query) {
                self.0.push(table.alias.name.value.to_lowercase());
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if self.query(query) {
            (query.order_by, query.limit_clause, query.fetch) = (None, None, None);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if self.select(select) && !is_false(select.selection.as_ref()) {
            self.hollow(select);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let truth = |truth: bool| Expr::Value(Value::Boolean(truth).with_empty_span());
        match expr {
            Expr::Subquery(query) if self.query(query) => *expr = null(),
            Expr::Exists { subquery, negated } | Expr::InSubquery { subquery, negated, .. } if self.query(subquery) => {
                *expr = truth(*negated);
            }
            Expr::Function(Function { args: FunctionArguments::Subquery(query), .. }) if self.query(query) => {
                *expr = parsed("CAST(make_array() AS TEXT[])").unwrap_or_else(null);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Void {
    fn query(&self, query: &Query) -> bool {
        self.body(&query.body)
    }

    fn body(&self, body: &SetExpr) -> bool {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, right, .. } => match op {
                SetOperator::Union => self.body(left) && self.body(right),
                SetOperator::Intersect => self.body(left) || self.body(right),
                SetOperator::Except | SetOperator::Minus => self.body(left),
            },
            _ => false,
        }
    }

    fn select(&self, select: &Select) -> bool {
        let void = is_false(select.selection.as_ref()) || select.from.iter().any(|from| self.joined(from));
        void && !gives_a_row_always(select)
    }

    fn joined(&self, from: &TableWithJoins) -> bool {
        from.joins.iter().fold(self.factor(&from.relation), |left, Join { relation, join_operator, .. }| {
            let right = self.factor(relation);
            match join_operator {
                JoinOperator::Join(_) | JoinOperator::Inner(_) | JoinOperator::CrossJoin(_) => left || right,
                JoinOperator::Left(_) | JoinOperator::LeftOuter(_) => left,
                JoinOperator::Right(_) | JoinOperator::RightOuter(_) => right,
                _ => left && right,
            }
        })
    }

    fn factor(&self, factor: &TableFactor) -> bool {
        match factor {
            TableFactor::Table { name, args: None, .. } => catalog::never_has_rows(name) || self.is_void_cte(name),
            TableFactor::Derived { subquery, .. } => self.query(subquery),
            TableFactor::NestedJoin { table_with_joins, .. } => self.joined(table_with_joins),
            _ => false,
        }
    }

    fn is_void_cte(&self, name: &ObjectName) -> bool {
        matches!(name.0.as_slice(), [one] if one.as_ident().is_some_and(|i| self.0.contains(&i.value.to_lowercase())))
    }

    /// The select with its columns and nothing else.
    fn hollow(&self, select: &mut Select) {
        let factors = select
            .from
            .iter()
            .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
        let starred = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
        let named = named_factors(&select.projection);
        let kept = factors.filter(|factor| match factor {
            TableFactor::Table { args: None, name, .. } => {
                starred || !self.is_void_cte(name) && called(factor).is_some_and(|name| named.contains(&name))
            }
            TableFactor::Derived { lateral: false, .. } => starred,
            _ => false,
        });
        let kept: Vec<TableFactor> = kept.cloned().collect();
        let tables: Vec<String> = kept.iter().filter_map(called).collect();
        for (at, item) in select.projection.iter_mut().enumerate() {
            hollow_item(item, at, &tables);
        }
        select.from = kept.into_iter().map(|relation| TableWithJoins { relation, joins: Vec::new() }).collect();
        select.selection = Some(Expr::Value(Value::Boolean(false).with_empty_span()));
        select.group_by = GroupByExpr::Expressions(Vec::new(), Vec::new());
        (select.having, select.distinct, select.qualify) = (None, None, None);
        select.named_window.clear();
        select.sort_by.clear();
    }
}

fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}

fn is_false(selection: Option<&Expr>) -> bool {
    matches!(selection, Some(Expr::Value(value)) if value.value == Value::Boolean(false))
}

/// What a table is called in its select.
fn called(factor: &TableFactor) -> Option<String> {
    let TableFactor::Table { name, alias, .. } = factor else { return None };
    let own = || name.0.last().and_then(|part| part.as_ident());
    alias.as_ref().map(|alias| &alias.name).or_else(own).map(|name| name.value.to_lowercase())
}

/// The tables that columns are taken from by name.
fn named_factors(items: &[SelectItem]) -> Vec<String> {
    let of_item = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => qualifier(expr),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_lowercase())
        }
        _ => None,
    };
    items.iter().filter_map(of_item).collect()
}

fn qualifier(expr: &Expr) -> Option<String> {
    let Expr::CompoundIdentifier(names) = expr else { return None };
    names.len().checked_sub(2).and_then(|at| names.get(at)).map(|name| name.value.to_lowercase())
}

/// A column of a table that is kept stays; what is computed becomes NULL of its type, under its name.
fn hollow_item(item: &mut SelectItem, at: usize, tables: &[String]) {
    let stays = |expr: &Expr| qualifier(expr).is_some_and(|name| tables.contains(&name));
    let (expr, alias) = match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } if stays(expr) => return,
        SelectItem::UnnamedExpr(expr) => (&*expr, Ident::with_quote('"', names::own(expr, at))),
        SelectItem::ExprWithAlias { expr, alias } => (&*expr, alias.clone()),
        _ => return,
    };
    let typed = parsed(&format!("CAST(NULL AS {})", type_of(expr))).unwrap_or_else(null);
    *item = SelectItem::ExprWithAlias { expr: typed, alias };
}

/// The type of a value, as far as its text tells.
fn type_of(expr: &Expr) -> DataType {
    match expr {
        Expr::Nested(inner) => type_of(inner),
        Expr::Cast { data_type, .. } => data_type.clone(),
        Expr::UnaryOp { expr, .. } => type_of(expr),
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::Exists { .. }
        | Expr::InList { .. }
        | Expr::BinaryOp {
            op:
                BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Lt
                | BinaryOperator::LtEq
                | BinaryOperator::Gt
                | BinaryOperator::GtEq
                | BinaryOperator::And
                | BinaryOperator::Or,
            ..
        } => DataType::Boolean,
        Expr::Function(function) if function.name.to_string().ends_with("generate_subscripts") => DataType::Int(None),
        _ => DataType::Text,
    }
}

/// An aggregate without groups.
fn gives_a_row_always(select: &Select) -> bool {
    /// Whether there is one, and how deep in subqueries, whose aggregates are their own.
    struct Aggregates(bool, usize);
    impl Visitor for Aggregates {
        type Break = ();

        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.1 -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            const NAMES: [&str; 9] =
                ["count", "sum", "min", "max", "avg", "array_agg", "string_agg", "bool_and", "bool_or"];
            if let Expr::Function(Function { name, over: None, .. }) = expr {
                let name = name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_lowercase());
                self.0 |= self.1 == 0 && name.is_some_and(|name| NAMES.contains(&name.as_str()));
            }
            ControlFlow::Continue(())
        }
    }
    let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(by, _) if by.is_empty());
    let mut aggregates = Aggregates(false, 0);
    let _ = select.projection.visit(&mut aggregates);
    aggregates.0 && !grouped
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn text(sql: &str) -> String {
        let mut statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap().remove(0);
        write_in(&mut statement);
        statement.to_string()
    }

    #[test]
    fn what_needs_a_row_that_is_not_there_has_none() {
        for sql in [
            "SELECT unnest(con.conkey) AS k FROM pg_constraint con",
            "SELECT a.attname || 'x' AS k FROM pg_class c JOIN pg_index i ON c.oid = i.indrelid",
            "SELECT 1 AS k FROM pg_class c, pg_catalog.pg_trigger t GROUP BY c.oid ORDER BY 1",
            "SELECT max(relname) AS k FROM pg_class c RIGHT JOIN pg_policy p ON true GROUP BY c.oid",
            "SELECT x.k || 'a' AS k FROM (SELECT conname AS k FROM pg_constraint) x JOIN pg_class c ON true",
            "SELECT 1 AS k FROM information_schema.table_constraints",
            "SELECT (SELECT string_agg(attname, ', ') FROM pg_attribute) || 'a' AS k FROM pg_publication_rel pr",
        ] {
            assert!(text(sql).ends_with("AS k WHERE false"), "{sql}: {}", text(sql));
        }
        let with =
            text("WITH a AS (SELECT conname FROM pg_constraint) SELECT a.conname FROM a JOIN pg_class c ON true");
        assert!(with.ends_with("SELECT CAST(NULL AS TEXT) AS \"conname\" WHERE false"), "{with}");
    }

    #[test]
    fn what_has_rows_all_the_same_is_left() {
        for sql in [
            "SELECT c.relname FROM pg_class AS c LEFT JOIN pg_constraint AS con ON con.conrelid = c.oid",
            "SELECT count(*) FROM pg_constraint",
            "SELECT relname FROM pg_class UNION SELECT conname FROM pg_class",
        ] {
            assert_eq!(text(sql), sql);
        }
    }

    #[test]
    fn types_and_stars_of_its_tables_stay() {
        let sql = "SELECT i.*, c.relname, i.indkey[1] FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid";
        let wanted =
            "SELECT i.*, c.relname, CAST(NULL AS TEXT) AS \"indkey\" FROM pg_index AS i, pg_class AS c WHERE false";
        assert_eq!(text(sql), wanted);
        assert!(text("SELECT x IS NULL, y::int FROM pg_index").contains("CAST(NULL AS BOOLEAN)"));
        assert!(text("SELECT x IS NULL, y::int FROM pg_index").contains("CAST(NULL AS INT) AS \"y\""));
    }

    #[test]
    fn subqueries_become_what_they_give() {
        let sql = "SELECT (SELECT adbin FROM pg_attrdef WHERE adrelid = c.oid) AS d, ARRAY(SELECT conname FROM pg_constraint) AS a \
                   FROM pg_class c WHERE NOT EXISTS (SELECT 1 FROM pg_index) AND c.oid NOT IN (SELECT indrelid FROM pg_index)";
        let got = text(sql);
        assert!(got.starts_with("SELECT NULL AS d, CAST(make_array() AS TEXT[]) AS a FROM"), "{got}");
        assert!(got.ends_with("WHERE true AND true") || got.ends_with("WHERE NOT false AND true"), "{got}");
    }
}
