//! Comparisons, for "If", "Switch" and "Filter".

use std::cmp::Ordering;

use regex::RegexBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lookup::compare;
use crate::node::NodeError;
use crate::value::{number_of, text_of, truthy};

/// How two values are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::nodes) enum Operator {
    /// Counts as yes: not empty, not 0, not false.
    #[default]
    IsTrue,
    /// Counts as no.
    IsFalse,
    /// Is the same.
    Equals,
    /// Is something else.
    NotEquals,
    /// A text holds a text, a list an entry, an object a key.
    Contains,
    /// It does not.
    NotContains,
    /// Begins with a text.
    StartsWith,
    /// Ends with a text.
    EndsWith,
    /// A regular expression finds something in it.
    Matches,
    /// Is a larger number, a later date or a later text.
    Greater,
    /// Is larger or the same.
    GreaterOrEqual,
    /// Is smaller or earlier.
    Less,
    /// Is smaller or the same.
    LessOrEqual,
    /// Is null, an empty text, list or object.
    IsEmpty,
    /// Is anything else.
    IsNotEmpty,
    /// Has entries, characters or keys of this number.
    LengthIs,
    /// Has more.
    LengthGreater,
    /// Has fewer.
    LengthLess,
}

/// One comparison.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Condition {
    /// What is looked at, usually an expression.
    #[serde(default)]
    #[schemars(title = "Value")]
    pub(in crate::nodes) left: Value,
    /// How it is compared.
    #[serde(default)]
    pub(in crate::nodes) operator: Operator,
    /// What it is compared with; not needed for "is true", "is empty" and the like.
    #[serde(default)]
    #[schemars(title = "Compared with")]
    pub(in crate::nodes) right: Value,
    /// Large and small letters are the same.
    #[serde(default)]
    pub(in crate::nodes) ignore_case: bool,
}

/// Whether all conditions must hold or one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::nodes) enum Combine {
    /// Every one.
    #[default]
    All,
    /// One of them.
    Any,
}

/// Whether the conditions hold. Without conditions the answer is yes for "all" and no for "any".
pub(in crate::nodes) fn hold(
    conditions: &[Condition],
    combine: Combine,
    field: &str,
) -> Result<bool, NodeError> {
    for (position, condition) in conditions.iter().enumerate() {
        let holds = condition.holds().map_err(|message| {
            NodeError::settings(format!("{field}[{position}].right"), message)
        })?;
        match combine {
            Combine::All if !holds => return Ok(false),
            Combine::Any if holds => return Ok(true),
            Combine::All | Combine::Any => {}
        }
    }
    Ok(combine == Combine::All)
}

impl Condition {
    fn holds(&self) -> Result<bool, String> {
        let (left, right) = (&self.left, &self.right);
        Ok(match self.operator {
            Operator::IsTrue => truthy(left) && !is_no(left),
            Operator::IsFalse => !truthy(left) || is_no(left),
            Operator::Equals => self.equal(),
            Operator::NotEquals => !self.equal(),
            Operator::Contains => self.contains(),
            Operator::NotContains => !self.contains(),
            Operator::StartsWith => self.text(left).starts_with(&self.text(right)),
            Operator::EndsWith => self.text(left).ends_with(&self.text(right)),
            Operator::Matches => self.matches()?,
            Operator::Greater => self.order() == Some(Ordering::Greater),
            Operator::GreaterOrEqual => self.order().is_some_and(Ordering::is_ge),
            Operator::Less => self.order() == Some(Ordering::Less),
            Operator::LessOrEqual => self.order().is_some_and(Ordering::is_le),
            Operator::IsEmpty => is_empty(left),
            Operator::IsNotEmpty => !is_empty(left),
            Operator::LengthIs => length(left) == number_of(right),
            Operator::LengthGreater => length(left) > number_of(right),
            Operator::LengthLess => number_of(right).is_some_and(|r| length(left) < Some(r)),
        })
    }

    fn text(&self, value: &Value) -> String {
        let text = text_of(value);
        if self.ignore_case {
            text.to_lowercase()
        } else {
            text
        }
    }

