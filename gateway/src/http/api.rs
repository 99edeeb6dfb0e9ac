//! What the handlers of `/api/v1` in this crate share.

use accounts::Accounts;
use accounts::http::ApiError;
use axum::extract::FromRef;
use store::{Db, Micros};

use crate::Gateway;

/// The state of the handlers.
#[derive(Debug, Clone)]
pub(super) struct Api(pub(super) Gateway);

impl FromRef<Api> for Accounts {
    fn from_ref(api: &Api) -> Self {
        api.0.accounts().clone()
    }
}

impl Api {
    pub(super) fn db(&self) -> &Db {
        self.0.db()
    }

    pub(super) fn accounts(&self) -> &Accounts {
        self.0.accounts()
    }

    pub(super) fn now(&self) -> Micros {
        Micros(self.0.now_us())
    }
}

/// The database's trouble, as clients may see it.
pub(super) fn failed(error: store::Error) -> ApiError {
    accounts::Error::from(error).into()
}
