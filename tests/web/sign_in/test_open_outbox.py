"""The open outbox shows what would have left, to whoever sits at the machine itself, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client

from ivig_care.common import clock as our_clock
from tests.actors import People
from tests.password import app_code
from tests.web.sign_in.codes import CODE, ask

pytestmark = pytest.mark.usefixtures("clock")
PAGE = "/accounts/outbox/"
OUTBOX = "ivig_care.nudges.channels.outbox.EmailBackend"


@pytest.fixture(autouse=True)
def _on_this_machine(settings: LazySettings) -> None:
    settings.IS_EMBEDDED = settings.IS_LOOPBACK = settings.HAS_OUTBOX = True
    settings.EMAIL_BACKEND = OUTBOX
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "evil.example"]


def here() -> Client:
    return Client(HTTP_HOST="127.0.0.1:8000")


def test_the_code_is_read_there_without_signing_in(people: People) -> None:
    client = here()
    ask(client, "maria@example.org")
    assert f'href="{PAGE}"' in client.get(CODE).content.decode()
    page = client.get(PAGE).content.decode()
    assert "E-mail to maria@example.org" in page
    assert "is your code to sign in" in page


def test_it_forgets_after_a_quarter_of_an_hour(people: People, clock: time_machine.Traveller) -> None:
    client = here()
    ask(client, "maria@example.org")
    clock.shift(timedelta(minutes=15))
    assert "maria@example.org" not in client.get(PAGE).content.decode()


def test_it_shows_what_the_app_of_the_demo_people_shows(people: People) -> None:
    page = here().get(PAGE).content.decode()
    assert f'Weiss, weiss@example.org: <strong class="code">{app_code(our_clock.now().timestamp())}' in page
    assert "maria@example.org" not in page


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_every_name_of_this_machine_will_do(host: str, people: People) -> None:
    address = "::1" if "::1" in host else "127.0.0.1"
    assert Client(HTTP_HOST=host, REMOTE_ADDR=address).get(PAGE).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": "192.168.1.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
        {"HTTP_X_FORWARDED_HOST": "care.example.org"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
    ],
)
def test_nobody_else_sees_it(more: dict[str, str], people: People) -> None:
    client = Client()
    client.defaults |= {"HTTP_HOST": "127.0.0.1:8000", **more}
    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize("name", ["IS_EMBEDDED", "IS_LOOPBACK", "HAS_OUTBOX"])
def test_a_site_that_others_reach_has_none(name: str, people: People, settings: LazySettings) -> None:
    setattr(settings, name, False)
    assert here().get(PAGE).status_code == 404
