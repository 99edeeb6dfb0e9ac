//! Fills a JSON schema from text. The result is always valid JSON with every required member; what
//! the text does not say is `null` where the schema allows it, else empty, zero, `false`, or a value
//! that nobody takes for a fact (`0001-01-01`, `unknown@example.invalid`).

use std::cell::Cell;

use serde_json::{Map, Number, Value, json};

use super::choices;
use super::conversation::Conversation;
use super::find;
use super::skeleton;
use super::source::Source;
use super::values::{Field, name_words};

/// Nesting above which only the least valid value is given: schemas may contain themselves.
const DEEPEST: usize = 12;
/// Values filled: beyond, a schema that multiplies (each member holding itself ten times) gets `null`.
const MOST_VALUES: usize = 10_000;
/// Bytes of text searched for all values together. Beyond, values are given as if the text did not
/// say them, so that a huge schema over a huge text costs under a second and not hours.
const MOST_SEARCHED: usize = 24 * 1024 * 1024;
/// Items of an array without `maxItems`.
const MOST_ITEMS: usize = 50;

/// An answer by `schema`; without one, by the shape that the prompt describes.
pub(super) fn fill(schema: Option<&Value>, talk: &Conversation) -> Value {
    let source = Source::of(talk);
    let derived = if schema.is_none() {
        skeleton::find(talk)
    } else {
        None
    };
    let Some(root) = schema.or(derived.as_ref()) else {
        return free(&source);
    };
    let filler = Filler {
        root,
        values_left: Cell::new(MOST_VALUES),
        bytes_left: Cell::new(MOST_SEARCHED),
    };
    filler.fill(root, "", &source, 0).value
}

/// An object without any description.
fn free(source: &Source<'_>) -> Value {
    match source.answer() {
        Some(quote) => json!({"answer": quote.text, "citations": quote.marks}),
        None => json!({"answer": source.nothing(), "citations": []}),
    }
}

/// A value, and whether the text said it.
struct Filled {
    value: Value,
    found: bool,
}

fn found(value: impl Into<Value>) -> Filled {
    Filled {
        value: value.into(),
        found: true,
    }
}

fn absent(value: impl Into<Value>) -> Filled {
    Filled {
        value: value.into(),
        found: false,
    }
}

struct Filler<'a> {
    root: &'a Value,
    values_left: Cell<usize>,
    bytes_left: Cell<usize>,
}

/// Takes `amount` from what is left, if there is enough.
fn take(left: &Cell<usize>, amount: usize) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}

impl<'a> Filler<'a> {
    fn fill(&self, schema: &'a Value, name: &str, source: &Source<'_>, depth: usize) -> Filled {
        if depth > DEEPEST || !take(&self.values_left, 1) {
            return absent(Value::Null);
        }
        let ways = options(schema).map_or(1, choices::searches);
        let silent = Source::of_item("");
        let affordable = take(&self.bytes_left, source.cost().saturating_mul(ways));
        let source = if affordable { source } else { &silent };
        if let Some(target) = self.referenced(schema) {
            return self.fill(target, name, source, depth + 1);
        }
        if let Some(value) = schema.get("const") {
            return found(value.clone());
        }
        if let Some(options) = options(schema) {
            let (value, is_found) = choices::choose(options, source);
            return Filled {
                value: value.clone(),
                found: is_found,
            };
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(variants) = schema.get(word).and_then(Value::as_array) {
                return self.first_variant(variants, name, source, depth);
            }
        }
        let nullable = types(schema).any(|t| t == "null");
        let filled = self.typed(schema, name, source, depth);
        match schema.get("default") {
            Some(default) if !filled.found => absent(default.clone()),
            None if !filled.found && nullable => absent(Value::Null),
            _ => filled,
        }
    }

    /// The schema that `$ref` names, if it is inside this document.
    fn referenced(&self, schema: &Value) -> Option<&'a Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    /// The first variant that the text fills, else `null` if it is one, else the first.
    fn first_variant(
        &self,
        variants: &'a [Value],
        name: &str,
        source: &Source<'_>,
        depth: usize,
    ) -> Filled {
        let is_null = |variant: &Value| types(variant).eq(["null"]);
        let mut first = None;
        for variant in variants.iter().filter(|v| !is_null(v)) {
            let filled = self.fill(variant, name, source, depth + 1);
            if filled.found {
                return filled;
            }
            first.get_or_insert(filled);
        }
        let null = variants.iter().any(is_null).then(|| absent(Value::Null));
        null.or(first).unwrap_or_else(|| absent(Value::Null))
    }

