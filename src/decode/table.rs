//! STUB table
