//! The built-in encoding of a CFF font (Adobe Technical Note 5176): TeX fonts have no other.

use std::collections::HashMap;

/// Glyph names by code. `None` if the font cannot be read or is keyed by CID.
pub(super) fn encoding(font: &[u8]) -> Option<HashMap<u8, String>> {
    let mut at = usize::from(*font.get(2)?);
    let (_, after) = index(font, at)?;
    at = after;
    let (tops, after) = index(font, at)?;
    let (strings, _) = index(font, after)?;
    let top = top_dict(font.get(tops.first()?.clone())?);
    if top.contains_key(&(12 << 8 | 30)) {
        return None;
    }
    let offset = |key: u16| top.get(&key).map(|n| *n as usize);
    let (glyphs, _) = index(font, offset(17)?)?;
    let names = charset(font, offset(15).unwrap_or(0), glyphs.len())?;
    let name_of = |sid: u16| -> Option<String> {
        let sid = usize::from(sid);
        match STANDARD_STRINGS.split_ascii_whitespace().nth(sid) {
            Some(name) if sid < STANDARD_STRING_COUNT => Some(name.to_owned()),
            _ => {
                let range = strings.get(sid.checked_sub(STANDARD_STRING_COUNT)?)?;
                Some(String::from_utf8_lossy(font.get(range.clone())?).into_owned())
            }
        }
    };
    let codes = codes(font, offset(16).unwrap_or(0), glyphs.len())?;
    let mut encoding = HashMap::new();
    for (code, glyph) in codes {
        if let Some(name) = names.get(glyph).and_then(|sid| name_of(*sid)) {
            encoding.insert(code, name);
        }
    }
    Some(encoding)
}

/// Strings that need no definition: the note's appendix A up to the accented letters that
/// text fonts use; the expert set is never met in text and left out by name.
const STANDARD_STRING_COUNT: usize = 391;
const STANDARD_STRINGS: &str = include_str!("standard_strings.txt");

type Ranges = Vec<std::ops::Range<usize>>;

/// An INDEX at `at`: where its items are, and where it ends.
fn index(font: &[u8], at: usize) -> Option<(Ranges, usize)> {
    let count = usize::from(u16_at(font, at)?);
    if count == 0 {
        return Some((Vec::new(), at + 2));
    }
    let size = usize::from(*font.get(at.checked_add(2)?)?);
    if !(1..=4).contains(&size) {
        return None;
    }
    let offsets = at + 3;
    let base = offsets + (count + 1) * size - 1;
    let offset = |n: usize| -> Option<usize> {
        let from = offsets + n * size;
        let bytes = font.get(from..from + size)?;
        Some(
            bytes
                .iter()
                .fold(0, |value, b| value << 8 | usize::from(*b)),
        )
    };
    let mut items = Vec::with_capacity(count);
    let mut begin = base.checked_add(offset(0)?)?;
    for n in 1..=count {
        let end = base.checked_add(offset(n)?)?;
        if end < begin || end > font.len() {
            return None;
        }
        items.push(begin..end);
        begin = end;
    }
    Some((items, begin))
}

/// Operators and the last operand of each.
fn top_dict(bytes: &[u8]) -> HashMap<u16, i32> {
    let mut dict = HashMap::new();
    let (mut at, mut last) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let next = |n: usize| i32::from(bytes.get(at + n).copied().unwrap_or(0));
        match byte {
            12 => {
                dict.insert(12 << 8 | next(0) as u16, last);
                at += 1;
            }
            0..=21 => {
                dict.insert(u16::from(byte), last);
            }
            28 => {
                last = next(0) << 8 | next(1);
                at += 2;
            }
            29 => {
                last = next(0) << 24 | next(1) << 16 | next(2) << 8 | next(3);
                at += 4;
            }
            30 => {
                while bytes
                    .get(at)
                    .is_some_and(|b| b & 0xf != 0xf && b >> 4 != 0xf)
                {
                    at += 1;
                }
                at += 1;
            }
            32..=246 => last = i32::from(byte) - 139,
            247..=250 => {
                last = (i32::from(byte) - 247) * 256 + next(0) + 108;
                at += 1;
            }
            251..=254 => {
                last = -(i32::from(byte) - 251) * 256 - next(0) - 108;
                at += 1;
            }
            _ => {}
        }
    }
    dict
}

/// The string number of each glyph's name.
fn charset(font: &[u8], at: usize, glyphs: usize) -> Option<Vec<u16>> {
    if at <= 2 {
        // Predefined: for ISOAdobe the number of the string is that of the glyph.
        return Some((0..glyphs.min(65_535) as u16).collect());
    }
    let format = *font.get(at)?;
    let mut names = vec![0_u16];
    let mut from = at + 1;
    while names.len() < glyphs {
        let first = u16_at(font, from)?;
        from += 2;
        let more = match format {
            0 => 0,
            1 => usize::from(*font.get(from)?),
            2 => usize::from(u16_at(font, from)?),
            _ => return None,
        };
        from += usize::from(format);
        for n in 0..=more.min(glyphs - names.len()) {
            names.push(first.wrapping_add(n as u16));
        }
    }
    Some(names)
}

/// Pairs of code and glyph.
fn codes(font: &[u8], at: usize, glyphs: usize) -> Option<Vec<(u8, usize)>> {
    if at <= 1 {
        return None;
    }
    let format = *font.get(at)?;
    let count = usize::from(*font.get(at + 1)?);
    let mut codes = Vec::new();
    let mut from = at + 2;
    match format & 0x7f {
        0 => {
            for n in 0..count {
                codes.push((*font.get(from + n)?, n + 1));
            }
        }
        1 => {
            let mut glyph = 1;
            for _ in 0..count {
                let (first, left) = (*font.get(from)?, *font.get(from + 1)?);
                from += 2;
                for n in 0..=u16::from(left) {
                    codes.push(((u16::from(first) + n) as u8, glyph));
                    glyph += 1;
                }
            }
        }
        _ => return None,
    }
    codes.retain(|(_, glyph)| *glyph < glyphs);
    Some(codes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}
