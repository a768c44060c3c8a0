"""docs/reference/settings.md is in step with settings.py, .env.example, docker compose and beat."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from typing import Any

import pytest
from django.conf import LazySettings

from tests.docs.pages import page, read, section, tables

PAGE = page("docs/reference/settings.md").text

# What the page calls each reader of the environment.
TYPES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "path": "path",
    "json": "JSON",
    "list": "list",
    "dj_db_url": "database address",
}


@cache
def _calls() -> dict[str, list[ast.Call]]:
    """Every env.<type>("NAME", ...) in settings.py, by name."""
    found: dict[str, list[ast.Call]] = defaultdict(list)
    for node in ast.walk(ast.parse(read("ivig_care/settings.py"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("env")), args=[ast.Constant(str(name)), *_]):
                found[name].append(node)
    return dict(found)


def _compose_only() -> set[str]:
    """What docker compose puts in place itself and the program does not read."""
    return set(re.findall(r"(?<!\$)\$\{(\w+)", read("docker-compose.yml"))) - set(_calls())


def _headings() -> list[str]:
    return re.findall(r"^### `([A-Z][A-Z0-9_]*)`$", PAGE, re.MULTILINE)


def _row(name: str) -> tuple[str, str]:
    """Type and default of a setting, as the page says them."""
    (table,) = tables(section(PAGE, f"`{name}`"))
    ((kind, (default, _)),) = table.items()
    return kind, default


def test_every_setting_that_is_read_has_a_heading_and_no_other_has() -> None:
    assert sorted(_headings()) == sorted({*_calls(), *_compose_only()})


def test_the_example_environment_names_what_the_page_describes() -> None:
    example = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", read(".env.example"), re.MULTILINE)
    assert sorted(example) == sorted(_headings())


@pytest.mark.parametrize("name", list(_calls()))
def test_type_is_that_of_the_code(name: str) -> None:
    read_as = {TYPES[call.func.attr] for call in _calls()[name] if isinstance(call.func, ast.Attribute)}
    assert _row(name)[0] in read_as
    # An address that the program also asks for as text, to see whether it is set, is an address all the same.
    assert len(read_as - {"text"}) <= 1
    assert read_as == {"text"} or _row(name)[0] != "text"


def _defaults() -> list[tuple[str, object]]:
    """The settings whose default is a plain value."""
    calls = ((name, call) for name, found in _calls().items() for call in found[:1] if len(call.args) > 1)
    plain = (ast.Constant, ast.Dict)
    return [(name, ast.literal_eval(call.args[1])) for name, call in calls if isinstance(call.args[1], plain)]


@pytest.mark.parametrize(("name", "default"), _defaults())
def test_default_is_that_of_the_code(name: str, default: object) -> None:
    match default:
        case "":
            words = "empty"
        case bool():
            words = f"`{str(default).lower()}`"
        case float():
            words = f"`{default:g}`"
        case _:
            words = f"`{default}`"
    assert _row(name)[1] == words


def test_every_beat_task_has_a_heading_and_names_its_function(settings: LazySettings) -> None:
    beat = section(PAGE, "Beat tasks")
    schedule: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    assert re.findall(r"^### `(.*)`$", beat, re.MULTILINE) == list(schedule)
    for name, entry in schedule.items():
        assert f"`{entry['task']}`" in section(beat, f"`{name}`")


def test_the_interval_of_each_beat_task_is_named(settings: LazySettings) -> None:
    beat = section(PAGE, "Beat tasks")
    schedule: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    for name, entry in schedule.items():
        seconds = entry["schedule"].run_every.total_seconds()
        is_set = seconds == settings.DISPATCH_SECONDS
        words = "Every `DISPATCH_SECONDS`" if is_set else f"Every {seconds:g} seconds"
        assert section(beat, f"`{name}`").strip().startswith(words)
