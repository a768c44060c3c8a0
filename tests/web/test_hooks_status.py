"""What providers report of our messages: delivered, not delivered, late, twice and in any order."""

from __future__ import annotations

import base64
from datetime import timedelta
from itertools import permutations
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.test import Client

from ivig_care.accounts.models import ContactPoint
from ivig_care.nudges.models import Delivery, DeliveryAttempt
from ivig_care.plans.models import Infusion
from tests.actors import People
from tests.conftest import STARTS_AT
from tests.web.messages import everything, point_of, premedication, sent
from tests.web.test_hooks_sms import TOKEN, signed

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def _providers(settings: LazySettings) -> None:
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.PUBLIC_URL = "https://care.example.org"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret"}


@pytest.fixture
def delivery(infusion: Infusion, people: People) -> Delivery:
    ContactPoint.objects.filter(kind="email").update(rank=1)
    return sent(infusion, people.maria, premedication(infusion))


def report(delivery: Delivery, status: str, code: str = "", message_id: str = "", *, is_signed: bool = True) -> int:
    """What Twilio says became of a message; the status of our answer."""
    fields = {"MessageSid": message_id or f"SM{delivery.pk}", "MessageStatus": status, "ErrorCode": code}
    address = f"/hooks/twilio/status/{delivery.pk}/"
    response = Client(enforce_csrf_checks=True).post(
        address,
        urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers=signed(fields, address) if is_signed else {},
    )
    return response.status_code


def test_delivered_is_kept(delivery: Delivery) -> None:
    assert report(delivery, "delivered") == 204
    delivery.refresh_from_db()
    assert (delivery.status, delivery.delivered_at) == ("sent", STARTS_AT)


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "accepted"])
def test_on_its_way_changes_nothing(delivery: Delivery, status: str) -> None:
    before = everything()
    assert report(delivery, status) == 204
    assert everything() == before


@pytest.mark.parametrize("code", ["30005", "30006", "21610"])
def test_a_number_that_can_never_be_reached_goes_off_and_the_message_goes_on(
    delivery: Delivery, people: People, code: str
) -> None:
    assert report(delivery, "undelivered", code) == 204
    point = point_of(people.maria)
    assert not point.is_usable
    delivery.refresh_from_db()
    assert (delivery.status, delivery.kind, delivery.contact_point) == (
        "pending",
        "email",
        point_of(people.maria, "email"),
    )
    assert (delivery.next_attempt_at, delivery.sent_at) == (STARTS_AT, None)
    assert [told.person for told in Delivery.objects.filter(purpose="channel_off")] == [people.sam]


def test_a_stop_at_the_provider_is_a_stop(delivery: Delivery, people: People) -> None:
    report(delivery, "undelivered", "21610")
    assert point_of(people.maria).disabled_reason == "STOP by text"


@pytest.mark.parametrize("code", ["30003", "30008", "", "x"])
def test_what_may_pass_leaves_the_number_on(delivery: Delivery, people: People, code: str) -> None:
    report(delivery, "failed", code)
    assert point_of(people.maria).is_usable
    delivery.refresh_from_db()
    assert (delivery.status, delivery.kind) == ("pending", "email")


def test_with_no_other_way_it_ends_with_the_reason(delivery: Delivery, people: People) -> None:
    ContactPoint.objects.filter(user=people.maria, kind="email").update(disabled_at=STARTS_AT)
    report(delivery, "undelivered", "30003")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("failed", "did not arrive: Twilio 30003")
    assert delivery.occasion.endswith(f" #{delivery.pk}")


def test_after_its_end_it_goes_nowhere(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(expires_at=STARTS_AT)
    report(delivery, "undelivered", "30003")
    delivery.refresh_from_db()
    assert delivery.status == "failed"


@pytest.mark.parametrize("purpose", ["test", "code"])
def test_a_test_goes_nowhere_else(delivery: Delivery, purpose: str) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(purpose=purpose)
    report(delivery, "undelivered", "30003")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.kind) == ("failed", "sms")


def test_it_does_not_go_in_a_circle(delivery: Delivery, people: People) -> None:
    report(delivery, "undelivered", "30003")
    email = point_of(people.maria, "email")
    DeliveryAttempt.objects.create(
        delivery=delivery, contact_point=email, at=STARTS_AT, outcome="accepted", provider_id="M1"
    )
    Delivery.objects.filter(pk=delivery.pk).update(status="sent", sent_at=STARTS_AT)
    report(delivery, "undelivered", "30003", message_id="M1")
    delivery.refresh_from_db()
    assert delivery.status == "failed"


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "delivered"])))
def test_reports_in_any_order_end_alike(delivery: Delivery, order: tuple[str, ...]) -> None:
    for status in order:
        report(delivery, status)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.delivered_at, delivery.attempts.count()) == ("sent", STARTS_AT, 1)


def test_undelivered_after_delivered_is_not_believed(delivery: Delivery, people: People) -> None:
    report(delivery, "delivered")
    before = everything()
    report(delivery, "undelivered", "30005")
    assert everything() == before


def test_undelivered_twice_is_one(delivery: Delivery) -> None:
    report(delivery, "undelivered", "30005")
    before = everything()
    for status in ("undelivered", "failed", "delivered", "sent"):
        report(delivery, status, "30005")
    assert everything() == before


def test_a_late_report_of_an_earlier_try_changes_the_way_no_more(delivery: Delivery) -> None:
    DeliveryAttempt.objects.create(
        delivery=delivery, contact_point=delivery.contact_point, at=STARTS_AT, outcome="accepted", provider_id="SMnewer"
    )
    report(delivery, "undelivered", "30003")
    delivery.refresh_from_db()
    assert (delivery.status, delivery.kind) == ("sent", "sms")


