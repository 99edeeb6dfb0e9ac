//! Nodes over a real RAG hub with its embedded index, through the engine.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flows::Flows;
use flows::expression::Scope;
use flows::graph::Graph;
use flows::ids::{ProjectId, RunId, WorkflowId};
use flows::node::{Budget, NodeError, NodeErrorKind, Outcome, Output, Registry, RunInfo, Services};
use flows::run::{Compiled, Hub, Limits, MemoryRun, Options, RunEnd, execute};
use flows::testing::{BEGIN, Notes, World};
use flows::transfer::{Document, ImportRequest, Mapping};
use flows::validate::Code;
use flows::value::PortValues;
use rag::blob::FileStore;
use rag::library::{CollectionSettings, CreateCollection};
use rag::{Rag, RagConfig};
use serde_json::{Value, json};
use store::testing::{TempDir, for_each_db};
use tokio_util::sync::CancellationToken;

use crate::standin::{Standin, world_with};
use crate::support::{edge, node};

const MODEL: &str = "openai/gpt-4o-mini";

/// A world with documents. Its workers end with it.
pub(crate) struct Library {
    pub(crate) world: World,
    pub(crate) vendor: Standin,
    pub(crate) rag: Rag,
    _dir: TempDir,
    _working: tokio_util::sync::DropGuard,
}

impl Library {
    pub(crate) async fn new(db: store::Db) -> Self {
        let vendor = Standin::start().await;
        let mut world = world_with(db, &vendor).await;
        let (dir, stop) = (TempDir::new(), CancellationToken::new());
        let pool = world.services.handles.get::<sandbox::Pool>();
        let rag = Rag::open(rag::Parts {
            gateway: world.services.gateway.clone(),
            clock: Arc::clone(&world.services.clock),
            parser: Arc::new(pool.expect("there is one").clone()),
            blobs: Arc::new(FileStore::new(dir.path())),
            client: outbound::Client::trusted(&outbound::Settings::default()),
            models_dir: std::path::PathBuf::from("/nonexistent/models"),
            config: RagConfig::default(),
        });
        let rag = Box::pin(rag).await.expect("opens");
        let (working, until) = (rag.clone(), stop.clone());
        #[expect(clippy::disallowed_methods, reason = "ends with the library")]
        tokio::spawn(async move { working.run(until.cancelled()).await });
        let accounts = world.flows.accounts().clone();
        let library = Some(rag.library().clone());
        world.flows = Flows::with(accounts, Registry::default(), library);
        let mut handles = world.services.handles.clone();
        handles.insert(rag.clone());
        world.services = Arc::new(Services {
            handles,
            ..(*world.services).clone()
        });
        Self {
            world,
            vendor,
            rag,
            _dir: dir,
            _working: stop.drop_guard(),
        }
    }

    pub(crate) async fn collection(&self, slug: &str) -> rag::library::Collection {
        let wanted = CreateCollection {
            name: slug.to_owned(),
            slug: slug.to_owned(),
            description: String::new(),
            settings: CollectionSettings::default(),
        };
        let org = self.world.actor.org_id();
        let made = self.rag.library().create_collection(org, wanted).await;
        made.expect("made")
    }

    /// Runs one node as the engine does.
    async fn node(&self, kind: &str, settings: Value, input: Value) -> Result<Output, NodeError> {
        let registry = Registry::default();
        let node = registry.get(kind).expect("there");
        let object =
            |value: Value| -> PortValues { value.as_object().cloned().expect("an object") };
        match self.world.run(node, &object(settings), object(input)).await {
            Ok(Outcome::Done(output)) => Ok(output),
            Ok(other) => panic!("not done: {other:?}"),
            Err(error) => Err(error),
        }
    }

    async fn file(&self, name: &str, kind: &str, bytes: &'static [u8]) -> Value {
        let notes = Arc::new(Notes::default());
        let context = self.world.context(Scope::default(), notes);
        let kept = context
            .put_file(name, kind, Bytes::from_static(bytes))
            .await;
        kept.expect("kept").to_value()
    }

