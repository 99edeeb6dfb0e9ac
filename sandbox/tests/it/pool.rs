//! What the pool promises to callers.

use std::time::{Duration, Instant};

use sandbox::{Limits, Pool, SandboxError};

use crate::{OWNER, block_on, limits, pool, pool_with};

#[test]
fn a_job_gets_its_input_and_gives_its_result() {
    block_on(async {
        let pool = pool();
        for size in [0, 1, 100_000, 5_000_000] {
            let input = vec![b'a'; size];
            let result = pool.run("echo", &input, Limits::default()).await;
            assert_eq!(result.expect("echoes").len(), size);
        }
    });
}

#[test]
fn a_jobs_own_message_reaches_its_caller_and_the_worker_stays() {
    block_on(async {
        let pool = pool();
        let (first, _) = served(&pool, OWNER).await;
        let refused = pool.run_for(OWNER, "refuse", b"", Limits::default()).await;
        assert_eq!(
            refused,
            Err(SandboxError::Refused("this is no document".to_owned()))
        );
        assert_eq!(served(&pool, OWNER).await.0, first);
        let unknown = pool.run("nothing", b"", Limits::default()).await;
        assert_eq!(
            unknown,
            Err(SandboxError::Refused(
                "the worker knows no job `nothing`".to_owned()
            ))
        );
    });
}

/// Process and number of its job.
async fn served(pool: &Pool, owner: u128) -> (u32, u32) {
    let text = pool.run_for(owner, "count", b"", Limits::default()).await;
    let text = String::from_utf8(text.expect("counts")).expect("is text");
    let (process, served) = text.split_once(' ').expect("two numbers");
    (
        process.parse().expect("a number"),
        served.parse().expect("a number"),
    )
}

#[test]
fn a_worker_serves_one_owner_only() {
    block_on(async {
        let pool = pool();
        let (first, _) = served(&pool, 1).await;
        assert_eq!(
            served(&pool, 1).await,
            (first, 2),
            "the owner's own is taken again"
        );
        let (second, jobs) = served(&pool, 2).await;
        assert_ne!(first, second);
        assert_eq!(jobs, 1);
        assert_eq!(served(&pool, 1).await, (first, 3));
        // Without an owner nothing is taken again.
        let mut seen = vec![first, second];
        for _ in 0..3 {
            let text = pool
                .run("count", b"", Limits::default())
                .await
                .expect("counts");
            let text = String::from_utf8(text).expect("is text");
            let (process, jobs) = text.split_once(' ').expect("two numbers");
            assert_eq!(jobs, "1");
            let process = process.parse().expect("a number");
            assert!(!seen.contains(&process));
            seen.push(process);
        }
    });
}

#[test]
fn a_worker_is_replaced_after_its_jobs() {
    block_on(async {
        let pool = pool_with(|config| config.jobs_per_worker = 3);
        let (first, _) = served(&pool, OWNER).await;
        assert_eq!(served(&pool, OWNER).await, (first, 2));
        assert_eq!(served(&pool, OWNER).await, (first, 3));
        let (next, jobs) = served(&pool, OWNER).await;
        assert_ne!(next, first);
        assert_eq!(jobs, 1);
    });
}

#[test]
fn a_worker_that_fails_is_named_and_replaced() {
    block_on(async {
        let pool = pool();
        let limits = Limits {
            time: Duration::from_millis(400),
            memory: 64 << 20,
            output: 1 << 16,
        };
        let run = async |job: &str, input: &[u8]| pool.run_for(OWNER, job, input, limits).await;
        let crashed = |why: &str| Err(SandboxError::Crashed(why.to_owned()));
        assert_eq!(run("panic", b"").await, crashed("index out of bounds"));
        assert_eq!(run("abort", b"").await, crashed("it aborted"));
        assert_eq!(
            run("exit", b"").await,
            crashed("it ended itself with code 7 before it had a result")
        );
        assert!(matches!(
            run("overflow", b"").await,
            Err(SandboxError::Crashed(_))
        ));
        let limit = limits.time;
        let began = Instant::now();
        assert_eq!(run("spin", b"").await, Err(SandboxError::Timeout { limit }));
        assert!(began.elapsed() < Duration::from_secs(5));
        let limit = limits.memory;
        assert_eq!(
            run("eat", b"500").await,
            Err(SandboxError::Memory { limit })
        );
        assert_eq!(run("eat", b"20").await, Ok(b"20".to_vec()));
        let limit = limits.output;
        assert_eq!(
            run("large", b"").await,
            Err(SandboxError::OutputTooLarge { limit })
        );
        assert_eq!(run("complain", b"").await, Ok(b"done".to_vec()));
        assert_eq!(run("echo", b"still here").await, Ok(b"still here".to_vec()));
    });
}

