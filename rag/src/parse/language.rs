//! The language of a document, found in its text.

use super::Document;

/// Characters that are looked at, and the least that a finding can be made from.
const LOOK: usize = 24_000;
const LEAST: usize = 40;
/// Below this, a finding is a guess.
const SURE: f64 = 0.35;

/// ISO 639-1 where there is a code, else ISO 639-3; `None` if unsure.
pub(super) fn detect(document: &Document) -> Option<String> {
    // The middle is looked at too: a file may begin with a cover in another language.
    let pages = &document.pages;
    let each = LOOK / pages.len().clamp(1, 12);
    let step = pages.len().div_ceil(12).max(1);
    let texts = pages.iter().step_by(step);
    let sample: String = texts
        .flat_map(|page| page.text.chars().take(each))
        .collect();
    let letters = sample.chars().filter(|c| c.is_alphabetic());
    // A letter beyond Latin tells more: few languages share its script.
    let weight = |c: char| if u32::from(c) < 0x250 { 1 } else { 2 };
    if letters.map(weight).sum::<usize>() < LEAST {
        return None;
    }
    let found = whatlang::detect(&sample)?;
    let sure = found.is_reliable() || found.confidence() >= SURE;
    sure.then(|| short(found.lang().code()).to_owned())
}

/// The code of ISO 639-1.
fn short(code: &str) -> &str {
    const CODES: &[(&str, &str)] = &[
        ("afr", "af"),
        ("aka", "ak"),
        ("amh", "am"),
        ("ara", "ar"),
        ("aze", "az"),
        ("bel", "be"),
        ("ben", "bn"),
        ("bul", "bg"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("cmn", "zh"),
        ("cym", "cy"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("epo", "eo"),
        ("est", "et"),
        ("fin", "fi"),
        ("fra", "fr"),
        ("guj", "gu"),
        ("heb", "he"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("hun", "hu"),
        ("hye", "hy"),
        ("ind", "id"),
        ("ita", "it"),
        ("jav", "jv"),
        ("jpn", "ja"),
        ("kan", "kn"),
        ("kat", "ka"),
        ("khm", "km"),
        ("kor", "ko"),
        ("lat", "la"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("mal", "ml"),
        ("mar", "mr"),
        ("mkd", "mk"),
        ("mya", "my"),
        ("nep", "ne"),
        ("nld", "nl"),
        ("nob", "nb"),
        ("ori", "or"),
        ("pan", "pa"),
        ("pes", "fa"),
        ("pol", "pl"),
        ("por", "pt"),
        ("ron", "ro"),
        ("rus", "ru"),
        ("sin", "si"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("sna", "sn"),
        ("spa", "es"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tam", "ta"),
        ("tel", "te"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("tuk", "tk"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("urd", "ur"),
        ("uzb", "uz"),
        ("vie", "vi"),
        ("yid", "yi"),
        ("zul", "zu"),
    ];
    let found = CODES.iter().find(|(long, _)| *long == code);
    found.map_or(code, |(_, short)| short)
}
