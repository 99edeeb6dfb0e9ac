//! Python code that means harm.

use std::time::{Duration, Instant};

use sandbox::Limits;
use sandbox::code::ErrorKind;
use serde_json::json;

use crate::block_on;
use crate::python::code;

#[test]
fn files_network_and_processes_are_out_of_reach() {
    let Some(code) = code() else { return };
    block_on(async {
        for source in [
            "open('/etc/passwd').read()",
            "open('/proc/self/environ').read()",
            "open('/proc/1/cmdline').read()",
            "open('/tmp/x', 'w').write('x')",
            "open('/dev/null')",
            "import os\nos.listdir('/')",
            "import os\nos.stat('/etc/passwd')",
            "import os\nos.readlink('/proc/self/exe')",
            "import os\nos.unlink('/tmp/x')",
            "import os\nos.mkdir('/tmp/made')",
            "import os\nos.chdir('/')",
            "import os\nos.chmod('/tmp', 0o777)",
            "import os\nos.memfd_create('x')",
            "import os\nos.openpty()",
            "import pathlib\npathlib.Path('/etc/hostname').read_text()",
            "import tempfile\ntempfile.mkdtemp(dir='/tmp')",
            "import sqlite3\nsqlite3.connect('/tmp/x.db')",
            "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
            "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "import socket\nsocket.socket(socket.AF_UNIX)",
            "import socket\nsocket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
            "import urllib.request\nurllib.request.urlopen('http://127.0.0.1/')",
            "import http.client\nhttp.client.HTTPConnection('127.0.0.1').request('GET', '/')",
            "import socket\nsocket.getaddrinfo('example.com', 80)",
            "import os\nos.system('true')",
            "import os\nos.popen('true').read()",
            "import os\nos.fork()",
            "import os\nwhile True: os.fork()",
            "import os\nos.execv('/bin/true', ['true'])",
            "import os\nos.posix_spawn('/bin/true', ['true'], {})",
            "import subprocess\nsubprocess.run(['true'])",
            "import subprocess\nsubprocess.check_output('id', shell=True)",
            "import multiprocessing\nmultiprocessing.Process(target=print).start()",
            "import threading\nthreading.Thread(target=print).start()",
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
            "import os, signal\nos.kill(1, 0)",
            "import os, signal\nos.killpg(0, signal.SIGKILL)",
            "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
            "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, os.getpid())",
            "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETSIG, 9)",
            "import os\nos.setuid(0)",
            "import os\nos.sched_setaffinity(0, {0})",
            "import mmap\nmmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
        ] {
            let error = code.error(source).await;
            let no = matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Exception);
            assert!(no, "{source}: {error:?}");
        }
        let hint = code
            .fails_as(ErrorKind::Forbidden, "open('/etc/passwd')")
            .await;
        assert!(hint.message.contains("code has no files"), "{hint:?}");
        assert_eq!(hint.line, Some(1));
        code.fails_as(
            ErrorKind::Forbidden,
            "import subprocess\nsubprocess.run(['true'])",
        )
        .await;
        code.fails_as(
            ErrorKind::Forbidden,
            "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
        )
        .await;
    });
}

/// Not through Python's functions but by the C library, as a determined author would.
#[test]
fn system_calls_made_by_hand_are_refused_too() {
    let Some(code) = code() else { return };
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    block_on(async {
        let source = "\
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
tried = {
    'open': (2, b'/etc/passwd', 0), 'openat': (257, -100, b'/etc/passwd', 0), 'socket': (41, 2, 1, 0),
    'fork': (57,), 'vfork': (58,), 'clone': (56, 17, 0, 0, 0, 0), 'execve': (59, b'/bin/true', 0, 0),
    'kill': (62, 1, 0), 'ptrace': (101, 16, 1, 0, 0), 'prctl': (157, 22, 0, 0), 'seccomp': (317, 0, 0, 0),
    'unshare': (272, 0x10000000), 'mount': (165, 0, 0, 0, 0, 0), 'bpf': (321, 0, 0, 0), 'io_uring_setup': (425, 1, 0),
    'process_vm_readv': (310, 1, 0, 0, 0, 0, 0), 'pidfd_open': (434, 1, 0), 'userfaultfd': (323, 0),
    'keyctl': (250, 0), 'perf_event_open': (298, 0, 0, 0, 0, 0), 'setrlimit': (160, 9, 0), 'prlimit64': (302, 0, 9, 0, 0),
    'sendmsg': (46, 0, 0, 0), 'x32 getpid': (0x40000000 + 39,), 'x32 open': (0x40000000 + 2, b'/etc/passwd', 0),
    'tgkill': (234, 1, 1, 0), 'mmap exec': (9, 0, 4096, 7, 0x22, -1, 0), 'personality': (135, 0),
}
worked = []
for name, (number, *args) in tried.items():
    args = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in args]
    ctypes.set_errno(0)
    if libc.syscall(ctypes.c_long(number), *args) != -1 or ctypes.get_errno() not in (1, 38):
        worked.append((name, ctypes.get_errno()))
return worked";
        assert_eq!(code.result(source, "null").await, json!([]));
    });
}

#[test]
fn nothing_of_the_server_can_be_seen() {
    let Some(code) = code() else { return };
    block_on(async {
        assert_eq!(
            code.result("import os\nreturn dict(os.environ)", "null")
                .await,
            json!({})
        );
        assert_eq!(
            code.result("import os\nreturn os.path.exists('/etc/passwd')", "null")
                .await,
            json!(false)
        );
        let source = "import fcntl\nopen_ones = []\nfor fd in range(64):\n    try:\n        fcntl.fcntl(fd, fcntl.F_GETFD)\n        open_ones.append(fd)\n    except OSError:\n        pass\nreturn len(open_ones)";
        // Standard input, output and error lead nowhere; one more is the way of the result.
        assert_eq!(code.result(source, "null").await, json!(4));
    });
}

