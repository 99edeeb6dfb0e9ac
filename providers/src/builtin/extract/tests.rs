mod reading;
mod structured;
mod xquad;

use serde_json::{Value, json};

use super::respond;
use crate::builtin::answer::Answer;
use crate::chat::ChatRequest;

const PASSAGES: &str = "Answer only from the passages below and cite them.\n\nPassages:\n\
    [1] The Aurora library opened in 1987. It was designed by Mira Holt. The building has four floors.\n\
    [2] Opening hours are 9 to 18 on weekdays. On Sundays the library is closed, e.g. for cleaning.\n\
    [doc:3] A yearly card costs 24.50 EUR. Students pay half. Cards are sold at the front desk.\n";

fn request(body: Value) -> ChatRequest {
    serde_json::from_value(body).expect("a chat request")
}

fn ask(system: &str, user: &str) -> String {
    let mut messages = vec![json!({"role": "user", "content": user})];
    if !system.is_empty() {
        messages.insert(0, json!({"role": "system", "content": system}));
    }
    say(json!({"model": "m", "messages": messages}))
}

fn say(body: Value) -> String {
    match respond(&request(body)) {
        Answer::Text(text) => text,
        Answer::Call { name, .. } => panic!("called {name}"),
    }
}
