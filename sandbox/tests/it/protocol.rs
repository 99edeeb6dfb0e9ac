//! Workers that say what no worker says.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sandbox::{Limits, SandboxError};

use crate::{OWNER, block_on, limits, pool};

/// A reply frame.
fn frame(length: u32, nonce: u64, status: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(nonce.to_le_bytes());
    bytes.push(status);
    bytes.extend(payload);
    bytes
}

#[test]
fn frames_that_make_no_sense_are_crashes_and_the_next_job_is_served() {
    block_on(async {
        let pool = pool();
        let garbage = [
            b"garbage garbage garbage garbage".to_vec(),
            // An answer to another job, and one made before the job was known.
            frame(9, 0, 0, b""),
            frame(9 + 5, 42, 0, b"hello"),
            // Shorter than its own head, of a kind that does not exist, out of turn.
            frame(3, 0, 0, b""),
            frame(9, 0, 200, b""),
            frame(9, 0, 3, b"{}"),
            vec![0; 64],
            vec![0xff; 13],
        ];
        for bytes in garbage {
            let outcome = pool.run_for(OWNER, "raw", &bytes, limits(500)).await;
            let said_no = matches!(
                outcome,
                Err(SandboxError::Crashed(_)
                    | SandboxError::OutputTooLarge { .. }
                    | SandboxError::Timeout { .. })
            );
            assert!(said_no, "{bytes:?}: {outcome:?}");
            let next = pool
                .run_for(OWNER, "echo", b"next", Limits::default())
                .await;
            assert_eq!(next, Ok(b"next".to_vec()), "after {bytes:?}");
        }
    });
}

#[test]
fn a_huge_length_takes_no_memory() {
    block_on(async {
        let pool = pool();
        let bytes = frame(u32::MAX, 0, 0, b"little");
        let limit = Limits::default().output;
        let outcome = pool.run("raw", &bytes, limits(500)).await;
        assert_eq!(outcome, Err(SandboxError::OutputTooLarge { limit }));
    });
}

#[test]
fn an_answer_that_drips_ends_at_the_deadline() {
    block_on(async {
        let pool = pool();
        let began = Instant::now();
        let outcome = pool.run("drip", b"", limits(400)).await;
        let said_no = matches!(
            outcome,
            Err(SandboxError::Timeout { .. } | SandboxError::Crashed(_))
        );
        assert!(said_no, "{outcome:?}");
        assert!(began.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn a_flood_without_a_frame_ends_at_once() {
    block_on(async {
        let pool = pool();
        let flood = vec![b'x'; 2 << 20];
        let outcome = pool.run("raw", &flood, limits(2_000)).await;
        let said_no = matches!(
            outcome,
            Err(SandboxError::Crashed(_) | SandboxError::OutputTooLarge { .. })
        );
        assert!(said_no, "{outcome:?}");
    });
}

/// Starts a worker by hand, gives it a job that never ends, and closes the pipe as a dying server does.
fn ends_when_the_pipe_closes(args: &[&str], job: &str, input: &[u8]) {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_sandbox-test-worker"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the worker starts");
    let mut stdout = worker.stdout.take().expect("has a pipe");
    let mut ready = [0; 13];
    stdout.read_exact(&mut ready).expect("it is ready");
    let mut request = Vec::new();
    let length = 13 + job.len() + input.len();
    request.extend(u32::try_from(length).expect("fits").to_le_bytes());
    request.extend(7u64.to_le_bytes());
    request.extend(600_000u32.to_le_bytes());
    request.push(u8::try_from(job.len()).expect("fits"));
    request.extend(job.as_bytes());
    request.extend(input);
    let mut stdin = worker.stdin.take().expect("has a pipe");
    stdin.write_all(&request).expect("it listens");
    std::thread::sleep(Duration::from_millis(200));
    assert!(
        worker.try_wait().expect("can be asked").is_none(),
        "it works on the job"
    );
    drop(stdin);
    // The last one that holds the other end, a fork say, is gone when this ends.
    let mut rest = Vec::new();
    let began = Instant::now();
    let _ = stdout.read_to_end(&mut rest);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "it goes on without its server"
    );
    let _ = worker.wait();
}

#[test]
fn workers_end_with_their_server_in_the_middle_of_a_job() {
    ends_when_the_pipe_closes(&["jobs"], "spin", b"");
    let Some(code) = crate::python::code() else {
        return;
    };
    let found = block_on(async { code.pool.python().await.cloned() }).expect("there is one");
    let path = found.path.to_str().expect("is text");
    let order = br#"{"source":"while True: pass","input":null,"time_ms":600000,
        "memory_bytes":1000000,"output_bytes":1000,"log_bytes":1000}"#;
    ends_when_the_pipe_closes(&["python", path], "code", order);
}
