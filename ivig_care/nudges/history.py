"""Reads for the page of what was sent about an infusion: to whom, when, what became of it, and what came back."""

from __future__ import annotations

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet

from ivig_care.accounts.models import ContactPoint
from ivig_care.care_teams.access import family_of
from ivig_care.nudges.models import Delivery, DeliveryAttempt, DeliveryStep, InboundMessage
from ivig_care.plans.models import Infusion


def history_of(infusion: Infusion) -> QuerySet[Delivery]:
    """Every message about an infusion, the newest first; `step_count` is how many of its steps each speaks of.

    `is_of_others`: it speaks of another child too, and so may the reply to it.

    With them that somebody of the family could no longer be reached in one way while it lasted.
    """
    about = Delivery.objects.filter(Q(infusion=infusion) | Q(steps__infusion=infusion))
    others = DeliveryStep.objects.filter(delivery=OuterRef("pk")).exclude(
        step__infusion__plan__child=infusion.plan.child_id
    )
    return (
        Delivery.objects.filter(Q(pk__in=about.values("pk")) | _about_reaching(infusion, about))
        .select_related("person", "contact_point")
        .annotate(
            step_count=Count("steps", filter=Q(steps__infusion=infusion), distinct=True),
            is_of_others=Exists(others),
        )
        .prefetch_related(
            Prefetch("attempts", DeliveryAttempt.objects.select_related("contact_point")),
            Prefetch("replies", InboundMessage.objects.all()),
        )
        .order_by("-created_at", "-pk")
    )


def _about_reaching(infusion: Infusion, about: QuerySet[Delivery]) -> Q:
    """The words to the family that a way of reaching one of them is off, from the first message to the end."""
    begins = about.aggregate(first=Min("created_at"))["first"]
    if begins is None:
        return Q(pk__in=())
    family = family_of(infusion.plan.child)
    points = ContactPoint.objects.filter(user__in=family).values_list("pk", flat=True)
    named = Q(pk__in=())
    for key in points:
        named |= Q(occasion__startswith=f"{Delivery.Purpose.CHANNEL_OFF} {key} ")
    lasted = Q(created_at__gte=begins)
    if infusion.closed_at is not None:
        lasted &= Q(created_at__lte=infusion.closed_at)
    return named & lasted & Q(purpose=Delivery.Purpose.CHANNEL_OFF, person__in=family)
