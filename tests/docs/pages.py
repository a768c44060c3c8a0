"""The pages that are held against the code, and how to read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page: its path from the root of the repository, and its text."""

    path: Path
    text: str

    def __str__(self) -> str:
        return self.path.as_posix()

    @property
    def prose(self) -> str:
        """The page without its blocks of code."""
        return _FENCE.sub("", self.text)

    @property
    def spans(self) -> list[str]:
        """What stands in backquotes, outside blocks of code."""
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        """Where the page's links and pictures lead."""
        return _LINK.findall(_SPAN.sub("", self.prose))

    @property
    def anchors(self) -> set[str]:
        """The names by which the page's headings can be linked to."""
        bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(self.prose))
        return {heading.strip().replace(" ", "-") for heading in bare}

    def blocks(self, language: str) -> list[str]:
        """The blocks of code in this language."""
        return [text for name, text in _FENCE.findall(self.text) if name == language]


def read(path: str) -> str:
    """The text of the file at this path from the root of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def pages() -> tuple[Page, ...]:
    """The readme and its neighbours, and everything under docs/."""
    files = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    return tuple(Page(file.relative_to(ROOT), file.read_text(encoding="utf-8")) for file in files)


def page(path: str) -> Page:
    """The page at this path from the root of the repository."""
    return next(one for one in pages() if one.path.as_posix() == path)


def tables(text: str) -> list[dict[str, list[str]]]:
    """The tables in `text`, each as its rows by their first cell; heads and rules are left out."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        found.append({row[0]: row[1:] for row in rows[2:]})
    return found


def section(text: str, heading: str) -> str:
    """What stands under a heading, down to the next one of its rank or above."""
    match = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    assert match is not None, f"no heading {heading!r}"
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest
