//! From names of glyphs to text: Adobe's list (as lopdf carries it), TeX's names, `uniXXXX`.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Encoding, Object};

/// Names that Adobe's list lacks: those of the Computer Modern, AMS and XY fonts.
const MORE: &[(&str, &str)] = &[
    ("angbracketleft", "⟨"),
    ("angbracketright", "⟩"),
    ("arrowhookleft", "↪"),
    ("arrowhookright", "↩"),
    ("arrownortheast", "↗"),
    ("arrownorthwest", "↖"),
    ("arrowsoutheast", "↘"),
    ("arrowsouthwest", "↙"),
    ("bardbl", "‖"),
    ("braceex", "⎪"),
    ("braceleftbt", "⎩"),
    ("braceleftmid", "⎨"),
    ("bracelefttp", "⎧"),
    ("bracerightbt", "⎭"),
    ("bracerightmid", "⎬"),
    ("bracerighttp", "⎫"),
    ("ceilingleft", "⌈"),
    ("ceilingright", "⌉"),
    ("circlecopyrt", "○"),
    ("compwordmark", ""),
    ("coproduct", "∐"),
    ("dotlessj", "ȷ"),
    ("epsilon1", "ϵ"),
    ("floorleft", "⌊"),
    ("floorright", "⌋"),
    ("follows", "≻"),
    ("followsequal", "⪰"),
    ("greatermuch", "≫"),
    ("hyphenchar", "-"),
    ("Ifractur", "ℑ"),
    ("latticetop", "⊤"),
    ("lessmuch", "≪"),
    ("lscript", "ℓ"),
    ("mapsto", "↦"),
    ("measuredangle", "∡"),
    ("minusplus", "∓"),
    ("nabla", "∇"),
    ("negationslash", "̸"),
    ("notexistential", "∄"),
    ("notparallel", "∦"),
    ("owner", "∋"),
    ("parenleftbt", "⎝"),
    ("parenleftex", "⎜"),
    ("parenlefttp", "⎛"),
    ("parenrightbt", "⎠"),
    ("parenrightex", "⎟"),
    ("parenrighttp", "⎞"),
    ("perthousandzero", ""),
    ("phi1", "ϕ"),
    ("precedes", "≺"),
    ("precedesequal", "⪯"),
    ("prime", "′"),
    ("Rfractur", "ℜ"),
    ("rho1", "ϱ"),
    ("satisfies", "⊨"),
    ("similarequal", "≃"),
    ("squaresolid", "■"),
    ("star", "⋆"),
    ("subsetnoteql", "⊊"),
    ("supersetnoteql", "⊋"),
    ("tie", "⁀"),
    ("tildewide", "~"),
    ("tildewider", "~"),
    ("tildewidest", "~"),
    ("triangle", "△"),
    ("turnstileleft", "⊢"),
    ("turnstileright", "⊣"),
    ("unionsq", "⊔"),
    ("intersectionsq", "⊓"),
    ("unionmulti", "⊎"),
    ("vector", "⃗"),
    ("vextendsingle", "|"),
    ("vextenddouble", "‖"),
    ("visiblespace", "␣"),
    ("wreathproduct", "≀"),
];

/// Endings of the sizes of one sign, as in `parenleftbigg` and `summationdisplay`.
const SIZES: [&str; 8] = [
    "Bigg", "bigg", "Big", "big", "display", "text", "small", "oldstyle",
];

/// Texts of glyph names, found once for each name of a file.
#[derive(Debug, Default)]
pub(super) struct GlyphNames {
    found: HashMap<String, Option<Box<str>>>,
}

impl GlyphNames {
    /// The text of the glyph `name`, or `None` if the name says nothing (`g12`, `.notdef`).
    pub(super) fn text(&mut self, name: &str) -> Option<&str> {
        if !self.found.contains_key(name) {
            self.found.insert(name.to_owned(), look_up(name));
        }
        self.found.get(name)?.as_deref()
    }
}

fn look_up(name: &str) -> Option<Box<str>> {
    if name.is_empty() || name == ".notdef" || name.len() > 64 {
        return None;
    }
    if let Some((_, text)) = MORE.iter().find(|(known, _)| *known == name) {
        return Some((*text).into());
    }
    if let Some(char) = by_number(name).or_else(|| in_list(name)) {
        return Some(char.to_string().into());
    }
    if let Some((base, _)) = name.split_once('.') {
        return look_up(base);
    }
    if name.contains('_') {
        let parts: Option<Vec<Box<str>>> = name.split('_').map(look_up).collect();
        return parts.map(|parts| parts.concat().into());
    }
    SIZES
        .iter()
        .find_map(|size| look_up(name.strip_suffix(size)?))
}

/// `uni0041`, `u1F600`.
fn by_number(name: &str) -> Option<char> {
    let digits = match name.strip_prefix("uni") {
        Some(digits) if digits.len() >= 4 => digits.get(..4)?,
        _ => name
            .strip_prefix('u')
            .filter(|d| (4..=6).contains(&d.len()))?,
    };
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// lopdf carries Adobe's list but shows it through the encodings of fonts only.
fn in_list(name: &str) -> Option<char> {
    let mut encoding = Dictionary::new();
    let difference = vec![Object::Integer(0), Object::Name(name.as_bytes().to_vec())];
    encoding.set("Differences", difference);
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", encoding);
    let nothing = Document::new();
    match font.get_font_encoding(&nothing) {
        Ok(Encoding::Differences(found)) => {
            let unit = found.map.get(&0)?.utf16_code_unit();
            char::from_u32(u32::from(unit))
        }
        _ => None,
    }
}

/// The characters of a predefined encoding by code.
pub(super) fn base_encoding(name: &str) -> [Option<char>; 256] {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Name(name.as_bytes().to_vec()));
    let nothing = Document::new();
    let Ok(encoding) = font.get_font_encoding(&nothing) else {
        return [None; 256];
    };
    let char_of = |code: usize| {
        let text = Document::decode_text(&encoding, &[code as u8]).ok()?;
        text.chars().next().filter(|c| !c.is_control())
    };
    std::array::from_fn(char_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_kind_have_their_text() {
        let mut names = GlyphNames::default();
        for (name, text) in [
            ("adieresis", Some("ä")),
            ("uni20AC", Some("€")),
            ("u1F600", Some("😀")),
            ("f_f_i", Some("ﬃ")),
            ("a.sc", Some("a")),
            ("parenleftbigg", Some("(")),
            ("mapsto", Some("↦")),
            ("g123", None),
            (".notdef", None),
        ] {
            assert_eq!(names.text(name), text, "{name}");
        }
    }

    #[test]
    fn windows_encoding_has_the_euro_where_it_belongs() {
        let win = base_encoding("WinAnsiEncoding");
        assert_eq!(win[0x80], Some('€'));
        assert_eq!(win[b'A' as usize], Some('A'));
        assert_eq!(base_encoding("StandardEncoding")[0x27], Some('\u{2019}'));
    }
}
