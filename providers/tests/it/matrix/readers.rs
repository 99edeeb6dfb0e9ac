//! Readers of requests as upstreams get them.

use serde_json::{Value, json};

use super::neutral::Said;

/// What the upstream's body says.
pub(crate) fn read(upstream: &str, body: &Value) -> Said {
    let mut said = Said::default();
    match upstream {
        "anthropic" => anthropic(body, &mut said),
        "gemini" => gemini(body, &mut said),
        "ollama" => ollama(body, &mut said),
        "webhook" => {
            turns(&body["messages"], &mut said);
            settings(&body["parameters"], &mut said);
        }
        _ => {
            turns(&body["messages"], &mut said);
            settings(body, &mut said);
            for tool in list(&body["tools"]) {
                said.tools.push(string(&tool["function"]["name"]));
            }
        }
    }
    said.settled()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn settings(body: &Value, said: &mut Said) {
    said.temperature = body["temperature"].clone();
    let caps = ["max_completion_tokens", "max_tokens"];
    let cap = caps.iter().find_map(|name| body.get(*name));
    said.cap = cap.cloned().unwrap_or_default();
    said.stop = body["stop"].clone();
}

/// OpenAI's messages.
fn turns(messages: &Value, said: &mut Said) {
    for message in list(messages) {
        let content = &message["content"];
        let mut text = string(content);
        for part in list(content) {
            text.push_str(part["text"].as_str().unwrap_or_default());
        }
        match message["role"].as_str() {
            Some("system") => said.system.push_str(&text),
            Some("tool") => said.result(&string(&message["tool_call_id"]), &text),
            Some("user") => said.text("user", &text),
            _ => said.text("assistant", &text),
        }
        for part in list(content) {
            if let Some(url) = part["image_url"]["url"].as_str() {
                said.image(url);
            }
        }
        for call in list(&message["tool_calls"]) {
            let function = &call["function"];
            let arguments = serde_json::from_str(&string(&function["arguments"]));
            let arguments = arguments.expect("arguments are JSON");
            said.call(&string(&call["id"]), &string(&function["name"]), arguments);
        }
    }
}

fn anthropic(body: &Value, said: &mut Said) {
    said.system = string(&body["system"]);
    for message in list(&body["messages"]) {
        let speaker = if message["role"] == "user" {
            "user"
        } else {
            "assistant"
        };
        said.text(speaker, &string(&message["content"]));
        for block in list(&message["content"]) {
            match block["type"].as_str() {
                Some("text") => said.text(speaker, &string(&block["text"])),
                Some("image") => said.image(&string(&block["source"]["data"])),
                Some("tool_use") => {
                    let (id, name) = (string(&block["id"]), string(&block["name"]));
                    said.call(&id, &name, block["input"].clone());
                }
                _ => said.result(&string(&block["tool_use_id"]), &string(&block["content"])),
            }
        }
    }
    for tool in list(&body["tools"]) {
        said.tools.push(string(&tool["name"]));
    }
    said.temperature = body["temperature"].clone();
    said.cap = body["max_tokens"].clone();
    said.stop = body["stop_sequences"].clone();
}

fn gemini(body: &Value, said: &mut Said) {
    for part in list(&body["systemInstruction"]["parts"]) {
        said.system.push_str(&string(&part["text"]));
    }
    for content in list(&body["contents"]) {
        let speaker = if content["role"] == "user" {
            "user"
        } else {
            "assistant"
        };
        for part in list(&content["parts"]) {
            said.text(speaker, &string(&part["text"]));
            if let Some(data) = part["inlineData"]["data"].as_str() {
                said.image(data);
            }
            if let Some(call) = part.get("functionCall") {
                let (id, name) = (string(&call["id"]), string(&call["name"]));
                said.call(&id, &name, call["args"].clone());
            }
            if let Some(answer) = part.get("functionResponse") {
                let response = &answer["response"];
                let text = match response["output"].as_str() {
                    Some(text) => text.to_owned(),
                    None => response.to_string(),
                };
                said.result(&string(&answer["id"]), &text);
            }
        }
    }
    for tool in list(&body["tools"]).flat_map(|tool| list(&tool["functionDeclarations"])) {
        said.tools.push(string(&tool["name"]));
    }
    let config = &body["generationConfig"];
    said.temperature = config["temperature"].clone();
    said.cap = config["maxOutputTokens"].clone();
    said.stop = config["stopSequences"].clone();
}

fn ollama(body: &Value, said: &mut Said) {
    for message in list(&body["messages"]) {
        let text = string(&message["content"]);
        match message["role"].as_str() {
            Some("system") => said.system.push_str(&text),
            Some("tool") => said.result(&string(&message["tool_call_id"]), &text),
            Some("user") => said.text("user", &text),
            _ => said.text("assistant", &text),
        }
        for image in list(&message["images"]) {
            said.image(&string(image));
        }
        for call in list(&message["tool_calls"]) {
            let function = &call["function"];
            let (id, name) = (string(&call["id"]), string(&function["name"]));
            said.call(&id, &name, function["arguments"].clone());
        }
    }
    for tool in list(&body["tools"]) {
        said.tools.push(string(&tool["function"]["name"]));
    }
    let options = &body["options"];
    said.temperature = options["temperature"].clone();
    said.cap = options["num_predict"].clone();
    said.stop = json!(options["stop"]);
}
