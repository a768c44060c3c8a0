"""The bar at the foot of a family's pages: now, drinks, how it is going, the infusion on its day, whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import Infusion
from ivig_care.plans.nearest import DAY_AROUND, Near, infusions_near

# The pages that a place of the bar leads to, and the shape that stands over its word.
SHAPES = {"home": "now", "drinks": "drinks", "symptoms": "feeling", "infusion_card": "infusion", "call_card": "call"}
# Whoever may only look has nothing to write there.
ONLY_TO_RECORD = frozenset({"drinks", "symptoms"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place of the bar: a word, a shape, where it leads, and whether that is where the person is."""

    words: str
    shape: str
    url: str
    is_here: bool


def bar_for(request: HttpRequest) -> list[Place]:
    """The bar of somebody of a family; empty for everybody else, and where there is no infusion yet. Two queries."""
    person = request.user
    if not isinstance(person, User):
        return []
    now = clock.now()
    near = infusions_near(person, now=now)
    if not near:
        return []
    current = [one for one in near if one.is_current(now)] or near[:1]
    recording = {one.infusion_id for one in infusions_near(person, now=now, right=Right.RECORD)}
    return _places(request, current, [one for one in current if one.infusion_id in recording])


def bar_of(request: HttpRequest, infusion: Infusion, *, now: datetime, may_record: bool) -> list[Place]:
    """The bar on a page about one infusion, whose days are known: it leads to that infusion. No query."""
    near = [_near(infusion, now)]
    return _places(request, near, near if may_record else [])


def _places(request: HttpRequest, near: list[Near], recording: list[Near]) -> list[Place]:
    here = request.resolver_match.url_name if request.resolver_match else ""
    words = {
        "home": _("Now"),
        "drinks": _("Drinks"),
        "symptoms": _("Feeling"),
        "infusion_card": _("Infusion"),
        "call_card": pgettext("a place", "Call"),
    }
    places = []
    for name, shape in SHAPES.items():
        url = reverse("home") if name == "home" else address_of(name, recording if name in ONLY_TO_RECORD else near)
        if url:
            places.append(Place(words=words[name], shape=shape, url=url, is_here=name == here))
    return places


def address_of(name: str, near: list[Near]) -> str:
    """Where a place of the bar leads: to the page itself, or, where it could be several children's, to the question.

    Empty where there is nothing to lead to.
    """
    meant = [one for one in near if name != "infusion_card" or one.day is not None]
    try:
        url = reverse(name, args=[_key(name, meant[0])]) if meant else ""
    except NoReverseMatch:
        return ""
    return reverse("whose", args=[name.replace("_", "-")]) if len(meant) > 1 else url


def _key(name: str, one: Near) -> int | None:
    return one.day if name == "infusion_card" else one.infusion_id


def _near(infusion: Infusion, now: datetime) -> Near:
    days = [day for day in infusion.days.all() if day.cancelled_at is None]
    today = None
    for day in days:
        begins = day.actual_start or day.planned_start
        ends = day.actual_end or begins
        is_running = day.actual_start is not None and day.actual_end is None and now < begins + 2 * DAY_AROUND
        if is_running or begins - DAY_AROUND <= now < ends + DAY_AROUND:
            today = day.pk
    return Near(
        infusion_id=infusion.pk,
        child_id=infusion.plan.child_id,
        child=infusion.plan.child.given_name,
        zone=infusion.tz,
        starts_at=days[0].planned_start if days else now,
        over_at=now,
        day=today,
        is_running=False,
        revision=infusion.revision,
    )
