//! The worker's side: it locks itself in, then serves one job after another.

use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use crate::frame::{Request, Status, write_reply};
use crate::{code, jail};

/// A job: from its input to its result, or to a message for the user why not.
pub type Job = fn(&[u8]) -> Result<Vec<u8>, String>;

/// The worker process: serves `jobs` on standard input and output until the program closes them.
///
/// `args` is what [`crate::Pool`] put behind the program's own arguments. Call it first thing in the
/// process, before threads, sockets or files are opened.
pub fn worker_main(args: &[String], jobs: &[(&str, Job)]) -> ExitCode {
    let outcome = match args {
        [role] if role == "jobs" => serve(jobs),
        [role, interpreter] if role == "python" => start_python(Path::new(interpreter)),
        _ => Err("a worker is started by the server only".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = write_reply(&mut io::stdout(), 0, Status::Unavailable, why.as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// Becomes the interpreter; returns only when that fails.
fn start_python(interpreter: &Path) -> Result<(), String> {
    let (filter, landlock) = jail::prepare_interpreter(interpreter)?;
    let error = code::python::become_interpreter(interpreter, &filter, &landlock);
    Err(format!("the Python interpreter does not start: {error}"))
}

fn serve(jobs: &[(&str, Job)]) -> Result<(), String> {
    std::panic::set_hook(Box::new(|_| {}));
    end_with_parent()?;
    let confinement = jail::lock_in()?;
    let ready = serde_json::to_vec(&confinement).map_err(|e| e.to_string())?;
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut answer = |nonce, status, payload: &[u8]| {
        write_reply(&mut output, nonce, status, payload)
            .and_then(|()| output.flush())
            .map_err(|e| format!("cannot answer: {e}"))
    };
    answer(0, Status::Ready, &ready)?;
    while let Ok(Some(request)) = Request::read(&mut input) {
        let (status, payload) = run(jobs, &request);
        answer(request.nonce, status, &payload)?;
    }
    Ok(())
}

fn run(jobs: &[(&str, Job)], request: &Request) -> (Status, Vec<u8>) {
    let found = jobs
        .iter()
        .find(|(name, _)| name.as_bytes() == request.job());
    let Some((_, job)) = found else {
        let name = String::from_utf8_lossy(request.job());
        return (
            Status::Refused,
            format!("the worker knows no job `{name}`").into_bytes(),
        );
    };
    match catch_unwind(AssertUnwindSafe(|| job(request.input()))) {
        Ok(Ok(result)) => (Status::Done, result),
        Ok(Err(why)) => (Status::Refused, why.into_bytes()),
        Err(panic) => (Status::Panicked, panic_message(&*panic).into_bytes()),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message")
        .to_owned()
}

/// Ends this process as soon as the program at the other end of the pipe is gone, also in the middle
/// of a job that would never end.
fn end_with_parent() -> Result<(), String> {
    use rustix::event::{PollFd, PollFlags, poll};
    let watch = || {
        let input = io::stdin();
        loop {
            // Nothing is asked for: only a hang-up is reported, which always is.
            let mut ends = [PollFd::new(&input, PollFlags::empty())];
            let polled = poll(&mut ends, None);
            if polled.is_ok() && !ends[0].revents().is_empty() {
                std::process::exit(0);
            }
        }
    };
    std::thread::Builder::new()
        .name("parent".to_owned())
        .stack_size(64 * 1024)
        .spawn(watch)
        .map(drop)
        .map_err(|e| format!("a thread cannot be started: {e}"))
}
