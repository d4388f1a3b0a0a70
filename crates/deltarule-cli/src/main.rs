//! The command `deltarule`.
fn main() {}
