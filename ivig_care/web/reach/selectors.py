"""Reads for the page about how a person is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from ivig_care.accounts.models import ContactPoint, NudgePreference, User
from ivig_care.actions.contact_points import CODE_LASTS, STOP_IN_APP
from ivig_care.care_teams.access import NUDGED, Right, cared_for_by
from ivig_care.care_teams.models import Child, Duty, Membership
from ivig_care.common.prepared import Prepared
from ivig_care.nudges.models import Delivery
from ivig_care.regimen.timing import zone_named


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to reach the person, with the newest test of it."""

    point: ContactPoint
    status: str
    test: Delivery | None
    waits_for_code: bool
    is_first: bool
    is_last: bool


@dataclass(frozen=True, kw_only=True)
class Night:
    """Who is on duty for a child."""

    child: Child
    zone: ZoneInfo
    family: list[User]
    duty: Duty | None


@dataclass(frozen=True, kw_only=True)
class OffLine:
    """A way to reach somebody of the family that is off."""

    person: User
    point: ContactPoint

    @property
    def words(self) -> str:
        """As in "Text messages"."""
        return {"email": _("E-mails"), "sms": _("Text messages"), "push": _("Notifications")}[self.point.kind]


def ways_of(person: User, *, now: datetime) -> list[Way]:
    """The person's contact points in the order in which they are tried."""
    points = list(ContactPoint.objects.kept().filter(user=person).in_order())
    tests: dict[int | None, Delivery] = {}
    sent = Delivery.objects.filter(person=person, purpose=Delivery.Purpose.TEST, contact_point__in=points)
    for test in sent.order_by("created_at"):
        tests[test.contact_point_id] = test
    return [
        Way(
            point=point,
            status=_status(point),
            test=tests.get(point.pk),
            waits_for_code=point.verified_at is None and _code_works(point, now),
            is_first=number == 0,
            is_last=number == len(points) - 1,
        )
        for number, point in enumerate(points)
    ]


def nights_of(person: User, *, now: datetime) -> list[Night]:
    """For each child the person cares for: the family, and who is on duty."""
    places = Membership.objects.filter(role__in=NUDGED, user__is_active=True).select_related("user").order_by("pk")
    running = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now).select_related("user").order_by("-starts_at")
    children = cared_for_by(person, Right.RECORD).order_by("given_name", "pk")
    return [
        Night(
            child=child,
            zone=zone_named(child.zone),
            family=[place.user for place in child.memberships.all()],
            duty=next(iter(child.duties.all()), None),
        )
        for child in children.prefetch_related(Prefetch("memberships", places), Prefetch("duties", running))
    ]


def places_of(person: User) -> QuerySet[Membership]:
    """The person's places in families, with whom they are told about, and when."""
    return Membership.objects.filter(user=person, role__in=NUDGED).select_related("child").order_by("child__given_name")


def off_lines_for(person: User) -> list[OffLine]:
    """Every way to reach anybody of the person's families that was agreed to once and is off."""
    return _off_lines(
        Membership.objects.filter(child__in=cared_for_by(person), role__in=NUDGED).values_list("user_id", flat=True)
    )


def off_lines_of(child: Child) -> list[OffLine]:
    """The same for the family of one child."""
    return _off_lines_among(_POINTS_OF.rows(child.pk))


_POINTS_OF: Prepared[ContactPoint] = Prepared(
    lambda child: _proved(Membership.objects.filter(child=child, role__in=NUDGED).values_list("user_id", flat=True))
)


def preference_of(person: User) -> NudgePreference:
    """The person's preference; while nothing is kept, one that asks for nothing."""
    kept = NudgePreference.objects.filter(user=person).first()
    return kept or NudgePreference(user=person, zone="UTC")


def _off_lines(people: QuerySet[Membership, int]) -> list[OffLine]:
    return _off_lines_among(list(_proved(people)))


def _proved(people: QuerySet[Membership, int]) -> QuerySet[ContactPoint]:
    points = ContactPoint.objects.filter(user__in=people, verified_at__isnull=False)
    return points.select_related("user").order_by("disabled_at")


def _off_lines_among(points: Sequence[ContactPoint]) -> list[OffLine]:
    """What is off, but for what its owner switched off here while another way to reach them is on."""
    reached = {point.user_id for point in points if point.is_usable}
    off = [point for point in points if point.disabled_at is not None]
    wanted = [point for point in off if point.disabled_reason != STOP_IN_APP or point.user_id not in reached]
    return [OffLine(person=point.user, point=point) for point in wanted]


def _status(point: ContactPoint) -> str:
    if point.disabled_at is not None:
        return "off"
    return "on" if point.is_usable else "not proved yet"


def _code_works(point: ContactPoint, now: datetime) -> bool:
    return bool(point.code_hash) and point.code_sent_at is not None and now - point.code_sent_at < CODE_LASTS
