"""Somebody of the clinic says what was done about all that a family is worried about: one sentence for one infusion."""

from __future__ import annotations

import re

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from ivig_care.actions.concerns import Answering, ConcernAnswered, NothingToAnswer, concerns_answer
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import Infusion
from ivig_care.reviews.concerns import concerns_open_of, told_of
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest

LONGEST_ANSWER = 2000
_KEY = re.compile(r"[0-9]{1,18}")


class AnswerForm(forms.Form):
    """What the clinic did, and what it had seen when it said so."""

    use_required_attribute = False

    words = forms.CharField(
        label=gettext_lazy("What did you do?"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write what you did first. The family reads it.")},
        help_text=gettext_lazy("The family reads it."),
    )

    @property
    def keys(self) -> frozenset[int]:
        """Which concerns stood there, as the page hands it back; whatever else was sent is none."""
        return frozenset(int(one) for one in self.data.get("seen", "").split() if _KEY.fullmatch(one))


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: PersonRequest, pk: int) -> HttpResponse:
    """All that waits about one infusion, the form that answers it, and what was answered before."""
    rows = Infusion.objects.select_related("plan__child")
    infusion = fetch_for(request.user, rows, pk, right=Right.ANSWER)
    if request.method != "POST":
        looked_at(request, infusion.plan.child, infusion)
        return _page(request, infusion, AnswerForm())
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, infusion, form, status=422)
    words, by, now = form.cleaned_data["words"], request.user, clock.now()
    try:
        answering = concerns_answer(infusion=infusion, seen=form.keys, words=words, by=by, now=now)
    except (ConcernAnswered, NothingToAnswer) as refused:
        return _page(request, infusion, form, problem=str(refused), status=422)
    _say(request, answering)
    return redirect("concerns", pk=infusion.pk) if answering.still_open else redirect("clinic")


def _say(request: PersonRequest, answering: Answering) -> None:
    """What came of it: who had been quicker with some of it, and what came in while the answer was written."""
    said = [_("Answered. The family can read it now.")]
    before, left = len(answering.before), len(answering.still_open)
    if before:
        who = answering.before[-1].answer.by.name
        words = ngettext(
            "%(who)s had answered one of them already.", "%(who)s had answered %(count)s of them already.", before
        )
        said.append(words % {"who": who, "count": before})
    if left:
        words = ngettext(
            "One more came in meanwhile. It is still open: here it is.",
            "%(count)s more came in meanwhile. They are still open: here they are.",
            left,
        )
        said.append(words % {"count": left})
    (messages.warning if left else messages.success)(request, " ".join(said))


def _page(
    request: PersonRequest, infusion: Infusion, form: AnswerForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    waiting, seen = concerns_open_of(infusion), form.keys
    context = {
        "infusion": infusion,
        "child": infusion.plan.child,
        "open": waiting,
        # What was not there yet when the form was first shown.
        "fresh": {one.pk for one in waiting.concerns} - seen if waiting and seen else set(),
        "answered": told_of(infusion).answered,
        "form": form,
        "problem": problem,
        "zone": infusion.tz,
    }
    return render(request, "clinic/concern.html", context, status=status)
