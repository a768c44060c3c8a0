"""A clinician writes a plan: draft, prescription, preview, activation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ivig_care.actions.errors import Refused
from ivig_care.actions.plans import plan_activate, plan_draft, plan_prescribe
from ivig_care.care_teams.access import Right
from ivig_care.common import clock
from ivig_care.plans.models import Plan
from ivig_care.plans.outlook import outlook_of, sums_of
from ivig_care.plans.prescription import unset_in
from ivig_care.protocols.models import Product
from ivig_care.protocols.selectors import versions_for
from ivig_care.regimen.errors import RegimenError
from ivig_care.reviews.selectors import drafts_for
from ivig_care.web.clinic.forms import Prescription
from ivig_care.web.fetch import CHILDREN, fetch_for, looked_at
from ivig_care.web.http import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PersonRequest, pk: int) -> HttpResponse:
    """Choose the protocol; a POST begins a draft on it."""
    child = fetch_for(request.user, CHILDREN, pk, right=Right.PRESCRIBE)
    versions = versions_for(child.clinic)
    if request.method != "POST":
        looked_at(request, child, child)
        context = {"child": child, "versions": versions, "drafts": drafts_for(request.user, child)}
        return render(request, "clinic/plan_new.html", context)
    asked = request.POST.get("version", "")
    version = get_object_or_404(versions, pk=asked if asked.isdecimal() else None)
    plan = plan_draft(child=child, version=version, by=request.user, at=clock.now())
    return redirect("plan_edit", pk=plan.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """The whole prescription on one page; a POST keeps what was typed, however little of it."""
    plan = _plan(request, pk)
    if request.method != "POST" and plan.status != Plan.Status.DRAFT:
        return redirect("plan_preview", pk=plan.pk)
    looked_at(request, plan.child, plan)
    form = Prescription(plan, request.POST if request.method == "POST" else None, now=clock.now())
    if not form.is_valid():
        return _edit_page(request, plan, form)
    try:
        plan = plan_prescribe(
            plan=plan,
            order=form.values.order,
            rates=form.rate_orders,
            medicines=form.medicine_orders,
            starts=form.days.starts,
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        form.refusal = str(refused)
        return _edit_page(request, plan, form)
    messages.success(request, _("Draft saved."))
    return redirect("plan_preview" if "preview" in request.POST else "plan_edit", pk=plan.pk)


@require_safe
def preview(request: PersonRequest, pk: int) -> HttpResponse:
    """Every dated step of the plan, before it is active and afterwards."""
    plan = _plan(request, pk)
    looked_at(request, plan.child, plan)
    return _preview_page(request, plan)


@require_POST
def activate(request: PersonRequest, pk: int) -> HttpResponse:
    """Make the plan active, if nothing in it is unset."""
    plan = _plan(request, pk)
    try:
        plan_activate(plan=plan, by=request.user, at=clock.now())
    except Refused as refused:
        return _preview_page(request, _plan(request, pk), problem=str(refused))
    messages.success(request, _("The plan is active. The family sees its checklist now."))
    return redirect("plan_preview", pk=plan.pk)


def _edit_page(request: PersonRequest, plan: Plan, form: Prescription) -> HttpResponse:
    context = {
        "plan": plan,
        "child": plan.child,
        "form": form,
        "zone": form.zone,
        "unset": unset_in(plan) if form.data is None else (),
        "sums": sums_of(plan),
        "products": Product.objects.prefetch_related("ceilings").order_by("name"),
    }
    return render(request, "clinic/plan_edit.html", context, status=422 if form.data is not None else 200)


def _preview_page(request: PersonRequest, plan: Plan, *, problem: str = "") -> HttpResponse:
    infusion = plan.infusions.select_related(
        "plan__child__clinic", "plan__product", "plan__version__protocol"
    ).order_by("pk")[0]
    unset = unset_in(plan)
    outlook = None
    try:
        outlook = None if unset else outlook_of(infusion, now=clock.now())
    except RegimenError as error:
        problem = problem or str(error)
    context = {
        "plan": plan,
        "child": plan.child,
        "infusion": infusion,
        "zone": infusion.tz,
        "unset": unset,
        "outlook": outlook,
        "problem": problem,
    }
    return render(request, "clinic/plan_preview.html", context, status=422 if request.method == "POST" else 200)


def _plan(request: PersonRequest, pk: int) -> Plan:
    plans = Plan.objects.select_related("child__clinic", "product", "version__protocol", "prescribed_by")
    return fetch_for(request.user, plans, pk, right=Right.PRESCRIBE)
