//! Each question of `queries/`, asked as `locard query` asks it, of a made-up case whose answer is known.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "queries/answers.rs"]
mod answers;
#[path = "queries/asked.rs"]
mod asked;
#[path = "queries/bounded.rs"]
mod bounded;
#[path = "queries/scenes.rs"]
mod scenes;
#[path = "queries/tracks.rs"]
mod tracks;
#[expect(dead_code, reason = "each of the tests uses a part of it")]
#[path = "asking/world.rs"]
mod world;
