//! CMaps: from codes to text (`ToUnicode`) and to CIDs (an embedded `Encoding`).

use std::collections::HashMap;

use super::lexer::{Lexer, Token};

/// Entries of one map: no font has more glyphs than this.
const MAX_ENTRIES: usize = 200_000;

/// A parsed CMap.
#[derive(Debug, Default)]
pub(super) struct CMap {
    /// Ranges of codes: length in bytes, lowest, highest.
    spaces: Vec<(u8, u32, u32)>,
    texts: HashMap<u32, Box<str>>,
    /// Ranges of codes and the text's first UTF-16 unit run: lowest, highest, text of the lowest.
    text_ranges: Vec<(u32, u32, Box<str>)>,
    cids: HashMap<u32, u32>,
    cid_ranges: Vec<(u32, u32, u32)>,
    pub(super) vertical: bool,
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |n, b| n << 8 | u32::from(*b))
}

fn utf16(bytes: &[u8]) -> Box<str> {
    if let [byte] = bytes {
        return char::from(*byte).to_string().into();
    }
    let units = bytes
        .chunks_exact(2)
        .map(|p| u16::from_be_bytes([p[0], p[1]]));
    let text: String = char::decode_utf16(units).filter_map(Result::ok).collect();
    text.trim_matches('\0').into()
}

impl CMap {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut lexer = Lexer::new(bytes);
        let mut operands: Vec<Token> = Vec::new();
        while let Some(token) = lexer.next() {
            let Token::Word(word) = token else {
                if operands.len() < MAX_ENTRIES {
                    operands.push(token);
                }
                continue;
            };
            match word.as_slice() {
                b"endcodespacerange" => map.add_spaces(&operands),
                b"endbfchar" => map.add_chars(&operands),
                b"endbfrange" => map.add_ranges(&operands),
                b"endcidchar" => map.add_cids(&operands),
                b"endcidrange" => map.add_cid_ranges(&operands),
                b"def" => {
                    if let [.., Token::Name(name), Token::Number(mode)] = operands.as_slice() {
                        map.vertical |= name == b"WMode" && *mode == 1.0;
                    }
                }
                _ => {}
            }
            operands.clear();
        }
        map.text_ranges.sort_by_key(|range| range.0);
        map
    }

    fn has_room(&self) -> bool {
        self.texts.len() + self.text_ranges.len() + self.cids.len() + self.cid_ranges.len()
            < MAX_ENTRIES
    }

    fn add_spaces(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::String(low), Token::String(high)] = pair
                && (1..=4).contains(&low.len())
                && self.spaces.len() < 1000
            {
                self.spaces.push((low.len() as u8, code(low), code(high)));
            }
        }
    }

    fn add_chars(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::String(from), Token::String(to)] = pair
                && self.has_room()
            {
                self.texts.insert(code(from), utf16(to));
            }
        }
    }

    fn add_ranges(&mut self, operands: &[Token]) {
        for triple in operands.chunks_exact(3) {
            let [Token::String(low), Token::String(high), to] = triple else {
                continue;
            };
            let (low, high) = (code(low), code(high));
            match to {
                Token::String(first) if low <= high && self.has_room() => {
                    self.text_ranges.push((low, high, utf16(first)));
                }
                Token::Array(items) => {
                    for (offset, item) in items.iter().enumerate() {
                        if let Token::String(text) = item
                            && self.has_room()
                        {
                            self.texts
                                .insert(low.wrapping_add(offset as u32), utf16(text));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn add_cids(&mut self, operands: &[Token]) {
        for pair in operands.chunks_exact(2) {
            if let [Token::String(from), Token::Number(cid)] = pair
                && self.has_room()
            {
                self.cids.insert(code(from), *cid as u32);
            }
        }
    }

    fn add_cid_ranges(&mut self, operands: &[Token]) {
        for triple in operands.chunks_exact(3) {
            if let [Token::String(low), Token::String(high), Token::Number(cid)] = triple
                && self.has_room()
            {
                self.cid_ranges.push((code(low), code(high), *cid as u32));
            }
        }
    }

    /// Text of a code.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.texts.get(&code) {
            return Some(text.to_string());
        }
        let end = self.text_ranges.partition_point(|range| range.0 <= code);
        // Ranges rarely overlap; a few steps back are enough where they do.
        let near = self.text_ranges[..end].iter().rev().take(8);
        let (low, _, first) = near.into_iter().find(|range| code <= range.1)?;
        let mut chars: Vec<char> = first.chars().collect();
        let last = chars.pop()?;
        chars.push(char::from_u32(u32::from(last).checked_add(code - low)?)?);
        Some(chars.into_iter().collect())
    }

    pub(super) fn cid(&self, code: u32) -> Option<u32> {
        let in_range = |range: &&(u32, u32, u32)| (range.0..=range.1).contains(&code);
        self.cids.get(&code).copied().or_else(|| {
            let range = self.cid_ranges.iter().find(in_range)?;
            range.2.checked_add(code - range.0)
        })
    }

    /// Splits the next code off `bytes`: its value and length.
    pub(super) fn next_code(&self, bytes: &[u8]) -> (u32, usize) {
        for length in 1..=bytes.len().min(4) {
            let value = code(&bytes[..length]);
            let fits = |s: &(u8, u32, u32)| s.0 as usize == length && in_space(value, *s);
            if self.spaces.iter().any(fits) {
                return (value, length);
            }
        }
        let shortest = self.spaces.iter().map(|s| s.0 as usize).min().unwrap_or(2);
        let length = shortest.min(bytes.len()).max(1);
        (code(&bytes[..length]), length)
    }

    pub(super) fn has_texts(&self) -> bool {
        !self.texts.is_empty() || !self.text_ranges.is_empty()
    }

    /// Whether a code stands for so many characters that the map must be mistaken.
    pub(super) fn has_long_texts(&self) -> bool {
        self.texts.values().any(|text| is_long(text))
    }

    pub(super) fn has_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }
}

/// Longer than any ligature but the rare ones of Arabic, or more than one word.
pub(super) fn is_long(text: &str) -> bool {
    text.chars().count() >= 8 || text.trim().contains(' ')
}

/// Each byte of a code lies between the same bytes of the bounds.
fn in_space(value: u32, (length, low, high): (u8, u32, u32)) -> bool {
    (0..u32::from(length)).all(|at| {
        let byte = |n: u32| (n >> (8 * at)) & 0xff;
        (byte(low)..=byte(high)).contains(&byte(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chars_ranges_and_arrays_map_to_text() {
        let map = CMap::parse(
            b"1 begincodespacerange <00> <7f> <8140> <9ffc> endcodespacerange
              1 beginbfchar <01> <00660069> endbfchar
              2 beginbfrange <10> <12> <0041> <20> <21> [<0061> <D83DDE00>] endbfrange
              1 begincidrange <8140> <8150> 100 endcidrange",
        );
        assert_eq!(map.text(1).as_deref(), Some("fi"));
        assert_eq!(map.text(0x12).as_deref(), Some("C"));
        assert_eq!(map.text(0x21).as_deref(), Some("😀"));
        assert_eq!(map.text(0x30), None);
        assert_eq!(map.cid(0x8142), Some(102));
        assert_eq!(map.next_code(&[0x41, 0x42]), (0x41, 1));
        assert_eq!(map.next_code(&[0x81, 0x42]), (0x8142, 2));
    }
}
