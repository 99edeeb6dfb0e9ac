//! Glyphs that stand side by side become a line; gaps become spaces.

use std::sync::Arc;

use super::super::super::boxes::Rect;
use super::super::glyph::{Glyph, Style};
use super::rtl;

/// A character or a ligature, or a space between two.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) text: Arc<str>,
    pub(crate) rect: Rect,
}

/// Glyphs of one baseline without a wide gap: a line, or a part of one.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) marks: Vec<Mark>,
    pub(crate) rect: Rect,
    /// The largest size of its glyphs, in points.
    pub(crate) size: f32,
    /// Distance of the baseline from the upper edge, for lines that run to the right.
    pub(crate) baseline: f32,
    pub(crate) direction: (f32, f32),
    pub(crate) bold: bool,
    pub(crate) mono: bool,
    pub(crate) artifact: bool,
    /// Glyphs, and how many of them have no known text.
    pub(crate) glyphs: u32,
    pub(crate) unknown: u32,
}

/// A gap from this part of the size on is a space.
const SPACE: f32 = 0.15;
/// A gap from this part of the size on ends the line.
const WIDE: f32 = 0.9;
/// A shift of the baseline up to this part of the size is a raised or lowered sign.
const SHIFT: f32 = 0.75;

impl Line {
    pub(crate) fn text(&self) -> String {
        self.marks.iter().map(|mark| &*mark.text).collect()
    }

    /// Whether it runs from left to right.
    pub(crate) fn is_upright(&self) -> bool {
        self.direction.0 > 0.9
    }

    pub(crate) fn width(&self) -> f32 {
        self.rect.x1 - self.rect.x0
    }
}

/// Lines in the order of the content.
pub(crate) fn lines(glyphs: &[Glyph], page: (f32, f32)) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Option<Open<'_>> = None;
    for glyph in glyphs.iter().filter(|glyph| is_on_page(glyph, page)) {
        let step = open.as_ref().map_or(Step::Break, |line| line.step(glyph));
        if step == Step::Repeat {
            continue;
        }
        if step == Step::Break {
            lines.extend(open.take().and_then(Open::close));
        }
        match &mut open {
            Some(line) => line.push(glyph),
            None => open = Some(Open::new(glyph)),
        }
    }
    lines.extend(open.take().and_then(Open::close));
    lines
}

fn is_on_page(glyph: &Glyph, (width, height): (f32, f32)) -> bool {
    let (x, y) = glyph.from;
    (-2.0..=width + 2.0).contains(&x) && (-2.0..=height + 2.0).contains(&y)
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Step {
    Continue,
    Break,
    /// The same glyph at the same place: bold by painting twice.
    Repeat,
}

/// A line that may still grow.
struct Open<'a> {
    direction: (f32, f32),
    glyphs: Vec<&'a Glyph>,
}

fn is_blank(glyph: &Glyph) -> bool {
    let blank = |text: &Arc<str>| !text.is_empty() && text.chars().all(char::is_whitespace);
    glyph.text.as_ref().is_some_and(blank)
}

impl<'a> Open<'a> {
    fn new(glyph: &'a Glyph) -> Self {
        Self {
            direction: glyph.direction(),
            glyphs: vec![glyph],
        }
    }

    fn push(&mut self, glyph: &'a Glyph) {
        self.glyphs.push(glyph);
    }

    fn step(&self, glyph: &Glyph) -> Step {
        let Some(last) = self.glyphs.last() else {
            return Step::Continue;
        };
        let (dx, dy) = self.direction;
        let is_point = (glyph.to.0 - glyph.from.0).hypot(glyph.to.1 - glyph.from.1) < 1e-3;
        let turn = glyph.direction();
        if !is_point && dx * turn.0 + dy * turn.1 < 0.97 {
            return Step::Break;
        }
        let (vx, vy) = (glyph.from.0 - last.to.0, glyph.from.1 - last.to.1);
        let along = vx * dx + vy * dy;
        let across = (vx * dy - vy * dx).abs();
        let size = glyph.size.max(last.size);
        if across > SHIFT * size {
            return Step::Break;
        }
        let near = (glyph.from.0 - last.from.0).hypot(glyph.from.1 - last.from.1);
        if near < 0.12 * size && glyph.text == last.text && !is_point && !is_blank(glyph) {
            return Step::Repeat;
        }
        if rtl::is_rtl(glyph) || rtl::is_rtl(last) {
            // Words go to the left here, glyphs within them either way.
            let back = (last.from.0 - glyph.to.0) * dx + (last.from.1 - glyph.to.1) * dy;
            let gap = along.abs().min(back.abs());
            return if gap < 1.5 * size {
                Step::Continue
            } else {
                Step::Break
            };
        }
        // A script may be far smaller than what it follows, so the base's size counts too; going
        // back a little is an accent, a kern or an overprint.
        if along > WIDE * size || along < -1.2 * size {
            return Step::Break;
        }
        Step::Continue
    }

