//! The steps of an answer, on one screen: condense, search, choose, ask, check.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use accounts::Principal;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use gateway::call::{CallContext, Spent};
use gateway::{Caller, Gateway};
use serde_json::{Map, Value, json};

use super::answer::{AskEvent, AskStream, AskUsage};
use super::checker::Checker;
use super::converse::{Piece, converse};
use super::phrases::{SENTINEL, not_in_documents};
use super::request::{self, AskOptions, AskOrder};
use super::sources::{Given, Relevant, assemble, file_id_of};
use super::support::of_lang;
use super::{condense, prompt, relevance};
use crate::index::Place;
use crate::library::{Collection, Library};
use crate::search::{Analyzer, GatewayModels, Language, Search};
use crate::{Error, Result};

/// The model that answers where nobody names one: it quotes, needs no key and costs nothing.
const QUOTING: &str = "builtin/extract";

/// Answers questions from collections. Clones share everything.
#[derive(Debug, Clone)]
pub struct Ask {
    library: Library,
    search: Search,
    gateway: Gateway,
    /// The model of collections that name none.
    default_model: String,
}

/// What a search gave.
struct Searched {
    queries: Vec<String>,
    notes: Vec<String>,
    cost_nano_usd: i64,
    given: Vec<Given>,
}

impl Ask {
    /// Answers from what `library` holds, by models of `gateway`.
    pub fn new(library: Library, gateway: Gateway, default_model: Option<String>) -> Self {
        Self {
            search: Search::new(library.clone()),
            library,
            gateway,
            default_model: default_model.unwrap_or_else(|| QUOTING.to_owned()),
        }
    }

    /// The collections that are asked.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The time, in UTC microseconds.
    pub(super) fn now_us(&self) -> i64 {
        self.gateway.now_us()
    }

    /// Answers a question in the name of `who`. Model calls count and are paid as one of the context
    /// `like` would be; without one they are the RAG hub's. Everything up to the first word of the
    /// answer has happened when this returns.
    ///
    /// # Errors
    /// `NotFound` for a collection, `Invalid` naming the field, `Model` when a model refuses.
    pub async fn run(
        &self,
        who: &Arc<Principal>,
        like: Option<&CallContext>,
        order: AskOrder,
    ) -> Result<AskStream> {
        let mut collections = Vec::with_capacity(order.places.len());
        for place in &order.places {
            collections.push(self.library.get_collection(*place).await?);
        }
        let defaults = collections.first().map(|c| c.settings.answer.clone());
        let options = order.options.or(defaults.unwrap_or_default());
        options.check()?;
        let Some((asked, question)) = request::question(&order.messages) else {
            return Err(Error::invalid(
                "the last message of the user must have a question in it",
            ));
        };
        let model = options.model.clone();
        let model = model.unwrap_or_else(|| self.default_model.clone());
        let quotes = model.starts_with("builtin/");
        // A tool's searches are part of the call: who may make it may make them.
        let within = like
            .filter(|_| order.endpoint.is_some())
            .map(|like| like.within(Caller::Rag, self.gateway.now_us()));
        let models = GatewayModels::new(self.gateway.clone(), Arc::clone(who));
        let models = models.like(within.as_ref().or(like));
        let condenser = (options.condense.unwrap_or(true) && !quotes).then_some(model.as_str());
        let (queries, cost) =
            condense::queries(&models, condenser, &order.messages, asked, &question).await?;
        let searched = self
            .search(
                &models,
                &collections,
                &options,
                order.weights,
                queries,
                &question,
            )
            .await?;
        let cost = cost + searched.cost_nano_usd;
        if searched.given.is_empty() && !order.open {
            return Ok(nothing(searched, cost, &question));
        }
        let messages = match (searched.given.is_empty(), order.open) {
            (true, _) => order.messages,
            (false, open) => prompt::messages(
                &order.messages,
                asked,
                &question,
                &searched.given,
                options.instructions.as_deref(),
                prompt::Manner::of(quotes, open),
            ),
        };
        let mut context = match like {
            Some(like) => like.again(self.gateway.now_us()),
            None => CallContext::internal(Caller::Rag, self.gateway.now_us()),
        };
        let spent = Spent::paid_by(context.purse.take());
        context.purse = Some(Arc::clone(&spent) as _);
        let body = body(&model, messages, order.parameters);
        let pieces = converse(&self.gateway, who, order.endpoint, context, &body).await?;
        let mut events = VecDeque::new();
        events.push_back(AskEvent::Sources {
            queries: searched.queries,
            model: Some(model),
            notes: searched.notes,
            sources: searched.given.iter().map(|g| g.source.clone()).collect(),
        });
        let telling = Telling {
            pieces,
            checker: Checker::new(searched.given),
            events,
            opening: (!order.open).then(String::new),
            absent: false,
            phrase: not_in_documents(&question),
            finish: None,
            tokens: (0, 0),
            spent,
            cost,
            open: order.open,
            ended: false,
        };
        Ok(stream::unfold(telling, Telling::next).boxed())
    }

