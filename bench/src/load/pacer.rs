//! Wakes an open-loop run at its intended starts.
//!
//! The runtime's timer has a grain of one millisecond, which is more than what is measured here. A
//! thread of its own sleeps until shortly before each start and spins the rest.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::statistics::Schedule;

/// How long before a start the thread wakes up: the kernel's own slack is about 50 us.
const SPIN: Duration = Duration::from_micros(80);

/// The intended starts of a run, each received when it has come.
pub(super) fn starts(schedule: Schedule, length: Duration) -> UnboundedReceiver<Instant> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        let start = Instant::now();
        for n in 0..schedule.count(length) {
            let due = start + schedule.due(n);
            if let Some(sleep) = due.checked_duration_since(Instant::now() + SPIN) {
                std::thread::sleep(sleep);
            }
            while Instant::now() < due {
                std::hint::spin_loop();
            }
            if sender.send(due).is_err() {
                return;
            }
        }
    });
    receiver
}
