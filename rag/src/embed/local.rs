//! Embedding models in this process: ONNX files with their tokenizers, from local directories.
//!
//! `ort` and `tokenizers` directly, not `fastembed`: what it adds for a model in a directory is mean
//! pooling, and it panics where the library is missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use accounts::Principal;
use futures_util::future::BoxFuture;
use gateway::call::CallContext;
use gateway::local::{
    ChatRequest, ChunkStream, Error as CallError, ErrorKind as CallErrorKind, LocalModel,
    LocalModels, ModelFacts, Operation,
};
use ort::session::Session;
use ort::value::Tensor;
use parking_lot::Mutex;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

use super::hub::HubModel;
use super::runtime::Runtime;
use crate::{Error, ErrorKind, Result};

/// Files that a model's directory must have.
const MODEL_FILE: &str = "model.onnx";
const TOKENIZER_FILE: &str = "tokenizer.json";
const CONFIG_FILE: &str = "config.json";
/// Texts in one run of the model: more needs memory and is not faster.
const BATCH: usize = 8;

/// A local model in the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalModelConfig {
    /// Its directory, with `model.onnx`, `tokenizer.json` and `config.json`; or else
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// its name on the model hub, from where these files are fetched once.
    #[serde(default)]
    pub hub: Option<HubModel>,
    /// Longest text, in tokens; the rest of a longer one is not seen. The model's own limit unless
    /// told, 512 at most.
    #[serde(default)]
    pub max_tokens: Option<usize>,
    /// Processor threads.
    #[serde(default = "one")]
    pub threads: usize,
}

fn one() -> usize {
    1
}

/// An embedding model in memory.
pub struct LocalEmbedder {
    name: String,
    session: Mutex<Session>,
    tokenizer: Tokenizer,
    pooling: Pooling,
    inputs: Vec<String>,
    max_tokens: usize,
    file_hash: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pooling {
    Mean,
    FirstToken,
}

impl std::fmt::Debug for LocalEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalEmbedder")
            .field("name", &self.name)
            .field("pooling", &self.pooling)
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

impl LocalEmbedder {
    /// Loads a model. Reads 100 MB and more: not on an async thread.
    ///
    /// # Errors
    /// `NotConfigured`, naming the file that is missing or cannot be read.
    pub fn load(runtime: Runtime, name: &str, config: &LocalModelConfig) -> Result<Self> {
        let directory = config.path.as_deref().ok_or_else(|| {
            Error::new(
                ErrorKind::NotConfigured,
                format!(
                    "`rag.models.{name}` needs `path`, its directory, or `hub`, its name on the hub"
                ),
            )
        })?;
        let file = |file: &str| -> Result<PathBuf> {
            let path = directory.join(file);
            if path.is_file() {
                return Ok(path);
            }
            Err(unreadable(name, &path, "the file is missing"))
        };
        let (model, tokenizer) = (file(MODEL_FILE)?, file(TOKENIZER_FILE)?);
        let facts = ModelFile::read(name, &file(CONFIG_FILE)?)?;
        let limit = facts.max_position_embeddings.unwrap_or(512).min(512);
        let max_tokens = config.max_tokens.unwrap_or(limit).clamp(8, limit.max(8));
        let mut parsed = Tokenizer::from_file(&tokenizer)
            .map_err(|error| unreadable(name, &tokenizer, &error.to_string()))?;
        let truncation = TruncationParams {
            max_length: max_tokens,
            ..Default::default()
        };
        parsed
            .with_truncation(Some(truncation))
            .map_err(|error| unreadable(name, &tokenizer, &error.to_string()))?;
        let padding = parsed
            .get_padding()
            .cloned()
            .unwrap_or_else(|| PaddingParams {
                pad_id: facts.pad_token_id.unwrap_or(0),
                ..Default::default()
            });
        // As long as the longest text of a batch, whatever the file says.
        let strategy = tokenizers::PaddingStrategy::BatchLongest;
        parsed.with_padding(Some(PaddingParams {
            strategy,
            ..padding
        }));
        let file_hash = hash_of(&model).map_err(|e| unreadable(name, &model, &e.to_string()))?;
        let session = open(runtime, &model, config.threads)
            .map_err(|error| unreadable(name, &model, &error))?;
        let inputs = session
            .inputs()
            .iter()
            .map(|input| input.name().to_owned())
            .collect();
        Ok(Self {
            name: name.to_owned(),
            session: Mutex::new(session),
            tokenizer: parsed,
            pooling: pooling_of(directory),
            inputs,
            max_tokens,
            file_hash,
        })
    }

