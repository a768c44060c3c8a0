"""Somebody of the clinic says what was done about something that a family is worried about."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ivig_care.actions.concerns import ConcernAnswered, concern_answer
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.reviews.models import Concern
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest

LONGEST_ANSWER = 2000


class AnswerForm(forms.Form):
    """What the clinic did."""

    use_required_attribute = False

    words = forms.CharField(
        label=gettext_lazy("What did you do?"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write what you did first. The family reads it.")},
        help_text=gettext_lazy("The family reads it."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: PersonRequest, pk: int) -> HttpResponse:
    """One concern, and the form that answers it; what was answered before is shown as it is."""
    rows = Concern.objects.select_related("infusion__plan__child", "raised_by", "answer__by", "report")
    concern = fetch_for(request.user, rows, pk, right=Right.ANSWER)
    if request.method != "POST":
        looked_at(request, concern.infusion.child, concern)
        return _page(request, concern, AnswerForm())
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, concern, form, status=422)
    try:
        concern_answer(concern=concern, words=form.cleaned_data["words"], by=request.user, now=clock.now())
    except ConcernAnswered as answered:
        return _page(request, rows.get(pk=pk), form, problem=str(answered), status=422)
    messages.success(request, _("Answered. The family can read it now."))
    return redirect("clinic")


def _page(
    request: PersonRequest, concern: Concern, form: AnswerForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "concern": concern,
        "infusion": concern.infusion,
        "child": concern.infusion.child,
        "form": form,
        "problem": problem,
        "zone": concern.infusion.tz,
    }
    return render(request, "clinic/concern.html", context, status=status)
