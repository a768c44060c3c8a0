"""What a text message costs: the alphabet of GSM 03.38, and how many parts a text is sent in."""

from __future__ import annotations

import unicodedata

_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TAKES_TWO = frozenset("\f^{}\\[~]|€")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        **{"\u2026": "...", "\u00d7": "x", "\u00b7": ".", "\u2044": "/", "\u2192": "->"},
    }
)


def segments(text: str) -> int:
    """How many parts it is sent, and paid for, in: 160 characters in one or 153 each; 70 or 67 beyond GSM-7."""
    if all(letter in _ALPHABET or letter in _TAKES_TWO for letter in text):
        return _parts([2 if letter in _TAKES_TWO else 1 for letter in text], one=160, each=153)
    return _parts([len(letter.encode("utf-16-be")) // 2 for letter in text], one=70, each=67)


def to_gsm7(text: str) -> str:
    """The text with typographic characters replaced by plain ones, so that it stays in the cheap alphabet.

    Letters that have no plain sister there (Greek, Chinese) are kept.
    """
    return "".join(_plain(letter) for letter in text.translate(_PLAIN))


def _plain(letter: str) -> str:
    if letter in _ALPHABET or letter in _TAKES_TWO:
        return letter
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and all(part in _ALPHABET for part in bare) else letter


def _parts(widths: list[int], *, one: int, each: int) -> int:
    """A character of two is never cut in half, so a part may end one short."""
    if sum(widths) <= one:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > each:
            parts, used = parts + 1, 0
        used += width
    return parts
