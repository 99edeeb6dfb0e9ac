//! Runs a page's content: which glyph is shown where, which lines are drawn.

mod paint;
mod resources;
mod state;

use lopdf::{Dictionary, Document, Object, Stream};

use super::super::boxes::Rect;
use super::super::limits::Budget;
use super::glyph::{Glyph, Shapes, Style};
use super::lexer::{Lexer, Token};
use super::matrix::Matrix;
use super::objects::{content, dict, get, name, numbers, resolve};
use paint::Path;
pub(super) use resources::Fonts;
use resources::Resources;
use state::{Graphics, Text};

/// Operators of one page, forms included: the largest maps have a few millions.
const MAX_OPERATORS: u32 = 4_000_000;
/// Glyphs of one page.
const MAX_GLYPHS: usize = 600_000;
/// Forms inside each other.
const MAX_FORMS: u8 = 12;
/// `q` without `Q`.
const MAX_STATES: usize = 256;

/// A page while its content runs.
pub(super) struct Interpreter<'a> {
    pdf: &'a Document,
    fonts: &'a mut Fonts,
    budget: &'a mut Budget,
    graphics: Graphics,
    saved: Vec<Graphics>,
    text: Text,
    path: Path,
    marks: Vec<Mark>,
    shapes: Shapes,
    page_area: f32,
}

/// Marked content that is open.
struct Mark {
    artifact: bool,
    /// `ActualText`, and the glyph from which on it stands for what is shown.
    actual: Option<(String, usize)>,
}

impl<'a> Interpreter<'a> {
    /// `base` maps the page to what is displayed, of `size` points.
    pub(super) fn new(
        pdf: &'a Document,
        fonts: &'a mut Fonts,
        budget: &'a mut Budget,
        base: Matrix,
        size: (f32, f32),
    ) -> Self {
        Self {
            pdf,
            fonts,
            budget,
            graphics: Graphics::new(base),
            saved: Vec::new(),
            text: Text::default(),
            path: Path::default(),
            marks: Vec::new(),
            shapes: Shapes::default(),
            page_area: (size.0 * size.1).max(1.0),
        }
    }

    pub(super) fn finish(self) -> Shapes {
        self.shapes
    }

    /// Runs a page's own content.
    pub(super) fn run_page(&mut self, content: &[u8], resources: Option<&'a Dictionary>) {
        self.run(content, Resources::new(resources), 0);
    }

    /// Runs the appearance of an annotation in its rectangle. Whether it showed any text.
    pub(super) fn run_appearance(
        &mut self,
        form: &'a Stream,
        rect: [f32; 4],
        base: Matrix,
    ) -> bool {
        let own = numbers(self.pdf, &form.dict, b"Matrix");
        let own = own
            .and_then(|n| Matrix::from_slice(&n))
            .unwrap_or(Matrix::IDENTITY);
        let bounds = numbers(self.pdf, &form.dict, b"BBox");
        let Some([x0, y0, x1, y1]) = bounds.and_then(|n| <[f32; 4]>::try_from(n).ok()) else {
            return false;
        };
        let before = self.shapes.glyphs.len();
        let (from, to) = (own.point(x0, y0), own.point(x1, y1));
        let scale = |want: f32, have: f32| if have.abs() < 1e-3 { 1.0 } else { want / have };
        let sx = scale(rect[2] - rect[0], to.0 - from.0);
        let sy = scale(rect[3] - rect[1], to.1 - from.1);
        let place = Matrix([
            sx,
            0.0,
            0.0,
            sy,
            rect[0] - from.0 * sx,
            rect[1] - from.1 * sy,
        ]);
        self.graphics = Graphics::new(place.then(base));
        self.saved.clear();
        self.run_form(form, Resources::new(None), 0);
        self.shapes.glyphs.len() > before
    }

    /// Puts `value` into a field's rectangle as one glyph.
    pub(super) fn show_value(&mut self, value: &str, rect: [f32; 4], base: Matrix) {
        let low = rect[1] + 0.25 * (rect[3] - rect[1]);
        let size = (rect[3] - rect[1]).abs().clamp(4.0, 14.0);
        self.shapes.glyphs.push(Glyph {
            text: Some(value.into()),
            from: base.point(rect[0], low),
            to: base.point(rect[2], low),
            size,
            ascent: 0.8 * size,
            descent: -0.2 * size,
            style: Style::default(),
        });
    }

