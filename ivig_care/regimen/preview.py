"""From a JSON document to the dated steps, ladder and cautions of one infusion, without the web.

The format is described in docs/reference/preview.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import groupby
from zoneinfo import ZoneInfo

from ivig_care.regimen.cautions import cautions, tallies
from ivig_care.regimen.changes import Existing, diff
from ivig_care.regimen.dated import AsNeeded, DatedStep, DayRun, Schedule
from ivig_care.regimen.documents import encode
from ivig_care.regimen.errors import DocumentError
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.figures import plain, plain_hours
from ivig_care.regimen.json_values import Json, as_object, shown, times
from ivig_care.regimen.nudging import alarms
from ivig_care.regimen.preview_now import answers
from ivig_care.regimen.protocol import Actor, Kind, Protocol
from ivig_care.regimen.reading import parse, read, read_facts
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import QuietHours
from ivig_care.regimen.waking import night_words

# Steps of one instant share a line of the timeline when they belong to the same thing.
_LINE = {
    Kind.PREMEDICATION: "premedication",
    Kind.RATE: "infusion",
    Kind.END: "infusion",
    Kind.VITALS: "infusion",
    Kind.TASK: "task",
    Kind.MEDICINE: "medicine",
}


def preview(text: str) -> dict[str, Json]:
    """The preview of the JSON document `text`. Raises RegimenError with a sentence that names the place."""
    document = parse(text)
    protocol, facts = read(document)
    try:
        schedule = build_schedule(protocol, facts)
        _check_slots(facts, schedule, "infusion")
        shown_now = describe(schedule, facts)
        if "before" in document:
            shown_now["changes"] = list(_changes(protocol, document["before"], schedule, facts.zone))
        if "now" in document:
            shown_now["now"] = answers(document["now"], protocol, schedule, facts)
        return shown_now
    except OverflowError:
        raise DocumentError("infusion", "runs beyond the calendar: check weight, dose and rates") from None


def describe(schedule: Schedule, facts: InfusionFacts) -> dict[str, Json]:
    """The JSON of a schedule: days with their ladder, timeline, steps, as needed, next infusion, ledger, warnings."""
    return {
        "zone": facts.zone.key,
        "days": [_day(day, facts) for day in schedule.days],
        "timeline": list(_timeline(schedule, facts.zone)),
        "steps": [_step(step, schedule.night, facts.zone) for step in schedule.ticked],
        "as_needed": [_as_needed(one, facts.zone) for one in schedule.as_needed],
        "left_out": [encode(one) for one in schedule.left_out],
        "next": _next(schedule, facts.zone),
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
            **times(moment, zone),
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


def _step(step: DatedStep, night: QuietHours | None, zone: ZoneInfo) -> Json:
    window = step.window
    described: dict[str, Json] = {
        "slot": step.slot,
        "kind": step.kind.value,
        "title": step.title,
        "who": step.actor.value,
        "state": step.state.value,
        "basis": step.basis.value,
        "follows": step.follows,
        "due": times(window.due_at, zone),
        "opens": times(window.opens_at, zone),
        "late": times(window.late_at, zone),
        "closes": times(window.closes_at, zone),
    }
    if step.done_at is not None:
        described["done"] = times(step.done_at, zone)
    if step.dose is not None:
        described["dose"] = {**as_object(encode(step.dose)), "ml": encode(step.dose.ml)}
    if step.goal_ml is not None:
        described["goal_ml"] = encode(step.goal_ml)
    if step.nudges is not None and step.actor is Actor.FAMILY and step.state is State.OPEN:
        described["told"] = [
            {**times(alarm.at, zone), "stage": alarm.stage.value} for alarm in alarms(step.window, step.nudges)
        ]
    if words := night_words(step, night, zone):
        described["night"] = words
    return described


def _as_needed(one: AsNeeded, zone: ZoneInfo) -> Json:
    return {
        "rule": one.rule,
        "purpose": one.purpose,
        "who": one.actor.value,
        "dose": {**as_object(encode(one.dose)), "ml": encode(one.dose.ml)},
        "opens": times(one.opens_at, zone),
        "closes": times(one.closes_at, zone),
        "every": None if one.every is None else _hours(one.every),
        "most_in_24h": one.most_in_24h,
    }


def _next(schedule: Schedule, zone: ZoneInfo) -> Json:
    proposal = schedule.proposal
    if proposal is None:
        return None
    return {
        "weeks": proposal.weeks,
        "starts": [times(start, zone) for start in proposal.starts],
        "earliest": proposal.earliest.isoformat(),
        "latest": proposal.latest.isoformat(),
    }


def _changes(protocol: Protocol, document: Json, schedule: Schedule, zone: ZoneInfo) -> Iterator[Json]:
    """What turns the checklist of the infusion as it was `before` into that of now."""
    facts = read_facts(document, "before")
    before = build_schedule(protocol, facts)
    _check_slots(facts, before, "before")
    existing = (
        Existing(
            slot=step.slot,
            title=step.title,
            state=step.state,
            window=step.window,
            mg=step.dose.mg if step.dose else None,
            mg_per_ml=step.dose.mg_per_ml if step.dose else None,
        )
        for step in before.ticked
    )
    for change in diff(existing, schedule.ticked, schedule.left_out):
        yield {
            "action": change.action.value,
            "slot": change.slot,
            "title": change.title,
            "reason": change.reason,
            "before": None if change.before is None else times(change.before.due_at, zone),
            "after": None if change.after is None else times(change.after.due_at, zone),
        }


def _day(day: DayRun, facts: InfusionFacts) -> Json:
    return {
        "number": day.number,
        "start": {**times(day.starts_at, facts.zone), "basis": day.start_basis.value},
        "end": {**times(day.ends_at, facts.zone), "basis": day.end_basis.value},
        "is_cancelled": day.is_cancelled,
        "is_paused": day.is_paused,
        "volume_ml": encode(day.volume_ml),
        "exceeded_ml": encode(day.exceeded_ml),
        "minutes": encode(sum((rung.minutes for rung in day.rungs), Fraction(0))),
        "ladder": [encode(rung) for rung in day.rungs],
    }


def _check_slots(facts: InfusionFacts, schedule: Schedule, place: str) -> None:
    known = {step.slot for step in schedule.ticked}
    left_out = {(one.rule, one.day) for one in schedule.left_out}
    seen: set[str] = set()
    for number, fact in enumerate(facts.slots):
        path = f"{place}.steps[{number}].slot"
        if fact.slot not in known and not _is_left_out(fact.slot, left_out):
            raise DocumentError(path, f"there is no step {shown(fact.slot)} to tick")
        if fact.slot in seen:
            raise DocumentError(path, f"{shown(fact.slot)} is said twice")
        seen.add(fact.slot)


def _is_left_out(slot: str, left_out: set[tuple[str, int | None]]) -> bool:
    # What was said of a day before it was cancelled stays said.
    rule, _, rest = slot.partition(".")
    day = rest.partition(".")[0]
    return any(rule == key and (number is None or day == f"d{number}") for key, number in left_out)


def _hours(elapsed: timedelta) -> str:
    return plain_hours(elapsed.total_seconds())
