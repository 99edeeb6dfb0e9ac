//! Measures search: quality on the retrieval sets, speed, memory and recall on large collections.
//!
//! ```text
//! SHARED_DATA=... MODEL_DIR=... ORT_DYLIB_PATH=... cargo run -p rag --release --example retrieval
//! ```
//!
//! `MODEL_DIR` holds all-MiniLM-L6-v2; without it only text search is measured for quality, and the
//! vectors of the large collections are random. Arguments: sizes of the large collections in chunks.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::{Accounts, AccountsConfig};
use futures_util::future::BoxFuture;
use rag::embed::{LocalEmbedder, LocalModelConfig, Runtime};
use rag::index::{Embedded, EmbeddedConfig, Place, Scope, StoreQuery, VectorStore};
use rag::library::{CreateCollection, NewChunk, NewDocument, PublishedFacts, SpaceSpec};
use rag::search::{
    Comparison, Completed, EmbedRequest, Filter, Language, Mode, Models, Prompt, Reranked, Search,
    SearchRequest,
};
use rag::{DocumentId, Error, ErrorKind, Library, Result};
use serde::Deserialize;
use store::testing::TempDir;
use store::{Db, DbConfig, SystemClock};

#[tokio::main]
async fn main() {
    let model = model();
    for (set, language) in [
        ("xquad-en", Language::English),
        ("xquad-zh", Language::Chinese),
    ] {
        quality(set, language, model.as_deref()).await;
    }
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        vec![10_000, 100_000]
    } else {
        sizes
    };
    for size in sizes {
        speed(size, 384, model.as_deref()).await;
    }
}

fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn data() -> PathBuf {
    std::env::var_os("SHARED_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

fn model() -> Option<Arc<LocalEmbedder>> {
    let Some(path) = std::env::var_os("MODEL_DIR") else {
        say("MODEL_DIR is not set: no vectors of a real model");
        return None;
    };
    let config = LocalModelConfig {
        path: Some(path.into()),
        hub: None,
        max_tokens: Some(256),
        threads: 2,
    };
    let runtime = Runtime::load(None).expect("the runtime loads");
    Some(Arc::new(
        LocalEmbedder::load(runtime, "minilm", &config).expect("the model loads"),
    ))
}

/// Gives vectors that were made before, so that a search's time is its own.
#[derive(Default)]
struct Known(HashMap<String, Vec<f32>>);

impl Models for Known {
    fn embed<'a>(
        &'a self,
        request: EmbedRequest<'a>,
    ) -> BoxFuture<'a, Result<rag::search::Embedded>> {
        let vectors = request
            .texts
            .iter()
            .map(|t| self.0.get(t).cloned().unwrap_or_default());
        let embedded = rag::search::Embedded {
            vectors: vectors.collect(),
            tokens: 0,
            cost_nano_usd: 0,
        };
        Box::pin(std::future::ready(Ok(embedded)))
    }

    fn complete<'a>(&'a self, _: Prompt<'a>) -> BoxFuture<'a, Result<Completed>> {
        let error = Error::new(ErrorKind::NotConfigured, "no chat model here");
        Box::pin(std::future::ready(Err(error)))
    }

    fn rerank<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a [String],
    ) -> BoxFuture<'a, Result<Reranked>> {
        let error = Error::new(ErrorKind::NotConfigured, "no reranker here");
        Box::pin(std::future::ready(Err(error)))
    }
}

struct World {
    dir: TempDir,
    store: Embedded,
    library: Library,
    search: Search,
    place: Place,
    space: rag::library::Space,
}

