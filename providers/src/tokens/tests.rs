use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::chat::ChatRequest;

const ENGLISH: &str = "Retrieval works with keywords alone where no embedder is configured. The \
    gateway says so in its answer, and becomes hybrid as soon as one is; nobody has to restart it. \
    In 1998, about 3,400 people lived here, 12.5 % more than in 1990.\n\n";
const CHINESE: &str = "没有配置嵌入模型时，检索只靠关键词进行，网关会在回答中说明这一点。一旦配置好，\
    它就变成混合检索，谁也不需要重启。1998年，这里约有3400人居住。\n";
const GERMAN: &str = "Größere Gemeinden müssen ihre Entwässerungsgebühren jährlich überprüfen, \
    kleinere nur alle drei Jahre (§ 14 Abs. 2).\n";
const CODE: &str = "    fn window_end(text: &str) -> usize {\n        if text.len() <= WINDOW {\n            \
    return text.len(); // 0xFF\n        }\n        let a1 = [1, 2, 3, 44, 555];\n    }\n";

fn noise(len: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..len).map(step).collect()
}

fn from_alphabet(alphabet: &str, len: usize) -> String {
    let chars: Vec<char> = alphabet.chars().collect();
    let pick = |b: u8| chars[usize::from(b) % chars.len()];
    noise(len).into_iter().map(pick).collect()
}

fn samples() -> Vec<(&'static str, String)> {
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    vec![
        ("english", ENGLISH.repeat(40)),
        ("chinese", CHINESE.repeat(40)),
        ("german", GERMAN.repeat(40)),
        ("code", CODE.repeat(40)),
        (
            "json",
            json!({"a": [1, 2.5, null], "b_c": {"d": "e"}})
                .to_string()
                .repeat(50),
        ),
        ("base64", STANDARD.encode(noise(6_000))),
        ("base64 of text", STANDARD.encode(ENGLISH.repeat(20))),
        ("hex", from_alphabet("0123456789abcdef", 8_000)),
        ("lower", from_alphabet(lower, 8_000)),
        ("upper", from_alphabet(upper, 8_000)),
        ("letters", from_alphabet(&format!("{lower}{upper}"), 8_000)),
        ("consonants", from_alphabet("BCDFGHJKLMNPQRSTVWXZ", 8_000)),
        (
            "printable",
            from_alphabet(&(' '..='~').collect::<String>(), 8_000),
        ),
        ("single digits", "1 2 3 4 5 6 7 8 9 0 ".repeat(200)),
        ("numbers", "1,22,333,4444;5\t6\n".repeat(200)),
        ("single letters", "a b c d x y z Q ".repeat(200)),
        ("white space", from_alphabet(" \n\t\r", 4_000)),
        ("emoji", from_alphabet("😀🧿🪬🫠🤖", 2_000)),
        ("hieroglyphs", from_alphabet("𓀀𓀁𓀂𓀃", 2_000)),
        ("korean", from_alphabet("가나다라마바사아자차", 2_000)),
        ("hindi", from_alphabet("कखगघचछजझटठडढ", 2_000)),
    ]
}

fn chat_body(content: &str) -> (ChatRequest, Vec<u8>) {
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]});
    let request = serde_json::from_value(body.clone()).expect("a chat request");
    (request, body.to_string().into_bytes())
}

/// `json.dumps` of Python: everything above ASCII as `\uXXXX`.
fn ascii_json(body: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    for c in std::str::from_utf8(body).expect("UTF-8").chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out.into_bytes()
}

#[test]
fn known_texts_have_openais_counts() {
    assert_eq!(count("gpt-4o", "tiktoken is great!"), 6);
    assert_eq!(count("gpt-4", "tiktoken is great!"), 6);
    assert_eq!(count("gpt-4", "お誕生日おめでとう"), 9);
    assert_eq!(count("gpt-4o", "お誕生日おめでとう"), 8);
    assert_eq!(count("whatever", ""), 0);
}

