"""Real worker and beat under their watchdogs: what stalls is replaced, and messages leave without a broker."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.servers import RedisServer, SmtpSink, postgres_server, redis_server, smtp_sink
from tests.services.site import Site, child_of, running_site, wait_for

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

WATCHDOG_SECONDS = 6


@pytest.fixture
def mail() -> Iterator[SmtpSink]:
    """A mail server of our own."""
    with smtp_sink() as sink:
        yield sink


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A broker that the test may take away."""
    with redis_server() as server:
        yield server


@pytest.fixture
def site(mail: SmtpSink, redis: RedisServer) -> Iterator[Site]:
    """The site as it runs for real, under watchdogs that are quick to judge, and well."""
    with ExitStack() as stack:
        env = {
            "DATABASE_URL": stack.enter_context(postgres_server()),
            "REDIS_URL": redis.url,
            "EMAIL_HOST": mail.host,
            "EMAIL_PORT": str(mail.port),
            "WATCHDOG_SECONDS": str(WATCHDOG_SECONDS),
        }
        running = stack.enter_context(running_site(env, watched=True))
        wait_for(lambda: _is_well(running), seconds=60, what="a site that is well", site=running)
        yield running


def _health(site: Site) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{site.url}/healthz", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def _is_well(site: Site) -> bool:
    """Green, with a worker that answers now."""
    status, health = _health(site)
    ages = [health["dispatch_age_s"], *health["workers"].values()]
    return status == 200 and len(ages) > 1 and all(age is not None and age < 3 for age in ages)


def _most_to_one_person(mail: SmtpSink) -> int:
    return max(Counter(str(message["To"]) for message in mail.messages).values())


def _celery_of(site: Site, name: str) -> int:
    watchdog = site.processes[name].pid
    assert watchdog is not None
    wait_for(lambda: child_of(watchdog) is not None, seconds=20, what=f"the {name} of the watchdog", site=site)
    return child_of(watchdog) or 0


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_what_lives_but_stands_still_is_replaced(site: Site, part: str) -> None:
    stuck = _celery_of(site, part)
    os.kill(stuck, signal.SIGSTOP)
    begun = time.monotonic()
    wait_for(lambda: _celery_of(site, part) != stuck, seconds=40, what=f"another {part}", site=site)
    assert time.monotonic() - begun < 2 * WATCHDOG_SECONDS + 5
    with pytest.raises(ProcessLookupError):
        os.kill(stuck, 0)
    wait_for(lambda: _is_well(site), seconds=60, what="a site that is well again", site=site)


def test_dispatch_goes_on_by_itself_when_redis_comes_back_empty(site: Site, redis: RedisServer, mail: SmtpSink) -> None:
    redis.stop()
    time.sleep(2 * WATCHDOG_SECONDS)
    # It cannot help that the broker is away, so nobody may have killed it (Celery itself may have given up).
    assert "no progress" not in site.processes["worker"].log
    redis.start()
    wait_for(lambda: _is_well(site), seconds=60, what="a dispatch through the broker", site=site)
    site.story(starts_in_minutes=25)
    wait_for(lambda: len(mail.messages) >= 1, seconds=30, what="the e-mail", site=site)
    time.sleep(3)
    assert _most_to_one_person(mail) == 1


def test_messages_leave_once_without_any_broker(site: Site, redis: RedisServer, mail: SmtpSink) -> None:
    redis.stop()
    site.story(starts_in_minutes=25)
    wait_for(lambda: len(mail.messages) >= 1, seconds=45, what="the e-mail", site=site)
    time.sleep(4)
    assert _most_to_one_person(mail) == 1
    health = _health(site)[1]
    assert health["last_resort_age_s"] < 10 < 10 + health["dispatch_age_s"]


def test_a_stop_of_the_watchdog_stops_its_worker_in_an_orderly_way(site: Site) -> None:
    worker = _celery_of(site, "worker")
    site.processes["worker"].stop()
    assert "stopped" in site.processes["worker"].log.splitlines()[-1]
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
