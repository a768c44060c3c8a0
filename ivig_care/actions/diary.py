"""Writes the diary: what a child drank, out of which cups, and how it is. What is written is only ever taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ivig_care.accounts.models import User
from ivig_care.actions.audit import Verb, audit_note, audits_last
from ivig_care.actions.checklists import checklist_touch, infusion_hold, infusion_lock
from ivig_care.actions.concerns import concern_raise
from ivig_care.actions.errors import Refused
from ivig_care.actions.steps import check_time, step_tick, step_undo
from ivig_care.care_teams.models import Child
from ivig_care.diary.models import Cup, FluidEntry, SymptomNamed, SymptomReport, TemperatureReading
from ivig_care.diary.reports import about_words, checks_answered, checks_answered_by, said_besides, triaged_of
from ivig_care.plans.models import Infusion, Step
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.reports import COUNTS_FOR
from ivig_care.regimen.signs import Level
from ivig_care.regimen.symptoms import Symptom, SymptomSaid, Temperature
from ivig_care.reviews.concerns import RED_FLAGS, urgency_of
from ivig_care.reviews.models import Concern

# More at once is a slip of the finger.
MOST_ML = 3000
# What the clinic is told of at once; the rest is for the review.
TOLD = frozenset({Level.EMERGENCY, Level.CALL_NOW, Level.OFFICE_HOURS})


# --- drinks --------------------------------------------------------------------------------------


@transaction.atomic
def drink_enter(
    *, infusion: Infusion, kind: FluidKind, ml: int, by: User, at: datetime, now: datetime, cup: str = ""
) -> FluidEntry:
    """Record what the child drank, or what ran into a vein, at `at`. Raises Refused, TimeNotPossible, ReviewSigned."""
    infusion = infusion_lock(infusion.pk)
    check_time(at, now)
    _check_ml(ml)
    entry = FluidEntry.objects.create(
        infusion=infusion, kind=kind, ml=ml, cup=cup[:40], at=min(at, now), entered_at=now, by=by
    )
    checklist_touch(infusion)
    audit_note(verb=Verb.RECORDED, about=entry, by=by, now=now, child=infusion.plan.child, detail="wrote down")
    return entry


@transaction.atomic
def drink_take_back(*, entry: FluidEntry, by: User, now: datetime) -> FluidEntry:
    """Take back a drink; a second time changes nothing. Raises ReviewSigned."""
    infusion = infusion_lock(entry.infusion_id)
    held = FluidEntry.objects.select_for_update().get(pk=entry.pk)
    if held.taken_back_at is not None:
        return held
    held.taken_back_at = now
    held.save(update_fields=["taken_back_at"])
    checklist_touch(infusion)
    audit_note(verb=Verb.CHANGED, about=held, by=by, now=now, child=infusion.plan.child, detail="took back")
    return held


@transaction.atomic
def cup_add(*, child: Child, name: str, ml: int, by: User, now: datetime) -> Cup:
    """A cup of the family's own. Raises Refused when the child has one of that name."""
    _check_ml(ml)
    _check_name(child, name)
    try:
        with transaction.atomic():
            cup = Cup.objects.create(child=child, name=name, ml=ml)
    except IntegrityError as error:
        raise _named_so(name) from error
    _note_cup(cup, "added", by=by, now=now)
    return cup


@transaction.atomic
def cup_change(*, cup: Cup, name: str, ml: int, by: User, now: datetime) -> Cup:
    """Another name or size; what was drunk out of it stays as it was. Raises Refused."""
    _check_ml(ml)
    held = Cup.objects.select_for_update().get(pk=cup.pk)
    _check_name(held.child, name, besides=held)
    held.name, held.ml = name, ml
    held.save(update_fields=["name", "ml"])
    _note_cup(held, "changed", by=by, now=now)
    return held


@transaction.atomic
def cup_remove(*, cup: Cup, by: User, now: datetime) -> None:
    """A cup that is not used any more; what was drunk out of it stays."""
    held = Cup.objects.select_for_update().filter(pk=cup.pk).first()
    if held is not None:
        _note_cup(held, "removed", by=by, now=now)
        held.delete()


def _check_ml(ml: int) -> None:
    if not 0 < ml <= MOST_ML:
        raise Refused(_("That is not an amount that one drinks at once. Check the number and the unit."))


def _check_name(child: Child, name: str, besides: Cup | None = None) -> None:
    others = Cup.objects.filter(child=child, name__iexact=name)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise _named_so(name)


def _named_so(name: str) -> Refused:
    return Refused(_("There is a cup called %(name)s already. Give this one another name.") % {"name": name})


def _note_cup(cup: Cup, words: str, *, by: User, now: datetime) -> None:
    audit_note(verb=Verb.CHANGED, about=cup, by=by, now=now, child=cup.child, detail=words)


