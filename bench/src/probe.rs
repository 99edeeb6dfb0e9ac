//! What a process uses, read from `/proc`.

use std::fs;
use std::time::Duration;

/// Kernel clock ticks a second in `/proc/<pid>/stat`. Linux reports 100 to user space on every
/// architecture that it runs on here, whatever its own timer does.
const TICKS_PER_SECOND: u64 = 100;

/// A process under measurement.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    pid: u32,
}

impl Probe {
    /// Watches the process of this id.
    #[must_use]
    pub fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// CPU time used so far, user and system, all threads. `None` when the process is gone.
    ///
    /// `stat` counts whole ticks of 10 ms; `schedstat` counts nanoseconds, but only of living
    /// threads. The larger is the better one.
    #[must_use]
    pub fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let coarse = parse_stat(&stat)?;
        Some(self.fine_cpu().map_or(coarse, |fine| fine.max(coarse)))
    }

    fn fine_cpu(&self) -> Option<Duration> {
        let mut nanos = 0_u64;
        for task in fs::read_dir(format!("/proc/{}/task", self.pid)).ok()? {
            // A thread may end between the listing and the reading.
            let Ok(text) = fs::read_to_string(task.ok()?.path().join("schedstat")) else {
                continue;
            };
            nanos += text.split_whitespace().next()?.parse::<u64>().ok()?;
        }
        Some(Duration::from_nanos(nanos))
    }

    /// Resident memory now, in bytes.
    #[must_use]
    pub fn rss(&self) -> Option<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory ever, in bytes.
    #[must_use]
    pub fn peak_rss(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        parse_status(&status, field)
    }
}

/// CPU time that all processes of the machine used since it started, summed over its cores, stolen
/// time included: what was not idle.
#[must_use]
pub fn machine_busy() -> Option<Duration> {
    parse_machine(&fs::read_to_string("/proc/stat").ok()?)
}

/// `user nice system idle iowait irq softirq steal` of the first line, less `idle` and `iowait`.
fn parse_machine(stat: &str) -> Option<Duration> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = fields
        .split_whitespace()
        .take(8)
        .map_while(|field| field.parse().ok())
        .collect();
    let [user, nice, system, _idle, _wait, irq, softirq, steal] = ticks[..] else {
        return None;
    };
    let busy = user + nice + system + irq + softirq + steal;
    Some(Duration::from_millis(busy * 1000 / TICKS_PER_SECOND))
}

/// `utime + stime`. The process name may hold spaces and brackets, so fields count from its end.
fn parse_stat(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis(
        (user + system) * 1000 / TICKS_PER_SECOND,
    ))
}

fn parse_status(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 102 0 0 0 150 50 0 0 20 0 1 0 178353";
        assert_eq!(parse_stat(stat), Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_machine_is_busy_when_it_is_not_idle() {
        let stat = "cpu  100 20 30 9000 800 1 2 47 5 5\ncpu0 1 2 3\n";
        assert_eq!(parse_machine(stat), Some(Duration::from_secs(2)));
        assert_eq!(parse_machine("intr 7"), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "VmPeak:\t  100 kB\nVmHWM:\t  23004 kB\nVmRSS:\t   21940 kB\n";
        assert_eq!(parse_status(status, "VmRSS:"), Some(21940 * 1024));
        assert_eq!(parse_status(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_has_used_time_and_memory() {
        let probe = Probe::new(std::process::id());
        let before = probe.cpu().expect("this process is alive");
        let mut n = 1_u64;
        while probe.cpu().expect("this process is alive") < before + Duration::from_millis(20) {
            n = std::hint::black_box(n.wrapping_mul(31));
        }
        let (rss, peak) = (probe.rss(), probe.peak_rss());
        assert!(rss.is_some_and(|rss| rss > 100_000));
        assert!(peak >= rss);
    }

    #[test]
    fn a_process_that_is_gone_has_no_figures() {
        assert!(Probe::new(u32::MAX).cpu().is_none());
    }
}
