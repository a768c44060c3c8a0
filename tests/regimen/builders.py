"""Short ways to say protocols and facts: one child of 20 kg, 200 mL at 100 mL/h, so a day lasts exactly two hours."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, time
from fractions import Fraction
from pathlib import Path
from typing import Any

from ivig_care.regimen.__main__ import main
from ivig_care.regimen.changes import Action, Change, Existing
from ivig_care.regimen.dated import DatedStep, Schedule
from ivig_care.regimen.doses import DoseGiven, MedicineLimit
from ivig_care.regimen.facts import DayFacts, InfusionFacts, SlotFact
from ivig_care.regimen.protocol import (
    AfterStep,
    Anchor,
    AsNeededRule,
    CourseRule,
    CourseStart,
    Days,
    Kind,
    Ladder,
    Medicine,
    Moment,
    NudgePolicy,
    Protocol,
    RateStep,
    StepRule,
)
from ivig_care.regimen.rates import Product, RateEntered
from ivig_care.regimen.reading import parse, read
from ivig_care.regimen.steps import Event, State, after
from ivig_care.regimen.timing import Elapsed, Offset, QuietHours, Window, WindowRule, zone_named

GOLDEN = Path(__file__).parent / "golden"
TYLENOL = "acetaminophen"
A_WINDOW = WindowRule(opens_before=Elapsed(minutes=15), late_after=Elapsed(minutes=30), closes_after=Elapsed(hours=2))
NIGHT = QuietHours(time(21), time(7))


def utc(text: str) -> datetime:
    """The instant that a text such as "2026-06-15 09:00" says in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str) -> datetime:
    """A time of the infusion's first day, Monday 2026-06-15, such as "09:00"; "1+02:00" is 02:00 the day after."""
    days, _, clock = text.rpartition("+")
    return utc(f"2026-06-{15 + int(days or 0):02d} {clock}")


def hours(number: float) -> Elapsed:
    """So many hours."""
    return Elapsed(hours=number)


def minutes(number: float) -> Elapsed:
    """So many minutes."""
    return Elapsed(minutes=number)


def rule(key: str = "step", offset: Offset | None = None, **said: Any) -> StepRule:
    """A task of each day, at its start unless said otherwise."""
    defaults: dict[str, Any] = {"kind": Kind.TASK, "title": key, "anchor": Anchor.START, "window": A_WINDOW}
    return StepRule(key=key, offset=Elapsed() if offset is None else offset, **{**defaults, **said})


def premedication(ingredient: str = TYLENOL, **said: Any) -> StepRule:
    """Premedication half an hour before the start of each day."""
    medicine = Medicine(ingredient=ingredient, mg=Fraction(300))
    return rule(
        "premed", minutes(-30), **{"kind": Kind.PREMEDICATION, "title": "Premed", "medicines": (medicine,), **said}
    )


def course(
    first: CourseStart | None = None, *, key: str = "course", every: float = 6, until: float = 24, **said: Any
) -> CourseRule:
    """Acetaminophen every six hours from the end of the first day until 24 h after the end of the last."""
    return CourseRule(
        key=key,
        medicine=said.pop("medicine", Medicine(ingredient=TYLENOL, mg=Fraction(300))),
        every=hours(every),
        first=first or Moment(anchor=Anchor.END, day=Days.FIRST, offset=Elapsed()),
        until=Moment(anchor=Anchor.END, day=Days.LAST, offset=hours(until)),
        window=A_WINDOW,
        **said,
    )


def after_premedication() -> AfterStep:
    """One interval after the first premedication."""
    return AfterStep(after_step="premed")


def protocol(
    *steps: StepRule, courses: tuple[CourseRule, ...] = (), ladder: Ladder | None = None, **said: Any
) -> Protocol:
    """A protocol of these steps, at one rate of 5 mL/kg/h."""
    one_rate = Ladder(steps=(RateStep(ml_per_kg_h=Fraction(5)),))
    return Protocol(name="test", ladder=ladder or one_rate, steps=steps, courses=courses, **said)


def when_needed(**said: Any) -> AsNeededRule:
    """Ondansetron for sickness, from the start of the first day until a day after the end of the last."""
    defaults: dict[str, Any] = {
        "key": "sickness",
        "medicine": Medicine(ingredient="ondansetron", mg=Fraction(4)),
        "purpose": "feels sick",
        "first": Moment(anchor=Anchor.START, day=Days.FIRST, offset=Elapsed()),
        "until": Moment(anchor=Anchor.END, day=Days.LAST, offset=hours(24)),
    }
    return AsNeededRule(**{**defaults, **said})


