//! How often a visitor, and all of them together, may have a page do something: counted in the database,
//! so that all instances count together and a restart forgets nothing.

use std::num::NonZeroU32;
use std::time::Duration;

use accounts::http::ApiError;
use axum::http::StatusCode;
use store::Micros;

use super::{OpenPage, unavailable};
use crate::deploy::Deployments;
use crate::sql::pages;

/// How long counters are kept.
pub(super) const KEPT: Duration = Duration::from_secs(7_200);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// Passwords that one visitor may try.
const TRIES: i64 = 10;
const TRIES_WITHIN: Duration = Duration::from_secs(600);

/// One kind of event and how many there may be.
struct Limit<'a> {
    counter: String,
    most: i64,
    within: Duration,
    code: &'static str,
    message: &'a str,
}

/// Counts a message of this visitor.
pub(super) async fn message(
    deployments: &Deployments,
    page: &OpenPage,
    visitor: &str,
) -> Result<(), ApiError> {
    let settings = &page.settings;
    let of_visitor = Limit {
        counter: format!("message:{visitor}"),
        most: i64::from(settings.visitor_per_minute),
        within: MINUTE,
        code: "visitor_rate_exceeded",
        message: "you have sent too many messages within a minute",
    };
    of_visitor.count(deployments, page).await?;
    let of_page = Limit {
        counter: "message".to_owned(),
        most: i64::from(settings.page_per_hour),
        within: HOUR,
        code: "page_rate_exceeded",
        message: "this page has been used so much that it pauses",
    };
    of_page.count(deployments, page).await
}

/// Counts an attempt of this visitor to say the password.
pub(super) async fn attempt(
    deployments: &Deployments,
    page: &OpenPage,
    visitor: &str,
) -> Result<(), ApiError> {
    let limit = Limit {
        counter: format!("password:{visitor}"),
        most: TRIES,
        within: TRIES_WITHIN,
        code: "visitor_rate_exceeded",
        message: "too many passwords were tried",
    };
    limit.count(deployments, page).await
}

impl Limit<'_> {
    async fn count(&self, deployments: &Deployments, page: &OpenPage) -> Result<(), ApiError> {
        let now = deployments.flows.now();
        let length = i64::try_from(self.within.as_micros()).unwrap_or(i64::MAX);
        let begun = Micros(now.0 - now.0.rem_euclid(length));
        let counted = pages::count(deployments.flows.db(), &page.row, &self.counter, begun).await;
        if counted.map_err(|error| unavailable(error.into()))? <= self.most {
            return Ok(());
        }
        let left = (begun.0 + length - now.0).max(1);
        let seconds = u32::try_from(left.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX);
        let message = format!("{}: try again in {seconds} s", self.message);
        let mut error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, self.code, message);
        error.retry_after = NonZeroU32::new(seconds);
        Err(error)
    }
}
