"""One sentence about a checklist, built from facts alone, and how much it needs a clinician's eye."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from ivig_care.common.spoken import translated
from ivig_care.plans.models import Dose, Infusion, Step
from ivig_care.regimen.figures import plain_hours
from ivig_care.regimen.steps import State

# A start nearer to the plan than this is the time it takes to sit down and say so.
ON_TIME = timedelta(minutes=15)
LONGEST_REASON = 60


class Attention(IntEnum):
    """What in a checklist a clinician should look at first; the lowest number comes first in the queue."""

    MEDICINE = 1
    DOSE = 2
    START = 3
    OTHER = 4
    NOTHING = 5

    @property
    def words(self) -> str:
        """As the queue says it."""
        return str(_WORDS[self])


_WORDS = {
    Attention.MEDICINE: gettext_lazy("medicine not given"),
    Attention.DOSE: gettext_lazy("dose with a reason"),
    Attention.START: gettext_lazy("start not as planned"),
    Attention.OTHER: gettext_lazy("steps not done"),
    Attention.NOTHING: gettext_lazy("as planned"),
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The sentence, and what it is about at its most pressing."""

    attention: Attention
    text: str


def summarise(infusion: Infusion) -> Summary:
    """The summary of a checklist from its days, steps and doses; prefetch them for more than one."""
    steps = [step for step in infusion.steps.all() if step.state != State.WITHDRAWN]
    doses = [step for step in steps if step.ingredient]
    others = [step for step in steps if not step.ingredient]
    explained = [dose for step in doses for dose in step.doses.all() if dose.reason and dose.taken_back_at is None]
    parts = {
        Attention.START: list(_about_starts(infusion)),
        Attention.MEDICINE: list(_about_steps(doses, _DOSES)),
        Attention.DOSE: list(_about_explained(explained)),
        Attention.OTHER: list(_about_steps(others, _OTHER_STEPS if doses else _STEPS)),
    }
    found = [attention for attention, phrases in parts.items() if phrases]
    phrases = [*_about_cancelled(infusion), *(phrase for part in parts.values() for phrase in part)]
    if still_open := sum(step.state == State.OPEN for step in steps):
        phrases.append(_("%(some)s of %(all)s still open") % {"some": still_open, "all": _count(len(steps), _STEPS)})
    text = "; ".join(phrases) or _("Started on time; all %(all)s done") % {"all": _count(len(steps), _STEPS)}
    return Summary(attention=min(found, default=Attention.NOTHING), text=f"{text[:1].upper()}{text[1:]}.")


def minutes_words(difference: timedelta) -> str:
    """A difference from the plan in words, to the minute: "45 min late", "10 min early", "on time"."""
    minutes = round(difference.total_seconds() / 60)
    if minutes == 0:
        return _("on time")
    words = _("%(time)s late") if minutes > 0 else _("%(time)s early")
    return words % {"time": plain_hours(abs(minutes) * 60)}


def longer_words(difference: timedelta) -> str:
    """The same of how long something took: "45 min longer", "10 min shorter", "as planned"."""
    minutes = round(difference.total_seconds() / 60)
    if minutes == 0:
        return _("as planned")
    words = _("%(time)s longer") if minutes > 0 else _("%(time)s shorter")
    return words % {"time": plain_hours(abs(minutes) * 60)}


def _about_cancelled(infusion: Infusion) -> Iterator[str]:
    cancelled = [str(day.number) for day in infusion.days.all() if day.cancelled_at is not None]
    if cancelled:
        yield _("day %(days)s cancelled") % {"days": _(" and ").join(cancelled)}


def _about_starts(infusion: Infusion) -> Iterator[str]:
    for day in infusion.days.all():
        if day.cancelled_at is not None:
            continue
        if day.actual_start is None:
            if infusion.closed_at is not None:
                yield _("no start recorded for day %(number)s") % {"number": day.number}
        elif abs(day.actual_start - day.planned_start) >= ON_TIME:
            difference = minutes_words(day.actual_start - day.planned_start)
            yield _("day %(number)s started %(difference)s") % {"number": day.number, "difference": difference}


def _about_steps(steps: list[Step], noun: Promise) -> Iterator[str]:
    skipped = [step for step in steps if step.state == State.SKIPPED]
    missed = sum(step.state == State.MISSED for step in steps)
    if skipped:
        reasons = ", ".join(dict.fromkeys(translated(step.skip_reason) or _("no reason") for step in skipped))
        words = _("%(some)s of %(all)s skipped (%(reasons)s)")
        yield words % {"some": len(skipped), "all": _count(len(steps), noun), "reasons": reasons}
    if missed:
        yield _("%(some)s of %(all)s missed") % {"some": missed, "all": _count(len(steps), noun)}


def _about_explained(doses: list[Dose]) -> Iterator[str]:
    if doses:
        reasons = ", ".join(dict.fromkeys(Truncator(dose.reason).chars(LONGEST_REASON) for dose in doses))
        words = ngettext(
            "%(count)s dose given with a reason (%(reasons)s)",
            "%(count)s doses given with a reason (%(reasons)s)",
            len(doses),
        )
        yield words % {"count": len(doses), "reasons": reasons}


_DOSES = ngettext_lazy("%(count)s dose", "%(count)s doses", "count")
_STEPS = ngettext_lazy("%(count)s step", "%(count)s steps", "count")
_OTHER_STEPS = ngettext_lazy("%(count)s other step", "%(count)s other steps", "count")


def _count(number: int, noun: Promise) -> str:
    return str(noun % {"count": number})