@pytest.fixture
def unknown(delivery: Delivery) -> Delivery:
    """The same message, but whether it left is not known: its sender died with it in hand."""
    delivery.attempts.update(outcome="unknown", provider_id="")
    Delivery.objects.filter(pk=delivery.pk).update(
        status="sending",
        sent_at=None,
        begun_at=STARTS_AT - timedelta(minutes=3),
        leased_until=STARTS_AT - timedelta(minutes=1),
        lease="dead",
    )
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("status", ["sending", "pending"])
@pytest.mark.parametrize("word", ["sent", "delivered"])
def test_a_report_settles_what_was_not_known(unknown: Delivery, status: str, word: str) -> None:
    Delivery.objects.filter(pk=unknown.pk).update(status=status, lease="dead" if status == "sending" else "")
    report(unknown, word)
    unknown.refresh_from_db()
    assert (unknown.status, unknown.sent_at) == ("sent", STARTS_AT - timedelta(minutes=3))
    assert (unknown.lease, unknown.leased_until, unknown.begun_at) == ("", None, None)
    assert unknown.delivered_at == (STARTS_AT if word == "delivered" else None)
    last = unknown.attempts.order_by("pk").last()
    assert last is not None
    assert (last.outcome, last.provider_id) == ("accepted", f"SM{unknown.pk}")


def test_what_somebody_is_just_sending_is_left_to_them(unknown: Delivery) -> None:
    Delivery.objects.filter(pk=unknown.pk).update(leased_until=STARTS_AT + timedelta(minutes=1))
    report(unknown, "delivered")
    unknown.refresh_from_db()
    assert (unknown.status, unknown.lease, unknown.delivered_at) == ("sending", "dead", STARTS_AT)


def test_what_never_began_is_not_settled(unknown: Delivery) -> None:
    Delivery.objects.filter(pk=unknown.pk).update(status="pending", lease="", begun_at=None)
    report(unknown, "sent")
    unknown.refresh_from_db()
    assert unknown.status == "pending"


def test_what_twilio_did_not_sign_is_refused(delivery: Delivery) -> None:
    before = everything()
    assert report(delivery, "undelivered", "30005", is_signed=False) == 403
    assert everything() == before


@pytest.mark.parametrize("status", ["", "x", "receiving", "canceled"])
def test_a_word_that_we_do_not_know_is_refused(delivery: Delivery, status: str) -> None:
    before = everything()
    assert report(delivery, status) == 400
    assert everything() == before


def test_a_delivery_that_is_not_there(delivery: Delivery) -> None:
    delivery.pk += 1
    assert report(delivery, "delivered") == 404


# --- e-mail ---------------------------------------------------------------------------------------


@pytest.fixture
def mail(infusion: Infusion, people: People) -> Delivery:
    delivery = sent(infusion, people.maria, premedication(infusion), kind="email")
    delivery.attempts.update(provider_id="postmark-1")
    return delivery


def postmark(record: str, secret: str = "name:secret", **more: object) -> int:
    """What Postmark reports; the status of our answer."""
    event = {
        "RecordType": record,
        "MessageID": "postmark-1",
        "Recipient": "maria@example.org",
        "DeliveredAt": "2026-06-15T15:50:00Z",
        "BouncedAt": "2026-06-15T15:50:00Z",
        "ReceivedAt": "2026-06-15T15:50:00Z",
        **more,
    }
    basic = base64.b64encode(secret.encode()).decode()
    response = Client(enforce_csrf_checks=True, raise_request_exception=False).post(
        "/hooks/mail/postmark/tracking/",
        event,
        content_type="application/json",
        headers={"authorization": f"Basic {basic}"},
    )
    return response.status_code


def test_an_e_mail_was_delivered_and_opened(mail: Delivery) -> None:
    assert postmark("Delivery") == 200
    assert postmark("Open") == 200
    mail.refresh_from_db()
    assert (mail.delivered_at, mail.opened_at) == (STARTS_AT, STARTS_AT)


def test_a_bounce_switches_the_address_off_and_the_message_goes_on(mail: Delivery, people: People) -> None:
    assert postmark("Bounce", Type="HardBounce", Description="The server was unable to deliver") == 200
    assert not point_of(people.maria, "email").is_usable
    mail.refresh_from_db()
    assert (mail.status, mail.kind) == ("pending", "sms")
    assert [told.person for told in Delivery.objects.filter(purpose="channel_off")] == [people.sam]


def test_a_complaint_switches_the_address_off(mail: Delivery, people: People) -> None:
    assert postmark("SpamComplaint", Type="SpamComplaint") == 200
    point = point_of(people.maria, "email")
    assert (point.disabled_reason, point.consented_at) == ("called unwanted in the mail program", None)
    mail.refresh_from_db()
    assert mail.status == "sent"


def test_an_e_mail_that_is_not_ours_changes_nothing(mail: Delivery) -> None:
    before = everything()
    assert postmark("Bounce", MessageID="other", Type="HardBounce") == 200
    assert everything() == before


def test_who_does_not_know_the_secret_is_refused(mail: Delivery, settings: LazySettings) -> None:
    before = everything()
    assert postmark("Bounce", secret="name:wrong", Type="HardBounce") == 400
    settings.ANYMAIL = {}
    assert postmark("Bounce", Type="HardBounce") == 404
    assert everything() == before
