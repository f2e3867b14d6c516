//! Asking over HTTP as a client meets it: signing in, SQL, the questions, what is shown of whose cases, and whether all of
//! it is as it is described.

mod answers;
mod bodies;
mod described;
mod ends;
mod feeds;
mod provider;
mod schema;
mod served;
mod sign_in;
#[path = "../../src/serve/oidc/signing.rs"]
mod signing;
mod tls;

use super::world;
