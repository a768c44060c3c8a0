"""What a message says, written when it leaves: words that are alike for many are rendered once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation

from ivig_care.accounts.models import ContactPoint
from ivig_care.common.spoken import clock_on, date_clock
from ivig_care.nudges.channels.base import Message
from ivig_care.nudges.channels.gsm7 import segments, to_gsm7
from ivig_care.nudges.codes import code_of
from ivig_care.nudges.links import link_url, status_url, unsubscribe_url
from ivig_care.nudges.models import Delivery
from ivig_care.nudges.prospects import OpenStep, Prospect
from ivig_care.nudges.words import Ahead
from ivig_care.regimen.nudging import QUARTER, Urgency, quarter_of
from ivig_care.regimen.timing import zone_named

_ORDER = (Urgency.OVERDUE, Urgency.DUE, Urgency.SOON)
# Stands for the link while words are rendered that many messages share.
_LINK = "https://link.invalid/"
Kind = ContactPoint.Kind
Purpose = Delivery.Purpose


@dataclass(frozen=True, kw_only=True)
class Words:
    """Everything a message may say: `count` steps of the urgency `urgency`, the first since or at `due`; and `more`.

    Words in other languages are other words: they are rendered, and kept, apart.
    """

    purpose: str
    language: str
    count: int = 0
    more: int = 0
    urgency: str = ""
    due: str = ""
    ahead: Ahead | None = None
    starts: str = ""
    has_begun: bool = False
    code: str = ""
    is_late: bool = False
    is_possible_repeat: bool = False
    has_replies: bool = False
    has_link: bool = True
    is_again: bool = False
    asks_to_sign_in: bool = False


@dataclass(frozen=True, kw_only=True)
class _Texts:
    """What a message says; _LINK stands where its link belongs."""

    subject: str
    text: str
    html: str


def message_for(prospect: Prospect, *, now: datetime) -> Message:
    """The message of a delivery as things stand at `now`; its contact point is set."""
    delivery = prospect.delivery
    to = delivery.to
    if to is None:
        raise ValueError(f"delivery {delivery.pk} has nowhere to go")
    url = link_url(delivery.pk)
    with translation.override(prospect.language):
        texts = _texts(delivery.kind, _words(prospect, now), len(url))
    return Message(
        key=delivery.key,
        to=to.address,
        subject=texts.subject,
        text=texts.text.replace(_LINK, url),
        html=texts.html.replace(_LINK, url),
        url=url,
        unsubscribe_url=unsubscribe_url(url) if delivery.kind == Kind.EMAIL else "",
        status_url=status_url(delivery.pk) if delivery.kind == Kind.SMS else "",
        push_key=to.push_key,
        push_secret=to.push_secret,
        expires_at=delivery.expires_at,
        is_possible_repeat=delivery.is_possible_repeat,
    )


def _words(prospect: Prospect, now: datetime) -> Words:
    delivery, steps = prospect.delivery, prospect.steps
    urgencies = {step.urgency for step in steps}
    worst = next((word for word in _ORDER if word in urgencies), "")
    spoken_of = [step for step in steps if step.urgency == worst]
    return Words(
        purpose=delivery.purpose,
        language=prospect.language,
        count=len(spoken_of),
        more=len(steps) - len(spoken_of),
        urgency=worst,
        due=_due_of(spoken_of, now),
        ahead=prospect.ahead,
        starts=date_clock(prospect.about.starts) if prospect.about and prospect.about.starts else "",
        has_begun=prospect.about.has_begun if prospect.about else False,
        code=code_of(delivery.to) if delivery.purpose == Purpose.CODE and delivery.to else "",
        is_late=now - delivery.owed_at > QUARTER,
        is_possible_repeat=delivery.is_possible_repeat,
        has_replies=delivery.purpose == Purpose.NUDGE and bool(steps),
        has_link=delivery.purpose != Purpose.CODE,
        is_again=prospect.is_again,
        asks_to_sign_in=delivery.purpose in Delivery.TO_THE_CLINIC,
    )


@lru_cache(maxsize=4096)
def _texts(kind: str, words: Words, link_length: int) -> _Texts:
    """What many messages share whose links are of one length."""
    return _Texts(
        subject=_rendered(f"{words.purpose}_subject.txt", words),
        text=_sms(words, link_length) if kind == Kind.SMS else _rendered(f"{kind}.txt", words),
        html=_rendered("email.html", words) if kind == Kind.EMAIL else "",
    )


def _sms(words: Words, link_length: int) -> str:
    """A text that fits one segment: what can be done without is left out, the least needed first."""
    short = replace(words, has_replies=False)
    shorter = replace(short, is_possible_repeat=False)
    texts = (to_gsm7(_rendered("sms.txt", one)) for one in (words, short, shorter))
    # All that a link is made of is in the alphabet of text messages, so only its length counts.
    fitting = next((text for text in texts if segments(text.replace(_LINK, "x" * link_length)) == 1), "")
    return fitting or to_gsm7(_rendered("sms.txt", replace(shorter, is_late=False)))


def _rendered(name: str, words: Words) -> str:
    context = {"words": words, "url": _LINK, "sentence": f"messages/{words.purpose}.txt"}
    rendered = render_to_string(f"messages/{name}", context)
    if not name.startswith("email"):
        return " ".join(rendered.split())
    # What a template leaves out leaves empty lines behind.
    return re.sub(r"\n\s*\n+", "\n\n", rendered).strip()


def _due_of(steps: Sequence[OpenStep], now: datetime) -> str:
    """When the first of these is due; empty when there is none."""
    if not steps:
        return ""
    first = steps[0] if len(steps) == 1 else min(steps, key=lambda step: step.due_at)
    # In every zone a day begins with a quarter of an hour.
    return _due(first.due_at, first.zone, quarter_of(now), str(translation.get_language()))


@lru_cache(maxsize=4096)
def _due(due_at: datetime, zone: str, now: datetime, language: str) -> str:
    """The time where the child lives, with the day when that is not today; kept apart for each language."""
    there = zone_named(zone)
    with translation.override(language):
        return clock_on(due_at.astimezone(there), now.astimezone(there).date())
