"""A guardian asks to have a child's record erased; the others agree, or any of them takes it back."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ivig_care.accounts.models import User
from ivig_care.actions.erasures import erasure_agree, erasure_ask, erasure_take_back, guardians_of
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right, cared_for_by
from ivig_care.care_teams.models import Child, Erasure
from ivig_care.common import clock
from ivig_care.common.prepared import Prepared
from ivig_care.regimen.timing import zone_named
from ivig_care.reviews.keeping import clinics_keeping
from ivig_care.web.confirm import confirm_to_change
from ivig_care.web.fetch import FAMILY_CHILDREN, fetch_for
from ivig_care.web.http import PersonRequest

NOT_SURE = gettext_lazy("Tick the box first: what is erased cannot be brought back.")
STOPPED = gettext_lazy("Stopped. Nothing is erased.")


def erasures_for(user: User) -> QuerySet[Erasure]:
    """What is asked to be erased of the children whose guardian this person is."""
    mine = cared_for_by(user, Right.CONSENT)
    return Erasure.objects.open().filter(child__in=mine).select_related("child", "asked_by")


_OPEN: Prepared[Erasure] = Prepared(
    lambda child: Erasure.objects.open().filter(child=child).select_related("child", "asked_by")
)


def erasures_of(child: Child) -> list[Erasure]:
    """The same for one child whose guardian the person is known to be."""
    return _OPEN.rows(child.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirm_to_change
def erase(request: PersonRequest, pk: int) -> HttpResponse:
    """Explain what goes and what stays; on a POST ask, agree or stop it."""
    child = fetch_for(request.user, FAMILY_CHILDREN, pk, right=Right.CONSENT)
    if request.method != "POST":
        return _page(request, child)
    act = request.POST.get("act", "")
    if act not in ("ask", "agree", "stop"):
        raise Http404
    if act != "stop" and not request.POST.get("sure"):
        return _page(request, child, problem=str(NOT_SURE))
    action = {"ask": erasure_ask, "agree": erasure_agree, "stop": erasure_take_back}[act]
    try:
        erasure = action(child=child, by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, child, problem=str(refused))
    messages.success(request, STOPPED if act == "stop" else _said(erasure))
    return redirect("child_erase", pk=child.pk)


def _said(erasure: Erasure) -> str:
    if erasure.due_at is None:
        return _("Noted. The other guardians must agree too.")
    return _("Noted. You can still stop it until the day that stands here.")


def _page(request: PersonRequest, child: Child, *, problem: str = "") -> HttpResponse:
    erasure = Erasure.objects.open().filter(child=child).select_related("asked_by").first()
    guardians = list(guardians_of(child))
    agreed = set(erasure.agreements.values_list("guardian", flat=True)) if erasure else set()
    context = {
        "child": child,
        "erasure": erasure,
        "keeping": clinics_keeping(child),
        "others": [one for one in guardians if one != request.user],
        "missing": [one for one in guardians if one.pk not in agreed] if erasure else [],
        "has_agreed": request.user.pk in agreed,
        "days": settings.ERASE_AFTER_DAYS,
        "zone": zone_named(child.zone),
        "problem": problem,
    }
    return render(request, "family/erase.html", context, status=422 if problem else 200)
