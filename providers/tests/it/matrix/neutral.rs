//! A conversation that every dialect and every upstream can express exactly, and its readers.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Ingress;

/// What is said in one turn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Turn {
    User {
        texts: Vec<String>,
        image: Option<String>,
    },
    /// Text, and calls with their results.
    Assistant { text: String, calls: Vec<Call> },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Value,
    pub(crate) result: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) system: Option<String>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) temperature: f64,
    pub(crate) cap: u64,
    pub(crate) stop: Vec<String>,
}

/// One side's speech in a row: all formats merge turns of the same side.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Group {
    speaker: &'static str,
    text: String,
    images: Vec<String>,
    calls: Vec<(String, Value)>,
    /// Number of the call among all calls, and the result.
    results: Vec<(usize, String)>,
}

/// What a request says, whatever its format.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) system: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) temperature: Value,
    pub(crate) cap: Value,
    pub(crate) stop: Value,
    pub(crate) tools: Vec<String>,
    ids: HashMap<String, usize>,
}

fn id(turn: usize, call: usize) -> String {
    format!("call_{turn}_{call}")
}

impl Talk {
    fn calls(&self) -> impl Iterator<Item = &Call> {
        self.turns.iter().flat_map(|turn| match turn {
            Turn::Assistant { calls, .. } => calls.as_slice(),
            Turn::User { .. } => &[],
        })
    }

    /// Names of the tools on offer: those called, and one that is not.
    fn tools(&self) -> Vec<String> {
        let mut names: Vec<String> = self.calls().map(|call| call.name.clone()).collect();
        names.push("spare".to_owned());
        names.sort();
        names.dedup();
        names
    }

    pub(crate) fn said(&self, with_tools: bool) -> Said {
        let mut said = Said {
            system: self.system.clone().unwrap_or_default(),
            temperature: json!(self.temperature),
            cap: json!(self.cap),
            stop: json!(self.stop),
            tools: if with_tools { self.tools() } else { Vec::new() },
            ..Said::default()
        };
        for (t, turn) in self.turns.iter().enumerate() {
            match turn {
                Turn::User { texts, image } => {
                    for text in texts {
                        said.text("user", text);
                    }
                    if let Some(image) = image {
                        said.group("user").images.push(image.clone());
                    }
                }
                Turn::Assistant { text, calls } => {
                    said.text("assistant", text);
                    for (c, call) in calls.iter().enumerate() {
                        said.call(&id(t, c), &call.name, call.arguments.clone());
                    }
                    for (c, call) in calls.iter().enumerate() {
                        said.result(&id(t, c), &call.result);
                    }
                }
            }
        }
        said
    }

    /// The request in a client's dialect.
    pub(crate) fn request(&self, ingress: &Ingress, with_tools: bool) -> Value {
        let mut out = match ingress.id {
            "responses" => json!({"model": "m", "input": self.responses(),
                "max_output_tokens": self.cap, "stop": self.stop}),
            "messages" => json!({"model": "m", "messages": self.messages(),
                "max_tokens": self.cap, "stop_sequences": self.stop}),
            _ => json!({"model": "m", "messages": self.chat(),
                "max_completion_tokens": self.cap, "stop": self.stop}),
        };
        out["temperature"] = json!(self.temperature);
        if let (Some(system), "messages") = (&self.system, ingress.id) {
            out["system"] = json!(system);
        }
        if with_tools {
            let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
            let tools = self.tools().into_iter().map(|name| match ingress.id {
                "responses" => json!({"type": "function", "name": name, "parameters": schema}),
                "messages" => json!({"name": name, "input_schema": schema}),
                _ => json!({"type": "function", "function": {"name": name, "parameters": schema}}),
            });
            out["tools"] = tools.collect();
        }
        out
    }

    fn chat(&self) -> Vec<Value> {
        let system = self.system.iter();
        let mut out: Vec<Value> = system
            .map(|text| json!({"role": "system", "content": text}))
            .collect();
        for (t, turn) in self.turns.iter().enumerate() {
            match turn {
                Turn::User { texts, image } => {
                    let mut parts: Vec<Value> = texts
                        .iter()
                        .map(|text| json!({"type": "text", "text": text}))
                        .collect();
                    parts.extend(image.iter().map(|data| {
                        let url = format!("data:image/png;base64,{data}");
                        json!({"type": "image_url", "image_url": {"url": url}})
                    }));
                    out.push(json!({"role": "user", "content": parts}));
                }
                Turn::Assistant { text, calls } => {
                    let mut message = json!({"role": "assistant", "content": text});
                    if !calls.is_empty() {
                        let calls = calls.iter().enumerate().map(|(c, call)| {
                            json!({"id": id(t, c), "type": "function", "function": {
                                "name": call.name, "arguments": call.arguments.to_string()}})
                        });
                        message["tool_calls"] = calls.collect();
                    }
                    out.push(message);
                    out.extend(calls.iter().enumerate().map(|(c, call)| {
                        json!({"role": "tool", "tool_call_id": id(t, c), "content": call.result})
                    }));
                }
            }
        }
        out
    }

