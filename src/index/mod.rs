//! STUB index
