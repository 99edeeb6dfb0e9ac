//! Single values from text, by the name and description of the field they are for.

use super::find;
use super::source::Source;
use super::terms::terms;

/// A field to be filled.
pub(super) struct Field<'a> {
    /// Its name in the schema.
    pub(super) name: &'a str,
    /// Its title and description.
    pub(super) about: &'a str,
    /// `format` of a string.
    pub(super) format: &'a str,
}

/// A field's name as words: `invoiceNumber` and `invoice_number` are `invoice number`.
pub(super) fn name_words(name: &str) -> String {
    let mut words = String::new();
    let mut before_lower = false;
    for c in name.chars() {
        if matches!(c, '_' | '-' | '.') {
            words.push(' ');
        } else {
            if c.is_uppercase() && before_lower {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    words
}

const ANSWERS: [&str; 20] = [
    "answer",
    "reply",
    "response",
    "text",
    "content",
    "message",
    "output",
    "result",
    "explanation",
    "reason",
    "reasoning",
    "quote",
    "body",
    "rationale",
    "antwort",
    "begründung",
    "回答",
    "答案",
    "final",
    "justification",
];
const SUMMARIES: [&str; 7] = [
    "summary",
    "abstract",
    "overview",
    "tldr",
    "zusammenfassung",
    "摘要",
    "总结",
];
const TITLES: [&str; 6] = ["title", "headline", "heading", "titel", "标题", "subject"];
const NAMES: [&str; 14] = [
    "name",
    "person",
    "author",
    "company",
    "customer",
    "city",
    "country",
    "location",
    "place",
    "organization",
    "organisation",
    "vendor",
    "supplier",
    "sender",
];
const LONGEST_TITLE: usize = 80;

impl Field<'_> {
    fn is_one_of(&self, names: &[&str]) -> bool {
        let words = name_words(self.name);
        words.split(' ').any(|word| names.contains(&word))
    }

    fn query(&self) -> String {
        format!("{} {}", name_words(self.name), self.about)
    }

    /// The value behind a label that reads like the field's name.
    fn labelled<'s>(&self, source: &'s Source<'_>) -> Option<&'s str> {
        find::labelled(&source.text, &terms(&name_words(self.name)))
    }

    /// A text for the field.
    pub(super) fn string(&self, source: &Source<'_>) -> Option<String> {
        let labelled = self.labelled(source);
        let near = labelled.unwrap_or(&source.text);
        let has = |name: &str, format: &str| self.format == format || self.is_one_of(&[name]);
        if has("email", "email") || self.is_one_of(&["mail"]) {
            return find::email(near).map(str::to_owned);
        }
        if has("url", "uri") || self.is_one_of(&["link", "website", "uri"]) {
            return find::url(near).map(str::to_owned);
        }
        if self.is_one_of(&["phone", "telephone", "telefon", "mobile"]) {
            return find::phone(near);
        }
        if has("date", "date") || self.is_one_of(&["datum", "日期"]) {
            return find::date(near);
        }
        if self.format == "date-time" {
            return find::date(near).map(|date| format!("{date}T00:00:00Z"));
        }
        // Other formats (uuid, ipv4, …) take a labelled value only.
        labelled.map(str::to_owned).or_else(|| self.text(source))
    }

    fn text(&self, source: &Source<'_>) -> Option<String> {
        if !self.format.is_empty() {
            return None;
        }
        if self.is_one_of(&SUMMARIES) {
            return source.summary().map(|quote| quote.bare);
        }
        if self.is_one_of(&TITLES) {
            return title(source);
        }
        if self.is_one_of(&ANSWERS) && !source.is_item() {
            let answer = source.answer().map(|quote| quote.text);
            return answer.or_else(|| Some(source.nothing().to_owned()));
        }
        if self.is_one_of(&["language", "sprache"]) {
            return Some(language_code(&source.text).to_owned());
        }
        if self.is_one_of(&NAMES) {
            let near = source.sentence_about(&self.query());
            let named = near.as_deref().and_then(find::proper_name);
            let named = named.or_else(|| find::proper_name(&source.text));
            return named.or_else(|| source.is_item().then(|| source.text.clone()));
        }
        let about = source.sentence_about(&self.query());
        about.or_else(|| source.is_item().then(|| source.text.clone()))
    }

    /// A number for the field: labelled, else the one nearest to the field's words in the sentence
    /// about it.
    pub(super) fn number(&self, source: &Source<'_>) -> Option<f64> {
        if let Some((_, number)) = self
            .labelled(source)
            .and_then(|v| find::numbers(v).first().copied())
        {
            return Some(number);
        }
        if source.is_item() {
            return find::numbers(&source.text).first().map(|n| n.1);
        }
        let sentence = source.sentence_about(&self.query())?;
        let lower = sentence.to_lowercase();
        let words = name_words(self.name);
        let place = words
            .split(' ')
            .filter(|w| !w.is_empty())
            .find_map(|word| lower.find(word));
        let place = place.unwrap_or_default();
        let numbers = find::numbers(&sentence);
        let nearest = numbers.iter().min_by_key(|(at, _)| at.abs_diff(place));
        nearest.map(|(_, number)| *number)
    }

    /// Yes or no for the field: labelled, else whether the text speaks of it without a negation.
    pub(super) fn boolean(&self, source: &Source<'_>) -> Option<bool> {
        if let Some(answer) = self.labelled(source).and_then(yes_or_no) {
            return Some(answer);
        }
        let words = name_words(self.name);
        let bare: Vec<&str> = words
            .split(' ')
            .filter(|w| !AUXILIARIES.contains(w))
            .collect();
        let mut wanted = bare.join(" ");
        for (word, others) in ALSO {
            if bare.contains(&word) {
                wanted.push_str(others);
            }
        }
        let sentence = source.sentence_about(&wanted)?;
        Some(!is_negated(&sentence))
    }
}

const AUXILIARIES: [&str; 8] = [
    "is", "has", "needs", "requires", "should", "can", "contains", "was",
];
const ALSO: [(&str, &str); 4] = [
    (
        "urgent",
        " asap immediately emergency critical dringend sofort 紧急 马上 立即",
    ),
    ("refund", " money back rückerstattung 退款"),
    (
        "complaint",
        " disappointed unacceptable angry beschwerde 投诉",
    ),
    ("spam", " winner lottery casino prize viagra"),
];

fn yes_or_no(value: &str) -> Option<bool> {
    let word = value
        .split(|c: char| !c.is_alphanumeric())
        .next()?
        .to_lowercase();
    match word.as_str() {
        "yes" | "true" | "y" | "ja" | "是" | "1" | "on" => Some(true),
        "no" | "false" | "n" | "nein" | "否" | "不是" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// Whether a sentence denies something.
pub(super) fn is_negated(sentence: &str) -> bool {
    const NEGATIONS: [&str; 12] = [
        "not", "no", "never", "none", "without", "cannot", "nicht", "kein", "keine", "keinen",
        "nie", "ohne",
    ];
    let lower = sentence.to_lowercase();
    let word = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .any(|w| NEGATIONS.contains(&w) || w.ends_with("n't") || w.ends_with("n’t"));
    word || lower.contains(['不', '没', '无', '未'])
}

/// The first line if it is short, else the start of the first sentence.
fn title(source: &Source<'_>) -> Option<String> {
    let first = source
        .text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let first = super::sentences::split(first)
        .first()
        .copied()
        .unwrap_or(first);
    let first = first
        .trim_start_matches(['#', ' ', '*'])
        .trim_end_matches(['.', '。', '*', ':']);
    if first.len() <= LONGEST_TITLE {
        return Some(first.to_owned());
    }
    let cut = &first[..first.floor_char_boundary(LONGEST_TITLE)];
    Some(
        cut.rsplit_once(' ')
            .map_or(cut, |(head, _)| head)
            .to_owned(),
    )
}

fn language_code(text: &str) -> &'static str {
    match super::language::Language::of(text) {
        super::language::Language::English => "en",
        super::language::Language::German => "de",
        super::language::Language::Chinese => "zh",
    }
}
