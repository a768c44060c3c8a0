"""The rounds: make a world, fire at it alone and then from many sides at once, judge every answer."""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from random import Random
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import time_machine
from django.core.signals import got_request_exception
from django.db import close_old_connections, connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.client import ClientHandler
from django.urls import (
    NoReverseMatch,
    Resolver404,
    URLPattern,
    URLResolver,
    get_resolver,
    resolve,
    reverse,
)
from django.urls.converters import IntConverter

from ivig_care.web.environ import forms_are_utf8
from tests.access.fingerprint import Written, fingerprint
from tests.access.table import ROWS
from tests.conftest import STARTS_AT
from tests.fuzz import garbage
from tests.fuzz.forms import Form, forms_in
from tests.fuzz.judge import COUNTED, verdict_of, wrong_in_database
from tests.fuzz.world import HOUR, Person, World, world_make

ROUND = 2000
ALONE_SHARE = 0.08
# What of the story each round finds: before, at and after the start, in the night, and when all is over.
MOMENTS = (-20, -1, 0, 3, 7, 20, 30, 60, 400)
METHODS = ("GET",) * 4 + ("POST",) * 12 + ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "get", "")
LONGEST_REPORT = 1500


@dataclass(frozen=True)
class Route:
    """One address of the resolver: its name, the thing that it names, and the parts of its path by type."""

    name: str
    of: str
    parts: dict[str, type]
    takes_looks: bool


def routes(patterns: list[URLPattern | URLResolver] | None = None, above: dict[str, type] | None = None) -> list[Route]:
    """Every address of the site."""
    found: list[Route] = []
    for one in get_resolver().url_patterns if patterns is None else patterns:
        parts = {**(above or {}), **_parts_of(one)}
        if isinstance(one, URLResolver):
            found += routes(one.url_patterns, parts)
        elif one.name:
            row = ROWS.get(one.name)
            found.append(Route(one.name, row.of if row else "", parts, row is None or row.get is not None))
    return found


