//! What is said in an audio file, by a model of the gateway.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use gateway::call::{Body as Answer, CallContext};
use gateway::local::Operation;
use gateway::upload::Upload;
use gateway::{Call, Caller};
use serde_json::{Value, json};

use super::task::Task;
use crate::{Error, ErrorKind, Result};

const BOUNDARY: &str = "nab-transcription-5f0c1b7a9d";

impl Task<'_> {
    /// The text of an audio file.
    ///
    /// # Errors
    /// `NotConfigured` without a model, `Model` when it refuses.
    pub(super) async fn transcribe(
        &self,
        name: &str,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<String> {
        let Some(model) = self.rag.config().transcription_model.clone() else {
            return Err(Error::new(
                ErrorKind::NotConfigured,
                "this is audio, and no model writes down what is said: set `rag.transcription_model`",
            ));
        };
        self.stage("transcribe");
        let form = form(&model, name, media_type, &bytes);
        let length = form.len() + 1;
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let upload = Upload::read(&kind, Body::from(form), length).await?;
        let gateway = self.rag.gateway();
        let context = CallContext::internal(Caller::Rag, gateway.now_us());
        let fields = json!({"model": model, "response_format": "json"});
        let mut call = Call::read(
            "/v1/audio/transcriptions",
            Operation::Transcription,
            fields.to_string().into(),
            context,
        )?;
        call.upload = Some(Arc::new(upload));
        let reply = gateway.call(&self.principal()?, call).await?;
        let Answer::Full(body) = reply.body else {
            return Err(Error::internal(format!(
                "`{model}` answered with a stream that was not asked for"
            )));
        };
        let answer: Value = serde_json::from_slice(&body)
            .map_err(|error| Error::internal(format!("`{model}` gave no JSON: {error}")))?;
        let text = answer["text"].as_str();
        text.map(str::to_owned)
            .ok_or_else(|| Error::internal(format!("`{model}` gave no text")))
    }
}

/// OpenAI's form.
fn form(model: &str, name: &str, media_type: &str, bytes: &[u8]) -> Vec<u8> {
    let safe: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '\r' | '\n' => '_',
            c => c,
        })
        .collect();
    let mut form = Vec::with_capacity(bytes.len() + 512);
    for (field, value) in [("model", model), ("response_format", "json")] {
        form.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    form.extend_from_slice(
        format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{safe}\"\r\n\
             content-type: {media_type}\r\n\r\n"
        )
        .as_bytes(),
    );
    form.extend_from_slice(bytes);
    form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    form
}
