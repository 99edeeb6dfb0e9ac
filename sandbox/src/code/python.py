"""Runs users' Python code, each run in a fork of this process that has locked itself in.

This process loads the everyday modules once and never sees a job: it reads a job's head, forks, and the
fork reads the rest. So nothing of one job is left for the next, and a run costs a fork, not a start.
Frames are those of `frame.rs`; the fate of each fork goes to standard error.
"""
import sys

PRELOAD = """
_strptime abc argparse array ast asyncio base64 binascii bisect bz2 calendar cmath codecs collections
collections.abc colorsys concurrent.futures configparser contextlib contextvars copy copyreg csv ctypes
dataclasses datetime decimal difflib dis email email.charset email.contentmanager email.generator
email.headerregistry email.message email.mime.application email.mime.base email.mime.image
email.mime.multipart email.mime.text email.parser email.policy email.utils encodings.ascii
encodings.base64_codec encodings.big5 encodings.cp1250 encodings.cp1251 encodings.cp1252 encodings.cp437
encodings.euc_jp encodings.euc_kr encodings.gb18030 encodings.gbk encodings.hex_codec encodings.idna
encodings.iso8859_1 encodings.iso8859_15 encodings.iso8859_2 encodings.latin_1 encodings.punycode
encodings.raw_unicode_escape encodings.rot_13 encodings.shift_jis encodings.unicode_escape
encodings.utf_16 encodings.utf_16_be encodings.utf_16_le encodings.utf_32 encodings.utf_7
encodings.utf_8_sig enum errno fcntl fnmatch fractions functools gc getpass glob graphlib gzip hashlib heapq
hmac html html.entities html.parser http http.client http.cookies importlib importlib.metadata
importlib.resources inspect io ipaddress itertools json keyword linecache locale logging logging.handlers
lzma marshal math mimetypes mmap numbers operator optparse os os.path pathlib pickle pkgutil platform
plistlib posixpath pprint queue quopri random re reprlib resource sched secrets select shelve shlex shutil
signal socket sqlite3 stat statistics string stringprep struct subprocess symtable sys tarfile tempfile
textwrap threading time timeit token tokenize tomllib traceback types typing unicodedata unittest
unittest.mock urllib.error urllib.parse urllib.request uuid warnings wave weakref xml.dom.expatbuilder
xml.dom.minidom xml.etree.ElementTree xml.sax xml.sax.expatreader xml.sax.saxutils zipfile zlib zoneinfo
""".split()


def preload():
    for name in PRELOAD:
        try:
            __import__(name)
        except ImportError:
            pass  # an older Python, or one built without it


preload()

import ast, asyncio, collections, ctypes, dataclasses, datetime, decimal, enum, gc, inspect, io  # noqa
import itertools, json, linecache, os, pathlib, select, signal, struct, time, types, uuid  # noqa

FILE = "<code>"
HEAD = struct.Struct("<IQIB")
REPLY = struct.Struct("<IQB")
DONE, REFUSED, READY, UNAVAILABLE = 0, 1, 3, 4
GRACE_S = 0.3
LOOK_EVERY_S = 0.5
MAX_TRACE = 50
# Kept from code that replaces them.
to_text, from_text = json.dumps, json.loads


# --- frames --------------------------------------------------------------------------------------


def read_exactly(descriptor, size):
    parts = []
    while size > 0:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


def reply(descriptor, nonce, status, payload):
    write_all(descriptor, REPLY.pack(9 + len(payload), nonce, status) + payload)


# --- locking in ----------------------------------------------------------------------------------


