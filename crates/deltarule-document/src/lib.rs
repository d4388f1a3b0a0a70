//! deltarule-document
