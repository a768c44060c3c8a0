"""A clinician reviews one infusion: planned against actual, then a signature, then at most an amendment."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ivig_care.actions.errors import Refused, ReviewSigned, StepsStillOpen
from ivig_care.actions.reviews import review_amend, review_sign
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import Infusion, Plan
from ivig_care.reviews.diary import diary_part
from ivig_care.reviews.models import Review
from ivig_care.reviews.selectors import review_page
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest

LONGEST_NOTE = 4000
NOT_CLOSED = gettext_lazy("This checklist is not closed yet. It can be signed as soon as it is.")


class SignForm(forms.Form):
    """The note to the family, and what changes next time; both may stay empty."""

    note = forms.CharField(
        label=gettext_lazy("Note to the family"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The family reads it on its own page. It may stay empty."),
    )
    next_time = forms.CharField(
        label=gettext_lazy("What changes next time"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The family reads this too."),
    )


class EarlySignForm(SignForm):
    """The same while the family can still answer something: whoever signs says that they know."""

    knows_open = forms.BooleanField(
        label=gettext_lazy("I know that the family can still answer these. Signing ends them."),
        error_messages={
            "required": gettext_lazy("Steps are still open. Say that you know, or sign when they are over.")
        },
    )


class AmendForm(forms.Form):
    """Something to add to a signed review."""

    use_required_attribute = False

    note = forms.CharField(
        label=gettext_lazy("Add to this review"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write what you want to add first.")},
        help_text=gettext_lazy("What was signed stays as it is. The family reads what you add."),
    )


@require_safe
def review(request: PersonRequest, pk: int) -> HttpResponse:
    """One infusion on one page; while its checklist is still open, to look at only."""
    infusion = _infusion(request, pk)
    looked_at(request, infusion.plan.child, "review")
    return _page(request, infusion)


@require_POST
def sign(request: PersonRequest, pk: int) -> HttpResponse:
    """Sign the review of a closed checklist, once."""
    infusion = _infusion(request, pk)
    found, now = _review_of(infusion), clock.now()
    is_early = infusion.steps.open().filter(closes_at__gt=now).exists()
    form = EarlySignForm(request.POST) if is_early else SignForm(request.POST)
    if found is None:
        return _page(request, infusion, sign_form=form, problem=str(NOT_CLOSED))
    if not form.is_valid():
        return _page(request, infusion, sign_form=form)
    try:
        review_sign(review=found, by=request.user, at=now, **form.cleaned_data)
    except StepsStillOpen as refused:
        return _page(request, infusion, sign_form=EarlySignForm(request.POST), problem=str(refused))
    except ReviewSigned:
        return _signed_before(request, pk, form)
    messages.success(request, _("Signed: %(child)s. The family can read it now.") % {"child": infusion.child})
    return redirect("clinic")


@require_POST
def amend(request: PersonRequest, pk: int) -> HttpResponse:
    """Add to a signed review."""
    infusion = _infusion(request, pk)
    form = AmendForm(request.POST)
    found = _review_of(infusion)
    if found is None:
        return _page(request, infusion, amend_form=form, problem=str(NOT_CLOSED))
    if not form.is_valid():
        return _page(request, infusion, amend_form=form)
    try:
        review_amend(review=found, by=request.user, note=form.cleaned_data["note"], at=clock.now())
    except Refused as refused:
        return _page(request, infusion, amend_form=form, problem=str(refused))
    messages.success(request, _("Added to the review. The family can read it now."))
    return redirect("infusion_review", pk=infusion.pk)


def _signed_before(request: PersonRequest, pk: int, form: SignForm) -> HttpResponse:
    """Somebody else was quicker: nothing of theirs changes, and nothing that was typed is lost."""
    typed = "\n\n".join(text for text in (form.cleaned_data["note"], form.cleaned_data["next_time"]) if text)
    problem = _("This review was signed before you did. Nothing was changed.")
    if typed:
        problem = f"{problem} {_('What you wrote stands at the end of this page: you can add it there.')}"
    amend_form = AmendForm(initial={"note": typed})
    return _page(request, _infusion(request, pk), amend_form=amend_form, problem=problem)


def _page(
    request: PersonRequest,
    infusion: Infusion,
    *,
    sign_form: SignForm | None = None,
    amend_form: AmendForm | None = None,
    problem: str = "",
) -> HttpResponse:
    if request.method == "POST":
        looked_at(request, infusion.plan.child, "review", did_nothing=True)
    page = review_page(infusion)
    context = {
        "page": page,
        "diary": diary_part(infusion, now=clock.now()),
        "infusion": infusion,
        "plan": infusion.plan,
        "child": infusion.plan.child,
        "zone": infusion.tz,
        "sign_form": sign_form or (EarlySignForm() if page.still_open else SignForm()),
        "amend_form": amend_form or AmendForm(),
        "problem": problem,
    }
    return render(request, "clinic/review.html", context, status=422 if request.method == "POST" else 200)


def _review_of(infusion: Infusion) -> Review | None:
    return getattr(infusion, "review", None)


def _infusion(request: PersonRequest, pk: int) -> Infusion:
    begun = Infusion.objects.exclude(plan__status=Plan.Status.DRAFT)
    infusions = begun.select_related(
        "plan__child__clinic", "plan__product", "plan__version__protocol", "review__signed_by", "sent_by"
    )
    return fetch_for(request.user, infusions, pk, right=Right.REVIEW)
