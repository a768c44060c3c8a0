"""What every test may ask for: a frozen clock, the people of the story, one active infusion, signed-in browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from ivig_care.accounts.models import User
from ivig_care.common.kept import forget_all
from ivig_care.plans.models import Infusion
from ivig_care.protocols import selectors
from ivig_care.web.family import fragments
from tests.actors import People, people_make
from tests.browsers import signed_in, signed_in_long_ago
from tests.factories import active_infusion
from tests.languages.catalogue import compile_stale

STARTS_AT = datetime.fromisoformat("2026-06-15T09:00:00-07:00")
ACTIVATED_AT = datetime.fromisoformat("2026-06-12T10:00:00-07:00")


def pytest_configure(config: pytest.Config) -> None:
    """Other languages as they are written now, also where pytest is started by hand; make compiles them before."""
    if not hasattr(config, "workerinput"):
        compile_stale()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: LazySettings) -> None:
    # A slow hash is the point of a password hash, and not of these tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _nothing_kept_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    # Rows of the tests before are gone, and their keys come again. Tests write reference data at any moment.
    forget_all()
    for one in (selectors._RULE_SETS, selectors._PRODUCTS):
        monkeypatch.setattr(one, "seconds", 0.0)
    # Tests write rows past the actions, which would have said that the checklist is another one now. Whether what is
    # kept is true is asked in tests/web/family/test_fragments.py, and by every browser, whose site keeps it.
    monkeypatch.setattr(fragments._KEPT, "most", 0)


@pytest.fixture(autouse=True)
def _in_the_language_we_write_in() -> None:
    # A request leaves its language to the thread. Every request says its own; a test that makes none would inherit it.
    translation.deactivate()


@pytest.fixture(autouse=True)
def _static_files_as_they_lie(settings: LazySettings) -> None:
    # On PostgreSQL the settings ask for collected, hashed files; tests/services/site.py collects them for real.
    storages = {**settings.STORAGES}
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The clock stands still at the planned start of day 1 until the test moves it."""
    with time_machine.travel(STARTS_AT, tick=False) as frozen:
        yield frozen


@pytest.fixture
def people(db: None) -> People:
    """Everybody of the story."""
    return people_make()


@pytest.fixture
def infusion(people: People) -> Infusion:
    """Lena's infusion of worked example E1, activated three days before."""
    return active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """A signed-in client for a person who has just shown who they are; with an authenticator app, if on a staff."""
    return signed_in


@pytest.fixture
def weak_browser_of() -> Callable[[User], Client]:
    """A signed-in client for a person of whom nobody knows any more how they proved who they are."""
    return signed_in_long_ago


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet(request: pytest.FixtureRequest) -> Iterator[None]:
    # Limits are counted in the database: what a test writes there is undone after it, but where it commits.
    yield
    if "transactional_db" in request.fixturenames:
        request.getfixturevalue("transactional_db")
        cache.clear()
