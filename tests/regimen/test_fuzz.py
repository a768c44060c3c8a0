"""Documents gone wrong in every place: one line on standard error that names the place, exit code 2, no traceback."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivig_care.regimen import documents, reading
from ivig_care.regimen.now import Question
from ivig_care.regimen.protocol import AfterStep, CourseStart, Moment, Protocol
from tests.regimen.builders import everything, golden, run_cli

Place: TypeAlias = tuple[str | int, ...]

DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
NASTY: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    0.5,
    1e-9,
    1e9,
    10**4000,
    float("nan"),
    float("-inf"),
    "",
    " ",
    "x",
    "\ud800\n",
    "a.d1",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59",
    "2026-06-15",
    [],
    [[]],
    {},
    {"prescribed": "premed_mg"},
    {"prescribed": ["x"]},
    {"hours": 0},
    {"hours": -1},
    {"days": 366},
    {"days": 1e300},
    {"at": "02:30"},
    {"days": -400, "at": "24:00"},
    DEEP,
)


def _places(document: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in items:
        if isinstance(value, dict | list):
            yield from _places(value, (*place, name))
        else:
            yield (*place, name)


def _with(document: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    first, *rest = place
    changed = copy.copy(document)
    changed[first] = _with(changed[first], tuple(rest), value)
    return changed


def _without(document: Any, place: Place) -> Any:
    *parents, last = place
    changed = copy.deepcopy(document)
    held = changed
    for name in parents:
        held = held[name]
    del held[last]
    return changed


# What lies in no single place says in a sentence what does not fit.
SENTENCES = ("course ", "triage rule ", "there is no triage rule")
PLACES_NAMED = (
    *("document", *reading.PARTS, "courses.", "not prescribed yet", "whole vials", "surprise"),
    *SENTENCES,
)


def _run(file: Path, document: Any) -> int:
    """The exit code; the file either gives a preview or one line of refusal that names a place in it."""
    file.write_text(json.dumps(document), encoding="utf-8")
    code, output, errors = run_cli(file)
    if code == 0:
        assert errors == ""
        assert json.loads(output)["timeline"]
        return code
    assert (code, output) == (2, "")
    assert errors.count("\n") == 1
    assert errors.endswith("\n")
    assert len(errors) < 1200
    place, _, problem = errors.removeprefix(f"{file}: ").partition(": ")
    assert place.startswith(PLACES_NAMED), errors
    assert problem.strip() or place.startswith(SENTENCES), errors
    return code


def _everything() -> dict[str, Any]:
    document = everything()
    document["protocol"]["ladder"]["steps"].insert(1, {"mg_per_kg_min": 2, "minutes": 15})
    around = document["protocol"]["courses"][1].pop("window")
    document["protocol"]["course_defaults"] = {"window": around, "nudges": {"lead": {"minutes": 10}}}
    return document


def _said(hint: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Each type and field that a value of a document says."""
    if hint == CourseStart:
        hint = AfterStep if "after_step" in value else Moment
    if hint in documents._READERS:
        return
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        for name, inner in get_type_hints(hint).items():
            if name in value:
                yield hint.__name__, name
                yield from _said(inner, value[name])
    elif get_origin(hint) in (tuple, frozenset):
        for item in value:
            yield from _said(get_args(hint)[0], item)
    else:
        for inner in get_args(hint):
            yield from _said(inner, value)


def _sayable(hint: Any) -> Iterator[tuple[str, str]]:
    """Each type and field that a document may say."""
    if dataclasses.is_dataclass(hint) and hint not in documents._READERS:
        assert isinstance(hint, type)
        for name, inner in get_type_hints(hint).items():
            yield hint.__name__, name
            yield from _sayable(inner)
    elif hint == CourseStart or hint not in documents._READERS:
        for inner in get_args(hint):
            yield from _sayable(inner)


