"""The difference between the checklist as it stands and as it is wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from fractions import Fraction
from typing import Any

import pytest

from ivig_care.regimen.changes import Action, Change, Existing, diff
from ivig_care.regimen.dated import LeftOut
from ivig_care.regimen.facts import InfusionFacts
from ivig_care.regimen.protocol import Anchor, AtNight, Conditions, Days, Kind, Medicine, Protocol
from ivig_care.regimen.schedule import build_schedule
from ivig_care.regimen.steps import State
from ivig_care.regimen.timing import WallClock
from tests.regimen.builders import (
    NIGHT,
    TYLENOL,
    after_premedication,
    apply,
    at,
    cancelled,
    course,
    day,
    done,
    fact,
    facts,
    given,
    held,
    hours,
    premedication,
    protocol,
    rule,
    window,
)

STEP = build_schedule(protocol(rule()), facts()).ticked[0]
LATER = build_schedule(protocol(rule()), facts(day(start="09:45"))).ticked[0]


def _existing(state: State = State.OPEN, *, due: str = "09:00", slot: str = "step.d1") -> Existing:
    return Existing(slot=slot, title="as it was", state=state, window=window(due))


def test_step_that_is_new_is_added() -> None:
    assert diff((), (STEP,)) == (
        Change(action=Action.ADD, slot="step.d1", title="step", reason="new", before=None, step=STEP),
    )


def test_step_that_stands_as_wanted_is_kept() -> None:
    (change,) = diff((_existing(),), (STEP,))

    assert (change.action, change.reason, change.step) == (Action.KEEP, "unchanged", STEP)
    assert change.before == change.after == window("09:00")


@pytest.mark.parametrize("state", [State.OPEN, State.MISSED])
def test_step_whose_time_changed_moves_and_says_what_it_follows(state: State) -> None:
    (change,) = diff((_existing(state),), (LATER,))

    assert (change.action, change.reason) == (Action.MOVE, "follows the actual start of day 1")
    assert (change.before, change.after) == (window("09:00"), window("09:45"))


def test_step_moves_when_only_its_window_changed() -> None:
    held_open_longer = replace(_existing(), window=window("09:00", closes=180))

    (change,) = diff((held_open_longer,), (STEP,))

    assert change.action is Action.MOVE


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED])
def test_what_was_said_never_moves(state: State) -> None:
    (change,) = diff((_existing(state),), (LATER,))

    assert (change.action, change.reason) == (Action.KEEP, f"already {state.value}")
    assert change.before == window("09:00")


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED, State.WITHDRAWN])
def test_what_was_said_is_never_withdrawn_and_nothing_is_withdrawn_twice(state: State) -> None:
    (change,) = diff((_existing(state),), ())

    assert (change.action, change.reason) == (Action.KEEP, f"already {state.value}")
    assert change.after is None


@pytest.mark.parametrize("state", [State.OPEN, State.MISSED])
def test_step_that_is_no_longer_wanted_is_withdrawn(state: State) -> None:
    (change,) = diff((_existing(state),), ())

    assert change == Change(
        action=Action.WITHDRAW,
        slot="step.d1",
        title="as it was",
        reason="no longer in the plan",
        before=window("09:00"),
    )


def test_withdrawn_step_that_is_wanted_again_is_added_again() -> None:
    (change,) = diff((_existing(State.WITHDRAWN, due="08:00"),), (STEP,))

    assert (change.action, change.reason, change.before) == (Action.ADD, "wanted again", window("08:00"))
    assert change.after == window("09:00")


def test_changes_come_in_the_order_of_the_wanted_steps_then_the_unwanted() -> None:
    changes = diff((_existing(slot="gone.d1"), _existing()), (replace(STEP, slot="new.d1"), STEP))

    assert [(change.slot, change.action) for change in changes] == [
        ("new.d1", Action.ADD),
        ("step.d1", Action.KEEP),
        ("gone.d1", Action.WITHDRAW),
    ]


# --- amounts ------------------------------------------------------------------------------------------------------

DOSE = build_schedule(protocol(courses=(course(),)), facts()).ticked[0]


def _dose_held(mg: Fraction | None, state: State = State.OPEN, due: str = "11:00") -> Existing:
    return Existing(slot="course.1", title="Acetaminophen", state=state, window=window(due), mg=mg)


# The mg that the checklist holds, and whether the 300 mg that are wanted change it, and with which words.
AMOUNTS = [
    pytest.param(Fraction(300), None, id="the same"),
    pytest.param(Fraction("299.9991"), None, id="less by less than a thousandth"),
    pytest.param(Fraction("300.0009"), None, id="more by less than a thousandth"),
    pytest.param(Fraction("300.0009995"), None, id="more by just less than a thousandth"),
    pytest.param(Fraction("299.999"), "300 mg now, 299.999 mg before", id="less by a thousandth"),
    pytest.param(Fraction("300.001"), "300 mg now, 300.001 mg before", id="more by a thousandth"),
    pytest.param(Fraction(250), "300 mg now, 250 mg before", id="less"),
    pytest.param(None, "300 mg now, unknown mg before", id="unknown"),
]


@pytest.mark.parametrize(("mg", "reason"), AMOUNTS)
def test_open_dose_changes_with_its_amount(mg: Fraction | None, reason: str | None) -> None:
    (change,) = diff((_dose_held(mg),), (DOSE,))

    assert (change.action, change.reason) == ((Action.MOVE, reason) if reason else (Action.KEEP, "unchanged"))
    assert change.before == change.after == window("11:00")


# The mg/mL that the checklist holds of a liquid that is wanted at 32 mg/mL.
STRENGTHS = [
    pytest.param(Fraction(32), None, id="the same"),
    pytest.param(Fraction(100), "32 mg/mL now, 100 mg/mL before", id="another"),
    pytest.param(None, "32 mg/mL now, unknown mg/mL before", id="unknown"),
]


@pytest.mark.parametrize(("mg_per_ml", "reason"), STRENGTHS)
def test_open_dose_changes_with_its_strength(mg_per_ml: Fraction | None, reason: str | None) -> None:
    assert DOSE.dose is not None
    liquid = replace(DOSE, dose=replace(DOSE.dose, mg_per_ml=Fraction(32)))

    (change,) = diff((replace(_dose_held(Fraction(300)), mg_per_ml=mg_per_ml),), (liquid,))

    assert (change.action, change.reason) == ((Action.MOVE, reason) if reason else (Action.KEEP, "unchanged"))


# The mg/mL that the checklist holds, those that are wanted, and what is said of it.
CONCENTRATIONS = [
    pytest.param(32, 32, None, id="the same"),
    pytest.param(32, 100, "100 mg/mL now, 32 mg/mL before", id="another"),
    pytest.param(None, None, None, id="no liquid"),
]


@pytest.mark.parametrize(("before", "now", "reason"), CONCENTRATIONS)
def test_open_dose_changes_with_its_concentration(before: int | None, now: int | None, reason: str | None) -> None:
    held_one = replace(_dose_held(Fraction(300)), mg_per_ml=None if before is None else Fraction(before))
    liquid = Medicine(ingredient=TYLENOL, mg=Fraction(300), mg_per_ml=None if now is None else Fraction(now))
    wanted = build_schedule(protocol(courses=(course(medicine=liquid),)), facts()).ticked[0]

    (change,) = diff((held_one,), (wanted,))

    assert (change.action, change.reason) == ((Action.MOVE, reason) if reason else (Action.KEEP, "unchanged"))


@pytest.mark.parametrize(("before", "now"), [(None, 32), (32, None)])
def test_dose_that_becomes_a_liquid_or_no_longer_is_one_changes(before: int | None, now: int | None) -> None:
    held_one = replace(_dose_held(Fraction(300)), mg_per_ml=None if before is None else Fraction(before))
    liquid = Medicine(ingredient=TYLENOL, mg=Fraction(300), mg_per_ml=None if now is None else Fraction(now))
    wanted = build_schedule(protocol(courses=(course(medicine=liquid),)), facts()).ticked[0]

    assert [one.action for one in diff((held_one,), (wanted,))] == [Action.MOVE]


def test_dose_that_moves_and_changes_says_both() -> None:
    (change,) = diff((_dose_held(Fraction(250), due="10:00"),), (DOSE,))

    assert change.reason == "follows the last acetaminophen; 300 mg now, 250 mg before"


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED])
def test_amount_of_what_was_said_never_changes(state: State) -> None:
    (change,) = diff((_dose_held(Fraction(250), state),), (DOSE,))

    assert (change.action, change.reason) == (Action.KEEP, f"already {state.value}")


def test_amount_of_a_missed_dose_does_not_change_by_itself() -> None:
    (change,) = diff((_dose_held(Fraction(250), State.MISSED),), (DOSE,))

    assert (change.action, change.reason) == (Action.KEEP, "unchanged")


def test_missed_dose_that_moves_does_not_speak_of_its_amount() -> None:
    (change,) = diff((_dose_held(Fraction(250), State.MISSED, due="10:00"),), (DOSE,))

    assert (change.action, change.reason) == (Action.MOVE, "follows the last acetaminophen")


def test_step_that_gives_nothing_has_no_amount_to_change() -> None:
    (change,) = diff((replace(_existing(), mg=Fraction(5)),), (STEP,))

    assert change.action is Action.KEEP


# --- why a step is withdrawn -----------------------------------------------------------------------------------------

# The slot, what was left out, and the reason.
WITHDRAWN = [
    pytest.param("gone.d1", (), "no longer in the plan", id="its rule is gone"),
    pytest.param("step.d7", (), "no longer needed", id="its rule still makes others"),
    pytest.param("gone.d1", (LeftOut(rule="gone", day=1, reason="why"),), "why", id="on its day"),
    pytest.param("gone.d1", (LeftOut(rule="gone", day=None, reason="why"),), "why", id="on every day"),
    pytest.param("gone.d1.acetaminophen", (LeftOut(rule="gone", day=1, reason="why"),), "why", id="of its medicine"),
    pytest.param("gone.d1", (LeftOut(rule="gone", day=2, reason="why"),), "no longer in the plan", id="on another day"),
    pytest.param("gone.d11", (LeftOut(rule="gone", day=1, reason="why"),), "no longer in the plan", id="not on day 11"),
    pytest.param("gone.d1", (LeftOut(rule="other", day=1, reason="why"),), "no longer in the plan", id="of another"),
    pytest.param("gone.1", (LeftOut(rule="gone", day=None, reason="why"),), "why", id="of a course"),
    pytest.param(
        "gone.d1",
        (LeftOut(rule="gone", day=None, reason="every"), LeftOut(rule="gone", day=1, reason="this")),
        "this",
        id="the reason of the day goes before that of all days",
    ),
]


@pytest.mark.parametrize(("slot", "left_out", "reason"), WITHDRAWN)
def test_step_that_is_withdrawn_says_why(slot: str, left_out: tuple[LeftOut, ...], reason: str) -> None:
    *_, change = diff((_existing(slot=slot),), (STEP,), left_out)

    assert (change.action, change.slot, change.reason) == (Action.WITHDRAW, slot, reason)


def _changes(planned: Protocol, before: InfusionFacts, since: InfusionFacts) -> dict[str, tuple[Action, str]]:
    wanted = build_schedule(planned, since)
    existing = held(build_schedule(planned, before).ticked).values()
    return {one.slot: (one.action, one.reason) for one in diff(existing, wanted.ticked, wanted.left_out)}


def test_step_after_one_that_was_skipped_is_withdrawn_with_that_reason() -> None:
    chained = protocol(premedication(), rule("check", hours(1), anchor=Anchor.STEP, after_step="premed"))
    skipped = facts(slots=(fact(f"premed.d1.{TYLENOL}", State.SKIPPED, "08:30"),))

    assert _changes(chained, facts(), skipped)["check.d1"] == (Action.WITHDRAW, "premed was not done")


def test_steps_of_a_cancelled_day_are_withdrawn_with_that_reason_and_what_was_said_stays() -> None:
    said = (done("step.d2", "1+09:00", "1+08:50"),)
    before, since = facts(day(1), day(2), slots=said), facts(day(1), cancelled(2), slots=said)

    changes = _changes(protocol(rule(), rule("other"), premedication()), before, since)

    assert {slot: change for slot, change in changes.items() if "d2" in slot} == {
        "step.d2": (Action.KEEP, "already done"),
        "other.d2": (Action.WITHDRAW, "this day is cancelled"),
        f"premed.d2.{TYLENOL}": (Action.WITHDRAW, "this day is cancelled"),
    }
    assert {change for slot, change in changes.items() if "d1" in slot} == {(Action.KEEP, "unchanged")}


def test_line_that_a_condition_leaves_out_is_withdrawn_with_that_reason() -> None:
    line = protocol(rule(unless=Conditions(["fluids limited"])))

    changes = _changes(line, facts(), facts(conditions=frozenset({"fluids limited"})))

    assert changes == {"step.d1": (Action.WITHDRAW, "fluids limited")}


def test_doses_beyond_a_shorter_course_are_no_longer_needed() -> None:
    changes = _changes(protocol(courses=(course(),)), facts(day(1), day(2)), facts(day(1), cancelled(2)))

    assert changes["course.6"] == (Action.WITHDRAW, "no longer needed")


# --- whatever happens to an infusion ----------------------------------------------------------------------------------

TWO_DAYS = (day(1), day(2))
COURSE = protocol(rule(), courses=(course(),))
RICH = protocol(
    premedication(),
    rule("check", hours(1), anchor=Anchor.STEP, after_step="premed", kind=Kind.CHECK),
    rule("drinks", hours(2), unless=Conditions(["fluids limited"])),
    rule("slow", when=Conditions(["long gap"])),
    rule("late", hours(14), at_night=AtNight.SHIFT),
    rule("evening", WallClock(0, time(18))),
    rule("last", anchor=Anchor.END, day=Days.LAST),
    courses=(course(after_premedication(), at_night=AtNight.SHIFT),),
    night=NIGHT,
)
PREMED_DONE = done(f"premed.d1.{TYLENOL}", "08:30", "08:40")
LIGHTER = premedication(medicines=(Medicine(ingredient=TYLENOL, mg=Fraction(250)),))
TWO_MEDICINES = premedication(
    medicines=(Medicine(ingredient=TYLENOL, mg=Fraction(300)), Medicine(ingredient="diphenhydramine", mg=Fraction(20)))
)


def _edited(planned: Protocol, **said: Any) -> Protocol:
    """The protocol with some of its lines or courses, by key, put in place of those it had."""
    return replace(
        planned,
        steps=tuple(said.get(one.key, one) for one in planned.steps if said.get(one.key, one) is not None),
        courses=tuple(said.get(one.key, one) for one in planned.courses if said.get(one.key, one) is not None),
    )


# What the checklist was made from, and what has become of the infusion and of its plan since.
HISTORIES = [
    pytest.param(COURSE, facts(), COURSE, facts(day(start="09:45")), id="started late"),
    pytest.param(COURSE, facts(), COURSE, facts(day(start="09:00", end="10:30")), id="ended early"),
    pytest.param(COURSE, facts(), COURSE, facts(day(planned="3+09:00")), id="moved to another day"),
    pytest.param(COURSE, facts(), COURSE, facts(*TWO_DAYS), id="one day more"),
    pytest.param(COURSE, facts(*TWO_DAYS), COURSE, facts(day(1)), id="one day less"),
    pytest.param(COURSE, facts(), COURSE, facts(slots=(done("course.1", "11:00", "12:00"),)), id="a dose late"),
    pytest.param(
        COURSE,
        facts(slots=(done("course.1", "11:00", "12:00"), fact("course.2", State.MISSED, "18:00"))),
        COURSE,
        facts(slots=(fact("course.2", State.MISSED, "18:00"),)),
        id="a dose undone",
    ),
    pytest.param(RICH, facts(*TWO_DAYS), RICH, facts(day(1, start="10:15"), day(2)), id="rich: started late"),
    pytest.param(RICH, facts(*TWO_DAYS), RICH, facts(day(1, "1+09:00"), day(2, "4+13:00")), id="rich: moved"),
    pytest.param(RICH, facts(day(1)), RICH, facts(*TWO_DAYS, day(3)), id="rich: two days more"),
    pytest.param(RICH, facts(*TWO_DAYS), RICH, facts(day(1), cancelled(2)), id="rich: the last day cancelled"),
    pytest.param(RICH, facts(*TWO_DAYS), RICH, facts(cancelled(1), day(2)), id="rich: the first day cancelled"),
    pytest.param(RICH, facts(cancelled(1), day(2)), RICH, facts(*TWO_DAYS), id="rich: takes place after all"),
    pytest.param(RICH, facts(), RICH, facts(cancelled()), id="rich: every day cancelled"),
    pytest.param(
        RICH,
        facts(*TWO_DAYS, slots=(done(f"premed.d2.{TYLENOL}", "1+08:30"), PREMED_DONE)),
        RICH,
        facts(day(1), cancelled(2), slots=(done(f"premed.d2.{TYLENOL}", "1+08:30"), PREMED_DONE)),
        id="rich: cancelled after its premedication was given",
    ),
    pytest.param(RICH, facts(*TWO_DAYS), RICH, facts(*TWO_DAYS, zone="Asia/Kathmandu"), id="rich: another zone"),
    pytest.param(RICH, facts(), RICH, facts(conditions=frozenset({"fluids limited"})), id="rich: a condition set"),
    pytest.param(RICH, facts(conditions=frozenset({"fluids limited"})), RICH, facts(), id="rich: a condition lifted"),
    pytest.param(RICH, facts(), RICH, facts(is_first=True), id="rich: found out to be the first"),
    pytest.param(
        RICH,
        facts(),
        RICH,
        facts(slots=(fact(f"premed.d1.{TYLENOL}", State.SKIPPED, "08:30"),)),
        id="rich: premedication skipped",
    ),
    pytest.param(RICH, facts(), RICH, facts(given=(given("12:00"),)), id="rich: a dose given elsewhere"),
    pytest.param(
        RICH,
        facts(slots=(PREMED_DONE,)),
        _edited(RICH, premed=LIGHTER),
        facts(slots=(PREMED_DONE,)),
        id="other mg, one given",
    ),
    pytest.param(RICH, facts(), replace(RICH, night=None), facts(), id="no night any more"),
    pytest.param(RICH, facts(), _edited(RICH, course=course(every=8)), facts(), id="another interval"),
    pytest.param(
        RICH,
        facts(slots=(PREMED_DONE, done("course.1", "14:40", "14:50"))),
        _edited(RICH, course=course(every=8)),
        facts(slots=(PREMED_DONE, done("course.1", "14:40", "14:50"))),
        id="another interval after the first dose",
    ),
    pytest.param(_edited(RICH, premed=TWO_MEDICINES), facts(), RICH, facts(), id="a medicine removed"),
    pytest.param(RICH, facts(), _edited(RICH, premed=TWO_MEDICINES), facts(), id="a medicine more"),
    pytest.param(RICH, facts(), _edited(RICH, course=None), facts(), id="a course removed"),
    pytest.param(RICH, facts(), _edited(RICH, late=rule("late", hours(14))), facts(), id="no longer shifted"),
]


@pytest.mark.parametrize(("planned", "before", "edited", "since"), HISTORIES)
def test_applying_the_changes_gives_what_is_wanted_and_leaves_none(
    planned: Protocol, before: InfusionFacts, edited: Protocol, since: InfusionFacts
) -> None:
    checklist = held(build_schedule(planned, before).ticked)
    # What is no longer said (an undone dose) is open again before anything else happens.
    said = {one.slot for one in since.slots}
    checklist = {
        slot: step if slot in said or not step.state.is_said else replace(step, state=State.OPEN)
        for slot, step in checklist.items()
    }
    schedule = build_schedule(edited, since)
    wanted = schedule.ticked
    # And what is said now was ticked before the checklist is worked out anew.
    ticked = {one.slot: one.state for one in since.slots if one.slot in checklist}
    checklist |= {slot: replace(checklist[slot], state=state) for slot, state in ticked.items()}

    changed = apply(diff(checklist.values(), wanted, schedule.left_out), checklist)

    standing = {slot: step.window for slot, step in changed.items() if step.state is not State.WITHDRAWN}
    assert standing == {step.slot: step.window for step in wanted}
    amounts = {slot: step.mg for slot, step in changed.items() if step.state is State.OPEN and step.mg is not None}
    assert amounts == {step.slot: step.dose.mg for step in wanted if step.dose and step.state is State.OPEN}
    assert {slot: step for slot, step in changed.items() if step.state.is_said} == {
        slot: step for slot, step in checklist.items() if step.state.is_said
    }
    again = diff(changed.values(), wanted, schedule.left_out)
    assert {change.action for change in again} == {Action.KEEP}
    assert apply(again, changed) == changed


def test_due_times_after_a_day_less_are_those_of_a_shorter_course() -> None:
    checklist = held(build_schedule(COURSE, facts(*TWO_DAYS)).ticked)

    changed = apply(diff(checklist.values(), build_schedule(COURSE, facts(day(1))).ticked), checklist)

    assert changed["step.d2"].state is State.WITHDRAWN
    assert changed["course.5"].window.due_at == at("1+11:00")
    assert changed["course.6"].state is State.WITHDRAWN


def test_moving_an_infusion_moves_its_open_steps_by_as_much_and_leaves_what_was_said() -> None:
    before, since = facts(slots=(PREMED_DONE,)), facts(day(planned="2+09:00"), slots=(PREMED_DONE,))
    wanted = build_schedule(RICH, since).ticked

    changes = {one.slot: one for one in diff(held(build_schedule(RICH, before).ticked).values(), wanted)}

    assert changes[f"premed.d1.{TYLENOL}"].action is Action.KEEP
    for slot in ("drinks.d1", "late.d1", "evening.d1", "last.d1"):
        change = changes[slot]
        assert change.action is Action.MOVE
        assert change.before is not None
        assert change.after is not None
        assert change.after.due_at - change.before.due_at == hours(48)
    # What follows the dose that was given stays with it.
    assert changes["check.d1"].action is Action.KEEP


def test_edited_amount_changes_the_open_doses_and_no_other() -> None:
    two = facts(*TWO_DAYS, slots=(PREMED_DONE,))
    wanted = build_schedule(_edited(RICH, premed=LIGHTER), two).ticked

    changes = {one.slot: one for one in diff(held(build_schedule(RICH, two).ticked).values(), wanted)}

    assert {slot: one.reason for slot, one in changes.items() if one.action is not Action.KEEP} == {
        f"premed.d2.{TYLENOL}": "250 mg now, 300 mg before"
    }
