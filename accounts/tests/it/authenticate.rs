use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{AuthError, CreateKey, CreateLimit, Metric, ScopeKind, UpdateRule, Window};
use serde_json::json;
use store::{Clock as _, in_tx, on_tx};
use tokio::sync::oneshot;

use crate::support::{in_each_world, named, within_a_second};

/// A key of the right form that nobody made.
fn made_up(number: u32) -> String {
    format!("nab-{number:0>43}")
}

#[tokio::test]
async fn a_good_key_gives_a_principal_with_all_it_says() {
    in_each_world(|world| async move {
        let wanted = CreateKey {
            models: vec!["openai/*".to_owned()],
            endpoints: vec!["/v1/chat/*".to_owned()],
            tags: vec!["shop".to_owned()],
            metadata: json!({"cost_center": 7})
                .as_object()
                .expect("object")
                .clone(),
            admin: true,
            ..named("Web shop")
        };
        let new = world.key(wanted).await;
        let principal = world
            .accounts
            .authenticate(new.key.expose())
            .await
            .expect("let in");
        assert_eq!(principal.org_id(), world.org.id);
        assert_eq!(principal.key_id(), Some(new.record.id));
        assert_eq!(principal.key_name(), "Web shop");
        assert_eq!((principal.user_id(), principal.team_id()), (None, None));
        assert_eq!(principal.role(), Some(accounts::Role::Admin));
        assert!(principal.may_use_model("openai/gpt-4o"));
        assert!(!principal.may_use_model("anthropic/claude"));
        assert!(principal.may_use_endpoint("/v1/chat/completions"));
        assert!(!principal.may_use_endpoint("/v1/embeddings"));
        assert_eq!(principal.tags(), ["shop"]);
        assert_eq!(principal.metadata()["cost_center"], 7);
        assert!(principal.limits().is_empty() && principal.budgets().is_empty());
    })
    .await;
}

