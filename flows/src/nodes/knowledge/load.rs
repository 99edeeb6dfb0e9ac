//! Files into text.

use accounts::Secret;
use rag::parse::{self, Outcome as Read};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::hub::{failed, given, hub};
use crate::graph::{DataType, Port, Ports};
use crate::node::{
    About, Category, Example, Node, NodeContext, NodeError, NodeErrorKind, NodeResult, Output,
    RawSettings,
};
use crate::nodes::shared::take;
use crate::value::{Document, File, PortValues};

pub(in crate::nodes) struct Load;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::nodes) struct Settings {
    /// The file, where no edge brings it.
    #[serde(default)]
    #[expect(dead_code, reason = "it is the value of the port of this name")]
    file: Value,
    /// Opens a locked file.
    #[serde(default)]
    #[schemars(extend("x-advanced" = true, "x-placeholder" = "{{ secrets.password }}"))]
    password: String,
    /// Characters of the text at most; the rest is cut off.
    #[serde(default = "much")]
    #[schemars(range(min = 1, max = 20_000_000), extend("x-advanced" = true))]
    max_characters: usize,
}

fn much() -> usize {
    2_000_000
}

impl Node for Load {
    type Settings = Settings;

    const ABOUT: About = About {
        icon: "file-text",
        keywords: &[
            "pdf",
            "docx",
            "xlsx",
            "pptx",
            "html",
            "email",
            "extract",
            "parse",
            "text",
            "ocr",
            "document loader",
        ],
        docs: "Reads PDF, Word, Excel, PowerPoint, OpenDocument, HTML, Markdown, RTF, EPUB, mail, CSV, \
               JSON and plain text, in a process of its own without files and network. What a file is \
               is found out by its content, not by its name.\n\n`text` is everything, `documents` holds \
               a document for each page, slide, sheet or chapter that has text. Tables are Markdown. \
               Pages that are only pictures have no text here: `warnings` names them; \"Add to \
               collection\" reads those too where the server has Tesseract. Sound goes to \"Speech to \
               text\".",
        timeout_ms: 180_000,
        ..About::step(
            "knowledge.load",
            Category::Knowledge,
            "Read document",
            "Makes text of a file.",
        )
    };

    fn ports(_: &RawSettings) -> Ports {
        Ports::step(
            [Port::new("file", DataType::File, "File").required()],
            [
                Port::new("text", DataType::String, "Text"),
                Port::new("documents", DataType::array(DataType::Document), "Pages"),
                Port::new("page_count", DataType::Number, "Number of pages"),
                Port::new("metadata", DataType::Object, "Metadata"),
                Port::new("warnings", DataType::array(DataType::String), "Warnings"),
            ],
        )
    }

    async fn run(context: &NodeContext, settings: Settings, mut input: PortValues) -> NodeResult {
        let file = File::from_value(&take(&mut input, "file"))
            .ok_or_else(|| NodeError::input("this is no file").at("file"))?;
        let bytes = context.get_file(&file).await?;
        let password = given(settings.password).map(Secret::new);
        let parsed = hub(context)?
            .parse_bytes(&file.name, password, &bytes)
            .await;
        let parsed = parsed.map_err(|error| failed(&error).at("file"))?;
        let mut warnings = parsed.notes();
        match &parsed.outcome {
            Read::Text => {}
            Read::NeedsOcr { pages } => warnings.push(format!(
                "{} of {} pages are pictures without text.",
                pages.len(),
                parsed.pages.len().max(pages.len())
            )),
            Read::NeedsTranscription { .. } => {
                let message = "this is sound: use \"Speech to text\"";
                return Err(NodeError::new(NodeErrorKind::Input, message).at("file"));
            }
        }
        let mut left = settings.max_characters;
        let documents = pages(&file, &parsed, &mut left);
        if left == 0 {
            warnings.push(format!(
                "The text was cut off after {} characters.",
                settings.max_characters
            ));
        }
        for warning in &warnings {
            context.warn(warning);
        }
        let texts: Vec<&str> = documents.iter().map(|page| page.text.as_str()).collect();
        Ok(Output::one("text", texts.join("\n\n"))
            .and("page_count", parsed.metadata.page_count)
            .and("metadata", metadata(&file, &parsed))
            .and("warnings", warnings)
            .and("documents", json!(documents))
            .into())
    }

    fn examples() -> Vec<Example> {
        Vec::new()
    }
}

fn pages(file: &File, parsed: &parse::Document, left: &mut usize) -> Vec<Document> {
    let title = parsed.metadata.title.clone();
    let title = title.unwrap_or_else(|| file.name.clone());
    let mut documents = Vec::new();
    for page in &parsed.pages {
        if *left == 0 || page.text.trim().is_empty() {
            continue;
        }
        let text: String = page.text.chars().take(*left).collect();
        *left -= text.chars().count();
        let mut metadata = Map::new();
        metadata.insert("page".to_owned(), page.number.into());
        if let Some(label) = &page.label {
            metadata.insert("label".to_owned(), label.as_str().into());
        }
        documents.push(Document {
            text,
            title: title.clone(),
            source: file.name.clone(),
            metadata,
        });
    }
    documents
}

fn metadata(file: &File, parsed: &parse::Document) -> Value {
    let facts = &parsed.metadata;
    json!({
        "name": file.name, "format": parsed.format, "title": facts.title, "author": facts.author,
        "language": facts.language, "size_bytes": file.size_bytes,
        "extra": facts.extra.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
    })
}
