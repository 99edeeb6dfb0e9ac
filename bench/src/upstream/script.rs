//! What a model name asks the upstream to do.
//!
//! A name is a list of parts joined by `.`; anything up to the last `/` is a provider's prefix and
//! anything after `--` is a tag that only keeps two tests' statistics apart. Parts that are not
//! instructions are ignored, so `gpt-4.1` is simply a model that answers. A part that starts with
//! `f-` and is not a known fault is an error, so that a misspelt fault cannot pass for a good answer.
//!
//! | Part | Meaning |
//! | --- | --- |
//! | `m-1k`, `m-100k`, `m-1m`, `m-300` | an answer of that many bytes |
//! | `s-100`, `s-100-i10` | a text of 100 pieces; streamed as 100 chunks, 10 ms apart |
//! | `d-20` | 20 ms before the answer's headers |
//! | `u-1000-200-50-7` | usage: 1000 input (50 of them cached), 200 output (7 of them reasoning) |
//! | `f-…` | a fault, see [`Fault`], [`Refusal`], [`RetryAfter`] and [`Framing`] |
//! | `f-once-<fault>` | the fault at the first request of this model name, then good answers |
//! | `f-flaky-30[-<fault>]` | the fault (500 unless named) at 30 of 100 requests, evenly spread |

use std::time::Duration;

/// Chunks that a stream of an unscripted model has.
pub const DEFAULT_CHUNKS: usize = 5;
/// Input tokens that an unscripted answer reports.
pub const DEFAULT_INPUT_TOKENS: u64 = 12;
/// After how many chunks a stream fault strikes when its name carries no number.
pub const DEFAULT_FAULT_AT: usize = 5;
/// The longest stream and the largest answer that a name may ask for.
const MAX_CHUNKS: usize = 100_000;
const MAX_SIZE: usize = 64 << 20;

/// The parsed instructions of one model name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// Bytes of the whole answer, when asked for.
    pub size: Option<usize>,
    /// Pieces of the text, which are the chunks of a stream.
    pub chunks: Option<usize>,
    /// Pause before each chunk but the first.
    pub interval: Duration,
    /// Pause before the answer's headers.
    pub delay: Duration,
    /// Pause between the headers and the first byte of the body.
    pub first_delay: Duration,
    /// Usage to report instead of the counted one.
    pub usage: Option<ScriptedUsage>,
    /// No usage is reported anywhere.
    pub no_usage: bool,
    /// Embeddings are made of the words of their texts.
    pub words: bool,
    /// How the bytes of a stream are laid out.
    pub framing: Framing,
    /// What goes wrong.
    pub fault: Fault,
    /// When it goes wrong.
    pub gate: Gate,
}

/// Token counts set by `u-<input>-<output>[-<cached>[-<reasoning>]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScriptedUsage {
    /// Input tokens, cached ones included.
    pub input: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Input tokens read from the vendor's prompt cache.
    pub cached: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
}

/// Legal but unusual layouts of a stream. They combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framing {
    /// `f-crlf`: lines end in CR LF.
    pub crlf: bool,
    /// `f-comments`: a comment line before each event.
    pub comments: bool,
    /// `f-bytes`: each byte is its own HTTP chunk and its own write.
    pub bytes: bool,
    /// `f-nonewline`: the last event lacks its blank line.
    pub no_final_newline: bool,
}

/// What goes wrong. The numbers count content chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// `f-<status>…`, `f-context`, `f-policy`: an error answer.
    Refuse(Refusal),
    /// `f-hang`: the request is read and never answered.
    Hang,
    /// `f-cut-5`: the connection is reset after 5 chunks.
    Cut(usize),
    /// `f-eof-5`: a clean end of the body after 5 chunks, nothing finished.
    Eof(usize),
    /// `f-stall-5`: silence after 5 chunks, the connection stays open.
    Stall(usize),
    /// `f-error-5`: an in-band error event after 5 chunks, then a clean end.
    ErrorEvent(usize),
    /// `f-badjson-5`: a broken event after 5 chunks, then the rest of a good stream.
    BadJson(usize),
    /// `f-nodone`: finish reason and usage, but no `[DONE]` (`message_stop`, `response.completed`).
    NoDone,
    /// `f-trunc`: the JSON of the answer stops half way, in a well-formed HTTP answer.
    Truncated,
    /// `f-short`: `content-length` promises the whole answer, the connection closes half way.
    Short,
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// What the body says.
    pub reason: Reason,
    /// When to come back.
    pub retry: Option<RetryAfter>,
}

