"""Publishing protocols: a published version never changes."""

from __future__ import annotations

import pytest

from ivig_care.actions.plans import plan_draft
from ivig_care.actions.protocols import built_in_protocols_load, protocol_publish
from ivig_care.plans.prescription import Section, unset_in
from ivig_care.protocols.models import ProtocolVersion, PublishedVersionFixed
from tests.actors import People
from tests.conftest import ACTIVATED_AT

pytestmark = pytest.mark.django_db


def test_loading_the_built_in_protocols_twice_publishes_once() -> None:
    assert built_in_protocols_load(at=ACTIVATED_AT) == built_in_protocols_load(at=ACTIVATED_AT)
    assert ProtocolVersion.objects.count() == 1


def test_another_document_is_another_version_and_the_first_stays() -> None:
    first = protocol_publish(slug="p", name="P", document={"name": "one"}, at=ACTIVATED_AT)
    second = protocol_publish(slug="p", name="P", document={"name": "two"}, at=ACTIVATED_AT)
    first.refresh_from_db()
    assert (first.number, first.document, second.number) == (1, {"name": "one"}, 2)


def test_every_value_that_a_built_in_protocol_asks_for_has_a_place_on_the_form(people: People) -> None:
    for version in built_in_protocols_load(at=ACTIVATED_AT):
        plan = plan_draft(child=people.lena, version=version, by=people.weiss, at=ACTIVATED_AT)
        asked = unset_in(plan)
        assert asked
        assert Section.OTHER not in {one.section for one in asked}


def test_a_published_version_cannot_be_saved_again() -> None:
    version = protocol_publish(slug="p", name="P", document={"name": "one"}, at=ACTIVATED_AT)
    version.document = {"name": "two"}
    with pytest.raises(PublishedVersionFixed):
        version.save()
    version.refresh_from_db()
    assert version.document == {"name": "one"}
