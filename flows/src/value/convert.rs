//! Values of one type where another is wanted.

use serde_json::{Map, Number, Value, json};

use super::{FILE_MARK, File};
use crate::graph::DataType;

/// A value that cannot be had as the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} cannot be used as {wanted}{hint}")]
pub struct ConvertError {
    /// What is there, with its beginning: `the text "abc"`.
    pub found: String,
    /// What is wanted.
    pub wanted: DataType,
    hint: String,
}

/// The value as `wanted`. `null` stays `null` whatever is wanted: it means that nothing is there.
///
/// # Errors
/// When the value does not read as the type.
pub fn convert(value: Value, wanted: &DataType) -> Result<Value, ConvertError> {
    if value.is_null() {
        return Ok(value);
    }
    match wanted {
        DataType::Any => Ok(value),
        DataType::Control => Ok(Value::Null),
        DataType::String => to_text(value),
        DataType::Number => to_number(value),
        DataType::Boolean => to_boolean(value),
        DataType::Object => to_object(value),
        DataType::Array(item) => to_array(value, item),
        DataType::Vector => to_array(value, &DataType::Number).map_err(|error| ConvertError {
            wanted: DataType::Vector,
            ..error
        }),
        DataType::File => to_file(value, wanted, |_| true),
        DataType::Image => to_file(value, wanted, File::is_image),
        DataType::Audio => to_file(value, wanted, File::is_audio),
        DataType::Message => to_message(value),
        DataType::Document => to_document(value),
    }
}

/// The type a value looks like; objects that are files, messages or documents are those.
pub fn type_of(value: &Value) -> DataType {
    match value {
        Value::Null => DataType::Any,
        Value::Bool(_) => DataType::Boolean,
        Value::Number(_) => DataType::Number,
        Value::String(_) => DataType::String,
        Value::Array(items) => {
            let mut kinds = items.iter().map(type_of);
            let first = kinds.next().unwrap_or(DataType::Any);
            let same = kinds.all(|kind| kind == first);
            DataType::array(if same { first } else { DataType::Any })
        }
        Value::Object(object) => type_of_object(value, object),
    }
}

fn type_of_object(value: &Value, object: &Map<String, Value>) -> DataType {
    if object.contains_key(FILE_MARK) {
        return match File::from_value(value) {
            Some(file) if file.is_image() => DataType::Image,
            Some(file) if file.is_audio() => DataType::Audio,
            Some(_) => DataType::File,
            None => DataType::Object,
        };
    }
    DataType::Object
}

/// The value as people read it: text as it is, numbers and truth values in their JSON form, `null` as
/// nothing, a message or document as its text, anything else as JSON.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(object) => inner_text(object).unwrap_or_else(|| value.to_string()),
        other => other.to_string(),
    }
}

/// Text of a message (`content`) or document (`text`).
fn inner_text(object: &Map<String, Value>) -> Option<String> {
    let is_message = object.contains_key("role") && object.len() == 2;
    let key = if is_message { "content" } else { "text" };
    let is_document = object.contains_key("text") && object.contains_key("source");
    if !is_message && !is_document {
        return None;
    }
    object.get(key)?.as_str().map(str::to_owned)
}

/// The value as a number, where it is one or its text reads as one.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// Whether the value counts as yes: not `null`, `false`, 0, "" or empty.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

fn refused(value: &Value, wanted: &DataType, hint: &str) -> ConvertError {
    let beginning = |text: &str| {
        let mut short: String = text.chars().take(40).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        short
    };
    let found = match value {
        Value::String(text) => format!("the text \"{}\"", beginning(text)),
        other => format!("the {} {}", type_of(other), beginning(&other.to_string())),
    };
    let hint = if hint.is_empty() {
        String::new()
    } else {
        format!(": {hint}")
    };
    ConvertError {
        found,
        wanted: wanted.clone(),
        hint,
    }
}

fn to_text(value: Value) -> Result<Value, ConvertError> {
    if value.get(FILE_MARK).is_some() {
        let hint = "a file's text is read by a document loader, a table's by \"CSV read\"";
        return Err(refused(&value, &DataType::String, hint));
    }
    match value {
        Value::String(_) => Ok(value),
        other => Ok(Value::String(text_of(&other))),
    }
}

