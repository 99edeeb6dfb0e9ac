//! Reports that took long are kept for a while.
//!
//! A report reads every attempt of its time, so an organization with millions of them and a dozen
//! open dashboards could keep the database busy. The same question is answered by one reading at a
//! time, and what that found is given to everybody for [`TIMES`] as long as it took: one question
//! takes at most about a tenth of a core. Reports over fewer than [`MANY`] attempts are always new.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use store::OrgId;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::parameters::Pairs;
use crate::usage::report::Summary;

/// Attempts from which on a report is kept.
const MANY: i64 = 5_000;
/// How often a report's own time it is kept.
const TIMES: u32 = 10;
/// The longest that a report is kept.
const LONGEST: Duration = Duration::from_secs(30);
/// Questions that are remembered at once.
const QUESTIONS: u64 = 500;
/// Rows of the largest report that is kept.
const MOST_ROWS: usize = 200;

type Question = (OrgId, Vec<(String, String)>);

/// Answers that may be given again.
#[derive(Debug, Clone)]
pub(super) struct Kept(Cache<Question, Arc<Mutex<Option<Answer>>>>);

#[derive(Debug)]
struct Answer {
    summary: Arc<Summary>,
    begun: Instant,
    until: Instant,
}

impl Kept {
    pub(super) fn new() -> Self {
        let cache = Cache::builder().max_capacity(QUESTIONS);
        Self(cache.time_to_idle(LONGEST).build())
    }

    /// The answer to a question of one organization: a kept one, or what `read` finds.
    ///
    /// # Errors
    /// Those of `read`, which are not kept.
    pub(super) async fn summary<E>(
        &self,
        org: OrgId,
        pairs: &Pairs,
        read: impl Future<Output = Result<Summary, E>>,
    ) -> Result<Arc<Summary>, E> {
        // The same answer is written in several formats.
        let asked = pairs.0.iter().filter(|(name, _)| name != "format");
        let slot = self
            .0
            .get_with((org, asked.cloned().collect()), Arc::default);
        let arrived = Instant::now();
        let mut slot = slot.lock().await;
        let begun = Instant::now();
        // What was begun to be read after this question arrived is as new as a reading of its own.
        let good = |answer: &&Answer| begun < answer.until || arrived <= answer.begun;
        if let Some(answer) = slot.as_ref().filter(good) {
            return Ok(Arc::clone(&answer.summary));
        }
        let summary = Arc::new(read.await?);
        let now = Instant::now();
        let kept = match summary.total.requests {
            0..MANY => Duration::ZERO,
            _ => (now.duration_since(begun) * TIMES).min(LONGEST),
        };
        *slot = (summary.data.len() <= MOST_ROWS).then(|| Answer {
            summary: Arc::clone(&summary),
            begun,
            until: now + kept,
        });
        Ok(summary)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use store::Micros;

    use super::*;
    use crate::usage::report::Figures;

    fn summary(requests: i64) -> Summary {
        Summary {
            from: Micros(0),
            to: Micros(1),
            group_by: Vec::new(),
            data: Vec::new(),
            total: Figures {
                requests,
                ..Figures::default()
            },
            truncated: false,
        }
    }

    fn pairs(text: &str) -> Pairs {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Pairs(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn one_reading_answers_all_who_ask_the_same_for_ten_times_its_length() {
        let (kept, readings) = (Kept::new(), AtomicU32::new(0));
        let (org, other) = (OrgId::new(), OrgId::new());
        let ask = async |org: OrgId, question: &str| {
            let read = async {
                readings.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(200)).await;
                Ok::<_, ()>(summary(MANY))
            };
            kept.summary(org, &pairs(question), read).await.map(|_| ())
        };
        let day = "group_by=day&format=csv";
        let (first, second) = tokio::join!(ask(org, day), ask(org, "group_by=day"));
        assert_eq!((first, second), (Ok(()), Ok(())));
        assert_eq!(readings.load(Ordering::Relaxed), 1);
        ask(org, "group_by=model").await.expect("read");
        ask(other, day).await.expect("read");
        assert_eq!(readings.load(Ordering::Relaxed), 3);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        ask(org, day).await.expect("read");
        assert_eq!(readings.load(Ordering::Relaxed), 3, "1.9 s old");
        tokio::time::sleep(Duration::from_millis(200)).await;
        ask(org, day).await.expect("read");
        assert_eq!(readings.load(Ordering::Relaxed), 4, "2.1 s old");
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_over_few_attempts_is_new_unless_it_was_read_while_one_waited() {
        let (kept, readings, org) = (Kept::new(), AtomicU32::new(0), OrgId::new());
        let ask = async |wait: u64| {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let read = async {
                let reading = readings.fetch_add(1, Ordering::Relaxed) + 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok::<_, ()>(summary(i64::from(reading)))
            };
            let found = kept.summary(org, &pairs(""), read).await;
            found.map(|summary| summary.total.requests)
        };
        // The second and the third come while the first is read, which may miss what they look for.
        let answers = tokio::join!(ask(0), ask(10), ask(20));
        assert_eq!(answers, (Ok(1), Ok(2), Ok(2)));
        assert_eq!(ask(0).await, Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_and_readings_cut_short_are_not_kept() {
        let (kept, org, all) = (Kept::new(), OrgId::new(), pairs(""));
        let refused = kept.summary(org, &all, async { Err::<Summary, _>("locked") });
        assert_eq!(refused.await.expect_err("is refused"), "locked");
        let never = kept.summary(org, &all, std::future::pending::<Result<_, &str>>());
        assert!(tokio::time::timeout(LONGEST, never).await.is_err());
        let read = kept.summary(org, &all, async { Ok::<_, &str>(summary(0)) });
        assert!(read.await.is_ok());
    }
}