#[test]
fn endless_code_is_stopped_at_its_deadline() {
    let Some(mut code) = code() else { return };
    block_on(async {
        code.limits.time = Duration::from_millis(300);
        for source in [
            "while True: pass",
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
            "list(map(lambda x: [0 for _ in iter(int, 1)], [1]))",
            "sorted([3, 2, 1], key=lambda x: [0 for _ in iter(int, 1)])",
            "import json\njson.dumps(object(), default=lambda o: [0 for _ in iter(int, 1)])",
            "class A:\n    def __iter__(self):\n        while True: pass\nreturn A()",
            "import re\nre.match(r'^(a+)+$', 'a' * 60 + 'b')",
            "x = 9 ** 9 ** 9",
            "n = 3\nwhile True: n = n ** 3",
            "return str(7 ** 10_000_000)[:1]",
            "import time\ntime.sleep(1000)",
            "import asyncio\nawait asyncio.sleep(1000)",
            "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
            "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
            "import threading\nthreading.Lock().acquire() and threading.Event().wait()",
            "while True: print('x' * 1000)",
            "import sys\nsys.settrace(lambda *a: None)\nwhile True: pass",
            "def g():\n    while True: yield 1\nsum(g())",
        ] {
            let began = Instant::now();
            let error = code.error(source).await;
            let stopped = matches!(
                error.kind,
                ErrorKind::Timeout | ErrorKind::Exception | ErrorKind::Memory
            );
            assert!(stopped, "{source}: {error:?}");
            assert!(began.elapsed() < Duration::from_secs(8), "{source}");
        }
        let error = code
            .fails_as(ErrorKind::Timeout, "x = 1\nwhile True:\n    x += 1")
            .await;
        assert!(
            matches!(error.line, Some(2 | 3)),
            "the line is known: {error:?}"
        );
        code.fails_as(ErrorKind::Timeout, "x = 9 ** 9 ** 9").await;
        let printed = code.run("print('before')\nwhile True: pass", "null").await;
        assert_eq!(printed.stdout(), "before", "what was printed is not lost");
    });
}

#[test]
fn memory_stack_and_output_are_bounded() {
    let Some(mut code) = code() else { return };
    block_on(async {
        code.limits = Limits {
            time: Duration::from_secs(4),
            memory: 48 << 20,
            output: 1 << 16,
        };
        for source in [
            "a = []\nwhile True: a.append('x' * 100_000 + str(len(a)))",
            "return 'x' * 2 ** 33",
            "s = 'x'\nwhile True: s += s",
            "return bytearray(10 ** 9)",
            "return [0] * 10 ** 9",
            "import mmap\nmmap.mmap(-1, 1 << 32)",
        ] {
            let error = code.error(source).await;
            let bounded = matches!(
                error.kind,
                ErrorKind::Memory | ErrorKind::Exception | ErrorKind::Forbidden
            );
            assert!(bounded, "{source}: {error:?}");
        }
        code.fails_as(ErrorKind::Memory, "return 'x' * 2 ** 33")
            .await;
        let error = code
            .fails_as(ErrorKind::Exception, "def f(): return f()\nf()")
            .await;
        assert_eq!(error.name, "RecursionError");
        for source in [
            "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): return [f()]\nf()",
            "import ctypes\nctypes.string_at(0)",
            "import os\nos._exit(0)",
            "import os\nos.abort()",
            "a = []\nfor _ in range(100_000): a = [a]\nreturn a",
            "import json\njson.loads('[' * 100_000)",
            "eval('(' * 10_000)",
        ] {
            // Which error depends on the version of the interpreter: some crash, some are slow.
            code.error(source).await;
        }
        let outcome = code
            .run("for i in range(20_000): print('x' * 100)\nreturn 1", "null")
            .await;
        assert!(
            outcome.logs_truncated && outcome.error.is_none(),
            "{:?}",
            outcome.error
        );
        assert!(outcome.stdout().len() < 300_000);
    });
}

#[test]
fn forged_answers_and_stolen_input_harm_their_author_only() {
    let Some(code) = code() else { return };
    block_on(async {
        let write_everywhere = "import os\nfor fd in range(64):\n    try: os.write(fd, b'\\0' * 50)\n    except OSError: pass\nreturn 1";
        let error = code.error(write_everywhere).await;
        assert_eq!(error.kind, ErrorKind::Crash, "{error:?}");
        // A whole answer, then a lie about its end, then the next job's input.
        let forge = "\
import os, struct, time
for fd in range(3, 64):
    try: os.write(fd, struct.pack('<IQB', 9, 0, 0) + b'fork: exit 0\\n')
    except OSError: pass
while True:
    if os.read(0, 1): break
    time.sleep(0.01)
    os.close(0)";
        code.error(forge).await;
        let input = "import sys, os\nreturn [sys.stdin.read(), os.read(0, 10).decode()]";
        assert_eq!(code.result(input, "null").await, json!(["", ""]));
        let error = code
            .fails_as(ErrorKind::Exception, "del input\ninput('name? ')")
            .await;
        assert!(error.message.contains("nobody to type"), "{error:?}");
        assert_eq!(
            code.result(
                "import os\nos.write(1, b'hello')\nos.write(2, b'fork: exit 0')\nreturn 5",
                "null"
            )
            .await,
            5
        );
    });
}