def _parts_of(one: URLPattern | URLResolver) -> dict[str, type]:
    converters = getattr(one.pattern, "converters", {})
    if converters:
        return {name: int if isinstance(by, IntConverter) else str for name, by in converters.items()}
    regex = getattr(one.pattern, "regex", None)
    return dict.fromkeys(regex.groupindex, str) if regex is not None else {}


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One request, ready to be sent."""

    person: Person
    families: frozenset[int]
    method: str
    path: str
    query: str = ""
    body: garbage.Body = field(default_factory=garbage.Body)
    headers: dict[str, str] = field(default_factory=dict)
    checks_csrf: bool = False

    @property
    def report(self) -> dict[str, object]:
        """Everything that is needed to send it again."""
        return {
            "person": self.person.name,
            "method": self.method,
            "path": self.path[:LONGEST_REPORT],
            "query": self.query[:LONGEST_REPORT],
            "kind": self.body.kind,
            "body": self.body.data[:LONGEST_REPORT].decode("latin-1"),
            "bytes": len(self.body.data),
            "headers": self.headers,
        }


@dataclass
class Score:
    """What came of it all; shared by the threads."""

    requests: int = 0
    errors_500: int = 0
    leaks: int = 0
    half_changes: int = 0
    # Of those that were fired alone: how many changed something, and how many were refused though they wrote.
    changed: int = 0
    refused_and_checked: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)
    reports: list[dict[str, object]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    seconds: float = 0.0

    def report(self, what: str, shot: Shot, **more: object) -> None:
        """Tell of something wrong, with all that is needed to see it again."""
        line = {"wrong": what, **shot.report, **more}
        self.reports.append(line)
        sys.stderr.write(json.dumps(line, ensure_ascii=True) + "\n")


class Gun:
    """One side from which is fired: a client, its luck, and the forms that it has seen lately."""

    def __init__(self, world: World, random: Random, score: Score, all_routes: list[Route]) -> None:
        self.world, self.random, self.score, self.routes = world, random, score, all_routes
        self.clients = {checks: _client(checks) for checks in (False, True)}
        self.seen: list[tuple[Person, str, Form]] = []
        self.sent: list[Shot] = []
        self.names = ["step", "ago", "at", "exact", "reason", "note", "person", "told", "code", "next", "day", "q"]
        self.broken: list[str] = []

    # --- choosing -----------------------------------------------------------------------------------------------------

    def shots(self) -> list[Shot]:
        """The next one or two."""
        if self.sent and self.random.random() < 0.05:
            return [self.again()]
        if self.random.random() < 0.5:
            return [self.mutated() or self.wild()]
        return [self.wild()]

    def wild(self) -> Shot:
        """Any address, any method, any garbage."""
        person, route = self.random.choice(self.world.people), self.random.choice(self.routes)
        keys = self._keys(route, person)
        fields = [(self.random.choice(self.names), self._value()) for _ in range(self.random.randint(0, 5))]
        return self._shot(
            person,
            method=self.random.choice(METHODS),
            path=self._path(route, keys),
            query=garbage.query(self.random, self.names),
            body=garbage.body(self.random, fields),
        )

    def mutated(self) -> Shot | None:
        """A form that a page showed to somebody, with a field or two gone wrong; None when no page shows one."""
        if not self.seen or self.random.random() < 0.35:
            self._look()
        if not self.seen:
            return None
        person, page, form = self.random.choice(self.seen)
        fields = list(form.fields)
        self.names = sorted({*self.names, *(name for name, _ in fields), *form.choices})
        buttons = [(name, values[-1]) for name, values in form.choices.items() if name not in dict(fields)]
        if buttons:
            fields.append(self.random.choice(buttons))
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            fields = self._spoiled(fields, form)
        path = urlsplit(form.action).path or page
        address_query = urlsplit(form.action).query
        if form.method == "GET":
            return self._shot(person, method="GET", path=path, query=urlencode(fields, errors="surrogatepass"))
        as_sent = self.random.random() < 0.85
        body = garbage.Body(data=garbage.form_body(fields)) if as_sent else garbage.body(self.random, fields)
        shot = self._shot(person, method="POST", path=path, query=address_query, body=body)
        self.sent = [shot, *self.sent][:40]
        return shot

    def again(self) -> Shot:
        """A form that was sent lately, word for word, as a device sends what it does not know to have arrived."""
        return replace(self.random.choice(self.sent), headers=garbage.headers(self.random))

    def _look(self) -> None:
        """Open a page as somebody who may, and remember its forms."""
        people = [person for person in self.world.people if person.families] or self.world.people
        person = self.random.choice(people)
        pages = [route for route in self.routes if route.takes_looks]
        route = self.random.choice(pages)
        path = self._path(route, self._keys(route, person, own=True))
        answer = self.fire(self._shot(person, method="GET", path=path))
        if answer is not None and answer.status_code in (301, 302):
            path = urlsplit(answer.headers["Location"]).path
            answer = self.fire(self._shot(person, method="GET", path=path)) if path.startswith("/") else None
        kind = answer.headers.get("Content-Type", "") if answer is not None else ""
        if answer is not None and "html" in kind:
            page = getattr(answer, "content", b"").decode("utf-8", "replace")
            self.seen = [*((person, path, form) for form in forms_in(page)), *self.seen][:40]

    def _spoiled(self, fields: garbage.Fields, form: Form) -> garbage.Fields:
        if not fields:
            return [(self.random.choice(self.names), self._value())]
        at = self.random.randrange(len(fields))
        name, value = fields[at]
        others = form.choices.get(name, [])
        match self.random.choice(("replace", "replace", "replace", "choose", "drop", "twice", "list", "key", "append")):
            case "choose" if others:
                return [*fields[:at], (name, self.random.choice(others)), *fields[at + 1 :]]
            case "drop":
                return [*fields[:at], *fields[at + 1 :]]
            case "twice":
                return [*fields, (name, self._value())]
            case "list":
                return [*fields[:at], (f"{name}[]", value), *fields[at + 1 :]]
            case "key":
                return [*fields[:at], (name, str(self.random.choice(self.world.keys))), *fields[at + 1 :]]
            case "append":
                return [*fields[:at], (name, value + self._value()), *fields[at + 1 :]]
            case _:
                return [*fields[:at], (name, self._value()), *fields[at + 1 :]]

    def _value(self) -> str:
        is_key = self.random.random() < 0.15
        return str(self.random.choice(self.world.keys)) if is_key else garbage.text(self.random)

    def _keys(self, route: Route, person: Person, *, own: bool = False) -> dict[str, object]:
        things = self.world.things.get(route.of, [])
        mine = [key for key, family in things if family in person.families]
        others = [key for key, _ in things]
        luck = 0.0 if own else self.random.random()
        # Whoever belongs to one family takes no place in another: what they are called there would look like a leak.
        if route.name == "invitation_accept" and person.families:
            others = mine
        if mine and luck < 0.55:
            found = self.random.choice(mine)
        elif others and luck < 0.8:
            found = self.random.choice(others)
        else:
            found = {}
        return {name: found.get(name, self._part(kind)) for name, kind in route.parts.items()}

    def _part(self, kind: type) -> object:
        return garbage.number_in_path(self.random) if kind is int else garbage.word_in_path(self.random)

    def _path(self, route: Route, keys: dict[str, object]) -> str:
        try:
            return reverse(route.name, kwargs=keys)
        except (NoReverseMatch, UnicodeError):
            words = "/".join(quote(str(value), errors="replace") for value in keys.values())
            return f"/{route.name}/{words}/"

    def _shot(
        self, person: Person, *, method: str, path: str, query: str = "", body: garbage.Body | None = None
    ) -> Shot:
        families = person.families | self._opened(path)
        if person.user is not None and path.endswith("/accept/"):
            person.families = families
        return Shot(
            person=person,
            families=families,
            method=method,
            path=path,
            query=query,
            body=body or garbage.Body(),
            headers=garbage.headers(self.random),
            checks_csrf=self.random.random() < 0.04,
        )

    def _opened(self, path: str) -> frozenset[int]:
        """The families whose words the address itself opens."""
        openers = self.world.openers
        return frozenset(openers[part] for part in path.split("/") if part in openers)

    # --- firing -------------------------------------------------------------------------------------------------------

    def fire(self, shot: Shot) -> HttpResponseBase | None:
        """Send it and judge the answer; None when it cannot be put on the wire at all."""
        client = self.clients[shot.checks_csrf]
        is_account = shot.path.startswith(("/accounts/", "/you/"))
        person = replace(shot.person) if is_account else shot.person
        if is_account:
            _sign_in(person)  # whatever becomes of this session, the others go on
        client.cookies = SimpleCookie(person.cookies)
        _broke.text = ""
        try:
            answer: HttpResponseBase = client.generic(
                shot.method,
                shot.path,
                shot.body.data,
                shot.body.kind,
                False,
                headers=None,
                query_params=None,
                **{"QUERY_STRING": shot.query, **shot.headers},
            )
        except Exception:
            self._note_raised(shot)
            return None
        found = verdict_of(shot.path, answer, shot.families)
        with self.score.lock:
            self.score.requests += 1
            self.score.statuses[answer.status_code] += 1
            if answer.status_code < 500:
                self.score.reached.add(_name_of(shot.path))
            if found.error:
                self.score.errors_500 += 1
                self.score.report(found.error, shot, trace=_broke.text)
            if found.leak:
                self.score.leaks += 1
                self.score.report(found.leak, shot, status=answer.status_code)
        if answer.status_code == 302 and person.user is not None and "/accounts/" in answer.headers.get("Location", ""):
            _sign_in(person)
        return answer

    def _note_raised(self, shot: Shot) -> None:
        """An exception that no handler caught is a broken server; one of the test client's own never left it."""
        trace = traceback.format_exc()
        if "core/handlers/" in trace:
            with self.score.lock:
                self.score.requests += 1
                self.score.errors_500 += 1
                self.score.report("raised", shot, trace=trace[-LONGEST_REPORT:])


