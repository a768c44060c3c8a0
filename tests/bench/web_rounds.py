"""The rounds of the web bench: what is asked, how often, and the figures it comes to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
CONCURRENCY = ("1", "8", "32")
WHAT = ("floor_page", "page", "floor_tick", "tick")
WARM_UP_SECONDS = 1.0
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
    """What one site is asked: its port, the requests for a page, and those of its ticks that were not sent yet."""

    port: int
    pages: list[str]
    ticks: list[str]

    def burst(self, is_tick: bool) -> list[str]:
        """The requests of the next burst."""
        return self.ticks if is_tick else self.pages

    def sent(self, count: int) -> None:
        """So many ticks were sent; none of them twice."""
        del self.ticks[:count]


def rounds_measure(ours: Site, floor: Site, send: Send, *, rounds: int, seconds: float) -> Measured:
    """Round after round, each thing at each concurrency, ours and the floor turn about."""
    asked = {"": _ours_asked(ours), "floor_": _floor_asked(floor)}
    outcomes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    ticks = 0
    for number in range(rounds + 1):
        for one in CONCURRENCY:
            for what in WHAT:
                length = seconds if number else WARM_UP_SECONDS
                outcome = _burst(asked[what.removesuffix("page").removesuffix("tick")], what, int(one), length, send)
                ticks += len(outcome["took_ms"]) if what == "tick" else 0
                if number:
                    outcomes.setdefault((what, one), []).append(outcome)
    measured = Measured(ticked=_ticked(ours))
    if measured.ticked != ticks:
        raise AssertionError(f"{ticks} ticks were answered, and {measured.ticked} steps are ticked")
    for (what, one), found in outcomes.items():
        measured.figures.setdefault(what, {})[one] = _figures(found)
        measured.body_bytes[what] = found[-1]["body_bytes"]
    return measured


def _burst(asked: Asked, what: str, concurrency: int, seconds: float, send: Send) -> dict[str, Any]:
    is_tick = what.endswith("tick")
    requests = asked.burst(is_tick)
    burst = {"port": asked.port, "requests": requests, "concurrency": concurrency, "seconds": seconds}
    outcome = send({**burst, "is_once": is_tick})
    if set(outcome["statuses"]) != {"200"}:
        raise AssertionError(f"{what}: {outcome['statuses']}")
    if outcome["is_exhausted"]:
        raise AssertionError(f"{what}: every step is ticked; there must be more families")
    if is_tick:
        asked.sent(len(outcome["took_ms"]))
    return outcome


def _figures(found: list[dict[str, Any]]) -> dict[str, float]:
    cuts = [quantiles(outcome["took_ms"], n=100) for outcome in found]
    rps = median(len(outcome["took_ms"]) / outcome["seconds"] for outcome in found)
    percentiles = {f"p{at}_ms": round(median(one[at - 1] for one in cuts), 2) for at in (50, 95, 99)}
    return {"rps": round(rps, 1), **percentiles}


# --- the requests -------------------------------------------------------------------------------------


def _ours_asked(site: Site) -> Asked:
    pages = [_request(site.port, f"/infusions/{one['infusion']}/", _cookie(one)) for one in site.made]
    of_family = (
        [_tick(site.port, one, f"/steps/{step}/tick/", f"exact={at.replace('+', '%2B')}") for step, at in one["ticks"]]
        for one in site.made
    )
    return Asked(port=site.port, pages=pages, ticks=list(_turn_about(of_family)))


def _floor_asked(site: Site) -> Asked:
    made = [{**one, "token": _FLOOR_TOKEN} for one in site.made]
    pages = [_request(site.port, f"/{one['number']}/", _cookie(one)) for one in made]
    of_list = ([_tick(site.port, one, f"/{one['number']}/{row}/", "") for row in one["rows"]] for one in made)
    return Asked(port=site.port, pages=pages, ticks=list(_turn_about(of_list)))


_FLOOR_TOKEN = "a" * 32


def _turn_about(of_each: Iterator[list[str]]) -> Iterator[str]:
    """The first of each, then the second of each: what one family says comes one after the other, and far apart."""
    return (one for one in chain.from_iterable(zip_longest(*of_each)) if one is not None)


def _cookie(one: dict[str, Any]) -> str:
    return f"Cookie: sessionid={one['session']}; csrftoken={one['token']}\r\n"


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