    /// Runs a flow to its end.
    pub(crate) async fn run(&self, graph: Graph, input: Value, limits: Limits) -> RunEnd {
        let compiled = Compiled::new(graph, &Registry::default()).expect("the graph is sound");
        let run = execute(MemoryRun {
            services: Arc::clone(&self.world.services),
            principal: Arc::clone(&self.world.principal),
            info: RunInfo {
                run_id: RunId::new(),
                org_id: self.world.principal.org_id(),
                project_id: ProjectId::new(),
                workflow_id: WorkflowId::new(),
                version: None,
                trigger: "manual".to_owned(),
                started_at: BEGIN,
                depth: 0,
            },
            compiled: Arc::new(compiled),
            catalogue: Arc::new(self.world.flows.clone()),
            registry: Registry::default(),
            input,
            options: Options {
                limits,
                ..Options::default()
            },
            hub: Hub::default(),
            cancel: CancellationToken::new(),
        });
        let ended = tokio::time::timeout(Duration::from_secs(60), Box::pin(run)).await;
        ended.expect("it ends")
    }
}

async fn with_library(test: impl AsyncFn(Library)) {
    for_each_db(async |db| test(Library::new(db).await).await).await;
}

const LEAVE: &str = "# Leave\n\nEmployees have 30 days of paid leave a year. Leave that is not taken \
                     expires at the end of March.";

