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
        "RETRY_SECONDS": "2",
    }


def test_a_due_step_reaches_each_person_once_as_each_asked(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    # Premedication is half an hour before the start: it fell due five minutes ago.
    site.story(starts_in_minutes=25)
    wait_for(lambda: bool(mail.messages and phone.messages), seconds=60, what="both messages", site=site)
    time.sleep(4)
    # Maria is reached by e-mail before texts, Sam by texts before e-mail.
    assert [str(message["To"]) for message in mail.messages] == ["maria@example.org"]
    assert [message.to for message in phone.messages] == ["+12125550141"]
    assert mail.messages[0]["Message-ID"].startswith("<delivery-")
    assert phone.messages[0].body.startswith("ivig_care: ")
    assert len(phone.messages[0].body) <= 160


def test_a_mail_server_that_is_busy_gets_the_message_later(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    mail.answer = "451 try later"
    site.story(starts_in_minutes=25)
    wait_for(lambda: len(phone.messages) == 1, seconds=60, what="Sam's text", site=site)
    assert mail.messages == []
    mail.answer = "250 OK"
    wait_for(lambda: len(mail.messages) == 1, seconds=90, what="Maria's e-mail", site=site)
    time.sleep(3)
    assert (len(mail.messages), len(phone.messages)) == (1, 1)


def test_a_mailbox_that_does_not_exist_gives_way_to_the_next(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    mail.refused["maria@example.org"] = "550 no such mailbox"
    site.story(starts_in_minutes=25)
    wait_for(lambda: len(phone.messages) >= 3, seconds=60, what="three texts", site=site)
    time.sleep(3)
    assert mail.messages == []
    # Sam gets a text of his own, and is told that Maria's e-mail no longer works.
    assert sorted(message.to for message in phone.messages) == ["+12125550140", "+12125550141", "+12125550141"]


def test_two_beats_and_two_workers_still_send_once(mail: SmtpSink, phone: TwilioSink) -> None:
    with postgres_server() as database, redis_server() as redis:
        env = {"DATABASE_URL": database, "REDIS_URL": redis.url, **_outside(mail, phone)}
        with running_site(env, twins=True) as site:
            site.story(starts_in_minutes=25)
            wait_for(lambda: bool(mail.messages and phone.messages), seconds=60, what="both messages", site=site)
            time.sleep(4)
    assert (len(mail.messages), len(phone.messages)) == (1, 1)


def test_a_worker_that_was_killed_loses_nothing(site: Site, mail: SmtpSink, phone: TwilioSink) -> None:
    site.processes["worker"].kill()
    site.story(starts_in_minutes=25)
    time.sleep(3)
    assert mail.messages == []
    site.processes["worker"].start()
    wait_for(lambda: bool(mail.messages and phone.messages), seconds=90, what="both messages", site=site)
    time.sleep(3)
    assert (len(mail.messages), len(phone.messages)) == (1, 1)
