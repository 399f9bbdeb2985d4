//! Matchbook reads the records of a managed service provider from every system that holds them, matches
//! them exactly, decides which system owns each field, and leaves diffs and push plans in one DuckDB file.
//!
//! Data flows one way: [`extract`] → [`normalize`] → [`matching`] → [`ownership`] → [`diff`] → [`plan`] →
//! [`warehouse`]. A stage is a function from tables to tables, prints nothing and knows nothing of the stages
//! behind it; only [`report`] and [`cli`] write to a stream. [`run`] calls the stages in order.

pub mod api;
pub mod cli;
pub mod diff;
pub mod extract;
pub mod integration;
pub mod matching;
pub mod model;
pub mod normalize;
pub mod ownership;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod run;
pub mod systems;
pub mod warehouse;
