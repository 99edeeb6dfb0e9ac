//! Limits and budgets: what an organization, a team, a user or a key may use.

use serde::Serialize;
use store::{BudgetId, KeyId, LimitId, Micros, OrgId, TeamId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pattern;
use crate::word::word;

word! {
    /// Whose use a limit or budget counts.
    pub enum ScopeKind {
        /// Everything the organization uses.
        Organization = "organization",
        /// All keys of a team together.
        Team = "team",
        /// All keys of a user together.
        User = "user",
        /// One key.
        Key = "key",
    }

    /// What a limit counts.
    pub enum Metric {
        /// Calls begun in the window.
        Requests = "requests",
        /// Prompt and completion tokens in the window.
        Tokens = "tokens",
        /// Calls under way at the same time; has no window.
        Concurrency = "concurrency",
    }

    /// Over which time a limit counts.
    pub enum Window {
        /// Not over time: the limit is on concurrency.
        None = "",
        /// 60 seconds.
        Minute = "minute",
        /// 3,600 seconds.
        Hour = "hour",
        /// 86,400 seconds.
        Day = "day",
    }

    /// Over which time a budget counts. Calendar periods in UTC; weeks begin on Monday.
    pub enum Period {
        /// From midnight to midnight.
        Day = "day",
        /// Monday to Sunday.
        Week = "week",
        /// The first to the last of the month.
        Month = "month",
        /// For good.
        Total = "total",
    }

    /// What a budget counts.
    pub enum Unit {
        /// Money in nano-dollars: 1,000,000,000 are 1 US dollar.
        NanoUsd = "nano_usd",
        /// Prompt and completion tokens.
        Tokens = "tokens",
    }
}

impl Window {
    /// Length in seconds; `None` where nothing is counted over time.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Minute => Some(60),
            Self::Hour => Some(3_600),
            Self::Day => Some(86_400),
        }
    }
}

/// Whose use is counted, with the id of the organization, team, user or key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The organization.
    Organization(OrgId),
    /// A team of it.
    Team(TeamId),
    /// A member of it.
    User(UserId),
    /// A key of it.
    Key(KeyId),
}

impl Scope {
    /// A scope from its two columns.
    pub const fn new(kind: ScopeKind, id: Uuid) -> Self {
        match kind {
            ScopeKind::Organization => Self::Organization(OrgId::from_uuid(id)),
            ScopeKind::Team => Self::Team(TeamId::from_uuid(id)),
            ScopeKind::User => Self::User(UserId::from_uuid(id)),
            ScopeKind::Key => Self::Key(KeyId::from_uuid(id)),
        }
    }

    /// Which kind.
    pub const fn kind(self) -> ScopeKind {
        match self {
            Self::Organization(_) => ScopeKind::Organization,
            Self::Team(_) => ScopeKind::Team,
            Self::User(_) => ScopeKind::User,
            Self::Key(_) => ScopeKind::Key,
        }
    }

    /// Whose.
    pub const fn id(self) -> Uuid {
        match self {
            Self::Organization(id) => id.uuid(),
            Self::Team(id) => id.uuid(),
            Self::User(id) => id.uuid(),
            Self::Key(id) => id.uuid(),
        }
    }
}

store::row! {
    /// A limit on requests, tokens or concurrency.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Limit {
        /// Id.
        pub id: LimitId,
        /// Whose organization set it.
        pub org_id: OrgId,
        /// Whose use is counted.
        pub scope: ScopeKind,
        /// The id of the organization, team, user or key.
        #[schema(value_type = String, format = "uuid")]
        pub scope_id: Uuid,
        /// A model name, with `*` for any part; absent: all models counted together.
        pub model: Option<String>,
        /// What is counted.
        pub metric: Metric,
        /// Over which time; the empty word for concurrency.
        pub window: Window,
        /// How many are allowed; 0 forbids.
        pub max: i64,
        /// When it was set.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }

    /// A budget in money or tokens.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
    pub struct Budget {
        /// Id.
        pub id: BudgetId,
        /// Whose organization set it.
        pub org_id: OrgId,
        /// Whose use is counted.
        pub scope: ScopeKind,
        /// The id of the organization, team, user or key.
        #[schema(value_type = String, format = "uuid")]
        pub scope_id: Uuid,
        /// A model name, with `*` for any part; absent: all models counted together.
        pub model: Option<String>,
        /// Over which time.
        pub period: Period,
        /// What is counted.
        pub unit: Unit,
        /// How much may be used in the period, in `unit`; 0 forbids.
        pub max: i64,
        /// When it was set.
        pub created_at: Micros,
        /// When it was last changed.
        pub updated_at: Micros,
    }
}

impl Limit {
    /// Whose use is counted.
    pub const fn scope(&self) -> Scope {
        Scope::new(self.scope, self.scope_id)
    }

    /// Whether calls of `model` count.
    pub fn covers(&self, model: &str) -> bool {
        self.model
            .as_deref()
            .is_none_or(|pattern| pattern::matches(pattern, model))
    }
}

impl Budget {
    /// Whose use is counted.
    pub const fn scope(&self) -> Scope {
        Scope::new(self.scope, self.scope_id)
    }

    /// Whether calls of `model` count.
    pub fn covers(&self, model: &str) -> bool {
        self.model
            .as_deref()
            .is_none_or(|pattern| pattern::matches(pattern, model))
    }
}
