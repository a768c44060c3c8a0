"""What nobody means to send: wrong types, far too much, every kind of sign, keys of other people's things."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
_BOUNDARY = "fuzz"

_SIGNS = (
    "\x00",
    "\r\nSet-Cookie: stolen=1",
    "\u202egnal",  # right to left
    "\u200b\u200d\ufeff",
    "\U0001f469\u200d\U0001f52c",
    "\U000e0041\U0010ffff",
    "e\u0301" * 20,
    "Ω≈ç√∫µ≤≥÷",
    "ﷺ",
    "\u0130\u0131\u017f\u212a",  # capitals and small letters that are not each other’s
    "١٢٣",  # digits, but not of ASCII
    "²",
    "Ⅷ",
    "\x7f\x1b[31m",
    "\ud800",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% debug %}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%00%ff%2e%2e",
    "${jndi:ldap://127.0.0.1/}",
    "\n\n\t  ",
)
_NUMBERS = (
    "0", "-1", "1", "00", "1.5", "-0", "1e400", "1e-400", "nan", "NaN", "sNaN", "Infinity", "-inf", "0x10", "1_000",
    "٣", "9" * 18, "9" * 19,
    "9" * 400, str(2**31), str(2**63), str(2**63 - 1), f"-{2**63}", "0." + "0" * 300 + "1", "1,5", "+7",
)  # fmt: skip
_TIMES = (
    "2026-06-15T09:00", "2026-02-30T10:00", "0001-01-01T00:00", "9999-12-31T23:59", "2026-06-15T09:00:00+99:99",
    "2026-06-15T09:00:00-07:00", "2026-06-15T25:61", "2026-06-15", "09:00", "10:00 pm", "1900-01-01", "2026-13-01",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-14:00", "2026-11-01T01:30", "2026-03-08T02:30",
)  # fmt: skip
_WORDS = (
    "", " ", "on", "yes", "no", "true", "None", "null", "[]", "{}", "undefined", "guardian", "admin", "clinician",
    "email", "sms", "push", "first", "never", "asleep", "vomited", "Europe/Berlin", "Mars/Olympus",
    "a@b.example", "a@", "+12125550199", "+", "//evil.example", "https://evil.example/",
    "javascript:alert(1)", "/n/", "acetaminophen", "me",
)  # fmt: skip


def text(random: Random) -> str:
    """A value for a field, of any kind."""
    pick = random.random()
    if pick < 0.25:
        return random.choice(_NUMBERS)
    if pick < 0.4:
        return random.choice(_TIMES)
    if pick < 0.6:
        return random.choice(_WORDS)
    if pick < 0.8:
        return "".join(random.choice((*_SIGNS, "a", " ")) for _ in range(random.randint(1, 4)))
    if pick < 0.95:
        return "".join(chr(_scalar(random)) for _ in range(random.randint(1, 60)))
    return random.choice(("a", "é", "\U0001f469", "9", " ")) * random.choice((201, 1001, 10_000))


def _scalar(random: Random) -> int:
    """A code point of any plane that can be written down."""
    point = random.randrange(0x110000) if random.random() < 0.5 else random.randrange(0x250)
    return point if not 0xD800 <= point < 0xE000 else 0x20


def number_in_path(random: Random) -> int:
    """What a path takes for a whole number, and a database does not always hold."""
    return random.choice((0, 1, 2, 3, 5, 8, 13, 2**31, 2**63 - 1, 2**63, 10**20, 10**100, random.randrange(1, 400)))


def word_in_path(random: Random) -> str:
    """A part of a path: never empty, and without what would make it another path."""
    found = text(random).replace("/", "").replace("\ud800", "")[:2000].strip()
    return found.strip(".") or "x"


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is sent with a request, and what it is said to be."""

    data: bytes = b""
    kind: str = FORM
    headers: dict[str, str] = field(default_factory=dict)


Fields = list[tuple[str, str]]


def form_body(fields: Fields) -> bytes:
    """The fields as a form sends them; a lone surrogate as the three bytes that some programs make of it."""
    return urlencode(fields, errors="surrogatepass").encode("ascii")


def body(random: Random, fields: Fields) -> Body:
    """The fields in some dress, right or wrong."""
    pick = random.random()
    if pick < 0.6:
        return Body(data=form_body(fields))
    if pick < 0.7:
        return Body(data=_multipart(random, fields), kind=f"multipart/form-data; boundary={_BOUNDARY}")
    if pick < 0.78:
        return Body(data=json.dumps(dict(fields)).encode(), kind=random.choice(("application/json", FORM)))
    if pick < 0.86:
        return Body(data=random.randbytes(random.randint(0, 300)), kind=random.choice(_KINDS))
    if pick < 0.97:
        return Body(data=form_body(fields), kind=random.choice(_KINDS))
    if pick < 0.985:
        return Body(data=form_body([(f"f{number}", "x") for number in range(random.choice((999, 1001, 3000)))]))
    return Body(data=b"note=" + b"a" * random.choice((999_000, 1_100_000)))


