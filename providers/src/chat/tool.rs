//! Tools, and the form an answer is to have.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A tool on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `function` for ordinary tools; anything else is a vendor's own (web search, …).
    #[serde(rename = "type")]
    pub kind: String,
    /// Present when `kind` is `function`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionDef>,
    /// `cache_control`, and the settings of vendors' own tools.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A function on offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionDef {
    /// Name.
    pub name: String,
    /// When and how to call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Arguments must follow the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

/// `tool_choice`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ToolChoice {
    /// `none`, `auto` or `required`.
    Mode(String),
    /// `{"type":"function","function":{"name":…}}`, or another object.
    Object(Value),
}

impl ToolChoice {
    /// The choice of one function by name.
    pub fn function(name: &str) -> Self {
        Self::Object(serde_json::json!({"type": "function", "function": {"name": name}}))
    }

    /// The function's name, when one is chosen.
    pub fn named(&self) -> Option<&str> {
        match self {
            Self::Mode(_) => None,
            Self::Object(v) => v.get("function")?.get("name")?.as_str(),
        }
    }
}

/// `response_format`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Plain text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON by schema.
    JsonSchema {
        /// Name, schema, strictness.
        json_schema: JsonSchema,
    },
}

/// The schema of a structured answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JsonSchema {
    /// Name.
    pub name: String,
    /// For the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// Follow it exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl JsonSchema {
    /// The schema with [`JsonSchema::description`] at its root, for formats that have no other place
    /// for it. A description of the schema's own stays.
    pub fn described(&self) -> Option<Value> {
        let mut schema = self.schema.clone()?;
        if let (Some(description), Value::Object(root)) = (&self.description, &mut schema) {
            root.entry("description")
                .or_insert_with(|| Value::String(description.clone()));
        }
        Some(schema)
    }
}
