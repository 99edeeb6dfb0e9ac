//! The handle on projects and flows.

use std::collections::BTreeSet;
use std::sync::Arc;

use accounts::{Accounts, PageRequest};
use rag::Library;
use rag::library::CollectionState;
use store::{Db, Micros, OrgId};

use crate::ids::ProjectId;
use crate::node::Registry;
use crate::validate::Environment;
use crate::{Error, Result, sql};

/// Projects, flows, versions. Clones share everything.
#[derive(Clone)]
pub struct Flows {
    inner: Arc<Inner>,
}

struct Inner {
    accounts: Accounts,
    registry: Registry,
    library: Option<Library>,
}

impl std::fmt::Debug for Flows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flows").finish_non_exhaustive()
    }
}

impl Flows {
    /// The handle with all node types of this program.
    pub fn new(accounts: Accounts) -> Self {
        Self::with(accounts, Registry::default(), None)
    }

    /// The handle with these node types; validation judges collections where there is a library.
    pub fn with(accounts: Accounts, registry: Registry, library: Option<Library>) -> Self {
        Self {
            inner: Arc::new(Inner {
                accounts,
                registry,
                library,
            }),
        }
    }

    /// Who is calling.
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// All node types.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The database.
    pub fn db(&self) -> &Db {
        self.inner.accounts.db()
    }

    pub(crate) fn now(&self) -> Micros {
        self.inner.accounts.clock().now()
    }

    /// What the flows of a project may name. `slug`: of the flow that asks.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn environment(
        &self,
        org: OrgId,
        project: ProjectId,
        slug: Option<String>,
    ) -> Result<Environment> {
        let variables = sql::variables::list(self.db(), org, project).await?;
        let secrets = sql::variables::secrets(self.db(), org, project).await?;
        let collections = match &self.inner.library {
            Some(library) => Some(collection_slugs(library, org).await?),
            None => None,
        };
        Ok(Environment {
            slug,
            variables: variables
                .into_iter()
                .map(|variable| variable.name)
                .collect(),
            secrets: secrets.into_iter().map(|secret| secret.name).collect(),
            credentials: self.credential_names(org).await?,
            collections,
            workflows: sql::workflows::published(self.db(), org).await?,
        })
    }

    async fn credential_names(&self, org: OrgId) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = PageRequest::new(Some(accounts::MAX_LIMIT), cursor.as_deref())?;
            let page = self.accounts().list_credentials(org, page).await?;
            let active = page
                .data
                .into_iter()
                .filter(|credential| credential.is_active);
            names.extend(active.map(|one| format!("{}/{}", one.provider, one.name)));
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(names),
            }
        }
    }
}

/// Collections of one statement.
const COLLECTIONS: usize = 500;

async fn collection_slugs(library: &Library, org: OrgId) -> Result<BTreeSet<String>> {
    let mut slugs = BTreeSet::new();
    let mut before = None;
    loop {
        let some = library.list_collections(org, before, COLLECTIONS).await?;
        before = some.last().map(|collection| collection.id);
        let is_last = some.len() < COLLECTIONS;
        let answering = some
            .into_iter()
            .filter(|collection| collection.state != CollectionState::Deleting);
        slugs.extend(answering.map(|collection| collection.slug));
        if is_last {
            return Ok(slugs);
        }
    }
}

/// A name without space around it, 1 to 200 characters.
pub(crate) fn check_name(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > 200 || text.chars().any(char::is_control) {
        let message =
            format!("`{field}` must have 1 to 200 characters, none of them control characters");
        return Err(Error::invalid(message));
    }
    Ok(text.to_owned())
}

/// A text for people of at most 10,000 characters.
pub(crate) fn check_text(field: &str, text: String) -> Result<String> {
    if text.chars().count() > 10_000 {
        return Err(Error::invalid(format!(
            "`{field}` must have at most 10,000 characters"
        )));
    }
    Ok(text)
}

/// A slug: 1 to 64 of `a-z 0-9 -`.
pub(crate) fn check_slug(text: &str) -> Result<String> {
    let clean = text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if clean && (1..=64).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(Error::invalid(
        "`slug` must have 1 to 64 characters of a-z, 0-9 and -",
    ))
}

/// A slug made of a name: "Blog posts!" is `blog-posts`.
pub(crate) fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(56);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "flow".to_owned()
    } else {
        slug.to_owned()
    }
}
