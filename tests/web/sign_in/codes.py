"""Asking for codes, and reading those that were sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core import mail
from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

from ivig_care.nudges.models import OutboxMessage

ASK, CODE = "/accounts/login/code/", "/accounts/login/code/confirm/"


def mailed_code() -> str:
    """The code in the e-mail that was sent last."""
    return str(re.findall(r"^(\d{6}) is your code", str(mail.outbox[-1].body))[0])


def texted_code() -> str:
    """The code in the text that was sent last."""
    return str(re.findall(r"(\d{6}) is your code", OutboxMessage.objects.filter(kind="sms")[0].body)[0])


def ask(client: Client, login: str, **more: str) -> Response:
    """Ask for a code."""
    return client.post(ASK, {"login": login, **more})


def sign_in(client: Client, login: str, **more: str) -> Response:
    """Ask for a code by e-mail, and type it."""
    ask(client, login, **more)
    return client.post(CODE, {"code": mailed_code(), **more})


def place(response: Response) -> str:
    """Where a redirect leads, without what comes after the path."""
    return urlsplit(response.headers.get("Location", "")).path
