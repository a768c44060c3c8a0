"""Which clinics must keep their own part of a child's record, as the law has it for whoever treats a child."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Q

from ivig_care.care_teams.models import Child, Clinic
from ivig_care.plans.models import Plan, StepEvent
from ivig_care.reviews.models import Review


def clinics_keeping(child: Child) -> list[Clinic]:
    """The clinics for which a plan was activated for the child, or a review signed; none where nobody did.

    Where none is known and those who did have left, it is the clinic whose number stands on the child's pages.
    """
    plans = Plan.objects.filter(child=child, activated_at__isnull=False)
    reviews = Review.objects.filter(infusion__plan__child=child, status=Review.Status.SIGNED)
    if not plans.exists() and not reviews.exists():
        return []
    named = Clinic.objects.filter(Q(pk__in=plans.values("clinic")) | Q(pk__in=reviews.values("clinic")))
    if named.exists():
        return list(named.order_by("pk"))
    # From before plans and reviews said for which clinic: where those who acted work now.
    acted = Q(memberships__user__in=plans.values("prescribed_by"))
    acted |= Q(memberships__user__in=reviews.values("signed_by"))
    found = Clinic.objects.filter(acted, child_links__child=child).distinct().order_by("pk")
    return list(found) or [child.clinic]


def last_entry_at(child: Child) -> datetime | None:
    """When something was last written into the child's record; None when nothing was."""
    said = StepEvent.objects.filter(step__infusion__plan__child=child).aggregate(last=Max("entered_at"))["last"]
    planned = Plan.objects.filter(child=child).aggregate(last=Max("activated_at"))["last"]
    reviews = Review.objects.filter(infusion__plan__child=child)
    signed = reviews.aggregate(last=Max("signed_at"), added=Max("amendments__at"))
    return max((at for at in (said, planned, signed["last"], signed["added"]) if at is not None), default=None)
