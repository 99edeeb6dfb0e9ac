//! What is known of one model at one vendor.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use providers::Usage;
use providers::provider::ModelFacts;

use super::price::PriceTable;
use super::rate::{Cost, Terms, rate};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Conversation.
    Chat,
    /// Legacy text completion.
    Completion,
    /// Vectors of texts.
    Embedding,
    /// Images from prompts.
    Image,
    /// Speech to text.
    Transcription,
    /// Text to speech.
    Speech,
    /// Content classification.
    Moderation,
    /// Ordering of documents by relevance.
    Rerank,
}

impl Mode {
    pub(super) const ALL: [Self; 8] = [
        Self::Chat,
        Self::Completion,
        Self::Embedding,
        Self::Image,
        Self::Transcription,
        Self::Speech,
        Self::Moderation,
        Self::Rerank,
    ];

    /// Word in catalogue files and configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "completion",
            Self::Embedding => "embedding",
            Self::Image => "image",
            Self::Transcription => "transcription",
            Self::Speech => "speech",
            Self::Moderation => "moderation",
            Self::Rerank => "rerank",
        }
    }

    /// The mode of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// Something a model can do beyond text in, text out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Calls functions.
    Tools,
    /// Calls several functions at once.
    ParallelTools,
    /// Reads images.
    Vision,
    /// Reads PDF files.
    Pdf,
    /// Hears.
    AudioIn,
    /// Watches.
    VideoIn,
    /// Speaks.
    AudioOut,
    /// Draws.
    ImageOut,
    /// Reasons before it answers.
    Reasoning,
    /// Follows a JSON schema.
    Schema,
    /// Has a prompt cache.
    Caching,
    /// Searches the web by itself.
    WebSearch,
    /// Is reached through the Responses endpoint only.
    ResponsesOnly,
}

impl Capability {
    pub(super) const ALL: [Self; 13] = [
        Self::Tools,
        Self::ParallelTools,
        Self::Vision,
        Self::Pdf,
        Self::AudioIn,
        Self::VideoIn,
        Self::AudioOut,
        Self::ImageOut,
        Self::Reasoning,
        Self::Schema,
        Self::Caching,
        Self::WebSearch,
        Self::ResponsesOnly,
    ];

    /// Word in catalogue files and configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::ParallelTools => "parallel_tools",
            Self::Vision => "vision",
            Self::Pdf => "pdf",
            Self::AudioIn => "audio_in",
            Self::VideoIn => "video_in",
            Self::AudioOut => "audio_out",
            Self::ImageOut => "image_out",
            Self::Reasoning => "reasoning",
            Self::Schema => "schema",
            Self::Caching => "caching",
            Self::WebSearch => "web_search",
            Self::ResponsesOnly => "responses_only",
        }
    }

    /// The capability of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A set of [`Capability`].
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities(u16);

impl Capabilities {
    /// Whether the set has it.
    pub const fn has(self, one: Capability) -> bool {
        self.0 & (1 << one as u16) != 0
    }

    /// The set with `one` in it.
    #[must_use]
    pub const fn with(self, one: Capability) -> Self {
        Self(self.0 | (1 << one as u16))
    }

    /// All of the set, in the order of the notation.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .into_iter()
            .filter(move |one| self.has(*one))
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(all: I) -> Self {
        all.into_iter().fold(Self::default(), Self::with)
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Capability::word))
            .finish()
    }
}

/// One model at one vendor. Absent facts are unknown, not zero and not "no limit".
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// Provider id.
    pub provider: Cow<'static, str>,
    /// The catalogue's name of the model: another than asked for when an alias or a dated snapshot
    /// was resolved, or a pattern such as `*`.
    pub model: Cow<'static, str>,
    /// What it is for.
    pub mode: Option<Mode>,
    /// Tokens a prompt may have, as the vendor counts.
    pub context_window: Option<u64>,
    /// Tokens an answer may have.
    pub max_output_tokens: Option<u64>,
    /// Numbers in a vector, for embedding models.
    pub embedding_dimensions: Option<u32>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What it costs; `None` when the vendor's prices are not known, which is not "free".
    pub price: Option<PriceTable>,
    /// The vendor's announced last day.
    pub retires: Option<Date>,
    /// The page the figures come from.
    pub source: Option<Cow<'static, str>>,
    /// When the figures were read.
    pub as_of: Option<Date>,
}

impl ModelCard {
    /// A card that knows nothing but the names.
    pub fn unknown(
        provider: impl Into<Cow<'static, str>>,
        model: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            mode: None,
            context_window: None,
            max_output_tokens: None,
            embedding_dimensions: None,
            capabilities: Capabilities::default(),
            price: None,
            retires: None,
            source: None,
            as_of: None,
        }
    }

    /// Whether it can do it.
    pub fn can(&self, one: Capability) -> bool {
        self.capabilities.has(one)
    }

    /// The facts that a provider's map needs.
    pub fn facts(&self) -> ModelFacts {
        ModelFacts {
            context_window: self.context_window,
            max_output_tokens: self.max_output_tokens,
            reasoning: self.can(Capability::Reasoning),
            structured_output: self.can(Capability::Schema),
        }
    }

    /// Words of what it takes: `text`, `image`, `pdf`, `audio`, `video`.
    pub fn input_modalities(&self) -> Vec<&'static str> {
        let mut words = match self.mode {
            Some(Mode::Transcription) => vec!["audio"],
            _ => vec!["text"],
        };
        let more = [
            (Capability::Vision, "image"),
            (Capability::Pdf, "pdf"),
            (Capability::AudioIn, "audio"),
            (Capability::VideoIn, "video"),
        ];
        extend(&mut words, self.capabilities, &more);
        words
    }

    /// Words of what it gives: `text`, `image`, `audio`, `embedding`, `score`.
    pub fn output_modalities(&self) -> Vec<&'static str> {
        let mut words = match self.mode {
            Some(Mode::Embedding) => vec!["embedding"],
            Some(Mode::Image) => vec!["image"],
            Some(Mode::Speech) => vec!["audio"],
            Some(Mode::Moderation | Mode::Rerank) => vec!["score"],
            Some(Mode::Chat | Mode::Completion | Mode::Transcription) | None => vec!["text"],
        };
        let more = [
            (Capability::ImageOut, "image"),
            (Capability::AudioOut, "audio"),
        ];
        extend(&mut words, self.capabilities, &more);
        words
    }

    /// What a call cost; `None` when that cannot be known. See [`rate`].
    pub fn cost(&self, usage: &Usage, terms: &Terms<'_>) -> Option<Cost> {
        rate(self.price.as_ref()?, usage, terms)
    }
}

fn extend(words: &mut Vec<&'static str>, has: Capabilities, more: &[(Capability, &'static str)]) {
    for (capability, word) in more {
        if has.has(*capability) && !words.contains(word) {
            words.push(word);
        }
    }
}
