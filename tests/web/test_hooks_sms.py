"""Texts that come back: what they do, what is answered, and what Twilio's address does to whoever else knocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from time_machine import Traveller
from twilio.request_validator import RequestValidator

from ivig_care.accounts.models import ContactPoint
from ivig_care.actions.steps import step_tick
from ivig_care.care_teams.models import Role
from ivig_care.nudges.channels.gsm7 import segments
from ivig_care.nudges.models import Delivery, InboundMessage
from ivig_care.plans.models import Dose, Infusion, Step, StepEvent
from tests.actors import People
from tests.conftest import ACTIVATED_AT, STARTS_AT
from tests.factories import ContactPointFactory, MembershipFactory, active_infusion
from tests.web.messages import everything, link, point_of, premedication, sent

pytestmark = pytest.mark.usefixtures("clock")

MARIA, SAM = "+12125550140", "+12125550141"
TOKEN = "token-of-the-test"
ADDRESS = "/hooks/twilio/sms/"

Text = Callable[..., str]


@pytest.fixture(autouse=True)
def _twilio(settings: LazySettings) -> None:
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.PUBLIC_URL = "https://care.example.org"


def signed(fields: Mapping[str, str], address: str = ADDRESS) -> dict[str, str]:
    """The header with which Twilio signs a form."""
    signature = RequestValidator(TOKEN).compute_signature(f"https://care.example.org{address}", dict(fields))
    return {"x-twilio-signature": signature}


def form(body: str, sender: str = MARIA, message_id: str = "SMin1") -> dict[str, str]:
    """The fields of a text that came in."""
    return {"MessageSid": message_id, "From": sender, "To": "+15005550006", "Body": body, "NumMedia": "0"}


@pytest.fixture
def text() -> Text:
    """Text something to us; the words of the answer."""
    count = 0

    def send(body: str, sender: str = MARIA, message_id: str = "") -> str:
        nonlocal count
        count += 1
        fields = form(body, sender, message_id or f"SMin{count}")
        response = Client(enforce_csrf_checks=True).post(
            ADDRESS,
            urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers=signed(fields),
        )
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/xml"
        answer = unescape("".join(re.findall(r"<Message>(.*)</Message>", response.content.decode())))
        assert not answer or (segments(answer) == 1 and answer.startswith("ivig_care:"))
        return answer

    return send


@pytest.fixture
def steps(infusion: Infusion) -> list[Step]:
    return premedication(infusion)


@pytest.fixture
def delivery(infusion: Infusion, people: People, steps: list[Step]) -> Delivery:
    return sent(infusion, people.maria, steps)


def _states(steps: list[Step]) -> list[str]:
    return [Step.objects.get(pk=step.pk).state for step in steps]


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["1", "1.", "Done", "gave it, thanks"])
def test_one_ticks_everything_in_the_message(
    text: Text, delivery: Delivery, steps: list[Step], people: People, body: str
) -> None:
    answer = text(body)
    assert (
        answer
        == f"ivig_care: recorded as done now: 2 steps. Thank you. Wrong? Undo here: https://care.example.org{link(delivery)}"
    )
    assert _states(steps) == ["done", "done"]
    assert {step.said_by for step in Step.objects.filter(pk__in=[step.pk for step in steps])} == {people.maria}
    kept = InboundMessage.objects.get()
    assert (kept.understood, kept.delivery, kept.contact_point) == ("done", delivery, point_of(people.maria))
    delivery.refresh_from_db()
    assert delivery.answered_at == STARTS_AT


def test_an_option_named_as_offered_is_taken_where_it_can_mean_one_thing(
    text: Text, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    sent(infusion, people.maria, steps)
    assert "not understood" in text("1 done")
    assert _states(steps) == ["open", "open"]
    assert "recorded as skipped" in text("2 skip")
    assert _states(steps) == ["skipped", "skipped"]
    assert list(InboundMessage.objects.values_list("understood", flat=True)) == ["unclear", "skip"]


def test_two_skips(text: Text, delivery: Delivery, steps: list[Step]) -> None:
    assert text("2").startswith("ivig_care: recorded as skipped: 2 steps.")
    assert _states(steps) == ["skipped", "skipped"]
    event = StepEvent.objects.filter(step__in=steps, kind="skipped").first()
    assert event is not None
    assert (event.reason, event.note) == ("other", "answered 2 by text")


def test_three_reminds_in_a_quarter_of_an_hour(text: Text, delivery: Delivery, steps: list[Step]) -> None:
    assert text("3") == "ivig_care: OK, we remind you again in 15 min."
    later = {step.snoozed_until for step in Step.objects.filter(pk__in=[step.pk for step in steps])}
    assert later == {STARTS_AT + timedelta(minutes=15)}


def test_three_says_what_cannot_wait(text: Text, delivery: Delivery, steps: list[Step]) -> None:
    Step.objects.filter(pk=steps[0].pk).update(nudge_clinic_minutes=60)
    assert text("3").startswith("ivig_care: we remind you of 1 in 15 min; 1 step cannot wait. Please open https://")


def test_only_what_is_still_open_is_ticked(text: Text, delivery: Delivery, steps: list[Step], people: People) -> None:
    step_tick(step=steps[0], by=people.sam, at=STARTS_AT, now=STARTS_AT)
    assert "done now: 1 step." in text("1")
    assert Step.objects.get(pk=steps[0].pk).said_by == people.sam


def test_too_soon_is_asked_back_without_a_word_of_what(
    text: Text, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    step_tick(step=steps[0], by=people.sam, at=STARTS_AT - timedelta(minutes=30), now=STARTS_AT)
    course = infusion.steps.filter(kind="medicine", ingredient="acetaminophen").order_by("due_at")[0]
    Step.objects.filter(pk=course.pk).update(due_at=STARTS_AT)
    delivery = sent(infusion, people.maria, [course, steps[1]])
    answer = text("1")
    assert answer == (
        "ivig_care: not recorded yet: one step needs a reason first. Please open "
        f"https://care.example.org{link(delivery)}"
    )
    assert _states([course, steps[1]]) == ["open", "open"]
    assert Dose.objects.count() == 1


@pytest.mark.parametrize(
    "body", ["1 or 2?", "not done", "1 2", "", "hello", "gave the Tylenol at 8", "💩", "1\x00", "\x00"]
)
def test_what_is_not_plain_is_asked_back(text: Text, delivery: Delivery, steps: list[Step], body: str) -> None:
    answer = text(body)
    if body != "1\x00":
        assert "not understood" in answer
        assert answer.endswith(link(delivery))
        assert _states(steps) == ["open", "open"]


def test_the_same_text_twice_is_done_once(text: Text, delivery: Delivery, steps: list[Step]) -> None:
    first = text("1", message_id="SMtwice")
    before = everything()
    assert text("1", message_id="SMtwice") == first
    assert text("2", message_id="SMtwice") == first
    assert everything() == before


def test_a_second_one_finds_nothing_open(text: Text, delivery: Delivery, steps: list[Step]) -> None:
    text("1")
    assert (
        text("1")
        == "ivig_care: nothing waits for an answer right now, so nothing was recorded. https://care.example.org"
    )
    assert Dose.objects.count() == 2


# --- which message --------------------------------------------------------------------------------


def test_the_newest_message_is_answered(
    text: Text, delivery: Delivery, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    newer = sent(infusion, people.maria, steps, sent_at=STARTS_AT - timedelta(minutes=1))
    text("1")
    assert InboundMessage.objects.get().delivery == newer


def test_two_messages_about_different_steps_are_asked_back(
    text: Text, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    sent(infusion, people.maria, steps[:1])
    newer = sent(infusion, people.maria, steps[1:], sent_at=STARTS_AT - timedelta(minutes=1))
    answer = text("1")
    assert answer.startswith("ivig_care: more than one reminder is open, so nothing was recorded.")
    assert answer.endswith(link(newer))
    assert _states(steps) == ["open", "open"]


def test_an_older_message_that_was_answered_does_not_confuse(
    text: Text, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    sent(infusion, people.maria, steps[:1], answered_at=STARTS_AT - timedelta(minutes=10))
    sent(infusion, people.maria, steps[1:], sent_at=STARTS_AT - timedelta(minutes=1))
    text("1")
    assert _states(steps) == ["open", "done"]


def test_people_who_share_a_number_are_asked_back(
    text: Text, delivery: Delivery, steps: list[Step], people: People
) -> None:
    ContactPointFactory.create(user=people.sam, kind="sms", address=MARIA)
    assert text("1").startswith("ivig_care: more than one reminder is open")
    assert _states(steps) == ["open", "open"]


def test_children_who_share_a_number_are_asked_back(
    text: Text, delivery: Delivery, steps: list[Step], people: People
) -> None:
    MembershipFactory.create(user=people.maria, child=people.kai, role=Role.GUARDIAN)
    of_kai = active_infusion(child=people.kai, by=people.lee, starts_at=STARTS_AT, at=ACTIVATED_AT)
    sent(of_kai, people.maria, [*steps, *premedication(of_kai)], sent_at=STARTS_AT - timedelta(minutes=1))
    assert text("1").startswith("ivig_care: more than one reminder is open")
    assert _states(steps) == ["open", "open"]


@pytest.mark.parametrize("status", ["pending", "sending", "failed", "dropped"])
def test_what_was_not_sent_cannot_be_answered(text: Text, delivery: Delivery, steps: list[Step], status: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(status=status)
    assert "nothing waits" in text("1")
    assert _states(steps) == ["open", "open"]


def test_a_message_by_e_mail_is_not_answered_by_text(
    text: Text, infusion: Infusion, people: People, steps: list[Step]
) -> None:
    sent(infusion, people.maria, steps, kind="email")
    assert "nothing waits" in text("1")
    assert _states(steps) == ["open", "open"]


def test_somebody_elses_number_answers_nothing(text: Text, delivery: Delivery, steps: list[Step]) -> None:
    assert "nothing waits" in text("1", sender=SAM)
    assert text("1", sender="+15555550100").startswith("ivig_care: this number is not set up")
    assert _states(steps) == ["open", "open"]


def test_an_old_message_is_not_answered(text: Text, delivery: Delivery, steps: list[Step], clock: Traveller) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(link_until=STARTS_AT)
    assert "nothing waits" in text("1")
    assert _states(steps) == ["open", "open"]


# --- STOP, START, HELP ----------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "answer"), [
    ("STOP", ""),
    ("stop.", ""),
    ("please stop texting me", "ivig_care: text reminders to this number are off. Text START to switch them on again."),
])  # fmt: skip
def test_stop_switches_the_number_off_and_the_family_hears_of_it(
    text: Text, people: People, infusion: Infusion, body: str, answer: str
) -> None:
    assert text(body) == answer
    point = point_of(people.maria)
    assert not point.is_usable
    assert (point.disabled_at, point.disabled_reason, point.consented_at) == (STARTS_AT, "STOP by text", None)
    told = Delivery.objects.filter(purpose="channel_off")
    assert [delivery.person for delivery in told] == [people.sam]
    text(body)
    assert told.count() == 1


def test_stop_is_for_everybody_with_that_number(text: Text, people: People) -> None:
    ContactPointFactory.create(user=people.tom, kind="sms", address=MARIA)
    text("STOP")
    assert not ContactPoint.objects.usable().filter(address=MARIA).exists()


def test_start_takes_a_stop_back(text: Text, people: People) -> None:
    text("STOP")
    assert text("START").startswith("ivig_care: text reminders to this number are on.")
    point = point_of(people.maria)
    assert point.is_usable
    assert point.consented_at == STARTS_AT


def test_start_takes_nothing_else_back(text: Text, people: People) -> None:
    ContactPoint.objects.filter(pk=point_of(people.maria).pk).update(
        disabled_at=STARTS_AT, disabled_reason="Twilio 30006"
    )
    assert "not switched off by text" in text("start again")
    assert not point_of(people.maria).is_usable


def test_start_after_the_provider_stopped_it(text: Text, people: People) -> None:
    point = point_of(people.maria)
    ContactPoint.objects.filter(pk=point.pk).update(disabled_at=STARTS_AT, disabled_reason="Twilio 400/21610: stopped")
    text("START")
    assert point_of(people.maria).is_usable


def test_help_says_who_we_are(text: Text, people: People) -> None:
    assert text("HELP").startswith("ivig_care: reminders you asked for.")
    assert "STOP" in text("help?", sender="+15555550100")


def test_stop_from_a_stranger_is_kept_and_changes_nobody(text: Text, people: People) -> None:
    assert text("STOP", sender="+15555550100") == ""
    assert InboundMessage.objects.get().understood == "stop"
    assert ContactPoint.objects.usable().count() == 6


# --- whoever else knocks --------------------------------------------------------------------------


def _post(fields: Mapping[str, str], **headers: str) -> int:
    client = Client(raise_request_exception=False)
    kind = "application/x-www-form-urlencoded"
    return client.post(ADDRESS, urlencode(fields), content_type=kind, headers=headers).status_code


def test_what_twilio_did_not_sign_is_refused(delivery: Delivery) -> None:
    before = everything()
    fields = form("1")
    assert _post(fields) == 403
    assert _post(fields, **{"x-twilio-signature": "x"}) == 403
    assert _post({**fields, "Body": "2"}, **signed(fields)) == 403
    assert _post(fields, **signed(fields, "/hooks/twilio/status/1/")) == 403
    assert everything() == before


def test_without_a_token_nothing_is_believed(delivery: Delivery, settings: LazySettings) -> None:
    fields = form("1")
    headers = signed(fields)
    settings.TWILIO_AUTH_TOKEN = ""
    assert _post(fields, **headers) == 403


@pytest.mark.parametrize("fields", [
    {}, {"MessageSid": "SM1"}, {"From": MARIA}, form("1", message_id="x" * 65), form("1", sender="+" + "1" * 30),
    form("1", message_id="a\x00b"), form("1", sender="\x00"),
])  # fmt: skip
def test_a_signed_form_that_is_no_text_is_refused(people: People, fields: dict[str, str]) -> None:
    assert _post(fields, **signed(fields)) == 400
    assert not InboundMessage.objects.exists()


def test_too_much_is_refused_unread(people: People) -> None:
    fields = form("x" * 60_000)
    assert _post(fields, **signed(fields)) == 413


def test_a_look_is_not_a_text(people: People) -> None:
    assert Client().get(ADDRESS).status_code == 405


@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json",
            "",
            "x",
            "application/x-www-form-urlencoded; charset=nonsense",
        ]
    ),
)
def test_garbage_never_breaks_it(people: People, body: bytes, kind: str) -> None:
    cache.clear()  # so many forgeries are stopped: see test_limits.py
    client = Client(raise_request_exception=False)
    for address in (ADDRESS, "/hooks/twilio/status/1/", f"/hooks/twilio/status/{'9' * 30}/"):
        assert client.generic("POST", address, body, content_type=kind).status_code in (400, 403, 413)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.text(max_size=200), message_id=st.text(max_size=80), sender=st.sampled_from([MARIA, SAM, "x", ""]))
def test_no_signed_text_breaks_it(delivery: Delivery, body: str, message_id: str, sender: str) -> None:
    fields = form(body.encode("utf-8", "ignore").decode(), sender, message_id.encode("utf-8", "ignore").decode())
    assert _post(fields, **signed(fields)) in (200, 400)