async fn world(language: Language, dimensions: u32) -> World {
    let dir = TempDir::new();
    let db = Db::connect(&DbConfig::embedded(dir.path()))
        .await
        .expect("opens");
    db.migrate().await.expect("migrates");
    let clock = Arc::new(SystemClock);
    let config = AccountsConfig {
        data_dir: dir.path().to_owned(),
        ..AccountsConfig::default()
    };
    let accounts = Accounts::open(db.clone(), clock.clone(), &config)
        .await
        .expect("opens");
    let org = accounts
        .create_organization("Bench", "bench")
        .await
        .expect("made")
        .id;
    let config = EmbeddedConfig::default();
    let store = Embedded::new(db.clone(), clock.clone(), config);
    let library = Library::new(db, clock, Arc::new(store.clone()));
    let mut wanted = CreateCollection {
        name: "Bench".to_owned(),
        slug: "bench".to_owned(),
        description: String::new(),
        settings: Default::default(),
    };
    wanted.settings.language = language;
    let place = library
        .create_collection(org, wanted)
        .await
        .expect("made")
        .place();
    let spec = SpaceSpec {
        model: "bench".to_owned(),
        dimensions,
        file_hash: String::new(),
    };
    let space = library.space(org, &spec).await.expect("made");
    library.begin_space(place, space.id).await.expect("begins");
    World {
        dir,
        store,
        search: Search::new(library.clone()),
        library,
        place,
        space,
    }
}

impl World {
    async fn add(&self, new: NewDocument, chunks: Vec<NewChunk>) -> DocumentId {
        let document = self
            .library
            .add_document(self.place, new)
            .await
            .expect("added")
            .id;
        let revision = self
            .library
            .begin_revision(self.place, document)
            .await
            .expect("begun");
        let space = Some(self.space.id);
        self.library
            .add_chunks(self.place, document, revision, space, chunks)
            .await
            .expect("added");
        let facts = PublishedFacts::default();
        self.library
            .publish(self.place, document, revision, &facts)
            .await
            .expect("published");
        document
    }
}

#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

fn lines(path: &Path) -> Option<Vec<Line>> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).expect("is a line"))
            .collect(),
    )
}

