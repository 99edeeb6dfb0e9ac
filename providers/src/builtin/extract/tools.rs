//! Which tool must be called.

use std::cmp::Reverse;

use super::conversation::Conversation;
use super::terms::terms;
use crate::chat::{ChatRequest, FunctionDef, ToolChoice};

/// Terms of the question that tools are compared with.
const MOST_TERMS: usize = 64;

/// The tool that `tool_choice` forces: the named one, or for `required` the one whose name and
/// description have most in common with the question. With `auto` and `none` no tool is called.
pub(super) fn forced<'a>(request: &'a ChatRequest, talk: &Conversation) -> Option<&'a FunctionDef> {
    let choice = request.tool_choice.as_ref()?;
    let functions = || {
        request
            .tools
            .iter()
            .flatten()
            .filter_map(|tool| tool.function.as_ref())
    };
    if let Some(name) = choice.named() {
        return functions().find(|f| f.name == name);
    }
    if !is_required(choice) {
        return None;
    }
    let mut question = terms(&talk.question);
    question.truncate(MOST_TERMS);
    let fit = |function: &FunctionDef| {
        let about = format!(
            "{} {}",
            function.name.replace(['_', '-'], " "),
            function.description.as_deref().unwrap_or_default()
        );
        let about = terms(&about);
        question.iter().filter(|term| about.contains(term)).count()
    };
    // The first of equals: `min_by_key` keeps it, `max_by_key` would keep the last.
    functions().min_by_key(|function| Reverse(fit(function)))
}

fn is_required(choice: &ToolChoice) -> bool {
    match choice {
        ToolChoice::Mode(mode) => mode == "required" || mode == "any",
        ToolChoice::Object(object) => object
            .get("allowed_tools")
            .and_then(|allowed| allowed.get("mode"))
            .is_some_and(|mode| mode == "required"),
    }
}
