//! A worker like the product's, with jobs that misbehave.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// As in the product: an allocator that reserves memory ahead must not undo the limit.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Answer = Result<Vec<u8>, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    sandbox::worker_main(
        &args,
        &[
            (sandbox::code::JOB, sandbox::code::job),
            ("echo", |input| Ok(input.to_vec())),
            ("refuse", |_| Err("this is no document".to_owned())),
            ("panic", |_| panic!("index out of bounds")),
            ("abort", |_| std::process::abort()),
            ("exit", |_| std::process::exit(7)),
            ("spin", |_| spin()),
            ("overflow", |_| Ok(vec![overflow(0).to_le_bytes()[0]])),
            ("eat", eat),
            ("large", |_| Ok(vec![b'x'; 1 << 20])),
            ("count", count),
            ("complain", complain),
            ("reach", reach),
            ("raw", raw),
            ("drip", drip),
        ],
    )
}

fn spin() -> Answer {
    let mut n = 0u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn overflow(n: u64) -> u64 {
    let room = std::hint::black_box([n; 64]);
    overflow(n + 1) + room[0]
}

/// Takes the number of MiB it is told to.
fn eat(input: &[u8]) -> Answer {
    let wanted: usize = String::from_utf8_lossy(input)
        .parse()
        .map_err(|_| "a number")?;
    let mut kept = Vec::new();
    for n in 0..wanted {
        kept.push(vec![n as u8 | 1; 1 << 20]);
    }
    Ok(kept.len().to_string().into_bytes())
}

/// How many jobs this process has served.
fn count(_: &[u8]) -> Answer {
    use std::sync::atomic::{AtomicU32, Ordering};
    static SERVED: AtomicU32 = AtomicU32::new(0);
    let served = SERVED.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(format!("{} {served}", std::process::id()).into_bytes())
}

/// Writes a megabyte to standard error.
fn complain(_: &[u8]) -> Answer {
    let mut stderr = std::io::stderr();
    for _ in 0..1024 {
        let _ = stderr.write_all(&[b'!'; 1024]);
    }
    Ok(b"done".to_vec())
}

/// Tries to get out, and says what worked. The input is the number of the process that asks.
fn reach(parent: &[u8]) -> Answer {
    let mut out = Vec::new();
    let mut tried = |what: &str, worked: bool| {
        if worked {
            out.push(what.to_owned());
        }
    };
    tried("read a file", std::fs::read("/etc/passwd").is_ok());
    tried("list a folder", std::fs::read_dir("/").is_ok());
    tried("see a file", std::fs::metadata("/etc/passwd").is_ok());
    tried("write a file", std::fs::write("/tmp/escaped", b"x").is_ok());
    let dial = std::net::TcpStream::connect_timeout;
    let address = ([127, 0, 0, 1], 80).into();
    let refused = dial(&address, Duration::from_millis(200)).err();
    let sealed = refused.map(|e| e.kind()) == Some(std::io::ErrorKind::PermissionDenied);
    tried("dial", !sealed);
    tried("listen", std::net::TcpListener::bind("127.0.0.1:0").is_ok());
    tried("send", std::net::UdpSocket::bind("127.0.0.1:0").is_ok());
    let log = std::os::unix::net::UnixDatagram::unbound();
    tried("talk to a service", log.is_ok());
    // The standard library panics where it cannot believe the answer; nothing has run then.
    let run = || std::process::Command::new("/bin/true").status().is_ok();
    tried(
        "run a program",
        std::panic::catch_unwind(run).unwrap_or(false),
    );
    let thread = || std::thread::Builder::new().spawn(|| ()).is_ok();
    tried(
        "start a thread",
        std::panic::catch_unwind(thread).unwrap_or(false),
    );
    let parent = String::from_utf8_lossy(parent).parse().ok();
    let parent = parent.and_then(rustix::process::Pid::from_raw);
    let kill = parent.map(rustix::process::test_kill_process);
    tried("signal the server", kill.is_some_and(|k| k.is_ok()));
    let limit = rustix::process::Rlimit {
        current: None,
        maximum: None,
    };
    let raise = rustix::process::setrlimit(rustix::process::Resource::As, limit);
    tried("raise a limit", raise.is_ok());
    let mut environment = std::env::vars();
    let known = |name: &str| name == "TZ" || name.starts_with("MIMALLOC");
    tried(
        "see the environment",
        environment.any(|(name, _)| !known(&name)),
    );
    Ok(out.join(", ").into_bytes())
}

/// Writes its input to standard output itself, in front of the answer.
fn raw(input: &[u8]) -> Answer {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(input);
    let _ = stdout.flush();
    Ok(Vec::new())
}

/// Announces an answer and lets it drip.
fn drip(_: &[u8]) -> Answer {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(&1_000u32.to_le_bytes());
    loop {
        let _ = stdout.write_all(b"x");
        let _ = stdout.flush();
        std::thread::sleep(Duration::from_millis(50));
    }
}
