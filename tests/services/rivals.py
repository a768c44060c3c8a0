"""Run as a program: two people do the same thing at the same moment, over and over, on the database of the settings.

    python -m tests.services.rivals RACE ROUNDS

Prints a JSON list with what each round left behind; what it must be is said in test_people_races.py.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import django

STARTS_AT = datetime.fromisoformat("2026-06-15T09:00:00-07:00")
ACTIVATED_AT = STARTS_AT - timedelta(days=3)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Outcome = dict[str, Any]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do all of them at the same moment, each on a connection of its own; what each returned, or the error's name."""
    from django.db import connection

    barrier = Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        connection.ensure_connection()
        barrier.wait()
        try:
            return act()
        except Exception as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def _story(number: int) -> Any:
    """Lena's infusion with everybody around her, apart from all stories before."""
    from allauth.account.models import EmailAddress

    from ivig_care.accounts.models import ContactPoint, User
    from tests.actors import people_make
    from tests.factories import active_infusion

    for user in User.objects.exclude(email__endswith=".old"):
        email = f"{user.pk}.{number}@example.org.old"
        User.objects.filter(pk=user.pk).update(email=email)
        EmailAddress.objects.filter(user=user).update(email=email)
    ContactPoint.objects.update(disabled_at=ACTIVATED_AT)
    people = people_make()
    return people, active_infusion(child=people.lena, by=people.weiss, starts_at=STARTS_AT, at=ACTIVATED_AT)


def _stories(rounds: int) -> Iterator[Any]:
    return map(_story, range(rounds))


def double_tick(rounds: int) -> Iterator[Outcome]:
    """One person taps twice on the same step, which is no medicine."""
    from ivig_care.actions.steps import step_tick

    people, infusion = _story(0)
    for step in infusion.steps.filter(ingredient="").order_by("due_at")[:rounds]:
        tick = lambda: step_tick(step=step, by=people.maria, at=STARTS_AT, now=STARTS_AT).state  # noqa: E731, B023
        said = at_once(tick, tick)
        step.refresh_from_db()
        yield {"said": said, "state": step.state, "done_events": step.events.filter(kind="done").count()}


def same_dose(rounds: int) -> Iterator[Outcome]:
    """Two people record the same medicine from two phones."""
    from ivig_care.accounts.models import User
    from tests.browsers import signed_in
    from tests.web.messages import premedication

    for people, infusion in _stories(rounds):
        step = premedication(infusion)[0]

        def tick(user: User, key: int = step.pk) -> str:
            client = signed_in(user)
            answer = client.post(f"/steps/{key}/tick/", {"ago": "0"}, follow=True)
            return f"{answer.status_code} {'ticked this before' in answer.text}"

        said = at_once(lambda: tick(people.maria), lambda: tick(people.sam))  # noqa: B023
        step.refresh_from_db()
        dose = step.doses.get()
        yield {
            "said": sorted(map(str, said)),
            "doses": step.doses.count(),
            "done_events": step.events.filter(kind="done").count(),
            "one_story": dose.entered_by_id == step.said_by_id == step.events.get(kind="done").by_id,
        }


def same_key(rounds: int) -> Iterator[Outcome]:
    """A phone sends a note twice at once, because it did not hear the answer."""
    from tests.browsers import signed_in

    people, infusion = _story(0)
    step = infusion.steps.open().order_by("due_at", "pk")[0]

    def send(number: int) -> str:
        data = {"note": f"note {number}", "key": f"key-number-{number}"}
        answer = signed_in(people.maria).post(f"/steps/{step.pk}/note/", data, headers={"X-Queued": "later"})
        return f"{answer.status_code} {answer.json()['status']}"

    for number in range(rounds):
        said = at_once(lambda: send(number), lambda: send(number))  # noqa: B023
        yield {"said": said, "notes": step.events.filter(note=f"note {number}").count()}


def tick_while_starting(rounds: int) -> Iterator[Outcome]:
    """One parent says that the infusion began late, which moves every open step, while the other ticks one of them."""
    from django.db import transaction

    from ivig_care.actions.checklists import checklist_refresh, infusion_lock
    from ivig_care.actions.infusions import infusion_day_start
    from ivig_care.actions.steps import step_tick

    late = STARTS_AT + 40 * MINUTE
    for people, infusion in _stories(rounds):
        day = infusion.days.get(number=1)
        step = infusion.steps.open().filter(due_at__gt=STARTS_AT, ingredient="").order_by("due_at", "pk")[0]
        said = at_once(
            lambda: len(infusion_day_start(day=day, by=people.maria, at=late, now=late)) > 0,  # noqa: B023
            lambda: step_tick(step=step, by=people.sam, at=late, now=late).state,  # noqa: B023
        )
        step.refresh_from_db()
        day.refresh_from_db()
        with transaction.atomic():
            moves = [one for one in checklist_refresh(infusion_lock(infusion.pk), at=late) if one.action != "keep"]
        yield {
            "said": said,
            "state": step.state,
            "said_at": step.said_at == late,
            "started": day.actual_start == late,
            "moves_left": len(moves),
            "rings": step.next_nudge_at is not None,
        }


