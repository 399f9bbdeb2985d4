//! What the stages of a run cost, as a table.

use super::printer::Paint;
use super::table::Columns;
use super::words::{seconds, thousands};
use crate::run::Timing;

/// The table, every line ended. A figure that the system does not tell is a dash.
#[must_use]
pub fn render(timings: &[Timing], paint: Paint) -> String {
    let mut table = Columns::new(&["stage", ">made", "of", ">time", ">processor", ">peak memory"]);
    for timing in timings {
        let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.row([
            timing.stage.name().to_owned(),
            thousands(timing.rows),
            format!("{}s", timing.stage.unit()),
            seconds(timing.elapsed),
            known(timing.processor.map(seconds)),
            known(timing.peak_memory.map(|bytes| format!("{} MiB", thousands(bytes >> 20)))),
        ]);
    }
    table.render(paint)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::run::Stage;

    #[test]
    fn every_stage_has_a_line() {
        let timing = |stage, rows, peak_memory| Timing {
            stage,
            rows,
            elapsed: Duration::from_millis(1_240),
            processor: Some(Duration::from_millis(2_340)),
            peak_memory,
        };
        let timings =
            [timing(Stage::Extract, 3_665_198, Some(1_500 << 20)), timing(Stage::Match, 1_467_781, None)];
        let text = render(&timings, Paint::PLAIN);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["extract", "3,665,198", "records", "1.2", "s", "2.3", "s", "1,500", "MiB"]);
        assert_eq!(lines[2], ["match", "1,467,781", "clusters", "1.2", "s", "2.3", "s", "-"]);
    }
}
