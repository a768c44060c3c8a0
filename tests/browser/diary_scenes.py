"""What is written down in the scenes: cups and drinks, a red flag, a mild headache, doses besides, an answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from ivig_care.actions.diary import Reported, cup_add, drink_enter, report_enter
from ivig_care.actions.doses import dose_enter
from ivig_care.actions.infusions import infusion_day_start
from ivig_care.plans.extra import Wanted, meant_by
from ivig_care.plans.models import Infusion
from ivig_care.protocols.selectors import rule_set_for
from ivig_care.regimen.fluids import FluidKind
from ivig_care.regimen.symptoms import Method, Severity, Symptom, SymptomSaid, Temperature
from tests.actors import People
from tests.answering import concern_answer

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def diary_make(people: People, *, infusion: Infusion, calm: Infusion, now: datetime) -> dict[str, int | str]:
    """Write it all down; the keys of what pages are about."""
    maria, child = people.maria, infusion.plan.child
    for name, ml in (("Blue cup", 180), ("School bottle", 400)):
        cup_add(child=child, name=name, ml=ml, by=maria, now=now)
    infusion_day_start(day=infusion.days.get(number=1), by=maria, at=now - 2 * HOUR, now=now - 2 * HOUR)
    for kind, ml, ago in ((FluidKind.WATER, 180, 70), (FluidKind.ELECTROLYTE, 400, 30), (FluidKind.IV_BOLUS, 100, 20)):
        at = now - ago * MINUTE
        drink_enter(infusion=infusion, kind=kind, ml=ml, by=maria, at=at, now=at, cup="Blue cup" if ml == 180 else "")
    mild = SymptomSaid(symptom=Symptom.HEADACHE, severity=Severity.MILD, score=3, is_persistent=False)
    earlier = now - 90 * MINUTE
    first = report_enter(
        infusion=infusion,
        said=Reported(symptoms=(SymptomSaid(symptom=Symptom.NAUSEA, severity=Severity.MILD),)),
        by=maria,
        at=earlier,
        now=earlier,
    )
    assert first.concern is not None
    concern_answer(concern=first.concern, words="We talked on the phone: small sips.", by=people.weiss, now=now - HOUR)
    _dose(infusion, "ibuprofen", by=people, at=now - 50 * MINUTE)
    tight = SymptomSaid(symptom=Symptom.WHEEZE, severity=Severity.MODERATE)
    warm = Temperature(celsius=Fraction("38.4"), method=Method.UNDERARM, at=now - 5 * MINUTE)
    flagged = report_enter(
        infusion=infusion,
        said=Reported(symptoms=(tight,), temperatures=(warm,), note="It began with the new rate."),
        by=people.sam,
        at=now - 5 * MINUTE,
        now=now - 5 * MINUTE,
    )
    # Something more, and what one finds who sees the child another way: both stand with it.
    report_enter(infusion=infusion, said=Reported(symptoms=(mild,)), by=people.maria, at=now - 4 * MINUTE, now=now)
    fine = report_enter(infusion=infusion, said=Reported(), by=people.maria, at=now - MINUTE, now=now)
    told = report_enter(infusion=calm, said=Reported(symptoms=(mild,)), by=maria, at=now - HOUR, now=now - HOUR)
    return {
        "flagged": infusion.pk,
        "flagged child": child.pk,
        "emergency": flagged.report.pk,
        "mild": told.report.pk,
        "fine": fine.report.pk,
    }


def _dose(infusion: Infusion, medicine: str, *, by: People, at: datetime) -> None:
    rules = rule_set_for(infusion.plan.child.clinic.country)
    meant = meant_by(Wanted(medicine=medicine, mg=Fraction(200)), infusion, rules.formulary)
    dose_enter(infusion=infusion, meant=meant, by=by.sam, at=at, now=at)
