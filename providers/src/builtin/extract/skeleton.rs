//! The shape of a JSON answer that a prompt describes in words or by example.

use serde_json::{Map, Value, json};

use super::conversation::Conversation;

/// Objects tried: a prompt full of braces must not cost.
const MOST_TRIES: usize = 20;

/// A schema from an example object in the instructions (`{"title": "string", "urgent": true}`), or
/// from quoted names behind a word such as "keys" or "fields".
pub(super) fn find(talk: &Conversation) -> Option<Value> {
    let text = &talk.instructions;
    by_example(text).or_else(|| by_names(text))
}

fn by_example(text: &str) -> Option<Value> {
    text.match_indices('{')
        .take(MOST_TRIES)
        .find_map(|(at, _)| {
            let mut values =
                serde_json::Deserializer::from_str(&text[at..]).into_iter::<Map<String, Value>>();
            let example = values.next()?.ok().filter(|object| !object.is_empty())?;
            if example.get("type").is_some_and(|t| t == "object")
                && example.contains_key("properties")
            {
                return Some(Value::Object(example));
            }
            Some(schema_of(&Value::Object(example)))
        })
}

fn schema_of(example: &Value) -> Value {
    match example {
        Value::Object(members) => {
            let properties: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), schema_of(value)))
                .collect();
            let required: Vec<&String> = members.keys().collect();
            json!({"type": "object", "properties": properties, "required": required})
        }
        Value::Array(items) => {
            json!({"type": "array", "items": items.first().map_or(json!({"type": "string"}), schema_of)})
        }
        Value::Number(n) if n.is_i64() || n.is_u64() => json!({"type": "integer"}),
        Value::Number(_) => json!({"type": "number"}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::String(word) => by_word(word),
        Value::Null => json!({"type": ["string", "null"]}),
    }
}

/// `"number"` and `"a | b | c"` describe a value; any other text is an example of one.
fn by_word(word: &str) -> Value {
    let options: Vec<&str> = word.split(['|', '/']).map(str::trim).collect();
    let short = options
        .iter()
        .all(|o| !o.is_empty() && o.len() <= 30 && !o.contains(['.', ':']));
    match word.trim_matches(['<', '>', ' ']) {
        kind @ ("number" | "integer" | "boolean") => json!({"type": kind}),
        "int" => json!({"type": "integer"}),
        "float" => json!({"type": "number"}),
        "bool" | "true|false" | "true/false" => json!({"type": "boolean"}),
        "array" | "list" | "string[]" => json!({"type": "array", "items": {"type": "string"}}),
        _ if options.len() > 1 && short => json!({"type": "string", "enum": options}),
        description => json!({"type": "string", "description": description}),
    }
}

fn by_names(text: &str) -> Option<Value> {
    const REACH: usize = 300;
    const WORDS: [&str; 10] = [
        "keys",
        "fields",
        "properties",
        "members",
        "json",
        "schlüssel",
        "felder",
        "字段",
        "键",
        "属性",
    ];
    let lower = text.to_lowercase();
    let start = WORDS.iter().filter_map(|word| lower.find(word)).min()?;
    // Lower case may change a text's length, so the place is taken as a hint only.
    let from = text.floor_char_boundary(start.min(text.len()));
    let to = text.floor_char_boundary((from + REACH).min(text.len()));
    let mut properties = Map::new();
    for quote in ['"', '`'] {
        for (_, name) in text[from..to]
            .split(quote)
            .enumerate()
            .filter(|(at, _)| at % 2 == 1)
        {
            let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && name.len() <= 40;
            if is_name && !name.is_empty() {
                properties.insert(name.to_owned(), json!({"type": "string"}));
            }
        }
    }
    let required: Vec<String> = properties.keys().cloned().collect();
    (!required.is_empty())
        .then(|| json!({"type": "object", "properties": properties, "required": required}))
}