def cancel_while_sending(rounds: int) -> Iterator[Outcome]:
    """The clinic cancels while reminders of it are being sent."""
    from ivig_care.actions.alarms import alarms_ring
    from ivig_care.actions.deliveries import deliveries_send
    from ivig_care.actions.infusions import infusion_cancel
    from ivig_care.nudges.models import Delivery, OutboxMessage

    now = STARTS_AT - 31 * MINUTE + MINUTE
    for people, infusion in _stories(rounds):
        alarms_ring(now=now)
        nudges = Delivery.objects.filter(person__in=[people.maria, people.sam], purpose="nudge")

        def send() -> int:
            return sum(deliveries_send(kind=kind, clock=lambda: now) for kind in ("email", "sms"))

        def cancel() -> bool:
            return bool(infusion_cancel(infusion=infusion, by=people.weiss, now=now))  # noqa: B023

        def shown() -> int:
            """So many reminders stand in the outbox; the rest there are the notices of the cancel."""
            notices = Delivery.objects.filter(infusion=infusion, purpose="cancelled", status="sent")  # noqa: B023
            return OutboxMessage.objects.count() - before - notices.count()  # noqa: B023

        before = OutboxMessage.objects.count()
        said = at_once(send, cancel)
        shown_then = shown()
        sent = nudges.filter(status="sent").count()
        for _ in range(3):
            alarms_ring(now=now + MINUTE)
            send()
        yield {
            "errors": [one for one in said if isinstance(one, str)],
            "nudges": nudges.count(),
            "sent_is_shown": shown_then == sent,
            "sent_after_the_cancel": shown() - shown_then,
            "waiting": nudges.filter(status__in=["pending", "sending"]).count(),
            "open": infusion.steps.open().count(),
            "ringing": infusion.steps.filter(next_nudge_at__isnull=False).count(),
        }


def signed_twice(rounds: int) -> Iterator[Outcome]:
    """Two clinicians sign the same review, each with a note."""
    from ivig_care.actions.reviews import review_sign
    from ivig_care.care_teams.models import Role
    from tests.factories import MembershipFactory, UserFactory
    from tests.web.clinic.story import finish

    for people, infusion in _stories(rounds):
        other = UserFactory.create(name="Wolf")
        MembershipFactory.create(user=other, clinic=people.riverside, role=Role.CLINICIAN)
        review = finish(infusion, by=people.maria).review
        signers = {"Weiss": people.weiss, "Wolf": other}

        def sign(name: str) -> str:
            at = STARTS_AT + timedelta(days=30)
            review_sign(review=review, by=signers[name], note=f"by {name}", next_time="", at=at)  # noqa: B023
            return name

        said = at_once(lambda: sign("Weiss"), lambda: sign("Wolf"))
        review.refresh_from_db()
        winner = next((str(one) for one in said if one in signers), "")
        yield {
            "lost": [one for one in said if one not in signers],
            "note_of_winner": review.note == f"by {winner}",
            "signed_by_winner": str(review.signed_by) == winner,
        }


def answered_twice(rounds: int) -> Iterator[Outcome]:
    """Two people of the clinic answer the same card while the family writes something more."""
    from ivig_care.actions.concerns import concern_raise, concerns_answer
    from ivig_care.care_teams.models import Role
    from ivig_care.reviews.models import Concern, ConcernAnswer
    from tests.factories import MembershipFactory, UserFactory

    for people, infusion in _stories(rounds):
        other = UserFactory.create(name="Wolf")
        MembershipFactory.create(user=other, clinic=people.riverside, role=Role.CLINICIAN)
        staff = {"Weiss": people.weiss, "Wolf": other}

        def tell(about: str) -> str:
            kind, by = Concern.Kind.SYMPTOMS, people.maria  # noqa: B023
            concern_raise(infusion=infusion, kind=kind, about=about, words=about, by=by, now=STARTS_AT)  # noqa: B023
            return about

        tell("one"), tell("two")
        seen = list(infusion.concerns.values_list("pk", flat=True))

        def answer(name: str) -> str:
            concerns_answer(infusion=infusion, seen=seen, words=name, by=staff[name], now=STARTS_AT)  # noqa: B023
            return name

        said = at_once(lambda: answer("Weiss"), lambda: answer("Wolf"), lambda: tell("late"))
        winner = next((str(one) for one in said if one in staff), "")
        answers = ConcernAnswer.objects.filter(concern__infusion=infusion)
        yield {
            "said": sorted(str(one) for one in said if one not in staff),
            "answers": sorted(answers.values_list("concern__about", flat=True)),
            "all_of_winner": {(one.words, one.by.name) for one in answers.select_related("by")} == {(winner, winner)},
            "open": list(infusion.concerns.open().values_list("about", flat=True)),
        }


