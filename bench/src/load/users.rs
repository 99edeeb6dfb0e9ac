//! Users: each with a connection of its own, who ask one thing after another with pauses between.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};

use super::connection::Connection;
use super::outcome::{Ledger, Outcome};
use super::target::{Call, Target};

/// One user.
#[derive(Debug, Clone)]
pub struct User {
    /// Where, and as whom.
    pub target: Target,
    /// What is asked, in turn, for as long as there is time.
    pub calls: Rc<[Call]>,
    /// With which call it begins.
    pub first: usize,
}

/// Lets users work for `length`, each pausing for `pause` between an answer and the next request.
///
/// They begin spread over one pause. Runs on the caller's current-thread runtime.
pub async fn users(users: &[User], pause: Duration, length: Duration) -> Outcome {
    let ledger = Rc::new(RefCell::new(Ledger::default()));
    let start = Instant::now();
    let end = start + length;
    let local = LocalSet::new();
    local
        .run_until(async {
            let mut working = JoinSet::new();
            for (number, user) in users.iter().enumerate() {
                let (user, ledger) = (user.clone(), Rc::clone(&ledger));
                let wait = pause.mul_f64(number as f64 / users.len() as f64);
                working.spawn_local(async move {
                    tokio::time::sleep(wait).await;
                    let mut connection = Connection::new();
                    for call in user.calls.iter().cycle().skip(user.first) {
                        let start = Instant::now();
                        if start >= end {
                            return;
                        }
                        let result = connection.call(&user.target, call, start).await;
                        let failed = result.is_err();
                        ledger.borrow_mut().add(result);
                        if !pause.is_zero() {
                            tokio::time::sleep(pause).await;
                        } else if failed {
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                    }
                });
            }
            while working.join_next().await.is_some() {}
        })
        .await;
    ledger.take().close(start.elapsed(), None)
}
