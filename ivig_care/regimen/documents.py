"""Protocols as documents: plain JSON values to frozen values and back, with errors that name the place.

A document may leave a value to the prescriber as {"prescribed": "name"}; `fill` puts the values in, `unset` names
those still missing. A protocol with an unset value cannot be decoded, so it cannot date a single step.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ivig_care.regimen.errors import DocumentError, UnsetValues
from ivig_care.regimen.protocol import (
    AfterStep,
    CourseRule,
    CourseStart,
    Days,
    Medicine,
    Moment,
    NudgePolicy,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.timing import Elapsed, Offset, WallClock, WindowRule

Json: TypeAlias = bool | int | float | Fraction | str | list["Json"] | dict[str, "Json"] | None
T = TypeVar("T")

PRESCRIBED = "prescribed"
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_LONGEST = timedelta(days=366)
_LARGEST, _SMALLEST = 10**9, Fraction(1, 10**6)
_DEEPEST = 40
# Slots are made of keys, joined by dots; these two keys are those of the timeline itself.
_OWN_KEYS = frozenset({"rate", "end"})


def unset(document: Json, values: Mapping[str, Json]) -> tuple[str, ...]:
    """The names that the document leaves to the prescriber and `values` lacks, in order.

    A value of null is an answer ("none"), where the protocol allows none; a value not given is no answer.
    """
    return tuple(dict.fromkeys(name for name in _names(document) if name not in values))


def fill(document: Json, values: Mapping[str, Json]) -> Json:
    """The document with every prescribed value put in. Raises UnsetValues naming those that are missing."""
    missing = unset(document, values)
    if missing:
        raise UnsetValues(missing)
    return _filled(document, values)


def decode_protocol(document: Json, path: str = "protocol") -> Protocol:
    """The protocol that a complete document describes. Raises DocumentError, UnsetValues."""
    protocol = decode(Protocol, fill(document, {}), path)
    if not protocol.ladder.steps:
        raise DocumentError(f"{path}.ladder.steps", "needs at least one rate")
    _check_keys(protocol, path)
    _check_ladder(protocol.ladder.steps, f"{path}.ladder.steps")
    return protocol


def decode(cls: type[T], document: Json, path: str) -> T:
    """A value of type `cls` (a dataclass of this package, or a field type of one). Raises DocumentError."""
    return cast("T", _decode(cls, document, path))


def encode(value: object) -> Json:
    """The JSON of a frozen value: fractions as numbers, instants in ISO 8601, empty optional fields left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: encode(held) for field, held in fields if not _is_blank(field, held)}
    match value:
        case StrEnum():
            return value.value
        case Fraction():
            return value.numerator if value.denominator == 1 else float(value)
        case timedelta():
            return {"seconds": int(value.total_seconds())}
        case datetime() | time():
            return value.isoformat()
        case tuple() | frozenset() | list():
            return [encode(item) for item in value]
    return cast("Json", value)


def _is_blank(field: dataclasses.Field[Any], held: object) -> bool:
    return field.default is not dataclasses.MISSING and held in (None, "", ())


