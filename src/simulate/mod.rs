//! STUB simulate
