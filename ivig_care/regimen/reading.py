"""From the text of a preview document to the protocol and the facts of an infusion, with errors that name the place.

The format is described in docs/reference/preview.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from ivig_care.regimen import readers
from ivig_care.regimen.conditions import FOUND_OUT
from ivig_care.regimen.documents import MAY_BE_ZERO, decode, decode_protocol, fill
from ivig_care.regimen.doses import DoseGiven, MedicineLimit
from ivig_care.regimen.dosing import VialRounding
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import DayFacts, InfusionFacts, LastInfusion, SlotFact
from ivig_care.regimen.json_values import Json, shown
from ivig_care.regimen.medicines import Combination, Formulary, MedicineKnown
from ivig_care.regimen.protocol import Protocol
from ivig_care.regimen.rates import Product, RateEntered
from ivig_care.regimen.steps import State

MOST_DAYS = 5
PROTOCOL, INFUSION, VALUES = "protocol", "infusion", "values"
PARTS = (PROTOCOL, INFUSION, VALUES, "before", "now")


@dataclass(frozen=True, kw_only=True)
class _Rate:
    at: datetime
    ml_h: Fraction = field(metadata={MAY_BE_ZERO: True})
    is_new_lot: bool = False


@dataclass(frozen=True, kw_only=True)
class _Day:
    planned_start: datetime
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    rates: tuple[_Rate, ...] = ()
    is_cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class _Slot:
    slot: str
    state: State
    at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Infusion:
    zone: ZoneInfo
    weight_kg: Fraction
    dose_mg_per_kg: Fraction
    product: Product
    days: tuple[_Day, ...]
    cap_mg: Fraction | None = None
    vials: VialRounding | None = None
    steps: tuple[_Slot, ...] = ()
    given: tuple[DoseGiven, ...] = ()
    flags: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    limits: tuple[MedicineLimit, ...] = ()
    medicines: tuple[MedicineKnown, ...] = ()
    combinations: tuple[Combination, ...] = ()
    country: str = ""
    is_first: bool | None = None
    last: LastInfusion | None = None
    number: int | None = None
    born_on: date | None = None
    weighed_on: date | None = None
    oldest_weight_days: int | None = None


def parse(text: str) -> dict[str, Json]:
    """The JSON object that the text holds. Raises DocumentError."""
    try:
        document = json.loads(text, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise DocumentError("", f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise DocumentError("", "expected an object with protocol and infusion")
    return document


def read(document: dict[str, Json]) -> tuple[Protocol, InfusionFacts]:
    """The protocol and the facts that the document holds. Raises RegimenError."""
    for name in (PROTOCOL, INFUSION):
        if name not in document:
            raise DocumentError(name, "is missing")
    if unknown := set(document) - set(PARTS):
        raise DocumentError(min(unknown), f"unknown; known here: {', '.join(PARTS)}")
    protocol = decode_protocol(fill(document[PROTOCOL], readers.object_of(document.get(VALUES, {}), VALUES)))
    facts = read_facts(document[INFUSION], INFUSION)
    if protocol.days not in (None, len(facts.days)):
        raise DocumentError("infusion.days", f"must be {protocol.days}, as the protocol says")
    heeded = {name for rule in protocol.steps for name in (*rule.when, *rule.unless)}
    if unheard := facts.conditions - heeded:
        raise DocumentError("infusion.conditions", f"no step of the protocol heeds {shown(min(unheard))}")
    return protocol, facts


def read_facts(document: Json, path: str) -> InfusionFacts:
    """The facts of one infusion. Raises DocumentError."""
    zone = readers.zone_of(readers.object_of(document, path).get("zone", ""), f"{path}.zone")
    infusion = decode(_Infusion, document, path, zone)
    if not 1 <= len(infusion.days) <= MOST_DAYS:
        raise DocumentError(f"{path}.days", f"needs 1 to {MOST_DAYS} days")
    _check(infusion, path)
    return InfusionFacts(
        zone=zone,
        weight_kg=infusion.weight_kg,
        dose_mg_per_kg=infusion.dose_mg_per_kg,
        product=infusion.product,
        days=_days(infusion.days, zone, f"{path}.days"),
        cap_mg=infusion.cap_mg,
        vials=infusion.vials,
        slots=tuple(_slot_fact(slot, f"{path}.steps[{n}]") for n, slot in enumerate(infusion.steps)),
        given=infusion.given,
        flags=frozenset(infusion.flags),
        conditions=frozenset(infusion.conditions),
        limits=infusion.limits,
        formulary=Formulary(medicines=infusion.medicines, combinations=infusion.combinations),
        country=infusion.country,
        is_first=infusion.is_first,
        last=infusion.last,
        number=infusion.number,
        born_on=infusion.born_on,
        weighed_on=infusion.weighed_on,
        oldest_weight_days=infusion.oldest_weight_days,
    )


def _check(infusion: _Infusion, path: str) -> None:
    bands = [
        (one.ingredient, one.country, one.from_kg, one.below_kg, one.from_years, one.below_years)
        for one in infusion.limits
    ]
    if len(set(bands)) < len(bands):
        raise DocumentError(f"{path}.limits", "names an ingredient twice for the same children")
    if infusion.is_first and infusion.last is not None:
        raise DocumentError(f"{path}.last", "cannot be there: this is the first infusion")
    if found_out := FOUND_OUT & {*infusion.conditions, *infusion.flags}:
        raise DocumentError(f"{path}.conditions", f"{shown(min(found_out))} is found out from is_first and last")


def _days(days: tuple[_Day, ...], zone: ZoneInfo, path: str) -> tuple[DayFacts, ...]:
    for number, (earlier, later) in enumerate(pairwise(days), start=1):
        if later.planned_start.astimezone(zone).date() <= earlier.planned_start.astimezone(zone).date():
            problem = "must be on a later date than the day before it in the list"
            raise DocumentError(f"{path}[{number}].planned_start", problem)
    return tuple(_day_facts(day, number, f"{path}[{number - 1}]") for number, day in enumerate(days, start=1))


def _day_facts(day: _Day, number: int, path: str) -> DayFacts:
    start, end = day.actual_start, day.actual_end
    if end is not None and (start is None or end <= start):
        raise DocumentError(f"{path}.actual_end", "needs an actual start that lies before it")
    if day.rates and start is None:
        raise DocumentError(f"{path}.rates", "need an actual start")
    if day.is_cancelled and start is not None:
        raise DocumentError(f"{path}.is_cancelled", "cannot be: the day was started; say when it ended")
    return DayFacts(
        number=number,
        planned_start=day.planned_start,
        actual_start=start,
        actual_end=end,
        rates=tuple(RateEntered(at=rate.at, ml_h=rate.ml_h, is_new_lot=rate.is_new_lot) for rate in day.rates),
        is_cancelled=day.is_cancelled,
    )


def _slot_fact(slot: _Slot, path: str) -> SlotFact:
    if slot.state not in (State.DONE, State.SKIPPED, State.MISSED):
        raise DocumentError(f"{path}.state", "must be done, skipped or missed; leave out a step that is open")
    if slot.due_at is None and slot.state is not State.DONE:
        raise DocumentError(f"{path}.due_at", f"is missing; a step that was {slot.state} keeps its time")
    return SlotFact(slot=slot.slot, state=slot.state, at=slot.at, due_at=slot.due_at or slot.at)


def _without_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _ in pairs]
        raise DocumentError(next(name for name in names if names.count(name) > 1), "is said twice in one object")
    return held
