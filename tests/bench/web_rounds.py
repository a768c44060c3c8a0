"""The rounds of the web bench: what is asked, how often, and the figures it comes to."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
CONCURRENCY = ("1", "8", "32")
# In this order: a page is looked at just after the ticks of its family, and again; the poll finds nothing new.
WHAT = ("floor_tick", "tick", "floor_page", "page_first", "page", "poll")
WARM_UP_SECONDS = 1.0
# So many families have their page open at once: each is looked at again and again, and asks whether there is news.
OPEN_AT_ONCE = 16
Send = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A site that answers: its port, its settings, and what to ask it."""

    port: int
    env: dict[str, str]
    made: list[dict[str, Any]]


@dataclass(kw_only=True)
class Measured:
    """For each thing measured and each concurrency the figures; the bytes of an answer; how many ticks were counted."""

    figures: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    body_bytes: dict[str, int] = field(default_factory=dict)
    ticked: int = 0


@dataclass(kw_only=True)
class Asked:
    """What one site is asked: its port, and the requests for each thing; of those for ticks none is sent twice."""

    port: int
    requests: dict[str, list[str]]

    def sent(self, what: str, count: int) -> None:
        """So many of these were sent; none of them again."""
        del self.requests[what][:count]


def rounds_measure(ours: Site, floor: Site, send: Send, *, rounds: int, seconds: float) -> Measured:
    """Round after round, each thing at each concurrency, ours and the floor turn about."""
    asked = {False: _ours_asked(ours), True: _floor_asked(floor)}
    outcomes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    ticks = 0
    for number in range(rounds + 1):
        for one in CONCURRENCY:
            for what in WHAT:
                if what == "page_first":
                    _all_change(ours)
                if what == "page":
                    _opened(asked[False], send)
                if what == "poll":
                    asked[False].requests["poll"] = _polls(ours)
                length = seconds if number else WARM_UP_SECONDS
                outcome = _burst(asked[what.startswith("floor")], what, int(one), length, send)
                ticks += len(outcome["took_ms"]) if what == "tick" else 0
                if number:
                    outcomes.setdefault((what, one), []).append(outcome)
    measured = Measured(ticked=_ticked(ours))
    if measured.ticked != ticks:
        raise AssertionError(f"{ticks} ticks were answered, and {measured.ticked} steps are ticked")
    for (what, one), found in outcomes.items():
        measured.figures.setdefault(what, {})[one] = _figures(found)
        measured.body_bytes[what] = max(outcome["body_bytes"] for outcome in found)
    return measured


def _burst(asked: Asked, what: str, concurrency: int, seconds: float, send: Send) -> dict[str, Any]:
    is_tick = what.endswith("tick")
    burst = {"port": asked.port, "requests": asked.requests[what], "concurrency": concurrency, "seconds": seconds}
    outcome = send({**burst, "is_once": is_tick})
    if not set(outcome["statuses"]) <= ({"200", "204"} if what == "poll" else {"200"}):
        raise AssertionError(f"{what}: {outcome['statuses']}")
    if outcome["is_exhausted"]:
        raise AssertionError(f"{what}: every step is ticked; there must be more families")
    if is_tick:
        asked.sent(what, len(outcome["took_ms"]))
    return outcome


def _opened(asked: Asked, send: Send) -> None:
    """Let every page that is open at once have been opened, whichever process it came to."""
    burst = {"port": asked.port, "requests": asked.requests["page"] * 6, "concurrency": 8, "seconds": 60.0}
    send({**burst, "is_once": True})


def _all_change(site: Site) -> None:
    """Let every checklist be another one than any process of the site has seen."""
    with psycopg.connect(site.env["DATABASE_URL"]) as connection:
        connection.execute("UPDATE plans_infusion SET revision = revision + 1")


def _polls(site: Site) -> list[str]:
    """What open pages ask: each with the version that it has."""
    polls = []
    for one in site.made[:OPEN_AT_ONCE]:
        address = f"/infusions/{one['infusion']}/"
        ask = urllib.request.Request(f"http://127.0.0.1:{site.port}{address}", headers={"Cookie": _cookies(one)})
        with urllib.request.urlopen(ask, timeout=30) as answer:
            (seen,) = re.findall(r"live/\?seen=(\w+)", answer.read().decode())
        polls.append(_request(site.port, f"{address}live/?seen={seen}", _cookie(one) + "HX-Request: true\r\n"))
    return polls


def _figures(found: list[dict[str, Any]]) -> dict[str, float]:
    cuts = [quantiles(outcome["took_ms"], n=100) for outcome in found]
    rps = median(len(outcome["took_ms"]) / outcome["seconds"] for outcome in found)
    percentiles = {f"p{at}_ms": round(median(one[at - 1] for one in cuts), 2) for at in (50, 95, 99)}
    return {"rps": round(rps, 1), **percentiles}


# --- the requests -------------------------------------------------------------------------------------


def _ours_asked(site: Site) -> Asked:
    pages = [_request(site.port, f"/infusions/{one['infusion']}/", _cookie(one)) for one in site.made]
    # As the form on the page: when it was done, and the key that the form has of its own.
    of_family = (
        [_tick(site.port, one, f"/steps/{step}/tick/", _said(step, at)) for step, at in one["ticks"]]
        for one in site.made
    )
    requests = {"page_first": pages, "page": pages[:OPEN_AT_ONCE], "tick": list(_turn_about(of_family))}
    return Asked(port=site.port, requests=requests)


def _said(step: int, at: str) -> str:
    return f"exact={at.replace('+', '%2B')}&key=word-of-the-page.s{step}.1"


def _floor_asked(site: Site) -> Asked:
    made = [{**one, "token": _FLOOR_TOKEN} for one in site.made]
    pages = [_request(site.port, f"/{one['number']}/", _cookie(one)) for one in made]
    of_list = ([_tick(site.port, one, f"/{one['number']}/{row}/", "") for row in one["rows"]] for one in made)
    return Asked(port=site.port, requests={"floor_page": pages, "floor_tick": list(_turn_about(of_list))})


_FLOOR_TOKEN = "a" * 32


def _turn_about(of_each: Iterator[list[str]]) -> Iterator[str]:
    """The first of each, then the second of each: what one family says comes one after the other, and far apart."""
    return (one for one in chain.from_iterable(zip_longest(*of_each)) if one is not None)


def _cookie(one: dict[str, Any]) -> str:
    return f"Cookie: {_cookies(one)}\r\n"


def _cookies(one: dict[str, Any]) -> str:
    return f"sessionid={one['session']}; csrftoken={one['token']}"


def _request(port: int, path: str, headers: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n{headers}\r\n"


def _tick(port: int, one: dict[str, Any], path: str, form: str) -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHX-Request: true\r\nX-CSRFToken: {one['token']}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n{_cookie(one)}\r\n{form}"
    )


def _ticked(site: Site) -> int:
    """How many steps are ticked, asked of the database itself."""
    code = (
        "from ivig_care.plans.models import Step, StepEvent; "
        "assert Step.objects.filter(state='done').count() == StepEvent.objects.filter(kind='done').count(); "
        "print(Step.objects.filter(state='done').count())"
    )
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=site.env, check=True, capture_output=True, text=True)
    return int(done.stdout)