/// Adds a text, searches for a question and answers it.
fn learn_and_answer() -> Graph {
    Graph {
        nodes: vec![
            node("start", "input.manual", json!({})),
            node(
                "add",
                "knowledge.add",
                json!({"collection": "handbook", "content": "{{ input.text }}", "name": "Leave.md",
                    "attributes": {"region": "eu"}, "tags": ["staff"]}),
            ),
            node(
                "search",
                "knowledge.search",
                json!({"collections": ["handbook"], "query": "{{ input.question }}"}),
            ),
            node(
                "ask",
                "knowledge.ask",
                json!({"collections": ["handbook"], "question": "{{ input.question }}"}),
            ),
            node(
                "done",
                "output.return",
                json!({"value": {
                    "answer": "{{ nodes.ask.output.answer }}",
                    "citations": "{{ nodes.ask.output.citations }}",
                    "passages": "{{ nodes.search.output.documents }}",
                    "context": "{{ nodes.search.output.context }}",
                }}),
            ),
        ],
        edges: vec![
            edge("start.out", "add.in"),
            edge("add.out", "search.in"),
            edge("search.found", "ask.in"),
            edge("ask.found", "done.in"),
        ],
        ..Graph::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_adds_a_text_finds_it_and_answers_from_it_with_citations() {
    with_library(async |library| {
        library.collection("handbook").await;
        let input =
            json!({"text": LEAVE, "question": "How many days of paid leave do employees have?"});
        let end = library
            .run(learn_and_answer(), input, Limits::default())
            .await;
        let RunEnd::Completed(value) = end else {
            panic!("not completed: {end:?}");
        };
        let answer = value["answer"].as_str().expect("a text");
        assert!(answer.contains("30 days"), "{answer}");
        assert_eq!(value["citations"][0]["document_name"], "Leave.md");
        assert_eq!(value["citations"][0]["verified"], true);
        let passage = &value["passages"][0];
        assert_eq!(passage["title"], "Leave.md");
        assert_eq!(passage["metadata"]["region"], "eu");
        assert_eq!(passage["metadata"]["collection"], "handbook");
        let context = value["context"].as_str().expect("a text");
        assert!(context.starts_with("[1] Leave.md"), "{context}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_obey_filters_tags_and_number_and_say_when_nothing_is_found() {
    with_library(async |library| {
        library.collection("handbook").await;
        library.collection("menus").await;
        for (collection, name, text, region) in [
            ("handbook", "A.md", "Tea is served at four.", "eu"),
            ("handbook", "B.md", "Tea is served at five.", "us"),
            ("menus", "C.md", "Tea costs two coins.", "eu"),
        ] {
            let settings = json!({"collection": collection, "content": text, "name": name,
                "attributes": {"region": region}, "tags": [region]});
            let added = library.node("knowledge.add", settings, json!({})).await;
            assert_eq!(added.expect("added").values["is_new"], true);
        }
        let titles = async |settings: Value| {
            let found = library
                .node("knowledge.search", settings, json!({"query": "tea"}))
                .await;
            let found = found.expect("answers");
            let documents = found.values["documents"]
                .as_array()
                .cloned()
                .expect("a list");
            assert_eq!(found.is_live("found"), !documents.is_empty());
            assert_eq!(found.is_live("not_found"), documents.is_empty());
            let titles = documents
                .iter()
                .map(|d| d["title"].as_str().unwrap_or("").to_owned());
            let mut titles: Vec<String> = titles.collect();
            titles.sort();
            titles
        };
        let both = json!({"collections": ["handbook", "menus", "handbook"]});
        assert_eq!(titles(both).await, ["A.md", "B.md", "C.md"]);
        let filter = json!({"type": "eq", "key": "region", "value": "eu"});
        let eu = json!({"collections": ["handbook"], "filter": filter});
        assert_eq!(titles(eu).await, ["A.md"]);
        let us = json!({"collections": ["handbook"], "tags": ["us"]});
        assert_eq!(titles(us).await, ["B.md"]);
        let one = json!({"collections": ["handbook", "menus"], "top_k": 1});
        assert_eq!(titles(one).await.len(), 1);
        let none = json!({"collections": ["handbook"], "tags": ["mars"]});
        assert!(titles(none).await.is_empty());
        let wrong = json!({"collections": ["handbook"], "filter": {"region": "eu"}});
        let error = library
            .node("knowledge.search", wrong, json!({"query": "tea"}))
            .await;
        assert_eq!(
            error.expect_err("no filter").field.as_deref(),
            Some("filter")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_text_is_added_once_and_what_cannot_be_read_fails_the_node() {
    with_library(async |library| {
        library.collection("handbook").await;
        let settings = json!({"collection": "handbook", "content": LEAVE, "name": "Leave.md"});
        let first = library
            .node("knowledge.add", settings.clone(), json!({}))
            .await;
        let first = first.expect("added");
        let again = library.node("knowledge.add", settings, json!({})).await;
        let again = again.expect("known");
        assert_eq!(first.values["document_id"], again.values["document_id"]);
        assert_eq!(
            (&first.values["is_new"], &again.values["is_new"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(first.values["documents"][0]["status"], "ready");
        let broken = library
            .file("plan.pdf", "application/pdf", b"%PDF-1.4 nothing")
            .await;
        let settings = json!({"collection": "handbook"});
        let error = library
            .node("knowledge.add", settings, json!({"content": broken}))
            .await;
        let error = error.expect_err("cannot be read");
        assert_eq!(error.kind, NodeErrorKind::Input);
        assert!(
            error.message.contains("plan.pdf") && !error.retryable,
            "{error}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_fetched_into_a_collection() {
    with_library(async |library| {
        library.collection("web").await;
        let page = "<html><body><h1>Hours</h1><p>The shop opens at nine.</p></body></html>";
        library
            .vendor
            .give(200, &[("content-type", "text/html")], page);
        let settings = json!({"collection": "web", "text_is": "url",
            "content": library.vendor.url("/hours.html")});
        let added = library.node("knowledge.add", settings, json!({})).await;
        assert_eq!(
            added.expect("added").values["documents"][0]["name"],
            "hours.html"
        );
        let found = json!({"collections": ["web"], "query": "When does the shop open?"});
        let found = library
            .node("knowledge.search", found, json!({}))
            .await
            .expect("answers");
        let text = found.values["context"].as_str().expect("a text");
        assert!(text.contains("opens at nine"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_not_there_is_named_by_validation_and_by_the_node() {
    with_library(async |library| {
        let (world, org) = (&library.world, library.world.actor.org_id());
        let handbook = library.collection("handbook").await;
        let mut graph = learn_and_answer();
        graph.nodes[2].settings["collections"] = json!(["handbook", "handbok"]);
        let report = async |graph: &Graph| {
            let around = world.flows.environment(org, ProjectId::new(), None).await;
            flows::validate::validate(graph, &Registry::default(), &around.expect("known"))
        };
        let problems = report(&graph).await.problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].code, Code::MissingCollection);
        assert_eq!(problems[0].field.as_deref(), Some("collections[1]"));
        assert!(
            problems[0].message.contains("did you mean `handbook`"),
            "{problems:?}"
        );
        let error = library
            .node(
                "knowledge.ask",
                json!({"collections": ["handbok"], "question": "?"}),
                json!({}),
            )
            .await
            .expect_err("is not there");
        assert_eq!(error.kind, NodeErrorKind::Missing);
        assert_eq!(error.field.as_deref(), Some("collections[0]"));
        // Deleted ones are not there either, nor those of other organizations.
        let deleted = library
            .rag
            .delete_collection_as(&world.actor, handbook.place())
            .await;
        deleted.expect("deleted");
        let (stranger, _) = world.stranger().await;
        let theirs = CreateCollection {
            name: "theirs".to_owned(),
            slug: "handbook".to_owned(),
            description: String::new(),
            settings: CollectionSettings::default(),
        };
        let made = library
            .rag
            .library()
            .create_collection(stranger.org_id(), theirs)
            .await;
        made.expect("made");
        let gone = report(&learn_and_answer()).await.problems;
        assert_eq!(gone.len(), 3, "{gone:?}");
        let error = library
            .node(
                "knowledge.add",
                json!({"collection": "handbook", "content": "x"}),
                json!({}),
            )
            .await;
        assert_eq!(
            error.expect_err("is gone").field.as_deref(),
            Some("collection")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_costs_is_paid_from_the_runs_budget_and_counted_once() {
    with_library(async |library| {
        library.collection("handbook").await;
        let settings = json!({"collection": "handbook", "content": LEAVE, "name": "Leave.md"});
        library
            .node("knowledge.add", settings, json!({}))
            .await
            .expect("added");
        let ask = json!({"collections": ["handbook"], "model": MODEL,
            "question": "How many days of paid leave do employees have?"});
        let registry = Registry::default();
        let node = registry.get("knowledge.ask").expect("there");
        let run = async |budget: Arc<Budget>| {
            let mut context = library
                .world
                .context(Scope::default(), Arc::new(Notes::default()));
            context.budget = budget;
            let settings = ask.as_object().cloned().expect("an object");
            let input = [("question".to_owned(), ask["question"].clone())]
                .into_iter()
                .collect();
            node.run(&context, settings, input).await
        };
        let asked = library.vendor.asked().len();
        let error = run(Arc::new(Budget::new(Some(1_000), 0)))
            .await
            .expect_err("too dear");
        assert_eq!(
            (error.kind, error.retryable),
            (NodeErrorKind::Limit, false),
            "{error}"
        );
        assert_eq!(library.vendor.asked().len(), asked, "nobody was asked");
        library
            .vendor
            .say("Employees have 30 days of paid leave a year [1].");
        let plenty = Arc::new(Budget::new(Some(1_000_000_000), 0));
        let Ok(Outcome::Done(output)) = run(Arc::clone(&plenty)).await else {
            panic!("not answered");
        };
        // 1000 tokens at $0.15 and 500 at $0.60 a million.
        assert_eq!(output.values["cost_usd"], json!(0.000_45));
        assert_eq!(output.values["is_found"], true);
        assert!(plenty.reserve(Some(1_000_000_000 - plenty.spent_nano_usd())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_called_as_a_model_is_paid_from_the_runs_budget() {
    with_library(async |library| {
        let handbook = library.collection("handbook").await;
        let mut settings = CollectionSettings::default();
        settings.answer.model = Some(MODEL.to_owned());
        let change = rag::library::UpdateCollection {
            settings: Some(settings),
            ..rag::library::UpdateCollection::default()
        };
        let changed = library.rag.library().update_collection(handbook.place(), change).await;
        changed.expect("changed");
        let added = json!({"collection": "handbook", "content": LEAVE, "name": "Leave.md"});
        library.node("knowledge.add", added, json!({})).await.expect("added");
        let flow = Graph {
            nodes: vec![
                node("start", "input.manual", json!({})),
                node(
                    "ask",
                    "ai.text",
                    json!({"model": "rag/handbook", "prompt": "How many days of paid leave are there?"}),
                ),
            ],
            edges: vec![edge("start.out", "ask.in")],
            ..Graph::default()
        };
        let asked = library.vendor.asked().len();
        let limits = |max| Limits {
            max_nano_usd: Some(max),
            ..Limits::default()
        };
        let end = library.run(flow.clone(), json!({}), limits(1_000)).await;
        let RunEnd::Failed { error, .. } = end else {
            panic!("it was paid: {end:?}");
        };
        assert!(!error.retryable, "{error}");
        assert_eq!(library.vendor.asked().len(), asked, "nobody was asked");
        library.vendor.say("Employees have 30 days of paid leave a year [1].");
        let end = library.run(flow, json!({}), limits(1_000_000_000)).await;
        assert!(matches!(end, RunEnd::Completed(_)), "{end:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_become_text_and_texts_become_pieces() {
    with_library(async |library| {
        let html = b"<html><head><title>Menu</title></head><body><h1>Tea</h1><p>Green and black.</p>\
            <table><tr><th>Kind</th><th>Price</th></tr><tr><td>Green</td><td>2</td></tr></table></body></html>";
        let file = library.file("menu.txt", "text/plain", html).await;
        let read = library.node("knowledge.load", json!({}), json!({"file": file})).await;
        let read = read.expect("read").values;
        let text = read["text"].as_str().expect("a text");
        assert!(text.contains("Green and black.") && text.contains("| Green | 2 |"), "{text}");
        assert_eq!(read["metadata"]["format"], "html", "by its content: {}", read["metadata"]);
        assert_eq!(read["documents"][0]["metadata"]["page"], 1);
        let cut = library.node("knowledge.load", json!({"max_characters": 3}), json!({"file": file}));
        let cut = cut.await.expect("read").values;
        assert_eq!(cut["text"].as_str().map(|text| text.chars().count()), Some(3));
        assert_eq!(cut["warnings"].as_array().map(Vec::len), Some(1));
        let broken = library.file("x.pdf", "application/pdf", b"%PDF-1.4").await;
        let error = library.node("knowledge.load", json!({}), json!({"file": broken})).await;
        assert_eq!(error.expect_err("broken").field.as_deref(), Some("file"));

        let sentence = "The kettle sings and the tea is poured into the cup. ";
        let long = format!("# One\n\n{}\n\n# Two\n\nShort.", sentence.repeat(40));
        let source = json!({"text": long, "title": "Tea", "source": "tea.md"});
        let split = library.node("knowledge.split", json!({"max_tokens": 100}), json!({"text": source}));
        let split = split.await.expect("cut").values;
        let chunks = split["chunks"].as_array().expect("a list");
        assert!(chunks.len() > 3, "{}", chunks.len());
        for chunk in chunks {
            assert!(chunk["metadata"]["tokens"].as_u64().is_some_and(|n| n <= 100), "{chunk}");
            assert_eq!(chunk["title"], "Tea");
        }
        let last = chunks.last().expect("not empty");
        assert!(last["text"].as_str().is_some_and(|text| text.starts_with("Two")), "{last}");
        assert_eq!(chunks[1]["metadata"]["headings"], json!(["One"]));
        assert_eq!(split["count"], chunks.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_are_named_in_exports_and_mapped_by_imports() {
    with_library(async |library| {
        let (world, org) = (&library.world, library.world.actor.org_id());
        library.collection("ours").await;
        let wanted = serde_json::from_value(json!({"name": "P"})).expect("a project");
        let project = world
            .flows
            .create_project(&world.actor, wanted)
            .await
            .expect("made");
        let wanted =
            json!({"project_id": project.id, "name": "Learn", "graph": learn_and_answer()});
        let wanted = serde_json::from_value(wanted).expect("a flow");
        world
            .flows
            .create_workflow(&world.actor, wanted)
            .await
            .expect("made");
        let exported: Document = world
            .flows
            .export_project(org, project.id)
            .await
            .expect("exported");
        assert_eq!(
            exported.requires.collections,
            ["handbook".to_owned()].into()
        );
        let request = |collections: Value| ImportRequest {
            document: serde_json::to_value(&exported).ok(),
            mapping: Mapping {
                collections: serde_json::from_value(collections).expect("names"),
                ..Mapping::default()
            },
            dry_run: true,
            ..ImportRequest::default()
        };
        let import = async |collections| {
            let done = world
                .flows
                .import_project(&world.actor, project.id, request(collections))
                .await;
            done.expect("judged")
        };
        let as_it_is = import(json!({})).await;
        assert_eq!(as_it_is.missing.collections, ["handbook".to_owned()].into());
        let mapped = import(json!({"handbook": "ours"})).await;
        assert!(mapped.missing.collections.is_empty());
        assert!(
            mapped.workflows[0].report.problems.is_empty(),
            "{:?}",
            mapped.workflows[0].report
        );
    })
    .await;
}