def invitation_twice(rounds: int) -> Iterator[Outcome]:
    """Two people take the one place that an invitation keeps."""
    from ivig_care.accounts.models import User
    from ivig_care.actions.audit import chain_break
    from ivig_care.actions.invitations import invitation_accept, invitation_make
    from ivig_care.care_teams.models import Membership, Role
    from tests.factories import UserFactory

    people, _ = _story(0)
    for number in range(rounds):
        _, code = invitation_make(role=Role.VIEWER, by=people.maria, now=STARTS_AT, child=people.lena, name="Ann")
        ann, bob = (UserFactory.create(email=f"{name}{number}@example.org") for name in ("ann", "bob"))

        def accept(user: User) -> bool:
            return bool(invitation_accept(code=code, by=user, now=STARTS_AT).pk)  # noqa: B023

        said = at_once(lambda: accept(ann), lambda: accept(bob))  # noqa: B023
        yield {
            "said": sorted(map(str, said)),
            "places": Membership.objects.filter(user__in=[ann, bob]).count(),
            "log": chain_break(f"child {people.lena.pk}"),
        }


def invited_by_who_leaves(rounds: int) -> Iterator[Outcome]:
    """A guardian leaves while somebody accepts that guardian's invitation; the clinic's seeing is to be agreed to."""
    from ivig_care.actions.care_teams import place_end
    from ivig_care.actions.invitations import invitation_accept, invitation_make
    from ivig_care.care_teams.models import Membership, Role
    from tests.factories import MembershipFactory, UserFactory

    for people, _ in _stories(rounds):
        paul, nana = UserFactory.create(name="Paul"), UserFactory.create(name="Nana")
        place = MembershipFactory.create(user=paul, child=people.lena, role=Role.GUARDIAN)
        _, code = invitation_make(role=Role.GUARDIAN, by=paul, now=STARTS_AT, child=people.lena)
        said = at_once(
            lambda: place_end(place=place, by=paul, now=STARTS_AT),  # noqa: B023
            lambda: invitation_accept(code=code, by=nana, now=STARTS_AT, born_in=2017) is not None,  # noqa: B023
        )
        is_in = Membership.objects.filter(user=nana).exists()
        yield {
            "left": said[0] is None and not Membership.objects.filter(user=paul).exists(),
            "told_the_truth": said[1] == (True if is_in else "InvitationOver"),
        }


def guest_twice(rounds: int) -> Iterator[Outcome]:
    """A guest link is opened for the first time on two devices."""
    from ivig_care.accounts.models import User
    from ivig_care.actions.audit import chain_break
    from ivig_care.actions.guests import guest_link_bind, guest_link_make, guest_link_revoke
    from ivig_care.care_teams.models import GuestLink
    from ivig_care.common.secrets import secret_hash

    people, infusion = _story(0)
    for _ in range(rounds):
        link, _secret = guest_link_make(
            infusion=infusion, by=people.maria, label="Rosa", until=STARTS_AT + HOUR, may_record=True, now=STARTS_AT
        )
        before = User.objects.count()

        def bind(name: str) -> str:
            own = GuestLink.objects.get(pk=link.pk)  # noqa: B023
            return "device " + guest_link_bind(link=own, name=name, now=STARTS_AT)

        said = [str(one) for one in at_once(lambda: bind("Rosa"), lambda: bind("Rolf"))]
        link.refresh_from_db()
        devices = [one.removeprefix("device ") for one in said if one.startswith("device ")]
        yield {
            "lost": [one for one in said if not one.startswith("device ")],
            "bound_to_winner": [link.device_hash == secret_hash(device) for device in devices],
            "new_people": User.objects.count() - before,
            "log": chain_break(f"child {people.lena.pk}"),
        }
        guest_link_revoke(link=link, by=people.maria, now=STARTS_AT)


RACES = {
    race.__name__: race
    for race in (
        double_tick,
        same_dose,
        same_key,
        tick_while_starting,
        cancel_while_sending,
        signed_twice,
        answered_twice,
        invitation_twice,
        invited_by_who_leaves,
        guest_twice,
    )
}


def main(race: str, rounds: int) -> None:
    """Run one race and print what its rounds left behind."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()

    import logging

    import time_machine
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ALLOWED_HOSTS = ["*"]
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0, interactive=False)
    with time_machine.travel(STARTS_AT, tick=False):
        outcomes = list(RACES[race](rounds))
    sys.stdout.write(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
