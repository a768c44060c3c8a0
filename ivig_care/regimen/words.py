"""Sentences for a person: English by itself, and in whatever language the program around it speaks.

The regimen knows no languages. Whoever uses it may say once how its words are translated; see docs/adr/0018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _as_it_is(words: str) -> str:
    return words


@dataclass
class _Speech:
    """How words are translated."""

    translate: Callable[[str], str] = _as_it_is


_speech = _Speech()


def speak_with(translate: Callable[[str], str]) -> None:
    """From now on, every sentence passes through this, as it is written here and before its values are filled in."""
    _speech.translate = translate


def say(words: str, **values: object) -> str:
    """The sentence in the language that is spoken now, with its values: `say("Day {number} is over.", number=2)`."""
    said = _speech.translate(words) if words else ""
    return said.format(**values) if values else said


def mark(words: str) -> str:
    """The same words: kept in English, and said in another language where they are shown."""
    return words