def day(
    number: int = 1, planned: str | None = None, *, start: str | None = None, end: str | None = None, **said: Any
) -> DayFacts:
    """An infusion day planned for 09:00 UTC; `start` and `end` are the actual ones."""
    return DayFacts(
        number=number,
        planned_start=at(planned or f"{number - 1}+09:00"),
        actual_start=None if start is None else at(start),
        actual_end=None if end is None else at(end),
        **said,
    )


def cancelled(number: int = 1, planned: str | None = None) -> DayFacts:
    """An infusion day that does not take place."""
    return day(number, planned, is_cancelled=True)


def entered(when: str, ml_h: float) -> RateEntered:
    """A rate entered on the day."""
    return RateEntered(at=at(when), ml_h=Fraction(ml_h))


def facts(*days: DayFacts, zone: str = "UTC", **said: Any) -> InfusionFacts:
    """The facts of one infusion with these days; 1 g/kg on each of them."""
    days = days or (day(),)
    return InfusionFacts(
        zone=zone_named(zone),
        weight_kg=Fraction(20),
        dose_mg_per_kg=Fraction(1000 * len(days)),
        product=said.pop("product", Product(name="Test 10 %", mg_per_ml=Fraction(100))),
        days=days,
        **said,
    )


def fact(slot: str, state: State, due: str, real: str | None = None) -> SlotFact:
    """What became of a slot that was due then; done at its due time unless `real` says otherwise."""
    return SlotFact(slot=slot, state=state, at=at(real or due), due_at=at(due))


def done(slot: str, due: str, real: str | None = None) -> SlotFact:
    """A step that was done."""
    return fact(slot, State.DONE, due, real)


def given(when: str, ingredient: str = TYLENOL, mg: float | None = 300) -> DoseGiven:
    """A dose given outside the checklist."""
    return DoseGiven(ingredient=ingredient, at=at(when), mg=None if mg is None else Fraction(mg))


def limit(ingredient: str = TYLENOL, **said: Any) -> MedicineLimit:
    """The limit of acetaminophen in the United States unless said otherwise."""
    defaults = {"min_interval": hours(4), "max_doses_24h": 5, "max_mg_per_kg_24h": Fraction(75), "source": "S"}
    return MedicineLimit(ingredient=ingredient, **{**defaults, **said})


def window(due: str, *, opens: float = 15, late: float = 30, closes: float = 120) -> Window:
    """A window around `due`; the other three in minutes from it."""
    around = WindowRule(opens_before=minutes(opens), late_after=minutes(late), closes_after=minutes(closes))
    return around.around(at(due))


def nudges(**said: Any) -> NudgePolicy:
    """A policy: a quarter of an hour before, when due, and twice more every half hour."""
    return NudgePolicy(**{"lead": minutes(15), "repeat_every": minutes(30), "repeats": 2, **said})


def due_times(schedule: Schedule, rule_key: str = "course") -> list[tuple[str, datetime, State]]:
    """The slots of a rule with their due times and states, in order of time."""
    return [(step.slot, step.window.due_at, step.state) for step in schedule.steps if step.rule == rule_key]


def step_of(schedule: Schedule, slot: str) -> DatedStep:
    """The step in that slot."""
    (found,) = (step for step in schedule.steps if step.slot == slot)
    return found


def held(steps: tuple[DatedStep, ...]) -> dict[str, Existing]:
    """The checklist that these steps make, by slot."""
    return {
        step.slot: Existing(
            slot=step.slot,
            title=step.title,
            state=step.state,
            window=step.window,
            mg=step.dose.mg if step.dose else None,
            mg_per_ml=step.dose.mg_per_ml if step.dose else None,
        )
        for step in steps
    }


def apply(changes: tuple[Change, ...], checklist: dict[str, Existing]) -> dict[str, Existing]:
    """The checklist after the changes, each carried out as an action would, through the state machine."""
    changed = dict(checklist)
    for change in changes:
        before = changed.get(change.slot)
        match change.action:
            case Action.ADD if before is None:
                assert change.step is not None
                changed |= held((change.step,))
            case Action.ADD | Action.MOVE:
                assert before is not None
                assert change.after is not None
                event = Event.MOVED if change.action is Action.MOVE else Event.RESTORED
                changed[change.slot] = Existing(
                    slot=change.slot,
                    title=before.title,
                    state=after(before.state, event),
                    window=change.after,
                    mg=change.step.dose.mg if change.step and change.step.dose else None,
                    mg_per_ml=change.step.dose.mg_per_ml if change.step and change.step.dose else None,
                )
            case Action.WITHDRAW:
                assert before is not None
                changed[change.slot] = Existing(
                    slot=change.slot,
                    title=before.title,
                    state=after(before.state, Event.WITHDRAWN),
                    window=before.window,
                    mg=before.mg,
                    mg_per_ml=before.mg_per_ml,
                )
            case Action.KEEP:
                assert before is not None
    return changed


