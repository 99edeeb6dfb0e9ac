//! The scripted upstream: one fast server that answers like OpenAI, Anthropic, Gemini and Ollama, and
//! misbehaves on request. What a request gets is written in its model name, see [`script`].
//!
//! `GET /_stats` answers a [`Snapshot`]; `POST /_reset` forgets all counts.

mod answer;
mod dialect;
mod plan;
mod playback;
mod request;
pub mod script;
mod socket;
mod tally;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

pub use dialect::Dialect;
pub(crate) use dialect::{WORD_DIMENSIONS, word_vector};
pub use tally::{Figures, ModelSnapshot, Snapshot};

use socket::Socket;
use tally::Tally;

/// An upstream that runs on a thread of its own until it is dropped; all its connections close then.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    tally: Arc<Tally>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Starts an upstream on a free port of the loopback interface.
    ///
    /// # Errors
    /// Fails when no port can be bound or no thread started.
    pub fn start() -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Starts an upstream on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// Fails when the address cannot be bound or no thread started.
    pub fn start_on(address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let tally = Arc::new(Tally::default());
        let (stop, stopped) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let serving = tally.clone();
        let thread = std::thread::Builder::new()
            .name("upstream".to_owned())
            .spawn(move || {
                LocalSet::new().block_on(&runtime, async {
                    tokio::select! {
                        _ = serve(listener, serving) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            tally,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The counts so far.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.tally.snapshot()
    }

    /// The counts of all models together.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.tally.figures()
    }

    /// What a model name saw; all zero when it was never asked for.
    #[must_use]
    pub fn model(&self, name: &str) -> ModelSnapshot {
        self.snapshot().models.remove(name).unwrap_or_default()
    }

    /// Forgets all counts, and the counters of `f-once` and `f-flaky`.
    pub fn reset(&self) {
        self.tally.reset();
    }

    /// Blocks until the server's thread ends, which it does only when the listener breaks.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, tally: Arc<Tally>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, mostly: some will be closed soon.
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        tally.connected();
        tokio::task::spawn_local(serve_connection(stream, tally.clone()));
    }
}

async fn serve_connection(stream: TcpStream, tally: Arc<Tally>) {
    let _ = stream.set_nodelay(true);
    let abort = Arc::new(AtomicBool::new(false));
    let socket = Socket::new(stream, abort.clone());
    let service = service_fn(move |request| answer::answer(tally.clone(), abort.clone(), request));
    // Errors are the script's, or the client hanging up: both are counted where they happen.
    let _ = http1::Builder::new()
        .serve_connection(socket, service)
        .await;
}
