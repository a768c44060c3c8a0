"""Reads how a child is: what was reported, what the triage makes of it, and the checks that ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ivig_care.accounts.models import User
from ivig_care.diary.models import SymptomReport
from ivig_care.diary.words import METHODS, SEVERITIES, symptom
from ivig_care.plans.facts import facts_of
from ivig_care.plans.models import Infusion, Step
from ivig_care.plans.prescription import protocol_of
from ivig_care.regimen.figures import plain
from ivig_care.regimen.now import Question, triage_for
from ivig_care.regimen.protocol import Kind
from ivig_care.regimen.rechecks import RECHECK
from ivig_care.regimen.reports import COUNTS_FOR, SaidAt, Standing, standing_at
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.signs import Level
from ivig_care.regimen.steps import State
from ivig_care.regimen.symptoms import ChildFlag, Method, Severity, Symptom, SymptomSaid, Temperature
from ivig_care.regimen.triage import Triaged

# The checks that ask how the child is begin so; others ask to look at something of its own.
SYMPTOM_CHECKS = ("check", RECHECK)


def reports_near(infusion: Infusion, at: datetime) -> QuerySet[SymptomReport]:
    """The standing reports that can bear on how the child is at `at`, in order of time."""
    # One of a day ago may name again what was first named up to a day before that.
    near = infusion.reports.standing().filter(at__gt=at - 3 * COUNTS_FOR, at__lte=at)
    return near.select_related("by").prefetch_related("symptoms", "temperatures").order_by("at", "pk")


def standing_of(infusion: Infusion, at: datetime) -> Standing:
    """What was said of the child until `at` and still counts."""
    return standing_at(tuple(map(_said_at, reports_near(infusion, at))), at)


@dataclass(frozen=True, kw_only=True)
class Still:
    """Something that was said of the child and still counts: in words, who said it and when; of a symptom, which."""

    words: str
    who: User
    at: datetime
    symptom: SymptomSaid | None = None


def still_of(infusion: Infusion, at: datetime) -> list[Still]:
    """What was said of the child until `at` and still counts, symptoms first, each with whose word it is.

    Of the readings only the last one, which stands as it was measured: those before it count for the triage as no
    higher than it was, and must not be shown as if that had been measured then.
    """
    reports = list(reports_near(infusion, at))
    people = {str(report.by_id): report.by for report in reports}
    standing = standing_at(tuple(map(_said_at, reports)), at)
    symptoms = [
        Still(
            words=symptom_words(one.said.symptom, one.said.severity or "", one.said.score),
            who=people[one.by],
            at=one.at,
            symptom=one.said,
        )
        for one in standing.named
    ]
    return symptoms + [
        Still(words=temperature_words(one.reading.celsius, one.reading.method), who=people[one.by], at=one.reading.at)
        for one in standing.read[-1:]
    ]


def names_of(said: Iterable[Still]) -> str:
    """Whose words these are."""
    return ", ".join(dict.fromkeys(one.who.name for one in said))


def triaged_of(
    infusion: Infusion,
    *,
    by: User,
    at: datetime,
    symptoms: tuple[SymptomSaid, ...],
    temperatures: tuple[Temperature, ...],
    gone: frozenset[Symptom],
    takes_steroid: bool | None,
    has_more: bool = False,
) -> Triaged:
    """What the triage makes of a report at `at`, together with what was said before and still counts.

    One that waited for a signal arrives after what was said later: it also counts together with that, where that makes
    it more urgent than either was found to be. That the child is fine counts for whoever says it: what `by` said before
    is over, and what others said counts on. What the plan's protocol changes in the rules counts, and the doses that
    were given, for a medicine may hide a fever. Whether the child takes a steroid is what was said last.
    """
    new = SaidAt(at=at, by=str(by.pk), symptoms=symptoms, temperatures=temperatures, gone=gone, has_more=has_more)
    found = _triaged_at(infusion, at, new, takes_steroid)
    if new.is_nothing:
        return found
    for later in infusion.reports.standing().filter(at__gt=at, at__lt=at + COUNTS_FOR).order_by("at", "pk"):
        together = _triaged_at(infusion, later.at, new, takes_steroid)
        if _urgency(together.level) > max(_urgency(found.level), _urgency(later.level)):
            found = together
    return found


def _urgency(level: str | None) -> int:
    return Level(level).urgency if level else -1


def _triaged_at(infusion: Infusion, at: datetime, new: SaidAt, takes_steroid: bool | None) -> Triaged:
    """What the triage makes of all that was said until `at`, `new` with it in its place in time."""
    reports = list(reports_near(infusion, at))
    said = [(_said_at(report), report.takes_steroid) for report in reports] + [(new, takes_steroid)]
    said.sort(key=lambda one: one[0].at)
    standing = standing_at(tuple(one for one, _ in said), at)
    question = Question(
        at=at,
        symptoms=standing.symptoms,
        temperatures=standing.temperatures,
        child_flags=_flags(next((answer for _, answer in reversed(said) if answer is not None), None)),
    )
    protocol, facts = protocol_of(infusion.plan), facts_of(infusion)
    return triage_for(question, protocol, build_schedule(protocol, facts), facts)


def checks_answered(infusion: Infusion, at: datetime) -> list[Step]:
    """The open checks whose time it is at `at` and that a report answers."""
    asked = infusion.steps.open().filter(kind=Kind.CHECK, opens_at__lte=at, closes_at__gt=at)
    return [step for step in asked.order_by("due_at", "pk") if step.slot.startswith(SYMPTOM_CHECKS)]


def checks_answered_by(report: SymptomReport) -> list[Step]:
    """The checks that are done because of this report: at its moment, by whoever wrote it."""
    done = report.infusion.steps.filter(kind=Kind.CHECK, state=State.DONE, said_at=report.at, said_by=report.by)
    return [step for step in done.order_by("due_at", "pk") if step.slot.startswith(SYMPTOM_CHECKS)]


def about_words(
    symptoms: Sequence[SymptomSaid], temperatures: Sequence[Temperature], note: str, besides: Sequence[str] = ()
) -> str:
    """What was reported, in one line for a person; and what was said `besides` and counts."""
    parts = [symptom_words(one.symptom, one.severity or "", one.score) for one in symptoms]
    parts += [*besides, *(temperature_words(one.celsius, one.method) for one in temperatures)]
    if note:
        parts.append(f"“{note}”")
    return "; ".join(parts)


def said_besides(report: SymptomReport) -> list[str]:
    """What other reports say of the child that counts with this one, in words: said before it, or after it was said."""
    infusion, at = report.infusion, report.at
    later = infusion.reports.standing().filter(at__gt=at, at__lt=at + COUNTS_FOR, pk__lt=report.pk)
    last = later.order_by("at", "pk").last()
    named = {one.symptom for one in report.symptoms.all()}
    standing = [standing_of(infusion, moment) for moment in (at, *([last.at] if last else []))]
    found = {one.symptom: one for then in standing for one in then.symptoms if one.symptom not in named}
    words = [symptom_words(one.symptom, one.severity or "", one.score) for one in found.values()]
    if not report.temperatures.all():
        words += [temperature_words(one.celsius, one.method) for one in standing[0].temperatures]
    return [_("%(symptom)s (said before)") % {"symptom": one} for one in dict.fromkeys(words)]


def symptom_words(name: str, severity: str, score: int | None) -> str:
    """As in "Headache: severe, 7 of 10"."""
    how = [str(SEVERITIES[severity])] if severity in SEVERITIES else []
    if score is not None:
        how.append(_("%(score)s of 10") % {"score": score})
    return f"{symptom(name)}: {', '.join(how)}" if how else symptom(name)


def temperature_words(celsius: Fraction, method: str) -> str:
    """As in "38.2 °C, under the arm"."""
    where = METHODS.get(method, "") if method != Method.UNKNOWN else _("way of measuring unknown")
    return f"{plain(Fraction(round(celsius * 10), 10))} °C, {where}"


def _said_at(report: SymptomReport) -> SaidAt:
    named = list(report.symptoms.all())
    return SaidAt(
        at=report.at,
        by=str(report.by_id),
        symptoms=tuple(
            SymptomSaid(
                symptom=Symptom(one.symptom),
                severity=Severity(one.severity) if one.severity else None,
                score=one.score,
                is_persistent=one.is_persistent,
                since=one.since,
            )
            for one in named
            if not one.is_gone
        ),
        temperatures=tuple(
            Temperature(celsius=Fraction(one.celsius), method=Method(one.method), at=report.at)
            for one in report.temperatures.all()
        ),
        gone=frozenset(Symptom(one.symptom) for one in named if one.is_gone),
        has_more=bool(report.note or report.trend),
    )


def _flags(takes_steroid: bool | None) -> frozenset[ChildFlag] | None:
    """What is known of the child; None, and so the worst, where nobody said it."""
    if takes_steroid is None:
        return None
    return frozenset({ChildFlag.LONG_TERM_STEROID}) if takes_steroid else frozenset()
