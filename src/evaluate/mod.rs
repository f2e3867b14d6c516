//! STUB evaluate