class _AsServed(ClientHandler):
    """Passes requests through what stands before Django in wsgi.py."""

    def __call__(self, environ: dict[str, Any]) -> Any:
        return super().__call__(forms_are_utf8(environ))


def _client(checks_csrf: bool) -> Client:
    client = Client(raise_request_exception=False)
    client.handler = _AsServed(checks_csrf)
    return client


def _name_of(path: str) -> str:
    try:
        return resolve(unquote(path)).view_name
    except (Resolver404, UnicodeError, ValueError):
        return ""


class _Broke(threading.local):
    text = ""


_broke = _Broke()


def _note_break(**_: object) -> None:
    _broke.text = traceback.format_exc()[-LONGEST_REPORT:]


def _sign_in(person: Person) -> None:
    try:
        person.sign_in()
    except Exception:  # whoever was erased signs in no more
        person.cookies = {}


# --- the rounds -------------------------------------------------------------------------------------------------------


def play(*, requests: int, seed: int, threads: int, clock_seconds: Callable[[], float] = time.perf_counter) -> Score:
    """Fire so many requests; what came of it."""
    got_request_exception.connect(_note_break, dispatch_uid="fuzz")
    score, every, number = Score(), routes(), 0
    while score.requests < requests:
        quota = min(ROUND, requests - score.requests)
        moment = STARTS_AT + MOMENTS[number % len(MOMENTS)] * HOUR
        with time_machine.travel(STARTS_AT, tick=False) as clock:
            world = world_make(number)
            clock.move_to(moment)
            for person in world.people:
                _sign_in(person)
            begun, until = clock_seconds(), score.requests + quota
            _alone(
                Gun(world, Random(f"{seed} {number} alone"), score, every),
                until=score.requests + int(quota * ALONE_SHARE),
            )
            guns = [Gun(world, Random(f"{seed} {number} {side}"), score, every) for side in range(threads)]
            with ThreadPoolExecutor(threads) as pool:
                for done in [pool.submit(_at_once, gun, until) for gun in guns]:
                    done.result()
            score.seconds += clock_seconds() - begun
            number += 1
    return score


