//! What a person sees: text for a terminal, JSON lines for a program.
//!
//! Nothing here decides or computes; it words and lays out what the other modules made. Together with `cli`, it is the only
//! place that writes to a stream, and [`Printer`] is the only place that decides which.

mod explanation;
mod extracting;
pub mod extraction;
mod json;
mod printer;
mod progress;
mod summary;
pub mod table;
mod timings;
pub mod words;

pub use explanation::render as render_explanation;
pub use extracting::Extracting;
pub use json::{FORMAT, Lines};
pub use printer::{Colour, Level, Paint, Printer, Tone};
pub use progress::Text;
pub use summary::render as render_summary;
pub use timings::render as render_timings;