# --- how the child is --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a person says of a child; nothing in it says that the child is fine. `gone` was there before."""

    symptoms: tuple[SymptomSaid, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    gone: frozenset[Symptom] = frozenset()
    trend: str = ""
    takes_steroid: bool | None = None
    note: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether it says that there is nothing."""
        return not (self.symptoms or self.temperatures or self.gone or self.note or self.trend)

    @property
    def is_news(self) -> bool:
        """Whether it says something that may be worse, and not only that something is over or as it was."""
        return bool(self.symptoms or self.temperatures or self.note) or self.trend == SymptomReport.Trend.WORSE


@dataclass(frozen=True, kw_only=True)
class Written:
    """A report that was written, what needs an answer because of it, and the checks that it answered."""

    report: SymptomReport
    concern: Concern | None
    checks: tuple[Step, ...]


@transaction.atomic
def report_enter(*, infusion: Infusion, said: Reported, by: User, at: datetime, now: datetime) -> Written:
    """Record how the child is at `at`, what the triage makes of it, and answer the checks that ask for it.

    What is urgent is told to the clinic at once. It is never refused because the review is signed: that is added to.
    Raises TimeNotPossible.
    """
    infusion = infusion_hold(infusion.pk)
    check_time(at, now)
    at = min(at, now)
    report = SymptomReport.objects.create(
        infusion=infusion,
        trend=said.trend,
        note=said.note,
        takes_steroid=said.takes_steroid,
        at=at,
        entered_at=now,
        by=by,
        **_triaged(infusion, said, by, at),
    )
    SymptomNamed.objects.bulk_create(_named(report, said))
    TemperatureReading.objects.bulk_create(
        TemperatureReading(report=report, celsius=_celsius(reading), method=reading.method)
        for reading in said.temperatures
    )
    with audits_last():
        audit_note(verb=Verb.RECORDED, about=report, by=by, now=now, child=infusion.plan.child, detail="wrote down")
        concern = _concern(infusion, report, said, by=by, now=now)
        checks = _checks_tick(infusion, by=by, at=at, now=now)
    checklist_touch(infusion)
    return Written(report=report, concern=concern, checks=checks)


@transaction.atomic
def report_take_back(*, report: SymptomReport, by: User, now: datetime) -> SymptomReport:
    """Take back a report, and the checks that it answered; a second time changes nothing.

    What it raised stays, for the clinic has heard of it. A red flag is taken back by nobody but who reported it: with
    it the banner goes that tells everybody to call. Raises Refused.
    """
    infusion = infusion_hold(report.infusion_id)
    held = SymptomReport.objects.select_for_update().get(pk=report.pk)
    if held.taken_back_at is not None:
        return held
    if held.level in RED_FLAGS and held.by_id != by.pk:
        said = _("%(who)s reported this, and nobody else can undo it. Write down how it is now instead.")
        raise Refused(said % {"who": held.by.name})
    held.taken_back_at = now
    held.save(update_fields=["taken_back_at"])
    with audits_last():
        _checks_open(held, by=by, now=now)
        checklist_touch(infusion)
        audit_note(verb=Verb.CHANGED, about=held, by=by, now=now, child=infusion.plan.child, detail="took back")
    return held


def _triaged(infusion: Infusion, said: Reported, by: User, at: datetime) -> dict[str, str]:
    triaged = triaged_of(
        infusion,
        by=by,
        at=at,
        symptoms=said.symptoms,
        temperatures=said.temperatures,
        gone=said.gone,
        takes_steroid=said.takes_steroid,
        has_more=bool(said.note or said.trend),
    )
    return {
        "level": triaged.level or "",
        "rule": triaged.rule.key if triaged.rule else "",
        "words": triaged.words,
    }


def _named(report: SymptomReport, said: Reported) -> list[SymptomNamed]:
    there = [
        SymptomNamed(
            report=report,
            symptom=one.symptom,
            severity=one.severity or "",
            score=one.score,
            is_persistent=one.is_persistent,
            since=one.since,
        )
        for one in said.symptoms
    ]
    gone = said.gone - {one.symptom for one in said.symptoms}
    return there + [SymptomNamed(report=report, symptom=symptom, is_gone=True) for symptom in sorted(gone)]


def _celsius(reading: Temperature) -> Decimal:
    hundredths = round(reading.celsius * 100)
    return Decimal(hundredths) / 100


def _concern(infusion: Infusion, report: SymptomReport, said: Reported, *, by: User, now: datetime) -> Concern | None:
    if report.level not in TOLD or (said.is_fine and _is_told(report)):
        return None
    # Kept in the language of the record, whichever the phone speaks.
    with override(settings.LANGUAGE_CODE):
        words = about_words(said.symptoms, said.temperatures, said.note, besides=said_besides(report))
    return concern_raise(
        infusion=infusion,
        kind=Concern.Kind.SYMPTOMS,
        about=str(report.pk),
        words=words,
        by=by,
        now=now,
        level=report.level,
        report=report,
        is_news=said.is_news,
    )


def _is_told(report: SymptomReport) -> bool:
    """Whether the clinic has heard of something as urgent: what others said may have grown more urgent with time."""
    lately = Concern.objects.filter(
        infusion=report.infusion,
        kind=Concern.Kind.SYMPTOMS,
        report__taken_back_at=None,
        report__at__gt=report.at - COUNTS_FOR,
    )
    return any(urgency_of(level) >= urgency_of(report.level) for level in lately.values_list("level", flat=True))


def _checks_open(report: SymptomReport, *, by: User, now: datetime) -> None:
    """Ask again what nothing but this report answered; a check that cannot be opened any more stays as it is."""
    if report.infusion.reports.standing().filter(at=report.at, by=report.by).exists():
        return
    for step in checks_answered_by(report):
        try:
            with transaction.atomic():
                step_undo(step=step, by=by, now=now)
        except Refused:
            continue


def _checks_tick(infusion: Infusion, *, by: User, at: datetime, now: datetime) -> tuple[Step, ...]:
    """Answer the checks that ask how the child is; one that cannot be answered keeps nothing from being recorded."""
    ticked: list[Step] = []
    for step in checks_answered(infusion, at):
        try:
            with transaction.atomic():
                ticked.append(step_tick(step=step, by=by, at=at, now=now, how="with how the child is"))
        except Refused:
            continue
    return tuple(ticked)
