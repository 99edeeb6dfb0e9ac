//! Models by their name: fetched from a hub once, whole or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rag::ErrorKind;
use rag::embed::HubModel;
use store::testing::TempDir;

#[derive(Default)]
struct Hub {
    requests: AtomicUsize,
    cuts: AtomicBool,
}

/// A hub with one model, whose large file lies elsewhere, as those of real hubs do.
async fn answer(State(hub): State<Arc<Hub>>, request: Request) -> Response {
    hub.requests.fetch_add(1, Ordering::SeqCst);
    match request.uri().path() {
        "/owner/tiny/resolve/v1/config.json" => "{}".into_response(),
        "/owner/tiny/resolve/v1/tokenizer.json" => "{\"version\":\"1.0\"}".into_response(),
        "/owner/tiny/resolve/v1/onnx/model.onnx" => {
            Redirect::temporary("/storage/abc").into_response()
        }
        "/storage/abc" if hub.cuts.load(Ordering::SeqCst) => Response::builder()
            .header("content-length", "1000")
            .body(Body::from_stream(futures_util::stream::iter([
                Ok("the model".to_owned()),
                Err(std::io::Error::other("cut")),
            ])))
            .expect("an answer"),
        "/storage/abc" => "the model".into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The stand-in and its address.
#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
async fn hub() -> (Arc<Hub>, String) {
    let hub = Arc::new(Hub::default());
    let router = axum::Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&hub));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (hub, url)
}

fn model(name: &str) -> HubModel {
    HubModel::try_from(name.to_owned()).expect("is a name")
}

#[tokio::test]
async fn a_model_is_fetched_once_and_whole() {
    let (hub, url) = hub().await;
    let client = outbound::Client::trusted(&outbound::Settings::default());
    let dir = TempDir::new();
    let tiny = model("owner/tiny@v1");
    hub.cuts.store(true, Ordering::SeqCst);
    let error = tiny.fetch(&client, &url, dir.path()).await;
    let error = error.expect_err("was cut");
    assert_eq!(error.kind, ErrorKind::NotConfigured);
    for part in ["owner/tiny", "model.onnx", "owner--tiny@v1", "`path`"] {
        assert!(error.message.contains(part), "{error}");
    }
    hub.cuts.store(false, Ordering::SeqCst);
    let folder = tiny.fetch(&client, &url, dir.path()).await.expect("comes");
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).expect("is there");
    assert_eq!(text("model.onnx"), "the model");
    assert_eq!(text("config.json"), "{}");
    let before = hub.requests.load(Ordering::SeqCst);
    let again = tiny.fetch(&client, "http://127.0.0.1:9", dir.path()).await;
    assert_eq!(again.expect("is there"), folder);
    assert_eq!(hub.requests.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn a_model_that_the_hub_does_not_have_is_named() {
    let (_hub, url) = hub().await;
    let client = outbound::Client::trusted(&outbound::Settings::default());
    let dir = TempDir::new();
    let missing = model("owner/missing")
        .fetch(&client, &url, dir.path())
        .await;
    let error = missing.expect_err("is not there");
    assert!(error.message.contains("404"), "{error}");
    assert!(error.message.contains("config.json"), "{error}");
}
