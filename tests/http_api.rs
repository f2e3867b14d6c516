//! Asking over HTTP as a client meets it: signing in, SQL, the questions, what is shown of whose cases, and whether all of
//! it is as it is described.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "http_api/answers.rs"]
mod answers;
#[path = "http_api/described.rs"]
mod described;
#[path = "http_api/ends.rs"]
mod ends;
#[path = "http_api/feeds.rs"]
mod feeds;
#[path = "http_api/provider.rs"]
mod provider;
#[path = "http_api/schema.rs"]
mod schema;
#[path = "http_api/served.rs"]
mod served;
#[path = "http_api/sign_in.rs"]
mod sign_in;
#[path = "../src/serve/oidc/signing.rs"]
mod signing;
#[path = "http_api/tls.rs"]
mod tls;
#[expect(dead_code, reason = "each of the tests uses a part of it")]
#[path = "asking/world.rs"]
mod world;
