//! Arabic and Hebrew: a PDF shows glyphs where they stand; text is what is read.

use super::super::glyph::Glyph;
use super::line::{Mark, push_space, push_text};

/// A gap from this part of the size on is a space: Arabic words stand close.
const SPACE: f32 = 0.12;

pub(super) fn is_rtl_char(char: char) -> bool {
    matches!(u32::from(char),
        0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff | 0x1e800..=0x1efff)
}

/// Whether the glyph belongs to a script that is written to the left. Digits do not.
pub(super) fn is_rtl(glyph: &Glyph) -> bool {
    let is = |c: char| is_rtl_char(c) && !is_number(c);
    glyph.text.as_ref().is_some_and(|text| text.chars().any(is))
}

fn is_number(char: char) -> bool {
    char.is_ascii_digit() || matches!(char, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}')
}

fn is_mark(glyph: &Glyph) -> bool {
    let is = |c: char| unicode_normalization::char::is_combining_mark(c);
    glyph
        .text
        .as_ref()
        .is_some_and(|text| !text.is_empty() && text.chars().all(is))
}

/// Strongly left to right: letters of other scripts, and digits, which run to the right in both.
fn is_ltr(glyph: &Glyph) -> bool {
    let is = |c: char| (c.is_alphabetic() && !is_rtl_char(c)) || is_number(c);
    glyph.text.as_ref().is_some_and(|text| text.chars().any(is))
}

/// A letter with the marks upon it.
struct Cluster<'a> {
    glyphs: Vec<&'a Glyph>,
    x0: f32,
    x1: f32,
}

impl Cluster<'_> {
    fn is(&self, test: fn(&Glyph) -> bool) -> bool {
        self.glyphs.iter().any(|glyph| test(glyph))
    }
}

/// Marks of a line in the order of reading.
pub(super) fn marks(glyphs: &[&Glyph]) -> Vec<Mark> {
    let mut clusters: Vec<Cluster<'_>> = Vec::new();
    for glyph in glyphs {
        let rect = glyph.rect();
        match clusters.last_mut() {
            Some(last) if is_mark(glyph) => last.glyphs.push(glyph),
            _ => clusters.push(Cluster {
                glyphs: vec![glyph],
                x0: rect.x0,
                x1: rect.x1,
            }),
        }
    }
    // Where they stand, from the right: that is the order of reading, but for words and numbers
    // that run to the right, which are turned round again.
    let count = |test: fn(&Glyph) -> bool| clusters.iter().filter(|c| c.is(test)).count();
    let base_is_rtl = 2 * count(is_rtl) >= count(|g| is_ltr(g) && !is_digits(g));
    clusters.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    if base_is_rtl {
        clusters.reverse();
        turn_runs(&mut clusters, is_ltr, is_rtl);
    } else {
        turn_runs(&mut clusters, is_rtl, is_ltr);
    }
    with_spaces(&clusters)
}

fn is_digits(glyph: &Glyph) -> bool {
    glyph
        .text
        .as_ref()
        .is_some_and(|text| text.chars().all(is_number))
}

/// Reverses each run from one `own` cluster to the last one before an `other`.
fn turn_runs(clusters: &mut [Cluster<'_>], own: fn(&Glyph) -> bool, other: fn(&Glyph) -> bool) {
    let mut at = 0;
    while at < clusters.len() {
        if !clusters[at].is(own) {
            at += 1;
            continue;
        }
        let rest = &clusters[at..];
        let end = rest.iter().position(|c| c.is(other)).unwrap_or(rest.len());
        let last = rest[..end].iter().rposition(|c| c.is(own)).unwrap_or(0);
        clusters[at..=at + last].reverse();
        at += last + 1;
    }
}

fn with_spaces(clusters: &[Cluster<'_>]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut last: Option<&Cluster<'_>> = None;
    let mut passed = false;
    for cluster in clusters {
        let glyph = cluster.glyphs[0];
        if glyph.text.as_deref() == Some("") {
            // Part of a letter beside it, or a space whose text was put elsewhere.
            passed = true;
            continue;
        }
        let blank = |text: &str| text.chars().all(char::is_whitespace);
        if glyph.text.as_deref().is_some_and(blank) {
            push_space(&mut marks, glyph.rect());
            last = None;
            continue;
        }
        if let Some(last) = last {
            let gap = (last.x0 - cluster.x1).max(cluster.x0 - last.x1);
            let turns = cluster.is(is_rtl) != last.is(is_rtl);
            if gap > SPACE * glyph.size && (!passed || turns) {
                push_space(&mut marks, glyph.rect());
            }
        }
        for glyph in &cluster.glyphs {
            push_text(&mut marks, glyph);
        }
        last = Some(cluster);
        passed = false;
    }
    while marks.last().is_some_and(|mark| &*mark.text == " ") {
        marks.pop();
    }
    marks
}
