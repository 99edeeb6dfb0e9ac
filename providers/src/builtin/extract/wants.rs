//! The kind of answer a question wants.

/// Kinds that can be seen in a sentence without understanding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// How many, how much.
    Number,
    /// When, which year.
    Time,
    /// Who.
    Person,
    /// Why, for what reason.
    Reason,
    /// Anything else.
    Anything,
}

const SIGNS: [(Wants, &[&str]); 4] = [
    (
        Wants::Time,
        &[
            "when ",
            "what year",
            "which year",
            "what date",
            "what day",
            "what month",
            "what century",
            "what time",
            "in which century",
            "wann",
            "welchem jahr",
            "welches jahr",
            "何时",
            "哪年",
            "哪一年",
            "什么时候",
            "什么时间",
            "哪天",
            "哪个月",
            "几月",
            "哪个世纪",
            "几年",
            "年份",
        ],
    ),
    (
        Wants::Number,
        &[
            "how many",
            "how much",
            "how long",
            "how old",
            "how far",
            "how tall",
            "how high",
            "how often",
            "how large",
            "how big",
            "what percent",
            "what number",
            "what is the number",
            "wie viel",
            "wieviel",
            "wie lang",
            "wie alt",
            "wie hoch",
            "wie weit",
            "wie groß",
            "wie oft",
            "多少",
            "几",
            "多长",
            "多大",
            "多高",
            "多远",
            "多久",
            "百分之",
        ],
    ),
    (
        Wants::Person,
        &[
            "who ",
            "whom",
            "whose",
            "wer ",
            "wem ",
            "wen ",
            "谁",
            "哪位",
            "哪个人",
        ],
    ),
    (
        Wants::Reason,
        &[
            "why ",
            "what reason",
            "what cause",
            "warum",
            "wieso",
            "weshalb",
            "为什么",
            "为何",
            "原因",
        ],
    ),
];

const NUMBER_WORDS: [&str; 44] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "hundred",
    "thousand",
    "million",
    "billion",
    "dozen",
    "half",
    "third",
    "quarter",
    "twice",
    "first",
    "second",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "zwölf",
    "hundert",
    "tausend",
    "millionen",
    "milliarden",
    "hälfte",
    "drittel",
];
const MONTHS: [&str; 22] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januar",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "century",
    "jahrhundert",
];
const REASONS: [&str; 14] = [
    "because",
    "due to",
    "since",
    "in order to",
    "so that",
    "caused",
    "therefore",
    "weil",
    "wegen",
    "damit",
    "因为",
    "由于",
    "因此",
    "以便",
];

impl Wants {
    /// What `question` wants.
    pub(super) fn of(question: &str) -> Self {
        let lower = question.to_lowercase();
        let sign = SIGNS
            .iter()
            .find(|(_, signs)| signs.iter().any(|s| lower.contains(s)));
        sign.map_or(Self::Anything, |(wants, _)| *wants)
    }

    /// Whether `sentence` may hold such an answer. Nothing is known to fit [`Wants::Anything`].
    pub(super) fn fit(self, sentence: &str) -> bool {
        match self {
            Self::Anything => false,
            Self::Number => {
                has_digit(sentence)
                    || has_word(sentence, &NUMBER_WORDS)
                    || has_chinese_number(sentence)
            }
            Self::Time => {
                has_year(sentence)
                    || has_word(sentence, &MONTHS)
                    || sentence.contains(['年', '月', '日'])
            }
            Self::Person => has_name(sentence),
            Self::Reason => {
                let lower = sentence.to_lowercase();
                REASONS.iter().any(|word| lower.contains(word))
            }
        }
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

fn has_chinese_number(text: &str) -> bool {
    text.contains([
        '一', '二', '两', '三', '四', '五', '六', '七', '八', '九', '十', '百', '千', '万', '亿',
    ])
}

fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|w| !w.is_empty())
        .any(|w| words.contains(&w.to_lowercase().as_str()))
}

/// Three or four digits that are no part of a longer number.
fn has_year(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit())
        .any(|run| matches!(run.len(), 3 | 4))
}

/// A capitalised word behind the first, or a transliterated name.
fn has_name(text: &str) -> bool {
    text.contains('·')
        || text
            .split_whitespace()
            .skip(1)
            .any(|w| w.chars().next().is_some_and(char::is_uppercase))
}
