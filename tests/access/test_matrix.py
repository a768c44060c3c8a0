"""Every address, every way of asking, every kind of person: who gets in; for who does not, nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.shortcuts import resolve_url
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ivig_care.accounts.models import User
from ivig_care.care_teams.access import ClinicRight, Right, clinics_of, may, may_at
from tests.access.fingerprint import Written, fingerprint
from tests.access.stage import Stage, stage_make
from tests.access.table import KNOWN_TO, ROWS, SAYS_NO, SIGNED_IN, SIGNED_OUT, TO_SIGN_IN, WHO, Can, Kind, Row

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
KNOWN = ("GET", "HEAD", "POST")
UNSUPPORTED = 405


@pytest.fixture
def stage(db: None, clock: time_machine.Traveller) -> Stage:
    return stage_make()


# --- the table is whole -----------------------------------------------------------------------------------------------


def addresses(patterns: list[URLPattern | URLResolver] | None = None, space: str = "") -> Iterator[str]:
    """The name of every address that the site answers to."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            deeper = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, deeper)
        else:
            assert pattern.name, f"{pattern.pattern} has no name, so the table cannot speak of it"
            yield f"{space}{pattern.name}"


def test_every_address_has_a_row() -> None:
    missing = sorted(set(addresses()) - set(ROWS))
    assert not missing, f"Add a row to ROWS in tests/access/table.py for: {', '.join(missing)}"


def test_every_row_has_an_address() -> None:
    gone = sorted(set(ROWS) - set(addresses()))
    assert not gone, f"There is no such address; take its row out of tests/access/table.py: {', '.join(gone)}"


def test_no_two_addresses_share_a_name() -> None:
    names = list(addresses())
    assert sorted(names) == sorted(set(names))


# --- access.py says the same ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", Right)
def test_access_and_the_table_agree_about_rights_to_a_child(right: Right, stage: Stage) -> None:
    can = Can[right.name]
    having = {kind for kind, person in stage.persons.items() if may(person, right, stage.people.lena)}
    assert having == WHO[can]


@pytest.mark.parametrize("right", ClinicRight)
def test_access_and_the_table_agree_about_rights_at_a_clinic(right: ClinicRight, stage: Stage) -> None:
    having = {kind for kind, person in stage.persons.items() if clinics_of(person, right).exists()}
    assert all(may_at(stage.persons[kind], right, stage.people.riverside) for kind in WHO[Can.WORK_HERE] & having)
    assert having == WHO[Can[right.name]]


# --- every address, every method, every kind --------------------------------------------------------------------------


@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", Kind, ids=str)
def test_who_gets_in(kind: Kind, stage: Stage, browser_of: Callable[[User], Client]) -> None:
    browser = stage.browser(kind, browser_of)
    before = fingerprint()
    wrong: list[str] = []
    for name, row in ROWS.items():
        seen: dict[str, tuple[int, bytes]] = {}
        for method in METHODS:
            problem, seen[method] = _ask(browser, stage, kind, name, row, method, before)
            if problem:
                wrong.append(f"{method} {name}: {problem}")
        (status, body), (wanted, _) = seen["HEAD"], seen["GET"]
        if status != wanted or body:
            wrong.append(f"HEAD {name}: answers {status} with {len(body)} bytes, and not as GET")
    assert fingerprint() == before
    assert not wrong, f"{kind}:\n" + "\n".join(wrong)


def _ask(
    browser: Client, stage: Stage, kind: Kind, name: str, row: Row, method: str, before: dict[str, str]
) -> tuple[str, tuple[int, bytes]]:
    """Ask once and take back whatever it did; what is wrong with the answer, or an empty text."""
    address = reverse(name, kwargs=stage.key(row.of, kind))
    if row.query:
        address += "?" + urlencode({word: said.format_map(stage.words) for word, said in row.query.items()})
    form = {word: said.format_map(stage.words) for word, said in row.form.items()}
    data = urlencode(form) if method not in ("GET", "HEAD", "OPTIONS") else ""
    cookies, mail.outbox = copy(browser.cookies), []
    cache.clear()
    with transaction.atomic():
        record = Written()
        with connection.execute_wrapper(record), TestCase.captureOnCommitCallbacks() as later:
            response = browser.generic(method, address, data, content_type=_type_of(name))
        answer = response.status_code, response.headers.get("Location", "")
        problem = _problem(kind, row, method, *answer)
        if method not in KNOWN and record.tables:
            problem = problem or f"is no known method, and wrote to {', '.join(sorted(record.tables))}"
        if not problem and not _is_let_in(kind, row, method):
            problem = _trace(record, later, before)
        transaction.set_rollback(True)
    browser.cookies = cookies
    return problem, (response.status_code, response.content)


def _type_of(name: str) -> str:
    return "application/json" if name.startswith("hook_") else "application/x-www-form-urlencoded"


def _asked_for(row: Row, method: str) -> Can | None:
    if method in ("GET", "HEAD"):
        return row.get
    return row.post if method == "POST" else None


def _is_let_in(kind: Kind, row: Row, method: str) -> bool:
    can = _asked_for(row, method)
    return can is not None and kind in WHO[can] and kind not in row.but


def _problem(kind: Kind, row: Row, method: str, status: int, location: str) -> str:
    is_to_sign_in = status == TO_SIGN_IN and location.startswith(resolve_url(settings.LOGIN_URL))
    if _is_let_in(kind, row, method):
        wanted = row.ok.get("GET" if method == "HEAD" else method)
        if wanted is not None:
            return "" if status == wanted else f"answers {status}, not {wanted}"
        is_shut = status in (403, 404, 405, 410, 429) or status >= 500
        return f"may, but was answered {status}" if is_shut or (is_to_sign_in and kind in SIGNED_IN) else ""
    wanted = _refusal(kind, row, method)
    if status != wanted:
        return f"answers {status}, not {wanted}"
    return "leads elsewhere than to the sign-in" if wanted == TO_SIGN_IN and not is_to_sign_in else ""


def _refusal(kind: Kind, row: Row, method: str) -> int:
    """The status that says no."""
    if method not in KNOWN:
        return UNSUPPORTED
    can = _asked_for(row, method)
    asked = can or row.get or row.post or Can.ANYTHING
    if row.method_first is False and asked in SAYS_NO and kind not in WHO[asked]:
        return row.but.get(kind) or row.no or SAYS_NO[asked]
    if can is None:
        needs_sign_in = asked not in SAYS_NO and asked is not Can.ANYTHING
        return TO_SIGN_IN if needs_sign_in and kind in SIGNED_OUT else UNSUPPORTED
    if kind in row.but:
        return row.but[kind]
    if can in SAYS_NO:
        return row.no or SAYS_NO[can]
    if kind in SIGNED_OUT:
        return TO_SIGN_IN
    may_know = can in KNOWN_TO and kind in WHO[KNOWN_TO[can]]
    return row.no or (403 if may_know else 404)


def _trace(record: Written, later: list[Callable[[], object]], before: dict[str, str]) -> str:
    """What a refused request left behind."""
    if mail.outbox or later:
        return "was refused, and something was sent"
    if not record.anything:
        return ""
    now = fingerprint()
    changed = sorted(table for table in now if now[table] != before[table])
    return f"was refused, and changed {', '.join(changed)}" if changed else ""
