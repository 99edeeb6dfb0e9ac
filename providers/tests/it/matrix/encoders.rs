//! Whatever chunks a decoder gives, each dialect's stream tells the same when it is read back.

use proptest::prelude::*;
use providers::Usage;
use providers::chat::{
    ChatChunk, ChunkChoice, Delta, FinishReason, FunctionDelta, ThinkingBlock, ToolCallDelta,
};
use serde_json::{Map, Value, json};

use super::seen::{of_canonical, streamed};
use super::{INGRESSES, context};

#[derive(Debug, Clone)]
enum Step {
    Text(String),
    /// More of one of the calls.
    Arguments(usize, usize),
}

#[derive(Debug, Clone)]
struct Script {
    reasoning: Vec<String>,
    signature: Option<String>,
    calls: Vec<Value>,
    steps: Vec<Step>,
    refusal: Option<String>,
    finish: FinishReason,
    usage: Option<Usage>,
}

fn words() -> impl Strategy<Value = String> {
    "[a-zé🌍\"\\\\\n ]{1,6}"
}

fn usage() -> impl Strategy<Value = Usage> {
    (0..500u64, 0..500u64, 0..500u64, 0..500u64, 0..500u64).prop_map(
        |(fresh, read, written, said, thought)| Usage {
            cache_read_tokens: read,
            cache_write_tokens: written,
            reasoning_tokens: thought,
            ..Usage::tokens(fresh + read + written, said + thought)
        },
    )
}

fn script() -> impl Strategy<Value = Script> {
    let arguments = prop::collection::btree_map("[a-c\"]", words(), 0..3);
    let calls = prop::collection::vec(arguments.prop_map(|map| json!(map)), 0..3);
    let step = prop_oneof![
        words().prop_map(Step::Text),
        (0..3usize, 1..9usize).prop_map(|(call, chars)| Step::Arguments(call, chars)),
    ];
    use FinishReason::{ContentFilter, Length, Stop};
    (
        prop::collection::vec(words(), 0..3),
        prop::option::of("[a-z]{1,4}"),
        calls,
        prop::collection::vec(step, 0..16),
        prop::option::weighted(0.1, words()),
        prop::sample::select(vec![Stop, Stop, Length, ContentFilter]),
        prop::option::weighted(0.8, usage()),
    )
        .prop_map(
            |(reasoning, signature, calls, steps, refusal, finish, usage)| Script {
                finish: match finish {
                    Stop if !calls.is_empty() => FinishReason::ToolCalls,
                    other => other,
                },
                reasoning,
                signature,
                calls,
                steps,
                refusal,
                usage,
            },
        )
}

fn chunk(delta: Delta) -> ChatChunk {
    ChatChunk {
        id: "vendor-1".to_owned(),
        created: 5,
        model: "vendor-model".to_owned(),
        choices: vec![ChunkChoice {
            delta,
            ..ChunkChoice::default()
        }],
        ..ChatChunk::default()
    }
}

impl Script {
    fn chunks(&self) -> Vec<ChatChunk> {
        let mut out = Vec::new();
        for piece in &self.reasoning {
            out.push(chunk(Delta {
                reasoning_content: Some(piece.clone()),
                ..Delta::default()
            }));
        }
        if !self.reasoning.is_empty() {
            out.push(chunk(Delta {
                thinking_blocks: self.signature.clone().map(|signature| {
                    vec![ThinkingBlock::Thinking {
                        thinking: self.reasoning.concat(),
                        signature: Some(signature),
                    }]
                }),
                ..Delta::default()
            }));
        }
        // What is left of each call's arguments; `None` before the call has begun.
        let texts = self
            .calls
            .iter()
            .map(|call| call.to_string().chars().collect());
        let mut left: Vec<(bool, Vec<char>)> = texts.map(|text| (false, text)).collect();
        // A call begins after those before it: decoders number calls in their order.
        let mut begun = 0;
        for step in &self.steps {
            match step {
                Step::Text(text) => out.push(chunk(Delta {
                    content: Some(text.clone()),
                    ..Delta::default()
                })),
                Step::Arguments(call, chars) => {
                    let at = (*call).min(begun);
                    if let Some((open, rest)) = left.get_mut(at) {
                        let piece: String = rest.drain(..(*chars).min(rest.len())).collect();
                        out.push(arguments(at, !*open, piece));
                        begun += usize::from(!*open);
                        *open = true;
                    }
                }
            }
        }
        for (at, (open, rest)) in left.iter().enumerate() {
            out.push(arguments(at, !open, rest.iter().collect()));
        }
        if let Some(refusal) = &self.refusal {
            out.push(chunk(Delta {
                refusal: Some(refusal.clone()),
                ..Delta::default()
            }));
        }
        let mut end = chunk(Delta::default());
        end.choices[0].finish_reason = Some(self.finish);
        // A first, smaller report: the last one counts.
        end.usage = self.usage.as_ref().map(|_| Usage::tokens(1, 1));
        out.push(end);
        if let Some(usage) = &self.usage {
            out.push(ChatChunk {
                choices: Vec::new(),
                usage: Some(usage.clone()),
                ..chunk(Delta::default())
            });
        }
        out
    }
}

fn arguments(index: usize, first: bool, piece: String) -> ChatChunk {
    chunk(Delta {
        tool_calls: Some(vec![ToolCallDelta {
            index: index as u32,
            id: first.then(|| format!("call_{index}")),
            kind: first.then(|| "function".to_owned()),
            function: Some(FunctionDelta {
                name: first.then(|| format!("name_{index}")),
                arguments: Some(piece),
            }),
            extra: Map::new(),
        }]),
        ..Delta::default()
    })
}

proptest! {
    #[test]
    fn streams_of_every_dialect_read_back_as_what_was_decoded(script in script()) {
        let chunks = script.chunks();
        for ingress in INGRESSES {
            let mut encoder = ingress.dialect.encoder(context());
            let mut out = Vec::new();
            for chunk in &chunks {
                encoder.push(chunk, &mut out);
            }
            encoder.finish(&mut out);
            let mut expected = of_canonical(&crate::openai::collect(&chunks));
            if ingress.id == "messages" {
                as_messages(&mut expected, &script);
            }
            let seen = streamed(&ingress, &out);
            prop_assert_eq!(seen, expected, "{}", ingress.id);
        }
    }
}

/// Messages has no refusals (they are text, and the reason to stop), and always reports usage.
fn as_messages(expected: &mut Value, script: &Script) {
    if let Some(refusal) = &script.refusal {
        let text = expected["text"].as_str().unwrap_or_default();
        expected["text"] = json!(format!("{text}{refusal}"));
        expected["refusal"] = json!("");
        if script.finish == FinishReason::Stop {
            expected["finish"] = json!("content_filter");
        }
    }
    if script.usage.is_none() {
        // Our estimate of the input.
        expected["usage"] = json!({"input_tokens": 5});
    }
}
