//! Rich Text Format: groups, control words and text, read in one pass.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::ParseError;
use super::cells::{Cells, add_paragraph};
use super::document::{BlockKind, Metadata, Page};
use super::limits::Budget;
use super::page_builder::PageBuilder;

/// What a group's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    Text,
    Title,
    Author,
    Skipped,
}

/// What `{` saves.
#[derive(Debug, Clone, Copy)]
struct Group {
    destination: Destination,
    /// Characters after `\u` that stand in for it.
    fallback: u32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    encoding: &'static Encoding,
    groups: Vec<Group>,
    group: Group,
    /// Bytes of the code page that wait to be decoded together.
    raw: Vec<u8>,
    /// The first half of a character outside the basic plane.
    high: Option<u16>,
    skip: u32,
    line: String,
    level: Option<u8>,
    is_item: bool,
    in_table: bool,
    table: Option<Cells>,
    page: PageBuilder,
    metadata: Metadata,
    steps: u32,
}

pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Result<(Page, Metadata), ParseError> {
    let group = Group {
        destination: Destination::Text,
        fallback: 1,
    };
    let mut reader = Reader {
        bytes,
        at: 0,
        encoding: WINDOWS_1252,
        groups: Vec::new(),
        group,
        raw: Vec::new(),
        high: None,
        skip: 0,
        line: String::new(),
        level: None,
        is_item: false,
        in_table: false,
        table: None,
        page: PageBuilder::new(1),
        metadata: Metadata::default(),
        steps: 0,
    };
    reader.run(budget)?;
    reader.end_paragraph(budget);
    reader.end_table(budget);
    Ok((reader.page.finish(), reader.metadata))
}

