//! Embedding: cached, patient, resumable; and a real model where there is one.

use std::sync::atomic::Ordering;

use rag::ErrorKind;
use rag::embed::{Embedder, LocalEmbedder, LocalEmbedders, LocalModelConfig, Runtime};
use rag::library::NewDocument;
use store::testing::TempDir;

use crate::world::{DIMENSIONS, chunks, embedded, in_each_world};

#[tokio::test]
async fn equal_and_known_texts_are_embedded_once() {
    embedded(|world| async move {
        let embedder = Embedder::new(world.library.clone());
        let texts: Vec<String> = ["a", "b", "a", "c"].map(str::to_owned).into();
        let hashes: Vec<Vec<u8>> = ["a", "b", "a", "c"].map(|t| chunks(&[t])[0].hash()).into();
        let embed = || embedder.embed(&world.models, &world.space, None, &hashes, &texts);
        let first = embed().await.expect("embeds");
        assert_eq!((first.cached, first.cost_nano_usd), (0, 30));
        assert_eq!(world.models.texts.load(Ordering::SeqCst), 3);
        assert_eq!(first.vectors[0], first.vectors[2]);
        assert_ne!(first.vectors[0], first.vectors[1]);
        let again = embed().await.expect("embeds");
        assert_eq!((again.cached, again.cost_nano_usd), (4, 0));
        assert_eq!(world.models.calls.load(Ordering::SeqCst), 1);
    })
    .await;
}

#[tokio::test]
async fn a_busy_model_is_asked_again() {
    embedded(|world| async move {
        let embedder = Embedder::new(world.library.clone());
        world.models.busy.store(3, Ordering::SeqCst);
        let space = embedder
            .space(&world.models, world.place, "words", None, "")
            .await;
        assert_eq!(space.expect("answers at last").id, world.space.id);
        assert_eq!(world.models.calls.load(Ordering::SeqCst), 4);
        world.models.busy.store(99, Ordering::SeqCst);
        let error = embedder
            .space(&world.models, world.place, "words", None, "")
            .await;
        let error = error.expect_err("stays busy");
        assert_eq!(
            error.kind,
            ErrorKind::Model(gateway::Code::UpstreamRateLimited)
        );
        assert_eq!(world.models.calls.load(Ordering::SeqCst), 10);
    })
    .await;
}

#[tokio::test]
async fn filling_a_space_stops_when_told_and_goes_on_where_it_was() {
    in_each_world(|world| async move {
        let texts: Vec<String> = (0..150).map(|at| format!("cat number {at}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let new = NewDocument::default();
        let id = world
            .library
            .add_document(world.place, new)
            .await
            .expect("added")
            .id;
        world.write(id, &texts, None).await;
        let embedder = Embedder::new(world.library.clone());
        let fill = async |go_on: bool| {
            embedder
                .fill(&world.models, world.place, &world.space, None, |_| go_on)
                .await
        };
        assert_eq!(fill(false).await.expect("fills").chunks, 64);
        assert_eq!(fill(true).await.expect("fills").chunks, 86);
        assert_eq!(fill(true).await.expect("fills").chunks, 0);
        let counts = world
            .library
            .store()
            .count(world.place)
            .await
            .expect("counts");
        assert_eq!((counts.chunks, counts.vectors), (150, 150));
    })
    .await;
}

#[tokio::test]
async fn a_vector_of_another_length_is_refused() {
    embedded(|world| async move {
        let vectors = [(vec![1; 32], vec![1.0; DIMENSIONS as usize + 1])];
        let error = world.library.cache_vectors(&world.space, &vectors).await;
        let error = error.expect_err("is too long");
        assert!(error.message.contains("65 dimensions where 64"), "{error}");
    })
    .await;
}

/// The directory of all-MiniLM-L6-v2 and the loaded runtime, where both are there.
fn real_model() -> Option<(std::path::PathBuf, Runtime)> {
    let (Some(directory), Some(library)) = (
        std::env::var_os("MODEL_DIR"),
        std::env::var_os("ORT_DYLIB_PATH"),
    ) else {
        eprintln_skip("MODEL_DIR and ORT_DYLIB_PATH are not set: no real model is tried");
        return None;
    };
    let runtime = Runtime::load(Some(library.as_ref())).expect("the runtime loads");
    Some((directory.into(), runtime))
}

fn eprintln_skip(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn config(path: impl Into<std::path::PathBuf>) -> LocalModelConfig {
    LocalModelConfig {
        path: Some(path.into()),
        hub: None,
        max_tokens: Some(256),
        threads: 1,
    }
}

#[test]
fn a_real_model_puts_like_by_like_in_any_batch() {
    let Some((directory, runtime)) = real_model() else {
        return;
    };
    let model = LocalEmbedder::load(runtime, "minilm", &config(directory)).expect("loads");
    assert_eq!(model.file_hash().len(), 64);
    let long = "A much longer passage about the weather in the mountains. ".repeat(60);
    let texts: Vec<String> = [
        "The cat sleeps.",
        "A kitten is napping.",
        "Interest rates rose again.",
        &long,
    ]
    .map(str::to_owned)
    .into();
    let vectors = model.embed(&texts).expect("embeds");
    let dot = |a: usize, b: usize| -> f32 {
        vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum()
    };
    assert!(vectors.iter().all(|v| v.len() == 384));
    assert!((dot(0, 0) - 1.0).abs() < 1e-4);
    assert!(
        dot(0, 1) > 0.5 && dot(0, 2) < 0.2,
        "{} {}",
        dot(0, 1),
        dot(0, 2)
    );
    // Alone or beside a long text, a text has the same vector.
    let alone = model.embed(&texts[..1]).expect("embeds");
    let same: f32 = alone[0].iter().zip(&vectors[0]).map(|(a, b)| a * b).sum();
    assert!(same > 0.9999, "{same}");
    assert!(model.embed(&[]).expect("embeds").is_empty());
}

#[test]
fn a_missing_file_of_a_model_is_named() {
    let Some((directory, _)) = real_model() else {
        return;
    };
    let dir = TempDir::new();
    std::fs::copy(directory.join("model.onnx"), dir.path().join("model.onnx")).expect("copies");
    let models = [("half".to_owned(), config(dir.path()))].into();
    let error = LocalEmbedders::load(None, &models).expect_err("has no tokenizer");
    assert_eq!(error.kind, ErrorKind::NotConfigured);
    for part in ["half", "tokenizer.json", "missing"] {
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn a_damaged_model_is_an_error_and_not_a_panic() {
    let Some((directory, runtime)) = real_model() else {
        return;
    };
    let dir = TempDir::new();
    for file in ["tokenizer.json", "config.json"] {
        std::fs::copy(directory.join(file), dir.path().join(file)).expect("copies");
    }
    std::fs::write(dir.path().join("model.onnx"), b"no model").expect("writes");
    let error = LocalEmbedder::load(runtime, "bad", &config(dir.path())).expect_err("is damaged");
    assert!(error.message.contains("model.onnx"), "{error}");
}
