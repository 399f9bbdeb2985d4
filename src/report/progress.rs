//! Progress on a terminal: one line that says what is being done, gone when the run ends.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::printer::{Printer, Tone};
use super::words;
use crate::run::{Event, Reporter, Stage};

/// So often the line is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// Tells a person about a run: progress on a terminal, warnings always, every stage when asked for more.
#[derive(Debug)]
pub struct Text<'a> {
    printer: &'a Printer,
    bar: Option<ProgressBar>,
    rows: Mutex<u64>,
}

impl<'a> Text<'a> {
    /// A reporter that writes with `printer`.
    #[must_use]
    pub fn new(printer: &'a Printer) -> Self {
        let bar = printer.shows_progress().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg} {elapsed}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { printer, bar, rows: Mutex::new(0) }
    }

    /// Writes lines while the progress line steps aside.
    fn aside(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn say(&self, text: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        }
    }
}

impl Reporter for Text<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::StageStarted(stage) => self.say(stage.doing().to_owned()),
            Event::FileRead { source, file, rows } => {
                let mut all = self.rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *all += rows;
                self.say(format!("{} {}", Stage::Extract.doing(), words::count(*all, "row")));
                drop(all);
                self.aside(|| {
                    self.printer.detail(&format!("  {source}: {} from {file}", words::count(*rows, "row")));
                });
            }
            Event::StageFinished(timing) => self.aside(|| {
                self.printer.detail(&format!(
                    "{}: {} in {}",
                    timing.stage,
                    words::count(timing.rows, timing.stage.unit()),
                    words::seconds(timing.elapsed)
                ));
            }),
            Event::Warning(warning) => self.aside(|| {
                self.printer.warning(&warning.message);
                if !warning.hint.is_empty() {
                    let hint = self.printer.err_paint().paint(Tone::Hint, "hint");
                    self.printer.note(&format!("{hint}: {}", warning.hint));
                }
            }),
        }
    }
}

impl Drop for Text<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
