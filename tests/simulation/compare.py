"""Where two accounts of one month differ first, said so that a person can look for the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tests.simulation.story import Sent, Story

AROUND = timedelta(hours=6)


def difference(wanted: Sequence[Sent], found: Sequence[Sent], story: Story) -> str | None:
    """The first thing that only one of the two says, with what came before and after it; None when they are equal."""
    if list(wanted) == list(found):
        return None
    only_wanted, only_found = _without(wanted, found), _without(found, wanted)
    first = min((*only_wanted, *only_found))
    lines = [
        f"{len(wanted)} messages by the rules, {len(found)} by the engine;"
        f" {len(only_wanted)} only by the rules, {len(only_found)} only by the engine.",
        f"Around the first difference, at {first.at:%d %b %H:%M:%S} UTC, for person {first.person}:",
    ]
    near = {one for one in (*wanted, *found) if one.person == first.person and abs(one.at - first.at) < AROUND}
    for one in sorted(near):
        who = (
            "  only by the rules: "
            if one in only_wanted
            else "  only by the engine:"
            if one in only_found
            else "  both: "
        )
        lines.append(f"{who:22}{said(one)}")
    lines += [f"  {line}" for line in context(first, story)]
    return "\n".join(lines)


def _without(these: Sequence[Sent], those: Sequence[Sent]) -> list[Sent]:
    left = list(those)
    counted: dict[Sent, int] = {}
    for one in left:
        counted[one] = counted.get(one, 0) + 1
    only = []
    for one in these:
        if counted.get(one, 0):
            counted[one] -= 1
        else:
            only.append(one)
    return only


def said(one: Sent) -> str:
    """One message in a line."""
    repeat = ", may be a repeat" if one.is_repeat else ""
    ahead = f", {one.ahead} ahead" if one.ahead else ""
    return f"{one.at:%d %b %H:%M:%S} {one.purpose} of {list(one.things)} {one.urgency}{ahead}{repeat}"


def context(one: Sent, story: Story) -> list[str]:
    """The person, their families, and what happened to them around that time."""
    person = next(each for each in story.people if each.key == one.person)
    places = [each for each in story.members if each.person == person.key]
    children = {each.child for each in places}
    courses = {each.key for each in story.courses if each.child in children}
    things = [each for each in story.things if each.course in courses]
    contacts = [each for each in story.contacts if each.person == person.key]
    keys = {*courses, *(each.key for each in things), *(each.key for each in contacts)}
    keys |= {each.key for each in story.members if each.child in children}
    keys |= {each.key for each in story.duties if each.child in children}
    return [
        str(person),
        *(str(each) for each in story.members if each.child in children or each in places),
        *(str(each) for each in contacts),
        *(str(each) for each in story.duties if each.child in children and abs(each.starts_at - one.at) < 4 * AROUND),
        *(str(each) for each in story.troubles if each.contact in {point.key for point in contacts}),
        *(f"{each}" for each in things if abs(each.times.due - one.at) < 4 * AROUND),
        *(str(each) for each in story.events if each.key in keys and abs(each.at - one.at) < 2 * AROUND),
        *(f"outage {begins} {ends}" for begins, ends in story.outages if abs(begins - one.at) < 4 * AROUND),
    ]
