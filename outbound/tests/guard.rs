//! The guard over real sockets.

#![expect(
    clippy::disallowed_methods,
    reason = "tasks of a test end with its runtime"
)]

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use outbound::{Client, ErrorKind, OutBody, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn serve_once() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback is there");
    let port = listener.local_addr().expect("is bound").port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a client comes");
        let mut request = [0; 1024];
        let read = socket.read(&mut request).await.expect("the client writes");
        assert!(read > 0);
        socket
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            .await
            .expect("the client reads");
    });
    port
}

fn get(url: &str) -> Request<OutBody> {
    Request::get(url)
        .body(OutBody::full(Bytes::new()))
        .expect("is a request")
}

#[tokio::test]
async fn trusted_client_reaches_loopback() {
    let port = serve_once().await;
    let client = Client::trusted(&Settings::default());
    let answer = client
        .send(get(&format!("http://127.0.0.1:{port}/")))
        .await
        .expect("answers");
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("is complete")
        .to_bytes();
    assert_eq!(&body[..], b"ok");
}

#[tokio::test]
async fn guarded_client_refuses_private_names_and_literals() {
    let client = Client::guarded(&Settings::default());
    for url in [
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://10.0.0.1/",
    ] {
        let error = client.send(get(url)).await.expect_err("is refused");
        assert_eq!(error.kind, ErrorKind::Refused, "{url}: {error}");
        assert!(error.message.contains("not a public address"), "{error}");
    }
}

#[tokio::test]
async fn guarded_client_reaches_what_is_allowed_and_nothing_beside_it() {
    let port = serve_once().await;
    let client = Client::guarded(&Settings {
        allowed_networks: vec!["127.0.0.1".parse().expect("an address")],
        ..Settings::default()
    });
    let answer = client.send(get(&format!("http://127.0.0.1:{port}/"))).await;
    assert_eq!(answer.expect("answers").status(), 200);
    let found = client.addresses("127.0.0.1", port).await.expect("allowed");
    assert_eq!(found.len(), 1);
    for url in ["http://127.0.0.2:1/", "http://10.0.0.1/", "http://[::1]:1/"] {
        let error = client.send(get(url)).await.expect_err("is refused");
        assert_eq!(error.kind, ErrorKind::Refused, "{url}: {error}");
        assert!(
            error.message.contains("outbound.allowed_networks"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn nobody_listening_is_a_connect_error() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback is there");
    let port = listener.local_addr().expect("is bound").port();
    drop(listener);
    let client = Client::trusted(&Settings::default());
    let error = client
        .send(get(&format!("http://127.0.0.1:{port}/")))
        .await
        .expect_err("fails");
    assert_eq!(error.kind, ErrorKind::Connect);
}
