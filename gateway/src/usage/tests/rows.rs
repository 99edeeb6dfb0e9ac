//! Rows to test with.

use providers::Usage;
use uuid::Uuid;

use crate::usage::{Status, UsageRecord, UsageSource};

/// 2026-11-22T00:00:00Z.
pub(crate) const TODAY: i64 = 1_795_305_600_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A successful chat call without anything special.
pub(crate) fn row(org: Uuid) -> UsageRecord {
    UsageRecord {
        id: Uuid::now_v7(),
        org_id: org,
        request_id: format!("req_{}", Uuid::new_v4().simple()),
        attempt: 1,
        key_id: None,
        user_id: None,
        team_id: None,
        created_at: TODAY,
        operation: "chat".to_owned(),
        endpoint: "/v1/chat/completions".to_owned(),
        requested_model: "fast".to_owned(),
        provider: "openai".to_owned(),
        model: "gpt-5".to_owned(),
        status: Status::Success,
        http_status: Some(200),
        error_kind: None,
        error_message: None,
        upstream_id: None,
        stream: false,
        usage: Usage::tokens(100, 20),
        usage_source: UsageSource::Reported,
        cost_nano_usd: Some(1_000),
        saved_nano_usd: 0,
        price_version: Some("2026-11-01".to_owned()),
        latency_us: 500_000,
        first_token_us: None,
        overhead_us: 150,
        end_user: None,
        tags: Vec::new(),
        metadata: None,
        caller: "http".to_owned(),
        run_id: None,
        translation: None,
    }
}

/// The row as it stands in the journal while its attempt is open.
pub(crate) fn begun(row: &UsageRecord) -> UsageRecord {
    UsageRecord {
        status: Status::Interrupted,
        usage: Usage::tokens(90, 0),
        usage_source: UsageSource::Estimated,
        cost_nano_usd: None,
        latency_us: 0,
        ..row.clone()
    }
}
