//! What usage can be grouped by.

/// A word of `group_by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// The hour (UTC) in which the attempt began.
    Hour,
    /// The day (UTC) in which the attempt began.
    Day,
    /// Model at the provider.
    Model,
    /// Provider as configured.
    Provider,
    /// API key.
    Key,
    /// User the key belongs to.
    User,
    /// Team the key belongs to.
    Team,
    /// Tag: a row with several counts under each.
    Tag,
    /// Path that was called.
    Endpoint,
    /// Kind of call: `chat`, `embeddings`, ….
    Operation,
    /// How the attempt ended.
    Status,
    /// The client's name for its end user.
    EndUser,
    /// Model as the client named it.
    RequestedModel,
    /// Who in this program called: `http`, `rag`, `flow`.
    Caller,
}

impl Dimension {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::Hour,
        Self::Day,
        Self::Model,
        Self::Provider,
        Self::Key,
        Self::User,
        Self::Team,
        Self::Tag,
        Self::Endpoint,
        Self::Operation,
        Self::Status,
        Self::EndUser,
        Self::RequestedModel,
        Self::Caller,
    ];

    /// The word in queries and the field in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Key => "key",
            Self::User => "user",
            Self::Team => "team",
            Self::Tag => "tag",
            Self::Endpoint => "endpoint",
            Self::Operation => "operation",
            Self::Status => "status",
            Self::EndUser => "end_user",
            Self::RequestedModel => "requested_model",
            Self::Caller => "caller",
        }
    }

    /// Whether rows are in order of time first.
    pub(super) const fn is_time(self) -> bool {
        matches!(self, Self::Hour | Self::Day)
    }
}
