//! The few fields of a request that decide its answer.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields that are read from a request's body. The rest is only checked for being JSON.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Peek<'a> {
    #[serde(borrow, default)]
    pub(super) model: Cow<'a, str>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(borrow, default)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) dimensions: Option<usize>,
    #[serde(borrow, default)]
    pub(super) encoding_format: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

impl Peek<'_> {
    pub(super) fn include_usage(&self) -> bool {
        self.stream_options
            .as_ref()
            .is_some_and(|options| options.include_usage)
    }
}

/// The model that a path names: Gemini's `/models/<name>:verb`, Azure's `/deployments/<name>/…`.
pub(super) fn model_in_path(path: &str) -> Option<&str> {
    if let Some((_, rest)) = path.split_once("/models/") {
        return rest.rsplit_once(':').map(|(name, _)| name);
    }
    let (_, rest) = path.split_once("/deployments/")?;
    rest.split('/').next()
}

/// The script in `?script=`, which stands above the model's name.
pub(super) fn script_in_query(query: Option<&str>) -> Option<&str> {
    query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("script="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_name_the_model() {
        let gemini = "/v1beta/models/s-10.f-crlf:streamGenerateContent";
        assert_eq!(model_in_path(gemini), Some("s-10.f-crlf"));
        let azure = "/openai/deployments/m-1k/chat/completions";
        assert_eq!(model_in_path(azure), Some("m-1k"));
        assert_eq!(model_in_path("/v1/models"), None);
    }

    #[test]
    fn unknown_fields_and_nulls_do_not_matter() {
        let body =
            r#"{"messages":[{"role":"user"}],"model":"m","stream":null,"stream_options":null}"#;
        let peek: Peek = serde_json::from_str(body).expect("the body is a request");
        assert_eq!(peek.model, "m");
        assert!(!peek.include_usage());
        let body = r#"{"stream_options":{"include_usage":true,"include_obfuscation":false}}"#;
        let peek: Peek = serde_json::from_str(body).expect("the body is a request");
        assert!(peek.include_usage());
    }
}