fn to_number(value: Value) -> Result<Value, ConvertError> {
    match &value {
        Value::Number(_) => Ok(value),
        Value::Bool(flag) => Ok(json!(u8::from(*flag))),
        Value::String(text) => {
            let text = text.trim();
            let number = text.parse::<i64>().ok().map(Number::from).or_else(|| {
                let float: f64 = text.parse().ok()?;
                Number::from_f64(float)
            });
            number
                .map(Value::Number)
                .ok_or_else(|| refused(&value, &DataType::Number, "write it as 12 or 12.5"))
        }
        _ => Err(refused(&value, &DataType::Number, "")),
    }
}

fn to_boolean(value: Value) -> Result<Value, ConvertError> {
    let flag = match &value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    flag.map(Value::Bool).ok_or_else(|| {
        refused(
            &value,
            &DataType::Boolean,
            "yes is true, yes, on or 1; no is false, no, off or 0",
        )
    })
}

fn to_object(value: Value) -> Result<Value, ConvertError> {
    match &value {
        Value::Object(_) => Ok(value),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(object @ Value::Object(_)) => Ok(object),
            _ => Err(refused(
                &value,
                &DataType::Object,
                "it is not the JSON of an object",
            )),
        },
        _ => Err(refused(&value, &DataType::Object, "")),
    }
}

fn to_array(value: Value, item: &DataType) -> Result<Value, ConvertError> {
    let items = match value {
        Value::Array(items) => items,
        // Only JSON is read as a list: a text with commas may be a sentence.
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Array(items)) => items,
            _ => vec![Value::String(text)],
        },
        other => vec![other],
    };
    let converted: Result<Vec<Value>, ConvertError> = items
        .into_iter()
        .map(|entry| convert(entry, item))
        .collect();
    Ok(Value::Array(converted?))
}

fn to_file(
    value: Value,
    wanted: &DataType,
    fits: impl Fn(&File) -> bool,
) -> Result<Value, ConvertError> {
    match File::from_value(&value) {
        Some(file) if fits(&file) => Ok(value),
        Some(file) => Err(refused(
            &value,
            wanted,
            &format!("it is {}", file.media_type),
        )),
        None => Err(refused(&value, wanted, "it is not a stored file")),
    }
}

fn to_message(value: Value) -> Result<Value, ConvertError> {
    match value {
        Value::Object(ref object) if object.get("role").is_some_and(Value::is_string) => Ok(value),
        Value::Object(_) => Err(refused(&value, &DataType::Message, "it has no `role`")),
        other => Ok(json!({"role": "user", "content": text_of(&other)})),
    }
}

fn to_document(value: Value) -> Result<Value, ConvertError> {
    match value {
        Value::Object(ref object) if object.get("text").is_some_and(Value::is_string) => Ok(value),
        Value::Object(_) => Err(refused(&value, &DataType::Document, "it has no `text`")),
        other => Ok(json!({"text": text_of(&other), "title": "", "source": "", "metadata": {}})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_what_is_wanted() {
        for (value, wanted, result) in [
            (json!(3), "string", json!("3")),
            (json!("12.5"), "number", json!(12.5)),
            (json!(" 7 "), "number", json!(7)),
            (json!("Yes"), "boolean", json!(true)),
            (json!("{\"a\":1}"), "object", json!({"a": 1})),
            (json!("[1,\"2\"]"), "array<number>", json!([1, 2])),
            (json!("a, b"), "array<string>", json!(["a, b"])),
            (
                json!("hi"),
                "message",
                json!({"role": "user", "content": "hi"}),
            ),
            (json!(null), "number", json!(null)),
            (
                json!({"role": "user", "content": "hi"}),
                "string",
                json!("hi"),
            ),
        ] {
            let wanted: DataType = wanted.parse().expect("a type");
            assert_eq!(
                convert(value.clone(), &wanted),
                Ok(result),
                "{value} as {wanted}"
            );
        }
    }

    #[test]
    fn a_refusal_shows_the_value_and_the_way_out() {
        let error = convert(json!("abc"), &DataType::Number).expect_err("no number");
        assert_eq!(
            error.to_string(),
            "the text \"abc\" cannot be used as number: write it as 12 or 12.5"
        );
        let pdf = json!({"$file": "b1", "name": "a.pdf", "media_type": "application/pdf", "size_bytes": 3});
        let error = convert(pdf, &DataType::Image).expect_err("no picture");
        assert!(
            error.to_string().ends_with("it is application/pdf"),
            "{error}"
        );
    }
}
