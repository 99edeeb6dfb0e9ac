//! Passkeys: what a browser hands over is checked as Web Authentication Level 3 says
//! (<https://www.w3.org/TR/webauthn-3/>, §7.1 and §7.2, read 2026-11-22).
//!
//! Our own few hundred lines on `ring`: the libraries at hand bring OpenSSL. Pure: no database, no
//! clock. That a challenge is ours, fresh and unused is the caller's part. Who made an authenticator is
//! not asked for: attestation is `none`.

mod assertion;
mod authenticator;
mod client_data;
mod cose;
mod options;
mod registration;
mod relying_party;

pub(crate) use assertion::{Assertion, Known, Login};
pub(crate) use client_data::challenge_of;
pub(crate) use options::{creation, request};
pub(crate) use registration::Attestation;
pub(crate) use relying_party::RelyingParty;

/// Why a passkey was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0} is malformed")]
    Malformed(&'static str),
    #[error("it was made for another ceremony")]
    WrongCeremony,
    #[error("it was made on a page of another site")]
    WrongOrigin,
    #[error("it belongs to another site")]
    WrongSite,
    #[error("nobody was present at the authenticator")]
    NotPresent,
    #[error("the authenticator did not verify who used it (PIN, finger or face)")]
    NotVerified,
    #[error("its kind of key is not supported")]
    UnsupportedKey,
    #[error("its attestation is not supported")]
    UnsupportedAttestation,
    #[error("its signature is wrong")]
    WrongSignature,
    #[error("its counter went back: there may be a copy of it")]
    Copied,
    #[error("what it says about backups contradicts itself or what it said before")]
    WrongBackup,
}
