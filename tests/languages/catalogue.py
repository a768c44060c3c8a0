"""The words of the product, and what a catalogue (locale/*/LC_MESSAGES/django.po) lacks of them.

`make messages` runs this: it brings every catalogue up to date with the files. Nothing in a catalogue changes but what
changed in the files: no dates, no line numbers, sorted by the English words.
"""

from __future__ import annotations

import io
import json
import os
import re
import string
import subprocess
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from ivig_care.regimen.dated import Basis
from ivig_care.regimen.fluids import FluidKind, Pace
from ivig_care.regimen.protocol import Actor, Kind
from ivig_care.regimen.signs import Level
from ivig_care.regimen.steps import SkipReason, State
from ivig_care.regimen.symptoms import ChildFlag, Method, Severity, Symptom
from ivig_care.regimen.triage import NO_RULE
from ivig_care.regimen.triage_rules import RULES

ROOT = Path(__file__).parent.parent.parent
LOCALE = ROOT / "locale"
DATA = ROOT / "ivig_care" / "protocols" / "data"
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "say", "mark"), (1,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
HEADER = """\
# What ivig_care says, in another language; see docs/how-to/translate.md. Brought up to date by `make messages`.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
Id = tuple[str | None, str | tuple[str, ...]]


def committed(*patterns: str) -> list[Path]:
    """Every file that is, or would be, committed under these patterns."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def templates() -> list[Path]:
    """What pages and messages are made of."""
    return committed("templates/*.html", "templates/*.txt")


def modules() -> list[Path]:
    """The Python of the product, without what makemigrations wrote."""
    return [path for path in committed("ivig_care/*.py") if "migrations" not in path.parts]


def words_in(path: Path) -> Iterator[Id]:
    """The context and the words (singular and plural) of everything in a file that is marked as to be translated."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # One expression, so that how a template is indented is of no matter to Python.
        shown = templatize(text, origin=str(path))
        text = "(\n" + "\n".join(line.strip() for line in shown.splitlines()) + "\n)"
    for _, words, _, context in extract("python", io.BytesIO(text.encode()), keywords=KEYWORDS):
        yield context, words if isinstance(words, str) else tuple(words)


# What a built-in protocol calls things is kept as it was written, and translated when it is shown.
_SPOKEN_KEYS = frozenset({"title", "why", "name"})


def words_of_data(path: Path) -> Iterator[Id]:
    """What a person reads of our own data."""
    yield from ((None, words) for words in _spoken(json.loads(path.read_text(encoding="utf-8"))))


def _spoken(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _SPOKEN_KEYS and isinstance(inner, str):
                yield inner
            yield from _spoken(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _spoken(inner)


# The regimen's own words, kept with what is recorded: each is its own value.
_WORD_LISTS: tuple[type[StrEnum], ...] = (
    *(Level, Method, Severity, Symptom, ChildFlag, FluidKind, Pace, SkipReason, State, Basis, Kind, Actor),
)


def words_of_regimen() -> Iterator[Id]:
    """What the regimen's tables and lists say, as they are kept."""
    yield from ((None, word.value) for words in _WORD_LISTS for word in words)
    for rule in (*RULES, NO_RULE):
        yield None, rule.words
        yield None, rule.why


def words_of_medicines() -> Iterator[Id]:
    """What ingredients are called, and what is said of them and of the rates of products."""
    for medicine in json.loads((DATA / "medicines.json").read_text(encoding="utf-8"))["medicines"]:
        yield None, medicine["ingredient"]
        cautions = (caution for limit in medicine["limits"] for caution in limit["cautions"] or ())
        yield from ((None, caution["value"]) for caution in cautions)
    for product in json.loads((DATA / "products.json").read_text(encoding="utf-8"))["products"]:
        yield from ((None, ceiling["use"]) for ceiling in product["ceilings"] or ())


def wanted() -> Catalog:
    """Everything that a language has to have words for."""
    catalogue = Catalog()
    for path in [*templates(), *modules()]:
        for context, words in words_in(path):
            catalogue.add(words, context=context)
    for path in committed("ivig_care/protocols/data/built_in/*.json"):
        for context, words in words_of_data(path):
            catalogue.add(words, context=context)
    for context, words in (*words_of_regimen(), *words_of_medicines()):
        catalogue.add(words, context=context)
    return catalogue


def catalogues() -> list[Path]:
    """Every catalogue that we keep."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """A catalogue as it lies."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def messages_of(catalogue: Catalog) -> list[Message]:
    """Its messages, without the header."""
    return [message for message in catalogue if message.id]


def update(path: Path, fresh: Catalog) -> None:
    """Bring a catalogue up to date: what is new has no words yet, what is gone goes."""
    catalogue = read(path)
    catalogue.update(fresh, no_fuzzy_matching=True)
    body = io.BytesIO()
    write_po(body, catalogue, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    header = HEADER.format(language=path.parent.parent.name, plurals=catalogue.plural_forms)
    path.write_text(header + body.getvalue().decode().strip() + "\n", encoding="utf-8")


def compile_stale() -> None:
    """Compile every catalogue that is newer than what it was compiled into, as make does."""
    for path in catalogues():
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        half = compiled.with_suffix(f".{os.getpid()}")
        with half.open("wb") as file:
            write_mo(file, read(path))
        half.replace(compiled)


# --- what is wrong with a translation ---------------------------------------------------------

_PERCENT = re.compile(r"%(?:\((\w+)\))?[#0\- +]*\d*(?:\.\d+)?([diouxXeEfFgGcrsa])|%%")
_TAG = re.compile(r"</?[a-z][^>]*>")


def placeholders(text: str) -> list[str]:
    """Everything in a text that is filled in later, and its tags of HTML."""
    found = ["".join(filter(None, match.groups())) or "%%" for match in _PERCENT.finditer(text)]
    braces = [name for _, name, _, _ in string.Formatter().parse(text) if name] if "{" in text else []
    return sorted(found) + sorted(braces) + sorted(_TAG.findall(text))


def problems_of(message: Message, plurals: int) -> Iterator[str]:
    """What is wrong with a translation."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield "is marked as fuzzy"
    if not all(text and text.strip() for text in texts):
        yield "has no words"
        return
    if len(ids) > 1 and len(texts) != plurals:
        yield f"has {len(texts)} of {plurals} forms"
    for place, text in enumerate(texts):
        english = ids[min(place, len(ids) - 1)]
        # "one step" need not be a number: the singular may say it in words.
        is_singular = len(ids) > 1 and place == 0
        asked, given = set(placeholders(english)), set(placeholders(text))
        if not (given <= set(placeholders(ids[-1])) if is_singular else asked == given):
            yield f"fills in {sorted(given)}, not {sorted(asked)}"
        if (english[:1].isspace(), english[-1:].isspace()) != (text[:1].isspace(), text[-1:].isspace()):
            yield "begins or ends with other space"


if __name__ == "__main__":
    words = wanted()
    for catalogue in catalogues():
        update(catalogue, words)
        without = [message for message in messages_of(read(catalogue)) if list(problems_of(message, 2))]
        print(f"{catalogue.relative_to(ROOT)}: {len(without)} to translate")  # noqa: T201 - what one wants to know