    fn close(self) -> Option<Line> {
        let mut glyphs = self.glyphs;
        while glyphs.last().is_some_and(|glyph| is_blank(glyph)) {
            glyphs.pop();
        }
        let lead = glyphs.iter().take_while(|glyph| is_blank(glyph)).count();
        glyphs.drain(..lead);
        let first = *glyphs.first()?;
        let style = majority(&glyphs);
        let largest = glyphs.iter().max_by(|a, b| a.size.total_cmp(&b.size))?;
        let rect = glyphs.iter().map(|g| g.rect()).reduce(Rect::union)?;
        let unknown = glyphs.iter().filter(|g| g.text.is_none()).count() as u32;
        let marks = if glyphs.iter().any(|glyph| rtl::is_rtl(glyph)) {
            rtl::marks(&glyphs)
        } else {
            marks(&glyphs, self.direction)
        };
        Some(Line {
            baseline: largest.from.1,
            size: largest.size,
            direction: self.direction,
            glyphs: glyphs.len() as u32,
            bold: style.bold,
            mono: style.mono,
            artifact: first.style.artifact,
            unknown,
            marks,
            rect,
        })
    }
}

fn majority(glyphs: &[&Glyph]) -> Style {
    let most = |is: fn(&Style) -> bool| {
        2 * glyphs.iter().filter(|glyph| is(&glyph.style)).count() > glyphs.len()
    };
    Style {
        bold: most(|style| style.bold),
        mono: most(|style| style.mono),
        ..Style::default()
    }
}

/// Marks of a line in its own direction, with the spaces that its gaps are.
fn marks(glyphs: &[&Glyph], (dx, dy): (f32, f32)) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::with_capacity(glyphs.len());
    let mut last: Option<&Glyph> = None;
    for glyph in glyphs {
        if is_blank(glyph) {
            push_space(&mut marks, glyph.rect());
            last = Some(glyph);
            continue;
        }
        if let Some(last) = last.filter(|last| !is_blank(last)) {
            let along = (glyph.from.0 - last.to.0) * dx + (glyph.from.1 - last.to.1) * dy;
            if along > SPACE * glyph.size.max(0.7 * last.size) {
                push_space(&mut marks, last.rect());
            }
        }
        if !accent(&mut marks, last, glyph) {
            push_text(&mut marks, glyph);
        }
        last = Some(glyph);
    }
    while marks.last().is_some_and(|mark| &*mark.text == " ") {
        marks.pop();
    }
    marks
}

pub(super) fn push_space(marks: &mut Vec<Mark>, rect: Rect) {
    if marks.last().is_some_and(|mark| &*mark.text != " ") {
        marks.push(Mark {
            text: " ".into(),
            rect,
        });
    }
}

pub(super) fn push_text(marks: &mut Vec<Mark>, glyph: &Glyph) {
    let text = match &glyph.text {
        None => "\u{fffd}".into(),
        Some(text) if text.chars().any(needs_change) => {
            let changed: String = text.chars().flat_map(change).collect();
            changed.into()
        }
        Some(text) => Arc::clone(text),
    };
    let word = text.trim_end();
    if word.is_empty() {
        return;
    }
    let rect = glyph.rect();
    if word.len() == text.len() {
        marks.push(Mark { text, rect });
        return;
    }
    marks.push(Mark {
        text: word.into(),
        rect,
    });
    push_space(marks, rect);
}

fn needs_change(char: char) -> bool {
    matches!(char, '\u{fb00}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{a0}')
        || char.is_control()
}

/// Ligatures and presentation forms become letters, control characters nothing.
fn change(char: char) -> impl Iterator<Item = char> {
    use unicode_normalization::UnicodeNormalization;
    let form = needs_change(char) && !char.is_control() && char != '\u{feff}';
    let kept = !needs_change(char);
    std::iter::once(char)
        .filter(move |_| form)
        .nfkc()
        .chain(std::iter::once(char).filter(move |_| kept))
}

/// Puts an accent that is shown beside its letter (TeX does) onto the letter; `false` if `glyph`
/// is not such a letter.
fn accent(marks: &mut [Mark], last: Option<&Glyph>, glyph: &Glyph) -> bool {
    use unicode_normalization::char::compose;
    let (Some(last), Some(mark)) = (last, marks.last_mut()) else {
        return false;
    };
    let single = |text: Option<&str>| {
        let mut chars = text?.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let (Some(first), Some(second)) = (single(last.text.as_deref()), single(glyph.text.as_deref()))
    else {
        return false;
    };
    let (a, b) = (last.rect(), glyph.rect());
    let overlap = a.x1.min(b.x1) - a.x0.max(b.x0);
    if overlap < 0.5 * (a.x1 - a.x0).min(b.x1 - b.x0) {
        return false;
    }
    let pair = match (combining(first), combining(second)) {
        (Some(accent), None) => (second, accent),
        (None, Some(accent)) => (first, accent),
        _ => return false,
    };
    let letter = if pair.0 == 'ı' { 'i' } else { pair.0 };
    let Some(composed) = compose(letter, pair.1) else {
        return false;
    };
    *mark = Mark {
        text: composed.to_string().into(),
        rect: a.union(b),
    };
    true
}

/// The combining form of an accent that stands alone.
fn combining(char: char) -> Option<char> {
    Some(match char {
        '`' => '\u{300}',
        '´' => '\u{301}',
        'ˆ' | '^' => '\u{302}',
        '˜' | '~' => '\u{303}',
        '¯' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        '˛' => '\u{328}',
        _ => return None,
    })
}