#[test]
fn memory_of_one_job_does_not_count_for_the_next() {
    block_on(async {
        let pool = pool();
        let generous = Limits {
            memory: 256 << 20,
            ..Limits::default()
        };
        let frugal = Limits {
            memory: 48 << 20,
            ..Limits::default()
        };
        for _ in 0..3 {
            let much = pool.run_for(OWNER, "eat", b"150", generous).await;
            assert_eq!(much, Ok(b"150".to_vec()));
        }
        let much = pool.run_for(OWNER, "eat", b"150", frugal).await;
        assert_eq!(much, Err(SandboxError::Memory { limit: 48 << 20 }));
    });
}

#[test]
fn nothing_outside_can_be_reached() {
    block_on(async {
        let confinement = pool().check().await.expect("workers start here");
        assert_eq!(confinement.seccomp, cfg!(target_os = "linux"));
        if confinement.seccomp {
            let me = std::process::id().to_string();
            let reached = pool().run("reach", me.as_bytes(), Limits::default()).await;
            assert_eq!(
                String::from_utf8(reached.expect("answers")),
                Ok(String::new())
            );
        }
    });
}

#[test]
fn a_caller_that_goes_away_takes_its_worker_along() {
    block_on(async {
        let pool = pool_with(|config| (config.workers, config.warm_workers) = (1, 0));
        let (process, _) = served(&pool, OWNER).await;
        let forever = pool.run_for(OWNER, "spin", b"", limits(60_000));
        let gone = tokio::time::timeout(Duration::from_millis(100), forever).await;
        assert!(gone.is_err());
        // The only place is free at once, and the process is dead.
        let began = Instant::now();
        let (next, _) = served(&pool, OWNER).await;
        assert_ne!(next, process);
        assert!(began.elapsed() < Duration::from_secs(5));
        while runs(process) && began.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!runs(process));
    });
}

fn runs(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z')
}

#[test]
fn jobs_stand_in_line_and_give_up_in_time() {
    block_on(async {
        let pool = pool_with(|config| (config.workers, config.queue_ms) = (1, 300));
        let long = pool.run("spin", b"", limits(1_500));
        let short = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            pool.run("echo", b"", Limits::default()).await
        };
        let (_, waited) = tokio::join!(long, short);
        let expected = SandboxError::Busy {
            workers: 1,
            waited: Duration::from_millis(300),
        };
        assert!(expected.is_retryable());
        assert_eq!(waited, Err(expected));
    });
}

#[test]
fn inputs_and_limits_have_a_ceiling() {
    block_on(async {
        let pool = pool_with(|config| {
            config.max_input_bytes = 10;
            config.max_time_ms = 200;
        });
        assert_eq!(
            pool.run("echo", &[0; 11], Limits::default()).await,
            Err(SandboxError::InputTooLarge {
                size: 11,
                limit: 10
            })
        );
        let limit = Duration::from_millis(200);
        assert_eq!(
            pool.run("spin", b"", limits(3_600_000)).await,
            Err(SandboxError::Timeout { limit })
        );
    });
}

#[test]
fn idle_workers_end_and_no_more_are_kept_than_can_run() {
    block_on(async {
        let pool = pool_with(|config| config.idle_s = 1);
        for owner in 0..6 {
            served(&pool, owner).await;
        }
        let idle = |pool: &Pool| pool.idle_workers().values().sum::<usize>();
        assert!((1..=3).contains(&idle(&pool)), "{:?}", pool.idle_workers());
        let began = Instant::now();
        while idle(&pool) > 0 && began.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(idle(&pool), 0);
    });
}

#[test]
fn a_program_that_is_no_worker_is_unavailable_with_a_reason() {
    block_on(async {
        for (path, expected) in [
            ("/bin/true", "ended"),
            ("/no/such/program", "cannot be started"),
        ] {
            let program = sandbox::Program::new(path, [] as [&str; 0]);
            let pool = Pool::new(sandbox::SandboxConfig::default(), program);
            let outcome = pool.run("echo", b"", Limits::default()).await;
            let Err(SandboxError::Unavailable(why)) = outcome else {
                panic!("{outcome:?}");
            };
            assert!(why.contains(expected), "{why}");
        }
    });
}
