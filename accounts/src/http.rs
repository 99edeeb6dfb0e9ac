//! The part of `/api/v1` that this crate owns, and what all handlers of `/api/v1` share: the error
//! form, callers and their permissions, strict bodies and cursor pages.

mod account;
mod answer;
mod audit;
mod auth;
mod budgets;
mod caller;
mod cookie;
mod credentials;
mod device;
mod error;
mod extract;
mod idempotent;
mod invitations;
mod keys;
mod limits;
mod members;
mod mfa;
mod oidc;
mod org_member;
mod organizations;
mod origin;
mod outbox;
mod passkeys;
mod permissions;
mod plans;
mod preferences;
mod request_id;
mod routes;
mod setup;
mod tagged;
mod teams;
mod webhook;

use crate::routes;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;

pub use caller::{CSRF_HEADER, Member, authenticate, organization_of, presented_key};
pub use cookie::ACCESS_COOKIE;
pub use device::PeerAddress;
pub use error::{ApiError, ErrorBody, ErrorDetail};
pub use extract::{Id, Paging, StrictJson};
pub use idempotent::{IDEMPOTENCY_KEY, idempotent};
pub use keys::CreatedKey;
pub use org_member::{AnyCaller, InstanceOwner, OrgMember};
pub use request_id::{RequestId, with_request_id};
pub use routes::{Endpoint, Routes};
pub use tagged::Tagged;

use crate::Accounts;

/// Largest body of a request; pictures of people are the largest there are.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Keys, limits, budgets, credentials and the current organization, each behind a permission.
///
/// The paths are complete (`/api/v1/…`): merge the router, do not nest it. The OpenAPI document must
/// define the security schemes `api_key` and `session`.
pub fn router(accounts: Accounts) -> Routes {
    Routes::new()
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::update, keys::delete))
        .routes(routes!(limits::list, limits::create))
        .routes(routes!(limits::get, limits::update, limits::delete))
        .routes(routes!(budgets::list, budgets::create))
        .routes(routes!(budgets::get, budgets::update, budgets::delete))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(
            credentials::get,
            credentials::update,
            credentials::replace,
            credentials::delete
        ))
        .routes(routes!(
            organizations::current,
            organizations::update_current
        ))
        .routes(routes!(organizations::list, organizations::create))
        .routes(routes!(
            organizations::get,
            organizations::update,
            organizations::replace,
            organizations::delete
        ))
        .routes(routes!(organizations::export))
        .routes(routes!(organizations::list_all))
        .routes(routes!(members::list, members::invite))
        .routes(routes!(members::get, members::update, members::remove))
        .routes(routes!(invitations::list, invitations::create))
        .routes(routes!(invitations::get, invitations::revoke))
        .routes(routes!(invitations::resend))
        .routes(routes!(invitations::preview))
        .routes(routes!(invitations::accept))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::get, teams::update, teams::delete))
        .routes(routes!(teams::list_members))
        .routes(routes!(teams::add_member, teams::remove_member))
        .routes(routes!(audit::list))
        .routes(routes!(plans::list))
        .routes(routes!(webhook::get, webhook::put, webhook::delete))
        .routes(routes!(permissions::list))
        .routes(routes!(outbox::list))
        .merge(people())
        .with_state(accounts)
        .layer(from_fn(with_request_id))
        // Also before anybody is known: nobody gets to send megabytes.
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Signing in, and what people do about themselves.
fn people() -> Routes<Accounts> {
    Routes::new()
        .routes(routes!(setup::get, setup::create))
        .routes(routes!(auth::register))
        .routes(routes!(auth::verify_email))
        .routes(routes!(auth::resend_verification))
        .routes(routes!(auth::forgot_password))
        .routes(routes!(auth::reset_password))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(account::me, account::update))
        .routes(routes!(account::change_password))
        .routes(routes!(account::delete))
        .routes(routes!(account::switch))
        .routes(routes!(account::list_sessions, account::end_others))
        .routes(routes!(account::end_session))
        .routes(routes!(account::put_avatar, account::delete_avatar))
        .routes(routes!(account::get_avatar))
        .routes(routes!(preferences::get, preferences::update))
        .routes(routes!(mfa::get))
        .routes(routes!(mfa::enrol))
        .routes(routes!(mfa::confirm))
        .routes(routes!(mfa::disable))
        .routes(routes!(mfa::recovery_codes))
        .routes(routes!(mfa::verify))
        .routes(routes!(mfa::passkey_options))
        .routes(routes!(passkeys::list, passkeys::register))
        .routes(routes!(passkeys::begin))
        .routes(routes!(passkeys::rename))
        .routes(routes!(passkeys::delete))
        .routes(routes!(passkeys::begin_login))
        .routes(routes!(passkeys::login))
        .routes(routes!(oidc::providers))
        .routes(routes!(oidc::start))
        .routes(routes!(oidc::callback))
        .routes(routes!(oidc::link))
        .routes(routes!(oidc::identities))
        .routes(routes!(oidc::unlink))
}
