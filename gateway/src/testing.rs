//! A gateway on a fresh database, for tests of this crate.

use std::sync::Arc;

use accounts::{Accounts, AccountsConfig, Actor, Organization};
use store::testing::TempDir;
use store::{Db, Micros, TestClock};

use crate::usage::UsageRecord;
use crate::usage::sql::insert_records;
use crate::usage::tests::rows::{HOUR, TODAY, row};
use crate::{Gateway, GatewayConfig, Parts};

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) accounts: Accounts,
    pub(crate) clock: TestClock,
    pub(crate) org: Organization,
    pub(crate) actor: Actor,
    dir: TempDir,
}

impl World {
    pub(crate) async fn new(db: Db) -> Self {
        Self::with(db, GatewayConfig::default()).await
    }

    pub(crate) async fn with(db: Db, config: GatewayConfig) -> Self {
        let dir = TempDir::new();
        let clock = TestClock::at(Micros(TODAY + 12 * HOUR));
        let accounts = open(db, &clock, &dir).await;
        let org = accounts.create_organization("Acme", "acme").await;
        let org = org.expect("made");
        Self {
            gateway: start(&accounts, &clock, dir.path().join("journal"), config).await,
            actor: Actor::command_line(org.id),
            accounts,
            clock,
            org,
            dir,
        }
    }

    /// Another process on the same database.
    pub(crate) async fn other_process(&self, config: GatewayConfig) -> Gateway {
        let db = store::testing::second_handle(self.gateway.db()).await;
        let accounts = open(db, &self.clock, &self.dir).await;
        let journal = self.dir.path().join("other-journal");
        start(&accounts, &self.clock, journal, config).await
    }

    pub(crate) fn row(&self) -> UsageRecord {
        row(self.org.id.uuid())
    }

    pub(crate) async fn insert(&self, rows: &[UsageRecord]) {
        let inserted = insert_records(self.gateway.db(), rows).await;
        inserted.expect("stored");
    }
}

async fn open(db: Db, clock: &TestClock, dir: &TempDir) -> Accounts {
    let config = AccountsConfig {
        data_dir: dir.path().to_owned(),
        ..AccountsConfig::default()
    };
    let accounts = Accounts::open(db, Arc::new(clock.clone()), &config).await;
    accounts.expect("opens")
}

async fn start(
    accounts: &Accounts,
    clock: &TestClock,
    journal_dir: std::path::PathBuf,
    config: GatewayConfig,
) -> Gateway {
    let parts = Parts {
        db: accounts.db().clone(),
        clock: Arc::new(clock.clone()),
        accounts: accounts.clone(),
        journal_dir,
        config,
    };
    Gateway::start(parts).await.expect("starts")
}
