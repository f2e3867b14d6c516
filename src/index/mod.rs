//! STUB index

mod probability;
pub use probability::{p_within, sigma_m};
