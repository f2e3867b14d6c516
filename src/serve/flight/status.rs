//! Errors as gRPC numbers them.
//!
//! | code | when |
//! |---|---|
//! | `UNAUTHENTICATED` | not let in; says nothing of why |
//! | `INVALID_ARGUMENT` | the question is wrong, or a value in it |
//! | `UNIMPLEMENTED` | it does more than read |
//! | `DEADLINE_EXCEEDED` | the limit of time |
//! | `RESOURCE_EXHAUSTED` | another limit |
//! | `NOT_FOUND` | no such ticket or prepared statement in this session |
//! | `CANCELLED` | the client asked for that, or went away |

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use tonic::Status;

use crate::query::QueryError;

/// The longest message, bytes: it travels in a header, and clients take few of those.
const MESSAGE_BYTES: usize = 2_000;

/// What somebody is told who is not let in, whatever the reason.
pub(super) fn nobody() -> Status {
    Status::unauthenticated("not let in: show an account and its password, or a token that holds")
}

/// Something that we do not do.
pub(super) fn unsupported(what: &str) -> Status {
    Status::unimplemented(format!("{what}: this only reads, and has no transactions"))
}

/// The error of a question.
pub(super) fn of_query(error: &QueryError) -> Status {
    match error {
        QueryError::NotARead(_) => Status::unimplemented(short(&error.to_string())),
        QueryError::Refused(_) => Status::permission_denied(short(&error.to_string())),
        QueryError::Limit { limit: "time", .. } => Status::deadline_exceeded(short(&error.to_string())),
        QueryError::Limit { .. } => Status::resource_exhausted(short(&error.to_string())),
        QueryError::AsOf(_) => Status::invalid_argument(short(&error.to_string())),
        QueryError::Store(store) if store.retryable() => Status::unavailable(short(&error.to_string())),
        QueryError::Store(_) => Status::internal(short(&error.to_string())),
        QueryError::Engine(engine) => of_engine(engine),
    }
}

/// The error of the engine; what is wrapped is unwrapped first.
pub(super) fn of_engine(error: &DataFusionError) -> Status {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => of_engine(inner),
        DataFusionError::Shared(inner) => of_engine(inner),
        DataFusionError::Collection(all) => {
            all.first().map_or_else(|| Status::internal(short(&error.to_string())), of_engine)
        }
        DataFusionError::External(inner) => of_external(inner.as_ref()),
        DataFusionError::SQL(inner, _) => Status::invalid_argument(short(&format!("syntax error: {inner}"))),
        DataFusionError::SchemaError(inner, _) => Status::invalid_argument(short(&inner.to_string())),
        DataFusionError::Plan(text) | DataFusionError::Execution(text) | DataFusionError::Configuration(text) => {
            Status::invalid_argument(short(text))
        }
        DataFusionError::ArrowError(inner, _) => of_arrow(inner),
        DataFusionError::ResourcesExhausted(text) => Status::resource_exhausted(short(text)),
        DataFusionError::NotImplemented(text) => Status::unimplemented(short(text)),
        other => Status::internal(short(&other.strip_backtrace())),
    }
}

fn of_external(inner: &(dyn std::error::Error + Send + Sync + 'static)) -> Status {
    if let Some(query) = inner.downcast_ref::<QueryError>() {
        return of_query(query);
    }
    if let Some(engine) = inner.downcast_ref::<DataFusionError>() {
        return of_engine(engine);
    }
    inner.downcast_ref::<ArrowError>().map_or_else(|| Status::internal(short(&inner.to_string())), of_arrow)
}

/// The error of a value.
pub(super) fn of_arrow(error: &ArrowError) -> Status {
    match error {
        ArrowError::DivideByZero
        | ArrowError::ArithmeticOverflow(_)
        | ArrowError::CastError(_)
        | ArrowError::ParseError(_)
        | ArrowError::InvalidArgumentError(_) => Status::invalid_argument(short(&error.to_string())),
        ArrowError::MemoryError(_) => Status::resource_exhausted(short(&error.to_string())),
        ArrowError::ExternalError(inner) => of_external(inner.as_ref()),
        other => Status::internal(short(&other.to_string())),
    }
}

/// A text that fits into a header.
fn short(text: &str) -> String {
    if text.len() <= MESSAGE_BYTES {
        return text.to_owned();
    }
    let end = (0..=MESSAGE_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}...", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn limits_refusals_and_mistakes_are_told_apart() {
        let limit = |limit| QueryError::Limit { limit, detail: String::new() };
        let wrapped = |e| QueryError::Engine(DataFusionError::External(Box::new(e)).context("while sorting"));
        let engine = QueryError::Engine;
        for (error, code) in [
            (limit("time"), Code::DeadlineExceeded),
            (limit("rows"), Code::ResourceExhausted),
            (limit("queries at once"), Code::ResourceExhausted),
            (wrapped(limit("time")), Code::DeadlineExceeded),
            (wrapped(QueryError::Refused("no".to_owned())), Code::PermissionDenied),
            (QueryError::NotARead("DML".to_owned()), Code::Unimplemented),
            (QueryError::AsOf("x".to_owned()), Code::InvalidArgument),
            (engine(DataFusionError::Plan("no such table".to_owned())), Code::InvalidArgument),
            (engine(ArrowError::DivideByZero.into()), Code::InvalidArgument),
            (engine(DataFusionError::ResourcesExhausted("x".to_owned())), Code::ResourceExhausted),
            (engine(DataFusionError::Internal("x".to_owned())), Code::Internal),
        ] {
            let status = of_query(&error);
            assert_eq!(status.code(), code, "{error}");
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let status = of_query(&QueryError::Engine(DataFusionError::Plan("é".repeat(5_000))));
        assert!(status.message().ends_with("é...") && status.message().len() <= MESSAGE_BYTES + 3);
        assert_eq!(short("as it is"), "as it is");
    }
}
