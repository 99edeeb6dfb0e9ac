//! The Python that people write in flows.

use serde_json::json;

use crate::block_on;
use crate::python::code;

#[test]
fn the_language_is_all_there() {
    let Some(code) = code() else { return };
    block_on(async {
        for (source, expected) in [
            (
                "class A:\n    def __init__(self, x): self.x = x\n    @property\n    def double(self): return self.x * 2\n    @staticmethod\n    def make(): return A(4)\nclass B(A):\n    def __init__(self): super().__init__(5)\nreturn [A.make().double, B().double, isinstance(B(), A)]",
                json!([8, 10, true]),
            ),
            (
                "def gen():\n    x = yield 1\n    yield x\ng = gen()\nreturn [next(g), g.send('sent'), sum(n * n for n in range(4))]",
                json!([1, "sent", 14]),
            ),
            (
                "class Broken(ValueError): pass\ntry:\n    raise Broken('no') from KeyError('k')\nexcept ValueError as e:\n    return [str(e), repr(e.__cause__)]",
                json!(["no", "KeyError('k')"]),
            ),
            (
                "counter = 0\ndef up():\n    global counter\n    counter += 1\nfor _ in range(3): up()\nreturn counter",
                json!(3),
            ),
            (
                "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    inner()\n    return inner()\nreturn outer()",
                json!(2),
            ),
            (
                "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nreturn fib(15)",
                json!(610),
            ),
            (
                "from contextlib import contextmanager\nlog = []\n@contextmanager\ndef c():\n    log.append('in')\n    yield 7\n    log.append('out')\nwith c() as x: log.append(x)\nreturn log",
                json!(["in", 7, "out"]),
            ),
            (
                "a, *b = [1, 2, 3]\nd = {**{'x': 1}, 'y': [n for n in b if (m := n) > 2]}\ndel d['x']\nreturn [a, d, f'{3.14159:.2f} {1_000_000:,} {\"r\"!r}', '%05d' % 42]",
                json!([1, {"y": [3]}, "3.14 1,000,000 'r'", "00042"]),
            ),
            (
                "def f(a, /, b=2, *args, c, **kw): return [a, b, args, c, kw]\nreturn f(1, 3, 4, c=5, d=6)",
                json!([1, 3, [4], 5, {"d": 6}]),
            ),
            (
                "import functools\n@functools.lru_cache\ndef f(n): return n * 2\nreturn [f(2), functools.reduce(lambda a, b: a * b, [1, 2, 3, 4])]",
                json!([4, 24]),
            ),
            (
                "assert 1 < 2 < 3, 'order'\nreturn [bool([]), None or 'x', [1, 2][::-1], 'abc'[-1], 7 // 2, -7 % 3, 2 ** 60]",
                json!([false, "x", [2, 1], "c", 3, 2, 1_152_921_504_606_846_976_u64]),
            ),
        ] {
            let found = code.result(source, "null").await;
            assert_eq!(found, expected, "{source}");
        }
    });
}

