"""Choosing the protocol for a new plan."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from ivig_care.plans.models import Plan
from ivig_care.protocols.models import Protocol, ProtocolVersion
from tests.actors import People
from tests.conftest import ACTIVATED_AT
from tests.factories import built_in_version


@pytest.fixture
def version(db: None) -> ProtocolVersion:
    """The built-in protocol."""
    return built_in_version(ACTIVATED_AT)


def _new(people: People) -> str:
    return reverse("plan_new", args=[people.lena.pk])


def test_a_post_begins_an_empty_draft(version: ProtocolVersion, people: People, doctor: Client) -> None:
    response = doctor.post(_new(people), {"version": version.pk})
    plan = Plan.objects.get()
    assert response["Location"] == reverse("plan_edit", args=[plan.pk])
    assert (plan.child, plan.version, plan.status, plan.prescribed_by) == (people.lena, version, "draft", people.weiss)
    assert plan.infusions.get().zone == people.lena.zone


def test_only_the_newest_published_versions_of_this_clinic_are_offered(
    version: ProtocolVersion, people: People, doctor: Client
) -> None:
    newer = ProtocolVersion.objects.create(
        protocol=version.protocol, number=2, status="published", document=version.document
    )
    ProtocolVersion.objects.create(protocol=version.protocol, number=3, status="draft", document=version.document)
    elsewhere = Protocol.objects.create(clinic=people.hillside, slug="own", name="Theirs")
    theirs = ProtocolVersion.objects.create(protocol=elsewhere, number=1, status="published", document={})
    assert list(doctor.get(_new(people)).context["versions"]) == [newer]
    for refused in (version, theirs):
        assert doctor.post(_new(people), {"version": refused.pk}).status_code == 404
    assert not Plan.objects.exists()


@pytest.mark.parametrize("asked", ["", "x", "-1", "9" * 40, "1.5", "\x00", "²"])
def test_nonsense_is_not_found(asked: str, version: ProtocolVersion, people: People, doctor: Client) -> None:
    assert doctor.post(_new(people), {"version": asked}).status_code == 404
    assert not Plan.objects.exists()


def test_a_draft_that_is_there_already_is_shown(draft: Plan, people: People, doctor: Client) -> None:
    page = doctor.get(_new(people)).content.decode()
    assert "There is a draft already" in page
    assert reverse("plan_edit", args=[draft.pk]) in page


def test_without_a_protocol_the_page_says_so(people: People, doctor: Client) -> None:
    assert "No protocol is published" in doctor.get(_new(people)).content.decode()
