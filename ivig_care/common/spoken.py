"""How times are said, in the language that is spoken at the moment: on every screen and in every message."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache, lru_cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_noop, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

# Named by what they are, for in some languages a month and a day are the same three letters.
_DAYS: tuple[str | Promise, ...] = (
    pgettext_lazy("day of the week", "Mon"),
    pgettext_lazy("day of the week", "Tue"),
    pgettext_lazy("day of the week", "Wed"),
    pgettext_lazy("day of the week", "Thu"),
    pgettext_lazy("day of the week", "Fri"),
    pgettext_lazy("day of the week", "Sat"),
    pgettext_lazy("day of the week", "Sun"),
)
_MONTHS: tuple[str | Promise, ...] = (
    pgettext_lazy("month", "Jan"),
    pgettext_lazy("month", "Feb"),
    pgettext_lazy("month", "Mar"),
    pgettext_lazy("month", "Apr"),
    pgettext_lazy("month", "May"),
    pgettext_lazy("month", "Jun"),
    pgettext_lazy("month", "Jul"),
    pgettext_lazy("month", "Aug"),
    pgettext_lazy("month", "Sep"),
    pgettext_lazy("month", "Oct"),
    pgettext_lazy("month", "Nov"),
    pgettext_lazy("month", "Dec"),
)


# What is kept with something filled in.
_KEPT_PATTERNS = (
    gettext_noop("%(who)s did not know when the child was born"),
    gettext_noop("%(who)s is told first"),
    gettext_noop("Did %(medicine)s help? Look again"),
    gettext_noop("added at %(place)s"),
    gettext_noop("but for what %(names)s must keep"),
    gettext_noop("invited by %(who)s"),
    gettext_noop("no longer shared with %(place)s"),
    gettext_noop("opened as %(name)s"),
    gettext_noop("shared with %(place)s"),
    gettext_noop("the guest %(name)s"),
    gettext_noop("with the guest %(name)s"),
    gettext_noop("%(count)s sessions"),
    gettext_noop("Before day %(number)s"),
    # Of what was said of a child.
    gettext_noop("%(score)s of 10"),
    # What the infusion card tells the clinic.
    gettext_noop("Lot %(lot)s: the date on the label has gone by. Ask the nurse."),
    gettext_noop("The plan says %(ordered)s. The bottle says %(hung)s. Ask the nurse."),
    gettext_noop(
        "The plan says at most %(most)s mL/h (%(most_per_kg)s mL/kg/h)."
        " Running: %(ml_h)s mL/h (%(per_kg)s mL/kg/h). Ask the nurse."
    ),
    gettext_noop(
        "It has %(hung)s mg in each mL, and the plan is for %(ordered)s. So the mL and the rates here do not"
        " fit. Ask the nurse at once."
    ),
)
# What is filled in by these is a number; by all others it may be anything.
_NUMBERS = frozenset({"count", "number", "score"})
# Kept as they are, and written nowhere where they would be found.
_KEPT = (
    gettext_noop("1 session"),
    gettext_noop("by link"),
    gettext_noop("by text message"),
    gettext_noop("forgotten on request"),
    gettext_noop("nobody in particular"),
    # What a built-in protocol is for.
    gettext_noop("juvenile dermatomyositis"),
    # Where a row stands, beside the states of a step.
    gettext_noop("ready"),
    gettext_noop("due"),
    gettext_noop("late"),
    gettext_noop("running"),
    gettext_noop("off"),
    gettext_noop("on"),
    gettext_noop("not proved yet"),
    # Behind what was reported earlier and counts.
    gettext_noop("said before"),
)


@cache
def _kept_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    parts = ((re.split(r"%\((\w+)\)s", words), words) for words in _KEPT_PATTERNS)
    return tuple(
        (re.compile("".join(_piece(n, piece) for n, piece in enumerate(some))), words) for some, words in parts
    )


def _piece(number: int, piece: str) -> str:
    if number % 2 == 0:
        return re.escape(piece)
    return rf"(?P<{piece}>\d+)" if piece in _NUMBERS else f"(?P<{piece}>.+)"


def translated(kept: str) -> str:
    """Words that were kept as they were made, in the language that we write in; as they are where we know none."""
    if not kept or get_language() == settings.LANGUAGE_CODE:
        return kept
    said = _(kept)
    if said != kept:
        return said
    for pattern, words in _kept_patterns():
        if match := pattern.fullmatch(kept):
            parts = match.groupdict()
            if "medicine" in parts:
                parts["medicine"] = medicine_called("", parts["medicine"])
            return _(words) % parts
    return kept


def medicine_called(name: str, ingredient: str) -> str:
    """What a medicine is called for the reader: as it stands on the box, and what is in it beside that.

    An ingredient has a name in each language (in Spanish: docs/how-to/translate.md). Where it is not the one that was
    prescribed, that stands beside it, for it is what the box and the clinic say: "acetaminofén (acetaminophen)". What
    somebody wrote is never translated.
    """
    here = translated(ingredient)
    if not name or name.casefold() == ingredient.casefold():
        return here if here == ingredient else f"{here} ({ingredient})"
    is_said = ingredient.casefold() in name.casefold() or here.casefold() in name.casefold()
    return name if is_said else f"{name} ({here})"


# Between the parts of a line that lists what was said; what somebody wrote stands in quotation marks.
_PIECES = re.compile(r"(“[^”]*”|; |: | \(|\)|(?<=\.) )")


def translated_pieces(kept: str) -> str:
    """A line of several kept words, each said in the language of the reader where we know it."""
    said = translated(kept)
    if said != kept:
        return said
    return "".join(piece if _PIECES.fullmatch(piece) else _piece_said(piece) for piece in _PIECES.split(kept))


def _piece_said(piece: str) -> str:
    parts = piece.split(", ")
    each = [translated(part) for part in parts]
    # "moderate, 3 of 10" is two kept words, and no word of its own.
    if all(said != part for said, part in zip(each, parts, strict=True)):
        return ", ".join(each)
    whole = translated(piece)
    return whole if whole != piece else ", ".join(each)


def clock(local: datetime) -> str:
    """As in "8:30 am"."""
    return _clock(local.hour, local.minute, get_language())


def day_clock(local: datetime) -> str:
    """As in "Tue 8:30 am"."""
    return f"{weekday(local)} {clock(local)}"


def weekday(day: date) -> str:
    """As in "Tue"."""
    return _weekday(day.weekday(), get_language())


# A checklist says some hundred times, and looking up what they are called takes longer than writing them.
@lru_cache(maxsize=10_000)
def _clock(hour: int, minute: int, language: str | None) -> str:  # noqa: ARG001 - the language that is spoken decides
    time = f"{hour % 12 or 12}:{minute:02}"
    if hour < 12:
        return pgettext("time before noon", "%(time)s am") % {"time": time}
    return pgettext("time from noon on", "%(time)s pm") % {"time": time}


@lru_cache(maxsize=100)
def _weekday(number: int, language: str | None) -> str:  # noqa: ARG001 - the same
    return str(_DAYS[number])


def clock_on(local: datetime, today: date) -> str:
    """As in "8:30 am", with the name of the day when that is not today: "Tue 8:30 am"."""
    return clock(local) if local.date() == today else day_clock(local)


def date_clock(local: datetime) -> str:
    """As in "Tue 3 Mar, 8:30 am"."""
    return f"{day_name(local)}, {clock(local)}"


def full_clock(local: datetime) -> str:
    """As in "Tue 3 Mar 2026, 8:30 am": of something that may be years ago."""
    return f"{full_day(local)}, {clock(local)}"


def day_name(day: date) -> str:
    """As in "Tue 3 Mar"."""
    return _("%(day)s %(number)s %(month)s") % _parts(day)


def full_day(day: date) -> str:
    """As in "Tue 3 Mar 2026"."""
    return _("%(day)s %(number)s %(month)s %(year)s") % _parts(day)


def day_short(day: date) -> str:
    """As in "Tue 3"."""
    return f"{weekday(day)} {day.day}"


def date_alone(day: date) -> str:
    """As in "3 Mar": of a day whose name says nothing."""
    return _("%(number)s %(month)s") % _parts(day)


def full_date(day: date) -> str:
    """As in "3 Mar 2026"."""
    return _("%(number)s %(month)s %(year)s") % _parts(day)


def _parts(day: date) -> dict[str, object]:
    return {"day": _DAYS[day.weekday()], "number": day.day, "month": _MONTHS[day.month - 1], "year": day.year}
