//! The load generator: closed loop (N connections, each as fast as it is answered) and open loop (a
//! fixed rate, latencies counted from the intended starts, so that a slow server cannot slow its own
//! measurement down).

mod connection;
mod outcome;
mod pacer;
mod run;
mod target;
mod users;

pub use outcome::{Measured, Outcome};
pub use run::{Mode, Plan, run};
pub use target::{Call, Target, chat_body};
pub use users::{User, users};
