"""Reads for the page of what was sent about an infusion: to whom, when, what became of it, and what came back."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet

from ivig_care.nudges.models import Delivery, DeliveryAttempt, InboundMessage
from ivig_care.plans.models import Infusion


def history_of(infusion: Infusion) -> QuerySet[Delivery]:
    """Every message about an infusion, the newest first; `step_count` is how many of its steps each speaks of."""
    about = Delivery.objects.filter(Q(infusion=infusion) | Q(steps__infusion=infusion))
    return (
        Delivery.objects.filter(pk__in=about.values("pk"))
        .select_related("person", "contact_point")
        .annotate(step_count=Count("steps", filter=Q(steps__infusion=infusion), distinct=True))
        .prefetch_related(
            Prefetch("attempts", DeliveryAttempt.objects.select_related("contact_point")),
            Prefetch("replies", InboundMessage.objects.all()),
        )
        .order_by("-created_at", "-pk")
    )