    /// SHA-256 of the model's file: vectors of another file are not comparable.
    pub fn file_hash(&self) -> &str {
        &self.file_hash
    }

    /// Vectors of length 1, one per text. Takes tens of milliseconds a text: not on an async thread.
    ///
    /// # Errors
    /// `Internal` with what the runtime said.
    pub fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        // Texts of like length together: a batch is as long as its longest text.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|at| texts[*at].len());
        let mut vectors = vec![Vec::new(); texts.len()];
        for batch in order.chunks(BATCH) {
            let of = batch.iter().map(|at| texts[*at].as_str()).collect();
            let embedded = self.embed_batch(of).map_err(|error| {
                Error::internal(format!("the local model `{}` failed: {error}", self.name))
            })?;
            for (at, vector) in batch.iter().zip(embedded) {
                vectors[*at] = crate::library::normalized(&vector);
            }
        }
        Ok(vectors)
    }

    fn embed_batch(&self, texts: Vec<&str>) -> Result<Vec<Vec<f32>>, String> {
        let rows = texts.len();
        let encodings = self
            .tokenizer
            .encode_batch(texts, true)
            .map_err(|error| error.to_string())?;
        let length = encodings.first().map_or(0, |e| e.get_ids().len());
        let gather = |of: fn(&tokenizers::Encoding) -> &[u32]| -> Vec<i64> {
            encodings
                .iter()
                .flat_map(|e| of(e).iter().map(|v| i64::from(*v)))
                .collect()
        };
        let mask = gather(tokenizers::Encoding::get_attention_mask);
        let mut inputs = Vec::new();
        for name in &self.inputs {
            let values = match name.as_str() {
                "input_ids" => gather(tokenizers::Encoding::get_ids),
                "attention_mask" => mask.clone(),
                "token_type_ids" => gather(tokenizers::Encoding::get_type_ids),
                other => return Err(format!("it wants an input `{other}`")),
            };
            let tensor =
                Tensor::from_array(([rows, length], values)).map_err(|error| error.to_string())?;
            inputs.push((name.as_str(), tensor));
        }
        let mut session = self.session.lock();
        let outputs = session.run(inputs).map_err(|error| error.to_string())?;
        let (shape, values) = outputs[0]
            .try_extract_tensor::<f32>()
            .map_err(|error| error.to_string())?;
        match **shape {
            // Already one vector a text.
            [_, width] if width > 0 => Ok(values
                .chunks_exact(width as usize)
                .map(<[f32]>::to_vec)
                .collect()),
            [_, _, width] if width > 0 => Ok(self.pool(values, &mask, length, width as usize)),
            _ => Err(format!("it gives vectors of the shape {shape:?}")),
        }
    }

    fn pool(&self, values: &[f32], mask: &[i64], length: usize, width: usize) -> Vec<Vec<f32>> {
        let texts = values
            .chunks_exact(length * width)
            .zip(mask.chunks_exact(length));
        let pooled = texts.map(|(tokens, mask)| {
            if self.pooling == Pooling::FirstToken {
                return tokens[..width].to_vec();
            }
            let mut sum = vec![0.0; width];
            for (token, _) in tokens
                .chunks_exact(width)
                .zip(mask)
                .filter(|(_, m)| **m == 1)
            {
                for (sum, value) in sum.iter_mut().zip(token) {
                    *sum += value;
                }
            }
            sum
        });
        pooled.collect()
    }
}

fn open(runtime: Runtime, model: &Path, threads: usize) -> Result<Session, String> {
    Session::builder(runtime.environment())
        .map_err(|error| error.to_string())?
        .with_intra_threads(threads.max(1))
        .map_err(|error| error.to_string())?
        .commit_from_file(model)
        .map_err(|error| error.to_string())
}

/// What is needed of `config.json`.
#[derive(Debug, Deserialize)]
struct ModelFile {
    #[serde(default)]
    max_position_embeddings: Option<usize>,
    #[serde(default)]
    pad_token_id: Option<u32>,
}

