//! Embedding models that want to be told what a text is.

use std::borrow::Cow;

use crate::search::TextKind;

/// Part of a model's name, and what goes before a question and before a passage. Sources: the models'
/// own cards (intfloat/e5, nomic-ai/nomic-embed-text, mixedbread-ai/mxbai-embed, BAAI/bge), read
/// 2026-11-22.
const PREFIXES: &[(&str, &str, &str)] = &[
    ("e5-", "query: ", "passage: "),
    ("nomic-embed", "search_query: ", "search_document: "),
    (
        "mxbai-embed",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
    (
        "bge-small-en",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
    (
        "bge-base-en",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
    (
        "bge-large-en",
        "Represent this sentence for searching relevant passages: ",
        "",
    ),
];

/// The text as its model wants it.
pub(crate) fn prefixed<'a>(model: &str, kind: TextKind, text: &'a str) -> Cow<'a, str> {
    let row = PREFIXES.iter().find(|(name, _, _)| model.contains(name));
    let prefix = row.map_or("", |(_, question, passage)| match kind {
        TextKind::Question => question,
        TextKind::Passage => passage,
    });
    match prefix {
        "" => text.into(),
        prefix => format!("{prefix}{text}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_models_that_want_a_prefix_get_one() {
        let of = |model, kind| prefixed(model, kind, "x").into_owned();
        assert_eq!(
            of("local/multilingual-e5-small", TextKind::Question),
            "query: x"
        );
        assert_eq!(
            of("local/multilingual-e5-small", TextKind::Passage),
            "passage: x"
        );
        assert_eq!(of("openai/text-embedding-3-small", TextKind::Question), "x");
        assert_eq!(of("local/bge-small-en-v1.5", TextKind::Passage), "x");
    }
}
