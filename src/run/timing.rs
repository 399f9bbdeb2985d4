//! What a stage cost: time, processor time, and the memory of the process.

use std::time::{Duration, Instant};

use super::Stage;

/// What one stage cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// The stage.
    pub stage: Stage,
    /// How many of [`Stage::unit`] it made.
    pub rows: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// How long processors worked for the process meanwhile, all threads together; `None` where the system does not say.
    pub processor: Option<Duration>,
    /// The most memory that the process has had up to the end of the stage, in bytes; `None` where the system does not
    /// say.
    pub peak_memory: Option<u64>,
}

/// A stage that runs.
#[derive(Debug)]
pub(super) struct Clock {
    stage: Stage,
    started: Instant,
    processor: Option<Duration>,
}

impl Clock {
    pub(super) fn start(stage: Stage) -> Self {
        Self { stage, started: Instant::now(), processor: processor_time() }
    }

    pub(super) fn stop(&self, rows: u64) -> Timing {
        let processor = processor_time().zip(self.processor);
        Timing {
            stage: self.stage,
            rows,
            elapsed: self.started.elapsed(),
            processor: processor.map(|(now, then)| now.saturating_sub(then)),
            peak_memory: peak_memory(),
        }
    }
}

/// The processor time of the process so far. Linux counts it in hundredths of a second.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in parentheses and may hold anything. User and system time are the 14th and 15th field.
    let (_, fields) = text.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(Duration::from_millis(10 * (ticks.next()?.ok()? + ticks.next()?.ok()?)))
}

/// The most memory that the process has had, in bytes.
fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time_and_memory() {
        let clock = Clock::start(Stage::Match);
        let before = clock.stop(0);
        let mut block = vec![1_u8; 64 << 20];
        while clock.stop(0).processor < Some(Duration::from_millis(30)) {
            for byte in &mut block {
                *byte = byte.wrapping_mul(3);
            }
        }
        let after = clock.stop(block.len() as u64);
        assert!(after.processor <= Some(after.elapsed * 1024), "{after:?}");
        assert!(after.peak_memory >= Some(64 << 20), "{after:?}");
        assert!(after.peak_memory >= before.peak_memory);
    }
}
