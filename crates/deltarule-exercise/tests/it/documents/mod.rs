//! Solutions as documents: every number by its place, every renderer by its numbers, and what all of them look like.

mod by_place;
mod checks;
mod gallery;
mod numbers;
#[cfg(feature = "pdf")]
mod pdf;
mod reading;
mod snapshots;
mod substitution;
mod worksheets;
