"""Who is told: the people of many children, first and second, and how each is reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ivig_care.accounts.models import ContactPoint
from ivig_care.care_teams.access import families_told, staff_told
from ivig_care.care_teams.models import Duty, Told
from ivig_care.regimen.nudging import Stage

_FAMILY_FIRST = frozenset({Stage.LEAD, Stage.DUE, Stage.REPEAT})


@dataclass(frozen=True)
class Way:
    """How a person is reached now: the contact point that is tried first."""

    contact_point: int
    kind: str


@dataclass(frozen=True)
class Audience:
    """The people around some children, by child, and the way to each of them."""

    first: dict[int, list[int]] = field(default_factory=dict)
    second: dict[int, list[int]] = field(default_factory=dict)
    staff: dict[int, list[int]] = field(default_factory=dict)
    ways: dict[int, Way] = field(default_factory=dict)

    def family(self, child: int, stages: Collection[Stage]) -> list[int]:
        """The members of the family whom these stages reach."""
        first = self.first.get(child, []) if not _FAMILY_FIRST.isdisjoint(stages) else []
        second = self.second.get(child, []) if Stage.SECOND in stages else []
        return [*first, *second]

    def clinicians(self, child: int, stages: Collection[Stage]) -> list[int]:
        """The clinicians whom these stages reach."""
        return self.staff.get(child, []) if Stage.CLINIC in stages else []


def audience_of(children: Collection[int], *, now: datetime, with_staff: bool) -> Audience:
    """The people around these children as things stand at `now`; the staff only when asked for."""
    places = list(families_told(children).values_list("child_id", "user_id", "told").order_by("pk"))
    on_duty = _on_duty(children, now)
    staff = staff_told(children) if with_staff else {}
    people = {user for _, user, _ in places} | {user for users in staff.values() for user in users}
    ways = ways_to(people)
    first: dict[int, list[int]] = defaultdict(list)
    second: dict[int, list[int]] = defaultdict(list)
    for child, user, told in places:
        duty = on_duty.get(child)
        is_first = told == Told.FIRST if duty is None else user in duty
        (first if is_first else second)[child].append(user)
    for child in {child for child, _, _ in places}:
        # Somebody must hear of it: with nobody to be told first who can be reached, the others are.
        if not any(user in ways for user in first[child]) and any(user in ways for user in second[child]):
            first[child] += second.pop(child)
    return Audience(first, second, staff, ways)


def ways_to(people: Iterable[int]) -> dict[int, Way]:
    """The first usable contact point of each of these people; who has none is left out."""
    usable = ContactPoint.objects.usable().filter(user__pk__among=people).order_by("-rank", "-pk")
    return {user: Way(point, kind) for user, point, kind in usable.values_list("user_id", "pk", "kind")}


def _on_duty(children: Collection[int], now: datetime) -> dict[int, set[int]]:
    duties: dict[int, set[int]] = defaultdict(set)
    covering = Duty.objects.filter(child__pk__among=children, starts_at__lte=now, ends_at__gt=now)
    for child, user in covering.values_list("child_id", "user_id"):
        duties[child].add(user)
    return duties
