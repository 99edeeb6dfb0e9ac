//! Conditions on a document's attributes, in OpenAI's grammar.
//!
//! Source: `ComparisonFilter` and `CompoundFilter` of OpenAI's OpenAPI document, read 2026-11-22:
//! `{"type": "eq", "key": "region", "value": "us"}` and
//! `{"type": "and", "filters": [...]}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Levels of `and` and `or` inside each other.
const MAX_DEPTH: usize = 8;
/// Comparisons in one filter.
const MAX_COMPARISONS: usize = 100;

/// A document's attributes.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// The value of an attribute. In JSON it is the value itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for AttributeValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// What a document must be like to be found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
#[schema(no_recursion)]
pub enum Filter {
    /// The attribute is this value.
    Eq(Comparison),
    /// The attribute is another value, or there is none.
    Ne(Comparison),
    /// The attribute is greater. Numbers compare with numbers, texts with texts.
    Gt(Comparison),
    /// The attribute is greater or equal.
    Gte(Comparison),
    /// The attribute is less.
    Lt(Comparison),
    /// The attribute is less or equal.
    Lte(Comparison),
    /// The attribute is one of these values.
    In(Membership),
    /// The attribute is none of these values, or there is none.
    Nin(Membership),
    /// All of these hold.
    And(Compound),
    /// At least one of these holds.
    Or(Compound),
}

/// An attribute and a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Name of the attribute.
    pub key: String,
    /// What it is compared with.
    pub value: AttributeValue,
}

/// An attribute and several values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Name of the attribute.
    pub key: String,
    /// The values.
    pub value: Vec<AttributeValue>,
}

/// Several filters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Compound {
    /// The filters.
    pub filters: Vec<Filter>,
}

impl Filter {
    /// Whether a document with these attributes passes.
    pub fn matches(&self, attributes: &Attributes) -> bool {
        use std::cmp::Ordering;
        let ordering = |c: &Comparison| attributes.get(&c.key).and_then(|v| compare(v, &c.value));
        match self {
            Self::Eq(c) => attributes.get(&c.key) == Some(&c.value),
            Self::Ne(c) => attributes.get(&c.key) != Some(&c.value),
            Self::Gt(c) => ordering(c) == Some(Ordering::Greater),
            Self::Gte(c) => ordering(c).is_some_and(Ordering::is_ge),
            Self::Lt(c) => ordering(c) == Some(Ordering::Less),
            Self::Lte(c) => ordering(c).is_some_and(Ordering::is_le),
            Self::In(m) => attributes.get(&m.key).is_some_and(|v| m.value.contains(v)),
            Self::Nin(m) => !attributes.get(&m.key).is_some_and(|v| m.value.contains(v)),
            Self::And(all) => all.filters.iter().all(|f| f.matches(attributes)),
            Self::Or(any) => any.filters.iter().any(|f| f.matches(attributes)),
        }
    }

    /// Checks sizes, so that a filter cannot be a burden.
    ///
    /// # Errors
    /// `Invalid`, saying what is too large.
    pub fn check(&self) -> crate::Result<()> {
        let comparisons = self.comparisons(MAX_DEPTH).ok_or_else(|| {
            crate::Error::invalid(format!(
                "`filters`: `and` and `or` may be nested {MAX_DEPTH} levels deep at most"
            ))
        })?;
        if comparisons > MAX_COMPARISONS {
            return Err(crate::Error::invalid(format!(
                "`filters` has {comparisons} values to compare with; at most {MAX_COMPARISONS} are allowed"
            )));
        }
        Ok(())
    }

    fn comparisons(&self, depth: usize) -> Option<usize> {
        match self {
            Self::And(inner) | Self::Or(inner) => {
                let depth = depth.checked_sub(1)?;
                let counts = inner.filters.iter().map(|f| f.comparisons(depth));
                counts.sum::<Option<usize>>()
            }
            Self::In(m) | Self::Nin(m) => Some(m.value.len()),
            _ => Some(1),
        }
    }
}

fn compare(a: &AttributeValue, b: &AttributeValue) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (AttributeValue::Number(a), AttributeValue::Number(b)) => a.partial_cmp(b),
        (AttributeValue::Text(a), AttributeValue::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(filter: &str, passes: bool) {
        let attributes: Attributes =
            serde_json::from_str(r#"{"region": "eu", "year": 2024, "draft": false}"#)
                .expect("are attributes");
        let filter: Filter = serde_json::from_str(filter).expect(filter);
        assert_eq!(filter.matches(&attributes), passes, "{filter:?}");
    }

    #[test]
    fn each_operator_does_what_its_name_says() {
        check(r#"{"type": "eq", "key": "region", "value": "eu"}"#, true);
        check(r#"{"type": "eq", "key": "year", "value": "2024"}"#, false);
        check(r#"{"type": "eq", "key": "draft", "value": false}"#, true);
        check(r#"{"type": "ne", "key": "region", "value": "eu"}"#, false);
        check(r#"{"type": "ne", "key": "absent", "value": "eu"}"#, true);
        check(r#"{"type": "gt", "key": "year", "value": 2023}"#, true);
        check(r#"{"type": "gt", "key": "year", "value": 2024}"#, false);
        check(r#"{"type": "gte", "key": "year", "value": 2024}"#, true);
        check(r#"{"type": "lt", "key": "year", "value": 2024.5}"#, true);
        check(r#"{"type": "lte", "key": "year", "value": 2023}"#, false);
        check(r#"{"type": "lt", "key": "absent", "value": 1}"#, false);
        check(r#"{"type": "gt", "key": "region", "value": 1}"#, false);
        check(r#"{"type": "gt", "key": "region", "value": "da"}"#, true);
        check(
            r#"{"type": "in", "key": "region", "value": ["us", "eu"]}"#,
            true,
        );
        check(
            r#"{"type": "nin", "key": "region", "value": ["us", "eu"]}"#,
            false,
        );
        check(r#"{"type": "nin", "key": "absent", "value": ["us"]}"#, true);
    }

    #[test]
    fn filters_combine() {
        check(
            r#"{"type": "and", "filters": [{"type": "eq", "key": "region", "value": "eu"},
                {"type": "or", "filters": [{"type": "lt", "key": "year", "value": 2000},
                                           {"type": "eq", "key": "draft", "value": false}]}]}"#,
            true,
        );
        check(r#"{"type": "or", "filters": []}"#, false);
        check(r#"{"type": "and", "filters": []}"#, true);
    }

    #[test]
    fn unknown_operators_and_fields_are_refused() {
        for wrong in [
            r#"{"type": "like", "key": "a", "value": "b"}"#,
            r#"{"type": "eq", "key": "a", "value": "b", "more": 1}"#,
            r#"{"type": "in", "key": "a", "value": "b"}"#,
            r#"{"type": "eq", "key": "a", "value": ["b"]}"#,
        ] {
            assert!(serde_json::from_str::<Filter>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn deep_and_wide_filters_are_refused() {
        let leaf = Filter::In(Membership {
            key: "a".to_owned(),
            value: vec![AttributeValue::Number(1.0); MAX_COMPARISONS + 1],
        });
        assert!(leaf.check().is_err());
        let mut deep = Filter::And(Compound {
            filters: Vec::new(),
        });
        for _ in 0..MAX_DEPTH {
            deep.check().expect("is not too deep yet");
            deep = Filter::And(Compound {
                filters: vec![deep],
            });
        }
        assert!(deep.check().is_err());
    }
}
