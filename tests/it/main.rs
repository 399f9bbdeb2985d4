mod decisions_file;
mod matching;
mod pipeline;
mod plan;
mod samples;
