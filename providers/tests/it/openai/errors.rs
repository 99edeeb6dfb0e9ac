//! Error bodies of OpenAI and its imitators to kinds.

use http::{HeaderMap, HeaderValue};
use providers::ErrorKind::{
    self, Authentication, ContentPolicy, ContextWindow, InvalidRequest, ModelNotFound, Overloaded,
    QuotaExhausted, RateLimited, Upstream,
};
use providers::openai::decode_error;

fn check(status: u16, body: &str, kind: ErrorKind, message: &str) {
    let error = decode_error(status, &HeaderMap::new(), body.as_bytes());
    assert_eq!(
        (error.kind, error.message.as_str()),
        (kind, message),
        "{status} {body}"
    );
    assert_eq!(error.status, Some(status));
}

fn coded(status: u16, code: &str, kind: ErrorKind) {
    let body = format!(r#"{{"error":{{"message":"m","type":"t","param":null,"code":"{code}"}}}}"#);
    check(status, &body, kind, "m");
    let error = decode_error(status, &HeaderMap::new(), body.as_bytes());
    assert_eq!(error.code.as_deref(), Some(code));
}

#[test]
fn openai_codes_have_kinds() {
    coded(400, "context_length_exceeded", ContextWindow);
    coded(429, "insufficient_quota", QuotaExhausted);
    coded(429, "rate_limit_exceeded", RateLimited);
    coded(401, "invalid_api_key", Authentication);
    coded(404, "model_not_found", ModelNotFound);
    coded(400, "content_policy_violation", ContentPolicy);
    coded(400, "content_filter", ContentPolicy);
    coded(400, "unsupported_parameter", InvalidRequest);
    coded(500, "server_error", Upstream);
    coded(503, "slow_down", Overloaded);
}

#[test]
fn imitators_forms_are_read() {
    check(400, r#"{"error":"bad thing"}"#, InvalidRequest, "bad thing");
    check(
        404,
        r#"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","code":404}}"#,
        ModelNotFound,
        "The model `x` does not exist.",
    );
    check(
        400,
        r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#,
        ContextWindow,
        "This model's maximum context length is 4096 tokens.",
    );
    check(422, r#"{"detail":"nope"}"#, InvalidRequest, "nope");
    check(
        422,
        r#"{"detail":[{"loc":["body","n"],"msg":"extra","type":"x"}]}"#,
        InvalidRequest,
        "n: extra",
    );
    check(
        422,
        r#"{"object":"error","message":{"detail":[{"loc":["body","messages",0,"role"],"msg":"bad"}]}}"#,
        InvalidRequest,
        "messages.0.role: bad",
    );
    check(
        400,
        r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]"#,
        Authentication,
        "API key not valid.",
    );
    check(
        429,
        r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"slow\ndown","provider_name":"X"}}}"#,
        RateLimited,
        "Provider returned error: slow down",
    );
    check(
        402,
        r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#,
        QuotaExhausted,
        "Insufficient Balance",
    );
    check(
        401,
        r#"{"statusCode":401,"message":"Unauthorized"}"#,
        Authentication,
        "Unauthorized",
    );
}

#[test]
fn the_field_that_is_wrong_is_named() {
    let body = br#"{"detail":[{"loc":["body","messages",0,"role"],"msg":"bad"}]}"#;
    let error = decode_error(422, &HeaderMap::new(), body);
    assert_eq!(error.param.as_deref(), Some("messages.0.role"));
}

#[test]
fn bodies_that_are_not_json_are_cut_short() {
    check(
        502,
        "",
        Upstream,
        "the provider answered 502 without a body",
    );
    check(
        503,
        "<html>\n  busy</html>",
        Overloaded,
        "the provider answered 503: <html> busy</html>",
    );
    let long = "é".repeat(1000);
    let error = decode_error(500, &HeaderMap::new(), long.as_bytes());
    assert!(error.message.chars().count() <= 300 + 40);
    let error = decode_error(429, &HeaderMap::new(), b"\xff\xfe");
    assert_eq!(error.kind, RateLimited);
}

#[test]
fn the_wait_is_read_from_the_headers() {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", HeaderValue::from_static("3"));
    let error = decode_error(
        429,
        &headers,
        br#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#,
    );
    assert_eq!(error.retry_after_ms, Some(3000));
    assert_eq!(decode_error(503, &headers, b"x").retry_after_ms, Some(3000));
}
