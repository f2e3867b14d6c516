//! STUB encounter
