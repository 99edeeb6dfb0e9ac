//! Callers of `/api/v1/organizations/{id}/…`: what they are in the organization that the path names.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use store::{OrgId, UserId};

use super::ApiError;
use super::caller::{self, Caller, Member};
use crate::{Accounts, Principal, SignedIn};

/// A caller in the organization with the path's `{id}`: a person who belongs to it, whichever
/// organization the session works in, or an API key of it with admin scope. To all others the
/// organization does not exist.
#[derive(Debug, Clone)]
pub struct OrgMember(pub Member);

impl<S> FromRequestParts<S> for OrgMember
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let org = path_id(parts, state).await?;
        let who = AnyCaller::from_request_parts(parts, state).await?;
        let accounts = Accounts::from_ref(state);
        let principal = match who {
            AnyCaller::Person(signed_in) => accounts.membership(signed_in.user_id(), org),
            AnyCaller::Key(principal) => Some(principal).filter(|key| key.org_id() == org),
        };
        let missing = || ApiError::not_found(format!("organization {org} does not exist"));
        principal.map(|p| Self(Member(p))).ok_or_else(missing)
    }
}

/// A person, in whatever organization the session works (or in none), or an API key with admin scope.
#[derive(Debug, Clone)]
pub enum AnyCaller {
    /// A session.
    Person(SignedIn),
    /// A key with admin scope.
    Key(Arc<Principal>),
}

impl<S> FromRequestParts<S> for AnyCaller
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accounts = Accounts::from_ref(state);
        let changes = caller::changes(&parts.method);
        match caller::find(&accounts, &parts.headers, changes).await? {
            Caller::Session(signed_in) => Ok(Self::Person(signed_in)),
            Caller::Key(_) => {
                let member = Member::from_request_parts(parts, state).await?;
                Ok(Self::Key(member.0))
            }
        }
    }
}

/// A session of somebody who owns the instance.
#[derive(Debug, Clone, Copy)]
pub struct InstanceOwner(pub UserId);

impl<S> FromRequestParts<S> for InstanceOwner
where
    S: Send + Sync,
    Accounts: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let refused = || {
            ApiError::forbidden(
                "this is for the owner of the whole instance, signed in as a person",
            )
        };
        match AnyCaller::from_request_parts(parts, state).await? {
            AnyCaller::Person(signed_in) => {
                let owns = signed_in.principal().is_ok_and(|p| p.is_instance_owner())
                    || Accounts::from_ref(state).owns_instance(signed_in.user_id());
                owns.then(|| Self(signed_in.user_id())).ok_or_else(refused)
            }
            AnyCaller::Key(_) => Err(refused()),
        }
    }
}

async fn path_id<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<OrgId, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let text = params
        .iter()
        .find_map(|(name, value)| (name == "id").then_some(value))
        .unwrap_or_default();
    text.parse()
        .map_err(|error: store::ParseIdError| ApiError::invalid(error.to_string()))
}
