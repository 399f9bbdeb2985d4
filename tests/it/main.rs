mod decisions_file;
mod pipeline;