    fn run_form(&mut self, form: &'a Stream, outer: Resources<'a>, depth: u8) {
        if depth >= MAX_FORMS || self.shapes.cut {
            return;
        }
        let Some(bytes) = content(form, self.budget) else {
            return;
        };
        let before = (self.graphics.clone(), self.text.clone());
        let states = std::mem::take(&mut self.saved);
        if let Some(matrix) = numbers(self.pdf, &form.dict, b"Matrix")
            .and_then(|numbers| Matrix::from_slice(&numbers))
        {
            self.graphics.matrix = matrix.then(self.graphics.matrix);
        }
        let own = dict(self.pdf, &form.dict, b"Resources");
        let resources = own.map_or(outer, |own| Resources::new(Some(own)));
        self.run(&bytes, resources, depth + 1);
        (self.graphics, self.text) = before;
        self.saved = states;
    }

    fn run(&mut self, bytes: &[u8], resources: Resources<'a>, depth: u8) {
        let mut lexer = Lexer::new(bytes);
        let mut operands: Vec<Token> = Vec::new();
        while let Some(token) = lexer.next() {
            let Token::Word(operator) = token else {
                // A stray operand does no harm, but a million of them would.
                if operands.len() < 1024 {
                    operands.push(token);
                }
                continue;
            };
            self.shapes.operators += 1;
            if self.shapes.operators > MAX_OPERATORS
                || self.shapes.glyphs.len() > MAX_GLYPHS
                || (self.shapes.operators.is_multiple_of(4096) && self.budget.is_late())
            {
                self.shapes.cut = true;
                return;
            }
            if operator == b"ID" {
                lexer.skip_inline_image();
            } else if operator == b"Do" {
                self.show_object(&operands, resources, depth);
            } else {
                self.operate(&operator, &operands, resources);
            }
            operands.clear();
        }
    }

    fn operate(&mut self, operator: &[u8], operands: &[Token], resources: Resources<'a>) {
        let numbers: Vec<f32> = operands.iter().filter_map(Token::number).collect();
        match operator {
            b"q" => {
                if self.saved.len() < MAX_STATES {
                    self.saved.push(self.graphics.clone());
                }
            }
            b"Q" => {
                if let Some(state) = self.saved.pop() {
                    self.graphics = state;
                }
            }
            b"cm" => {
                if let Some(matrix) = Matrix::from_slice(&numbers) {
                    self.graphics.matrix = matrix.then(self.graphics.matrix);
                }
            }
            b"BT" => self.text = Text::default(),
            b"Tf" => {
                if let [Token::Name(name), ..] = operands {
                    let font = resources.font(self.pdf, name);
                    self.graphics.font = font.map(|f| self.fonts.load(self.pdf, f, self.budget));
                }
                self.graphics.size = numbers.last().copied().unwrap_or(0.0);
            }
            b"gs" => {
                if let [Token::Name(name), ..] = operands {
                    self.set_state(name, resources);
                }
            }
            b"BMC" | b"BDC" => self.open_mark(operands, resources),
            b"EMC" => self.close_mark(),
            b"Tj" | b"'" | b"\"" | b"TJ" => self.show_operator(operator, operands, &numbers),
            _ => {
                if !state::operate(&mut self.graphics, &mut self.text, operator, &numbers) {
                    let matrix = self.graphics.matrix;
                    self.path
                        .operate(operator, &numbers, matrix, &mut self.shapes.rules);
                }
            }
        }
    }

    fn set_state(&mut self, name: &[u8], resources: Resources<'a>) {
        let Some(state) = resources.entry(self.pdf, b"ExtGState", name) else {
            return;
        };
        let Some(state) = resolve(self.pdf, state).and_then(|o| o.as_dict().ok()) else {
            return;
        };
        if let Some(Object::Array(font)) = get(self.pdf, state, b"Font")
            && let [font, size] = font.as_slice()
        {
            self.graphics.font = Some(self.fonts.load(self.pdf, font, self.budget));
            self.graphics.size = size.as_float().unwrap_or(0.0);
        }
    }