async fn quality(set: &str, language: Language, model: Option<&LocalEmbedder>) {
    let folder = data().join("retrieval").join(set);
    let Some(corpus) = lines(&folder.join("corpus.jsonl")) else {
        say(format!(
            "{} is not there: quality is not measured",
            folder.display()
        ));
        return;
    };
    let queries = lines(&folder.join("queries.jsonl")).expect("is there");
    let qrels = std::fs::read_to_string(folder.join("qrels.tsv")).expect("is there");
    let relevant: HashMap<&str, &str> = qrels
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(query, rest)| (query, rest.split('\t').next().unwrap_or_default()))
        .collect();
    let embed = |lines: &[Line]| -> Vec<Vec<f32>> {
        let texts: Vec<String> = lines.iter().map(|l| l.text.clone()).collect();
        model
            .map(|m| m.embed(&texts).expect("embeds"))
            .unwrap_or_default()
    };
    let world = world(language, 384).await;
    let vectors = embed(&corpus);
    let mut documents = HashMap::new();
    for (at, line) in corpus.iter().enumerate() {
        let chunk = NewChunk {
            text: line.text.clone(),
            vector: vectors.get(at).cloned(),
            ..NewChunk::default()
        };
        documents.insert(
            world.add(NewDocument::default(), vec![chunk]).await,
            line.id.as_str(),
        );
    }
    let questions = queries.iter().map(|q| q.text.clone());
    let models = Known(questions.zip(embed(&queries)).collect());
    let modes: &[(Mode, &str, f64)] = match model {
        None => &[(Mode::Text, "BM25", 0.963)],
        Some(_) => &[
            (Mode::Text, "BM25", 0.963),
            (Mode::Dense, "dense", 0.0),
            (
                Mode::Hybrid,
                "hybrid",
                if set == "xquad-en" { 0.971 } else { 0.955 },
            ),
        ],
    };
    for (mode, name, bar) in modes {
        let (mut ndcg, mut recall) = (0.0, 0.0);
        for query in &queries {
            let request = SearchRequest {
                mode: *mode,
                ..SearchRequest::of(query.text.as_str())
            };
            let answer = world
                .search
                .run(&models, world.place, request)
                .await
                .expect("answers");
            let found = answer
                .hits
                .iter()
                .map(|hit| documents[&hit.chunk.document_id]);
            if let Some(rank) = found
                .into_iter()
                .position(|id| id == relevant[query.id.as_str()])
            {
                ndcg += 1.0 / (rank as f64 + 2.0).log2();
                recall += 1.0;
            }
        }
        let count = queries.len() as f64;
        let (ndcg, recall) = (ndcg / count, recall / count);
        let verdict = if ndcg >= *bar { "ok" } else { "MISSED" };
        say(format!(
            "| {set} | {name} | nDCG@10 {ndcg:.4} | recall@10 {recall:.4} | bar {bar:.3} {verdict} |"
        ));
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// Vectors like those of a model: mixtures of two real ones with noise, or of random ones.
struct Vectors {
    bases: Vec<Vec<f32>>,
    chance: Chance,
}

impl Vectors {
    fn new(dimensions: usize, texts: &[String], model: Option<&LocalEmbedder>) -> Self {
        let mut chance = Chance(42);
        let bases = match model {
            Some(model) => model.embed(texts).expect("embeds"),
            None => (0..500)
                .map(|_| (0..dimensions).map(|_| chance.unit() - 0.5).collect())
                .collect(),
        };
        Self { bases, chance }
    }

    fn next(&mut self) -> Vec<f32> {
        let (a, b) = (
            self.chance.below(self.bases.len()),
            self.chance.below(self.bases.len()),
        );
        let share = 0.5 + 0.5 * self.chance.unit();
        let noise = 0.06 * self.chance.unit();
        let mix = self.bases[a]
            .iter()
            .zip(&self.bases[b])
            .map(|(a, b)| a * share + b * (1.0 - share));
        let mut vector: Vec<f32> = mix.collect();
        vector
            .iter_mut()
            .for_each(|v| *v += noise * (self.chance.unit() - 0.5) * 2.0);
        let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        vector.iter().map(|v| v / length).collect()
    }
}

/// Sentences of the English set, else made-up words.
fn sentences() -> Vec<String> {
    let corpus = lines(&data().join("retrieval/xquad-en/corpus.jsonl")).unwrap_or_default();
    let sentences: Vec<String> = corpus
        .iter()
        .flat_map(|line| line.text.split_inclusive(". ").map(str::to_owned))
        .collect();
    if !sentences.is_empty() {
        return sentences;
    }
    let mut chance = Chance(7);
    let mut sentence = || {
        (0..20).fold(String::new(), |mut text, _| {
            let _ = write!(text, "w{} ", chance.below(20_000));
            text
        })
    };
    (0..1200).map(|_| sentence()).collect()
}

fn batch(
    sentences: &[String],
    vectors: &mut Vectors,
    chance: &mut Chance,
    count: usize,
) -> Vec<NewChunk> {
    let mut chunk = |ordinal| {
        let mut text = String::new();
        for _ in 0..7 {
            text.push_str(&sentences[chance.below(sentences.len())]);
            let _ = write!(text, " n{} ", chance.below(200_000));
        }
        NewChunk {
            ordinal: ordinal as u32,
            token_count: 200,
            text,
            vector: Some(vectors.next()),
            ..NewChunk::default()
        }
    };
    (0..count).map(&mut chunk).collect()
}

async fn speed(size: usize, dimensions: u32, model: Option<&LocalEmbedder>) {
    let world = world(Language::English, dimensions).await;
    let sentences = sentences();
    let mut vectors = Vectors::new(dimensions as usize, &sentences, model);
    let mut chance = Chance(11);
    let (began, cpu) = (Instant::now(), cpu());
    let mut written: Vec<Vec<f32>> = Vec::new();
    for at in 0..size / 100 {
        let region = if at % 10 == 0 { "north" } else { "south" };
        let new = NewDocument {
            attributes: [("region".to_owned(), region.into())].into(),
            ..NewDocument::default()
        };
        let chunks = batch(&sentences, &mut vectors, &mut chance, 100);
        written.extend(chunks.iter().filter_map(|c| c.vector.clone()));
        world.add(new, chunks).await;
    }
    let cpu_s = self::cpu() - cpu;
    say(format!(
        "{size} chunks written in {:.1} s ({:.0} chunks/CPU-s)",
        began.elapsed().as_secs_f64(),
        size as f64 / cpu_s.as_secs_f64()
    ));
    let disk: u64 = std::fs::read_dir(world.dir.path())
        .expect("is there")
        .filter_map(|e| e.ok()?.metadata().ok())
        .map(|m| m.len())
        .sum();
    let before = resident();
    let (began, cpu) = (Instant::now(), self::cpu());
    world.store.count(world.place).await.expect("loads");
    say(format!(
        "loaded in {:.2} s ({:.2} CPU-s); memory {} MB by its own count, resident +{} MB; disk {} MB",
        began.elapsed().as_secs_f64(),
        (self::cpu() - cpu).as_secs_f64(),
        world.store.memory_bytes() >> 20,
        (resident().saturating_sub(before)) >> 20,
        disk >> 20
    ));
    recall(&world, &written, &mut vectors).await;
    let mut models = Known::default();
    let questions: Vec<String> = (0..400)
        .map(|_| {
            let long: Vec<&String> = sentences
                .iter()
                .filter(|s| s.split_whitespace().count() >= 12)
                .collect();
            let sentence = long[chance.below(long.len())];
            let words: Vec<&str> = sentence.split_whitespace().collect();
            let from = chance.below(words.len() - 8);
            let question = words[from..]
                .iter()
                .take(8)
                .copied()
                .collect::<Vec<_>>()
                .join(" ");
            models.0.insert(question.clone(), vectors.next());
            question
        })
        .collect();
    let north = Filter::Eq(Comparison {
        key: "region".to_owned(),
        value: "north".into(),
    });
    for (name, mode, filter) in [
        ("text", Mode::Text, None),
        ("dense", Mode::Dense, None),
        ("hybrid", Mode::Hybrid, None),
        ("hybrid, filtered to a tenth", Mode::Hybrid, Some(north)),
    ] {
        let request = SearchRequest {
            mode,
            filter,
            ..SearchRequest::default()
        };
        time(&world, &models, &questions, request, size, name).await;
    }
    let more = async {
        loop {
            let chunks = batch(&sentences, &mut vectors, &mut chance, 64);
            world.add(NewDocument::default(), chunks).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let name = "hybrid, while documents are added";
    tokio::select! {
        () = time(&world, &models, &questions, SearchRequest::default(), size, name) => {}
        () = more => {}
    }
}

async fn time(
    world: &World,
    models: &Known,
    questions: &[String],
    request: SearchRequest,
    size: usize,
    name: &str,
) {
    let mut times = Vec::new();
    let cpu = cpu();
    for question in questions {
        let request = SearchRequest {
            queries: vec![question.clone()],
            ..request.clone()
        };
        let began = Instant::now();
        let answer = world
            .search
            .run(models, world.place, request)
            .await
            .expect("answers");
        times.push(began.elapsed().as_secs_f64() * 1e3);
        assert!(!answer.hits.is_empty(), "{question}");
    }
    let cpu = (self::cpu() - cpu).as_secs_f64() * 1e3 / questions.len() as f64;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[(times.len() as f64 * share) as usize];
    let p99 = at(0.99);
    let verdict = if p99 <= 10.0 { "ok" } else { "MISSED" };
    say(format!(
        "| {size} | {name} | p50 {:.2} ms | p99 {p99:.2} ms | CPU {cpu:.2} ms | bar 10 ms {verdict} |",
        at(0.5)
    ));
}

/// Recall@10 of the index against exact search over the vectors as they were given.
async fn recall(world: &World, written: &[Vec<f32>], vectors: &mut Vectors) {
    let (mut found, mut wanted) = (0, 0);
    for _ in 0..50 {
        let question = vectors.next();
        let dot = |v: &Vec<f32>| v.iter().zip(&question).map(|(a, b)| a * b).sum::<f32>();
        let mut exact: Vec<f32> = written.iter().map(dot).collect();
        exact.sort_by(|a, b| b.total_cmp(a));
        let tenth = exact[9] - 2e-3 * exact[9].abs();
        let query = StoreQuery {
            scope: Scope::all(world.place),
            vector: Some(question.clone()),
            terms: Vec::new(),
            limit: 50,
        };
        let hits = world.store.search(query).await.expect("answers").dense;
        wanted += 10;
        found += hits.iter().filter(|hit| hit.score >= tenth).count().min(10);
    }
    let recall = f64::from(found as u32) / f64::from(wanted);
    let verdict = if recall >= 0.99 { "ok" } else { "MISSED" };
    say(format!(
        "| {} | recall@10 of the index {recall:.4} | bar 0.99 {verdict} |",
        written.len()
    ));
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map_or("", |(_, rest)| rest)
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|t| t.parse::<u64>().ok())
            .unwrap_or(0)
    };
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|p| p.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
