//! Tables and models through the public interface.

mod explain;
mod parquet;
mod tables;
mod versions;
