//! A client over a raw TCP socket: it sees what is really on the wire.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a test waits for bytes before it takes the server to be silent.
const SILENCE: Duration = Duration::from_millis(400);

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The body ended as its framing announced.
    Complete,
    /// FIN before the body's end.
    Closed,
    /// RST.
    Reset,
    /// Nothing more came, and the connection stayed open.
    Silent,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    /// The HTTP chunks of a chunked body; one entry for a body of known length.
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) ending: Ending,
    /// When the head and when the first byte of the body came, since the request was sent.
    pub(crate) head_after: Duration,
    pub(crate) body_after: Option<Duration>,
    /// How long the whole exchange took.
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn body(&self) -> String {
        String::from_utf8(self.chunks.concat()).expect("the body is UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body()).expect("the body is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .find_map(|(n, value)| (n == name).then_some(value))
    }

    /// How often `part` stands in the body.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.body().matches(part).count()
    }
}

/// Asks for a chat completion of `model`.
pub(crate) fn chat(address: SocketAddr, model: &str, stream: bool) -> Answer {
    let body = json!({
        "model": model,
        "messages": [{"role": "user", "content": "hi"}],
        "stream": stream,
        "stream_options": {"include_usage": true},
    });
    post(address, "/v1/chat/completions", &[], &body)
}

/// Posts `body` to `path` over a new connection and reads the answer to its end.
pub(crate) fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let mut stream = send(address, path, headers, body);
    read(&mut stream)
}

/// Sends the request only.
pub(crate) fn send(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_read_timeout(Some(SILENCE)).expect("a timeout");
    let body = body.to_string();
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: test\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes()).expect("a request");
    stream
}

/// Reads one answer.
pub(crate) fn read(stream: &mut TcpStream) -> Answer {
    let start = Instant::now();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut head_after = None;
    let mut body_after = None;
    let ending = loop {
        if let Some((head, body)) = split_head(&bytes) {
            head_after.get_or_insert_with(|| start.elapsed());
            if !body.is_empty() {
                body_after.get_or_insert_with(|| start.elapsed());
            }
            if is_complete(head, body) {
                break Ending::Complete;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) => break Ending::Closed,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break Ending::Reset,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break Ending::Silent,
            Err(error) => panic!("reading failed: {error}"),
        }
    };
    let (head, body) = split_head(&bytes).unwrap_or(("", &[]));
    let chunks = if head.contains("transfer-encoding: chunked") {
        dechunk(body).0
    } else {
        vec![body.to_vec()]
    };
    Answer {
        status: head.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0),
        head: head.to_owned(),
        chunks,
        ending,
        head_after: head_after.unwrap_or_default(),
        body_after,
        took: start.elapsed(),
    }
}

fn split_head(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).expect("the head is text");
    Some((head, &bytes[end + 4..]))
}

fn is_complete(head: &str, body: &[u8]) -> bool {
    if head.contains("transfer-encoding: chunked") {
        return dechunk(body).1;
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|value| value.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

/// The chunks, and whether the last one was seen.
fn dechunk(mut body: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut chunks = Vec::new();
    while let Some(line) = body.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&body[..line]).expect("a chunk size");
        let size = usize::from_str_radix(size, 16).expect("a chunk size");
        let data = &body[line + 2..];
        if size == 0 {
            return (chunks, true);
        }
        if data.len() < size + 2 {
            break;
        }
        chunks.push(data[..size].to_vec());
        body = &data[size + 2..];
    }
    (chunks, false)
}
