"""Whatever a page names is there: links, files, commands, names in the code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from tests.docs.pages import ROOT, Page, page, pages, read

ALL = pytest.mark.parametrize("shown", pages(), ids=str)

# How the names of our files end; those without an ending are known by their whole name.
ENDINGS = (".css", ".csv", ".html", ".in", ".js", ".json", ".md", ".py", ".svg", ".toml", ".txt", ".yml")
BARE_NAMES = {".env.example", ".ci/run", "Dockerfile", "LICENSE", "Makefile", "Procfile"}
# Made on a machine, or by whoever reads the page; not in the repository.
MADE = ("var/", "broker/", ".venv", ".env")


@cache
def _files() -> frozenset[str]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return frozenset(name for name in names if name and (ROOT / name).is_file())


# --- links and files --------------------------------------------------------------------------


@ALL
def test_every_link_leads_somewhere(shown: Page) -> None:
    own = [link for link in shown.links if not re.match(r"https?://|mailto:", link)]
    assert [link for link in own if not _leads(shown, link)] == []


def _leads(shown: Page, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (ROOT / shown.path.parent / path).resolve() if path else ROOT / shown.path
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in page(target.relative_to(ROOT).as_posix()).anchors


@ALL
def test_every_file_it_names_is_there(shown: Page) -> None:
    assert [name for name in shown.spans if _is_file_name(name) and not _is_there(name)] == []


def _is_file_name(span: str) -> bool:
    if span in BARE_NAMES:
        return True
    if re.search(r"[\s<>{}=]|^/|://", span) or span.startswith(MADE) or span in ENDINGS:
        return False
    return span.endswith((*ENDINGS, "/"))


def _is_there(name: str) -> bool:
    if name.endswith("/"):
        return any(file.startswith(name) for file in _files())
    # A name without a folder may be that of any file.
    return name in _files() or ("/" not in name and any(Path(file).name == name for file in _files()))


def test_the_search_for_file_names_finds_them() -> None:
    spans = ["docs/none.md", "no/where/", "Makefile", "mL/kg/h", "/steps/7/tick/", "var/", "manage.py check"]
    assert [span for span in spans if _is_file_name(span)] == ["docs/none.md", "no/where/", "Makefile"]
    assert [span for span in spans[:3] if _is_there(span)] == ["Makefile"]


@ALL
def test_no_page_names_a_place_that_is_not_in_the_repository(shown: Page) -> None:
    assert re.findall(r"\S*/work/\S*|\S*\bshared/\S*", shown.text) == []


def test_the_readme_leads_to_every_page() -> None:
    reached: set[Path] = set()
    ahead = [page("README.md")]
    while ahead:
        shown = ahead.pop()
        if shown.path in reached:
            continue
        reached.add(shown.path)
        targets = {(ROOT / shown.path.parent / link.partition("#")[0]).resolve() for link in shown.links}
        ahead += [one for one in pages() if ROOT / one.path in targets or (ROOT / one.path).parent in targets]
    assert {one.path for one in pages()} == reached


# --- commands ---------------------------------------------------------------------------------

MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")


def _code(shown: Page) -> str:
    return "\n".join([*shown.spans, *shown.blocks("console"), *shown.blocks("sh")])


@ALL
def test_every_make_target_it_names_is_there(shown: Page) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    assert set(MAKE.findall(_code(shown))) - targets == set()


def test_contributing_names_every_make_target_that_help_lists() -> None:
    listed = re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE)
    assert set(listed) - {"help"} - set(MAKE.findall(_code(page("CONTRIBUTING.md")))) == set()


@ALL
def test_every_management_command_it_names_is_there(shown: Page) -> None:
    ours = {file.stem for file in (ROOT / "ivig_care/worker/management/commands").glob("[!_]*.py")}
    djangos = {"changepassword", "check", "collectstatic", "makemigrations", "migrate", "sendtestemail"}
    assert set(re.findall(r"manage\.py ([a-z]\w+)", _code(shown))) - ours - djangos == set()


def test_what_onboard_is_given_is_what_it_takes() -> None:
    source = ast.parse(read("ivig_care/worker/management/commands/onboard.py"))
    words = {word for node in ast.walk(source) for word in _texts(node)}
    lines = [line for line in _code(page("docs/how-to/run-for-real.md")).splitlines() if "onboard " in line]
    options = {option for line in lines for option in re.findall(r" --([a-z-]+)", line)}
    assert options - {word.lstrip("-") for word in words} == set()
    assert {line.partition("onboard ")[2].split()[0] for line in lines} <= words


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


# --- words on the screen ----------------------------------------------------------------------

# As in *Save and preview*: what a reader is told to press or to look for.
LABEL = re.compile(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)")


@cache
def _screens() -> str:
    """The words of every page of the site."""
    return "\n".join(read(name) for name in sorted(_files()) if name.startswith("templates/"))


@ALL
def test_every_label_it_names_is_on_a_screen(shown: Page) -> None:
    assert [label for label in LABEL.findall(shown.prose) if label not in _screens()] == []


# --- names in the code ------------------------------------------------------------------------

# As in step_tick, facts_of() or Infusion.revision. With an underscore it can only be a name in the code.
NAME = re.compile(r"_?[A-Za-z]\w*(?:\.[A-Za-z_]\w*)*(?:\(\))?")


@cache
def _words_of_the_code() -> frozenset[str]:
    """Every word of the source, so that a name which is gone is noticed."""
    kinds = (".py", ".html", ".js", ".txt", ".toml", ".yml", ".in")
    sources = [name for name in _files() if name.endswith(kinds) or name in BARE_NAMES]
    ours = (name for name in sources if not name.startswith(("docs/", "tests/docs/")))
    return frozenset(word for name in ours for word in re.findall(r"\w+", read(name)))


@ALL
def test_every_name_with_an_underscore_is_in_the_code(shown: Page) -> None:
    names = [span for span in shown.spans if NAME.fullmatch(span) and "_" in span]
    gone = {name for name in names if not set(re.findall(r"\w+", name)) <= _words_of_the_code()}
    assert gone == set()


# --- blocks -----------------------------------------------------------------------------------


@ALL
def test_every_block_parses(shown: Page) -> None:
    for block in shown.blocks("json"):
        json.loads(block)
    for block in shown.blocks("toml"):
        tomllib.loads(block)
    for block in shown.blocks("python"):
        ast.parse(dedent(block))


def test_every_decision_has_its_number_and_its_parts() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [file.name[:4] for file in decisions] == [f"{n:04}" for n in range(1, len(decisions) + 1)]
    for file in decisions:
        text = read(f"docs/adr/{file.name}")
        assert text.startswith(f"# {file.name[:4]}: ")
        assert re.search(r"^\d{4}-\d\d-\d\d, accepted", text, re.MULTILINE)
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Decision", "Why", "What it costs"]
