"""Numbers and lengths of time as a person writes them."""

from __future__ import annotations

from fractions import Fraction


def plain(number: Fraction) -> str:
    """The number with at most three decimals and no trailing zeros."""
    return f"{float(number):.3f}".rstrip("0").rstrip(".")


def plain_hours(seconds: float) -> str:
    """Whole minutes in words, rounded down so that a gap never looks longer: "6 h", "1 h 15 min", "0 min"."""
    hours, minutes = divmod(int(seconds // 60), 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return " ".join(part for part in parts if part) or "0 min"
