//! Jobs: one worker each, taken over after a crash, cancelled when asked.

use std::time::Duration;

use futures_util::future::{join, join_all};
use rag::ErrorKind;
use rag::library::{JobKind, JobState, NewDocument, NewJob, Progress};
use uuid::Uuid;

use crate::world::in_each_world;

const LEASE: Duration = Duration::from_secs(30);

fn job() -> NewJob {
    NewJob {
        kind: JobKind::Ingest,
        document: None,
        payload: serde_json::json!({"a": 1}),
    }
}

fn at(pages_done: u64) -> Progress {
    Progress {
        stage: "reading".to_owned(),
        pages_done,
        pages_total: Some(9),
        ..Progress::default()
    }
}

#[tokio::test]
async fn a_job_is_worked_on_by_one_and_taken_over_when_its_worker_is_silent() {
    in_each_world(|world| async move {
        let library = &world.library;
        let made = library.create_job(world.place, job()).await.expect("made");
        let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
        let claimed = library
            .claim_job(first, LEASE)
            .await
            .expect("claims")
            .expect("has one");
        assert_eq!(
            (claimed.id, claimed.state, claimed.attempts),
            (made.id, JobState::Running, 1)
        );
        assert_eq!(claimed.payload.0, serde_json::json!({"a": 1}));
        assert!(
            library
                .claim_job(second, LEASE)
                .await
                .expect("claims")
                .is_none()
        );
        world.clock.advance(LEASE / 2);
        assert!(
            library
                .report_progress(first, made.id, &at(5), LEASE)
                .await
                .expect("reports")
        );
        world.clock.advance(LEASE * 2 / 3);
        assert!(
            library
                .claim_job(second, LEASE)
                .await
                .expect("claims")
                .is_none()
        );
        world.clock.advance(LEASE);
        let taken = library
            .claim_job(second, LEASE)
            .await
            .expect("claims")
            .expect("has one");
        assert_eq!(
            (taken.id, taken.attempts, taken.pages_done),
            (made.id, 2, 5)
        );
        // The first one wakes up and hears that it is over.
        assert!(
            !library
                .report_progress(first, made.id, &at(6), LEASE)
                .await
                .expect("reports")
        );
        let late = library
            .finish_job(first, made.id, JobState::Done, None)
            .await;
        assert_eq!(late.expect_err("is another's").kind, ErrorKind::Conflict);
        // Progress does not go back.
        assert!(
            library
                .report_progress(second, made.id, &at(1), LEASE)
                .await
                .expect("reports")
        );
        let now = library
            .get_job(world.place, made.id)
            .await
            .expect("is there");
        assert_eq!((now.pages_done, now.pages_total), (5, Some(9)));
        library
            .finish_job(second, made.id, JobState::Done, None)
            .await
            .expect("ends");
        assert!(
            library
                .claim_job(first, LEASE)
                .await
                .expect("claims")
                .is_none()
        );
        let ended = library
            .cancel_job(world.place, made.id)
            .await
            .expect_err("has ended");
        assert_eq!(ended.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn cancelling_ends_waiting_jobs_at_once_and_running_ones_at_their_next_report() {
    in_each_world(|world| async move {
        let library = &world.library;
        let running = library
            .create_job(world.place, job())
            .await
            .expect("made")
            .id;
        let worker = Uuid::now_v7();
        library
            .claim_job(worker, LEASE)
            .await
            .expect("claims")
            .expect("has one");
        let waiting = library
            .create_job(world.place, job())
            .await
            .expect("made")
            .id;
        for id in [running, waiting] {
            library.cancel_job(world.place, id).await.expect("cancels");
        }
        let state = async |id| {
            library
                .get_job(world.place, id)
                .await
                .expect("is there")
                .state
        };
        assert_eq!(state(waiting).await, JobState::Cancelled);
        assert_eq!(state(running).await, JobState::Running);
        assert!(
            !library
                .report_progress(worker, running, &at(1), LEASE)
                .await
                .expect("reports")
        );
        let ended = library
            .finish_job(worker, running, JobState::Cancelled, None)
            .await;
        ended.expect("ends");
        assert!(
            library
                .claim_job(worker, LEASE)
                .await
                .expect("claims")
                .is_none()
        );
        assert_eq!(
            library
                .list_jobs(world.place, None, 10)
                .await
                .expect("lists")
                .len(),
            2
        );
        let org = world
            .accounts
            .create_organization("Other", "other")
            .await
            .expect("made")
            .id;
        let foreign = rag::index::Place { org, ..world.place };
        assert_eq!(
            library
                .get_job(foreign, running)
                .await
                .expect_err("is not theirs")
                .kind,
            ErrorKind::NotFound
        );
    })
    .await;
}

/// Jobs become visible while others are claimed, on PostgreSQL the one with the smaller id perhaps last.
#[tokio::test]
async fn no_two_workers_get_jobs_of_one_document_at_the_same_instant() {
    in_each_world(|world| async move {
        let library = &world.library;
        for round in 0..30 {
            let new = NewDocument::default();
            let added = library.add_document(world.place, new).await;
            let one = NewJob {
                document: Some(added.expect("added").id),
                ..job()
            };
            let made = [one.clone(), one].map(|job| library.create_job(world.place, job));
            let workers: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
            let claims = workers.iter().map(async |worker| {
                for _ in 0..4 {
                    let claimed = library.claim_job(*worker, LEASE).await.expect("claims");
                    if let Some(claimed) = claimed {
                        return Some((claimed.id, *worker));
                    }
                }
                None
            });
            let (made, claimed) = join(join_all(made), join_all(claims)).await;
            assert!(made.iter().all(Result::is_ok));
            let mut claimed: Vec<_> = claimed.into_iter().flatten().collect();
            assert!(claimed.len() < 2, "in round {round}: {claimed:?}");
            let mut done = 0;
            while done < 2 {
                if let Some((id, worker)) = claimed.pop() {
                    let finished = library.finish_job(worker, id, JobState::Done, None);
                    finished.await.expect("ends");
                    done += 1;
                }
                let next = library.claim_job(workers[0], LEASE).await.expect("claims");
                claimed.extend(next.map(|job| (job.id, workers[0])));
            }
        }
    })
    .await;
}
