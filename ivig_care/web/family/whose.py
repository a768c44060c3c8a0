"""The question that a place of the bar leads to when it could be meant for several children: for whom?"""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.nearest import infusions_near
from ivig_care.web.bar import ONLY_TO_RECORD, SHAPES, address_of
from ivig_care.web.http import PersonRequest
from ivig_care.web.offline.kept import kept


@require_safe
@kept
def whose(request: PersonRequest, what: str) -> HttpResponse:
    """For whom is it?"""
    name = what.replace("-", "_")
    if name not in SHAPES or name == "home":
        raise Http404
    now = clock.now()
    near = infusions_near(request.user, now=now, right=Right.RECORD if name in ONLY_TO_RECORD else Right.SEE)
    lines = [(one, url) for one in near if one.is_current(now) and (url := address_of(name, [one]))]
    if len(lines) == 1:
        return redirect(lines[0][1])
    if not lines:
        return redirect("home")
    questions = {
        "drinks": _("Whose drinks?"),
        "symptoms": _("Who are you looking at?"),
        "infusion_card": _("Whose infusion?"),
        "call_card": _("For whom do you want to call?"),
    }
    return render(request, "family/whose.html", {"lines": lines, "question": questions[name]})
