//! deltarule-exercise
