//! Long texts in pieces that a model can take.

/// Cuts a text into pieces of at most `most` characters: between paragraphs where that is possible,
/// then between lines, sentences, words. Joined, the pieces are the text.
pub(super) fn cut(text: &str, most: usize) -> Vec<&str> {
    let most = most.max(1);
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((limit, _)) = rest.char_indices().nth(most) {
        let window = &rest[..limit];
        let end = ["\n\n", "\n", ". ", " "]
            .iter()
            .find_map(|mark| {
                let end = window.rfind(mark)? + mark.len();
                // A cut near the beginning would make many tiny pieces.
                (end * 3 >= limit).then_some(end)
            })
            .unwrap_or(limit);
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_enough_and_make_the_text_again() {
        let text = "First paragraph, äöü.\n\nSecond one. It has two sentences.\nAnd a line.";
        for most in [1, 2, 5, 10, 30, 1_000] {
            let pieces = cut(text, most);
            assert_eq!(pieces.concat(), text, "{most}");
            assert!(pieces.iter().all(|piece| piece.chars().count() <= most));
        }
        assert_eq!(cut(text, 30)[0], "First paragraph, äöü.\n\n");
        assert_eq!(cut("", 5), [""]);
    }
}
