//! Each question of `queries/`, asked as `locard query` asks it, of a made-up case whose answer is known.

mod answers;
mod asked;
mod bounded;
mod scenes;
mod tracks;

use super::world;
