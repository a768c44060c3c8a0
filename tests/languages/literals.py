"""Words that a person can read and that nobody marked as to be translated: in templates, and in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

# Names are the same in every language; the rest is no word, or is read by machines.
NAMES = frozenset(
    {"ivig_care", "https", "http", "IVIG", "mL", "kg", "mg", "mcg", "IU", "QR", "text", "STOP", "START", "HELP", "PDF"}
)
_WORD = re.compile(r"[^\W\d_]{2,}")

# --- templates --------------------------------------------------------------------------------

_SEEN_ATTRIBUTES = frozenset(
    {"alt", "aria-label", "aria-description", "aria-valuetext", "label", "placeholder", "title"}
)
_COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}", re.DOTALL)
_BLOCK = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?%\}.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_MARKED = re.compile(r"""_\(\s*("[^"]*"|'[^']*')\s*\)""")
_SPOKEN_IN_TAG = re.compile(
    r"""(?:default|default_if_none|yesno|pluralize|add|join):("[^"]*"|'[^']*')"""  # what a filter puts in
    r"""|(?:with|=|\s)((?<==)"[A-Z][^"]*"|(?<==)'[A-Z][^']*')"""  # a sentence handed on
)


def unmarked_in_template(source: str) -> list[str]:
    """Every bit of visible text, or of an attribute that is read out, that is in no translation tag."""
    text = _BLOCK.sub("", _COMMENT.sub("", source))
    found = [*_spoken_in_tags(text), *re.findall(r"\|pluralize", source)]
    reader = _Reader()
    reader.feed(_TAG.sub("", text))
    reader.close()
    return found + reader.found


def _spoken_in_tags(text: str) -> Iterator[str]:
    for tag in _TAG.findall(text):
        if re.match(r"\{%\s*(?:trans|translate|load|url|static|extends)\b", tag):
            continue
        for match in _SPOKEN_IN_TAG.finditer(_MARKED.sub("", tag)):
            words = next(filter(None, match.groups()))[1:-1]
            if is_words(words):
                yield words


def is_words(text: str) -> bool:
    """Whether a person would read a word in it."""
    return any(word not in NAMES for word in _WORD.findall(re.sub(r"&\w+;|https?://\S+|/\w+/|ivig_care", " ", text)))


class _Reader(HTMLParser):
    """Collects what is shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent = tag
        given = dict(attrs)
        for name, value in attrs:
            is_seen = name in _SEEN_ATTRIBUTES or (name.startswith("data-") and " " in (value or "").strip())
            is_seen |= name == "value" and tag == "input" and given.get("type") in ("submit", "button")
            is_seen |= name == "content" and given.get("name") == "description"
            is_seen |= name in ("hx-confirm",)
            if is_seen and value and is_words(value):
                self.found.append(f"{name}={value.strip()}")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent and is_words(data):
            self.found.append(" ".join(data.split()))


# --- Python -----------------------------------------------------------------------------------

MARKERS = frozenset(
    {
        *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
        *("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy", "say", "mark"),
    }
)
# What is said to developers and machines: errors that are bugs, logs, the words of commands.
_UNSEEN_CALLS = frozenset(
    {
        *(
            "ValueError",
            "TypeError",
            "KeyError",
            "RuntimeError",
            "LookupError",
            "AssertionError",
            "NotImplementedError",
        ),
        *(
            "Document",
            "DocumentError",
            "CommandError",
            "add_argument",
            "Index",
            "RunSQL",
            "compile",
            "warn",
            "SuspiciousOperation",
        ),
        *("debug", "info", "warning", "error", "exception", "critical", "write", "print", "ImproperlyConfigured"),
    }
)
_SEEN_KEYWORDS = frozenset(
    {"label", "help_text", "title", "lead", "problem", "back_words", "empty_label", "required", "invalid"}
)
_SENTENCE = re.compile(r"^[A-Z\u2018\u201c].*\s.*[.!?]$", re.DOTALL)


def unmarked_in_module(source: str) -> list[str]:
    """Every string that is put before a person and is in no call that translates it."""
    reader = _Module()
    reader.visit(ast.parse(source))
    return reader.found


class _Module(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []

    def _doc(self, node: ast.AST) -> None:
        body = getattr(node, "body", [])
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            node.body = body[1:]  # type: ignore[attr-defined]
        self.generic_visit(node)

    visit_Module = visit_FunctionDef = visit_AsyncFunctionDef = _doc  # noqa: N815 - names that ast lays down

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        if bases & {"TextChoices", "IntegerChoices"}:
            for line in node.body:
                if isinstance(line, ast.Assign) and isinstance(line.value, ast.Tuple):
                    self._seen(line.value.elts[-1])
        self._doc(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        # What is said of an attribute below it is for developers.
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        if last in MARKERS:
            return
        is_told = name.startswith("messages.") or last in ("Refused", "ValidationError")
        if is_told:
            for argument in node.args:
                self._seen(argument)
        elif last in _UNSEEN_CALLS or name.startswith(("logger.", "log.", "self.stdout", "self.stderr", "sys.exit")):
            return
        for keyword in node.keywords:
            if keyword.arg in _SEEN_KEYWORDS:
                self._seen(keyword.value)
        self.generic_visit(node)

    def _seen(self, node: ast.expr) -> None:
        """Something that is shown, whatever it looks like."""
        texts = [node] if isinstance(node, ast.Constant | ast.JoinedStr) else []
        for text in texts:
            words = _words_of(text)
            if is_words(words) and not _SENTENCE.match(words):
                self.found.append(words)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        words = _words_of(node)
        if _SENTENCE.match(words) and is_words(words):
            self.found.append(words)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and _SENTENCE.match(node.value) and is_words(node.value):
            self.found.append(node.value)


def _words_of(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def unmarked_in(path: Path) -> list[str]:
    """Everything in a file that somebody reads and that is not marked."""
    source = path.read_text(encoding="utf-8")
    return unmarked_in_module(source) if path.suffix == ".py" else unmarked_in_template(source)