    fn open_mark(&mut self, operands: &[Token], resources: Resources<'a>) {
        if self.marks.len() >= MAX_STATES {
            return;
        }
        let artifact = matches!(operands.first(), Some(Token::Name(tag)) if tag == b"Artifact");
        let actual = match operands.get(1) {
            Some(Token::Dict(entries)) => entries.iter().find_map(|(key, value)| match value {
                Token::String(bytes) if key == b"ActualText" => {
                    let object = Object::String(bytes.clone(), lopdf::StringFormat::Literal);
                    lopdf::decode_text_string(&object).ok()
                }
                _ => None,
            }),
            Some(Token::Name(name)) => resources
                .entry(self.pdf, b"Properties", name)
                .and_then(|object| resolve(self.pdf, object)?.as_dict().ok())
                .and_then(|dict| super::objects::text(self.pdf, dict, b"ActualText")),
            _ => None,
        };
        self.marks.push(Mark {
            artifact,
            actual: actual.map(|text| (text, self.shapes.glyphs.len())),
        });
    }

    /// Lets the first glyph of a marked run mean its `ActualText`, and the others nothing.
    fn close_mark(&mut self) {
        let Some(Mark {
            actual: Some((text, from)),
            ..
        }) = self.marks.pop()
        else {
            return;
        };
        let Some([first, rest @ ..]) = self.shapes.glyphs.get_mut(from..) else {
            return;
        };
        first.text = Some(text.as_str().into());
        if let Some(last) = rest.last() {
            first.to = last.to;
        }
        self.shapes.glyphs.truncate(from + 1);
    }

    fn show_object(&mut self, operands: &[Token], resources: Resources<'a>, depth: u8) {
        let Some(Token::Name(key)) = operands.first() else {
            return;
        };
        let Some(object) = resources.entry(self.pdf, b"XObject", key) else {
            return;
        };
        let Some(Object::Stream(stream)) = resolve(self.pdf, object) else {
            return;
        };
        match name(self.pdf, &stream.dict, b"Subtype") {
            Some(b"Form") => self.run_form(stream, resources, depth),
            Some(b"Image") => {
                let [a, b, c, d, ..] = self.graphics.matrix.0;
                let part = ((a * d - b * c).abs() / self.page_area).min(1.0);
                let largest = self.shapes.picture.is_none_or(|(_, other)| part > other);
                if let (Object::Reference(id), true) = (object, largest) {
                    self.shapes.picture = Some((*id, part));
                }
            }
            _ => {}
        }
    }

    fn show_operator(&mut self, operator: &[u8], operands: &[Token], numbers: &[f32]) {
        match operator {
            b"'" => self.text.next_line(self.graphics.leading),
            b"\"" => {
                if let [word, char, ..] = numbers {
                    (self.graphics.word_spacing, self.graphics.char_spacing) = (*word, *char);
                }
                self.text.next_line(self.graphics.leading);
            }
            _ => {}
        }
        match operands.last() {
            Some(Token::String(bytes)) => self.show(bytes),
            Some(Token::Array(items)) => {
                for item in items {
                    match item {
                        Token::String(bytes) => self.show(bytes),
                        Token::Number(back) => self.move_back(*back),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn move_back(&mut self, thousandths: f32) {
        let by = -thousandths / 1000.0 * self.graphics.size;
        let vertical = self.graphics.font.as_ref().is_some_and(|f| f.is_vertical());
        if vertical {
            self.text.advance(0.0, by);
        } else {
            self.text.advance(by * self.graphics.scale, 0.0);
        }
    }

    fn show(&mut self, bytes: &[u8]) {
        let Some(font) = self.graphics.font.clone() else {
            return;
        };
        let style = Style {
            bold: font.bold,
            mono: font.mono,
            vertical: font.is_vertical(),
            artifact: self.marks.iter().any(|mark| mark.artifact),
        };
        let mut rest = bytes;
        while !rest.is_empty() && self.shapes.glyphs.len() <= MAX_GLYPHS {
            let shown = font.next(rest);
            rest = &rest[shown.length.clamp(1, rest.len())..];
            let glyph = self.graphics.place(&self.text, &shown, style, &font);
            if let Some(glyph) = glyph {
                self.shapes.glyphs.push(glyph);
            }
            let word = if shown.is_space_code {
                self.graphics.word_spacing
            } else {
                0.0
            };
            let by = shown.width * self.graphics.size + self.graphics.char_spacing + word;
            if style.vertical {
                self.text.advance(0.0, by);
            } else {
                self.text.advance(by * self.graphics.scale, 0.0);
            }
        }
    }
}

/// Whether a rectangle is so thin that it is a line.
fn is_rule(rect: &Rect) -> bool {
    let (width, height) = (rect.x1 - rect.x0, rect.y1 - rect.y0);
    (height <= 2.5 && width >= 6.0) || (width <= 2.5 && height >= 6.0)
}
