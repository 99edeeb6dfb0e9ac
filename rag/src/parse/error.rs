//! Why a file was not read.

use serde::{Deserialize, Serialize};

/// Why a file was not read. The texts are for users: they say what to do where something can be
/// done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseError {
    /// It is locked; ask for the password.
    #[error("the file is locked: give its password")]
    PasswordNeeded,
    /// The password does not open it.
    #[error("the password does not open the file")]
    WrongPassword,
    /// It unpacks to more, nests deeper or takes longer than any honest file.
    #[error("{what} is beyond the limit of {limit}")]
    TooLarge {
        /// What is too large, with its unit.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// It is damaged so that nothing can be read.
    #[error("the file is damaged: {detail}")]
    Broken {
        /// What is wrong.
        detail: String,
    },
    /// Its kind cannot be read.
    #[error("the file cannot be read: {detail}")]
    Unsupported {
        /// What it is, and what to do instead.
        detail: String,
    },
}