#[tokio::test]
async fn other_texts_are_refused_and_never_repeated() {
    in_each_world(|world| async move {
        let good = world.key(named("k")).await;
        let mistyped = good.key.expose().replace(&good.record.last_four, "0000");
        for (presented, wanted) in [
            ("", AuthError::Missing),
            ("sk-proj-1234567890", AuthError::Foreign),
            ("nab-short", AuthError::Unknown),
            (&mistyped, AuthError::Unknown),
        ] {
            let error = world
                .accounts
                .authenticate(presented)
                .await
                .expect_err("refused");
            assert_eq!(error, wanted);
            assert!(presented.is_empty() || !error.to_string().contains(presented));
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_is_refused_from_its_expiry_on() {
    in_each_world(|world| async move {
        let expires_at = world.clock.now().plus(Duration::from_secs(60));
        let wanted = CreateKey {
            expires_at: Some(expires_at),
            ..named("k")
        };
        let key = world.key(wanted).await.key;
        world.clock.set(expires_at.minus(Duration::from_micros(1)));
        assert!(world.accounts.authenticate(key.expose()).await.is_ok());
        world.clock.set(expires_at);
        let error = world
            .accounts
            .authenticate(key.expose())
            .await
            .expect_err("over");
        assert_eq!(error, AuthError::Expired);
    })
    .await;
}

#[tokio::test]
async fn a_revocation_through_this_handle_is_effective_at_once() {
    in_each_world(|world| async move {
        let new = world.key(named("k")).await;
        assert!(world.accounts.authenticate(new.key.expose()).await.is_ok());
        world
            .accounts
            .revoke_key(&world.actor, new.record.id)
            .await
            .expect("revoked");
        let outcome = world.accounts.authenticate_in_memory(new.key.expose());
        assert_eq!(
            outcome.expect("in memory").expect_err("revoked"),
            AuthError::Revoked
        );
    })
    .await;
}

#[tokio::test]
async fn changes_by_another_process_are_effective_within_a_second() {
    in_each_world(|world| async move {
        let (stop, stopped) = oneshot::channel::<()>();
        let watching = tokio::spawn(world.accounts.clone().watch(async {
            let _ = stopped.await;
        }));
        let other = world.other_process().await;
        let (kept, gone) = (
            world.key(named("kept")).await,
            world.key(named("gone")).await,
        );

        let wanted = CreateLimit {
            scope: ScopeKind::Key,
            scope_id: Some(kept.record.id.uuid()),
            model: None,
            metric: Metric::Requests,
            window: Some(Window::Minute),
            max: 3,
        };
        let limit = other.create_limit(&world.actor, wanted).await.expect("set");
        let max = || {
            let outcome = world.accounts.authenticate_in_memory(kept.key.expose());
            let principal = outcome.expect("in memory").expect("let in");
            principal.limits().first().map(|limit| limit.max)
        };
        within_a_second("a new limit", async || max() == Some(3)).await;
        let update = UpdateRule { max: 9 };
        other
            .update_limit(&world.actor, limit.id, update)
            .await
            .expect("changed");
        within_a_second("a changed limit", async || max() == Some(9)).await;

        let outcome = |key: &accounts::NewKey| {
            world
                .accounts
                .authenticate_in_memory(key.key.expose())
                .map(Result::err)
        };
        other
            .revoke_key(&world.actor, kept.record.id)
            .await
            .expect("revoked");
        within_a_second("a revocation", async || {
            outcome(&kept) == Some(Some(AuthError::Revoked))
        })
        .await;
        other
            .delete_key(&world.actor, gone.record.id)
            .await
            .expect("deleted");
        within_a_second("a deletion", async || outcome(&gone).is_none()).await;

        stop.send(()).expect("it runs");
        watching.await.expect("it ends");
        other.db().close().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_made_by_another_process_is_accepted_at_once() {
    in_each_world(|world| async move {
        let other = world.other_process().await;
        let new = other
            .create_key(&world.actor, named("k"))
            .await
            .expect("made");
        assert!(
            world
                .accounts
                .authenticate_in_memory(new.key.expose())
                .is_none()
        );
        assert!(world.accounts.authenticate(new.key.expose()).await.is_ok());
        other.db().close().await;
    })
    .await;
}

#[tokio::test]
async fn without_the_database_known_keys_stay_good_and_others_are_not_called_wrong() {
    in_each_world(|world| async move {
        let new = world.key(named("k")).await;
        world.db.close().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let watching = tokio::spawn(world.accounts.clone().watch(async {
            let _ = stopped.await;
        }));
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(world.accounts.authenticate(new.key.expose()).await.is_ok());
        let error = world
            .accounts
            .authenticate(&made_up(1))
            .await
            .expect_err("cannot tell");
        assert_eq!((error, error.status()), (AuthError::Unavailable, 503));
        stop.send(()).expect("it still runs");
        watching.await.expect("it ends");
    })
    .await;
}

#[tokio::test]
async fn made_up_keys_share_their_questions_to_the_database() {
    in_each_world(|world| async move {
        let begun = Instant::now();
        let all: Vec<_> = (0..300)
            .map(|number| {
                let accounts = world.accounts.clone();
                tokio::spawn(async move { accounts.authenticate(&made_up(number)).await.err() })
            })
            .collect();
        for one in all {
            assert_eq!(one.await.expect("no panic"), Some(AuthError::Unknown));
        }
        // Asked one after the other with 50 ms between them, 300 would take 15 s.
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{:?}",
            begun.elapsed()
        );

        let begun = Instant::now();
        for number in 1_000..1_010 {
            assert!(world.accounts.authenticate(&made_up(number)).await.is_err());
        }
        assert!(
            begun.elapsed() >= Duration::from_millis(450),
            "{:?}",
            begun.elapsed()
        );

        let begun = Instant::now();
        for _ in 0..1_000 {
            assert!(world.accounts.authenticate(&made_up(1_009)).await.is_err());
        }
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "a known unknown is not asked again"
        );
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_written_lazily_and_once() {
    in_each_world(|world| async move {
        let (used, unused) = (world.key(named("a")).await, world.key(named("b")).await);
        let last = async |id| {
            let key = world
                .accounts
                .get_key(world.org.id, id)
                .await
                .expect("found");
            (key.last_used_at, key.updated_at)
        };
        let before = last(used.record.id).await;
        let revisions = *world.accounts.changes().borrow();
        world
            .accounts
            .authenticate(used.key.expose())
            .await
            .expect("let in");
        assert_eq!(
            last(used.record.id).await.0,
            None,
            "nothing is written on the hot path"
        );
        world.accounts.flush_last_used().await.expect("written");
        assert_eq!(
            last(used.record.id).await,
            (Some(world.clock.now()), before.1)
        );
        assert_eq!(last(unused.record.id).await.0, None);

        world.clock.advance(Duration::from_secs(90));
        world
            .accounts
            .authenticate(used.key.expose())
            .await
            .expect("let in");
        let (stop, stopped) = oneshot::channel::<()>();
        drop(stop);
        let stopped = async {
            let _ = stopped.await;
        };
        world.accounts.clone().watch(stopped).await;
        let written = last(used.record.id).await.0;
        assert_eq!(written, Some(world.clock.now()), "written at the end");
        let after = *world.accounts.changes().borrow();
        assert_eq!(after, revisions, "a use is no change");
    })
    .await;
}

#[tokio::test]
async fn many_uses_are_written_in_batches() {
    in_each_world(|world| async move {
        let mut keys = Vec::new();
        for number in 0..503 {
            keys.push(world.key(named(&number.to_string())).await);
        }
        for new in &keys {
            world
                .accounts
                .authenticate(new.key.expose())
                .await
                .expect("let in");
        }
        world.accounts.flush_last_used().await.expect("written");
        for new in &keys {
            let key = world
                .accounts
                .get_key(world.org.id, new.record.id)
                .await
                .expect("found");
            assert_eq!(key.last_used_at, Some(world.clock.now()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_restored_backup_is_taken_up() {
    in_each_world(|world| async move {
        let (old, new) = (world.key(named("old")).await, world.key(named("new")).await);
        let restored: store::Result<()> = in_tx!(world.db, tx => {
            on_tx!(tx, execute => sqlx::query("DELETE FROM api_keys WHERE id = $1")
                .bind(new.record.id))?;
            on_tx!(tx, execute => sqlx::query(
                "UPDATE revisions SET value = value - 1 WHERE name = 'keys'",
            ))?;
            Ok(())
        });
        restored.expect("restored");
        assert_eq!(
            world.accounts.authenticate(&made_up(1)).await.err(),
            Some(AuthError::Unknown)
        );
        assert!(world.accounts.authenticate(old.key.expose()).await.is_ok());
        let error = world
            .accounts
            .authenticate(new.key.expose())
            .await
            .expect_err("gone");
        assert_eq!(error, AuthError::Unknown);
    })
    .await;
}

#[tokio::test]
async fn changes_are_announced() {
    in_each_world(|world| async move {
        let mut changes = world.accounts.changes();
        let before = *changes.borrow_and_update();
        world.key(named("k")).await;
        assert!(changes.has_changed().expect("open"));
        let after = *changes.borrow_and_update();
        assert_eq!((after.keys, after.limits), (before.keys + 1, before.limits));
        assert!(!changes.has_changed().expect("open"));
    })
    .await;
}

#[tokio::test]
async fn of_processes_that_start_together_one_gets_the_first_key() {
    store::testing::for_each_db(|db| async move {
        let dir = store::testing::TempDir::new();
        let clock: store::SharedClock = Arc::new(store::TestClock::default());
        let open = async |db| {
            let config = crate::support::config(&dir);
            accounts::Accounts::open(db, Arc::clone(&clock), &config)
                .await
                .expect("opens")
        };
        let one = open(db.clone()).await;
        let two = open(store::testing::second_handle(&db).await).await;
        let (a, b) = tokio::join!(one.first_start(), two.first_start());
        let keys: Vec<_> = [a, b]
            .into_iter()
            .filter_map(|key| key.expect("no error"))
            .collect();
        let [new] = keys.as_slice() else {
            panic!("{} keys", keys.len());
        };
        for accounts in [&one, &two] {
            let principal = accounts
                .authenticate(new.key.expose())
                .await
                .expect("let in");
            assert_eq!(principal.role(), Some(accounts::Role::Admin));
            let org = accounts.default_organization().await.expect("made");
            assert_eq!(principal.org_id(), org.id);
            assert!(accounts.first_start().await.expect("no error").is_none());
        }
        two.db().close().await;
    })
    .await;
}
