//! The list of what is served over HTTP, and its description by `OpenAPI` 3.1 that is made of the same list.
//!
//! A route is added here or it is not served; its path and method are those of its description.

use axum::Json;
use axum::Router;
use axum::routing::{MethodRouter, get, post};
use serde::Serialize;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa::{OpenApi as _, ToSchema};

use super::body::{Parameters, QuestionBody, SqlBody};
use super::form::Column;
use super::me::{CaseSeen, Me, StretchSeen};
use super::problem::{PROBLEM, ProblemJson};
use super::questions::{ParameterJson, QuestionJson};
use super::{me, questions, sql};
use crate::serve::flags;
use crate::serve::http::{self, Handlers};

/// Rows, as JSON. Each row is a list in the order of the columns, on a line of its own.
//
// It is written piece by piece: this is its shape, for the description.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answer<'a> {
    /// The columns.
    columns: Vec<Column<'a>>,
    /// The rows. Whole numbers beyond 2^53 - 1 and decimals are texts of their digits; floats that are no numbers are
    /// `"NaN"`, `"Infinity"` and `"-Infinity"`; times are texts by RFC 3339; bytes are `\x` and hexadecimal digits.
    #[schema(value_type = Vec<Vec<Value>>)]
    rows: Vec<Vec<serde_json::Value>>,
    /// How many rows were sent.
    row_count: u64,
    /// How long it took, milliseconds.
    millis: u64,
    /// Why there are no more rows, if they were broken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemJson<'a>>,
}

/// What is referred to by name.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    Answer,
    Column,
    SqlBody,
    Parameters,
    QuestionBody,
    QuestionJson,
    ParameterJson,
    Me,
    CaseSeen,
    StretchSeen,
    ProblemJson,
    http::Health,
    http::Ready,
    http::Reason,
    http::CaseLagJson,
)))]
struct Named;

/// A route with its description.
pub(in crate::serve) struct Served {
    path: String,
    methods: Vec<HttpMethod>,
    operation: Operation,
    route: MethodRouter<Handlers>,
}

/// Who must sign in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SignedIn {
    /// Nobody is asked.
    No,
    /// Who is asked, if cases are not shown to all.
    ForCases,
    /// Everybody.
    Yes,
}

fn served<P: utoipa::Path>(route: MethodRouter<Handlers>, signed_in: SignedIn, problems: &[u16]) -> Served {
    let mut operation = P::operation();
    operation.security = match signed_in {
        SignedIn::No => None,
        SignedIn::Yes => Some(ways().into()),
        SignedIn::ForCases => Some(ways().into_iter().chain([SecurityRequirement::default()]).collect()),
    };
    for status in problems {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let words =
            axum::http::StatusCode::from_u16(*status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Problem");
        let response = ResponseBuilder::new().description(words).content(PROBLEM, content).build();
        operation.responses.responses.insert(status.to_string(), RefOr::T(response));
    }
    Served { path: P::path(), methods: P::methods(), operation, route }
}

fn ways() -> [SecurityRequirement; 2] {
    ["password", "token"].map(|name| SecurityRequirement::new::<_, [String; 0], String>(name, []))
}

/// All that is served.
pub(in crate::serve) fn all() -> Vec<Served> {
    use SignedIn::{ForCases, No, Yes};
    const ASKING: [u16; 10] = [400, 401, 403, 406, 413, 415, 422, 429, 500, 503];
    let of_a_question: Vec<u16> = ASKING.into_iter().chain([404]).collect();
    vec![
        served::<http::__path_health>(get(http::health), No, &[]),
        served::<http::__path_ready>(get(http::ready), No, &[]),
        served::<http::__path_metrics>(get(http::metrics), ForCases, &[401, 503]),
        served::<http::__path_case_lags>(get(http::case_lags), ForCases, &[401, 503]),
        served::<flags::__path_flags>(get(flags::flags), ForCases, &[400, 401, 503]),
        served::<me::__path_me>(get(me::me), Yes, &[401, 503]),
        served::<questions::__path_questions>(get(questions::questions), No, &[]),
        served::<questions::__path_about>(get(questions::about), No, &[404]),
        served::<questions::__path_ask>(post(questions::ask), Yes, &of_a_question),
        served::<sql::__path_sql>(post(sql::sql), Yes, &ASKING),
        served::<__path_openapi>(get(openapi), No, &[]),
    ]
}

/// A router of all that is served.
pub(in crate::serve) fn routes() -> Router<Handlers> {
    all().into_iter().fold(Router::new(), |router, served| router.route(&served.path, served.route))
}

/// The description.
pub(in crate::serve) fn description() -> OpenApi {
    let paths = all().into_iter().fold(PathsBuilder::new(), |paths, served| {
        let Served { path, methods, operation, .. } = served;
        let items = methods.into_iter().map(|method| PathItem::new(method, operation.clone()));
        items.fold(paths, |paths, item| paths.path(path.clone(), item))
    });
    let info = InfoBuilder::new().title("Locard").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Location correlation for stalking investigations: asking, and what a running instance shows.",
    ));
    let mut components = Named::openapi().components.unwrap_or_default();
    let way = |scheme, description: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(description)).build())
    };
    components.add_security_scheme("password", way(HttpAuthScheme::Basic, "The name and password of an account."));
    let token = "A token of `locard account token`, or one that the identity provider signed.";
    components.add_security_scheme("token", way(HttpAuthScheme::Bearer, token));
    OpenApiBuilder::new().info(info.build()).paths(paths.build()).components(Some(components)).build()
}

/// Describes all that is served, by `OpenAPI`
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "running",
    responses((status = 200, description = "The description", body = Object, content_type = "application/json"))
)]
pub(in crate::serve) async fn openapi() -> Json<OpenApi> {
    Json(description())
}
