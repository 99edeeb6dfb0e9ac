//! Connections are kept, replaced and given up as they should.

#![expect(
    clippy::disallowed_methods,
    reason = "tasks of a test end with its runtime"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use outbound::{Client, ErrorKind, OutBody, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A server that counts its connections and answers as `answer` says, given the number of the
/// request on its connection.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answer: fn(usize) -> Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback is there");
        let port = listener.local_addr().expect("is bound").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, answer));
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}/path?query=1"),
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// What a server does with a request.
enum Act {
    Answer,
    /// Answers and closes without saying so.
    AnswerAndClose,
    /// Closes without an answer.
    Close,
    Hang,
}

async fn serve(mut socket: TcpStream, answer: fn(usize) -> Act) {
    for number in 0.. {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match socket.read(&mut byte).await {
                Ok(1) => request.push(byte[0]),
                _ => return,
            }
        }
        let text = String::from_utf8(request).expect("is text");
        assert!(text.starts_with("GET /path?query=1 HTTP/1.1\r\n"), "{text}");
        assert!(text.contains("host: 127.0.0.1:"), "{text}");
        let act = answer(number);
        match act {
            Act::Answer | Act::AnswerAndClose => socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await
                .expect("the client reads"),
            Act::Close => return,
            Act::Hang => std::future::pending().await,
        }
        if matches!(act, Act::AnswerAndClose) {
            return;
        }
    }
}

fn get(url: &str) -> Request<OutBody> {
    Request::get(url)
        .body(OutBody::full(Bytes::new()))
        .expect("is a request")
}

async fn fetch(client: &Client, server: &Server) -> Bytes {
    let answer = client.send(get(&server.url)).await.expect("answers");
    answer
        .into_body()
        .collect()
        .await
        .expect("is complete")
        .to_bytes()
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = Server::start(|_| Act::Answer).await;
    let client = Client::trusted(&Settings::default());
    for _ in 0..20 {
        assert_eq!(fetch(&client, &server).await, "ok");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_replaced() {
    let server = Server::start(|_| Act::AnswerAndClose).await;
    let client = Client::trusted(&Settings::default());
    for _ in 0..20 {
        assert_eq!(fetch(&client, &server).await, "ok");
    }
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn a_request_that_reached_the_server_is_not_sent_again() {
    let server = Server::start(|_| Act::Close).await;
    let client = Client::trusted(&Settings::default());
    let error = client.send(get(&server.url)).await.expect_err("is broken");
    assert_eq!(error.kind, ErrorKind::Broken, "{error}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_body_dropped_before_its_end_closes_the_connection() {
    let server = Server::start(|_| Act::Answer).await;
    let client = Client::trusted(&Settings::default());
    drop(client.send(get(&server.url)).await.expect("answers"));
    assert_eq!(fetch(&client, &server).await, "ok");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_call_that_is_given_up_does_not_leave_its_connection_to_the_next() {
    let server = Server::start(|number| match number {
        0 => Act::Answer,
        _ => Act::Hang,
    })
    .await;
    let client = Client::trusted(&Settings::default());
    assert_eq!(fetch(&client, &server).await, "ok");
    let hanging = client.send(get(&server.url));
    tokio::time::timeout(Duration::from_millis(50), hanging)
        .await
        .expect_err("hangs");
    assert_eq!(fetch(&client, &server).await, "ok");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn connections_that_rest_too_long_are_closed() {
    let server = Server::start(|_| Act::Answer).await;
    let client = Client::trusted(&Settings {
        pool_idle_timeout: Duration::from_millis(40),
        ..Settings::default()
    });
    assert_eq!(fetch(&client, &server).await, "ok");
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(fetch(&client, &server).await, "ok");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn no_more_connections_rest_than_allowed() {
    let server = Server::start(|_| Act::Answer).await;
    let client = Client::trusted(&Settings {
        pool_max_idle_per_host: 1,
        ..Settings::default()
    });
    let (first, second) = tokio::join!(fetch(&client, &server), fetch(&client, &server));
    assert_eq!((first, second), ("ok".into(), "ok".into()));
    let (third, fourth) = tokio::join!(fetch(&client, &server), fetch(&client, &server));
    assert_eq!((third, fourth), ("ok".into(), "ok".into()));
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_does_not_accept_is_given_up_in_time() {
    // A full backlog: the kernel drops further handshakes.
    let socket =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("binds");
    socket.listen(0).expect("listens");
    let address = socket
        .local_addr()
        .expect("is bound")
        .as_socket()
        .expect("an address");
    let fill = || tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address));
    let _held = [fill().await, fill().await, fill().await];
    let client = Client::trusted(&Settings::default()).connecting_within(Duration::from_millis(60));
    let error = client.send(get(&format!("http://{address}/"))).await;
    let error = error.expect_err("is given up");
    assert_eq!(error.kind, ErrorKind::Connect, "{error}");
    assert!(error.message.contains("60 ms"), "{error}");
}
