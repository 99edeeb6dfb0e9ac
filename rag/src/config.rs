//! Settings, `[rag]`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::embed::LocalModelConfig;
use crate::index::QdrantConfig;

/// Settings of the RAG hub, `[rag]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RagConfig {
    /// Documents that are read at the same time.
    pub workers: usize,
    /// Largest file, in bytes.
    pub max_file_bytes: u64,
    /// Longest time to parse one file, in milliseconds.
    pub parse_ms: u64,
    /// Most memory to parse one file, in bytes.
    pub parse_memory_bytes: u64,
    /// A job that makes no progress for this long is failed, in milliseconds.
    pub stall_ms: u64,
    /// Embedding model of collections that name none; without one the first of `models`, and without
    /// any, text search answers alone.
    pub embedding_model: Option<String>,
    /// Chat model that answers questions to collections that name none; `builtin/extract`, which quotes
    /// and needs no key, when absent.
    pub answer_model: Option<String>,
    /// Model that writes down what is said in audio files, such as `openai/whisper-1`.
    pub transcription_model: Option<String>,
    /// Program that reads text in pictures: `auto` looks for tesseract, `off` has none, otherwise its
    /// path.
    pub ocr: String,
    /// Languages that it reads, in tesseract's codes, such as `deu+eng`.
    pub ocr_languages: Option<String>,
    /// File of the ONNX Runtime library, for `models`; else `ORT_DYLIB_PATH` names it.
    pub onnx_runtime: Option<PathBuf>,
    /// Memory of the embedded index, in bytes; collections unused for longest go first.
    pub index_memory_bytes: usize,
    /// An index that nobody asks for this long is dropped from memory, in seconds.
    pub index_idle_s: u64,
    /// Folders of this server below which collections may be kept in step with folders; `{org_id}` in
    /// one stands for the organization. Without any, none may be.
    pub sync_roots: Vec<String>,
    /// The model hub that `hub` of a model names; any with the same addresses.
    pub hub_url: String,
    /// Embedding models in this process, `local/<name>`.
    pub models: BTreeMap<String, LocalModelConfig>,
    /// A Qdrant server in place of the embedded index.
    pub qdrant: Option<QdrantConfig>,
}

impl Default for RagConfig {
    fn default() -> Self {
        Self {
            workers: 2,
            max_file_bytes: 200 << 20,
            parse_ms: 180_000,
            parse_memory_bytes: 1 << 30,
            stall_ms: 600_000,
            embedding_model: None,
            answer_model: None,
            transcription_model: None,
            ocr: "auto".to_owned(),
            ocr_languages: None,
            onnx_runtime: None,
            index_memory_bytes: 1 << 30,
            index_idle_s: 1800,
            sync_roots: Vec::new(),
            hub_url: "https://huggingface.co".to_owned(),
            models: BTreeMap::new(),
            qdrant: None,
        }
    }
}

impl RagConfig {
    /// What parsing one file may use.
    pub(crate) fn parse_limits(&self) -> sandbox::Limits {
        sandbox::Limits {
            time: Duration::from_millis(self.parse_ms),
            memory: self.parse_memory_bytes,
            output: 256 << 20,
        }
    }

    /// After how long a job without progress is failed.
    pub(crate) fn stall(&self) -> Duration {
        Duration::from_millis(self.stall_ms)
    }

    /// The embedding model of collections that name none.
    pub(crate) fn default_model(&self) -> Option<String> {
        let local = || {
            let name = self.models.keys().next()?;
            Some(format!("local/{name}"))
        };
        self.embedding_model.clone().or_else(local)
    }
}
