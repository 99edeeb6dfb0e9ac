//! Characters of a TrueType font's glyphs, from its own `cmap` table: for fonts in a PDF that
//! give no `ToUnicode`.

use std::collections::HashMap;

/// Glyphs of one font.
const MAX_GLYPHS: usize = 65_536;

/// What the font program says.
#[derive(Debug, Default)]
pub(super) struct TrueType {
    /// Character of each glyph, from a Unicode subtable.
    pub(super) char_of_glyph: HashMap<u16, char>,
    /// Glyph of each code, from a symbol or Macintosh subtable.
    pub(super) glyph_of_code: HashMap<u16, u16>,
}

pub(super) fn read(font: &[u8]) -> Option<TrueType> {
    let count = usize::from(u16_at(font, 4)?);
    let table = (0..count.min(64)).find_map(|n| {
        let at = 12 + 16 * n;
        (font.get(at..at + 4)? == b"cmap").then(|| u32_at(font, at + 8))?
    })? as usize;
    let subtables = usize::from(u16_at(font, table + 2)?);
    let mut found = TrueType::default();
    for n in 0..subtables.min(32) {
        let at = table + 4 + 8 * n;
        let (platform, kind) = (u16_at(font, at)?, u16_at(font, at + 2)?);
        let begin = table.checked_add(u32_at(font, at + 4)? as usize)?;
        let unicode = platform == 0 || (platform == 3 && (kind == 1 || kind == 10));
        read_subtable(font, begin, &mut |code, glyph| {
            if glyph == 0 {
                return;
            }
            if unicode {
                if let Some(char) = char::from_u32(code)
                    && found.char_of_glyph.len() < MAX_GLYPHS
                {
                    found.char_of_glyph.entry(glyph).or_insert(char);
                }
            } else if code <= 0xffff && found.glyph_of_code.len() < MAX_GLYPHS {
                // Symbol fonts put their codes at 0xF000.
                found.glyph_of_code.insert((code & 0xff) as u16, glyph);
            }
        });
    }
    Some(found)
}

fn read_subtable(font: &[u8], at: usize, add: &mut dyn FnMut(u32, u16)) -> Option<()> {
    match u16_at(font, at)? {
        0 => {
            for code in 0..256 {
                add(code as u32, u16::from(*font.get(at + 6 + code)?));
            }
        }
        4 => read_segments(font, at, add)?,
        6 => {
            let (first, count) = (u16_at(font, at + 6)?, u16_at(font, at + 8)?);
            for n in 0..count {
                let glyph = u16_at(font, at + 10 + 2 * usize::from(n))?;
                add(u32::from(first) + u32::from(n), glyph);
            }
        }
        12 => {
            let groups = u32_at(font, at + 12)?.min(MAX_GLYPHS as u32) as usize;
            for n in 0..groups {
                let group = at + 16 + 12 * n;
                let (first, last) = (u32_at(font, group)?, u32_at(font, group + 4)?);
                let glyph = u32_at(font, group + 8)?;
                for offset in 0..=last.saturating_sub(first).min(0xffff) {
                    add(
                        first.wrapping_add(offset),
                        glyph.wrapping_add(offset) as u16,
                    );
                }
            }
        }
        _ => {}
    }
    Some(())
}

/// Format 4: segments of the basic plane.
fn read_segments(font: &[u8], at: usize, add: &mut dyn FnMut(u32, u16)) -> Option<()> {
    let segments = usize::from(u16_at(font, at + 6)? / 2);
    let (ends, starts) = (at + 14, at + 16 + 2 * segments);
    let (deltas, offsets) = (starts + 2 * segments, starts + 4 * segments);
    for n in 0..segments {
        let (start, end) = (u16_at(font, starts + 2 * n)?, u16_at(font, ends + 2 * n)?);
        let delta = u16_at(font, deltas + 2 * n)?;
        let offset = usize::from(u16_at(font, offsets + 2 * n)?);
        for code in start..=end {
            let glyph = if offset == 0 {
                code.wrapping_add(delta)
            } else {
                let place = offsets + 2 * n + offset + 2 * usize::from(code - start);
                match u16_at(font, place) {
                    Some(0) | None => 0,
                    Some(glyph) => glyph.wrapping_add(delta),
                }
            };
            if code != 0xffff {
                add(u32::from(code), glyph);
            }
        }
    }
    Some(())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}
