//! STUB sink
