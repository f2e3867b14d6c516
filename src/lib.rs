//! Locard: where a device was near a person, where it was not, and what the records cannot say.
//!
//! ```text
//!  returned files ──> source ─> decode ─> index ─> join ─> encounter ─> evaluate ─> sink
//!                                │ rejects
//!                                └─> every row that is not used, with the reason
//! ```
//! The modules below are the stages, in the order the data goes through them; imports run one way, from the later
//! stage to the earlier one. What decides is a pure function; what does I/O is a thin shell around it.

pub mod model;
pub mod threads;
pub mod time;

pub mod source;

pub mod decode;

pub mod index;

pub mod join;

pub mod encounter;

pub mod evaluate;

pub mod sink;

pub mod store;

pub mod stream;

pub mod access;

pub mod query;

#[cfg(feature = "cluster")]
pub mod cluster;

pub mod serve;

pub mod simulate;

pub mod cli;
