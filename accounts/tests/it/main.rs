//! The crate's behaviour on real databases, as the gateway and the server use it.

#![expect(
    clippy::disallowed_methods,
    reason = "tasks of a test end with its runtime"
)]

mod authenticate;
mod authenticator;
mod credentials;
mod http;
mod invitations;
mod keys;
mod login;
mod mail;
mod members;
mod oidc;
mod oidc_provider;
mod oidc_settings;
mod oidc_site;
mod organizations;
mod passkeys;
mod profile;
mod registration;
mod rules;
mod secrets;
mod sessions;
mod site;
mod support;
mod totp;
mod twice;
