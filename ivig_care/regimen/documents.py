"""Protocols as documents: plain JSON values to frozen values and back, with errors that name the place.

A document may leave a value to the prescriber as {"prescribed": "name"}; `fill` puts the values in, `unset` names
those still missing. A protocol with an unset value cannot be decoded, so it cannot date a single step.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from ivig_care.regimen import readers
from ivig_care.regimen.checks import check_protocol, check_value
from ivig_care.regimen.errors import DocumentError, UnsetValues
from ivig_care.regimen.json_values import Json, shown
from ivig_care.regimen.protocol import (
    AfterStep,
    Conditions,
    CourseStart,
    Moment,
    Protocol,
)
from ivig_care.regimen.timing import Elapsed, Offset

T = TypeVar("T")

PRESCRIBED = "prescribed"
_DEEPEST = 40
# Metadata of a field of a number that may be nothing, such as a rate that is a pause.
MAY_BE_ZERO = "may be zero"
_UTC = ZoneInfo("UTC")


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
    check_protocol(protocol, path)
    return protocol


def decode(cls: type[T], document: Json, path: str, zone: ZoneInfo = _UTC) -> T:
    """A value of type `cls` (a dataclass of this package, or a field type of one). Raises DocumentError.

    A time without an offset is one on the wall clock of `zone`.
    """
    return cast("T", _decode(cls, document, path, zone))


def encode(value: object) -> Json:
    """The JSON of a frozen value: fractions as numbers, instants in ISO 8601, fields at their default left out."""
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
    return field.default is not dataclasses.MISSING and held == field.default


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


def _decode(kind: Any, document: Json, path: str, zone: ZoneInfo) -> object:
    if kind in _READERS:
        return _READERS[kind](document, path)
    if kind is datetime:
        return readers.instant(document, path, zone)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_optional(kind, document, path, zone)
    if origin in (tuple, frozenset):
        held = enumerate(readers.list_of(document, path))
        items = [_decode(get_args(kind)[0], item, f"{path}[{number}]", zone) for number, item in held]
        return cast("Callable[[list[object]], object]", origin)(items)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _decode_word(kind, document, path)
    return _decode_fields(kind, document, path, zone)


def _decode_optional(kind: Any, document: Json, path: str, zone: ZoneInfo) -> object:
    if document is None:
        return None
    (inner,) = (arg for arg in get_args(kind) if arg is not types.NoneType)
    return _decode(inner, document, path, zone)


def _decode_word(kind: type[StrEnum], document: Json, path: str) -> StrEnum:
    try:
        return kind(document)  # type: ignore[arg-type]
    except ValueError:
        words = ", ".join(kind)
        raise DocumentError(path, f"{shown(document)} is none of: {words}") from None


def _decode_fields(kind: type, document: Json, path: str, zone: ZoneInfo = _UTC) -> object:
    given = readers.object_of(document, path)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in given:
        if name not in fields:
            raise DocumentError(f"{path}.{name}", f"unknown; known here: {', '.join(fields)}")
    for name, field in fields.items():
        if name not in given and field.default is dataclasses.MISSING:
            raise DocumentError(f"{path}.{name}", "is missing")
    hints = _hints(kind)
    decoded: dict[str, object] = {}
    for name, held in given.items():
        if held is not None and fields[name].metadata.get(MAY_BE_ZERO):
            decoded[name] = readers.not_negative(held, f"{path}.{name}")
        else:
            decoded[name] = _decode(hints[name], held, f"{path}.{name}", zone)
    value = kind(**decoded)
    check_value(value, path)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _course_start(document: Json, path: str) -> CourseStart:
    cls: type[AfterStep] | type[Moment] = AfterStep if "after_step" in readers.object_of(document, path) else Moment
    return cast("CourseStart", _decode_fields(cls, document, path))


# Every number in a document is an amount, a weight, a rate or a length of time: none may be zero or less, but for
# fields that say so in their metadata.
_READERS: dict[Any, Callable[[Json, str], object]] = {
    Elapsed: readers.elapsed,
    Offset: readers.offset,
    CourseStart: _course_start,
    Conditions: readers.conditions,
    time: readers.clock_time,
    date: readers.date_of,
    ZoneInfo: readers.zone_of,
    Fraction: readers.positive,
    int: readers.whole,
    str: readers.text_of,
    bool: readers.flag,
}
