//! Requests that cannot be translated, or are wrong.

use providers::ErrorKind;
use serde_json::{Value, json};

use super::refuse;

fn request(extra: Value) -> Value {
    let mut request = json!({"model": "m", "input": "hi"});
    let fields = request.as_object_mut().expect("is an object");
    fields.extend(extra.as_object().expect("is an object").clone());
    request
}

#[test]
fn what_needs_openai_s_servers_is_refused_by_name() {
    let item = |item: Value| json!({ "input": [item] });
    let cases = [
        (
            json!({"previous_response_id": "resp_1"}),
            "previous_response_id",
            "not stored here",
        ),
        (
            json!({"conversation": "conv_1"}),
            "conversation",
            "`conversation`",
        ),
        (json!({"background": true}), "background", "`background`"),
        (json!({"prompt": {"id": "pmpt_1"}}), "prompt", "`prompt`"),
        (
            json!({"tools": [{"type": "function", "name": "a"}, {"type": "web_search"}]}),
            "tools[1]",
            "`web_search`",
        ),
        (
            json!({"tools": [{"type": "file_search"}]}),
            "tools[0]",
            "`file_search`",
        ),
        (
            json!({"tools": [{"type": "code_interpreter"}]}),
            "tools[0]",
            "`code_interpreter`",
        ),
        (json!({"tools": [{"type": "mcp"}]}), "tools[0]", "`mcp`"),
        (
            json!({"tools": [{"type": "image_generation"}]}),
            "tools[0]",
            "`image_generation`",
        ),
        (
            json!({"tools": [{"type": "computer_use_preview"}]}),
            "tools[0]",
            "`computer_use_preview`",
        ),
        (
            json!({"tools": [{"type": "custom", "name": "patch"}]}),
            "tools[0]",
            "`custom`",
        ),
        (
            json!({"tool_choice": {"type": "web_search_preview"}}),
            "tool_choice",
            "`web_search_preview`",
        ),
        (
            item(json!({"type": "item_reference", "id": "msg_1"})),
            "input[0]",
            "`item_reference`",
        ),
        (item(json!({"id": "msg_1"})), "input[0]", "`item_reference`"),
        (
            item(json!({"type": "computer_call", "id": "c"})),
            "input[0]",
            "`computer_call`",
        ),
        (
            item(json!({"role": "user", "content": [{"type": "input_image", "file_id": "f"}]})),
            "input[0].content[0].file_id",
            "`file_id`",
        ),
        (
            item(json!({"role": "user", "content": [{"type": "computer_screenshot"}]})),
            "input[0].content[0]",
            "`computer_screenshot`",
        ),
        (
            json!({"text": {"format": {"type": "grammar"}}}),
            "text.format",
            "`grammar`",
        ),
    ];
    for (extra, param, says) in cases {
        let error = refuse(&request(extra.clone()));
        assert_eq!(error.kind, ErrorKind::NotSupported, "{extra}");
        assert_eq!(error.param.as_deref(), Some(param), "{extra}");
        assert!(error.message.contains(says), "{extra}: {}", error.message);
    }
}

#[test]
fn wrong_requests_are_refused_by_field() {
    let cases = [
        (json!({"model": null}), "model"),
        (json!({"input": null}), "input"),
        (json!({"input": 7}), "input"),
        (json!({"input": []}), "input"),
        (
            json!({"input": [{"role": "robot", "content": ""}]}),
            "input[0].role",
        ),
        (json!({"input": [{"role": "user"}]}), "input[0].content"),
        (
            json!({"input": [{"role": "user", "content": [{"text": "a"}]}]}),
            "input[0].content[0].type",
        ),
        (
            json!({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}),
            "input[0].content[0]",
        ),
        (
            json!({"input": [{"type": "function_call", "call_id": "a"}]}),
            "input[0].name",
        ),
        (
            json!({"input": [{"type": "function_call_output", "output": "a"}]}),
            "input[0].call_id",
        ),
        (json!({"input": [{"hello": 1}]}), "input[0].type"),
        (json!({"max_output_tokens": "many"}), "max_output_tokens"),
        (json!({"tools": [{"type": "function"}]}), "tools[0].name"),
        (json!({"tool_choice": "required"}), "tool_choice"),
        (json!({"tool_choice": "perhaps"}), "tool_choice"),
        (json!({"messages": []}), "messages"),
        (
            json!({"response_format": {"type": "json_object"}}),
            "response_format",
        ),
        (json!({"max_tokens": 5}), "max_tokens"),
        (json!({"n": 2}), "n"),
    ];
    for (extra, param) in cases {
        let error = refuse(&request(extra.clone()));
        assert_eq!(error.kind, ErrorKind::InvalidRequest, "{extra}");
        assert_eq!(error.param.as_deref(), Some(param), "{extra}");
    }
    let error = refuse(&json!([1]));
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
}

#[test]
fn an_allowed_tool_that_does_not_exist_is_refused() {
    let error = refuse(&request(json!({
        "tools": [{"type": "function", "name": "a"}],
        "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "z"}]},
    })));
    assert_eq!(error.param.as_deref(), Some("tool_choice.tools"));
}