#[test]
fn models_find_their_vocabulary() {
    let cl100k = [
        "gpt-4",
        "openai/gpt-4-turbo",
        "gpt-3.5-turbo",
        "ft:gpt-3.5-turbo:acme::x",
    ];
    for model in cl100k
        .into_iter()
        .chain(["text-embedding-3-small", "gpt-35-turbo"])
    {
        assert_eq!(Encoding::of_model(model), Encoding::Cl100k, "{model}");
    }
    for model in [
        "gpt-4o",
        "gpt-4.1-mini",
        "gpt-5",
        "o3",
        "chatgpt-4o-latest",
        "claude-x",
        "",
    ] {
        assert_eq!(Encoding::of_model(model), Encoding::O200k, "{model}");
    }
}

#[test]
fn cutting_a_text_into_windows_does_not_change_its_count() {
    let texts = [
        ENGLISH,
        CHINESE,
        GERMAN,
        CODE,
        "I don't, we'll; it's\r\n\r\n  a1 b2.\t\n",
    ];
    for text in texts.map(|t| t.repeat(100_000 / t.len())) {
        assert_eq!(
            count("gpt-4o", &text),
            whole("gpt-4o", &text),
            "{}",
            &text[..30]
        );
        assert_eq!(
            count("gpt-4", &text),
            whole("gpt-4", &text),
            "{}",
            &text[..30]
        );
    }
}

fn whole(model: &str, text: &str) -> u64 {
    let bpe = match Encoding::of_model(model) {
        Encoding::O200k => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100k => tiktoken_rs::cl100k_base_singleton(),
    };
    bpe.count_ordinary(text) as u64
}

#[test]
fn a_text_above_the_cap_is_extrapolated_within_two_percent() {
    let text = format!("{}{}", ENGLISH.repeat(3_000), CHINESE.repeat(3_000));
    assert!(text.len() > 2 * EXACT_BYTES);
    let (real, estimate) = (whole("gpt-4o", &text) as f64, count("gpt-4o", &text) as f64);
    assert!(
        (estimate / real - 1.0).abs() < 0.02,
        "{estimate} for {real}"
    );
}

#[test]
fn hostile_runs_are_counted() {
    for text in ["a", " ", "\n", "!", "\u{301}", "'", "字"] {
        let text = text.repeat(EXACT_BYTES);
        let tokens = count("gpt-4o", &text);
        assert!(tokens > 0 && tokens <= text.len() as u64, "{tokens}");
    }
}

#[test]
fn a_prefix_has_the_asked_number_of_tokens() {
    for text in [ENGLISH.repeat(300), CHINESE.repeat(300)] {
        for max in [0, 1, 7, 5_000] {
            let cut = prefix("gpt-4o", &text, max);
            assert!(text.starts_with(cut));
            let tokens = count("gpt-4o", cut);
            assert!(tokens <= max && tokens + 2 >= max, "{tokens} for {max}");
        }
        assert_eq!(prefix("gpt-4o", &text, u64::MAX), text);
    }
}

#[test]
fn fast_bounds_are_never_below_the_real_count() {
    for (name, text) in samples() {
        for model in ["gpt-4o", "gpt-4"] {
            let real = count(model, &text);
            let bound = estimate_text(text.as_bytes());
            assert!(bound >= real, "{name} on {model}: {bound} < {real}");
            assert!(estimate_text_fast(text.len()) >= bound, "{name}");
            let (request, body) = chat_body(&text);
            let real = estimate_request(model, &request);
            for (form, body) in [("utf-8", body.clone()), ("ascii", ascii_json(&body))] {
                let bound = estimate_body_fast(&body);
                assert!(
                    bound >= real,
                    "{name} as {form} on {model}: {bound} < {real}"
                );
            }
        }
    }
}

#[test]
fn the_fast_bound_of_prose_is_below_three_times_the_real_count() {
    for text in [ENGLISH.repeat(40), CODE.repeat(40)] {
        let (request, body) = chat_body(&text);
        let ratio = estimate_body_fast(&body) as f64 / estimate_request("gpt-4o", &request) as f64;
        assert!(ratio < 3.0, "{ratio}");
    }
}

