//! Bodies of requests in their forms.

use bytes::{BufMut as _, Bytes, BytesMut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::node::{NodeContext, NodeError};
use crate::nodes::shared::fetch::percent_encode;
use crate::value::{File, text_of};

/// In which form a body goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BodyKind {
    /// There is none.
    #[default]
    None,
    /// JSON.
    Json,
    /// Fields of an object as a web form.
    Form,
    /// Fields of an object as a form that can hold files.
    Multipart,
    /// Text.
    Text,
    /// The bytes of a file.
    File,
}

/// The content type and the bytes.
pub(super) async fn encode(
    context: &NodeContext,
    kind: BodyKind,
    body: Value,
) -> Result<(Option<String>, Bytes), NodeError> {
    let fields = |body: &Value| {
        body.as_object()
            .cloned()
            .ok_or_else(|| NodeError::settings("body", "a form is made of an object's fields"))
    };
    match kind {
        BodyKind::None => Ok((None, Bytes::new())),
        BodyKind::Json => Ok((Some("application/json".to_owned()), body.to_string().into())),
        BodyKind::Text => {
            let kind = "text/plain; charset=utf-8".to_owned();
            Ok((Some(kind), text_of(&body).into()))
        }
        BodyKind::Form => {
            let mut pairs = Vec::new();
            for (name, value) in fields(&body)? {
                // A list is a field several times, as browsers send it.
                let values = match value {
                    Value::Array(values) => values,
                    Value::Null => continue,
                    other => vec![other],
                };
                for value in values {
                    let value = percent_encode(&text_of(&value));
                    pairs.push(format!("{}={value}", percent_encode(&name)));
                }
            }
            let kind = "application/x-www-form-urlencoded".to_owned();
            Ok((Some(kind), pairs.join("&").into()))
        }
        BodyKind::File => {
            let file = File::from_value(&body)
                .ok_or_else(|| NodeError::settings("body", "this is no file"))?;
            let bytes = context.get_file(&file).await?;
            Ok((Some(file.media_type), bytes))
        }
        BodyKind::Multipart => {
            let boundary = format!("nab{}", uuid::Uuid::new_v4().simple());
            let mut form = BytesMut::new();
            for (name, value) in fields(&body)? {
                let values = match value {
                    Value::Array(values) => values,
                    Value::Null => continue,
                    other => vec![other],
                };
                for value in values {
                    part(context, &mut form, &boundary, &name, &value).await?;
                }
            }
            form.put_slice(format!("--{boundary}--\r\n").as_bytes());
            let kind = format!("multipart/form-data; boundary={boundary}");
            Ok((Some(kind), form.freeze()))
        }
    }
}

async fn part(
    context: &NodeContext,
    form: &mut BytesMut,
    boundary: &str,
    name: &str,
    value: &Value,
) -> Result<(), NodeError> {
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"",
        quoted(name)
    );
    form.put_slice(head.as_bytes());
    match File::from_value(value) {
        Some(file) => {
            let bytes = context.get_file(&file).await?;
            let head = format!(
                "; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
                quoted(&file.name),
                file.media_type.replace(['\r', '\n'], "")
            );
            form.put_slice(head.as_bytes());
            form.put_slice(&bytes);
        }
        None => {
            form.put_slice(b"\r\n\r\n");
            form.put_slice(text_of(value).as_bytes());
        }
    }
    form.put_slice(b"\r\n");
    Ok(())
}

/// A name as browsers write it into a form's head.
fn quoted(text: &str) -> String {
    text.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
