//! PostGIS's functions as geodatafusion has them, with one promise more: none of them panics on what a query gives it.
//!
//! Theirs are planar and longitude first, and `docs/sql.md` says where that misleads. Some unwrap what need not be there
//! (the height of a flat geometry, a tolerance that is NULL); here that is an error of the query.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature,
};
use datafusion::prelude::SessionContext;

/// All of them, made once.
static ALL: LazyLock<(Vec<ScalarUDF>, Vec<AggregateUDF>)> = LazyLock::new(|| {
    let (plain, with) = (SessionContext::new(), SessionContext::new());
    geodatafusion::register(&with);
    let (plain, with) = (plain.state(), with.state());
    let added = with.scalar_functions().iter().filter(|(name, _)| !plain.scalar_functions().contains_key(*name));
    let scalar = added.map(|(_, function)| ScalarUDF::from(Guarded(Arc::clone(function))));
    let added = with.aggregate_functions().iter().filter(|(name, _)| !plain.aggregate_functions().contains_key(*name));
    (scalar.collect(), added.map(|(_, function)| function.as_ref().clone()).collect())
});

/// Gives them to a session.
pub fn register(context: &SessionContext) {
    let (scalar, aggregate) = &*ALL;
    for function in scalar {
        context.register_udf(function.clone());
    }
    for function in aggregate {
        context.register_udaf(function.clone());
    }
}

/// A function whose panics are errors.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Guarded(Arc<ScalarUDF>);

impl Guarded {
    /// What `f` gives; an error if it panics. The functions keep nothing between calls that a panic could leave half done.
    fn guard<T>(&self, f: impl FnOnce() -> Result<T>) -> Result<T> {
        catch_unwind(AssertUnwindSafe(f))
            .unwrap_or_else(|_| exec_err!("{} cannot be called with these arguments", self.0.name()))
    }
}

impl ScalarUDFImpl for Guarded {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn aliases(&self) -> &[String] {
        self.0.aliases()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        self.guard(|| self.0.coerce_types(given))
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.guard(|| self.0.return_type(given))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.guard(|| self.0.return_field_from_args(args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        self.guard(|| self.0.invoke_with_args(args))
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> SessionContext {
        let context = SessionContext::new();
        register(&context);
        context
    }

    async fn run(context: &SessionContext, sql: &str) -> Result<usize> {
        Ok(context.sql(sql).await?.collect().await?.iter().map(datafusion::arrow::array::RecordBatch::num_rows).sum())
    }

    #[tokio::test]
    async fn what_panics_as_shipped_is_an_error_of_the_query() {
        let context = context();
        for call in [
            "st_zmax(st_point(1.0, 2.0))",
            "box3d(st_point(1.0, 2.0))",
            "st_simplify(st_point(1.0, 2.0), NULL::double precision)",
        ] {
            let error = run(&context, &format!("SELECT {call}")).await.unwrap_err().to_string();
            assert!(error.contains("cannot be called with these arguments"), "{call}: {error}");
        }
        assert_eq!(run(&context, "SELECT st_xmax(st_point(1.0, 2.0))").await.unwrap(), 1);
    }

    /// Every one of them with what does not belong there; that this returns is what is tested.
    #[tokio::test]
    async fn none_panics_on_one_or_two_arguments_of_any_kind() {
        let context = context();
        let values = ["NULL::double precision", "'x'", "1", "st_point(1.0, 2.0)", "st_geomfromtext('POLYGON EMPTY')"];
        let mut calls = 0;
        for function in &ALL.0 {
            for one in values {
                let two = values.map(|other| format!("SELECT {}({one}, {other})", function.name()));
                for sql in two.into_iter().chain([format!("SELECT {}({one})", function.name())]) {
                    calls += usize::from(run(&context, &sql).await.is_ok());
                }
            }
        }
        assert!(calls > 100, "only {calls} gave a value: the calls are not what they should be");
    }

    #[test]
    fn they_are_as_many_as_geodatafusion_has_and_keep_their_words() {
        let (scalar, aggregate) = &*ALL;
        assert!(scalar.len() > 60 && aggregate.len() == 1, "{} and {}", scalar.len(), aggregate.len());
        let distance = scalar.iter().find(|f| f.name() == "st_distance").unwrap();
        assert!(distance.documentation().unwrap().description.contains("planar"));
    }
}
