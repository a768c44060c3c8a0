"""The infusion that a page of the diary is about, and what every such page shows."""

from __future__ import annotations

from ivig_care.care_teams.access import Right, may
from ivig_care.plans.models import Infusion, Plan
from ivig_care.web.fetch import fetch_for
from ivig_care.web.http import PersonRequest


def infusion_for(request: PersonRequest, pk: int, *, right: Right = Right.SEE) -> Infusion:
    """The infusion, for somebody with this right. Raises Http404, PermissionDenied."""
    active = Infusion.objects.filter(plan__status=Plan.Status.ACTIVE)
    rows = active.select_related("plan__child__clinic", "plan__product", "plan__version", "review")
    return fetch_for(request.user, rows.prefetch_related("days", "plan__medicines"), pk, right=right)


def context_of(request: PersonRequest, infusion: Infusion) -> dict[str, object]:
    """What every page of the diary shows."""
    child = infusion.plan.child
    return {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "may_record": may(request.user, Right.RECORD, child),
        "is_signed": getattr(getattr(infusion, "review", None), "signed_at", None) is not None,
    }