class Filter:
    """The seccomp filter, put on by the fork itself before it runs anything of the user's."""

    def __init__(self, program):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.prctl = self.libc.prctl
        self.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
        self.code = ctypes.create_string_buffer(program, len(program))
        # struct sock_fprog: a count of instructions and a pointer to them.
        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

        self.program = Program(len(program) // 8, ctypes.addressof(self.code))

    def put_on(self):
        PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
        SECCOMP_MODE_FILTER = 2
        steps = [
            (PR_SET_PDEATHSIG, signal.SIGKILL, 0),
            (PR_SET_NO_NEW_PRIVS, 1, 0),
            (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(self.program)),
        ]
        for step in steps:
            if self.prctl(*step, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "the kernel refuses the filter")


def check(lock):
    """Whether a fork really is locked in; says what is wrong, or nothing."""
    pid = os.fork()
    if pid == 0:
        try:
            lock.put_on()
            os.stat("/")
            os._exit(2)
        except PermissionError as error:
            os._exit(0 if error.filename == "/" else 3)
        except BaseException:
            os._exit(3)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        return "the kernel refuses seccomp filters, and Python code does not run without"
    return None


def hold_time_zones():
    """Time zones are files, which the code cannot read: hold them all."""
    try:
        import zoneinfo
        from zoneinfo import _common, _tzpath
    except ImportError:
        return
    held = {}
    for name in zoneinfo.available_timezones():
        try:
            path = _tzpath.find_tzfile(name)
            with open(path, "rb") if path else _common.load_tzdata(name) as file:
                held[name] = file.read()
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            pass
    names = frozenset(held)

    def load_tzdata(key):
        if key not in held:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}")
        return io.BytesIO(held[key])

    # Asked when a file is not found, which in a fork none is.
    _common.load_tzdata = load_tzdata
    zoneinfo.available_timezones = lambda: set(names)


# --- one run: in the fork ------------------------------------------------------------------------


class Returned(BaseException):
    """A `return` outside of any function."""

    def __init__(self, value=None):
        self.value = value


class TooLate(BaseException):
    """The deadline, raised where the code is."""


class TopLevelReturn(ast.NodeTransformer):
    """Makes `return x` of the outermost level end the code with that result."""

    found = False

    def visit_Return(self, node):
        self.found = True
        call = ast.Call(ast.Name("__returned__", ast.Load()), [node.value] if node.value else [], [])
        return ast.fix_missing_locations(ast.copy_location(ast.Raise(call, None), node))

    def leave(self, node):
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = leave


class Printed(io.TextIOBase):
    """Standard output or standard error, kept line by line."""

    def __init__(self, logs, level):
        self.logs, self.level, self.open_line = logs, level, ""

    encoding = "utf-8"

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.logs.full:
            return len(text)
        *lines, rest = (self.open_line + text[: self.logs.limit]).split("\n")
        for line in lines:
            self.logs.add(self.level, line)
        self.open_line = rest
        if len(rest) > self.logs.limit:
            self.finish()
        return len(text)

    def finish(self):
        if self.open_line:
            self.logs.add(self.level, self.open_line)
        self.open_line = ""


class Logs(list):
    def __init__(self, limit):
        super().__init__()
        self.limit, self.size, self.full = limit, 0, False

    def add(self, level, text):
        self.size += len(text) + 32
        if self.size > self.limit:
            self.full = True
        else:
            self.append({"level": level, "text": text})


class Failure(Exception):
    def __init__(self, **error):
        self.error = error


def failure(kind, message, name="", line=None, column=None, trace=()):
    return dict(kind=kind, message=message, name=name, line=line, column=column, trace=list(trace))


def plain(value):
    """What JSON has no form for."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (set, frozenset, range, map, filter, zip, types.GeneratorType)):
        return list(value)
    if hasattr(value, "items") and callable(value.items):
        return dict(value.items())
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (uuid.UUID, pathlib.PurePath)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        raise TypeError("bytes have no form in JSON; use .decode() or base64.b64encode(...).decode()")
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def frames_of(error):
    """(line, column, function) of the user's own frames, the innermost last."""
    found = collections.deque(maxlen=MAX_TRACE)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            found.append(trace)
        trace = trace.tb_next
    return [(trace.tb_lineno, column_of(trace), trace.tb_frame.f_code.co_name) for trace in found]