/// What the body of an error answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The vendor's usual words for the status.
    Plain,
    /// `f-context`: the prompt is longer than the context window.
    ContextLength,
    /// `f-policy`: the prompt was refused by a content policy.
    ContentPolicy,
    /// `f-429-quota`: the account is out of money; retrying is useless.
    Quota,
}

/// The forms in which vendors say when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryAfter {
    /// `ra2`: `retry-after: 2`.
    Seconds(u64),
    /// `date2`: `retry-after:` an HTTP date 2 s ahead.
    Date(u64),
    /// `ms250`: `retry-after-ms: 250`.
    Millis(u64),
    /// `xms250`: `x-ms-retry-after-ms: 250`.
    XMillis(u64),
    /// `rr6m0s`: `x-ratelimit-reset-requests: 6m0s`, the value word for word.
    ResetRequests(String),
    /// `rt20ms`: `x-ratelimit-reset-tokens: 20ms`, the value word for word.
    ResetTokens(String),
    /// `epoch2`: `x-ratelimit-reset:` the Unix time 2 s ahead.
    Epoch(u64),
}

/// Which requests of a model name meet the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gate {
    /// All of them.
    #[default]
    Always,
    /// The first one.
    Once,
    /// This many of a hundred, evenly spread by a counter.
    Percent(u64),
}

/// A part that starts with `f-` and names no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFault(pub String);

impl Script {
    /// Reads a model name.
    ///
    /// # Errors
    /// Fails on a part that starts with `f-` and names no fault.
    pub fn parse(model: &str) -> Result<Self, UnknownFault> {
        let name = model.rsplit_once('/').map_or(model, |(_, name)| name);
        let name = name.split_once("--").map_or(name, |(name, _)| name);
        let mut script = Self::default();
        for part in name.split('.') {
            script.apply(part)?;
        }
        Ok(script)
    }