_KINDS = (
    FORM,
    "",
    "x",
    "text/plain",
    "application/json",
    "application/xml",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    f"{FORM}; charset=nonsense",
    f"{FORM}; charset=utf-16",
    f"{FORM}; charset=utf-7",
    "multipart/form-data; boundary=fuzz; charset=rot13",
)


def _multipart(random: Random, fields: Fields) -> bytes:
    parts = []
    for name, value in fields:
        is_file = random.random() < 0.3
        disposition = f'form-data; name="{name}"' + ('; filename="../../evil.php"' if is_file else "")
        head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n"
        head += random.choice(("", "Content-Type: image/png\r\n", "Content-Transfer-Encoding: base64\r\n"))
        parts.append(head.encode("utf-8", "replace") + b"\r\n" + value.encode("utf-8", "replace") + b"\r\n")
    end = random.choice((f"--{_BOUNDARY}--\r\n", f"--{_BOUNDARY}", ""))
    return b"".join(parts) + end.encode()


def headers(random: Random) -> dict[str, str]:
    """What a proxy would let through, in the environment's spelling; mostly nothing of note."""
    found = {"REMOTE_ADDR": f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"}
    if random.random() < 0.3:
        found["HTTP_HX_REQUEST"] = random.choice(("true", "false", "x"))
    for name, values in _HEADERS.items():
        if random.random() < 0.03:
            found[name] = random.choice(values)
    return found


_BYTES = "".join(map(chr, range(0xA0, 0xFF)))
_HEADERS: dict[str, tuple[str, ...]] = {
    "HTTP_HOST": ("evil.example", "testserver:99999", "", "a b", _BYTES, "testserver, evil.example", "[::1"),
    "HTTP_ACCEPT": ("text/html", "*/*;q=nonsense", "application/json", _BYTES, "a" * 5000),
    "HTTP_ACCEPT_LANGUAGE": ("de", "x" * 3000, _BYTES, "*;q=2", ",;,;"),
    "HTTP_ACCEPT_ENCODING": ("gzip, br;q=x", _BYTES),
    "HTTP_HX_TARGET": ("checklist", "<b>", _BYTES),
    "HTTP_HX_CURRENT_URL": ("http://testserver/", "http://evil.example/x", "http://[::1", "//", _BYTES, "%%%"),
    "HTTP_HX_BOOSTED": ("true", _BYTES),
    "HTTP_HX_TRIGGER": ("x", _BYTES),
    "HTTP_HX_PROMPT": (_BYTES,),
    "HTTP_REFERER": ("http://evil.example/", "http://[", _BYTES, "http://testserver/"),
    "HTTP_ORIGIN": ("null", "http://evil.example", "http://["),
    "HTTP_COOKIE": (
        "sessionid=nonsense",
        'sessionid="\\001"; csrftoken=x',
        "=; ;;; =x",
        "messages=" + "x" * 3000,
        "guest=" + _BYTES,
        "messages=W1siX19qc29uX21lc3NhZ2UiXQ:x:y",
    ),
    "HTTP_X_QUEUED": ("now", "later", "", _BYTES),
    "HTTP_X_FORWARDED_FOR": ("1.2.3.4", "nonsense", ", ,", _BYTES, "::ffff:1.2.3.4"),
    "HTTP_X_FORWARDED_PROTO": ("https", "x"),
    "HTTP_X_CSRFTOKEN": ("x", _BYTES, "a" * 64),
    "HTTP_AUTHORIZATION": ("Basic !!!", "Basic " + "YTpi" * 100, "Bearer x", "Basic", _BYTES),
    "HTTP_X_TWILIO_SIGNATURE": ("x", _BYTES),
    "HTTP_USER_AGENT": ("Firefox/ Android", "", _BYTES, "x" * 6000),
    "HTTP_IF_MODIFIED_SINCE": ("nonsense", "Thu, 01 Jan 1970 00:00:00 GMT", "x, 99 x 99999999999 99:99:99 GMT"),
    "HTTP_IF_NONE_MATCH": ("*", '"x"', _BYTES),
    "HTTP_RANGE": ("bytes=0-1",),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE",),
}


def query(random: Random, names: list[str]) -> str:
    """What stands behind the question mark; mostly nothing."""
    if random.random() < 0.7:
        return ""
    if random.random() < 0.3:
        return random.choice(
            ("&&&", "=", "%", "a[]=1&a[]=2", "next=//evil.example", "%ff=%00", "q=" + "x" * 5000, "?", "ago")
        )
    return urlencode(
        [(random.choice(names), text(random)) for _ in range(random.randint(1, 3))], errors="surrogatepass"
    )