def column_of(trace):
    code = trace.tb_frame.f_code
    if not hasattr(code, "co_positions") or trace.tb_lasti < 0:
        return None
    place = next(itertools.islice(code.co_positions(), trace.tb_lasti // 2, None), None)
    return place[2] + 1 if place and place[2] is not None else None


FORBIDDEN_HINT = "code has no files, no network and no other programs here; use the nodes for them"


def explain(error, order):
    name, message = type(error).__name__, str(error)
    frames = frames_of(error)
    line, column, _ = frames[-1] if frames else (None, None, None)
    trace = [f"line {line}, in {where}" for line, _, where in frames]
    if isinstance(error, TooLate):
        return failure("timeout", f"stopped after {order['time_ms']} ms, the limit", "", line, column, trace)
    if isinstance(error, MemoryError):
        limit = order["memory_bytes"] >> 20
        return failure("memory", f"needed more memory than the limit of {limit} MiB", name, line, column, trace)
    if isinstance(error, SyntaxError) and not frames:
        # Where the code ends in the middle, Python may point behind it.
        return failure("syntax", error.msg or message, name, error.lineno, error.offset)
    if isinstance(error, KeyError):
        message = f"key {message} does not exist"
    if isinstance(error, ModuleNotFoundError):
        ours = getattr(sys, "stdlib_module_names", ())
        what = "this part of the standard library is not" if error.name in ours else "packages are not"
        message += f"; {what} available in the sandbox"
    if isinstance(error, EOFError) and "reading a line" in message:
        message = "there is nobody to type: the code's data is in `input`"
    if isinstance(error, PermissionError):
        return failure("forbidden", f"{message}: {FORBIDDEN_HINT}", name, line, column, trace)
    return failure("exception", message, name, line, column, trace)


def forbidden(*_, **__):
    raise PermissionError("Operation not permitted")


class Alarm:
    """Stops the code, and nothing after it: what went wrong is told in peace."""

    armed = True

    def __call__(self, *_):
        if self.armed:
            raise TooLate()


on_alarm = Alarm()


def evaluate(order):
    """The result of the code."""
    tree = ast.parse(order["source"], FILE)
    returns = TopLevelReturn()
    tree = returns.visit(tree)
    code = compile(tree, FILE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    scope = module.__dict__
    scope.update(__returned__=Returned, input=order["input"])
    try:
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, scope))
        else:
            exec(code, scope)
    except Returned as returned:
        return finish(returned.value)
    if callable(scope.get("main")):
        return finish(scope["main"](order["input"]))
    return scope.get("result")


def finish(value):
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def to_json(value, order):
    try:
        text = to_text(value, default=plain, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        message = str(error)
        if "JSON compliant" in message:
            message = "it holds NaN or Infinity, which JSON does not have"
        raise Failure(**failure("result", f"the result cannot be written as JSON: {message}", type(error).__name__))
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        # Half of a surrogate pair: escapes can carry it.
        text = to_text(value, default=plain, allow_nan=False)
        size = len(text)
    if size > order["output_bytes"]:
        limit = order["output_bytes"]
        raise Failure(**failure("result", f"the result has {size} bytes as JSON, more than the limit of {limit}"))
    return text


def run(order):
    """JSON of the outcome (`Outcome` in code.rs)."""
    logs = Logs(order["log_bytes"])
    out, err = Printed(logs, "print"), Printed(logs, "error")
    sys.stdout = sys.__stdout__ = out
    sys.stderr = sys.__stderr__ = err
    sys.stdin = sys.__stdin__ = io.StringIO("")
    source = order["source"]
    linecache.cache[FILE] = (len(source), None, source.splitlines(True), FILE)
    result, error = "null", None
    try:
        # An alarm that rings just now is raised out of here, one that comes later not at all.
        try:
            result = to_json(evaluate(order), order)
        finally:
            on_alarm.armed = False
    except Failure as known:
        error = known.error
    except SystemExit as left:
        if left.code not in (None, 0):
            error = failure("exception", f"the code ended itself: {left.code}", "SystemExit")
    except BaseException as problem:
        error = explain(problem, order)
    signal.setitimer(signal.ITIMER_REAL, 0)
    out.finish()
    err.finish()
    rest = to_text({"logs": logs, "logs_truncated": logs.full, "error": error})
    return f'{{"result":{result},{rest[1:]}'.encode("utf-8", "replace")


def fork_main(job_length, nonce, time_ms, channels, lock):
    name_and_input = read_exactly(0, job_length)
    order = from_text(name_and_input[len("code"):])
    for descriptor in (0, 1, 2):
        os.dup2(channels.null, descriptor)
    os.close(channels.null)
    os.close(channels.control)
    os.environ.clear()
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    signal.signal(signal.SIGALRM, on_alarm)
    os.system = os.popen = forbidden
    if lock is not None:
        lock.put_on()
    signal.setitimer(signal.ITIMER_REAL, max(time_ms, 1) / 1000)
    reply(channels.result, nonce, DONE, run(order))
    os._exit(0)


# --- this process --------------------------------------------------------------------------------


def server_is_gone():
    """Whether nobody holds the other end of standard input; asks for no event, gets hang-ups only."""
    poll = select.poll()
    poll.register(0, 0)
    return bool(poll.poll(0))


def wait_for(pid, deadline):
    """The exit status of a fork; kills it at the deadline."""
    late = False
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done == pid:
            break
        left = deadline - time.monotonic()
        if left <= 0 or server_is_gone():
            os.kill(pid, signal.SIGKILL)
            late = True
            _, status = os.waitpid(pid, 0)
            break
        if hasattr(signal, "sigtimedwait"):
            signal.sigtimedwait({signal.SIGCHLD}, min(left, LOOK_EVERY_S))
        else:
            time.sleep(min(left, 0.002))
    if late:
        return "deadline"
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"exit {os.WEXITSTATUS(status)}"


def serve(lock, landlock):
    channels = types.SimpleNamespace(
        control=os.dup(2), result=os.dup(1), null=os.open("/dev/null", os.O_RDWR)
    )
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    version = ".".join(map(str, sys.version_info[:3]))
    ready = {"seccomp": lock is not None, "landlock": landlock, "version": version}
    gc.collect()
    gc.freeze()
    reply(1, 0, READY, to_text(ready).encode())
    while True:
        head = read_exactly(0, HEAD.size)
        if head is None:
            return
        length, nonce, time_ms, name = HEAD.unpack(head)
        rest = length - (HEAD.size - 4)
        deadline = time.monotonic() + time_ms / 1000 + GRACE_S
        pid = os.fork()
        if pid == 0:
            try:
                fork_main(rest, nonce, time_ms, channels, lock)
            except MemoryError:
                os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(70)
        fate = wait_for(pid, deadline)
        # A fork that died early has left its job in the pipe, which is of no use then. The next job
        # is sent after the report only, so what is there now is of this one.
        last = bool(select.select([0], [], [], 0)[0])
        write_all(channels.control, f"fork: {fate}{' last' if last else ''}\n".encode())
        if last:
            return


def main():
    program, landlock = bytes.fromhex(sys.argv[1]), sys.argv[2]
    os.closerange(3, 256)  # whatever the server's own parent has left open
    if sys.version_info < (3, 9):
        reply(1, 0, UNAVAILABLE, b"Python is older than 3.9")
        return
    hold_time_zones()
    time.tzset()
    lock = Filter(program) if program else None
    problem = check(lock) if lock is not None else None
    if problem:
        reply(1, 0, UNAVAILABLE, problem.encode())
        return
    serve(lock, landlock)


main()
