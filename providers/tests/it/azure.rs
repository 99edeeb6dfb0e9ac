//! Azure OpenAI: addresses, content filters, first chunks.

use http::HeaderMap;
use providers::auth::AuthKind;
use providers::azure::Azure;
use providers::openai::decode_chat;
use providers::provider::{Operation, Settings, Target};
use providers::{DialectId, ErrorKind, Notes, Provider};

use crate::openai::{collect, decode, fixture, tap, target};

const CHAT: Operation = Operation::Chat(DialectId::Chat);
const RESPONSES: Operation = Operation::Chat(DialectId::Responses);

fn url(base: &str, settings: &Settings, model: &str, op: Operation) -> Result<String, ErrorKind> {
    let to = Target {
        settings,
        ..target(model, base)
    };
    let endpoint = Azure.endpoint(&to, op, false);
    endpoint.map(|e| e.url).map_err(|e| e.kind)
}

#[test]
fn v1_addresses_have_the_model_in_the_body() {
    let plain = Settings::default();
    let expected = "https://r.openai.azure.com/openai/v1/chat/completions";
    for base in [
        "https://r.openai.azure.com",
        "https://r.openai.azure.com/",
        "https://r.openai.azure.com/openai",
        "https://r.openai.azure.com/openai/v1/",
    ] {
        assert_eq!(url(base, &plain, "m", CHAT).as_deref(), Ok(expected));
    }
    let base = "https://r.openai.azure.com";
    let responses = "https://r.openai.azure.com/openai/v1/responses";
    assert_eq!(url(base, &plain, "m", RESPONSES).as_deref(), Ok(responses));
    let preview = Settings {
        api_version: Some("preview".into()),
        ..Settings::default()
    };
    let expected = format!("{expected}?api-version=preview");
    assert_eq!(url(base, &preview, "m", CHAT), Ok(expected));
    assert_eq!(
        url(base, &plain, "m", Operation::Moderation),
        Err(ErrorKind::NotSupported)
    );
}

#[test]
fn deployment_addresses_have_the_model_and_a_version() {
    let mut settings = Settings {
        deployment_urls: true,
        ..Settings::default()
    };
    let base = "https://r.openai.azure.com";
    let expected = "https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21";
    assert_eq!(
        url(base, &settings, "my-gpt", CHAT).as_deref(),
        Ok(expected)
    );
    settings.api_version = Some("2025-04-01-preview".into());
    let expected =
        "https://r.openai.azure.com/openai/deployments/d/embeddings?api-version=2025-04-01-preview";
    assert_eq!(
        url(base, &settings, "d", Operation::Embeddings).as_deref(),
        Ok(expected)
    );
    let responses = "https://r.openai.azure.com/openai/v1/responses";
    assert_eq!(
        url(base, &settings, "d", RESPONSES).as_deref(),
        Ok(responses)
    );
}

#[test]
fn models_and_versions_cannot_change_the_address() {
    let mut settings = Settings {
        deployment_urls: true,
        ..Settings::default()
    };
    for model in ["../x", "a/b", "a?b", "a&b", ""] {
        assert_eq!(
            url("https://r", &settings, model, CHAT),
            Err(ErrorKind::InvalidRequest),
            "{model}"
        );
    }
    settings.api_version = Some("1&x=y".into());
    assert_eq!(
        url("https://r", &settings, "m", CHAT),
        Err(ErrorKind::InvalidRequest)
    );
}

#[test]
fn the_key_has_its_own_header() {
    assert_eq!(Azure.info().auth, AuthKind::Header("api-key"));
    assert_eq!(Azure.info().base_url, "");
}

#[test]
fn content_filters_are_content_policy() {
    let body = fixture("azure/content-filter.json");
    let error = Azure.decode_error(400, &HeaderMap::new(), body.as_bytes());
    assert_eq!(error.kind, ErrorKind::ContentPolicy);
    assert_eq!(
        (error.code.as_deref(), error.param.as_deref()),
        (Some("content_filter"), Some("prompt"))
    );
    let inner = br#"{"error":{"code":"BadRequest","message":"m","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    assert_eq!(
        Azure.decode_error(400, &HeaderMap::new(), inner).kind,
        ErrorKind::ContentPolicy
    );
    let missing = br#"{"error":{"code":"DeploymentNotFound","message":"m"}}"#;
    assert_eq!(
        Azure.decode_error(404, &HeaderMap::new(), missing).kind,
        ErrorKind::ModelNotFound
    );
    let denied =
        br#"{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}"#;
    assert_eq!(
        Azure.decode_error(401, &HeaderMap::new(), denied).kind,
        ErrorKind::Authentication
    );
    let busy = br#"{"error":{"code":"429","message":"call rate limit"}}"#;
    assert_eq!(
        Azure.decode_error(429, &HeaderMap::new(), busy).kind,
        ErrorKind::RateLimited
    );
}

#[test]
fn the_first_chunk_of_filter_results_is_no_choice() {
    let stream = fixture("azure/stream.sse");
    let whole = decode(Azure.chat_decoder(), &[stream.as_bytes()]).expect("decodes");
    for at in 0..=stream.len() {
        let (a, b) = stream.as_bytes().split_at(at);
        assert_eq!(
            decode(Azure.chat_decoder(), &[a, b]).expect("decodes"),
            whole
        );
    }
    let response = collect(&whole);
    assert_eq!(response.id, "chatcmpl-az1");
    assert_eq!(response.choices[0].message.plain_text(), "Good day");
    let (observed, complete, forwarded) = tap(stream.as_bytes(), false);
    assert!(complete);
    assert_eq!(observed.id.as_deref(), Some("chatcmpl-az1"));
    assert_eq!(observed.usage, response.usage);
    // Only the usage that nobody asked for is missing.
    assert_eq!(forwarded.len() + 1, stream.matches("data: ").count());
}

#[test]
fn an_answer_with_filter_results_decodes() {
    let response = decode_chat(fixture("azure/chat.json").as_bytes()).expect("decodes");
    assert_eq!(response.choices[0].message.plain_text(), "Good day");
    assert!(response.extra.contains_key("prompt_filter_results"));
}

#[test]
fn deployments_of_reasoning_models_are_told_by_the_catalogue() {
    let request = serde_json::from_value(serde_json::json!({
        "model": "x", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9,
    }));
    let request = request.expect("is a request");
    let mut to = target("prod", "https://r");
    to.facts.reasoning = true;
    let body = Azure
        .encode_chat(&to, &request, &mut Notes::default())
        .expect("encodes");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("is JSON");
    assert_eq!(
        (&body["model"], &body["max_completion_tokens"]),
        (&"prod".into(), &9.into())
    );
}
