"""Run as a program: the families of the web bench, each with a checklist of 40 steps, and what their requests need.

    python -m tests.bench.web_families FAMILIES

Plans of worked example E1 with two courses of medicine, made and activated by the actions, some of them hours and some
days ago; then copied row by row for one family after the other.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import django
from django.core.management import call_command

if TYPE_CHECKING:
    from django.db.models import Model

    from ivig_care.accounts.models import User
    from ivig_care.plans.models import Infusion
    from tests.actors import People

STEPS = 40
# How long ago the infusion of each kind of family began.
BEGAN_HOURS_AGO = (6, 18, 30, 42, 54, 66, 78, 90)
# Nobody gives each dose to the minute: every one is later than planned, so the ones after it move.
LATE_EACH = timedelta(minutes=4)


def families_make(count: int, *, now: datetime) -> list[dict[str, Any]]:
    """The families; for each its cookies, its infusion, and the ticks that can be sent, in order."""
    from tests.actors import people_make

    people = people_make()
    patterns = [_pattern(people, began_at=now - timedelta(hours=hours)) for hours in BEGAN_HOURS_AGO]
    return [_family(number, patterns[number % len(patterns)], people, now) for number in range(count)]


def _pattern(people: People, *, began_at: datetime) -> Infusion:
    from ivig_care.actions.plans import plan_activate, plan_draft, plan_prescribe
    from tests.factories import ACETAMINOPHEN_COURSE, LADDER, MEDICINES, built_in_version, e1_order

    at, doctor = began_at - timedelta(days=3), people.weiss
    first = replace(ACETAMINOPHEN_COURSE, until_hours=66)
    second = replace(first, ingredient="diphenhydramine", mg=Decimal(20), every_hours=Decimal(8), until_hours=72)
    plan = plan_draft(child=people.lena, version=built_in_version(at), by=doctor, at=at)
    plan = plan_prescribe(
        plan=plan,
        order=e1_order(),
        rates=LADDER,
        medicines=(*MEDICINES[:2], first, second),
        starts=[began_at, began_at + timedelta(days=1)],
        by=doctor,
        at=at,
    )
    plan_activate(plan=plan, by=doctor, at=at)
    infusion = plan.infusions.get()
    if infusion.steps.count() != STEPS:
        raise AssertionError(f"{infusion.steps.count()} steps, not {STEPS}: let a course go on for shorter or longer")
    return infusion


def _family(number: int, pattern: Infusion, people: People, now: datetime) -> dict[str, Any]:
    from ivig_care.care_teams.models import Role
    from tests.factories import ChildFactory, ContactPointFactory, MembershipFactory, UserFactory

    child = ChildFactory.create(clinic=people.riverside, given_name=f"Lena {number}")
    person = UserFactory.create(name="Maria", email=f"parent{number}@example.org")
    MembershipFactory.create(user=person, child=child, role=Role.GUARDIAN)
    ContactPointFactory.create(user=person)
    plan = pattern.plan
    rates, medicines = list(plan.rates.all()), list(plan.medicines.all())
    days, steps = list(pattern.days.all()), list(pattern.steps.all())
    plan = _copied(plan, child=child)
    for one in (*rates, *medicines):
        _copied(one, plan=plan)
    infusion = _copied(pattern, plan=plan)
    for day in days:
        _copied(day, infusion=infusion)
    for step in steps:
        step.pk, step.infusion = None, infusion
    type(steps[0]).objects.bulk_create(steps)
    return {"infusion": infusion.pk, "ticks": _ticks(infusion, now), **_cookies(person)}


def _copied(row: Any, **changed: Model) -> Any:
    copy = type(row)._default_manager.get(pk=row.pk)
    copy.pk = None
    for name, value in changed.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)
    return copy


def _ticks(infusion: Infusion, now: datetime) -> list[tuple[int, str]]:
    """What this family can say now: each step that has been due, with the instant at which it was done."""
    late: dict[str, timedelta] = {}
    ticks = []
    for step in infusion.steps.order_by("due_at", "pk"):
        at = step.due_at
        if step.ingredient:
            late[step.ingredient] = late.get(step.ingredient, timedelta()) + LATE_EACH
            at += late[step.ingredient]
        if at < now:
            ticks.append((step.pk, at.strftime("%Y-%m-%dT%H:%M:%S%z")))
    return ticks


def _cookies(person: User) -> dict[str, str]:
    from django.middleware.csrf import _get_new_csrf_string

    from tests.browsers import signed_in

    return {"session": signed_in(person).cookies["sessionid"].value, "token": _get_new_csrf_string()}


def main(count: int) -> None:
    """Make them in an empty database, and print them."""
    from django.conf import settings
    from django.db import connection

    from ivig_care.common import clock

    # Nobody signs in here with the passwords, and a good hash takes its time for each.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_catalogue", verbosity=0, stdout=sys.stderr)
    families = families_make(count, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    json.dump(families, sys.stdout)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
