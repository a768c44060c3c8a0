"""Values of a JSON document, and how an error shows them."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TypeAlias

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