proptest! {
    #[test]
    fn fast_bounds_hold_for_words_of_any_kind(words in prop::collection::vec("[a-zA-Z0-9 .,äé中]{1,12}", 1..60)) {
        let text = words.join(" ");
        prop_assert!(estimate_text(text.as_bytes()) >= count("gpt-4o", &text));
    }

    #[test]
    fn any_bytes_have_a_bound(body in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(estimate_text(&body) <= body.len() as u64);
        estimate_body_fast(&body);
    }
}

fn png(bytes: usize) -> String {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(noise(bytes));
    STANDARD.encode(file)
}

fn check_media(part: serde_json::Value, at_least: u64, at_most: u64) {
    let body = json!({"messages": [{"role": "user", "content": [part]}]});
    for text in [
        body.to_string(),
        serde_json::to_string_pretty(&body).expect("JSON"),
    ] {
        let bound = estimate_body_fast(text.as_bytes());
        assert!(
            (at_least..=at_most).contains(&bound),
            "{bound}: {text:.120}"
        );
    }
}

#[test]
fn inline_media_are_not_charged_as_text() {
    let data = png(900_000);
    let url = format!("data:image/png;base64,{data}");
    check_media(
        json!({"type": "image_url", "image_url": {"url": url}}),
        1_600,
        3_500,
    );
    check_media(
        json!({"type": "input_image", "image_url": url}),
        1_600,
        3_500,
    );
    let source = json!({"type": "base64", "media_type": "image/png", "data": data});
    check_media(json!({"type": "image", "source": source}), 1_600, 3_500);
    check_media(
        json!({"inlineData": {"mimeType": "image/png", "data": data}}),
        1_600,
        3_500,
    );
}

#[test]
fn images_and_files_by_address_are_charged_flat() {
    let url = "https://example.com/a.png";
    check_media(
        json!({"type": "image_url", "image_url": {"url": url}}),
        1_600,
        1_800,
    );
    check_media(
        json!({"type": "file", "file": {"file_id": "f-1"}}),
        3_000,
        3_200,
    );
}

#[test]
fn text_that_poses_as_an_image_is_charged_as_text() {
    let data = STANDARD.encode(noise(30_000));
    let url = format!("data:image/png;base64,{data}");
    let inner = json!({"image_url": {"url": url}}).to_string();
    for text in [
        url,
        inner,
        format!("\"url\":\"data:image/png;base64,{data}"),
    ] {
        let (request, body) = chat_body(&text);
        assert!(estimate_body_fast(&body) >= estimate_request("gpt-4o", &request));
    }
}

#[test]
fn a_request_costs_its_text_its_turns_its_tools_and_its_media() {
    let estimate = |v| estimate_request("gpt-4o", &serde_json::from_value(v).expect("a request"));
    let hello = json!({"role": "user", "content": "hello"});
    assert_eq!(
        estimate(json!({"model": "m", "messages": [hello]})),
        3 + 4 + 1
    );
    let named = json!({"role": "user", "name": "bob", "content": "hello"});
    assert_eq!(
        estimate(json!({"model": "m", "messages": [named]})),
        3 + 4 + 1 + 2
    );

    let part = |detail| json!({"type": "image_url", "image_url": {"url": "https://x/y", "detail": detail}});
    let image = |p| estimate(json!({"model": "m", "messages": [{"role": "user", "content": [p]}]}));
    assert_eq!(image(part("high")), 3 + 4 + 1_600);
    assert_eq!(image(part("low")), 3 + 4 + 85);

    let tool = json!({"type": "function", "function": {"name": "f", "parameters": {}}});
    let with_tool = estimate(json!({"model": "m", "messages": [hello], "tools": [tool]}));
    assert_eq!(with_tool, 8 + 12 + count("gpt-4o", &tool.to_string()));
}

#[test]
fn a_huge_request_is_bounded_in_work_and_not_underestimated() {
    let turn = json!({"role": "user", "content": ENGLISH.repeat(400)});
    let body = json!({"model": "m", "messages": vec![turn; 40]});
    let request: ChatRequest = serde_json::from_value(body).expect("a request");
    let real = 40 * whole("gpt-4o", &ENGLISH.repeat(400));
    let estimate = estimate_request("gpt-4o", &request);
    assert!(
        estimate >= real && estimate < 4 * real,
        "{estimate} for {real}"
    );
}
