"""Messages for the tests of what comes back from the phone: sent to Maria, about Lena's steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ivig_care.accounts.models import ContactPoint, User
from ivig_care.nudges.links import link_token
from ivig_care.nudges.models import Delivery, DeliveryAttempt
from ivig_care.plans.models import Infusion, Step
from tests.conftest import STARTS_AT


def point_of(user: User, kind: str = "sms") -> ContactPoint:
    """The person's contact point of this kind."""
    return ContactPoint.objects.get(user=user, kind=kind)


def premedication(infusion: Infusion) -> list[Step]:
    """The two medicines before day 1, both due half an hour before the start."""
    return list(infusion.steps.filter(kind="premedication", day_number=1).order_by("pk"))


def sent(infusion: Infusion | None, to: User, steps: Sequence[Step], *, kind: str = "sms", **values: Any) -> Delivery:
    """A message that left a quarter of an hour ago."""
    at: datetime = values.pop("sent_at", STARTS_AT - timedelta(minutes=15))
    point = point_of(to, kind)
    defaults = {
        "person": to,
        "contact_point": point,
        "kind": kind,
        "occasion": f"{at:%H:%M:%S} {Delivery.objects.count()}",
        "infusion": infusion,
        "status": Delivery.Status.SENT,
        "created_at": at,
        "owed_at": at,
        "next_attempt_at": at,
        "sent_at": at,
        "expires_at": at + timedelta(hours=6),
        "link_until": at + timedelta(hours=30),
    }
    delivery = Delivery.objects.create(**{**defaults, **values})
    delivery.steps.set(steps)
    DeliveryAttempt.objects.create(
        delivery=delivery, contact_point=point, at=at, outcome="accepted", provider_id=f"SM{delivery.pk}"
    )
    return delivery


def link(delivery: Delivery, word: str = "") -> str:
    """Where the link of a message leads, or one of the things that can be said there."""
    return f"/n/{link_token(delivery.pk)}/{word and word + '/'}"


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of ours that a visit could change, but for the log's line that somebody looked."""
    from django.apps import apps

    from ivig_care.care_teams.models import AuditChain, AuditEvent

    log = (AuditChain, AuditEvent)
    models = [model for model in apps.get_models() if model.__module__.startswith("ivig_care.") and model not in log]
    rows = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    acts: list[Any] = list(AuditEvent.objects.exclude(verb=AuditEvent.Verb.SAW).order_by("pk").values())
    return rows | {"AuditEvent": acts}
