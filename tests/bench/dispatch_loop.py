"""Run as a program: the bare loop that the dispatch is measured against, one process of several.

    python -m tests.bench.dispatch_loop NUMBER OF

It takes its share of the deliveries that wait, writes their e-mails, says "ready", and waits for a line. Then
it sends each through the connection that Django's e-mail backend opened, and commits one UPDATE and one INSERT in plain
psycopg. Nothing is claimed, decided, rendered or asked again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import django
import psycopg


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One e-mail as bytes, and the delivery it is."""

    delivery: int
    contact_point: int
    to: str
    content: bytes


def letters_of(number: int, of: int) -> list[Letter]:
    """The e-mails of one process, as the dispatch would write them."""
    from django.conf import settings

    from ivig_care.common import clock
    from ivig_care.nudges.channels.letters import letter
    from ivig_care.nudges.messages import message_for
    from ivig_care.nudges.models import Delivery
    from ivig_care.nudges.outgoing import outgoing
    from ivig_care.nudges.prospects import prospects_of

    waiting = outgoing(Delivery.objects.pending().order_by("pk"))
    letters = []
    for prospect in prospects_of(waiting[number::of], now=clock.now()):
        message = message_for(prospect, now=clock.now())
        content = letter(message, sender=settings.DEFAULT_FROM_EMAIL, public_url=settings.PUBLIC_URL)
        delivery = prospect.delivery
        letters.append(
            Letter(delivery=delivery.pk, contact_point=delivery.contact_point_id or 0, to=message.to, content=content)
        )
    return letters


def letters_send(letters: Iterable[Letter]) -> None:
    """Send and commit one after the other."""
    from django.core.mail import get_connection

    from ivig_care.common import clock

    mail: Any = get_connection()
    mail.open()
    with psycopg.connect(os.environ["DATABASE_URL"]) as database, database.cursor() as cursor:
        for letter in letters:
            mail.connection.sendmail("no-reply@localhost", [letter.to], letter.content)
            now = clock.now()
            cursor.execute(_UPDATE, [now, letter.delivery])
            cursor.execute(_INSERT, [letter.delivery, letter.contact_point, now, f"<delivery-{letter.delivery}@x>"])
            database.commit()
    mail.close()


_UPDATE = "UPDATE nudges_delivery SET status = 'sent', sent_at = %s, tries = tries + 1 WHERE id = %s"
_INSERT = (
    "INSERT INTO nudges_deliveryattempt (delivery_id, contact_point_id, at, outcome, detail, provider_id)"
    " VALUES (%s, %s, %s, 'accepted', '', %s)"
)


def main(number: int, of: int) -> None:
    """Say when the e-mails are written, and send them when told to."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ivig_care.settings")
    django.setup()
    letters = letters_of(number, of)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    letters_send(letters)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
