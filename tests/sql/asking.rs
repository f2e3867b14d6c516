//! A session over a store: what its tables hold, fresh and as they were, and what ends a query.

mod findings;
mod house;
mod limits;
mod protocol;
mod reading;
mod scenes;
mod standing;
mod tables;

use super::pg::client;
use super::world;
