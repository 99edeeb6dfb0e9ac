//! Which rows a report is about.

use store::Micros;
use uuid::Uuid;

/// Rows of `[from, to)` for which every condition holds. Values of one column are alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// First moment.
    pub from: Micros,
    /// First moment that is too late.
    pub to: Micros,
    /// Conditions on texts.
    pub texts: Vec<(TextColumn, Vec<String>)>,
    /// Conditions on ids.
    pub ids: Vec<(IdColumn, Vec<Uuid>)>,
    /// Tags of which a row has at least one; empty: any row.
    pub tags: Vec<String>,
    /// Least cost in nano-dollars; rows of unknown cost do not count then.
    pub min_cost_nano_usd: Option<i64>,
}

impl Filter {
    /// All rows of a time.
    pub fn between(from: Micros, to: Micros) -> Self {
        Self {
            from,
            to,
            texts: Vec::new(),
            ids: Vec::new(),
            tags: Vec::new(),
            min_cost_nano_usd: None,
        }
    }
}

/// A text to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextColumn {
    /// Model at the provider.
    Model,
    /// Provider as configured.
    Provider,
    /// Path that was called.
    Endpoint,
    /// Kind of call.
    Operation,
    /// How the attempt ended.
    Status,
    /// The client's name for its end user.
    EndUser,
    /// Model as the client named it.
    RequestedModel,
    /// Who in this program called.
    Caller,
    /// The call's id.
    RequestId,
    /// Why the attempt failed.
    ErrorKind,
}

/// An id to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdColumn {
    /// API key.
    Key,
    /// User.
    User,
    /// Team.
    Team,
}