impl ModelFile {
    fn read(name: &str, path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| unreadable(name, path, &error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| unreadable(name, path, &error.to_string()))
    }
}

/// Sentence-transformers say in `1_Pooling/config.json` whether the first token stands for the text.
fn pooling_of(directory: &Path) -> Pooling {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        pooling_mode_cls_token: bool,
    }
    let text = std::fs::read_to_string(directory.join("1_Pooling").join(CONFIG_FILE));
    let file = text
        .ok()
        .and_then(|text| serde_json::from_str::<File>(&text).ok());
    match file {
        Some(file) if file.pooling_mode_cls_token => Pooling::FirstToken,
        _ => Pooling::Mean,
    }
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match std::io::Read::read(&mut file, &mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn unreadable(name: &str, path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::NotConfigured,
        format!(
            "the local model `{name}` cannot be loaded from {}: {why}",
            path.display()
        ),
    )
}

/// The local models of this instance, for [`Gateway::register_local`](gateway::Gateway). They answer
/// `/v1/embeddings` as `local/<name>`, and are keyed, limited, metered and cached like any other.
#[derive(Debug, Clone, Default)]
pub struct LocalEmbedders {
    models: BTreeMap<String, Arc<LocalEmbedder>>,
}

impl LocalEmbedders {
    /// Loads all models of the configuration. Not on an async thread.
    ///
    /// # Errors
    /// `NotConfigured`, naming the first file that is missing or cannot be read.
    pub fn load(
        library: Option<&Path>,
        models: &BTreeMap<String, LocalModelConfig>,
    ) -> Result<Self> {
        if models.is_empty() {
            return Ok(Self::default());
        }
        let runtime = Runtime::load(library)?;
        let load = |(name, config): (&String, &LocalModelConfig)| {
            Ok((
                name.clone(),
                Arc::new(LocalEmbedder::load(runtime, name, config)?),
            ))
        };
        let models = models.iter().map(load).collect::<Result<_>>()?;
        Ok(Self { models })
    }

    /// A model by its name behind the prefix.
    pub fn get(&self, name: &str) -> Option<&Arc<LocalEmbedder>> {
        self.models.get(name)
    }
}

struct Served(Arc<LocalEmbedder>);

impl LocalModels for LocalEmbedders {
    fn prefix(&self) -> &str {
        "local"
    }

    fn find(&self, _who: &Principal, id: &str) -> Option<Arc<dyn LocalModel>> {
        let model = Arc::clone(self.models.get(id)?);
        Some(Arc::new(Served(model)))
    }

    fn list<'a>(&'a self, _who: &'a Principal) -> BoxFuture<'a, Vec<String>> {
        let names = self.models.keys().cloned().collect();
        Box::pin(std::future::ready(names))
    }
}

impl LocalModel for Served {
    fn id(&self) -> &str {
        &self.0.name
    }

    fn serves(&self, operation: Operation) -> bool {
        operation == Operation::Embeddings
    }

    fn facts(&self) -> ModelFacts {
        ModelFacts {
            context_window: Some(self.0.max_tokens as u64),
            max_output_tokens: None,
            reasoning: false,
            structured_output: false,
        }
    }

    fn chat<'a>(
        &'a self,
        _who: &'a Arc<Principal>,
        _context: &'a CallContext,
        _request: ChatRequest,
    ) -> BoxFuture<'a, Result<ChunkStream, CallError>> {
        let error = CallError::not_supported("model", "this model only gives embeddings");
        Box::pin(std::future::ready(Err(error)))
    }

    fn embed<'a>(
        &'a self,
        _who: &'a Arc<Principal>,
        texts: Vec<String>,
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, CallError>> {
        let model = Arc::clone(&self.0);
        Box::pin(async move {
            let embedded = tokio::task::spawn_blocking(move || model.embed(&texts)).await;
            match embedded {
                Ok(Ok(vectors)) => Ok(vectors),
                Ok(Err(error)) => Err(CallError::new(CallErrorKind::Upstream, error.message)),
                Err(_) => Err(CallError::new(
                    CallErrorKind::Upstream,
                    "the local model stopped while it embedded",
                )),
            }
        })
    }
}
