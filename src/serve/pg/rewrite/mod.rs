//! A statement in PostgreSQL's words as text that the engine reads.
//!
//! ```text
//!  of the catalogue alone   void ─> rules of datafusion-pg-catalog ─> regs ─> mending ─> names
//!  of any other table       rules that keep its meaning ─> regs ─> names
//! ```
//! A question about the catalogue alone (psql's `\d`, drivers) is brought into a form that the engine can plan, and may be
//! answered with NULL where the engine cannot. A question that names any other table only goes through rules that keep its
//! meaning.

mod exact;
mod likes;
mod mending;
mod regs;
mod void;

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName, Query,
    Statement, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion_pg_catalog::sql::rules::{
    AliasDuplicatedProjectionRewrite, CurrentUserVariableToSessionUserFunctionCall, FixArrayLiteral,
    ResolveUnqualifiedIdentifier, RewriteArrayAnyAllOperation, RewritePgCatalogOperator, SqlStatementRewriteRule,
    StripCallableQualifier, StripCollate,
};

use super::names;

pub(super) use exact::printed;

/// The text for the engine.
pub(super) fn for_engine(statement: Statement) -> String {
    let of_catalog = of_catalog_alone(&statement);
    let mut statement = if of_catalog { about_catalog(statement) } else { meaning_kept(statement) };
    regs::write_in(&mut statement);
    if of_catalog {
        mending::write_in(&mut statement);
    }
    likes::write_in(&mut statement);
    names::write_in(&mut statement);
    printed(statement)
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

fn about_catalog(mut statement: Statement) -> Statement {
    void::write_in(&mut statement);
    let rules: [&dyn SqlStatementRewriteRule; 2] = [&AliasDuplicatedProjectionRewrite, &ResolveUnqualifiedIdentifier];
    meaning_kept(rules.into_iter().fold(statement, |statement, rule| rule.rewrite(statement)))
}

/// An expression from its text.
fn parsed(text: &str) -> Option<Expr> {
    Parser::new(&PostgreSqlDialect {}).try_with_sql(text).ok()?.parse_expr().ok()
}

/// A call of a function.
fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    let args = FunctionArgumentList { args, duplicate_treatment: None, clauses: Vec::new() };
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        args: FunctionArguments::List(args),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Whether there are tables, and all of them the catalogue's; `WITH` queries and functions are no tables.
fn of_catalog_alone(statement: &Statement) -> bool {
    let mut tables = Tables::default();
    let _ = statement.visit(&mut tables);
    tables.of_catalog && !tables.others
}

#[derive(Default)]
struct Tables {
    withs: Vec<String>,
    of_catalog: bool,
    others: bool,
}

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let withs = query.with.iter().flat_map(|with| &with.cte_tables);
        self.withs.extend(withs.map(|table| table.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args, .. } = factor {
            let is_with = matches!(name.0.as_slice(), [one] if one.as_ident().is_some_and(|one| self.withs.contains(&one.value.to_lowercase())));
            match (is_catalog(name), args.is_some()) {
                (true, _) => self.of_catalog = true,
                (false, is_function) => self.others |= !is_function && !is_with,
            }
        }
        ControlFlow::Continue(())
    }
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
        assert!(roles.contains("CAST(NULL AS TEXT[]) AS memberof"), "{roles}");
    }

    #[test]
    fn withs_and_functions_are_no_tables() {
        let alone = "WITH w AS (SELECT oid FROM pg_class) SELECT * FROM w, generate_series(1, 3) s";
        assert!(of_catalog_alone(&Parser::parse_sql(&PostgreSqlDialect {}, alone).unwrap().remove(0)));
        let mixed = "WITH w AS (SELECT oid FROM pg_class) SELECT * FROM w, fixes";
        assert!(!of_catalog_alone(&Parser::parse_sql(&PostgreSqlDialect {}, mixed).unwrap().remove(0)));
    }

    #[test]
    fn a_subquery_of_the_catalogue_says_that_it_gives_one_row() {
        let sql =
            "SELECT t.typname FROM pg_type t WHERE (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid)";
        assert!(text(sql).contains("(SELECT min(c.relkind = 'c') AS"), "{}", text(sql));
        let npgsql = "SELECT 1 FROM pg_type AS typ LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive";
        assert!(text(npgsql).contains("proc.proname = typ.typreceive"), "{}", text(npgsql));
    }

    #[test]
    fn membership_in_an_array_is_written_for_the_engine() {
        assert!(text("SELECT x FROM t WHERE x = ANY($1)").contains("array_contains($1, x)"));
    }
}
