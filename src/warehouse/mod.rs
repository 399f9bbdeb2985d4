//! The warehouse: one DuckDB file with every table and view that analysts get.
