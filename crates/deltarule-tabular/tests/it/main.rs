//! Tables and models through the public interface.

mod datasets;
mod explain;
mod hints;
mod parquet;
mod tables;
mod versions;
