//! Markdown: blocks by their first characters. Inline marks stay in the text, as the file has them.

use super::document::{BlockKind, Metadata, Page};
use super::limits::Budget;
use super::page_builder::PageBuilder;

pub(super) fn parse(text: &str, budget: &mut Budget) -> (Page, Metadata) {
    let mut metadata = Metadata::default();
    let body = front_matter(text, &mut metadata);
    let mut reader = Reader {
        page: PageBuilder::new(1),
        paragraph: String::new(),
        item: None,
        metadata,
    };
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        let fence = ["```", "~~~"]
            .into_iter()
            .find(|fence| trimmed.starts_with(fence));
        if let Some(fence) = fence {
            reader.flush(budget);
            let language = trimmed
                .trim_start_matches(['`', '~'])
                .split_whitespace()
                .next();
            let mut code = String::new();
            for line in lines.by_ref() {
                if line.trim().starts_with(fence) {
                    break;
                }
                code.push_str(line);
                code.push('\n');
            }
            let language = language.map(str::to_owned);
            reader.page.add(BlockKind::Code { language }, &code, budget);
            continue;
        }
        if trimmed.contains('|') && lines.peek().is_some_and(|next| is_separator(next)) {
            reader.flush(budget);
            let mut rows = vec![cells(trimmed)];
            lines.next();
            while let Some(row) = lines.next_if(|line| line.contains('|')) {
                rows.push(cells(row));
            }
            reader.page.add_table(rows, budget);
            continue;
        }
        reader.line(line, lines.peek().copied(), budget);
        if is_underline(lines.peek().copied()) && reader.paragraph.is_empty() {
            lines.next();
        }
    }
    reader.flush(budget);
    (reader.page.finish(), reader.metadata)
}

/// `title` and `author` between `---` lines at the beginning; the rest of the file is returned.
fn front_matter<'a>(text: &'a str, metadata: &mut Metadata) -> &'a str {
    let Some(rest) = text.strip_prefix("---\n").or(text.strip_prefix("---\r\n")) else {
        return text;
    };
    let Some((head, body)) = rest.split_once("\n---") else {
        return text;
    };
    for line in head.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim().trim_matches(['"', '\'']);
        match key.trim() {
            "title" => metadata.title = Some(value.to_owned()),
            "author" => metadata.author = Some(value.to_owned()),
            key if !value.is_empty() && metadata.extra.len() < 32 => {
                metadata.extra.push((key.to_owned(), value.to_owned()));
            }
            _ => {}
        }
    }
    body.split_once('\n').map_or("", |(_, body)| body)
}

fn is_separator(line: &str) -> bool {
    let line = line.trim();
    line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn is_underline(line: Option<&str>) -> bool {
    let line = line.unwrap_or_default().trim_end();
    line.len() >= 2 && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
}

/// Cells of a row; `\|` is a bar within one.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').unwrap_or(row);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for char in row.chars() {
        match char {
            '|' if !escaped => cells.push(String::new()),
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            char => {
                let cell = cells.last_mut();
                if let Some(cell) = cell {
                    if escaped && char != '|' {
                        cell.push('\\');
                    }
                    cell.push(char);
                }
            }
        }
        escaped = false;
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

struct Reader {
    page: PageBuilder,
    paragraph: String,
    item: Option<u8>,
    metadata: Metadata,
}

impl Reader {
    fn line(&mut self, line: &str, next: Option<&str>, budget: &mut Budget) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            self.flush(budget);
            return;
        }
        let hashes = trimmed.bytes().take_while(|b| *b == b'#').count();
        if (1..=6).contains(&hashes) && trimmed[hashes..].starts_with([' ', '\t']) {
            self.flush(budget);
            self.heading(
                hashes as u8,
                trimmed[hashes..].trim_end_matches('#'),
                budget,
            );
            return;
        }
        if self.paragraph.is_empty() && is_underline(next) && item_mark(trimmed).is_none() {
            let is_first = next.is_some_and(|line| line.starts_with('='));
            self.heading(if is_first { 1 } else { 2 }, trimmed, budget);
            return;
        }
        if item_mark(trimmed).is_some() {
            self.flush(budget);
            let indent = line.len() - line.trim_start().len();
            self.item = Some((indent / 2).min(8) as u8);
        }
        if !self.paragraph.is_empty() {
            self.paragraph.push('\n');
        }
        self.paragraph.push_str(trimmed);
    }

    fn heading(&mut self, level: u8, text: &str, budget: &mut Budget) {
        let text = text.trim();
        if level == 1 && self.metadata.title.is_none() {
            self.metadata.title = Some(text.to_owned());
        }
        self.page.add(BlockKind::Heading { level }, text, budget);
    }

    fn flush(&mut self, budget: &mut Budget) {
        let kind = match self.item.take() {
            Some(depth) => BlockKind::ListItem { depth },
            None => BlockKind::Paragraph,
        };
        let paragraph = std::mem::take(&mut self.paragraph);
        self.page.add(kind, &paragraph, budget);
    }
}

fn item_mark(text: &str) -> Option<usize> {
    let (mark, _) = text.split_once(' ')?;
    let number = mark.strip_suffix(['.', ')']);
    let is_number =
        |n: &str| !n.is_empty() && n.len() < 10 && n.bytes().all(|b| b.is_ascii_digit());
    (matches!(mark, "-" | "*" | "+") || number.is_some_and(is_number)).then_some(mark.len())
}
