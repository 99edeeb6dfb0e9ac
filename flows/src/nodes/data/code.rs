//! The user's own code.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Capability, Category, Example, Node, NodeContext, NodeResult, Output, RawSettings,
};
use crate::nodes::shared::code::{CodeLanguage, limits, run_code};
use crate::nodes::shared::take;
use crate::value::PortValues;

pub(in crate::nodes) struct Code;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// What the code is written in.
    #[serde(default)]
    language: CodeLanguage,
    /// The code. It finds its data in `input` and gives its result by `return`.
    #[schemars(length(min = 1, max = 100_000), extend("x-widget" = "code", "x-expression" = "never",
        "x-language" = {"field": "language"}))]
    source: String,
    /// What the code finds in `input`, where no edge brings it.
    #[serde(default)]
    #[schemars(extend("x-widget" = "json"))]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    input: Value,
    /// Time in milliseconds.
    #[serde(default = "time")]
    #[schemars(range(min = 10, max = 300_000), extend("x-advanced" = true))]
    timeout_ms: u64,
    /// Memory in megabytes.
    #[serde(default = "memory")]
    #[schemars(range(min = 8, max = 1024), extend("x-advanced" = true))]
    memory_mb: u64,
}

fn time() -> u64 {
    10_000
}

fn memory() -> u64 {
    128
}

impl Node for Code {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "code",
        keywords: &["javascript", "python", "script", "function", "program"],
        docs: "The code finds its data in `input` and gives its result by `return`, by a function \
               `main(input)` or in a variable `result`. Give it values by `input`, never by expressions \
               inside of the code: texts of users would become code.\n\n```js\nreturn \
               input.items.filter(item => item.price > 10)\n```\n\n```python\nimport \
               statistics\nreturn statistics.mean(input[\"prices\"])\n```\n\nIt runs in a process of its \
               own without files, network or other programs, within time and memory; what it prints \
               stands in the node's log and at `stdout`. JavaScript comes with the program; Python needs \
               `python3` on the server.",
        timeout_ms: 330_000,
        ..About::step(
            "data.code",
            Category::Data,
            "Code",
            "Runs JavaScript or Python in a sandbox.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("input", DataType::Any, "Input")],
            [
                Port::new("result", DataType::Any, "Result"),
                Port::new("stdout", DataType::String, "Printed"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let given = take(&mut input, "input");
        let limits = limits(settings.timeout_ms, settings.memory_mb);
        let ran = run_code(context, settings.language, &settings.source, &given, limits).await?;
        Ok(Output::one("result", ran.result)
            .and("stdout", ran.stdout)
            .into())
    }

    fn capabilities(settings: &RawSettings) -> Vec<Capability> {
        let word = settings.get("language").and_then(Value::as_str);
        let usual = CodeLanguage::default().word();
        vec![Capability::Code {
            language: word.unwrap_or(usual).to_owned(),
        }]
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}
