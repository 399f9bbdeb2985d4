//! The integration tests, in one binary, so that the program is linked once.

mod active_directory;
mod belonging;
mod cli;
mod crash;
mod cross;
mod decisions_file;
mod errors;
mod extract;
mod extract_edges;
mod integration_report;
mod matching;
mod methods;
mod oracle;
mod ownership;
mod pipeline;
mod plan;
mod properties;
mod samples;
mod spreadsheets;
mod sql;
mod support;
mod tickets;
mod warehouse;
mod whole_runs;
mod workspace;
