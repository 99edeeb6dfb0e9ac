//! What Anthropic's models take, by generation.
//!
//! Source: the models' migration guides and the pages on adaptive thinking and effort,
//! <https://platform.claude.com/docs/en/models>, read 2026-11-22. The catalogue's facts say what a model
//! can do; this table says in which form the request must ask for it.

/// How a model is told not to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// By leaving `thinking` out.
    Omit,
    /// `{"type":"disabled"}`: the model thinks by default.
    Disabled,
    /// `{"type":"between_tools"}` (Sonnet 5.5).
    BetweenTools,
    /// Not at all; the lowest effort comes nearest.
    Never,
}

/// The form in which a model wants its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits {
    /// The id names a Claude model whose generation we could read. When false nothing is converted.
    pub(crate) known: bool,
    /// Thinks at all.
    pub(crate) reasons: bool,
    /// Takes `thinking: {"type":"adaptive"}` and `output_config.effort`.
    pub(crate) adaptive: bool,
    /// Takes `thinking: {"type":"enabled","budget_tokens":n}`.
    pub(crate) budgets: bool,
    /// Takes the effort `xhigh`.
    pub(crate) xhigh: bool,
    /// Leaves thinking text empty unless `display` asks for a summary.
    pub(crate) hides_thinking: bool,
    /// Takes `temperature`, `top_p` and `top_k`.
    pub(crate) sampling: bool,
    /// Takes `temperature` and `top_p` in one request.
    pub(crate) both_sampling: bool,
    /// Takes `tool_choice` `any` and `tool`.
    pub(crate) forced_tools: bool,
    /// How thinking is switched off.
    pub(crate) silence: Silence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Haiku,
    Sonnet,
    Opus,
    /// Fable and Mythos, which always think.
    Frontier,
}

const UNKNOWN: Traits = Traits {
    known: false,
    reasons: false,
    adaptive: false,
    budgets: true,
    xhigh: false,
    hides_thinking: false,
    sampling: true,
    both_sampling: true,
    forced_tools: true,
    silence: Silence::Omit,
};

/// Reads the traits off a model id, in any of its spellings (`claude-opus-4-6`, `claude-3-7-sonnet-…`,
/// `anthropic/claude-opus-4.6`, `us.anthropic.claude-…-v1:0`).
pub(crate) fn traits(model: &str) -> Traits {
    let Some((family, version)) = generation(model) else {
        return UNKNOWN;
    };
    use Family::{Frontier, Haiku, Opus, Sonnet};
    // Opus 4.7 began what all models from 5 on do.
    let modern = version >= 50 || (family == Opus && version >= 47);
    let reasons = version >= 37;
    Traits {
        known: true,
        reasons,
        adaptive: modern || (version >= 46 && matches!(family, Opus | Sonnet)),
        budgets: reasons && !modern,
        xhigh: modern,
        hides_thinking: modern,
        sampling: !modern,
        both_sampling: version <= 40,
        forced_tools: match family {
            Haiku => true,
            Sonnet | Opus => version < 55,
            Frontier => version < 51,
        },
        silence: match family {
            Frontier => Silence::Never,
            _ if version < 50 => Silence::Omit,
            Opus if version >= 55 => Silence::Never,
            Sonnet if version >= 55 => Silence::BetweenTools,
            _ => Silence::Disabled,
        },
    }
}

/// Family and version times ten (`claude-opus-4-6` is 46).
fn generation(model: &str) -> Option<(Family, u32)> {
    let (_, rest) = model.split_once("claude-")?;
    let mut family = None;
    let mut numbers = Vec::new();
    for word in rest.split(['-', '.', '@', ':', '_']) {
        match word {
            "haiku" => family = Some(Family::Haiku),
            "sonnet" => family = Some(Family::Sonnet),
            "opus" => family = Some(Family::Opus),
            "fable" | "mythos" => family = Some(Family::Frontier),
            // The Mythos preview carries no number and behaves like the fifth generation.
            "preview" if numbers.is_empty() => numbers.push(5),
            _ => match word.parse::<u32>() {
                Ok(number) if number < 100 && numbers.len() < 2 => numbers.push(number),
                _ => break,
            },
        }
    }
    let major = numbers.first()?;
    let minor = numbers.get(1).copied().unwrap_or(0).min(9);
    Some((family?, major * 10 + minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_read_from_every_spelling() {
        use Family::*;
        for (id, expected) in [
            ("claude-3-7-sonnet-20250219", Some((Sonnet, 37))),
            ("claude-3-opus-20240229", Some((Opus, 30))),
            ("claude-opus-4-20250514", Some((Opus, 40))),
            ("claude-opus-4-1-20250805", Some((Opus, 41))),
            ("claude-haiku-4-5@20251001", Some((Haiku, 45))),
            ("anthropic/claude-opus-4.6", Some((Opus, 46))),
            ("us.anthropic.claude-opus-4-6-v1:0", Some((Opus, 46))),
            ("claude-sonnet-5", Some((Sonnet, 50))),
            ("claude-fable-5-1", Some((Frontier, 51))),
            ("claude-mythos-preview", Some((Frontier, 50))),
            ("claude-instant-1.2", None),
            ("glm-5.2", None),
        ] {
            assert_eq!(generation(id), expected, "{id}");
        }
    }

    #[test]
    fn forms_follow_the_generation() {
        let old = traits("claude-sonnet-4-5");
        assert!(old.budgets && !old.adaptive && old.sampling && !old.both_sampling);
        let both = traits("claude-opus-4-6");
        assert!(both.budgets && both.adaptive && !both.xhigh && both.sampling);
        let modern = traits("claude-opus-4-7");
        assert!(!modern.budgets && modern.xhigh && !modern.sampling && modern.forced_tools);
        assert_eq!(modern.silence, Silence::Omit);
        assert_eq!(traits("claude-sonnet-5").silence, Silence::Disabled);
        assert_eq!(traits("claude-sonnet-5-5").silence, Silence::BetweenTools);
        assert!(!traits("claude-opus-5-5").forced_tools);
        assert!(traits("claude-haiku-5-5").forced_tools);
        assert!(!traits("some-model").known);
    }
}