#[test]
fn the_standard_library_is_there() {
    let Some(code) = code() else { return };
    block_on(async {
        for (source, expected) in [
            (
                "import json\nreturn json.loads(json.dumps({'a': [1, 2.5, None, True], 'ü': '€'}))",
                json!({"a": [1, 2.5, null, true], "ü": "€"}),
            ),
            (
                "import re\nreturn [re.findall(r'\\d+', 'a1b22'), re.sub(r'(?P<w>\\w+)@', r'\\g<w> at ', 'me@x'), re.split(r'[,;]\\s*', 'a, b;c')]",
                json!([["1", "22"], "me at x", ["a", "b", "c"]]),
            ),
            (
                "import math, statistics\nreturn [math.sqrt(16), math.gcd(12, 18), math.floor(math.pi), statistics.mean([1, 2, 3, 4]), statistics.median([3, 1, 2]), statistics.mode('aab'), round(statistics.stdev([1, 2, 3]), 3)]",
                json!([4.0, 6, 3, 2.5, 2, "a", 1.0]),
            ),
            (
                "from datetime import datetime, timedelta, date, timezone\nd = datetime(2024, 2, 28, tzinfo=timezone.utc) + timedelta(days=2)\nreturn [d.isoformat(), d.strftime('%A %d %B %Y'), datetime.strptime('03/04/2024', '%d/%m/%Y').month, (date(2024, 12, 25) - date(2024, 1, 1)).days, datetime.fromisoformat('2024-05-06T07:08:09').hour]",
                json!([
                    "2024-03-01T00:00:00+00:00",
                    "Friday 01 March 2024",
                    4,
                    359,
                    7
                ]),
            ),
            (
                "from datetime import datetime\nfrom zoneinfo import ZoneInfo\nd = datetime(2024, 7, 1, 12, tzinfo=ZoneInfo('Europe/Berlin'))\nreturn [d.isoformat(), d.astimezone(ZoneInfo('Asia/Tokyo')).hour]",
                json!(["2024-07-01T12:00:00+02:00", 19]),
            ),
            (
                "from collections import Counter, defaultdict, deque, namedtuple, OrderedDict, ChainMap\nd = defaultdict(list)\nfor k, v in [('a', 1), ('b', 2), ('a', 3)]: d[k].append(v)\nreturn [Counter('hello').most_common(1), d, deque([1, 2, 3], maxlen=2), namedtuple('P', 'x')(1).x, ChainMap({'a': 1}, {'a': 2})['a']]",
                json!([[["l", 2]], {"a": [1, 3], "b": [2]}, [2, 3], 1, 1]),
            ),
            (
                "import itertools\nreturn [list(itertools.chain([1], [2])), [(k, len(list(g))) for k, g in itertools.groupby('aabc')], list(itertools.combinations('abc', 2))[:2], list(itertools.accumulate([1, 2, 3]))]",
                json!([
                    [1, 2],
                    [["a", 2], ["b", 1], ["c", 1]],
                    [["a", "b"], ["a", "c"]],
                    [1, 3, 6]
                ]),
            ),
            (
                "import hashlib, hmac, base64, binascii\nreturn [hashlib.sha256(b'x').hexdigest()[:8], hmac.new(b'k', b'm', 'sha1').hexdigest()[:8], base64.b64encode(b'hi').decode(), binascii.hexlify(b'a').decode(), hashlib.md5(b'').hexdigest()[:4]]",
                json!(["2d711642", "772b71c8", "aGk=", "61", "d41d"]),
            ),
            (
                "import csv, io\nrows = list(csv.DictReader(io.StringIO('name,age\\n\"Doe, J\",42\\n')))\nout = io.StringIO()\ncsv.writer(out).writerow(['a', 'b,c'])\nreturn [rows, out.getvalue()]",
                json!([[{"name": "Doe, J", "age": "42"}], "a,\"b,c\"\r\n"]),
            ),
            (
                "from decimal import Decimal, ROUND_HALF_UP\nfrom fractions import Fraction\nreturn [str(Decimal('0.1') + Decimal('0.2')), str(Decimal('2.345').quantize(Decimal('0.01'), ROUND_HALF_UP)), str(Fraction(1, 3) + Fraction(1, 6))]",
                json!(["0.3", "2.35", "1/2"]),
            ),
            (
                "from urllib.parse import urlparse, parse_qs, urlencode, quote\nimport html\nu = urlparse('https://a.b/c?d=1&d=2')\nreturn [u.netloc, parse_qs(u.query), urlencode({'q': 'a b'}), quote('ä/'), html.escape('<a>'), html.unescape('&euro;')]",
                json!(["a.b", {"d": ["1", "2"]}, "q=a+b", "%C3%A4/", "&lt;a&gt;", "€"]),
            ),
            (
                "import xml.etree.ElementTree as ET\nreturn [e.text for e in ET.fromstring('<r><a>1</a><a>2</a></r>').iter('a')]",
                json!(["1", "2"]),
            ),
            (
                "import random, string, secrets\nrandom.seed(1)\na = random.randint(1, 100)\nrandom.seed(1)\nreturn [a == random.randint(1, 100), len(''.join(random.choices(string.ascii_letters, k=5))), len(secrets.token_hex(4)), sorted(random.sample(range(3), 3))]",
                json!([true, 5, 8, [0, 1, 2]]),
            ),
            (
                "import textwrap, difflib, unicodedata, string\nreturn [textwrap.shorten('hello wide world', 12), difflib.get_close_matches('appel', ['ape', 'apple']), unicodedata.normalize('NFKD', 'é')[0], string.Template('$x!').substitute(x=1)]",
                json!(["hello [...]", ["apple", "ape"], "e", "1!"]),
            ),
            (
                "import heapq, bisect, operator, copy\nh = [3, 1, 2]\nheapq.heapify(h)\nreturn [heapq.heappop(h), heapq.nlargest(2, [1, 5, 3]), bisect.bisect([1, 3], 2), max([{'n': 1}, {'n': 2}], key=operator.itemgetter('n')), copy.deepcopy({'a': [1]})]",
                json!([1, [5, 3], 1, {"n": 2}, {"a": [1]}]),
            ),
            (
                "import zlib, gzip, struct, uuid\nreturn [zlib.decompress(zlib.compress(b'abc')).decode(), gzip.decompress(gzip.compress(b'z')).decode(), struct.unpack('<I', b'\\x01\\0\\0\\0')[0], str(uuid.uuid5(uuid.NAMESPACE_DNS, 'x'))[:8], len(str(uuid.uuid4()))]",
                json!(["abc", "z", 1, "05b16a01", 36]),
            ),
            (
                "import calendar, time, locale\nreturn [calendar.monthrange(2024, 2)[1], calendar.isleap(2023), time.strftime('%Y', time.gmtime(0)), time.time() > 1_600_000_000, time.localtime(0).tm_hour]",
                json!([29, false, "1970", true, 0]),
            ),
            (
                "from email.message import EmailMessage\nfrom email import message_from_string\nm = EmailMessage()\nm['Subject'] = 'Hi'\nm.set_content('text')\nreturn message_from_string(m.as_string())['Subject']",
                json!("Hi"),
            ),
            (
                "from html.parser import HTMLParser\nclass P(HTMLParser):\n    links = []\n    def handle_starttag(self, tag, attrs):\n        if tag == 'a': self.links.append(dict(attrs)['href'])\nP().feed('<p><a href=\"/x\">y</a></p>')\nreturn P.links",
                json!(["/x"]),
            ),
            (
                "import ipaddress\nreturn [ipaddress.ip_address('10.0.0.1').is_private, ipaddress.ip_network('10.0.0.0/30').num_addresses]",
                json!([true, 4]),
            ),
            (
                "import asyncio\nasync def one(n):\n    await asyncio.sleep(0.001)\n    return n\nasync def both(): return await asyncio.gather(one(1), one(2))\nreturn asyncio.run(both())",
                json!([1, 2]),
            ),
            (
                "from typing import TypedDict, Optional\nfrom dataclasses import dataclass, field, asdict\nfrom enum import IntEnum\nclass L(IntEnum):\n    LOW = 1\n@dataclass(order=True)\nclass D:\n    a: int\n    b: list[int] = field(default_factory=list)\nreturn [asdict(D(1, [2])), D(1) < D(2), L.LOW + 1, L(1).name]",
                json!([{"a": 1, "b": [2]}, true, 2, "LOW"]),
            ),
            (
                "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: return traceback.format_exc().splitlines()[-1]",
                json!("ZeroDivisionError: division by zero"),
            ),
        ] {
            assert_eq!(code.result(source, "null").await, expected, "{source}");
        }
    });
}

