"""The words of every message: discreet, honest about being late or a repeat, and short enough for one segment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from ivig_care.accounts.models import ContactPoint
from ivig_care.nudges.channels.base import Message
from ivig_care.nudges.channels.gsm7 import segments
from ivig_care.nudges.codes import code_of
from ivig_care.nudges.links import delivery_id_of
from ivig_care.nudges.messages import message_for
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.outgoing import outgoing_one
from ivig_care.nudges.prospects import OpenStep, Prospect
from ivig_care.nudges.words import Ahead
from ivig_care.regimen.nudging import Send, Urgency
from tests.actors import People

NOW = datetime.fromisoformat("2026-06-15T15:30:00+00:00")
MINUTE = timedelta(minutes=1)
PRIVATE = ("lena", "moreno", "maria", "sam", "acetaminophen", "octagam", "ivig ", "immunoglobulin", "infusion", " mg")


@pytest.fixture(autouse=True)
def _a_real_address(settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://care.example.org"


def delivery_to(people: People, kind: str, **fields: object) -> Delivery:
    """A delivery to Maria that is about to leave."""
    point, _ = ContactPoint.objects.get_or_create(
        user=people.maria, kind=kind, defaults={"address": "https://push.example.org/1", "code_sent_at": NOW}
    )
    values = {"purpose": "nudge", "occasion": "now", "created_at": NOW, "owed_at": NOW, "expires_at": NOW + 60 * MINUTE}
    defaults = {"next_attempt_at": NOW, "person": people.maria, "contact_point": point, "kind": kind}
    return Delivery.objects.create(**{**values, **defaults, **fields})


def step(minutes: int, urgency: Urgency) -> OpenStep:
    """An open step that is due so many minutes from now."""
    return OpenStep(1, 1, NOW + minutes * MINUTE, urgency, False, "America/Los_Angeles")


def written(delivery: Delivery, *steps: OpenStep, ahead: Ahead | None = None) -> Message:
    """The message as it leaves."""
    prospect = Prospect(delivery=outgoing_one(delivery), steps=steps, ahead=ahead, decision=Send())
    return message_for(prospect, now=NOW)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([step(30, Urgency.SOON)], "1 care step coming up at 9:00 am."),
        ([step(0, Urgency.DUE), step(0, Urgency.DUE)], "2 care steps due at 8:30 am."),
        ([step(0, Urgency.DUE), step(30, Urgency.SOON)], "1 care step due at 8:30 am, and 1 more."),
        ([step(-600, Urgency.OVERDUE), step(0, Urgency.DUE)], "1 care step overdue since Sun 10:30 pm, and 1 more."),
    ],
)
def test_the_most_urgent_word_and_the_first_time(people: People, steps: list[OpenStep], words: str) -> None:
    message = written(delivery_to(people, "sms"), *steps)
    assert message.text.startswith(f"ivig_care: {words} 1 done 2 skip 3 later https://care.example.org/n/")


def test_a_day_ahead_and_steps_are_one_text(people: People) -> None:
    ahead = Ahead(is_today=False, count=5, first="8:00 am")
    message = written(delivery_to(people, "sms"), step(0, Urgency.DUE), ahead=ahead)
    assert message.text.startswith(
        "ivig_care: Tomorrow: 5 care steps, the first at 8:00 am. 1 care step due at 8:30 am. "
    )
    assert segments(message.text) == 1


@pytest.mark.parametrize("purpose", ["clinic", "concern", "urgent"])
def test_an_email_to_a_clinic_says_that_one_signs_in_for_it(people: People, purpose: str) -> None:
    message = written(delivery_to(people, "email", purpose=purpose), step(-60, Urgency.OVERDUE))
    assert "Sign in to open it:\nhttps://care.example.org/n/" in message.text
    assert "without signing in" not in message.text
    assert ">Sign in and open it</a>" in message.html


def test_an_email_to_a_family_opens_without_signing_in(people: People) -> None:
    message = written(delivery_to(people, "email"), step(0, Urgency.DUE))
    assert "Open it without signing in:\nhttps://care.example.org/n/" in message.text
    assert "Sign in" not in message.text


def test_a_day_ahead_alone_offers_no_replies(people: People) -> None:
    message = written(delivery_to(people, "sms"), ahead=Ahead(is_today=True, count=1, first="8:00 am"))
    assert message.text.startswith("ivig_care: Today: 1 care step, the first at 8:00 am. https://")


def test_late_is_more_than_a_quarter_of_an_hour(people: People) -> None:
    on_time = written(delivery_to(people, "sms", owed_at=NOW - 15 * MINUTE), step(0, Urgency.DUE))
    late = written(delivery_to(people, "sms", owed_at=NOW - 16 * MINUTE, occasion="b"), step(0, Urgency.DUE))
    assert "late" not in on_time.text.replace("3 later", "")
    assert "This comes late." in late.text


def test_a_possible_repeat_says_so(people: People) -> None:
    delivery = delivery_to(people, "email", is_possible_repeat=True)
    message = written(delivery, step(0, Urgency.DUE))
    assert "You may have had this before." in message.text
    assert "You may have had this before." in message.html


def test_a_long_address_costs_the_hints_and_not_a_second_segment(people: People, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://infusions.childrens-hospital.example.org"
    delivery = delivery_to(people, "sms", owed_at=NOW - 600 * MINUTE, is_possible_repeat=True)
    message = written(delivery, step(-600, Urgency.OVERDUE))
    assert segments(message.text) == 1
    assert message.url in message.text
    assert "1 done" not in message.text


def test_the_code_is_the_one_that_was_promised_and_comes_without_a_link(people: People) -> None:
    point = ContactPoint.objects.get(user=people.maria, kind="sms")
    point.code_sent_at = NOW
    point.save()
    message = written(delivery_to(people, "sms", purpose="code"))
    assert message.text.startswith(f"ivig_care: {code_of(point)} is your code.")
    assert "/n/" not in message.text


@pytest.mark.parametrize("kind", ["email", "sms", "push"])
@pytest.mark.parametrize("purpose", Delivery.Purpose.values)
def test_every_message_is_discreet_and_short(people: People, kind: str, purpose: str) -> None:
    delivery = delivery_to(people, kind, purpose=purpose, is_possible_repeat=True, owed_at=NOW - 60 * MINUTE)
    steps = (step(-60, Urgency.OVERDUE),) if purpose in ("nudge", "clinic") else ()
    message = written(delivery, *steps)
    words = f"{message.subject} {message.text} {message.html}".lower().replace(message.url.lower(), "")
    assert [private for private in PRIVATE if private in words] == []
    assert message.subject == message.subject.strip() != ""
    assert "{" not in message.text
    assert kind != "sms" or segments(message.text) == 1
    assert kind == "email" or "\n" not in message.text


def test_the_link_is_signed_and_leads_to_this_delivery(people: People) -> None:
    delivery = delivery_to(people, "email")
    message = written(delivery, step(0, Urgency.DUE))
    (token,) = re.findall(r"/n/([^/]+)/\n", message.text)
    assert delivery_id_of(token) == delivery.pk
    assert delivery_id_of(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert message.unsubscribe_url == f"https://care.example.org/n/{token}/stop/"
    assert message.key == f"delivery-{delivery.pk}"
