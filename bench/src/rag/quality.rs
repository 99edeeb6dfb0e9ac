//! How well documents are found: nDCG@10 and recall@10 on sets with known answers.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Options;
use super::site::Site;

/// Results that count.
const DEPTH: usize = 10;
/// Questions of a quick run.
const FEW: usize = 200;

/// What was measured on a set with one mode of search.
#[derive(Debug)]
pub(crate) struct Quality {
    /// Name of the set.
    pub(crate) set: String,
    /// Mode of the search.
    pub(crate) mode: &'static str,
    /// Questions asked.
    pub(crate) questions: usize,
    /// Mean nDCG@10.
    pub(crate) ndcg: f64,
    /// Mean recall@10.
    pub(crate) recall: f64,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Measures one set with every mode that can be had.
pub(super) async fn measure(options: &Options, folder: &Path) -> Result<Vec<Quality>> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let corpus = entries(&folder.join("corpus.jsonl"))?;
    let mut questions = entries(&folder.join("queries.jsonl"))?;
    let relevant = judgements(&folder.join("qrels.tsv"))?;
    questions.retain(|question| relevant.contains_key(&question.id));
    if options.quick {
        questions.truncate(FEW);
    }
    let site = Site::start(&options.binary, &config(options), None)?;
    // `xquad-zh` is in Chinese.
    let language = name.rsplit('-').next().unwrap_or("multilingual");
    let mut settings = json!({"language": language});
    if options.model.is_some() {
        settings["embedding"] = json!({"model": "local/measured"});
    }
    let collection = site.collection(&name, &settings).await?;
    let mut jobs = Vec::new();
    for entry in &corpus {
        let text = match entry.title.as_str() {
            "" => entry.text.clone(),
            title => format!("{title}\n\n{}", entry.text),
        };
        let document = json!({"name": format!("{}.txt", entry.id), "text": text});
        jobs.push(site.add(&collection, &document).await?);
    }
    site.done(&jobs).await?;
    let modes: &[&'static str] = match options.model {
        Some(_) => &["text", "dense", "hybrid"],
        None => &["text"],
    };
    let mut qualities = Vec::new();
    for mode in modes {
        let (mut ndcg, mut recall) = (0.0, 0.0);
        for question in &questions {
            let body = json!({"queries": [question.text], "mode": mode, "limit": 2 * DEPTH});
            let answer = site.post(&format!("{collection}/search"), &body).await?;
            let wanted = &relevant[&question.id];
            let found = documents(&answer);
            ndcg += ndcg_of(&found, wanted);
            recall += recall_of(&found, wanted);
        }
        let count = questions.len() as f64;
        qualities.push(Quality {
            set: name.clone().into_owned(),
            mode,
            questions: questions.len(),
            ndcg: ndcg / count,
            recall: recall / count,
        });
    }
    Ok(qualities)
}

fn config(options: &Options) -> String {
    let mut config = "[server]\napi_requests_per_minute = 0\n".to_owned();
    if let Some(model) = &options.model {
        if let Some(library) = &options.onnx_runtime {
            config += &format!("[rag]\nonnx_runtime = {library:?}\n");
        }
        config += &format!("[rag.models.measured]\npath = {model:?}\nthreads = 2\n");
    }
    config
}

fn entries(file: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The relevant documents of each question: lines of question, document and score.
fn judgements(file: &Path) -> Result<HashMap<String, HashSet<String>>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut all: HashMap<String, HashSet<String>> = HashMap::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split('\t');
        let (Some(question), Some(document)) = (fields.next(), fields.next()) else {
            continue;
        };
        if fields.next() != Some("0") {
            let documents = all.entry(question.to_owned()).or_default();
            documents.insert(document.to_owned());
        }
    }
    Ok(all)
}

/// Names of the documents that chunks were found of, each once, best first.
fn documents(answer: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for hit in answer["hits"].as_array().into_iter().flatten() {
        let name = hit["document_name"].as_str().unwrap_or_default();
        let name = name.trim_end_matches(".txt").to_owned();
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found.truncate(DEPTH);
    found
}

fn ndcg_of(found: &[String], wanted: &HashSet<String>) -> f64 {
    let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let ranks = found.iter().enumerate();
    let reached: f64 = ranks
        .filter(|(_, name)| wanted.contains(*name))
        .map(|(rank, _)| gain(rank))
        .sum();
    let best: f64 = (0..wanted.len().min(DEPTH)).map(gain).sum();
    reached / best
}

fn recall_of(found: &[String], wanted: &HashSet<String>) -> f64 {
    let hits = found.iter().filter(|name| wanted.contains(*name)).count();
    hits as f64 / wanted.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_fall_with_the_rank() {
        let wanted = HashSet::from(["a".to_owned(), "b".to_owned()]);
        let found = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert!((ndcg_of(&found(&["a", "b", "c"]), &wanted) - 1.0).abs() < 1e-9);
        let later = ndcg_of(&found(&["c", "a", "b"]), &wanted);
        assert!(
            (later - (0.630_93 + 0.5) / (1.0 + 0.630_93)).abs() < 1e-4,
            "{later}"
        );
        assert!((recall_of(&found(&["c", "a"]), &wanted) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn documents_count_once() {
        let hit = |name: &str| json!({"document_name": name});
        let answer = json!({"hits": [hit("a.txt"), hit("a.txt"), hit("b.txt")]});
        assert_eq!(documents(&answer), ["a", "b"]);
    }
}
