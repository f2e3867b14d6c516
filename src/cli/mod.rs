//! STUB cli

pub mod demo;
