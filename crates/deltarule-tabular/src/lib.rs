//! deltarule-tabular
