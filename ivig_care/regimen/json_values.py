"""Values of a JSON document, how an error shows them, and how an instant is written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import TypeAlias
from zoneinfo import ZoneInfo

Json: TypeAlias = bool | int | float | Fraction | str | list["Json"] | dict[str, "Json"] | None


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


def as_object(document: Json) -> dict[str, Json]:
    """The document if it is an object, else an empty one."""
    return document if isinstance(document, dict) else {}


def times(at: datetime, zone: ZoneInfo) -> dict[str, Json]:
    """An instant in UTC, and as the family's clock shows it."""
    local = at.astimezone(zone)
    return {
        "utc": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "local": local.strftime("%a %Y-%m-%d %H:%M:%S ") + str(local.tzname()),
    }