    fn typed(&self, schema: &'a Value, name: &str, source: &Source<'_>, depth: usize) -> Filled {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        let about = format!("{} {}", text("title"), text("description"));
        let field = Field {
            name,
            about: &about,
            format: text("format"),
        };
        let kind = types(schema)
            .find(|t| *t != "null")
            .unwrap_or_else(|| implied_type(schema));
        match kind {
            "object" => self.object(schema, source, depth),
            "array" => self.array(schema, &field, source, depth),
            "integer" => number(schema, field.number(source).map(f64::round), true),
            "number" => number(schema, field.number(source), false),
            "boolean" => {
                let answer = field.boolean(source);
                Filled {
                    value: answer.unwrap_or(false).into(),
                    found: answer.is_some(),
                }
            }
            "null" => absent(Value::Null),
            _ => string(schema, &field, source),
        }
    }

    fn object(&self, schema: &'a Value, source: &Source<'_>, depth: usize) -> Filled {
        let mut members = Map::new();
        let mut any_found = false;
        for part in self.parts(schema) {
            let Some(properties) = part.get("properties").and_then(Value::as_object) else {
                continue;
            };
            for (name, property) in properties {
                let filled = self.fill(property, name, source, depth + 1);
                any_found |= filled.found;
                if filled.found || is_required(part, name) || is_required(schema, name) {
                    members.insert(name.clone(), filled.value);
                }
            }
        }
        Filled {
            value: Value::Object(members),
            found: any_found,
        }
    }

    /// A schema and the parts of its `allOf`.
    fn parts(&self, schema: &'a Value) -> Vec<&'a Value> {
        let all_of = schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let parts = all_of.map(|part| self.referenced(part).unwrap_or(part));
        std::iter::once(schema).chain(parts).collect()
    }

    fn array(
        &self,
        schema: &'a Value,
        field: &Field<'_>,
        source: &Source<'_>,
        depth: usize,
    ) -> Filled {
        const ANY: &Value = &Value::Null;
        let size = |key: &str| {
            schema
                .get(key)
                .and_then(Value::as_u64)
                .and_then(|n| usize::try_from(n).ok())
        };
        let item = schema.get("items").unwrap_or(ANY);
        let item = self.referenced(item).unwrap_or(item);
        let mut items = self.items(item, field, source, depth);
        let is_found = !items.is_empty();
        items.truncate(size("maxItems").unwrap_or(MOST_ITEMS));
        // A schema that asks for thousands of items gets no more than it could sensibly mean.
        let least = size("minItems").unwrap_or(0).min(MOST_ITEMS);
        while items.len() < least {
            items.push(self.fill(item, field.name, source, depth + 1).value);
        }
        Filled {
            value: Value::Array(items),
            found: is_found,
        }
    }

    fn items(
        &self,
        item: &'a Value,
        field: &Field<'_>,
        source: &Source<'_>,
        depth: usize,
    ) -> Vec<Value> {
        if let Some(options) = options(item) {
            if !take(
                &self.bytes_left,
                source.cost().saturating_mul(choices::searches(options)),
            ) {
                return Vec::new();
            }
            return choices::mentioned(options, source)
                .into_iter()
                .cloned()
                .collect();
        }
        let kind = types(item)
            .find(|t| *t != "null")
            .unwrap_or_else(|| implied_type(item));
        match kind {
            "object" => {
                let mut lines = find::list_items(&source.text);
                lines.truncate(MOST_ITEMS);
                let each = lines
                    .into_iter()
                    .map(|line| self.fill(item, "", &Source::of_item(line), depth + 1));
                let mut objects: Vec<Filled> = each.collect();
                if objects.is_empty() {
                    objects.push(self.fill(item, "", source, depth + 1));
                }
                objects
                    .into_iter()
                    .filter(|o| o.found)
                    .map(|o| o.value)
                    .collect()
            }
            "integer" | "number" => {
                let integer = kind == "integer";
                let texts = field.strings(source);
                let numbers = texts
                    .iter()
                    .filter_map(|text| find::numbers(text).first().map(|n| n.1));
                numbers
                    .map(|n| number(item, Some(n), integer).value)
                    .collect()
            }
            "string" => field
                .strings(source)
                .into_iter()
                .map(Value::String)
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn options(schema: &Value) -> Option<&[Value]> {
    schema
        .get("enum")?
        .as_array()
        .map(Vec::as_slice)
        .filter(|options| !options.is_empty())
}

/// The words of `type`, which is one or a list.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    let (one, many) = match schema.get("type") {
        Some(Value::String(one)) => (Some(one.as_str()), None),
        Some(Value::Array(many)) => (None, Some(many)),
        _ => (None, None),
    };
    one.into_iter()
        .chain(many.into_iter().flatten().filter_map(Value::as_str))
}

fn implied_type(schema: &Value) -> &'static str {
    if schema.get("properties").is_some() || schema.get("allOf").is_some() {
        "object"
    } else if schema.get("items").is_some() {
        "array"
    } else {
        "string"
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|n| n == name))
}

