//! The configuration that the gateway is measured with: the only place that knows its form.
//!
//! Authentication, limits, budget, metering and the journal are on; the limits are set so high that
//! none is ever reached. The cache is off: the suite sends the same bytes again and again, and reports
//! answers that the upstream never saw as failures.

/// Model prefix whose provider speaks OpenAI's dialect, so that requests are passed through.
pub const SAME_DIALECT: &str = "up";
/// Model prefix whose provider speaks Anthropic's dialect, so that requests are translated.
pub const TRANSLATED: &str = "claude";

/// The configuration file for a gateway whose providers are all served by the scripted upstream at
/// `upstream_url` (`http://host:port`, without a slash at the end).
#[must_use]
pub fn gateway_config(upstream_url: &str) -> String {
    format!(
        r#"# Written by `bench suite`: every provider is the scripted upstream.

[providers.{SAME_DIALECT}]
kind = "custom"
base_url = "{upstream_url}/v1"
api_key = "bench-openai-key"

[providers.{TRANSLATED}]
kind = "anthropic"
base_url = "{upstream_url}"
api_key = "bench-anthropic-key"

[catalogue."custom/*"]
price = {{ input = "0.15", output = "0.60" }}

[catalogue."anthropic/*"]
price = {{ input = "3", output = "15" }}
max_output_tokens = 8192
"#
    )
}

/// Paths and bodies that switch limits and a budget on for the whole organization, through the
/// gateway's REST API. So high that none is ever reached.
pub const RULES: [(&str, &str); 4] = [
    (
        "/api/v1/limits",
        r#"{"scope":"organization","metric":"requests","window":"minute","max":1000000000}"#,
    ),
    (
        "/api/v1/limits",
        r#"{"scope":"organization","metric":"tokens","window":"minute","max":100000000000000}"#,
    ),
    (
        "/api/v1/limits",
        r#"{"scope":"organization","metric":"concurrency","max":1000000}"#,
    ),
    (
        "/api/v1/budgets",
        r#"{"scope":"organization","period":"month","unit":"nano_usd","max":1000000000000000000}"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_points_at_the_upstream() {
        let text = gateway_config("http://127.0.0.1:9");
        assert_eq!(text.matches("[providers.").count(), 2);
        assert_eq!(text.matches("http://127.0.0.1:9").count(), 2);
    }
}
