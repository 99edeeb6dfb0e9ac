//! The question's language, and what we say in it.

use super::terms::is_cjk;

/// Languages we answer in. Any other is answered in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    Chinese,
}

const GERMAN_WORDS: [&str; 40] = [
    "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "wie", "wer", "wo", "wann", "warum",
    "welche", "welcher", "welches", "was", "wird", "wurde", "sind", "viele", "hat", "im", "auf",
    "mit", "von", "den", "dem", "des", "zu", "für", "ich", "sie", "hallo", "bitte", "danke",
    "kann", "gibt", "guten", "über",
];

impl Language {
    /// The language of `text`, English when in doubt.
    pub(super) fn of(text: &str) -> Self {
        let kana = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
        let hangul = |c: char| ('\u{ac00}'..='\u{d7af}').contains(&c);
        let cjk = text.chars().filter(|c| is_cjk(*c)).count();
        if cjk > 0
            && cjk * 3 >= text.chars().count() / 2
            && !text.chars().any(|c| kana(c) || hangul(c))
        {
            return Self::Chinese;
        }
        let words = words(text);
        let german = words
            .iter()
            .filter(|w| GERMAN_WORDS.contains(&w.as_str()))
            .count();
        // "was", "die" and "den" are English words too: two signs are wanted.
        let sharp = text.contains(['ä', 'ö', 'ü', 'ß', 'Ä', 'Ö', 'Ü']);
        let only_word = words.len() <= 2 && words.iter().any(|w| w == "hallo" || w == "danke");
        if german >= 2 || (german == 1 && sharp) || only_word {
            return Self::German;
        }
        Self::English
    }

    /// When no passage matches.
    pub(super) const fn not_found(self) -> &'static str {
        match self {
            Self::English => "I cannot find an answer in the given context.",
            Self::German => "Im gegebenen Kontext finde ich keine Antwort.",
            Self::Chinese => "我在给定的上下文中找不到答案。",
        }
    }

    /// When a question comes without any passage.
    pub(super) const fn needs_context(self) -> &'static str {
        match self {
            Self::English => {
                "I can only answer from text that comes with the question, and there is none here. \
                 Put the passages into the system message or in front of the question, each with a \
                 mark such as [1], or configure a language model."
            }
            Self::German => {
                "Ich antworte nur aus Text, der mit der Frage kommt, und hier ist keiner. Stellen \
                 Sie die Passagen in die Systemnachricht oder vor die Frage, jede mit einer Marke \
                 wie [1], oder richten Sie ein Sprachmodell ein."
            }
            Self::Chinese => {
                "我只能根据随问题一起给出的文本作答，而这里没有文本。请把段落放在系统消息里或问题之前，\
                 并为每段加上 [1] 这样的标记，或者配置一个语言模型。"
            }
        }
    }

    /// When there is neither a question nor a text.
    pub(super) const fn introduction(self) -> &'static str {
        match self {
            Self::English => {
                "Hello! I am the built-in extract model. I need no key and no network: give me \
                 passages and a question, and I quote the sentences that answer it, with their \
                 citation marks."
            }
            Self::German => {
                "Hallo! Ich bin das eingebaute Modell extract. Ich brauche weder Schlüssel noch \
                 Netz: Geben Sie mir Passagen und eine Frage, und ich zitiere die Sätze, die sie \
                 beantworten, mit ihren Quellenmarken."
            }
            Self::Chinese => {
                "你好！我是内置的 extract 模型，不需要密钥，也不需要网络：给我段落和问题，\
                 我会引用能回答问题的句子，并附上引用标记。"
            }
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

const QUESTION_WORDS: [&str; 46] = [
    "what", "who", "whom", "whose", "when", "where", "which", "why", "how", "is", "are", "was",
    "were", "do", "does", "did", "can", "could", "will", "would", "should", "has", "have", "wer",
    "wen", "wem", "wessen", "wann", "wo", "woher", "wohin", "welche", "welcher", "welches",
    "welchen", "warum", "wieso", "weshalb", "wie", "womit", "wozu", "wovon", "gibt", "ist", "sind",
    "hat",
];
const CHINESE_QUESTION: [&str; 14] = [
    "什么",
    "哪",
    "谁",
    "多少",
    "几",
    "吗",
    "怎么",
    "怎样",
    "如何",
    "为何",
    "何时",
    "何地",
    "是否",
    "为什么",
];

/// Whether `text` asks something: by its mark, or by the word it starts with.
pub(super) fn is_question(text: &str) -> bool {
    if text.contains(['?', '？']) || CHINESE_QUESTION.iter().any(|w| text.contains(w)) {
        return true;
    }
    let words = words(text);
    words.len() > 1 && QUESTION_WORDS.contains(&words[0].as_str())
}

const GREETINGS: [&str; 18] = [
    "hello", "hi", "hey", "hallo", "guten", "servus", "moin", "thanks", "thank", "danke", "test",
    "ping", "你好", "您好", "谢谢", "good", "help", "hilfe",
];

/// Whether `text` is a short greeting or a trial.
pub(super) fn is_greeting(text: &str) -> bool {
    const LONGEST: usize = 4;
    let words = words(text);
    words.is_empty() || (words.len() <= LONGEST && GREETINGS.contains(&words[0].as_str()))
}

const SUMMARY: [&str; 14] = [
    "summar",
    "tl;dr",
    "tldr",
    "key points",
    "main points",
    "overview of",
    "zusammenfass",
    "fasse ",
    "kernaussagen",
    "总结",
    "摘要",
    "概括",
    "概述",
    "要点",
];

/// Whether `text` asks for a summary and not for a fact.
pub(super) fn asks_for_summary(text: &str) -> bool {
    let lower = text.to_lowercase();
    SUMMARY.iter().any(|word| lower.contains(word))
}

const DIRECTIVES: [&str; 34] = [
    "you are",
    "you must",
    "you should",
    "you will",
    "answer ",
    "use only",
    "use the",
    "only use",
    "if you",
    "if the answer",
    "do not",
    "don't",
    "always",
    "never",
    "please",
    "reply",
    "respond",
    "return",
    "cite",
    "given the",
    "based on",
    "du bist",
    "sie sind",
    "antworte",
    "beantworte",
    "nutze",
    "verwende",
    "wenn du",
    "bitte",
    "你是",
    "请",
    "根据",
    "回答",
    "如果",
];

/// What a paragraph of a system message begins with that is nothing to quote, beside [`DIRECTIVES`].
const INSTRUCTIONS: [&str; 32] = [
    "you ",
    "your ",
    "act as",
    "take ",
    "decide ",
    "judge ",
    "translate ",
    "write ",
    "say ",
    "summarize ",
    "summarise ",
    "extract ",
    "classify ",
    "describe ",
    "revise ",
    "choose ",
    "pick ",
    "rewrite ",
    "find ",
    "the text ",
    "help ",
    "the score ",
    "du ",
    "deine ",
    "übersetze",
    "schreibe",
    "fasse ",
    "entscheide",
    "bewerte",
    "wähle",
    "翻译",
    "总结",
];

/// Whether a paragraph of a system message tells the model what to do.
pub(super) fn is_instruction(paragraph: &str) -> bool {
    let lower = paragraph.trim_start().to_lowercase();
    is_directive(paragraph) || INSTRUCTIONS.iter().any(|start| lower.starts_with(start))
}

/// Whether `sentence` tells the model what to do. Such sentences of unmarked text are not quoted.
pub(super) fn is_directive(sentence: &str) -> bool {
    let lower = sentence.trim_start().to_lowercase();
    DIRECTIVES.iter().any(|start| lower.starts_with(start))
}
