//! HTML: the tokens of a page become blocks. No tree is built, so nothing a page nests or leaves
//! open costs more than its own length.

mod element;
mod writer;

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::ParseError;
use super::document::{Metadata, Page};
use super::limits::Budget;
use writer::Writer;

/// Text of the main part that must be there for the rest to be dropped: this many characters, and
/// one in `MAIN_SHARE` of all.
const MAIN_CHARS: usize = 200;
const MAIN_SHARE: usize = 8;

/// A page of HTML.
pub(super) struct Html {
    pub(super) page: Page,
    pub(super) metadata: Metadata,
}

/// How a page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Its main part if it marks one, else all but navigation and asides.
    Main,
    /// Everything: mail and books have no navigation.
    All,
}

/// Reads a page as page `number`.
pub(super) fn parse(
    html: &str,
    part: Part,
    number: u32,
    budget: &mut Budget,
) -> Result<Html, ParseError> {
    if part == Part::All {
        return read(html, Scope::All, number, budget);
    }
    // The first readings only measure, so they take nothing from the budget.
    let limits = budget.limits;
    let measure = |scope| {
        let mut own = Budget::new(limits);
        read(html, scope, number, &mut own).map(|html| html.page.text.chars().count())
    };
    let (main, body) = (measure(Scope::Marked)?, measure(Scope::WithoutNavigation)?);
    let scope = if main >= MAIN_CHARS && main * MAIN_SHARE >= body {
        Scope::Marked
    } else if body > 0 {
        Scope::WithoutNavigation
    } else {
        Scope::All
    };
    read(html, scope, number, budget)
}

/// What of a page is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// What stands in `main` or `article`.
    Marked,
    WithoutNavigation,
    All,
}

fn read(html: &str, scope: Scope, number: u32, budget: &mut Budget) -> Result<Html, ParseError> {
    let mut emitter: DefaultEmitter<()> = DefaultEmitter::default();
    // XHTML may close a title or a script at once, and has no raw text.
    let head = &html[..html.floor_char_boundary(512)];
    let is_xhtml = head.trim_start().starts_with("<?xml") || head.contains("1999/xhtml");
    emitter.naively_switch_states(!is_xhtml);
    let mut writer = Writer::new(scope, number);
    for (at, token) in Tokenizer::new_with_emitter(html, emitter).enumerate() {
        if at % 4096 == 0 {
            budget.check_time()?;
        }
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = lower(&tag.name);
                let attribute = |key: &str| {
                    let value = tag.attributes.get(key.as_bytes())?;
                    Some(String::from_utf8_lossy(value).into_owned())
                };
                writer.start(&name, tag.self_closing, &attribute, budget);
            }
            Token::EndTag(tag) => writer.end(&lower(&tag.name), budget),
            Token::String(text) => writer.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    let (page, metadata) = writer.finish(budget);
    Ok(Html { page, metadata })
}

fn lower(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name).to_lowercase();
    // XHTML may carry prefixes (`epub:switch`, `xhtml:p`).
    name.rsplit(':').next().unwrap_or_default().to_owned()
}
