"""What is common to the channels: the outbox, reports of e-mail providers, the monitor."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.conf import LazySettings
from django.core.exceptions import SuspiciousOperation
from django.test import RequestFactory

from ivig_care.nudges.channels import channel_for, mail_receipts, monitor
from ivig_care.nudges.channels.base import CannotTell, Message
from ivig_care.nudges.channels.mail_receipts import MailReceipt
from ivig_care.nudges.models import OutboxMessage
from tests.servers import Faults, free_port
from tests.servers.web import Fault, Handler, serving

MESSAGE = Message(key="delivery-12", to="somewhere", subject="Due", text="2 steps", url="https://care.example.org/l/a")
ROOT = Path(__file__).parent.parent.parent


# --- the outbox -------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("email", ("email", "somewhere", "Due", "2 steps")),
        ("sms", ("sms", "somewhere", "", "2 steps")),
        ("push", ("push", "somewhere", "Due", "2 steps\nhttps://care.example.org/l/a")),
    ],
)
def test_with_nothing_set_everything_stays_in_the_outbox(
    settings: LazySettings, kind: str, expected: tuple[str, ...]
) -> None:
    settings.EMAIL_BACKEND = "ivig_care.nudges.channels.outbox.EmailBackend"
    settings.SMS_CHANNEL = settings.TWILIO_ACCOUNT_SID = settings.VAPID_PRIVATE_KEY = ""
    channel = channel_for(kind)
    assert channel.is_local
    channel.send(MESSAGE)
    assert OutboxMessage.objects.values_list("kind", "to", "subject", "body").get() == expected
    with pytest.raises(CannotTell):
        channel.find(MESSAGE, since=datetime(2026, 6, 15, tzinfo=UTC))


def test_a_kind_that_is_none_is_a_loud_error() -> None:
    with pytest.raises(LookupError, match="pigeon"):
        channel_for("pigeon")


def test_half_of_what_notifications_need_is_a_loud_error() -> None:
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", "import ivig_care.settings"]
    ended = subprocess.run(
        command, cwd=ROOT, env=env | {"VAPID_PRIVATE_KEY": "x"}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "VAPID_PRIVATE_KEY and VAPID_SUBJECT go together" in ended.stderr


# --- reports of e-mail providers --------------------------------------------------------------


@pytest.fixture
def receipts() -> Iterator[list[MailReceipt]]:
    """What was reported."""
    kept: list[MailReceipt] = []

    def keep(receipt: MailReceipt) -> None:
        kept.append(receipt)

    mail_receipts.listen(keep)
    mail_receipts.listen(keep)
    yield kept
    tracking.disconnect(dispatch_uid=f"{keep.__module__}.{keep.__qualname__}")


BOUNCE = {
    "RecordType": "Bounce",
    "ID": 1,
    "Type": "HardBounce",
    "TypeCode": 1,
    "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
    "Email": "maria@example.org",
    "BouncedAt": "2026-06-15T15:30:00Z",
    "Description": "The server was unable to deliver your message",
    "Details": "smtp;550 no such mailbox",
}


def knock(password: str) -> None:
    """A provider reports a bounce."""
    credentials = base64.b64encode(f"care:{password}".encode()).decode()
    request = RequestFactory().post(
        "/hooks/mail/postmark/tracking/",
        data=json.dumps(BOUNCE),
        content_type="application/json",
        headers={"Authorization": f"Basic {credentials}"},
    )
    assert PostmarkTrackingWebhookView.as_view()(request).status_code == 200


@pytest.mark.django_db  # the site itself listens, too
def test_a_bounce_is_told_once_in_our_words(settings: LazySettings, receipts: list[MailReceipt]) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "care:secret"}
    assert mail_receipts.hook_is_guarded()
    knock("secret")
    (receipt,) = receipts
    assert (receipt.message_id, receipt.kind) == ("b7bc2f4a-e38e-4336-af7d-e6c392c2f817", "bounced")
    assert receipt.at == datetime(2026, 6, 15, 15, 30, tzinfo=UTC)
    assert "550 no such mailbox" in receipt.detail


def test_whoever_does_not_know_the_secret_reports_nothing(settings: LazySettings, receipts: list[MailReceipt]) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "care:secret"}
    with pytest.raises(SuspiciousOperation):
        knock("guessed")
    assert receipts == []


def test_a_report_that_names_no_message_is_no_receipt(receipts: list[MailReceipt]) -> None:
    tracking.send(sender=object, event=AnymailTrackingEvent(event_type="delivered"), esp_name="Test")
    assert receipts == []


def test_without_a_secret_the_hook_is_not_guarded(settings: LazySettings) -> None:
    settings.ANYMAIL = {}
    assert not mail_receipts.hook_is_guarded()


# --- the monitor ------------------------------------------------------------------------------


@pytest.mark.parametrize(("ok", "path"), [(True, "/ping/abc"), (False, "/ping/abc/fail")])
def test_the_monitor_is_told_how_we_are(ok: bool, path: str) -> None:
    asked: list[str] = []

    class Monitor(Handler):
        faults = Faults()

        def answer_get(self, body: bytes, fault: Fault | None) -> None:
            asked.append(self.path)
            self.finish_with(fault, 200, b"OK")

    with serving(Monitor) as url:
        monitor.ping(f"{url}/ping/abc", ok=ok)
    assert asked == [path]


@pytest.mark.parametrize("path", ["/404", None])
def test_a_monitor_that_does_not_answer_is_logged_without_its_address(
    caplog: pytest.LogCaptureFixture, path: str | None
) -> None:
    handler = type("Nothing", (Handler,), {"faults": Faults()})
    with serving(handler) as url, caplog.at_level(logging.WARNING):
        monitor.ping(f"{url}{path}" if path else f"http://127.0.0.1:{free_port()}/secret", ok=True)
    (record,) = caplog.records
    assert "the monitor at MONITOR_URL was not reached" in record.message
    assert "secret" not in record.message