    async fn search(
        &self,
        models: &GatewayModels,
        collections: &[Collection],
        options: &AskOptions,
        weights: Option<(f32, f32)>,
        queries: Vec<String>,
        question: &str,
    ) -> Result<Searched> {
        let (mut notes, mut cost_nano_usd, mut relevant) = (Vec::new(), 0, Vec::new());
        for collection in collections {
            let place = collection.place();
            let mut request = options.search(queries.clone());
            if let Some((embedding, text)) = weights {
                request.embedding_weight = Some(embedding);
                request.text_weight = Some(text);
            }
            let found = self.search.run(models, place, request).await?;
            cost_nano_usd += found.cost_nano_usd;
            for note in found.notes {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            let analyzer = judge_of(collection, question);
            for hit in found.hits {
                let score = relevance::of(analyzer, &queries, &hit);
                if score >= options.relevance() {
                    let collection = collection.id;
                    relevant.push(Relevant {
                        collection,
                        hit,
                        score,
                        analyzer,
                    });
                }
            }
        }
        if collections.len() > 1 {
            // Scores of a search order its own results only; these mean the same everywhere.
            relevant.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        let limit = options.limit() as usize;
        let mut given = assemble(relevant, limit, options.context_tokens());
        self.name_files(collections, &mut given).await?;
        Ok(Searched {
            queries,
            notes,
            cost_nano_usd,
            given,
        })
    }

    /// Fills in the ids under which `/v1/files` knows the documents.
    async fn name_files(&self, collections: &[Collection], given: &mut [Given]) -> Result<()> {
        let mut known: HashMap<crate::DocumentId, String> = HashMap::new();
        for given in given {
            let source = &mut given.source;
            if let Some(file) = known.get(&source.document_id) {
                source.file_id.clone_from(file);
                continue;
            }
            let org = collections.first().map(|c| c.org_id);
            let Some(org) = org else { continue };
            let place = Place {
                org,
                collection: source.collection_id,
            };
            let document = self.library.get_document(place, source.document_id).await?;
            source.file_id = file_id_of(&document);
            known.insert(source.document_id, source.file_id.clone());
        }
        Ok(())
    }
}

/// The analyzer by which a question and a passage are compared: the collection's, or for one without a
/// language that of the question, whose function words say nothing.
fn judge_of(collection: &Collection, question: &str) -> Analyzer {
    let language = collection.analyzer.0.language();
    if language != Language::Multilingual {
        return collection.analyzer.0;
    }
    let found = whatlang::detect(question).filter(|info| info.confidence() > 0.3);
    let guessed = found.map_or(Language::Multilingual, |info| of_lang(info.lang()));
    match guessed {
        // Short questions are hard to tell; English ones are the most frequent.
        Language::Multilingual if question.is_ascii() => Analyzer::new(Language::English),
        language => Analyzer::new(language),
    }
}

fn body(model: &str, messages: Vec<Value>, mut parameters: Map<String, Value>) -> Value {
    parameters.insert("model".to_owned(), model.into());
    parameters.insert("messages".to_owned(), Value::Array(messages));
    parameters.insert("stream".to_owned(), true.into());
    parameters.insert("stream_options".to_owned(), json!({"include_usage": true}));
    Value::Object(parameters)
}

/// The answer when nothing was found: no model is asked.
fn nothing(searched: Searched, cost_nano_usd: i64, question: &str) -> AskStream {
    let events = [
        AskEvent::Sources {
            queries: searched.queries,
            model: None,
            notes: searched.notes,
            sources: Vec::new(),
        },
        AskEvent::Text(not_in_documents(question).to_owned()),
        AskEvent::Done {
            found: false,
            finish_reason: "stop".to_owned(),
            usage: AskUsage {
                cost_nano_usd,
                ..AskUsage::default()
            },
        },
    ];
    stream::iter(events.into_iter().map(Ok)).boxed()
}

/// An answer under way.
struct Telling {
    pieces: BoxStream<'static, Result<Piece>>,
    checker: Checker,
    events: VecDeque<AskEvent>,
    /// The first words, as long as they may be the word for "not in the documents".
    opening: Option<String>,
    /// They were.
    absent: bool,
    phrase: &'static str,
    finish: Option<String>,
    tokens: (u64, u64),
    spent: Arc<Spent>,
    cost: i64,
    open: bool,
    ended: bool,
}

impl Telling {
    async fn next(mut self) -> Option<(Result<AskEvent>, Self)> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some((Ok(event), self));
            }
            if self.ended {
                return None;
            }
            match self.pieces.next().await {
                Some(Ok(piece)) => self.take(piece),
                Some(Err(error)) => {
                    self.ended = true;
                    return Some((Err(error), self));
                }
                None => self.end(),
            }
        }
    }

    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Text(text) => self.text(&text),
            Piece::ToolCalls(calls) => self.events.push_back(AskEvent::ToolCalls(calls)),
            Piece::Finish(reason) => self.finish = Some(reason),
            Piece::Usage(input, output) => self.tokens = (input, output),
        }
    }

    fn text(&mut self, text: &str) {
        if self.absent {
            return;
        }
        let Some(opening) = &mut self.opening else {
            return self.check(text);
        };
        opening.push_str(text);
        let said = opening.trim_start_matches(|c: char| c.is_whitespace() || "`*\"".contains(c));
        if said.starts_with(SENTINEL) {
            self.absent = true;
            return;
        }
        if SENTINEL.starts_with(said.trim_end()) {
            return;
        }
        let opening = self.opening.take().unwrap_or_default();
        self.check(&opening);
    }

    fn check(&mut self, text: &str) {
        let mut events = Vec::new();
        self.checker.push(text, &mut events);
        self.events.extend(events);
    }

    fn end(&mut self) {
        self.ended = true;
        if self.absent {
            self.events
                .push_back(AskEvent::Text(self.phrase.to_owned()));
        } else {
            let mut events = Vec::new();
            if let Some(opening) = self.opening.take() {
                self.checker.push(&opening, &mut events);
            }
            self.checker.finish(&mut events);
            if self.open {
                // Sentences of its own are what such a model is asked for.
                events.retain(|event| !is_uncited(event));
            }
            self.events.extend(events);
        }
        self.events.push_back(AskEvent::Done {
            found: !self.absent && self.checker.cited() > 0,
            finish_reason: self.finish.take().unwrap_or_else(|| "stop".to_owned()),
            usage: AskUsage {
                input_tokens: self.tokens.0,
                output_tokens: self.tokens.1,
                cost_nano_usd: self.cost + self.spent.nano_usd(),
            },
        });
    }
}

fn is_uncited(event: &AskEvent) -> bool {
    matches!(event, AskEvent::Flag(flag) if flag.kind == super::FlagKind::Uncited)
}