impl Reader<'_> {
    fn run(&mut self, budget: &mut Budget) -> Result<(), ParseError> {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            self.steps += 1;
            if self.steps.is_multiple_of(1 << 16) {
                budget.check_time()?;
            }
            match byte {
                b'{' => {
                    self.flush_raw();
                    if self.groups.len() >= budget.limits.depth as usize {
                        return Err(ParseError::TooLarge {
                            what: "the depth of groups inside each other".into(),
                            limit: u64::from(budget.limits.depth),
                        });
                    }
                    self.groups.push(self.group);
                }
                b'}' => {
                    self.flush_raw();
                    self.skip = 0;
                    if let Some(group) = self.groups.pop() {
                        self.group = group;
                    }
                }
                b'\\' => self.control(budget),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
        }
        self.flush_raw();
        Ok(())
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.group.destination != Destination::Skipped {
            self.raw.push(byte);
        }
    }

    fn flush_raw(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let text = self
            .encoding
            .decode_without_bom_handling(&raw)
            .0
            .into_owned();
        self.push(&text);
    }

    fn push(&mut self, text: &str) {
        let field = match self.group.destination {
            Destination::Text => {
                self.line.push_str(text);
                return;
            }
            Destination::Title => &mut self.metadata.title,
            Destination::Author => &mut self.metadata.author,
            Destination::Skipped => return,
        };
        field.get_or_insert_with(String::new).push_str(text);
    }

    fn control(&mut self, budget: &mut Budget) {
        let Some(&first) = self.bytes.get(self.at) else {
            return;
        };
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            match first {
                b'\'' => {
                    let hex = self.bytes.get(self.at..self.at + 2);
                    let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
                    if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                        self.at += 2;
                        self.byte(byte);
                    }
                }
                b'*' => self.group.destination = Destination::Skipped,
                b'~' => self.byte(b' '),
                b'_' => self.byte(b'-'),
                b'\\' | b'{' | b'}' => self.byte(first),
                b'\n' | b'\r' => self.end_paragraph(budget),
                _ => {}
            }
            return;
        }
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count()
            .min(32);
        let word = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.at += length;
        let rest = &self.bytes[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
            .min(10);
        let number = (digits > 0)
            .then(|| {
                std::str::from_utf8(&rest[..sign + digits])
                    .ok()?
                    .parse::<i64>()
                    .ok()
            })
            .flatten();
        if digits > 0 {
            self.at += sign + digits;
        }
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        if word == "u" {
            self.unicode(number.unwrap_or(0));
            return;
        }
        self.flush_raw();
        self.word(&word, number, budget);
    }

    /// `\uN` with N as a signed 16-bit number, followed by characters for old readers.
    fn unicode(&mut self, number: i64) {
        self.flush_raw();
        self.skip = self.group.fallback;
        let unit = (number & 0xffff) as u16;
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let units: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        let text: String = char::decode_utf16(units).filter_map(Result::ok).collect();
        self.push(&text);
    }

    fn word(&mut self, word: &str, number: Option<i64>, budget: &mut Budget) {
        match word {
            "ansicpg" => {
                let label = format!("windows-{}", number.unwrap_or(1252));
                let special = match number {
                    Some(932) => Some(encoding_rs::SHIFT_JIS),
                    Some(936) => Some(encoding_rs::GBK),
                    Some(949) => Some(encoding_rs::EUC_KR),
                    Some(950) => Some(encoding_rs::BIG5),
                    Some(65001) => Some(encoding_rs::UTF_8),
                    _ => Encoding::for_label(label.as_bytes()),
                };
                self.encoding = special.unwrap_or(WINDOWS_1252);
            }
            "mac" => self.encoding = encoding_rs::MACINTOSH,
            "uc" => self.group.fallback = number.unwrap_or(1).clamp(0, 16) as u32,
            "fonttbl" | "colortbl" | "stylesheet" | "pict" | "object" | "header" | "headerl"
            | "headerr" | "headerf" | "footer" | "footerl" | "footerr" | "footerf"
            | "themedata" | "datastore" | "fldinst" | "xmlnstbl" | "listtable"
            | "listoverridetable" | "revtbl" | "rsidtbl" | "generator" | "bkmkstart"
            | "bkmkend" | "nonshppict" | "info" => self.group.destination = Destination::Skipped,
            "title" if self.group.destination == Destination::Skipped => {
                self.group.destination = Destination::Title;
            }
            "author" if self.group.destination == Destination::Skipped => {
                self.group.destination = Destination::Author;
            }
            _ if self.group.destination == Destination::Skipped => {}
            "par" | "sect" | "page" => self.end_paragraph(budget),
            "line" | "tab" => self.push(if word == "tab" { "\t" } else { " " }),
            "pard" => {
                self.in_table = false;
                (self.level, self.is_item) = (None, false);
            }
            "intbl" => self.in_table = true,
            "outlinelevel" => {
                self.level = number
                    .filter(|n| (0..=8).contains(n))
                    .map(|n| (n as u8 + 1).min(6));
            }
            "ls" | "pnlvlblt" => self.is_item = true,
            "trowd" => self.table.get_or_insert_with(Cells::default).begin_row(),
            "cell" => {
                let text = std::mem::take(&mut self.line);
                let table = self.table.get_or_insert_with(Cells::default);
                if table.open_cell().is_none() {
                    table.begin_cell();
                }
                if let Some(cell) = table.open_cell() {
                    add_paragraph(cell, &text);
                }
                table.end_cell(1);
            }
            "row" => {
                if let Some(table) = &mut self.table {
                    table.end_row();
                }
            }
            "emdash" => self.push("—"),
            "endash" => self.push("–"),
            "bullet" => self.push("•"),
            "lquote" => self.push("‘"),
            "rquote" => self.push("’"),
            "ldblquote" => self.push("“"),
            "rdblquote" => self.push("”"),
            _ => {}
        }
    }

    fn end_paragraph(&mut self, budget: &mut Budget) {
        self.flush_raw();
        if self.group.destination == Destination::Skipped {
            return;
        }
        let text = std::mem::take(&mut self.line);
        if self.in_table {
            let table = self.table.get_or_insert_with(Cells::default);
            if table.open_cell().is_none() {
                table.begin_cell();
            }
            if let Some(cell) = table.open_cell() {
                add_paragraph(cell, &text);
            }
            return;
        }
        self.end_table(budget);
        let kind = match (self.level, self.is_item) {
            (Some(level), _) => BlockKind::Heading { level },
            (None, true) => BlockKind::ListItem { depth: 0 },
            (None, false) => BlockKind::Paragraph,
        };
        self.page.add(kind, &text, budget);
    }

    fn end_table(&mut self, budget: &mut Budget) {
        if let Some(table) = self.table.take() {
            self.page.add_table(table.finish(), budget);
        }
    }
}
