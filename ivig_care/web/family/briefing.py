"""The day before an infusion day: five questions, answered in a minute; the clinic hears of any no at once."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ivig_care.accounts.models import User
from ivig_care.actions.briefing import Briefed, briefing_answer
from ivig_care.actions.duties import duty_plan, night_span
from ivig_care.actions.errors import Refused
from ivig_care.care_teams.access import Right, family_of
from ivig_care.care_teams.models import Child, Duty
from ivig_care.common import clock
from ivig_care.plans.models import InfusionDay, Plan
from ivig_care.plans.ready import at_home_of, ready_of
from ivig_care.reviews.concerns import Told, told_from
from ivig_care.reviews.models import Concern
from ivig_care.web.family.briefing_form import BriefingForm, in_pounds
from ivig_care.web.fetch import fetch_for, looked_at
from ivig_care.web.http import PersonRequest
from ivig_care.web.templatetags.toasts import undo_tag


@require_http_methods(["GET", "HEAD", "POST"])
def briefing(request: PersonRequest, pk: int) -> HttpResponse:
    """The questions, what was answered, and whom to call."""
    day = _day(request, pk)
    looked_at(request, day.infusion.plan.child, day)
    if request.method != "POST":
        return _page(request, day)
    form = BriefingForm(request.POST, ready=ready_of(day))
    if not form.is_valid():
        return _page(request, day, form=form)
    try:
        briefed = briefing_answer(day=day, answers=form.said, by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, day, form=form, problem=str(refused))
    _say(request, briefed)
    return redirect("briefing", pk=day.pk)


@require_POST
def duty(request: PersonRequest, pk: int) -> HttpResponse:
    """Who is on duty in the night after an infusion day; nobody named means nobody in particular."""
    day, asked = _day(request, pk), request.POST.get("person", "")
    child = day.infusion.plan.child
    chosen = next((one for one in family_of(child) if str(one.pk) == asked), None)
    if asked and chosen is None:
        return _page(request, day, problem=_("That person is not in the family’s team any more. Choose another."))
    try:
        duty_plan(child=child, user=chosen, night=_night(day), by=request.user, now=clock.now())
    except Refused as refused:
        return _page(request, day, problem=str(refused))
    messages.success(request, _duty_words(request.user, chosen))
    return redirect("briefing", pk=day.pk)


def _say(request: PersonRequest, briefed: Briefed) -> None:
    """What came of the answers, in one sentence after the other; the step that was ticked can be taken back."""
    left, told = len(briefed.ready.unanswered), len(briefed.told)
    said = [_("Saved.")]
    if told:
        said.append(_("The clinic has been told."))
    if briefed.is_ticked:
        said.append(_("All is answered, so the step is ticked."))
    elif left:
        words = ngettext("%(count)s question is still open.", "%(count)s questions are still open.", left)
        said.append(words % {"count": left})
    step = briefed.ready.step
    tag = undo_tag("undo-step", step.pk) if briefed.is_ticked and step is not None else ""
    messages.success(request, " ".join(said), extra_tags=tag)


def _page(
    request: PersonRequest, day: InfusionDay, *, form: BriefingForm | None = None, problem: str = ""
) -> HttpResponse:
    plan, child, now = day.infusion.plan, day.infusion.plan.child, clock.now()
    if request.method == "POST":
        looked_at(request, child, day, did_nothing=True)
    medicines = at_home_of(day)
    ready = ready_of(day, medicines=medicines)
    on_duty, ends = _on_duty(child, day)
    is_signed = getattr(getattr(day.infusion, "review", None), "signed_at", None) is not None
    context = {
        "day": day,
        "infusion": day.infusion,
        "plan": plan,
        "child": child,
        "clinic": child.clinic,
        "zone": day.infusion.tz,
        "now": now,
        "ready": ready,
        "form": form or BriefingForm(ready=ready),
        "problem": problem,
        "medicines": medicines,
        "pounds": None if plan.weight_kg is None else in_pounds(plan.weight_kg),
        "told": _told(day),
        "is_unwell": any(answer.question == answer.Question.WELL for answer in ready.worries),
        "can_answer": day.cancelled_at is None and now >= ready.asked_from and not is_signed,
        "is_signed": is_signed,
        "family": list(family_of(child).order_by("pk")),
        "on_duty": on_duty,
        "night": _night(day),
        "is_night_ahead": now < ends,
    }
    has_failed = request.method == "POST"
    return render(request, "family/briefing.html", context, status=422 if has_failed else 200)


def _told(day: InfusionDay) -> Told:
    """What the clinic was told of this day, with what it answered."""
    return told_from(Concern.objects.filter(infusion=day.infusion_id, kind=Concern.Kind.BRIEFING, day=day))


def _on_duty(child: Child, day: InfusionDay) -> tuple[User | None, datetime]:
    begins, ends = night_span(child, _night(day))
    duty = Duty.objects.filter(child=child, starts_at__lt=ends, ends_at__gt=begins).select_related("user")
    # Of two that meet in that night, the later is who is up at its end.
    found = duty.order_by("-ends_at").first()
    return (found.user if found and found.ends_at >= ends else None), ends


def _night(day: InfusionDay) -> date:
    return day.planned_start.astimezone(day.infusion.tz).date()


def _duty_words(person: User, chosen: User | None) -> str:
    if chosen is None:
        return _("Nobody in particular is on duty that night.")
    if chosen == person:
        return _("You are on duty that night.")
    return _("%(name)s is on duty that night.") % {"name": chosen.name}


def _day(request: PersonRequest, pk: int) -> InfusionDay:
    active = InfusionDay.objects.filter(infusion__plan__status=Plan.Status.ACTIVE)
    days = active.select_related(
        "infusion__plan__child__clinic", "infusion__plan__product", "infusion__plan__version", "infusion__review"
    )
    return fetch_for(request.user, days, pk, right=Right.RECORD)
