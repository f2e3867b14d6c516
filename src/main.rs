//! STUB main
fn main() {}