/// Two pieces as they stand in real flows.
#[test]
fn typical_nodes_run() {
    let Some(code) = code() else { return };
    block_on(async {
        let orders = r#"{"orders":[{"id":1,"customer":"Ann","total":"19.90","at":"2024-03-01"},
            {"id":2,"customer":"Bob","total":"5.00","at":"2024-03-02"},
            {"id":3,"customer":"Ann","total":"0.10","at":"2024-04-01"}]}"#;
        let source = "\
from collections import defaultdict
from datetime import date
from decimal import Decimal

def main(input):
    by_month = defaultdict(Decimal)
    for order in input['orders']:
        month = date.fromisoformat(order['at']).strftime('%Y-%m')
        by_month[month, order['customer']] += Decimal(order['total'])
    return [
        {'month': month, 'customer': customer, 'total': str(total)}
        for (month, customer), total in sorted(by_month.items())
    ]";
        assert_eq!(
            code.result(source, orders).await,
            json!([
                {"month": "2024-03", "customer": "Ann", "total": "19.90"},
                {"month": "2024-03", "customer": "Bob", "total": "5.00"},
                {"month": "2024-04", "customer": "Ann", "total": "0.10"}
            ])
        );
        let source = "\
import re
text = input['text']
emails = re.findall(r'[\\w.+-]+@[\\w-]+\\.[\\w.]+', text)
print(f'{len(emails)} found')
return {'emails': sorted(set(e.lower() for e in emails)), 'words': len(text.split())}";
        assert_eq!(
            code.result(source, r#"{"text":"Write to A@x.org or b@y.com, a@x.org"}"#)
                .await,
            json!({"emails": ["a@x.org", "b@y.com"], "words": 6})
        );
    });
}
