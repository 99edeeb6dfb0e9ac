//! Answers from collections, with checked citations.

use std::sync::Arc;

use futures_util::StreamExt as _;
use rag::ask::{Answer, AskEvent, AskOptions, AskRequest, Message as Turn};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::hub::{Slug, collections, failed, filter, given, hub, reads};
use super::search::How;
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeError, NodeResult, Output,
    RawSettings,
};
use crate::nodes::ai::model::call_context;
use crate::nodes::shared::{take, take_list};
use crate::value::{Message, PortValues, text_of};

pub(in crate::nodes) struct Ask;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// Which collections answer.
    #[schemars(length(min = 1, max = 20))]
    collections: Vec<Slug>,
    /// The question, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    question: Value,
    /// The chat model; empty: the collection's own, else one inside of the program that quotes.
    #[serde(default)]
    #[schemars(extend("x-widget" = "model", "x-operation" = "chat"))]
    model: String,
    /// What the model is told besides, such as a tone or a length.
    #[serde(default)]
    #[schemars(extend("x-widget" = "template"))]
    instructions: String,
    /// Passages at most; empty: the collection's own number.
    #[serde(default)]
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
    /// How much a passage must have to do with the question to count, 0 to 1; empty: the collection's
    /// own.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    relevance: Option<f32>,
    /// How the collections are searched.
    #[serde(default)]
    mode: How,
    /// Only documents whose attributes pass, as of "Knowledge search".
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    filter: Value,
    /// Only documents with all of these tags.
    #[serde(default)]
    #[schemars(length(max = 16))]
    tags: Vec<String>,
    /// Tokens of the answer at most.
    #[serde(default = "max_tokens")]
    #[schemars(range(min = 1, max = 100_000), extend("x-advanced" = true))]
    max_tokens: u32,
    /// Send the answer on while it is written.
    #[serde(default = "yes")]
    #[schemars(extend("x-advanced" = true))]
    stream: bool,
}

fn max_tokens() -> u32 {
    1024
}

fn yes() -> bool {
    true
}

/// Data ports of an answer, and the port that is always live.
const ALWAYS: [&str; 6] = ["out", "answer", "is_found", "citations", "sources", "flags"];

impl Node for Ask {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "message-2-question",
        keywords: &[
            "rag",
            "question",
            "answer",
            "citation",
            "documents",
            "knowledge base",
            "q&a",
        ],
        docs: "The answer comes with its marks `[1]`; each citation was checked against the text it \
               names, marks that no source supports were taken out and stand in `flags`. When the \
               documents do not answer the question, no invention is made: *Not found* is live, and \
               `answer` says so in the question's language.\n\nWith `messages` a question that follows \
               others (\"and in summer?\") is understood. All model calls are paid from the run's budget; \
               `cost_usd` is their sum.",
        timeout_ms: 300_000,
        ..About::step(
            "knowledge.ask",
            Category::Knowledge,
            "Ask documents",
            "Answers a question from collections, with checked citations.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [
                Port::new("question", DataType::String, "Question").required(),
                Port::new(
                    "messages",
                    DataType::array(DataType::Message),
                    "Conversation",
                )
                .about("What was said before, for questions that follow others."),
            ],
            [
                Port::control("found", "Found"),
                Port::control("not_found", "Not found"),
                Port::new("answer", DataType::String, "Answer"),
                Port::new("is_found", DataType::Boolean, "Is found"),
                Port::new("citations", DataType::array(DataType::Object), "Citations"),
                Port::new("sources", DataType::array(DataType::Object), "Sources"),
                Port::new("flags", DataType::array(DataType::Object), "Flags"),
                Port::new("cost_usd", DataType::Number, "Cost in $"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let question = text_of(&take(&mut input, "question"));
        if question.trim().is_empty() {
            return Err(NodeError::input("there is no question").at("question"));
        }
        let history = take_list(&mut input, "messages");
        let found = collections(context, &settings.collections).await?;
        let stream = settings.stream;
        let order = settings
            .request(turns(history, question))?
            .into_order(found.iter().map(rag::library::Collection::place).collect())
            .map_err(|error| failed(&error))?;
        let calls = call_context(context);
        let asked = hub(context)?
            .ask()
            .run(&context.principal, Some(&calls), order);
        let events = asked.await.map_err(|error| failed(&error))?;
        let recorder = Arc::clone(&context.recorder);
        let events = events.inspect(move |event| {
            if let (true, Ok(AskEvent::Text(text))) = (stream, event) {
                recorder.stream("answer", text.as_str().into());
            }
        });
        let answer = Answer::collect(events.boxed()).await;
        let answer = answer.map_err(|error| failed(&error))?;
        for note in &answer.notes {
            context.warn(note);
        }
        let way = if answer.found { "found" } else { "not_found" };
        Ok(Output::one("answer", answer.answer)
            .and("is_found", answer.found)
            .and("citations", json!(answer.citations))
            .and("sources", json!(answer.sources))
            .and("flags", json!(answer.flags))
            .and("cost_usd", answer.usage.cost_nano_usd as f64 / 1e9)
            .only(ALWAYS.into_iter().chain(["cost_usd", way]))
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        reads(settings, &["model"])
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

impl Settings {
    fn request(self, messages: Vec<Turn>) -> Result<AskRequest, NodeError> {
        Ok(AskRequest {
            messages,
            max_tokens: Some(self.max_tokens),
            options: AskOptions {
                model: given(self.model),
                limit: self.limit,
                relevance: self.relevance,
                mode: self.mode.into(),
                filter: filter(self.filter)?,
                tags: self.tags,
                instructions: given(self.instructions),
                ..AskOptions::default()
            },
            ..AskRequest::default()
        })
    }
}

/// The conversation of people and model, with the question as its last turn.
fn turns(history: Vec<Value>, question: String) -> Vec<Turn> {
    let mut turns: Vec<Turn> = history
        .into_iter()
        .filter_map(|value| serde_json::from_value::<Message>(value).ok())
        .filter(|message| matches!(message.role.as_str(), "user" | "assistant"))
        .map(|message| Turn {
            content: text_of(&message.content),
            role: message.role,
        })
        .collect();
    let is_there = |turn: &Turn| turn.role == "user" && turn.content == question;
    if !turns.last().is_some_and(is_there) {
        turns.push(Turn {
            role: "user".to_owned(),
            content: question,
        });
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_that_ends_with_the_question_does_not_get_it_twice() {
        let history = vec![
            json!({"role": "system", "content": "be brief"}),
            json!({"role": "user", "content": "tea?"}),
        ];
        let once = turns(history.clone(), "tea?".to_owned());
        assert_eq!(once.len(), 1);
        let twice = turns(history, "and coffee?".to_owned());
        let said: Vec<&str> = twice.iter().map(|turn| turn.content.as_str()).collect();
        assert_eq!(said, ["tea?", "and coffee?"]);
    }
}
