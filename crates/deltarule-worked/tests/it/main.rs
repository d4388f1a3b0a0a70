//! The catalogue of formulas.

mod catalogue;
mod formula_tables;