def everything() -> dict[str, Any]:
    """A small document that says every field of the format once; each call gives a new one."""
    around = {"opens_before": {"minutes": 15}, "late_after": {"minutes": 30}, "closes_after": {"hours": 2}}
    policy = {
        "lead": {"minutes": 15},
        "repeat_every": {"minutes": 30},
        "repeats": 2,
        "second_after": {"minutes": 75},
        "clinic_after": {"minutes": 90},
        "may_wake": True,
    }
    tylenol = {"ingredient": TYLENOL, "name": "Tylenol", "mg_per_kg": 15, "mg_per_ml": 32}
    return {
        "values": {"premed_mg": 20.5},
        "protocol": {
            "name": "Everything",
            "source": "FACTS",
            "days": 2,
            "indication": "ITP",
            "night": {"start": "21:00", "end": "07:00"},
            "cadence": {"weeks": [2, 4], "slack_days": 3, "source": "P5"},
            "triage": [
                {
                    "rule": "fever",
                    "level": "emergency",
                    "bounds": {"began_within": {"days": 30}, "still_after": {"hours": 1}, "lasting": {"minutes": 30}},
                    "fever": [
                        {
                            "celsius": 37.5,
                            "methods": ["oral", "underarm"],
                            "is_above": True,
                            "twice_apart": {"minutes": 30},
                        }
                    ],
                    "is_removed": False,
                    "approved_by": "Dr Test",
                    "source": "S47",
                }
            ],
            "ladder": {
                "max_ml_h": 300,
                "at_each_change": "vitals",
                "at_end": "flush",
                "steps": [{"ml_per_kg_h": 0.5, "minutes": 30}, {"ml_per_kg_h": 2.5}],
            },
            "steps": [
                {
                    "key": "premed",
                    "kind": "premedication",
                    "title": "Premed",
                    "anchor": "start",
                    "offset": {"minutes": -30},
                    "day": "each",
                    "actor": "clinic",
                    "why": "Softer",
                    "source": "S4",
                    "medicines": [tylenol, {"ingredient": "diphenhydramine", "mg": {"prescribed": "premed_mg"}}],
                    "window": around,
                    "nudges": policy,
                },
                {
                    "key": "evening",
                    "kind": "fluids",
                    "title": "Drink",
                    "anchor": "planned_start",
                    "offset": {"days": -1, "at": "18:00"},
                    "day": "first",
                    "goal_ml": 1500,
                    "window": around,
                },
                {
                    "key": "juice",
                    "kind": "fluids",
                    "title": "Drink more",
                    "anchor": "start",
                    "offset": {"hours": 1},
                    "unless": "fluids limited",
                    "window": around,
                },
                {
                    "key": "look",
                    "kind": "check",
                    "title": "Look",
                    "anchor": "step",
                    "after_step": "premed",
                    "offset": {"hours": 13},
                    "when": ["brand changed", "long gap"],
                    "at_night": "shift",
                    "window": around,
                },
            ],
            "as_needed": [
                {
                    "key": "sickness",
                    "medicine": {"ingredient": "ondansetron", "mg_per_kg": 0.15, "mg_per_ml": 0.8},
                    "purpose": "feels sick",
                    "first": {"anchor": "start", "day": "first", "offset": {"hours": 0}},
                    "until": {"anchor": "end", "day": "last", "offset": {"hours": 24}},
                    "every": {"hours": 8},
                    "most_in_24h": 3,
                    "why": "Settles the stomach",
                    "source": "S4",
                    "actor": "family",
                }
            ],
            "courses": [
                {
                    "key": "course",
                    "medicine": {"ingredient": TYLENOL, "mg": 300},
                    "every": {"hours": 6},
                    "first": {"after_step": "premed"},
                    "until": {"anchor": "end", "day": "last", "offset": {"hours": 24}},
                    "why": "Keeps pain away",
                    "source": "S5",
                    "at_night": "hold",
                    "actor": "family",
                    "window": around,
                    "nudges": policy,
                },
                {
                    "key": "ibuprofen",
                    "medicine": {"ingredient": "ibuprofen", "mg": 200},
                    "every": {"hours": 8},
                    "first": {"anchor": "end", "day": "first", "offset": {"hours": 1}},
                    "until": {"anchor": "end", "day": "last", "offset": {"hours": 10}},
                    "window": around,
                },
            ],
        },
        "infusion": {
            "zone": "America/New_York",
            "weight_kg": 20.1,
            "dose_mg_per_kg": 2000,
            "product": {
                "name": "Test 10 %",
                "mg_per_ml": 100,
                "start": 0.5,
                "start_source": "S12",
                "ceilings": [
                    {
                        "use": "all",
                        "ml_per_kg_h": 2.4,
                        "source": "S12",
                        "label": "4 mg/kg/min",
                        "indication": "ITP",
                        "flag": "risk",
                        "is_for_first": False,
                    }
                ],
            },
            "cap_mg": 70000,
            "vials": {"vial_mg": 100, "to": "nearest"},
            "is_first": False,
            "last": {"ended_at": "2026-05-18T15:00", "product": "Other 10 %"},
            "number": 2,
            "born_on": "2019-04-30",
            "weighed_on": "2026-06-01",
            "oldest_weight_days": 90,
            "days": [
                {
                    "planned_start": "2026-06-15T09:00",
                    "actual_start": "2026-06-15T13:45:00Z",
                    "actual_end": "2026-06-15T18:00",
                    "rates": [
                        {"at": "2026-06-15T10:00", "ml_h": 0},
                        {"at": "2026-06-15T10:30", "ml_h": 10.05, "is_new_lot": False},
                    ],
                },
                {"planned_start": "2026-06-16T09:00", "is_cancelled": False},
            ],
            "steps": [{"slot": "course.1", "state": "skipped", "at": "2026-06-15T15:20", "due_at": "2026-06-15T15:15"}],
            "given": [{"ingredient": TYLENOL, "at": "2026-06-13T08:00", "mg": 300, "entered_at": "2026-06-13T09:00"}],
            "flags": ["risk"],
            "conditions": ["fluids limited"],
            "limits": [
                {
                    "ingredient": TYLENOL,
                    "from_kg": 3,
                    "below_kg": 50,
                    "from_years": 1,
                    "below_years": 12,
                    "min_interval": {"hours": 4},
                    "max_doses_24h": 5,
                    "max_mg_24h": 4000,
                    "max_mg_per_kg_24h": 75,
                    "max_mg_dose": 1000,
                    "max_mg_per_kg_dose": 15,
                    "caution": "liver disease",
                    "source": "S36",
                },
                {"ingredient": "cetirizine", "country": "US", "min_interval": {"hours": 24}, "max_doses_24h": 1},
            ],
            "country": "US",
            "medicines": [
                {"ingredient": TYLENOL, "names": ["Tylenol"], "classes": ["antipyretic"], "needs_agreement": True}
            ],
            "combinations": [{"name": "Night-time", "contents": [{"ingredient": TYLENOL, "mg": 325}]}],
        },
        "before": {
            "zone": "America/New_York",
            "weight_kg": 20,
            "dose_mg_per_kg": 2000,
            "product": {"name": "Test 10 %", "mg_per_ml": 100},
            "days": [
                {"planned_start": "2026-06-15T09:00", "actual_start": "2026-06-15T09:45"},
                {"planned_start": "2026-06-16T09:00", "is_cancelled": True},
            ],
            "conditions": ["fluids limited"],
        },
        "now": {
            "at": "2026-06-15T19:00",
            "asked": [{"medicine": "Tylenol", "mg": 300}, {"medicine": "Night-time", "units": 1}],
            "taken": [{"at": "2026-06-14T20:00", "ml": 250, "kind": "water"}],
            "are_fluids_limited": False,
            "symptoms": [
                {
                    "symptom": "headache",
                    "severity": "mild",
                    "score": 3,
                    "is_persistent": False,
                    "since": "2026-06-15T17:00",
                    "settled_at": "2026-06-15T18:30",
                }
            ],
            "temperatures": [{"celsius": 38.5, "method": "ear", "at": "2026-06-15T18:45"}],
            "child_flags": ["long-term steroid"],
        },
    }


def replaced(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with the place that `path` names, as in "protocol.steps[0].key", set to `value` or added."""
    *parents, last = re.findall(r"[^.\[\]]+", path)
    place: Any = document
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    place[int(last) if isinstance(place, list) else last] = value
    return document


def golden(name: str) -> dict[str, Any]:
    """The document of a worked example, to be changed at will."""
    document: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return document


def values_of(document: dict[str, Any]) -> tuple[Protocol, InfusionFacts]:
    """The protocol and the facts that a document holds."""
    return read(parse(json.dumps(document)))


def run_cli(path: Path) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of `preview FILE`, in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = main(["preview", str(path)])
    return code, output.getvalue(), errors.getvalue()
