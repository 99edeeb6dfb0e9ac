//! Tokens of content streams and CMaps: the same syntax, read leniently and without recursion
//! deeper than a bound.

/// An operand or an operator.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f32),
    Name(Vec<u8>),
    String(Vec<u8>),
    Array(Vec<Token>),
    /// Key and value, in the stream's order.
    Dict(Vec<(Vec<u8>, Token)>),
    Word(Vec<u8>),
}

impl Token {
    pub(super) fn number(&self) -> Option<f32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Arrays and dictionaries inside each other.
const MAX_DEPTH: u8 = 16;
/// Items of one array: a `TJ` has some hundred.
const MAX_ITEMS: usize = 100_000;

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token> {
        self.token(0)
    }

    fn token(&mut self, depth: u8) -> Option<Token> {
        loop {
            self.skip_space();
            let byte = self.peek()?;
            match byte {
                b'(' => return Some(Token::String(self.literal())),
                b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                    self.at += 2;
                    return Some(self.dict(depth));
                }
                b'<' => return Some(Token::String(self.hex())),
                b'[' => {
                    self.at += 1;
                    return Some(self.array(depth));
                }
                b'/' => return Some(Token::Name(self.name())),
                b'+' | b'-' | b'.' | b'0'..=b'9' => return Some(self.number()),
                b']' | b'>' | b')' | b'{' | b'}' => self.at += 1,
                _ => return Some(Token::Word(self.word())),
            }
        }
    }

    fn array(&mut self, depth: u8) -> Token {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                _ if depth >= MAX_DEPTH => self.at += 1,
                _ => match self.token(depth + 1) {
                    // An operator inside an array means that its end is missing.
                    Some(Token::Word(word)) if word == b"ET" || word == b"Tj" => break,
                    Some(token) if items.len() < MAX_ITEMS => items.push(token),
                    Some(_) => {}
                    None => break,
                },
            }
        }
        Token::Array(items)
    }

    fn dict(&mut self, depth: u8) -> Token {
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b'>') => {
                    self.at = (self.at + 2).min(self.bytes.len());
                    break;
                }
                _ if depth >= MAX_DEPTH => self.at += 1,
                _ => {
                    let Some(key) = self.token(depth + 1) else {
                        break;
                    };
                    let Token::Name(key) = key else { continue };
                    self.skip_space();
                    if self.peek() == Some(b'>') {
                        continue;
                    }
                    let Some(value) = self.token(depth + 1) else {
                        break;
                    };
                    if entries.len() < MAX_ITEMS {
                        entries.push((key, value));
                    }
                }
            }
        }
        Token::Dict(entries)
    }

    fn number(&mut self) -> Token {
        let from = self.at;
        self.at += 1;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
        {
            self.at += 1;
        }
        let text = &self.bytes[from..self.at];
        Token::Number(parse_number(text))
    }

    fn word(&mut self) -> Vec<u8> {
        let from = self.at;
        while self
            .peek()
            .is_some_and(|b| !is_space(b) && !is_delimiter(b))
        {
            self.at += 1;
        }
        self.bytes[from..self.at].to_vec()
    }

    fn name(&mut self) -> Vec<u8> {
        self.at += 1;
        let raw = self.word();
        if !raw.contains(&b'#') {
            return raw;
        }
        let mut name = Vec::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            let pair = (raw[at] == b'#')
                .then(|| raw.get(at + 1..at + 3))
                .flatten()
                .and_then(|pair| Some((hex_value(pair[0])?, hex_value(pair[1])?)));
            if let Some((high, low)) = pair {
                name.push(high << 4 | low);
                at += 3;
            } else {
                name.push(raw[at]);
                at += 1;
            }
        }
        name
    }

    fn hex(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut bytes = Vec::new();
        let mut high = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(value) = hex_value(byte) else {
                continue;
            };
            match high.take() {
                None => high = Some(value),
                Some(first) => bytes.push(first << 4 | value),
            }
        }
        if let Some(first) = high {
            bytes.push(first << 4);
        }
        bytes
    }

    fn literal(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut bytes = Vec::new();
        let mut open = 1_u32;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    if let Some(byte) = self.escape() {
                        bytes.push(byte);
                    }
                    continue;
                }
                _ => {}
            }
            bytes.push(byte);
        }
        bytes
    }

    fn escape(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return None;
            }
            b'\n' => return None,
            b'0'..=b'7' => {
                let mut value = u16::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    value = value * 8 + u16::from(digit - b'0');
                    self.at += 1;
                }
                (value & 0xff) as u8
            }
            other => other,
        })
    }

    /// Passes over an inline image's data: from behind `ID` to behind `EI`.
    pub(super) fn skip_inline_image(&mut self) {
        let mut at = self.at;
        while let Some(found) = find(&self.bytes[at..], b"EI") {
            let start = at + found;
            let before = start == 0 || is_space(self.bytes[start - 1]);
            let after = self.bytes.get(start + 2).is_none_or(|b| is_space(*b));
            // Binary data holds "EI" by chance; what follows the true one is text.
            let rest = &self.bytes[(start + 2).min(self.bytes.len())..];
            let texty = rest
                .iter()
                .take(12)
                .all(|b| b.is_ascii() && (*b >= 32 || is_space(*b)));
            if before && after && texty {
                self.at = start + 2;
                return;
            }
            at = start + 2;
        }
        self.at = self.bytes.len();
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

fn hex_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// A number as PDF writers write them, some with a sign too many (`--5`, `1.2-3`).
fn parse_number(text: &[u8]) -> f32 {
    let negative = text.first() == Some(&b'-');
    let digits = text.iter().skip_while(|b| matches!(b, b'-' | b'+'));
    let (mut whole, mut scale, mut fraction) = (0.0_f64, 1.0_f64, false);
    for byte in digits {
        match byte {
            b'.' if !fraction => fraction = true,
            b'0'..=b'9' => {
                let digit = f64::from(byte - b'0');
                if fraction {
                    scale /= 10.0;
                    whole += digit * scale;
                } else {
                    whole = whole * 10.0 + digit;
                }
            }
            _ => break,
        }
    }
    (if negative { -whole } else { whole }) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Token> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| lexer.next()).collect()
    }

    #[test]
    fn operands_of_every_kind_are_read() {
        let tokens = all(b"/F#31 -1.5 Tf [(a\\)\\101) -20 <4142>] TJ <</K [1]>> % no\nBDC");
        assert_eq!(
            tokens,
            vec![
                Token::Name(b"F1".to_vec()),
                Token::Number(-1.5),
                Token::Word(b"Tf".to_vec()),
                Token::Array(vec![
                    Token::String(b"a)A".to_vec()),
                    Token::Number(-20.0),
                    Token::String(b"AB".to_vec()),
                ]),
                Token::Word(b"TJ".to_vec()),
                Token::Dict(vec![(
                    b"K".to_vec(),
                    Token::Array(vec![Token::Number(1.0)])
                )]),
                Token::Word(b"BDC".to_vec()),
            ]
        );
    }

    #[test]
    fn an_inline_image_is_passed_over() {
        let mut lexer = Lexer::new(b"\x01EI\x02\xff EI\xfe EI\nQ");
        lexer.skip_inline_image();
        assert_eq!(lexer.next(), Some(Token::Word(b"Q".to_vec())));
    }

    #[test]
    fn deep_nesting_and_missing_ends_come_to_an_end() {
        assert!(!all(&vec![b'['; 100_000]).is_empty());
        assert!(!all(&b"<<".repeat(50_000)).is_empty());
        assert!(!all(b"[ (abc").is_empty());
    }
}