fn string(schema: &Value, field: &Field<'_>, source: &Source<'_>) -> Filled {
    let size = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok())
    };
    let said = field.string(source);
    let is_found = said.is_some();
    let mut text = said.unwrap_or_else(|| placeholder(field.format).to_owned());
    if let Some(most) = size("maxLength")
        && let Some((end, _)) = text.char_indices().nth(most)
    {
        text.truncate(end);
    }
    // A least length can only be met by letters that mean nothing.
    const MOST_PADDING: usize = 1_000;
    let least = size("minLength").unwrap_or(0).min(MOST_PADDING);
    text.extend(std::iter::repeat_n(
        '-',
        least.saturating_sub(text.chars().count()),
    ));
    Filled {
        value: text.into(),
        found: is_found,
    }
}

/// A valid text of a format that says that nothing is known.
fn placeholder(format: &str) -> &'static str {
    match format {
        "date" => "0001-01-01",
        "date-time" => "0001-01-01T00:00:00Z",
        "time" => "00:00:00Z",
        "duration" => "PT0S",
        "email" | "idn-email" => "unknown@example.invalid",
        "hostname" => "example.invalid",
        "uri" | "url" | "iri" => "about:blank",
        "ipv4" => "0.0.0.0",
        "ipv6" => "::",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        _ => "",
    }
}

fn number(schema: &Value, said: Option<f64>, integer: bool) -> Filled {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let step = if integer { 1.0 } else { 0.0 };
    let mut value = said.unwrap_or(0.0);
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|n| n + step));
    let most = bound("maximum").or(bound("exclusiveMaximum").map(|n| n - step));
    if let Some(most) = most {
        value = value.min(most);
    }
    if let Some(least) = least {
        value = value.max(least);
    }
    if let Some(unit) = bound("multipleOf").filter(|unit| *unit > 0.0) {
        value = (value / unit).round() * unit;
    }
    let whole = integer || value.fract() == 0.0;
    // Within what `f64` holds exactly, so that the cast is one of a whole number.
    let exact = value.abs() < 9e15;
    let number = if whole && exact {
        Some(Number::from(value as i64))
    } else {
        Number::from_f64(value)
    };
    Filled {
        value: number.map_or(Value::Null, Value::Number),
        found: said.is_some(),
    }
}

impl Field<'_> {
    /// Texts for a list.
    fn strings(&self, source: &Source<'_>) -> Vec<String> {
        const MARKS: [&str; 6] = ["citation", "source", "reference", "mark", "quelle", "引用"];
        const TOPICS: [&str; 8] = [
            "keyword",
            "tag",
            "topic",
            "term",
            "label",
            "entit",
            "schlagw",
            "关键词",
        ];
        let name = name_words(self.name);
        let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if is(&MARKS) {
            return source.marks();
        }
        if let Some(list) = find::labelled(&source.text, &super::terms::terms(&name)) {
            let parts = list.split([',', ';', '、', '，', '；']).map(str::trim);
            return parts.filter(|p| !p.is_empty()).map(str::to_owned).collect();
        }
        if is(&TOPICS) {
            return super::summary::keywords(&source.text);
        }
        let items = find::list_items(&source.text);
        if !items.is_empty() {
            return items.into_iter().map(str::to_owned).collect();
        }
        let summary = source.summary().map(|quote| quote.bare);
        let sentences = summary.as_deref().map(super::sentences::split);
        sentences.into_iter().flatten().map(str::to_owned).collect()
    }
}
