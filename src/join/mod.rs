//! STUB join
