//! Parts of web pages.

use schemars::JsonSchema;
use scraper::{ElementRef, Html, Node as PageNode, Selector};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{PortValues, text_of};

pub(in crate::nodes) struct HtmlExtract;

/// What is taken of an element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum What {
    /// Its text, runs of space as one.
    #[default]
    Text,
    /// What stands inside, with its tags.
    Html,
    /// One of its attributes.
    Attribute,
}

/// One value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Rule {
    /// The field's name.
    name: String,
    /// Which elements: a CSS selector such as `article h1`.
    #[schemars(extend("x-expression" = "never"))]
    selector: String,
    /// What is taken of them.
    #[serde(default)]
    what: What,
    /// Which attribute.
    #[serde(default)]
    attribute: String,
    /// All elements as a list, instead of the first.
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The page, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    html: Value,
    /// What is taken; none: the text of the page.
    #[serde(default)]
    #[schemars(length(max = 100))]
    rules: Vec<Rule>,
}

/// Bytes of a page at most: parsing is not interrupted.
const MAX_HTML: usize = 10 * 1024 * 1024;

impl Node for HtmlExtract {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "html",
        keywords: &["scrape", "css", "selector", "web", "page", "parse"],
        docs: "Name the elements by CSS selectors, as the browser's developer tools show them. An element \
               that is not there gives `null`, with *all* an empty list. `text` is the text of the whole \
               page without scripts and styles.",
        ..About::step(
            "data.html_extract",
            Category::Data,
            "HTML extract",
            "Takes texts and attributes out of a web page.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("html", DataType::String, "HTML").required()],
            [
                Port::new("fields", DataType::Object, "Fields"),
                Port::new("text", DataType::String, "Text"),
                Port::new("title", DataType::String, "Title"),
            ],
        )
    }

    async fn run(_: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let html = text_of(&take(&mut input, "html"));
        if html.len() > MAX_HTML {
            let message = format!("the page has more than {} MB", MAX_HTML / 1024 / 1024);
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        Ok(extract(&html, &settings.rules)?.into())
    }

    fn check(settings: &RawSettings) -> Vec<(String, String)> {
        let rules = settings.get("rules").and_then(Value::as_array);
        let selectors = rules.into_iter().flatten().enumerate();
        selectors
            .filter_map(|(position, rule)| {
                let text = rule.get("selector")?.as_str()?;
                let error = selector(text).err()?;
                Some((format!("rules[{position}].selector"), error))
            })
            .collect()
    }

    fn examples() -> Vec<Example> {
        vec![Example::new(
            "A heading and its links",
            json!({"rules": [
                {"name": "heading", "selector": "h1"},
                {"name": "links", "selector": "a[href]", "what": "attribute", "attribute": "href", "all": true},
                {"name": "price", "selector": ".price"},
            ]}),
            json!({"html": "<title>Shop</title><style>b{}</style><h1>Our\n <b>tea</b></h1><a href=/a>A</a> <a href=/b>B</a>"}),
            json!({
                "fields": {"heading": "Our tea", "links": ["/a", "/b"], "price": null},
                "text": "Our tea A B",
                "title": "Shop",
            }),
        )]
    }
}

fn selector(text: &str) -> Result<Selector, String> {
    Selector::parse(text).map_err(|error| format!("this is no CSS selector: {error}"))
}

fn extract(html: &str, rules: &[Rule]) -> Result<Output, NodeError> {
    let page = Html::parse_document(html);
    let mut fields = PortValues::new();
    for (position, rule) in rules.iter().enumerate() {
        let selector = selector(&rule.selector)
            .map_err(|why| NodeError::settings(format!("rules[{position}].selector"), why))?;
        let mut found = page.select(&selector).map(|element| rule.take(element));
        let value = if rule.all {
            found.collect()
        } else {
            found.next().unwrap_or_default()
        };
        fields.insert(rule.name.clone(), value);
    }
    let first = |name: &str| {
        let selector = Selector::parse(name).ok()?;
        page.select(&selector).next()
    };
    let title = first("title").map(text).unwrap_or_default();
    let body = first("body").map(text).unwrap_or_default();
    Ok(Output::one("fields", fields)
        .and("text", body)
        .and("title", title))
}

impl Rule {
    fn take(&self, element: ElementRef<'_>) -> Value {
        match self.what {
            What::Text => text(element).into(),
            What::Html => element.inner_html().into(),
            What::Attribute => element
                .attr(&self.attribute)
                .map_or(Value::Null, Value::from),
        }
    }
}

/// The text that a reader sees: elements that are not part of a line stand apart.
fn text(element: ElementRef<'_>) -> String {
    const UNSEEN: [&str; 4] = ["script", "style", "noscript", "template"];
    const IN_LINE: [&str; 20] = [
        "a", "abbr", "b", "bdi", "cite", "code", "data", "em", "font", "i", "kbd", "mark", "q",
        "s", "small", "span", "strong", "sub", "sup", "u",
    ];
    let mut seen = String::new();
    let mut unseen = 0_usize;
    for edge in element.traverse() {
        let (node, begins) = match edge {
            ego_tree::iter::Edge::Open(node) => (node, true),
            ego_tree::iter::Edge::Close(node) => (node, false),
        };
        match node.value() {
            PageNode::Text(text) if begins && unseen == 0 => seen.push_str(text),
            PageNode::Element(inner) => {
                if !IN_LINE.contains(&inner.name()) {
                    seen.push(' ');
                }
                if UNSEEN.contains(&inner.name()) {
                    unseen = if begins {
                        unseen + 1
                    } else {
                        unseen.saturating_sub(1)
                    };
                }
            }
            _ => {}
        }
    }
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}