    fn equal(&self) -> bool {
        match (&self.left, &self.right) {
            (Value::String(_), Value::String(_)) => self.text(&self.left) == self.text(&self.right),
            // What is typed into a field is a text, also where a number is meant.
            (Value::Number(_), _) | (_, Value::Number(_)) => {
                let numbers = number_of(&self.left).zip(number_of(&self.right));
                numbers.is_some_and(|(left, right)| left == right)
            }
            (Value::Bool(_) | Value::Null, Value::String(_))
            | (Value::String(_), Value::Bool(_) | Value::Null) => {
                let form = |value: &Value| match value {
                    Value::String(text) => text.trim().to_lowercase(),
                    other => other.to_string(),
                };
                form(&self.left) == form(&self.right)
            }
            (left, right) => left == right,
        }
    }

    fn contains(&self) -> bool {
        let wanted = &self.right;
        match &self.left {
            Value::Array(items) => items.iter().any(|item| {
                let one = Self {
                    left: item.clone(),
                    ..self.clone()
                };
                one.equal()
            }),
            Value::Object(object) => object.contains_key(&text_of(wanted)),
            Value::Null => false,
            other => self.text(other).contains(&self.text(wanted)),
        }
    }

    fn matches(&self) -> Result<bool, String> {
        // Compiled anew each time: patterns may come from expressions. The size bounds the work.
        let pattern = RegexBuilder::new(&text_of(&self.right))
            .case_insensitive(self.ignore_case)
            .size_limit(1 << 20)
            .build()
            .map_err(|error| format!("this is not a regular expression: {error}"))?;
        Ok(pattern.is_match(&text_of(&self.left)))
    }

    fn order(&self) -> Option<Ordering> {
        if self.left.is_null() || self.right.is_null() {
            return None;
        }
        if let (Some(left), Some(right)) = (number_of(&self.left), number_of(&self.right)) {
            return left.partial_cmp(&right);
        }
        if let (Some(left), Some(right)) = (instant(&self.left), instant(&self.right)) {
            return Some(left.cmp(&right));
        }
        match (&self.left, &self.right) {
            (Value::String(_), Value::String(_)) => {
                Some(self.text(&self.left).cmp(&self.text(&self.right)))
            }
            (left, right) if std::mem::discriminant(left) == std::mem::discriminant(right) => {
                Some(compare(left, right))
            }
            _ => None,
        }
    }
}

/// A text that says no.
fn is_no(value: &Value) -> bool {
    let words = ["false", "no", "off", "0"];
    value
        .as_str()
        .is_some_and(|text| words.contains(&text.trim().to_lowercase().as_str()))
}

fn is_empty(value: &Value) -> bool {
    length(value) == Some(0.0) || value.is_null()
}

fn length(value: &Value) -> Option<f64> {
    let length = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(object) => object.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => return None,
    };
    Some(length as f64)
}

fn instant(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_compare_as_people_expect() {
        for (left, operator, right, wanted) in [
            (json!("false"), "is_true", json!(null), false),
            (json!([]), "is_false", json!(null), true),
            (json!(3), "equals", json!("3"), true),
            (json!(null), "equals", json!(0), false),
            (json!(true), "equals", json!("TRUE"), true),
            (json!("Ada"), "equals", json!("ada"), false),
            (json!("Hello"), "contains", json!("ell"), true),
            (json!([1, "2"]), "contains", json!(2), true),
            (json!({"a": 1}), "contains", json!("a"), true),
            (json!(null), "not_contains", json!("x"), true),
            (json!("order-17"), "matches", json!("^order-\\d+$"), true),
            (json!("10"), "greater", json!(9), true),
            (json!("b"), "greater", json!("a"), true),
            (
                json!("2026-01-02T00:00:00Z"),
                "less",
                json!("2026-01-02T02:00:00+01:00"),
                true,
            ),
            (json!(null), "less", json!(3), false),
            (json!([1]), "less", json!(3), false),
            (json!(" "), "is_empty", json!(null), false),
            (json!("äöü"), "length_is", json!("3"), true),
            (json!(null), "length_less", json!(2), true),
        ] {
            let condition = json!({"left": left, "operator": operator, "right": right});
            let condition: Condition = serde_json::from_value(condition).expect("a condition");
            assert_eq!(condition.holds(), Ok(wanted), "{condition:?}");
        }
    }

    #[test]
    fn a_wrong_pattern_is_an_error_of_its_field() {
        let condition = json!({"left": "a", "operator": "matches", "right": "("});
        let condition: Condition = serde_json::from_value(condition).expect("a condition");
        let error = hold(&[condition], Combine::All, "conditions").expect_err("no pattern");
        assert_eq!(error.field.as_deref(), Some("conditions[0].right"));
    }
}
