"""The first load is light: few requests, few bytes, nothing from anywhere else."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response

from tests.browser.conftest import Scenes, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

MOST_BYTES = 60_000
MOST_REQUESTS = 8


@pytest.mark.parametrize(
    ("person", "address"),
    [("", "/accounts/login/code/"), ("maria", "/infusions/{starting}/"), ("maria", "/infusions/{after}/")],
)
def test_first_load_is_light(scenes: Scenes, visit: Visit, person: str, address: str) -> None:
    page = visit(person)
    heard: list[Response] = []
    # Signing in has filled the cache, which a first visit does not have.
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.on("response", lambda response: heard.append(response))
    page.goto(scenes.at(address), wait_until="networkidle")
    weights = {response.url: len(gzip.compress(response.body(), 6)) for response in heard}
    assert {urlsplit(url).netloc for url in weights} == {urlsplit(scenes.url).netloc}
    assert len(heard) <= MOST_REQUESTS, weights
    assert sum(weights.values()) <= MOST_BYTES, weights