EVERYTHING = _everything()
PLACES = list(_places(EVERYTHING))
# Each value goes into every sixteenth place, and each place gets every sixteenth value: 1 would try all, in minutes.
THINNING = 16


def test_document_says_every_field_of_the_format() -> None:
    parts = ((Protocol, "protocol"), (reading._Infusion, "infusion"), (Question, "now"))

    said = {found for hint, part in parts for found in _said(hint, EVERYTHING[part])}

    assert said == {found for hint, _ in parts for found in _sayable(hint)}
    assert set(EVERYTHING) == set(reading.PARTS)


@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:30])
def test_nasty_value_in_any_place(tmp_path: Path, value: Any) -> None:
    places = PLACES[NASTY.index(value) % THINNING :: THINNING]

    refused = sum(_run(tmp_path / "f.json", _with(EVERYTHING, place, value)) == 2 for place in places)

    # Whatever the value is, most places do not take it.
    assert refused > len(places) / 2


def test_anything_may_be_left_out(tmp_path: Path) -> None:
    # Whole parts and their fields, and every second place below them.
    places = [place for place in PLACES if 0 < len(place) <= 2] + [place for place in PLACES if len(place) > 2][::2]

    codes = {place: _run(tmp_path / "f.json", _without(EVERYTHING, place)) for place in places}

    assert codes["protocol",] == codes["infusion", "weight_kg"] == 2
    assert codes["infusion", "limits"] == codes["infusion", "given"] == 0


def test_unknown_name_in_any_object_is_refused(tmp_path: Path) -> None:
    for place in PLACES:
        held: Any = EVERYTHING
        for name in place:
            held = held[name]
        if isinstance(held, dict) and place != ("values",):
            assert _run(tmp_path / "f.json", _with(EVERYTHING, place, {**held, "surprise": 1})) == 2


@settings(max_examples=100)
@given(st.data())
def test_several_things_wrong_at_once(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    document = golden(data.draw(st.sampled_from(["E1", "E3", "E4"])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(list(_places(document))))
        held: Any = document
        for name in place:
            held = held[name]
        document = _with(document, place, data.draw(_wrong(held)))
        if not isinstance(document, dict):
            break

    _run(tmp_path_factory.getbasetemp() / "several.json", document)


def _wrong(held: Any) -> st.SearchStrategy[Any]:
    options: list[st.SearchStrategy[Any]] = [st.sampled_from(NASTY), st.integers(-5, 10**12)]
    if isinstance(held, list):
        options += [st.just(held * 2), st.just(held[::-1]), st.just(held[:-1])]
    if isinstance(held, dict):
        options += [st.just(dict(list(held.items())[1:])), st.just({**held, "": held})]
    if isinstance(held, int | float):
        options += [st.floats(), st.just(held * 1000), st.just(-held)]
    return st.one_of(options)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(["{", "}", "[", "]", '"', ":", ",", "1", "-", "e9", "null", "\n", "\x00", "é"])))
def test_text_that_is_no_document_at_all(tmp_path_factory: pytest.TempPathFactory, text: list[str]) -> None:
    file = tmp_path_factory.getbasetemp() / "text.json"
    file.write_text("".join(text), encoding="utf-8")

    code, output, errors = run_cli(file)

    assert (code, output, errors.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("mangle", ["truncated", "doubled", "one byte off"])
def test_damaged_file(tmp_path: Path, mangle: str) -> None:
    text = json.dumps(EVERYTHING).encode()
    file = tmp_path / "f.json"
    for cut in range(0, len(text), 101):
        match mangle:
            case "truncated":
                file.write_bytes(text[:cut])
            case "doubled":
                file.write_bytes(text[:cut] + text)
            case _:
                file.write_bytes(text[:cut] + bytes([(text[cut] + 1) % 256]) + text[cut + 1 :])
        code, _, errors = run_cli(file)
        assert (code, errors.count("\n")) in ((2, 1), (0, 0))
