"""A clinician at work: Dr Weiss signed in, an empty draft for Lena, and her finished infusion."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.test import Client

from ivig_care.accounts.models import User
from ivig_care.actions.plans import plan_draft
from ivig_care.plans.models import Infusion, Plan
from tests.actors import People
from tests.conftest import ACTIVATED_AT
from tests.factories import built_in_version, octagam, us_limit
from tests.web.clinic.story import e1_typed, finish


@pytest.fixture
def doctor(people: People, browser_of: Callable[[User], Client], clock: time_machine.Traveller) -> Client:
    """Dr Weiss, three days before the infusion."""
    clock.move_to(ACTIVATED_AT)
    return browser_of(people.weiss)


@pytest.fixture
def draft(people: People) -> Plan:
    """An empty draft for Lena, with the reference data it needs."""
    us_limit("acetaminophen", hours=4, doses=5)
    us_limit("diphenhydramine", hours=6, doses=4)
    return plan_draft(child=people.lena, version=built_in_version(ACTIVATED_AT), by=people.weiss, at=ACTIVATED_AT)


@pytest.fixture
def typed(draft: Plan) -> dict[str, str]:
    """Worked example E1 as it is typed into the plan page."""
    return e1_typed(octagam())


@pytest.fixture
def closed(infusion: Infusion, people: People) -> Infusion:
    """Lena's infusion, closed, with everything done on time."""
    return finish(infusion, by=people.maria)
