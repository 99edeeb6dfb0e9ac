//! Whether a text is plain, one expression, or a text with expressions in it.

/// What a field's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape<'a> {
    /// No expression in it.
    Literal,
    /// Perhaps only `{{ … }}`: what stands between, and at which byte. It is one if it can be parsed as
    /// an expression, because `{{ a }} and {{ b }}` looks the same from its ends.
    Single(&'a str, usize),
    /// Text and expressions.
    Template,
}

/// Whether the text holds an expression.
pub fn has_expression(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

pub(crate) fn shape(text: &str) -> Shape<'_> {
    if !has_expression(text) {
        return Shape::Literal;
    }
    let start = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"));
    let Some(inner) = inner else {
        return Shape::Template;
    };
    let mut offset = start + 2;
    let mut code = inner;
    // Whitespace control has no meaning for a value.
    if let Some(rest) = code.strip_prefix(['-', '+']) {
        code = rest;
        offset += 1;
    }
    code = code.strip_suffix(['-', '+']).unwrap_or(code);
    Shape::Single(code, offset)
}
