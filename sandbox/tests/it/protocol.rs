//! Workers that say what no worker says.

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
