"""Whoever opens a page about a child is in its log; who sends a form, or whose page refreshes itself, is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import Traveller

from ivig_care.accounts.models import User
from ivig_care.care_teams.models import AuditEvent
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import drafted_plan

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("clock")


def looks() -> list[tuple[str, str, str, int | None]]:
    """Who looked, as what, at what."""
    seen = AuditEvent.objects.filter(verb=AuditEvent.Verb.SAW).order_by("pk")
    return list(seen.values_list("who", "role", "about", "about_id"))


def copies() -> list[tuple[str, str, int | None]]:
    """Whose device kept a copy of what."""
    kept = AuditEvent.objects.filter(verb=AuditEvent.Verb.KEPT).order_by("pk")
    return list(kept.values_list("who", "about", "about_id"))


def test_a_family_looks(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    sam, day = browser_of(people.sam), infusion.days.get(number=1)
    sam.get(reverse("checklist", args=[infusion.pk]))
    sam.get(reverse("checklist", args=[infusion.pk]))
    sam.get(reverse("day_start", args=[day.pk]))
    sam.get(reverse("messages", args=[infusion.pk]))
    assert looks() == [
        ("Sam", "caregiver", "infusion", infusion.pk),
        ("Sam", "caregiver", "infusionday", day.pk),
        ("Sam", "caregiver", "messages", None),
    ]


def test_a_copy_that_a_device_keeps_is_no_look(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    maria, page = browser_of(people.maria), reverse("checklist", args=[infusion.pk])
    for url in (page, page, reverse("home")):
        maria.get(url, headers={"X-Ahead": "yes"})
    assert looks() == []
    assert copies() == [("Maria", "infusion", infusion.pk)]
    maria.get(page)
    maria.get(page)
    assert looks() == [("Maria", "guardian", "infusion", infusion.pk)]


def test_what_somebody_has_just_looked_at_is_no_copy_besides(
    infusion: Infusion, people: People, browser_of: SignedIn, clock: Traveller
) -> None:
    maria, page = browser_of(people.maria), reverse("checklist", args=[infusion.pk])
    maria.get(page)
    maria.get(page, headers={"X-Ahead": "yes"})
    assert copies() == []
    clock.shift(timedelta(minutes=16))
    maria.get(page, headers={"X-Ahead": "yes"})
    assert copies() == [("Maria", "infusion", infusion.pk)]
    log = maria.get(reverse("child_log", args=[people.lena.pk])).text
    assert "kept a copy of the checklist on a device" in log


def test_a_clinician_looks(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    draft = drafted_plan(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)
    weiss = browser_of(people.weiss)
    weiss.get(reverse("plan_new", args=[people.lena.pk]))
    weiss.get(reverse("plan_edit", args=[draft.pk]))
    weiss.get(reverse("plan_preview", args=[infusion.plan_id]))
    weiss.get(reverse("infusion_change", args=[infusion.pk]))
    weiss.get(reverse("infusion_review", args=[infusion.pk]))
    weiss.get(reverse("clinic_messages", args=[infusion.pk]))
    role = "clinician of Riverside Clinic"
    assert looks() == [
        ("Weiss", role, "child", people.lena.pk),
        ("Weiss", role, "plan", draft.pk),
        ("Weiss", role, "plan", infusion.plan_id),
        ("Weiss", role, "infusion", infusion.pk),
        ("Weiss", role, "review", None),
        ("Weiss", role, "messages", None),
    ]


def test_a_page_that_refreshes_itself_and_a_form_are_no_look(
    infusion: Infusion, people: People, browser_of: SignedIn
) -> None:
    maria, step = browser_of(people.maria), infusion.steps.get(slot="fluids-during.d1")
    maria.post(reverse("step_tick", args=[step.pk]), headers={"HX-Request": "true"})
    maria.post(reverse("day_start", args=[infusion.days.get(number=1).pk]))
    assert looks() == []
    maria.get(reverse("checklist", args=[infusion.pk]))
    maria.get(reverse("checklist_live", args=[infusion.pk]))
    assert looks() == [("Maria", "guardian", "infusion", infusion.pk)]


def test_nobody_looks_on_unseen_by_another_way_in(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    step = infusion.steps.get(slot="fluids-during.d1")
    weiss, sam, maria = (browser_of(user) for user in (people.weiss, people.sam, people.maria))
    weiss.get(reverse("checklist_live", args=[infusion.pk]))
    sam.post(reverse("step_skip", args=[step.pk]), {"reason": "none of ours"})
    weiss.post(reverse("review_sign", args=[infusion.pk]))
    maria.get(reverse("checklist_live", args=[infusion.pk]), {"seen": "an older one"})
    assert looks() == [
        ("Weiss", "clinician of Riverside Clinic", "infusion", infusion.pk),
        ("Sam", "caregiver", "infusion", infusion.pk),
        ("Weiss", "clinician of Riverside Clinic", "review", None),
        ("Maria", "guardian", "infusion", infusion.pk),
    ]


def test_whoever_may_not_look_is_not_said_to_have(infusion: Infusion, people: People, browser_of: SignedIn) -> None:
    assert browser_of(people.tom).get(reverse("checklist", args=[infusion.pk])).status_code == 404
    assert browser_of(people.maria).get(reverse("infusion_review", args=[infusion.pk])).status_code == 403
    assert looks() == []
