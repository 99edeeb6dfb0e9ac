use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{Accounts, AccountsConfig, Actor, CreateKey, NewKey, Organization};
use store::testing::{TempDir, for_each_db, second_handle};
use store::{Db, TestClock};

/// A fresh database with an open handle and one organization.
pub(crate) struct World {
    pub(crate) accounts: Accounts,
    pub(crate) clock: TestClock,
    pub(crate) org: Organization,
    pub(crate) actor: Actor,
    pub(crate) db: Db,
    pub(crate) dir: TempDir,
}

pub(crate) fn config(dir: &TempDir) -> AccountsConfig {
    AccountsConfig {
        data_dir: dir.path().to_owned(),
        ..AccountsConfig::default()
    }
}

impl World {
    async fn new(db: Db) -> Self {
        let (dir, clock) = (TempDir::new(), TestClock::default());
        let accounts = Accounts::open(db.clone(), Arc::new(clock.clone()), &config(&dir))
            .await
            .expect("opens");
        let org = accounts
            .create_organization("Acme", "acme")
            .await
            .expect("made");
        Self {
            actor: Actor::command_line(org.id),
            accounts,
            clock,
            org,
            db,
            dir,
        }
    }

    /// Another process on the same database and data directory.
    pub(crate) async fn other_process(&self) -> Accounts {
        let db = second_handle(&self.db).await;
        Accounts::open(db, Arc::new(self.clock.clone()), &config(&self.dir))
            .await
            .expect("opens")
    }

    /// Another organization and one who acts for it.
    pub(crate) async fn stranger(&self) -> Actor {
        let org = self.accounts.create_organization("Other", "other").await;
        Actor::command_line(org.expect("made").id)
    }

    pub(crate) async fn key(&self, wanted: CreateKey) -> NewKey {
        self.accounts
            .create_key(&self.actor, wanted)
            .await
            .expect("made")
    }
}

/// Runs `test` in a [`World`] on each database.
pub(crate) async fn in_each_world<T: Future<Output = ()>>(test: impl Fn(World) -> T) {
    for_each_db(|db| async { test(World::new(db).await).await }).await;
}

pub(crate) fn named(name: &str) -> CreateKey {
    CreateKey {
        name: name.to_owned(),
        ..CreateKey::default()
    }
}

/// Waits until `done`, and says how long it took; fails after a second.
pub(crate) async fn within_a_second(what: &str, mut done: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !done().await {
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "{what} took more than a second"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}
