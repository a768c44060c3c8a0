"""What is different at an infusion from the one before: the plan's values old and new, and what the clinic said."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ivig_care.accounts.models import User
from ivig_care.actions.sending import changes_see
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.common import clock
from ivig_care.plans.differences import differences, infusion_before
from ivig_care.plans.models import ChangesSeen, Infusion, Plan
from ivig_care.plans.models.infusions import InfusionQuerySet
from ivig_care.web.fetch import looked_at
from ivig_care.web.http import PersonRequest


@require_safe
def changes(request: PersonRequest, pk: int) -> HttpResponse:
    """Old beside new, in words."""
    infusion = get_object_or_404(_infusions().visible_to(request.user), pk=pk)
    child = infusion.plan.child
    looked_at(request, child, infusion)
    before = infusion_before(infusion)
    is_family = cared_for_by(request.user, Right.RECORD).filter(pk=child.pk).exists()
    seen_by = list(infusion.changes_seen.select_related("by"))
    context = {
        "infusion": infusion,
        "child": child,
        "clinic": child.clinic,
        "zone": infusion.tz,
        "before": before,
        "before_starts": before and next(iter(before.days.all())).planned_start,
        "review": getattr(before, "review", None),
        "differences": differences(before.plan, infusion.plan) if before else [],
        "seen": seen_by,
        "may_see_off": is_family and all(one.by_id != request.user.pk for one in seen_by),
    }
    return render(request, "family/changes.html", context)


@require_POST
def seen(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody who cares for the child at home has read it."""
    theirs = _infusions().filter(plan__child__in=cared_for_by(request.user, Right.RECORD))
    infusion = get_object_or_404(theirs, pk=pk)
    changes_see(infusion=infusion, by=request.user, now=clock.now())
    messages.success(request, _("Thank you. You find it again on the checklist, beside the plan."))
    return redirect("checklist", pk=infusion.pk)


def is_unread(user: User, infusion: Infusion) -> bool:
    """Whether something is different at this infusion that this person has not read yet."""
    before = infusion_before(infusion)
    if before is None or ChangesSeen.objects.filter(infusion=infusion, by=user).exists():
        return False
    review = getattr(before, "review", None)
    has_word = review is not None and review.signed_at is not None and bool(review.next_time)
    return has_word or bool(differences(before.plan, infusion.plan))


def _infusions() -> InfusionQuerySet:
    active = Infusion.objects.filter(plan__status=Plan.Status.ACTIVE)
    return active.select_related("plan__child__clinic", "plan__product", "plan__version").prefetch_related("days")