def _alone(gun: Gun, *, until: int) -> None:
    """Fire from one side only, and look whether what was refused left anything behind."""
    before = fingerprint()
    while gun.score.requests < until:
        for shot in gun.shots():
            record = Written()
            with connection.execute_wrapper(record):
                answer = gun.fire(shot)
            if answer is None or not record.anything:
                continue
            now = fingerprint()
            gun.score.changed += now != before
            if 400 <= answer.status_code < 500:
                counted = COUNTED.get(_name_of(shot.path), set())
                changed = {table for table in now if now[table] != before.get(table)} - counted
                gun.score.refused_and_checked += 1
                if changed:
                    gun.score.half_changes += 1
                    gun.score.report(f"answered {answer.status_code} and changed {sorted(changed)}", shot)
            before = now


def _at_once(gun: Gun, until: int) -> None:
    """Fire beside the others; now and then the same request twice at the same moment."""
    try:
        with ThreadPoolExecutor(1) as beside:
            twin = Gun(gun.world, Random(0), gun.score, gun.routes)
            while gun.score.requests < until:
                for shot in gun.shots():
                    if gun.random.random() < 0.1:
                        other = beside.submit(twin.fire, shot)
                        gun.fire(shot)
                        other.result()
                    else:
                        gun.fire(shot)
            beside.submit(_hang_up).result()
    finally:
        _hang_up()


def _hang_up() -> None:
    """Close the connection of the thread that asks."""
    connection.close()


def wrong_in_the_end() -> list[str]:
    """What does not hold in the database after it all."""
    close_old_connections()
    return wrong_in_database()


def unreached(score: Score) -> list[str]:
    """The addresses that no request came to."""
    return sorted({route.name for route in routes()} - score.reached)
