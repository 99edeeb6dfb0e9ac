//! The built-in encoding of a Type 1 font program: `dup 65 /A put` in its clear part.

use std::collections::HashMap;

use super::lexer::{Lexer, Token};

/// Bytes of the clear part that are looked at.
const CLEAR: usize = 64 << 10;

/// Glyph names by code; empty if the font uses StandardEncoding.
pub(super) fn encoding(font: &[u8]) -> Option<HashMap<u8, String>> {
    let clear = &font[..font.len().min(CLEAR)];
    let begin = position(clear, b"/Encoding")?;
    let end = position(clear, b"eexec").unwrap_or(clear.len());
    let mut lexer = Lexer::new(clear.get(begin + 9..end)?);
    let mut encoding = HashMap::new();
    let mut operands: Vec<Token> = Vec::new();
    while let Some(token) = lexer.next() {
        let Token::Word(word) = &token else {
            operands.push(token);
            continue;
        };
        match word.as_slice() {
            b"StandardEncoding" => return None,
            b"put" => {
                if let [.., Token::Number(code), Token::Name(name)] = operands.as_slice() {
                    let name = String::from_utf8_lossy(name).into_owned();
                    encoding.insert(*code as u8, name);
                }
            }
            b"def" | b"readonly" if !encoding.is_empty() => break,
            _ => {}
        }
        operands.clear();
    }
    (!encoding.is_empty()).then_some(encoding)
}

fn position(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|w| w == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_clear_part_are_read() {
        let font = b"%!PS\n/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\n\
            dup 11 /ff put\ndup 65 /A put\nreadonly def\ncurrentfile eexec \x01dup 1 /no put";
        let encoding = encoding(font).expect("is read");
        assert_eq!(encoding.get(&11).map(String::as_str), Some("ff"));
        assert_eq!(encoding.get(&65).map(String::as_str), Some("A"));
        assert_eq!(encoding.get(&1), None);
    }
}
