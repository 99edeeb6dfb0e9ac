//! Helvetica as every PDF reader has it: how texts are encoded, and how wide they are.

/// One of the two faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Regular,
    Bold,
}

/// Widths of the characters from blank to tilde, in thousandths of the font's size.
/// Source: Adobe's font metrics for the 14 core fonts, read 2026-11-22.
const REGULAR: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667,
    611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556,
    278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// Characters of Windows-1252 outside Latin-1 that names are likely to have.
const EXTRA: [(char, u8); 9] = [
    ('€', 0x80),
    ('…', 0x85),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
];

/// The text in Windows-1252, a question mark for what it cannot write.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    text.chars().map(|c| byte(c).unwrap_or(b'?')).collect()
}

/// Whether the font has all characters of a text.
pub(crate) fn covers(text: &str) -> bool {
    text.chars().all(|c| byte(c).is_some())
}

fn byte(c: char) -> Option<u8> {
    match c {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        _ => EXTRA
            .iter()
            .find(|(known, _)| *known == c)
            .map(|(_, byte)| *byte),
    }
}

/// How wide a text is, in points.
pub(crate) fn width(text: &str, face: Face, size: f32) -> f32 {
    let table = match face {
        Face::Regular => &REGULAR,
        Face::Bold => &BOLD,
    };
    let units: u32 = encode(text)
        .iter()
        .map(|byte| {
            let at = usize::from(*byte).checked_sub(32);
            // Accented letters are as wide as most letters.
            u32::from(at.and_then(|at| table.get(at)).copied().unwrap_or(556))
        })
        .sum();
    units as f32 * size / 1000.0
}

/// The text, cut to fit with an ellipsis.
pub(crate) fn fit(text: &str, face: Face, size: f32, room: f32) -> String {
    if width(text, face, size) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().chain(&['…']).collect();
        if width(&cut, face, size) <= room {
            return cut;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_encoded_and_measured() {
        assert_eq!(encode("Zürich – 5 €"), b"Z\xfcrich \x96 5 \x80");
        assert_eq!(encode("机"), b"?");
        assert!(covers("Zürich") && !covers("机器"));
        assert!((width("0000", Face::Regular, 10.0) - 22.24).abs() < 0.001);
        assert!(width("W", Face::Bold, 10.0) > width("i", Face::Bold, 10.0));
    }

    #[test]
    fn what_is_too_long_is_cut_to_fit() {
        let name = "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8";
        let cut = fit(name, Face::Regular, 9.0, 120.0);
        assert!(cut.ends_with('…') && name.starts_with(cut.trim_end_matches('…')));
        assert!(width(&cut, Face::Regular, 9.0) <= 120.0);
        assert_eq!(fit("short", Face::Regular, 9.0, 120.0), "short");
    }
}
