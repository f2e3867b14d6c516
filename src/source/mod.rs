//! STUB source
