//! A look at the top level of a client's JSON body: what the gateway must know before it forwards
//! the bytes unchanged.
//!
//! One validating pass. Nested values are skipped, not built.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;

/// One field of the top level.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// The key, escapes resolved.
    pub name: Cow<'a, str>,
    /// The value's JSON text.
    pub json: &'a str,
    /// Where the value stands in the body.
    pub value: Range<usize>,
}

/// The top level of a request body.
///
/// Where a key stands twice, the last one counts, as JSON parsers do.
#[derive(Debug, Clone)]
pub struct TopLevel<'a> {
    /// `model`; empty when absent.
    pub model: Cow<'a, str>,
    /// `stream` is `true`.
    pub stream: bool,
    /// `stream_options.include_usage` is `true`.
    pub include_usage: bool,
    /// `max_tokens` (chat, completions, messages).
    pub max_tokens: Option<u64>,
    /// `max_completion_tokens` (chat).
    pub max_completion_tokens: Option<u64>,
    /// `max_output_tokens` (responses).
    pub max_output_tokens: Option<u64>,
    /// `n`; 1 when absent.
    pub n: u64,
    /// `user`.
    pub user: Option<Cow<'a, str>>,
    /// All fields in the order of the body.
    pub fields: Vec<Field<'a>>,
    pub(super) body: &'a str,
}

impl<'a> TopLevel<'a> {
    /// The JSON text of a field; the last one where there are several.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let field = self.fields.iter().rev().find(|field| field.name == name)?;
        Some(field.json)
    }

    /// The cap on output tokens under whichever of its names, as
    /// [`crate::chat::ChatRequest::output_cap`].
    pub fn output_cap(&self) -> Option<u64> {
        self.max_completion_tokens
            .or(self.max_tokens)
            .or(self.max_output_tokens)
    }
}

/// Reads the top level of `body`, which must be one JSON object and nothing else.
///
/// # Errors
/// `InvalidRequest`: not UTF-8, not JSON, not an object; or naming `model`, `stream`, `user` or a
/// number of tokens that has the wrong type.
pub fn peek(body: &[u8]) -> Result<TopLevel<'_>, Error> {
    let mut top = shallow(body)?;
    let fields = std::mem::take(&mut top.fields);
    for field in &fields {
        read_field(&mut top, field)?;
    }
    top.fields = fields;
    Ok(top)
}

/// The fields alone, whatever they mean: of a nested object too.
pub(super) fn shallow(body: &[u8]) -> Result<TopLevel<'_>, Error> {
    let body = std::str::from_utf8(body)
        .map_err(|_| invalid("the request body is not UTF-8".to_owned()))?;
    let Fields(raw) = serde_json::from_str(body)
        .map_err(|e| invalid(format!("the request body is not a JSON object: {e}")))?;
    let start = body.as_ptr() as usize;
    let fields: Vec<_> = raw
        .into_iter()
        .map(|(name, value)| {
            let json = value.get();
            let at = json.as_ptr() as usize - start;
            Field {
                name,
                json,
                value: at..at + json.len(),
            }
        })
        .collect();
    Ok(TopLevel {
        model: Cow::Borrowed(""),
        stream: false,
        include_usage: false,
        max_tokens: None,
        max_completion_tokens: None,
        max_output_tokens: None,
        n: 1,
        user: None,
        fields,
        body,
    })
}

fn read_field<'a>(top: &mut TopLevel<'a>, field: &Field<'a>) -> Result<(), Error> {
    let json = field.json;
    match field.name.as_ref() {
        "model" => top.model = text(json).ok_or_else(|| wrong("model", "a string"))?,
        "user" => top.user = text(json),
        "stream" => {
            top.stream = match json {
                "true" => true,
                "false" | "null" => false,
                _ => return Err(wrong("stream", "a boolean")),
            }
        }
        "stream_options" => top.include_usage = asks_for_usage(json),
        "max_tokens" => top.max_tokens = count("max_tokens", json)?,
        "max_completion_tokens" => {
            top.max_completion_tokens = count("max_completion_tokens", json)?;
        }
        "max_output_tokens" => top.max_output_tokens = count("max_output_tokens", json)?,
        "n" => top.n = count("n", json)?.unwrap_or(1),
        _ => {}
    }
    Ok(())
}

fn text(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(json).ok().map(Cow::Owned)
}

fn count(name: &str, json: &str) -> Result<Option<u64>, Error> {
    if json == "null" {
        return Ok(None);
    }
    let whole = json.parse().ok().or_else(|| {
        // `1e3` and `5.0` are integers to a JSON reader.
        let float: f64 = json.parse().ok()?;
        (float.fract() == 0.0 && (0.0..9e15).contains(&float)).then_some(float as u64)
    });
    whole
        .map(Some)
        .ok_or_else(|| wrong(name, "a non-negative integer"))
}

fn asks_for_usage(json: &str) -> bool {
    #[derive(Deserialize)]
    struct Options {
        #[serde(default)]
        include_usage: Option<bool>,
    }
    // Duplicate keys make serde refuse; the vendor's parser then decides, and a usage chunk that the
    // client may not want is the smaller harm.
    serde_json::from_str::<Options>(json).is_ok_and(|o| o.include_usage == Some(true))
}

fn wrong(name: &str, expected: &str) -> Error {
    Error::invalid(name, format!("`{name}` must be {expected}"))
}

fn invalid(message: String) -> Error {
    Error::new(crate::ErrorKind::InvalidRequest, message)
}

struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::with_capacity(12);
        while let Some(Key(key)) = map.next_key()? {
            fields.push((key, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

/// A key, borrowed where it has no escapes (`Cow` alone would always copy).
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_keys_counts_and_nested_keys_do_not() {
        let body = br#" {"messages":[{"model":"x","stream":true}], "model" : "a", "n":2,
            "mod\u0065l":"b\"c", "stream_options":{"include_usage":true}, "max_tokens":1e3, "user":null} "#;
        let top = peek(body).expect("is an object");
        assert_eq!(top.model, "b\"c");
        assert!(!top.stream && top.include_usage);
        assert_eq!(
            (top.n, top.output_cap(), top.user.as_deref()),
            (2, Some(1000), None)
        );
        assert_eq!(
            top.get("messages"),
            Some(r#"[{"model":"x","stream":true}]"#)
        );
    }

    #[test]
    fn ranges_point_at_the_values() {
        let body = br#"{ "a" : [1, "}"] ,"b":"x" }"#;
        let top = peek(body).expect("is an object");
        for field in &top.fields {
            assert_eq!(&body[field.value.clone()], field.json.as_bytes());
        }
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        let bad: [&[u8]; 7] = [
            b"",
            b"[]",
            b"{\"a\":1} x",
            b"{\"a\":}",
            b"{\"a\":[1}",
            b"{\"a\":tru}",
            b"\xff{}",
        ];
        for body in bad {
            let error = peek(body).expect_err("must be refused");
            assert_eq!(error.kind, crate::ErrorKind::InvalidRequest);
        }
    }

    #[test]
    fn wrong_types_name_the_field() {
        for (body, field) in [
            (r#"{"model":1}"#, "model"),
            (r#"{"stream":"yes"}"#, "stream"),
            (r#"{"max_tokens":-1}"#, "max_tokens"),
            (r#"{"n":1.5}"#, "n"),
        ] {
            let error = peek(body.as_bytes()).expect_err("must be refused");
            assert_eq!(error.param.as_deref(), Some(field));
        }
    }
}
