"""What a message says: how many steps, since when, and where to look. No name, medicine or diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string

from ivig_care.nudges.channels.base import Message
from ivig_care.nudges.models import Delivery
from ivig_care.plans.models import Step
from ivig_care.regimen.nudging import Urgency, urgency

_ORDER = (Urgency.OVERDUE, Urgency.DUE, Urgency.SOON)


def message_for(delivery: Delivery, steps: Sequence[Step], *, now: datetime) -> Message:
    """The message about the steps of a delivery that are still open (at least one), as things stand at `now`."""
    first = min(steps, key=lambda step: step.due_at)
    urgencies = {urgency(step.window, now) for step in steps}
    context = {
        "count": len(steps),
        "urgency": next(word for word in _ORDER if word in urgencies),
        "due": _clock(first, now),
        "url": f"{settings.PUBLIC_URL}/",
    }
    return Message(
        key=f"delivery-{delivery.pk}",
        to=delivery.contact_point.address,
        subject=_rendered("subject.txt", context),
        text=_rendered(f"{delivery.contact_point.kind}.txt", context),
        html=_rendered("email.html", context) if delivery.contact_point.kind == "email" else "",
    )


def _rendered(name: str, context: dict[str, object]) -> str:
    return render_to_string(f"messages/nudge_{name}", context).strip()


def _clock(step: Step, now: datetime) -> str:
    """The time it is due where the child lives, with the day when that is not today."""
    zone = step.infusion.tz
    due, today = step.due_at.astimezone(zone), now.astimezone(zone).date()
    words = due.strftime("%-I:%M %p").lower()
    return words if due.date() == today else f"{due.strftime('%a')} {words}"