def _names(document: Json, path: str = "protocol", depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        raise DocumentError("protocol", "is nested too deeply")
    if isinstance(document, list):
        for number, value in enumerate(document):
            yield from _names(value, f"{path}[{number}]", depth + 1)
    elif isinstance(document, dict) and set(document) == {PRESCRIBED}:
        name = document[PRESCRIBED]
        if not isinstance(name, str) or not name.strip():
            raise DocumentError(f"{path}.{PRESCRIBED}", f"expected the name of a value, not {shown(name)}")
        yield name
    elif isinstance(document, dict):
        for key, value in document.items():
            yield from _names(value, f"{path}.{key}", depth + 1)


def _filled(document: Json, values: Mapping[str, Json]) -> Json:
    if isinstance(document, list):
        return [_filled(value, values) for value in document]
    if not isinstance(document, dict):
        return document
    if set(document) == {PRESCRIBED}:
        return values[str(document[PRESCRIBED])]
    return {key: _filled(value, values) for key, value in document.items()}


def _decode(kind: Any, document: Json, path: str) -> object:
    if kind in _READERS:
        return _READERS[kind](document, path)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_optional(kind, document, path)
    if origin in (tuple, frozenset):
        items = [_decode(get_args(kind)[0], item, f"{path}[{n}]") for n, item in enumerate(_list(document, path))]
        return cast("Callable[[list[object]], object]", origin)(items)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _decode_word(kind, document, path)
    return _decode_fields(kind, document, path)


def _decode_optional(kind: Any, document: Json, path: str) -> object:
    if document is None:
        return None
    (inner,) = (arg for arg in get_args(kind) if arg is not types.NoneType)
    return _decode(inner, document, path)


def _decode_word(kind: type[StrEnum], document: Json, path: str) -> StrEnum:
    try:
        return kind(document)  # type: ignore[arg-type]
    except ValueError:
        words = ", ".join(kind)
        raise DocumentError(path, f"{shown(document)} is none of: {words}") from None


def _decode_fields(kind: type, document: Json, path: str) -> object:
    given = _dict(document, path)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in given:
        if name not in fields:
            raise DocumentError(f"{path}.{name}", f"unknown; known here: {', '.join(fields)}")
    for name, field in fields.items():
        if name not in given and field.default is dataclasses.MISSING:
            raise DocumentError(f"{path}.{name}", "is missing")
    hints = _hints(kind)
    value = kind(**{name: _decode(hints[name], held, f"{path}.{name}") for name, held in given.items()})
    _check(value, path)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _check(value: object, path: str) -> None:
    match value:
        case Medicine() if (value.mg is None) == (value.mg_per_kg is None):
            raise DocumentError(path, "needs either mg or mg_per_kg")
        case StepRule() if value.kind.is_ticked and value.window is None:
            raise DocumentError(f"{path}.window", "is missing; a step that is ticked needs one")
        case CourseRule() if value.window is None:
            raise DocumentError(f"{path}.window", "is missing; a dose is ticked, so it needs one")
        case Protocol() if value.days == 0:
            raise DocumentError(f"{path}.days", "must be more than nothing")
        case Moment() if value.day is Days.EACH:
            raise DocumentError(f"{path}.day", "must be first or last: a moment lies on one day")
        case NudgePolicy() if value.repeats and value.repeat_every is None:
            raise DocumentError(f"{path}.repeat_every", "is missing; repeats need it")
        case WindowRule() if value.late_after > value.closes_after:
            raise DocumentError(f"{path}.closes_after", "must not be shorter than late_after")
    _check_amounts(value, path)


# Of these lengths of time and counts, the first may be nothing and the second must be more.
_NOT_NEGATIVE = ("opens_before", "late_after", "closes_after", "lead")
_MORE_THAN_NOTHING = ("every", "repeat_every", "min_interval", "max_doses_24h")


def _check_amounts(value: object, path: str) -> None:
    for name in _NOT_NEGATIVE:
        if (length := getattr(value, name, None)) is not None and length < timedelta():
            raise DocumentError(f"{path}.{name}", "must not be negative")
    for name in _MORE_THAN_NOTHING:
        amount = getattr(value, name, None)
        if amount is not None and amount <= type(amount)():
            raise DocumentError(f"{path}.{name}", "must be more than nothing")
    ingredient = getattr(value, "ingredient", None)
    if ingredient is not None and (not ingredient or ingredient != ingredient.strip().lower()):
        raise DocumentError(f"{path}.ingredient", f"{shown(ingredient)} must be in lower case: it is counted by name")


def _check_keys(protocol: Protocol, path: str) -> None:
    seen: set[str] = set()
    for place, rule in (
        *((f"{path}.steps[{n}].key", rule.key) for n, rule in enumerate(protocol.steps)),
        *((f"{path}.courses[{n}].key", course.key) for n, course in enumerate(protocol.courses)),
    ):
        if rule in seen:
            raise DocumentError(place, f"{shown(rule)} is used twice")
        if not rule.strip() or "." in rule or rule in _OWN_KEYS:
            raise DocumentError(place, f"{shown(rule)} cannot be a key: no dots, not blank, not rate, not end")
        seen.add(rule)
    for number, step in enumerate(protocol.steps):
        ingredients = [medicine.ingredient for medicine in step.medicines]
        if len(set(ingredients)) < len(ingredients):
            raise DocumentError(f"{path}.steps[{number}].medicines", "names an ingredient twice")


def _check_ladder(rates: tuple[RateStep, ...], path: str) -> None:
    for number, rate in enumerate(rates[:-1]):
        if rate.minutes is None:
            raise DocumentError(f"{path}[{number}].minutes", "is missing; only the last rate runs until all is in")


def _elapsed(document: Json, path: str) -> Elapsed:
    parts = _dict(document, path)
    if not parts or not set(parts) <= set(_SECONDS):
        raise DocumentError(path, f"expected an elapsed time such as {{'hours': 6}}, with {', '.join(_SECONDS)}")
    lengths = (_number(value, f"{path}.{unit}") * _SECONDS[unit] for unit, value in parts.items())
    seconds = sum(lengths, Fraction(0))
    if abs(seconds) > _LONGEST // timedelta(seconds=1):
        raise DocumentError(path, "is longer than any infusion")
    if seconds.denominator != 1:
        raise DocumentError(path, "must be whole seconds")
    return Elapsed(seconds=int(seconds))


def _offset(document: Json, path: str) -> Offset:
    parts = _dict(document, path)
    if "at" not in parts:
        return _elapsed(document, path)
    days = parts.get("days", 0)
    if isinstance(days, bool) or not isinstance(days, int) or set(parts) - {"at", "days"}:
        raise DocumentError(path, "expected a clock time such as {'days': -1, 'at': '08:00'}")
    text = _text(parts["at"], f"{path}.at")
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise DocumentError(f"{path}.at", f"{shown(text)} is not a time such as '08:00'") from None
    if at.tzinfo is not None:
        raise DocumentError(f"{path}.at", f"{shown(text)} must be the child's own clock, without a zone")
    if abs(days) > _LONGEST.days:
        raise DocumentError(f"{path}.days", "is longer than any infusion")
    return WallClock(days=days, at=at)


def _course_start(document: Json, path: str) -> CourseStart:
    cls: type[AfterStep] | type[Moment] = AfterStep if "after_step" in _dict(document, path) else Moment
    return cast("CourseStart", _decode_fields(cls, document, path))


def _number(document: Json, path: str) -> Fraction:
    if isinstance(document, bool) or not isinstance(document, int | float | Fraction):
        raise DocumentError(path, f"expected a number, not {shown(document)}")
    try:
        # By way of its text: 0.6 is meant as six tenths, not as the nearest binary fraction.
        number = Fraction(str(document)) if isinstance(document, float) else Fraction(document)
    except ValueError:
        raise DocumentError(path, f"expected a number, not {shown(document)}") from None
    if abs(number) > _LARGEST:
        raise DocumentError(path, "is too large to mean anything")
    if 0 < abs(number) < _SMALLEST:
        raise DocumentError(path, "is too small to mean anything")
    return number


def _positive(document: Json, path: str) -> Fraction:
    number = _number(document, path)
    if number <= 0:
        raise DocumentError(path, "must be more than nothing")
    return number


def _whole(document: Json, path: str) -> int:
    number = _number(document, path)
    if number.denominator != 1 or not 0 <= number <= 1000:
        raise DocumentError(path, "expected a whole number between 0 and 1000")
    return int(number)


def _text(document: Json, path: str) -> str:
    if not isinstance(document, str):
        raise DocumentError(path, f"expected text, not {shown(document)}")
    try:
        document.encode()
    except UnicodeEncodeError:
        raise DocumentError(path, "holds half a letter (a lone surrogate)") from None
    return document


def _flag(document: Json, path: str) -> bool:
    if not isinstance(document, bool):
        raise DocumentError(path, f"expected true or false, not {shown(document)}")
    return document


def _list(document: Json, path: str) -> list[Json]:
    if not isinstance(document, list):
        raise DocumentError(path, "expected a list")
    return document


def _dict(document: Json, path: str) -> dict[str, Json]:
    if not isinstance(document, dict):
        raise DocumentError(path, "expected an object")
    return document


def shown(document: Json) -> str:
    """A value of a document as an error may show it: short, and as it stands there."""
    match document:
        case dict():
            return "an object"
        case list():
            return "a list"
        case Fraction():
            return str(document)
    text = json.dumps(document, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


# Every number in a document is an amount, a weight, a rate or a length of time: none may be zero or less.
_READERS: dict[Any, Callable[[Json, str], object]] = {
    Elapsed: _elapsed,
    Offset: _offset,
    CourseStart: _course_start,
    Fraction: _positive,
    int: _whole,
    str: _text,
    bool: _flag,
}
