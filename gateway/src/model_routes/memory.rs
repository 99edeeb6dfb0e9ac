//! All organizations' routes, ready to be called.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use store::{Db, OrgId};

use super::sql::{self, ModelRoute};
use crate::error::Error;
use crate::route::pattern::Pattern;
use crate::route::table::Local;
use crate::route::{Route, Table};

/// Pause before routes that could not be read are tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// All routes. Clones share everything.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What calls read.
    current: ArcSwap<HashMap<OrgId, Arc<Routes>>>,
    /// What it is made of; also keeps two who make it from overtaking each other.
    stored: Mutex<Stored>,
    /// One reader of the database at a time, so that an older answer never replaces a newer one.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Stored {
    /// The highest revision that was read.
    seen: i64,
    by_org: HashMap<OrgId, Vec<ModelRoute>>,
}

/// The routes of one organization.
#[derive(Default)]
struct Routes {
    /// Those that lead to vendors only.
    fixed: HashMap<String, Arc<Route>>,
    /// The others, made at each call: names without a star first, then the longest.
    open: Vec<(Pattern, ModelRoute)>,
    /// Names without a star.
    names: Vec<String>,
}

impl Memory {
    /// Where an organization's own route of this name leads; `None` when it has none.
    pub(crate) fn resolve(
        &self,
        org: OrgId,
        table: &Table,
        name: &str,
        local: &Local<'_>,
    ) -> Option<Result<Arc<Route>, Error>> {
        let all = self.inner.current.load();
        let routes = all.get(&org)?;
        if let Some(route) = routes.fixed.get(name) {
            return Some(Ok(Arc::clone(route)));
        }
        routes.open.iter().find_map(|(pattern, route)| {
            let star = pattern.capture(name)?;
            let built = table.build_of_organization(name, &route.definition, star, local);
            Some(built.map(Arc::new))
        })
    }

    /// Names of an organization's routes that can be called as they stand, sorted.
    pub(crate) fn names(&self, org: OrgId) -> Vec<String> {
        let all = self.inner.current.load();
        all.get(&org).map_or_else(Vec::new, |r| r.names.clone())
    }

    /// Reads what changed since the last time.
    ///
    /// # Errors
    /// Those of the database; what was known stays in force.
    pub(crate) async fn refresh(
        &self,
        db: &Db,
        table: impl Fn() -> Arc<Table>,
    ) -> store::Result<()> {
        self.read(db, table, false).await
    }

    /// Reads what changed, or with `anew` everything: after the database went back to an earlier state.
    async fn read(&self, db: &Db, table: impl Fn() -> Arc<Table>, anew: bool) -> store::Result<()> {
        let _reading = self.inner.reading.lock().await;
        let seen = if anew {
            0
        } else {
            self.inner.stored.lock().seen
        };
        let changed = sql::changed(db, seen).await?;
        if changed.is_empty() && !anew {
            return Ok(());
        }
        let rows = sql::of_changed(db, seen).await?;
        let mut stored = self.inner.stored.lock();
        if anew {
            *stored = Stored::default();
        }
        for (org, revision) in &changed {
            stored.seen = stored.seen.max(*revision);
            stored.by_org.remove(org);
        }
        // An organization that changed between the two statements is read whole the next time.
        for row in rows {
            if changed.iter().any(|(org, _)| *org == row.org_id) {
                stored.by_org.entry(row.org_id).or_default().push(row);
            }
        }
        let table = table();
        let mut next = match anew {
            true => HashMap::new(),
            false => HashMap::clone(&self.inner.current.load()),
        };
        for (org, _) in &changed {
            match stored.by_org.get(org) {
                Some(routes) => next.insert(*org, Arc::new(Routes::new(&table, routes))),
                None => next.remove(org),
            };
        }
        self.inner.current.store(Arc::new(next));
        Ok(())
    }

    /// Makes all routes anew, after the configuration changed.
    pub(crate) fn rebuild(&self, table: &Table) {
        let stored = self.inner.stored.lock();
        let made = |(org, routes): (&OrgId, &Vec<ModelRoute>)| {
            (*org, Arc::new(Routes::new(table, routes)))
        };
        let all = stored.by_org.iter().map(made).collect();
        self.inner.current.store(Arc::new(all));
    }

    /// Follows changes by any process. Runs for ever.
    pub(crate) async fn watch(self, accounts: Accounts, table: impl Fn() -> Arc<Table>) {
        let mut changes = accounts.changes();
        let mut seen = None;
        loop {
            let now = changes.borrow_and_update().model_routes;
            if seen != Some(now) {
                let went_back = seen.is_some_and(|seen| now < seen);
                match self.read(accounts.db(), &table, went_back).await {
                    Ok(()) => seen = Some(now),
                    Err(error) => {
                        tracing::warn!(%error, "cannot read routes of models; it will be tried again");
                        tokio::time::sleep(AGAIN).await;
                        continue;
                    }
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Routes {
    fn new(table: &Table, routes: &[ModelRoute]) -> Self {
        let mut made = Self::default();
        for route in routes {
            let pattern = Pattern::new(&route.name);
            if pattern.is_wild() {
                made.open.push((pattern, route.clone()));
                continue;
            }
            made.names.push(route.name.clone());
            let model = &route.definition;
            let fixed = model.models().all(|target| table.is_vendor(target));
            match table.build(&route.name, model, "", &|_| None) {
                Ok(built) if fixed => {
                    made.fixed.insert(route.name.clone(), Arc::new(built));
                }
                _ => made.open.push((pattern, route.clone())),
            }
        }
        made.open.sort_by_key(|(pattern, _)| {
            (pattern.is_wild(), std::cmp::Reverse(pattern.fill("").len()))
        });
        made
    }
}