    fn responses(&self) -> Vec<Value> {
        let mut out = Vec::new();
        for (t, message) in self.chat().into_iter().enumerate() {
            let content = &message["content"];
            let parts =
                content
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|part| match part["type"].as_str() {
                        Some("text") => json!({"type": "input_text", "text": part["text"]}),
                        _ => json!({"type": "input_image", "image_url": part["image_url"]["url"]}),
                    });
            match message["role"].as_str() {
                Some("user") => {
                    out.push(json!({"role": "user", "content": parts.collect::<Vec<_>>()}));
                }
                Some("tool") => out.push(json!({"type": "function_call_output",
                    "call_id": message["tool_call_id"], "output": content})),
                role => {
                    if content != "" {
                        out.push(json!({"type": "message", "id": format!("msg_{t}"),
                            "role": role, "content": content}));
                    }
                }
            }
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                out.push(json!({"type": "function_call", "call_id": call["id"],
                    "name": call["function"]["name"], "arguments": call["function"]["arguments"]}));
            }
        }
        out
    }

    fn messages(&self) -> Vec<Value> {
        let mut out = Vec::new();
        for (t, turn) in self.turns.iter().enumerate() {
            match turn {
                Turn::User { texts, image } => {
                    let mut blocks: Vec<Value> = texts
                        .iter()
                        .map(|text| json!({"type": "text", "text": text}))
                        .collect();
                    blocks.extend(image.iter().map(|data| {
                        json!({"type": "image", "source":
                            {"type": "base64", "media_type": "image/png", "data": data}})
                    }));
                    out.push(json!({"role": "user", "content": blocks}));
                }
                Turn::Assistant { text, calls } => {
                    let mut blocks = Vec::new();
                    if !text.is_empty() {
                        blocks.push(json!({"type": "text", "text": text}));
                    }
                    let mut results = Vec::new();
                    for (c, call) in calls.iter().enumerate() {
                        blocks.push(json!({"type": "tool_use", "id": id(t, c),
                            "name": call.name, "input": call.arguments}));
                        results.push(json!({"type": "tool_result", "tool_use_id": id(t, c),
                            "content": call.result}));
                    }
                    out.push(json!({"role": "assistant", "content": blocks}));
                    if !results.is_empty() {
                        out.push(json!({"role": "user", "content": results}));
                    }
                }
            }
        }
        out
    }
}

impl Said {
    fn group(&mut self, speaker: &'static str) -> &mut Group {
        if self
            .groups
            .last()
            .is_none_or(|group| group.speaker != speaker)
        {
            self.groups.push(Group {
                speaker,
                ..Group::default()
            });
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    pub(crate) fn text(&mut self, speaker: &'static str, text: &str) {
        if !text.is_empty() {
            self.group(speaker).text.push_str(text);
        }
    }

    pub(crate) fn image(&mut self, data: &str) {
        let data = data.strip_prefix("data:image/png;base64,").unwrap_or(data);
        self.group("user").images.push(data.to_owned());
    }

    /// A call; calls are numbered in their order, because vendors have rules for ids.
    pub(crate) fn call(&mut self, id: &str, name: &str, arguments: Value) {
        let number = self.ids.len();
        let before = self.ids.insert(id.to_owned(), number);
        assert_eq!(before, None, "ids stay apart");
        self.group("assistant")
            .calls
            .push((name.to_owned(), arguments));
    }

    pub(crate) fn result(&mut self, id: &str, text: &str) {
        let number = *self.ids.get(id).expect("a result names its call");
        // Gemini takes JSON objects as objects.
        let text = match serde_json::from_str::<Value>(text) {
            Ok(object @ Value::Object(_)) => object.to_string(),
            _ => text.to_owned(),
        };
        self.group("tools").results.push((number, text));
    }

    /// Without the ids, which vendors may rewrite.
    pub(crate) fn settled(mut self) -> Self {
        self.ids.clear();
        self.tools.sort();
        self
    }
}
