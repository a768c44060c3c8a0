"""From a JSON document to the dated steps, ladder and cautions of one infusion, without the web.

The format is described in docs/reference/preview.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from ivig_care.regimen.cautions import cautions, plain_hours, tallies
from ivig_care.regimen.documents import Json, decode, decode_protocol, encode, fill, shown
from ivig_care.regimen.doses import DoseGiven, MedicineLimit
from ivig_care.regimen.errors import DocumentError, RegimenError, UnknownZone
from ivig_care.regimen.facts import DayFacts, InfusionFacts, SlotFact
from ivig_care.regimen.protocol import Kind, Protocol
from ivig_care.regimen.rates import Product
from ivig_care.regimen.schedule import DatedStep, DayRun, Schedule, build_schedule, plain
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import resolve_local, zone_named

MOST_DAYS = 5
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199

# Steps of one instant share a line of the timeline when they belong to the same thing.
_LINE = {
    Kind.PREMEDICATION: "premedication",
    Kind.RATE: "infusion",
    Kind.END: "infusion",
    Kind.VITALS: "infusion",
    Kind.TASK: "task",
    Kind.MEDICINE: "medicine",
}


@dataclass(frozen=True, kw_only=True)
class _Day:
    planned_start: str
    actual_start: str | None = None
    actual_end: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Slot:
    slot: str
    state: State
    at: str
    due_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Given:
    ingredient: str
    at: str
    mg: Fraction | None = None


@dataclass(frozen=True, kw_only=True)
class _Infusion:
    zone: str
    weight_kg: Fraction
    dose_mg_per_kg: Fraction
    product: Product
    days: tuple[_Day, ...]
    steps: tuple[_Slot, ...] = ()
    given: tuple[_Given, ...] = ()
    flags: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    limits: tuple[MedicineLimit, ...] = ()


def preview(text: str) -> dict[str, Json]:
    """The preview of the JSON document `text`. Raises RegimenError with a sentence that names the place."""
    protocol, facts = read(text)
    try:
        schedule = build_schedule(protocol, facts)
        _check_slots(facts, schedule)
        return describe(schedule, facts)
    except OverflowError:
        raise DocumentError("infusion", "runs beyond the calendar: check weight, dose and rates") from None


def read(text: str) -> tuple[Protocol, InfusionFacts]:
    """The protocol and the facts that the JSON document `text` holds. Raises RegimenError."""
    document = _parse(text)
    for name in ("protocol", "infusion"):
        if name not in document:
            raise DocumentError(name, "is missing")
    if unknown := set(document) - {"protocol", "infusion", "values"}:
        raise DocumentError(min(unknown), "unknown; known here: protocol, infusion, values")
    values = document.get("values", {})
    if not isinstance(values, dict):
        raise DocumentError("values", "expected an object")
    protocol = decode_protocol(fill(document["protocol"], values))
    facts = _facts(decode(_Infusion, document["infusion"], "infusion"))
    if protocol.days not in (None, len(facts.days)):
        raise DocumentError("infusion.days", f"must be {protocol.days}, as the protocol says")
    if unheard := facts.conditions - {rule.unless for rule in protocol.steps if rule.unless}:
        raise DocumentError("infusion.conditions", f"no step of the protocol heeds {shown(min(unheard))}")
    return protocol, facts


def describe(schedule: Schedule, facts: InfusionFacts) -> dict[str, Json]:
    """The JSON of a schedule: `timeline`, `steps`, `days` with their ladder, `ledger` and `warnings`."""
    return {
        "zone": facts.zone.key,
        "days": [_day(day, facts) for day in schedule.days],
        "timeline": list(_timeline(schedule, facts.zone)),
        "steps": [_step(step, facts.zone) for step in schedule.ticked],
        "ledger": [
            {
                "ingredient": counted.ingredient,
                "doses": counted.doses,
                "smallest_gap": None if counted.smallest_gap is None else _hours(counted.smallest_gap),
                "most_in_24h": counted.most_in_24h,
                "most_mg_in_24h": encode(counted.most_mg_in_24h),
                "most_mg_per_kg_in_24h": encode(
                    None if counted.most_mg_in_24h is None else counted.most_mg_in_24h / facts.weight_kg
                ),
            }
            for counted in tallies(schedule, facts)
        ],
        "warnings": [encode(caution) for caution in cautions(schedule, facts)],
    }


def timeline_text(step: DatedStep, *, is_only_day: bool) -> str:
    """One step in the words of the timeline, with the day it belongs to when there are several."""
    prefix = f"D{step.day}: " if step.kind in _OF_A_DAY and not is_only_day else ""
    return prefix + step.title


_OF_A_DAY = frozenset({Kind.RATE, Kind.END, Kind.VITALS, Kind.PREMEDICATION})


def _timeline(schedule: Schedule, zone: ZoneInfo) -> Iterator[Json]:
    is_only_day = len(schedule.days) == 1
    for (moment, _), group in groupby(schedule.steps, key=lambda step: (step.moment, _LINE.get(step.kind, ""))):
        steps = list(group)
        yield {
            **_times(moment, zone),
            "basis": steps[0].basis.value,
            "text": _line_text(steps, is_only_day=is_only_day),
            "slots": [step.slot for step in steps],
        }


def _line_text(steps: list[DatedStep], *, is_only_day: bool) -> str:
    phrases: list[str] = []
    for _, group in groupby(steps, key=lambda step: (step.rule, step.day, step.state)):
        same = list(group)
        amounts = " + ".join(f"{step.dose.name} {plain(step.dose.mg)} mg" for step in same if step.dose)
        is_course = same[0].kind is Kind.MEDICINE and bool(amounts)
        words = "" if is_course else timeline_text(same[0], is_only_day=is_only_day or bool(phrases))
        phrases.append(": ".join(part for part in (words, amounts) if part) + _became(same[0]))
    return "; ".join(phrases)


def _became(step: DatedStep) -> str:
    if step.state is State.DONE:
        return " (given)" if step.dose else ""
    return f" ({step.state})" if step.state in (State.SKIPPED, State.MISSED) else ""


def _times(at: datetime, zone: ZoneInfo) -> dict[str, Json]:
    local = at.astimezone(zone)
    return {
        "utc": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "local": local.strftime("%a %Y-%m-%d %H:%M:%S ") + str(local.tzname()),
    }


def _step(step: DatedStep, zone: ZoneInfo) -> Json:
    window = step.window
    described: dict[str, Json] = {
        "slot": step.slot,
        "kind": step.kind.value,
        "title": step.title,
        "who": step.actor.value,
        "state": step.state.value,
        "basis": step.basis.value,
        "follows": step.follows,
        "due": _times(window.due_at, zone),
        "opens": _times(window.opens_at, zone),
        "late": _times(window.late_at, zone),
        "closes": _times(window.closes_at, zone),
    }
    if step.done_at is not None:
        described["done"] = _times(step.done_at, zone)
    if step.dose is not None:
        described["dose"] = {**_object(step.dose), "ml": encode(step.dose.ml)}
    if step.goal_ml is not None:
        described["goal_ml"] = encode(step.goal_ml)
    return described


def _day(day: DayRun, facts: InfusionFacts) -> Json:
    return {
        "number": day.number,
        "start": {**_times(day.starts_at, facts.zone), "basis": day.start_basis.value},
        "end": {**_times(day.ends_at, facts.zone), "basis": day.end_basis.value},
        "volume_ml": encode(facts.volume_ml_per_day),
        "minutes": encode(sum((rung.minutes for rung in day.rungs), Fraction(0))),
        "ladder": [encode(rung) for rung in day.rungs],
    }


def _facts(infusion: _Infusion) -> InfusionFacts:
    try:
        zone = zone_named(infusion.zone)
    except UnknownZone as error:
        raise DocumentError("infusion.zone", str(error)) from None
    if not 1 <= len(infusion.days) <= MOST_DAYS:
        raise DocumentError("infusion.days", f"needs 1 to {MOST_DAYS} days")
    days = tuple(_day_facts(day, number, zone) for number, day in enumerate(infusion.days, start=1))
    _check_days(days, zone)
    if len({limit.ingredient for limit in infusion.limits}) < len(infusion.limits):
        raise DocumentError("infusion.limits", "names an ingredient twice")
    return InfusionFacts(
        zone=zone,
        weight_kg=infusion.weight_kg,
        dose_mg_per_kg=infusion.dose_mg_per_kg,
        product=infusion.product,
        days=days,
        slots=tuple(_slot_fact(slot, n, zone) for n, slot in enumerate(infusion.steps)),
        given=tuple(
            DoseGiven(ingredient=dose.ingredient, at=_instant(dose.at, zone, f"infusion.given[{n}].at"), mg=dose.mg)
            for n, dose in enumerate(infusion.given)
        ),
        flags=frozenset(infusion.flags),
        conditions=frozenset(infusion.conditions),
        limits=infusion.limits,
    )


def _day_facts(day: _Day, number: int, zone: ZoneInfo) -> DayFacts:
    path = f"infusion.days[{number - 1}]"
    start, end = day.actual_start, day.actual_end
    facts = DayFacts(
        number=number,
        planned_start=_instant(day.planned_start, zone, f"{path}.planned_start"),
        actual_start=None if start is None else _instant(start, zone, f"{path}.actual_start"),
        actual_end=None if end is None else _instant(end, zone, f"{path}.actual_end"),
    )
    if facts.actual_end is not None and facts.actual_end <= (facts.actual_start or facts.actual_end):
        raise DocumentError(f"{path}.actual_end", "needs an actual start that lies before it")
    return facts


def _check_days(days: tuple[DayFacts, ...], zone: ZoneInfo) -> None:
    dates = [day.planned_start.astimezone(zone).date() for day in days]
    for earlier, later in pairwise(range(len(days))):
        if dates[later] <= dates[earlier]:
            path = f"infusion.days[{later}].planned_start"
            raise DocumentError(path, "must be on a later date than the day before it in the list")


def _check_slots(facts: InfusionFacts, schedule: Schedule) -> None:
    known = {step.slot for step in schedule.ticked}
    seen: set[str] = set()
    for number, fact in enumerate(facts.slots):
        path = f"infusion.steps[{number}].slot"
        if fact.slot not in known:
            raise DocumentError(path, f"there is no step {shown(fact.slot)} to tick")
        if fact.slot in seen:
            raise DocumentError(path, f"{shown(fact.slot)} is said twice")
        seen.add(fact.slot)


def _slot_fact(slot: _Slot, index: int, zone: ZoneInfo) -> SlotFact:
    path = f"infusion.steps[{index}]"
    if slot.state not in (State.DONE, State.SKIPPED, State.MISSED):
        raise DocumentError(f"{path}.state", "must be done, skipped or missed; leave out a step that is open")
    if slot.due_at is None and slot.state is not State.DONE:
        raise DocumentError(f"{path}.due_at", f"is missing; a step that was {slot.state} keeps its time")
    at = _instant(slot.at, zone, f"{path}.at")
    due_at = at if slot.due_at is None else _instant(slot.due_at, zone, f"{path}.due_at")
    return SlotFact(slot=slot.slot, state=slot.state, at=at, due_at=due_at)


def _instant(text: str, zone: ZoneInfo, path: str) -> datetime:
    """A time with an offset as it stands, one without as the wall clock of the infusion's zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or _is_date(text):
        raise DocumentError(path, f"{shown(text)} is not a time such as '2026-06-15T09:00'")
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise DocumentError(path, f"lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}")
    if moment.tzinfo is None:
        return resolve_local(moment.date(), moment.time(), zone)
    return moment.astimezone(UTC)


def _is_date(text: str) -> bool:
    # A date alone would quietly become midnight.
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _parse(text: str) -> dict[str, Json]:
    try:
        document = json.loads(text, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise DocumentError("", f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise DocumentError("", "expected an object with protocol and infusion")
    return document


def _without_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _ in pairs]
        raise DocumentError(next(name for name in names if names.count(name) > 1), "is said twice in one object")
    return held


def _object(value: object) -> dict[str, Json]:
    encoded = encode(value)
    return encoded if isinstance(encoded, dict) else {}


def _hours(elapsed: timedelta) -> str:
    return plain_hours(elapsed.total_seconds())


__all__ = ["RegimenError", "describe", "preview", "read"]