    fn apply(&mut self, part: &str) -> Result<(), UnknownFault> {
        let words: Vec<&str> = part.split('-').collect();
        match words.as_slice() {
            ["m", size] => self.size = parse_size(size),
            ["s", chunks] => self.chunks = parse_chunks(chunks),
            ["s", chunks, interval] => {
                self.chunks = parse_chunks(chunks);
                self.interval = suffix(interval, "i").map_or(Duration::ZERO, Duration::from_millis);
            }
            ["d", delay] => {
                self.delay = delay.parse().map_or(Duration::ZERO, Duration::from_millis);
            }
            ["words"] => self.words = true,
            ["u", counts @ ..] => self.usage = parse_usage(counts),
            ["f", fault @ ..] => {
                return self
                    .apply_fault(fault)
                    .ok_or_else(|| UnknownFault(part.to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn apply_fault(&mut self, words: &[&str]) -> Option<()> {
        match words {
            ["crlf"] => self.framing.crlf = true,
            ["comments"] => self.framing.comments = true,
            ["bytes"] => self.framing.bytes = true,
            ["nonewline"] => self.framing.no_final_newline = true,
            ["nousage"] => self.no_usage = true,
            ["slow", "first", millis] => {
                self.first_delay = Duration::from_millis(millis.parse().ok()?);
            }
            // What follows the fault is the caller's id: it makes the name, and so the counter, new.
            ["once", fault @ ..] => {
                self.gate = Gate::Once;
                self.fault = parse_fault(fault)?.0;
            }
            ["flaky", percent, fault @ ..] => {
                self.gate = Gate::Percent(percent.parse().ok().filter(|p| *p <= 100)?);
                self.fault = match fault {
                    [] => Fault::Refuse(Refusal::plain(500)),
                    words => parse_whole_fault(words)?,
                };
            }
            words => self.fault = parse_whole_fault(words)?,
        }
        Some(())
    }

    /// The fault that request number `n` (from 0) of this model name meets.
    #[must_use]
    pub fn fault_at(&self, n: u64) -> Fault {
        let strikes = match self.gate {
            Gate::Always => true,
            Gate::Once => n == 0,
            Gate::Percent(p) => (n * p) / 100 != ((n + 1) * p) / 100,
        };
        if strikes {
            self.fault.clone()
        } else {
            Fault::None
        }
    }
}

impl Refusal {
    fn plain(status: u16) -> Self {
        Self {
            status,
            reason: Reason::Plain,
            retry: None,
        }
    }
}

fn parse_whole_fault(words: &[&str]) -> Option<Fault> {
    let (fault, rest) = parse_fault(words)?;
    rest.is_empty().then_some(fault)
}

/// Reads one fault from the front of `words`; returns it with the words that are left.
fn parse_fault<'a>(words: &'a [&'a str]) -> Option<(Fault, &'a [&'a str])> {
    let (name, rest) = words.split_first()?;
    let counted = || match rest.split_first().map(|(n, rest)| (n.parse(), rest)) {
        Some((Ok(n), rest)) => (n, rest),
        _ => (DEFAULT_FAULT_AT, rest),
    };
    let at = |fault: fn(usize) -> Fault| {
        let (n, rest) = counted();
        Some((fault(n), rest))
    };
    match *name {
        "hang" => Some((Fault::Hang, rest)),
        "cut" => at(Fault::Cut),
        "eof" => at(Fault::Eof),
        "stall" => at(Fault::Stall),
        "error" => at(Fault::ErrorEvent),
        "badjson" => at(Fault::BadJson),
        "nodone" => Some((Fault::NoDone, rest)),
        "trunc" => Some((Fault::Truncated, rest)),
        "short" => Some((Fault::Short, rest)),
        "context" => Some((refusal(400, Reason::ContextLength), rest)),
        "policy" => Some((refusal(400, Reason::ContentPolicy), rest)),
        status => {
            let status = status.parse().ok().filter(|s| (400..600).contains(s))?;
            Some(parse_refusal(status, rest))
        }
    }
}

fn refusal(status: u16, reason: Reason) -> Fault {
    Fault::Refuse(Refusal {
        reason,
        ..Refusal::plain(status)
    })
}

fn parse_refusal<'a>(status: u16, words: &'a [&'a str]) -> (Fault, &'a [&'a str]) {
    let Some((word, rest)) = words.split_first() else {
        return (Fault::Refuse(Refusal::plain(status)), words);
    };
    if *word == "quota" {
        return (refusal(status, Reason::Quota), rest);
    }
    match parse_retry(word) {
        Some(retry) => {
            let refusal = Refusal {
                retry: Some(retry),
                ..Refusal::plain(status)
            };
            (Fault::Refuse(refusal), rest)
        }
        None => (Fault::Refuse(Refusal::plain(status)), words),
    }
}

fn parse_retry(word: &str) -> Option<RetryAfter> {
    let starts_with_digit = |v: &&str| v.starts_with(|c: char| c.is_ascii_digit());
    if let Some(value) = word.strip_prefix("rr").filter(starts_with_digit) {
        return Some(RetryAfter::ResetRequests(value.to_owned()));
    }
    if let Some(value) = word.strip_prefix("rt").filter(starts_with_digit) {
        return Some(RetryAfter::ResetTokens(value.to_owned()));
    }
    None.or_else(|| suffix(word, "ra").map(RetryAfter::Seconds))
        .or_else(|| suffix(word, "date").map(RetryAfter::Date))
        .or_else(|| suffix(word, "ms").map(RetryAfter::Millis))
        .or_else(|| suffix(word, "xms").map(RetryAfter::XMillis))
        .or_else(|| suffix(word, "epoch").map(RetryAfter::Epoch))
}

fn suffix(word: &str, prefix: &str) -> Option<u64> {
    word.strip_prefix(prefix)?.parse().ok()
}

fn parse_chunks(word: &str) -> Option<usize> {
    word.parse().ok().map(|n: usize| n.clamp(1, MAX_CHUNKS))
}

fn parse_size(word: &str) -> Option<usize> {
    let (digits, unit) = match word.as_bytes().last()? {
        b'k' => (&word[..word.len() - 1], 1 << 10),
        b'm' => (&word[..word.len() - 1], 1 << 20),
        _ => (word, 1),
    };
    let n: usize = digits.parse().ok()?;
    Some(n.saturating_mul(unit).min(MAX_SIZE))
}

fn parse_usage(words: &[&str]) -> Option<ScriptedUsage> {
    let counts: Vec<u64> = words.iter().map_while(|w| w.parse().ok()).collect();
    let [input, output, rest @ ..] = counts.as_slice() else {
        return None;
    };
    Some(ScriptedUsage {
        input: *input,
        output: *output,
        cached: rest.first().copied().unwrap_or(0),
        reasoning: rest.get(1).copied().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Script {
        Script::parse(name).expect("the name is a script")
    }

    #[test]
    fn a_vendors_own_model_name_is_no_script() {
        for name in [
            "gpt-4.1-mini",
            "claude-sonnet-4-5",
            "openai/gpt-5",
            "llama3.2:1b",
            "",
        ] {
            assert_eq!(parse(name), Script::default(), "{name}");
        }
    }

    #[test]
    fn parts_combine_and_tags_and_prefixes_are_ignored() {
        let script = parse("up/s-100-i10.d-20.u-1000-200-50.f-crlf.f-cut-7--test42");
        assert_eq!(script.chunks, Some(100));
        assert_eq!(script.interval, Duration::from_millis(10));
        assert_eq!(script.delay, Duration::from_millis(20));
        let usage = script.usage.expect("usage is scripted");
        assert_eq!((usage.input, usage.output, usage.cached), (1000, 200, 50));
        assert!(script.framing.crlf);
        assert_eq!(script.fault, Fault::Cut(7));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("m-300").size, Some(300));
        assert_eq!(parse("m-1k").size, Some(1024));
        assert_eq!(parse("m-1m").size, Some(1 << 20));
    }

    #[test]
    fn each_retry_after_form_is_read() {
        let retry = |name: &str| match parse(name).fault {
            Fault::Refuse(refusal) => refusal.retry,
            other => panic!("{name} gave {other:?}"),
        };
        assert_eq!(retry("f-429-ra2"), Some(RetryAfter::Seconds(2)));
        assert_eq!(retry("f-429-date3"), Some(RetryAfter::Date(3)));
        assert_eq!(retry("f-429-ms250"), Some(RetryAfter::Millis(250)));
        assert_eq!(retry("f-429-xms250"), Some(RetryAfter::XMillis(250)));
        assert_eq!(retry("f-503-epoch9"), Some(RetryAfter::Epoch(9)));
        assert_eq!(
            retry("f-429-rr6m0s"),
            Some(RetryAfter::ResetRequests("6m0s".into()))
        );
        assert_eq!(
            retry("f-429-rt20ms"),
            Some(RetryAfter::ResetTokens("20ms".into()))
        );
        assert_eq!(retry("f-429"), None);
    }

    #[test]
    fn a_misspelt_fault_is_an_error() {
        for name in [
            "f-ctu-5",
            "f-429-soon",
            "f-cut-5-x",
            "f-200",
            "f-",
            "f-flaky-200",
        ] {
            assert!(Script::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_fault_of_once_strikes_the_first_request_only() {
        let script = parse("f-once-500-abc");
        assert_eq!(script.fault_at(0), Fault::Refuse(Refusal::plain(500)));
        assert_eq!(script.fault_at(1), Fault::None);
        assert_eq!(parse("f-once-cut-3-abc").fault_at(0), Fault::Cut(3));
    }

    #[test]
    fn a_flaky_model_fails_its_share_of_each_hundred() {
        let script = parse("f-flaky-30");
        let failed = (0..200)
            .filter(|n| script.fault_at(*n) != Fault::None)
            .count();
        assert_eq!(failed, 60);
        let first_ten = (0..10)
            .filter(|n| script.fault_at(*n) != Fault::None)
            .count();
        assert_eq!(first_ten, 3, "the failures are spread evenly");
    }
}
