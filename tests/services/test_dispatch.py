"""Real worker, beat, broker, database, SMTP and SMS provider: a due step becomes one message per person, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers import SmtpSink, TwilioSink, postgres_server, redis_server, smtp_sink, twilio_sink
from tests.services.site import Site, running_site, wait_for

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]


@pytest.fixture
def mail() -> Iterator[SmtpSink]:
    """A mail server of our own."""
    with smtp_sink() as sink:
        yield sink


@pytest.fixture
def phone() -> Iterator[TwilioSink]:
    """An SMS provider of our own, speaking Twilio's protocol."""
    with twilio_sink() as sink:
        yield sink


@pytest.fixture(params=["sqlite+filesystem", "postgres+redis"])
def site(request: pytest.FixtureRequest, mail: SmtpSink, phone: TwilioSink) -> Iterator[Site]:
    """The site on this machine alone, and as it runs for real."""
    outside = _outside(mail, phone)
    with ExitStack() as stack:
        if request.param == "postgres+redis":
            outside["DATABASE_URL"] = stack.enter_context(postgres_server())
            outside["REDIS_URL"] = stack.enter_context(redis_server()).url
        yield stack.enter_context(running_site(outside))


def _outside(mail: SmtpSink, phone: TwilioSink) -> dict[str, str]:
    """The settings that lead to our own mail server and SMS provider."""
    return {
        "EMAIL_HOST": mail.host,
        "EMAIL_PORT": str(mail.port),
        "TWILIO_ACCOUNT_SID": phone.account_sid,
        "TWILIO_AUTH_TOKEN": phone.auth_token,
        "TWILIO_FROM": "+12125550100",
        "TWILIO_API_URL": phone.url,
    }


def test_a_due_step_reaches_each_person_once_by_mail_and_by_text(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    # Premedication is half an hour before the start: it fell due five minutes ago.
    site.story(starts_in_minutes=25)
    wait_for(lambda: len(mail.messages) >= 2 and len(phone.messages) >= 2, seconds=60, what="4 messages", site=site)
    time.sleep(4)
    assert sorted(str(message["To"]) for message in mail.messages) == ["maria@example.org", "sam@example.org"]
    assert sorted(message.to for message in phone.messages) == ["+12125550140", "+12125550141"]
    assert all(message["Message-ID"].startswith("<delivery-") for message in mail.messages)
    assert all(message.body.startswith("ivig_care: ") and len(message.body) <= 160 for message in phone.messages)


def test_a_mail_server_that_is_busy_gets_the_message_later(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    mail.answer = "451 try later"
    site.story(starts_in_minutes=25)
    wait_for(lambda: len(phone.messages) == 2, seconds=60, what="both texts", site=site)
    assert mail.messages == []
    mail.answer = "250 OK"
    wait_for(lambda: len(mail.messages) == 2, seconds=90, what="both e-mails", site=site)
    time.sleep(3)
    assert len(mail.messages) == 2


def test_two_beats_and_two_workers_still_send_once(mail: SmtpSink, phone: TwilioSink) -> None:
    with postgres_server() as database, redis_server() as redis:
        env = {"DATABASE_URL": database, "REDIS_URL": redis.url, **_outside(mail, phone)}
        with running_site(env, twins=True) as site:
            site.story(starts_in_minutes=25)
            wait_for(lambda: len(mail.messages) >= 2, seconds=60, what="both e-mails", site=site)
            time.sleep(4)
    assert (len(mail.messages), len(phone.messages)) == (2, 2)


def test_a_worker_that_was_killed_loses_nothing(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    site.processes["worker"].stop()
    site.story(starts_in_minutes=25)
    time.sleep(3)
    assert mail.messages == []
    site.processes["worker"].start()
    wait_for(lambda: len(mail.messages) == 2, seconds=90, what="both e-mails", site=site)
